//! What was read, and when: for each feed the stretches in which it was read live, filled in later, or not at all, and the
//! same in words that can be printed.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::figures::Range;
use super::text::INTO_STRING;
use crate::feed::FeedName;
use crate::wall::WallState;
use crate::wall::coverage::{Coverage, Stretch};

/// Shorter gaps are the pauses between two requests.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// Gaps that are named one by one in words.
const NAMED: usize = 5;

/// How a source stood in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// It was read as things happened.
    Live,
    /// It was read afterwards, from what the source still had.
    FilledIn,
    /// It was not read; what was posted is not known.
    Unknown,
}

/// A stretch of time in which a source stood one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// How it stood.
    pub state: Read,
    /// Why it was not read live, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A stretch in which a feed was read live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// Why it ended, in words.
    pub ended: Option<String>,
}

/// What one feed covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedCoverage {
    /// Its name.
    pub feed: FeedName,
    /// Its kind.
    pub kind: String,
    /// Posts taken from it.
    pub taken: u64,
    /// When it was read live.
    pub read: Vec<Span>,
    /// What was read afterwards.
    pub filled_in: Vec<Stretch>,
    /// What is not known, within the report's time.
    pub unknown: Vec<Stretch>,
    /// The report's time from end to end, for drawing.
    pub strip: Vec<Part>,
    /// All that in words.
    pub statement: String,
}

/// What every feed covers in a stretch of time; without its ends, from the first reading to the present or, where the service
/// does not run, to the last record.
pub(super) fn coverage(
    state: &WallState,
    range: Range,
    now: Option<Timestamp>,
) -> Vec<FeedCoverage> {
    let Range { from, to } = range;
    let now = now.max(state.tip_at).unwrap_or_default();
    let to = to.map_or(now, |to| to.min(now));
    let first = state
        .feeds
        .values()
        .filter_map(|feed| feed.coverage.live.first())
        .map(|live| live.from)
        .min();
    let from = from.or(first).unwrap_or(to).min(to);
    state
        .feeds
        .iter()
        .map(|(name, feed)| {
            let strip = strip(&feed.coverage, from, to);
            let stretches = |state: Read| {
                strip
                    .iter()
                    .filter(move |part| part.state == state)
                    .map(|part| Stretch {
                        from: part.from,
                        to: part.to,
                    })
                    .collect()
            };
            FeedCoverage {
                feed: name.clone(),
                kind: name.kind().to_owned(),
                taken: feed.taken,
                read: feed
                    .coverage
                    .live
                    .iter()
                    .map(|live| Span {
                        from: live.from,
                        to: live.to,
                        ended: live.why.clone(),
                    })
                    .collect(),
                filled_in: stretches(Read::FilledIn),
                unknown: stretches(Read::Unknown),
                statement: statement(
                    &strip,
                    feed.coverage.is_open(),
                    &state.settings.zone,
                    words_for(name.kind()),
                ),
                strip,
            }
        })
        .collect()
}

/// The time between two moments, cut where a feed's reading began or ended.
fn strip(coverage: &Coverage, from: Timestamp, to: Timestamp) -> Vec<Part> {
    // Every beginning and end, and what it changes of how many live and how many later readings cover a moment.
    let mut edges: Vec<(Timestamp, i32, i32, Option<&str>)> = Vec::new();
    for live in &coverage.live {
        edges.push((live.from, 1, 0, None));
        edges.push((
            live.to.unwrap_or(Timestamp::MAX),
            -1,
            0,
            live.why.as_deref(),
        ));
    }
    for filled in &coverage.filled_in {
        edges.push((filled.from, 0, 1, None));
        edges.push((filled.to, 0, -1, None));
    }
    edges.sort_by_key(|edge| edge.0);
    let mut parts: Vec<Part> = Vec::new();
    let (mut live, mut filled, mut why) = (0, 0, None);
    let mut at = from;
    let mut push = |until: Timestamp, live: i32, filled: i32, why: Option<&str>| {
        let until = until.clamp(from, to);
        if until > at {
            let state = match (live > 0, filled > 0) {
                (true, _) => Read::Live,
                (false, true) => Read::FilledIn,
                (false, false) => Read::Unknown,
            };
            let why = why.filter(|_| state != Read::Live).map(str::to_owned);
            join(
                &mut parts,
                Part {
                    from: at,
                    to: until,
                    state,
                    why,
                },
            );
            at = until;
        }
    };
    for (moment, of_live, of_filled, ended) in edges {
        push(moment, live, filled, why);
        live += of_live;
        filled += of_filled;
        if of_live < 0 {
            why = ended;
        }
    }
    push(to, live, filled, why);
    parts
}

