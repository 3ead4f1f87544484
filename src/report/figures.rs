//! The report's figures, made from the wall's state.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::at_source::{Compared, Trended, compared, trended};
use super::coverage::{FeedCoverage, coverage};
use super::definitions::DEFINITIONS;
use crate::intake::Content;
use crate::post::AuthorNum;
use crate::post::Standing;
use crate::stats::{Count, Figures, Peak, Tallies};
use crate::wall::WallState;
use crate::wall::frames::wall_json;
use crate::wall::record::PostRecord;

/// Entries of each top list.
const TOP: usize = 50;

/// The stretch of time that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Range {
    /// Its beginning; `None` for the event's.
    pub from: Option<Timestamp>,
    /// Its end, exclusive; `None` for the event's.
    pub to: Option<Timestamp>,
}

impl Range {
    fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

/// The report under the names of the JSON contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The wall.
    pub wall: Value,
    /// What it is about.
    pub range: Range,
    /// Headline figures.
    pub figures: Figures,
    /// How posts spread over people.
    pub posts_per_participant: Spread,
    /// Posts by minute.
    pub per_minute: Vec<Peak>,
    /// Posts by hour.
    pub per_hour: Vec<Peak>,
    /// Lists of the most frequent.
    pub top: Top,
    /// Terms that trended.
    pub trends: Vec<Value>,
    /// When the hashtags stood in sources' own lists of trends.
    pub trending_at_source: Vec<Trended>,
    /// The sources' own counts beside ours.
    pub source_counts: Vec<Compared>,
    /// When each source was read.
    pub coverage: Vec<FeedCoverage>,
    /// What was not taken.
    pub refused: Vec<Value>,
    /// What each figure means.
    pub definitions: Map<String, Value>,
}

/// How posts spread over people.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Posts divided by participants, rounded to two places.
    pub mean: f64,
    /// The participant in the middle wrote so many.
    pub median: f64,
    /// Share of posts by the most active tenth of the participants (at least one), 0 to 1, rounded to three places.
    pub most_active_tenth_share: f64,
}

/// Lists of the most frequent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Top {
    /// Authors by posts shown.
    pub participants: Vec<Value>,
    /// Other hashtags.
    pub hashtags: Vec<Value>,
    /// Languages.
    pub languages: Vec<Value>,
    /// Sources.
    pub sources: Vec<Value>,
    /// Attachments.
    pub media: Vec<Value>,
    /// Posts by their time on the screens.
    pub shown_longest: Vec<Value>,
}

/// Makes the report. A range narrower than the event counts anew what lies in it. `now` is the moment up to which the wall
/// is known: the present where its service runs; `None`: that of its last record.
pub fn report(state: &WallState, range: Range, now: Option<Timestamp>) -> Report {
    let narrowed = range.from.is_some() || range.to.is_some();
    let counted = narrowed.then(|| narrow(state, range));
    let tallies = counted.as_ref().unwrap_or(&state.tallies);
    let identity = &state.settings.identity;
    let named = |key: &str, value: &str, posts: Count| json!({ key: value, "posts": posts });
    let list = |key: &str, values: Vec<(Arc<str>, Count)>| {
        values
            .into_iter()
            .map(|(value, posts)| named(key, &value, posts))
            .collect()
    };
    let range = Range {
        from: range.from.or(identity.from),
        to: range.to.or(identity.to),
    };
    Report {
        wall: wall_json(state, &state.id),
        range,
        figures: tallies.figures(),
        posts_per_participant: spread(&tallies.posts_per_participant()),
        per_minute: tallies.per_minute(),
        per_hour: tallies.per_hour(),
        top: Top {
            participants: participants(state, tallies),
            hashtags: list("hashtag", tallies.top_hashtags(TOP)),
            languages: list("language", tallies.languages()),
            sources: tallies
                .sources()
                .into_iter()
                .map(|(source, posts)| named("source", source.as_str(), posts))
                .collect(),
            media: tallies
                .media()
                .into_iter()
                .map(|(kind, count)| json!({ "kind": kind, "count": count }))
                .collect(),
            shown_longest: shown_longest(state, range),
        },
        trends: Vec::new(),
        trending_at_source: trended(state, range.from, range.to),
        source_counts: compared(state, range.from, range.to),
        coverage: coverage(state, range, now),
        refused: refused(state),
        definitions: DEFINITIONS
            .iter()
            .map(|(name, words)| ((*name).to_owned(), json!(words)))
            .collect(),
    }
}

