//! The report for a terminal.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::coverage::{FeedCoverage, Read};
use super::figures::Report;
use crate::stats::Peak;

/// Why a write into a string is not checked.
pub(super) const INTO_STRING: &str = "a string takes all that is written";

/// Width of the longest bar, in characters.
const BAR: usize = 40;

/// The report as plain text, times by the wall's clocks.
pub fn text(report: &Report, zone: &TimeZone) -> String {
    let figures = &report.figures;
    let mut out = String::new();
    let title = report
        .wall
        .get("title")
        .and_then(|title| title.as_str())
        .unwrap_or_default();
    let clock = |at: Timestamp| {
        at.to_zoned_datetime(zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    };
    line(
        &mut out,
        &format!("{title}\n{}\n", "=".repeat(title.chars().count().max(1))),
    );
    if let (Some(first), Some(last)) = (figures.first_at, figures.last_at) {
        let name = zone.iana_name().unwrap_or("UTC");
        line(
            &mut out,
            &format!("{} to {} ({name})\n", clock(first), clock(last)),
        );
    }
    for (name, value) in [
        ("posts", figures.posts),
        ("  originals", figures.originals),
        ("  replies", figures.replies),
        ("  quotes", figures.quotes),
        ("reposts", figures.reposts),
        ("total", figures.total),
        ("shown", figures.shown),
        ("held", figures.held),
        ("hidden", figures.hidden),
        ("deleted at the source", figures.deleted),
        ("added by hand", figures.added),
        ("participants", figures.participants),
        ("only reposted", figures.repost_only_participants),
    ] {
        line(&mut out, &format!("{name:<24}{value:>8}"));
    }
    let peak = |name: &str, peak: Option<Peak>| {
        peak.map(|peak| format!("{name:<24}{:>8}  {}", peak.posts, clock(peak.at)))
    };
    for row in [
        peak("peak minute", figures.peak_minute),
        peak("peak five minutes", figures.peak_five_minutes),
        peak("peak hour", figures.peak_hour),
    ]
    .into_iter()
    .flatten()
    {
        line(&mut out, &row);
    }
    let spread = report.posts_per_participant;
    line(
        &mut out,
        &format!(
            "\n{} posts per participant, median {}; the most active tenth wrote {:.0} %",
            spread.mean,
            spread.median,
            (spread.most_active_tenth_share * 100.0).round()
        ),
    );
    if !report.per_hour.is_empty() {
        line(&mut out, "\nPosts by hour");
        let most = report
            .per_hour
            .iter()
            .map(|hour| hour.posts)
            .max()
            .unwrap_or(1)
            .max(1);
        for hour in &report.per_hour {
            let length = usize::try_from(hour.posts * BAR as u64 / most)
                .unwrap_or(BAR)
                .max(1);
            line(
                &mut out,
                &format!(
                    "{}  {:<BAR$}  {}",
                    clock(hour.at),
                    "█".repeat(length),
                    hour.posts
                ),
            );
        }
    }
    for (heading, key, list) in [
        ("Participants", "handle", &report.top.participants),
        ("Hashtags", "hashtag", &report.top.hashtags),
        ("Languages", "language", &report.top.languages),
        ("Sources", "source", &report.top.sources),
    ] {
        if list.is_empty() {
            continue;
        }
        line(&mut out, &format!("\n{heading}"));
        for entry in list.iter().take(10) {
            let told = |key: &str| entry.get(key).and_then(|value| value.as_str());
            let name = [told(key), told("name")]
                .into_iter()
                .flatten()
                .find(|name| !name.is_empty())
                .unwrap_or("(not named)");
            line(
                &mut out,
                &format!(
                    "{:>8}  {}",
                    entry
                        .get("posts")
                        .and_then(serde_json::Value::as_u64)
                        .unwrap_or(0),
                    plain(name)
                ),
            );
        }
    }
    if !report.coverage.is_empty() {
        line(&mut out, "\nWhat was read, and when");
        let posts = |feed: &&FeedCoverage| feed.kind != "trends";
        let all = report.coverage.iter().filter(posts).count();
        let unread = report
            .coverage
            .iter()
            .filter(posts)
            .filter(|feed| feed.strip.iter().all(|part| part.state == Read::Unknown));
        let unread = unread.count();
        if unread > 0 {
            line(
                &mut out,
                &format!(
                    "{unread} of {all} sources could not be read at all: the figures are those of the others."
                ),
            );
        }
        for feed in report.coverage.iter().filter(posts) {
            let name = plain(&feed.feed.0);
            line(&mut out, &format!("{name}: {} taken", feed.taken));
            line(&mut out, &format!("    {}", plain(&feed.statement)));
            let not_taken = report.refused.iter().filter_map(|refused| {
                let of = refused.get("feed")?.as_str()? == feed.feed.0;
                let reason = refused.get("reason")?.as_str()?.replace('_', " ");
                of.then(|| Some(format!("{} {reason}", refused.get("count")?)))?
            });
            let not_taken: Vec<String> = not_taken.collect();
            if !not_taken.is_empty() {
                line(
                    &mut out,
                    &format!("    Not taken: {}.", not_taken.join(", ")),
                );
            }
        }
    }
    if !report.trending_at_source.is_empty() {
        line(&mut out, "\nTrending at the source");
        for run in &report.trending_at_source {
            let until = match run.to {
                Some(to) => format!("to {}", clock(to)),
                None => "and still".to_owned(),
            };
            let (place, tag) = (plain(&run.place), plain(&run.hashtag));
            line(
                &mut out,
                &format!(
                    "#{tag} on {place}: best #{} of {} at {}; in the list from {} {until}",
                    run.best_rank,
                    run.of,
                    clock(run.best_at),
                    clock(run.from)
                ),
            );
        }
    }
    if !report.source_counts.is_empty() {
        line(&mut out, "\nThe sources' own counts");
        for count in &report.source_counts {
            let (place, tag) = (plain(&count.place), plain(&count.hashtag));
            line(
                &mut out,
                &format!(
                    "{}  #{tag}  {place}: {}  here: {}",
                    count.day, count.source_posts, count.our_posts
                ),
            );
            line(&mut out, &format!("    {}", plain(&count.explained)));
        }
    }
    line(
        &mut out,
        "\nEvery figure's definition: --format json or --format csv.",
    );
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect(INTO_STRING);
}

/// Without characters that would steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