/// Adds a part; one like the last, or a pause too short to name, lengthens that.
fn join(parts: &mut Vec<Part>, part: Part) {
    let is_pause =
        |part: &Part| part.state != Read::Live && part.to.duration_since(part.from) < PAUSE;
    match parts.last_mut() {
        Some(last) if last.state == part.state || is_pause(&part) => {
            last.to = part.to;
            if last.state == part.state {
                last.why = last.why.take().or(part.why);
            }
        }
        // The moment before the first reading.
        Some(last) if is_pause(last) => {
            *last = Part {
                from: last.from,
                ..part
            }
        }
        _ => parts.push(part),
    }
}

/// How a kind of source is spoken of.
struct Words {
    live: &'static str,
    still: &'static str,
    never: &'static str,
    unknown: &'static str,
    whole: &'static str,
}

/// What is fetched.
const FETCHED: Words = Words {
    live: "Read live",
    still: "and still being read",
    never: "Never read live in this time.",
    unknown: "What was posted is not known",
    whole: " Nothing is missing.",
};
/// What others send: nothing can be fetched afterwards, and nobody here knows what was never sent.
const SENT: Words = Words {
    live: "Open to those who send",
    still: "and still open",
    never: "Not open in this time.",
    unknown: "Closed, so what was not sent again since is not known",
    whole: " Whether all was sent, only those who send know.",
};

fn words_for(kind: &str) -> &'static Words {
    match kind {
        "ingest" => &SENT,
        _ => &FETCHED,
    }
}

/// What was read, in words, by the wall's clocks.
fn statement(strip: &[Part], open: bool, zone: &TimeZone, told: &Words) -> String {
    let (Some(first), Some(last)) = (strip.first(), strip.last()) else {
        return "Not read yet.".to_owned();
    };
    let local = |at: Timestamp| at.to_zoned_datetime(zone.clone());
    let one_day = local(first.from).date() == local(last.to).date();
    let clock = |at: Timestamp| {
        let pattern = if one_day {
            "%H:%M:%S"
        } else {
            "%Y-%m-%d %H:%M:%S"
        };
        local(at).strftime(pattern).to_string()
    };
    let of = |state: Read| {
        strip
            .iter()
            .filter(move |part| part.state == state)
            .collect::<Vec<_>>()
    };
    let (live, filled, unknown) = (of(Read::Live), of(Read::FilledIn), of(Read::Unknown));
    let mut words = match (live.first(), live.last()) {
        (Some(begin), Some(end)) => {
            let until = if open && end.to == last.to {
                told.still.to_owned()
            } else {
                format!("to {}", clock(end.to))
            };
            let gap = if live.len() == 1 {
                " without a gap"
            } else {
                ""
            };
            format!("{}{gap} from {} {until}.", told.live, clock(begin.from))
        }
        _ => told.never.to_owned(),
    };
    let mut tell = |parts: &[&Part], what: &str| {
        if parts.is_empty() {
            return;
        }
        let all = parts.iter().fold(SignedDuration::ZERO, |sum, part| {
            sum + part.to.duration_since(part.from)
        });
        let named: Vec<String> = parts
            .iter()
            .take(NAMED)
            .map(|part| {
                let why = (part.why.as_deref()).map(|why| format!(" ({})", happened(why)));
                format!(
                    "{} to {}{}",
                    clock(part.from),
                    clock(part.to),
                    why.unwrap_or_default()
                )
            })
            .collect();
        let more = match parts.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more times"),
        };
        write!(
            words,
            " {what}, {}: {}{more}.",
            length(all),
            named.join("; ")
        )
        .expect(INTO_STRING);
    };
    tell(&filled, "Read afterwards from what the source still had");
    tell(&unknown, told.unknown);
    if filled.is_empty() && unknown.is_empty() {
        words.push_str(told.whole);
    } else if unknown.is_empty() {
        words.push_str(" Nothing is missing that the source still had.");
    }
    words
}