/// Counts the posts that lie in both the event and the range.
fn narrow(state: &WallState, range: Range) -> Tallies {
    let mut tallies = Tallies::new(state.settings.zone.clone());
    for (num, post) in (0_u32..).map(crate::post::PostNum).zip(&state.posts) {
        if range.holds(post.created_at)
            && let Some(contribution) = state.contribution(num)
        {
            tallies.add(&contribution);
        }
    }
    tallies
}

fn spread(posts: &[Count]) -> Spread {
    let people = posts.len();
    if people == 0 {
        return Spread {
            mean: 0.0,
            median: 0.0,
            most_active_tenth_share: 0.0,
        };
    }
    let sum: Count = posts.iter().sum();
    let at = |index: usize| posts.get(index).copied().unwrap_or_default() as f64;
    let median = if people.is_multiple_of(2) {
        f64::midpoint(at(people / 2 - 1), at(people / 2))
    } else {
        at(people / 2)
    };
    let tenth: Count = posts.iter().rev().take(people.div_ceil(10)).sum();
    let round = |value: f64, to: f64| (value * to).round() / to;
    Spread {
        mean: round(sum as f64 / people as f64, 100.0),
        median,
        most_active_tenth_share: round(tenth as f64 / sum as f64, 1000.0),
    }
}

/// Authors by posts shown; whoever does not want to be found later is not named. The name is that of their newest post on
/// the wall: what is kept off may have been kept off for its name.
fn participants(state: &WallState, tallies: &Tallies) -> Vec<Value> {
    let open = |author: &AuthorNum| {
        let posts = &state.authors.get(author.index())?.posts;
        let newest = || posts.iter().rev().filter_map(|num| state.post(*num));
        let wish = newest().find_map(|post| Some(post.content.as_ref()?.indexable));
        let mut shown = newest().filter(|post| post.standing == Standing::Shown);
        let content = shown.find_map(|post| post.content.clone())?;
        wish.unwrap_or(false).then_some(content)
    };
    tallies
        .top_participants(TOP)
        .into_iter()
        .map(|(author, posts)| match open(&author) {
            Some(content) => json!({
                "author": content.author_id, "handle": content.handle, "name": content.name, "posts": posts,
            }),
            None => json!({ "author": null, "handle": null, "name": null, "posts": posts }),
        })
        .collect()
}

/// Posts by their time on the screens; of whoever does not want to be found later, and of what is no longer shown, only how
/// long that was.
fn shown_longest(state: &WallState, range: Range) -> Vec<Value> {
    let mut posts: Vec<_> = (state.posts.iter())
        .filter(|post| post.shown_ms > 0 && range.holds(post.created_at))
        .collect();
    posts.sort_by_key(|post| (std::cmp::Reverse(post.shown_ms), post.came));
    let line = |post: &PostRecord| {
        let open = |content: &&Arc<Content>| content.indexable && post.standing == Standing::Shown;
        let content = post.content.as_ref().filter(open);
        json!({
            "post": content.map(|content| &content.id),
            "handle": content.map(|content| &content.handle),
            "text": content.and_then(|content| Some(content.post().ok()?.text)),
            "seconds": post.shown_ms / 1000,
            "times": post.times_shown,
        })
    };
    posts.into_iter().take(TOP).map(line).collect()
}

fn refused(state: &WallState) -> Vec<Value> {
    state
        .feeds
        .iter()
        .flat_map(|(name, feed)| {
            feed.refused.iter().map(
                move |(reason, count)| json!({ "feed": name, "reason": reason, "count": count }),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_names_the_median_and_the_most_active() {
        let ten = [1, 1, 1, 1, 1, 1, 1, 1, 2, 10];
        let spread = spread(&ten);
        assert_eq!(
            (spread.mean, spread.median, spread.most_active_tenth_share),
            (2.0, 1.0, 0.5)
        );
        assert_eq!(
            super::spread(&[1, 2]),
            Spread {
                mean: 1.5,
                median: 1.5,
                most_active_tenth_share: 0.667
            }
        );
        assert_eq!(
            super::spread(&[]),
            Spread {
                mean: 0.0,
                median: 0.0,
                most_active_tenth_share: 0.0
            }
        );
    }

    #[test]
    fn every_figure_has_its_definition() {
        let figures =
            serde_json::to_value(Tallies::new(jiff::tz::TimeZone::UTC).figures()).unwrap();
        for key in figures.as_object().unwrap().keys() {
            assert!(DEFINITIONS.iter().any(|(name, _)| name == key), "{key}");
        }
    }
}