/// What happened, without what could have been done about it then.
fn happened(why: &str) -> &str {
    why.split("; ").next().unwrap_or(why)
}

/// A length of time in the two units that matter.
fn length(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wall::coverage::Live;

    fn at(minute: i64) -> Timestamp {
        "2019-11-06T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    fn live(from: i64, to: Option<i64>, why: Option<&str>) -> Live {
        Live {
            from: at(from),
            to: to.map(at),
            why: why.map(str::to_owned),
        }
    }

    fn told(coverage: &Coverage, to: i64) -> (Vec<(i64, i64, Read)>, String) {
        let strip = strip(coverage, at(0), at(to));
        let words = statement(&strip, coverage.is_open(), &TimeZone::UTC, &FETCHED);
        let minute = |moment: Timestamp| moment.duration_since(at(0)).as_mins();
        let parts = strip
            .iter()
            .map(|part| (minute(part.from), minute(part.to), part.state))
            .collect();
        (parts, words)
    }

    #[test]
    fn a_gap_that_was_filled_in_is_told_apart_from_one_that_was_not() {
        let mut coverage = Coverage {
            live: vec![
                live(0, Some(10), Some("no answer in time; it is overloaded")),
                live(20, Some(30), Some("buzzwall was not running")),
                live(42, None, None),
            ],
            filled_in: vec![Stretch {
                from: at(10),
                to: at(20),
            }],
        };
        let (parts, words) = told(&coverage, 60);
        assert_eq!(
            parts,
            [
                (0, 10, Read::Live),
                (10, 20, Read::FilledIn),
                (20, 30, Read::Live),
                (30, 42, Read::Unknown),
                (42, 60, Read::Live)
            ]
        );
        assert_eq!(
            words,
            "Read live from 09:00:00 and still being read. Read afterwards from what the source still had, 10 min 0 s: \
             09:10:00 to 09:20:00 (no answer in time). What was posted is not known, 12 min 0 s: \
             09:30:00 to 09:42:00 (buzzwall was not running)."
        );
        coverage.filled_in.push(Stretch {
            from: at(30),
            to: at(42),
        });
        assert!(
            told(&coverage, 60)
                .1
                .ends_with("that the source still had.")
        );
    }

    #[test]
    fn a_second_in_which_it_was_read_is_no_part_of_what_was_missed() {
        let second = SignedDuration::from_secs(1);
        let mut coverage = Coverage {
            live: vec![live(0, Some(0), Some("no answer")), live(10, None, None)],
            filled_in: Vec::new(),
        };
        coverage.live[0].from += second;
        coverage.live[0].to = Some(at(0) + second * 2);
        let parts = strip(&coverage, at(0), at(20));
        let states: Vec<Read> = parts.iter().map(|part| part.state).collect();
        assert_eq!(states, [Read::Live, Read::Unknown, Read::Live]);
        assert_eq!(parts[1].why.as_deref(), Some("no answer"));
        assert_eq!(parts[1].from, at(0) + second * 2);
    }

    #[test]
    fn a_source_that_was_never_read_is_said_to_be_none() {
        let coverage = Coverage {
            live: vec![live(5, Some(5), Some("no such name; is it spelt right?"))],
            filled_in: Vec::new(),
        };
        let (parts, words) = told(&coverage, 60);
        assert_eq!(parts, [(0, 60, Read::Unknown)]);
        assert_eq!(
            words,
            "Never read live in this time. What was posted is not known, 1 h 0 min: 09:00:00 to 10:00:00 (no such name)."
        );
    }

    #[test]
    fn a_whole_day_is_said_to_be_whole() {
        let coverage = Coverage {
            live: vec![live(0, Some(60), Some("at its end"))],
            filled_in: Vec::new(),
        };
        let (parts, words) = told(&coverage, 60);
        assert_eq!(parts, [(0, 60, Read::Live)]);
        assert_eq!(
            words,
            "Read live without a gap from 09:00:00 to 10:00:00. Nothing is missing."
        );
        let sent = strip(&coverage, at(0), at(60));
        assert_eq!(
            statement(&sent, true, &TimeZone::UTC, words_for("ingest")),
            "Open to those who send without a gap from 09:00:00 and still open. Whether all was sent, only those who send know."
        );
        let (_, words) = told(&Coverage::default(), 60);
        assert!(words.starts_with("Never read live"), "{words}");
    }
}
