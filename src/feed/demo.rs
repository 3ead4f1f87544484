//! An invented conference as a feed: what a newcomer sees in the first minute, without an account and without a network.
//!
//! A dozen posts at the start, then about one every three seconds, endlessly, the same ones in the same order for the
//! same seed. Everything a wall has to cope with is among them: many scripts, pictures, polls, replies and reposts, an
//! edit, a deletion, a spammer and somebody rude. Nobody in it is real.

mod day;
mod script;

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use self::day::Day;
use super::{Cursor, Feed, FeedContext, FeedError, Next, Page};
use crate::clock::SharedClock;
use crate::text::Query;
use crate::text::fold::fold_case;

/// What the invented conference is called.
pub const TITLE: &str = "Everyone's an Expert";
/// Its hashtag, without the mark.
pub const HASHTAG: &str = "EveryonesAnExpert";

/// The agenda: title, and minutes from the start of the wall.
const SESSIONS: [(&str, i64, i64); 10] = [
    ("Doors, tea and badges", -40, -5),
    ("Welcome: who gets to be an expert?", -5, 15),
    ("What the dough knows (Tomasz Wilk)", 15, 40),
    ("Route 9: a driver's map of a town (Hal Pritchard)", 40, 65),
    (
        "Parents are the programme (Rosa Adeyemi, Priya Nair)",
        65,
        95,
    ),
    ("Cake, and the repair table (Ingrid Solheim)", 95, 125),
    ("A whistle and a dog (Gwen Parry)", 125, 150),
    ("Four minutes, one trick", 150, 195),
    ("What we heard: the young rapporteurs", 195, 215),
    ("Closing: what will you do on Monday?", 215, 240),
];

/// Shortest and longest mean time between posts.
const INTERVALS: [SignedDuration; 2] = [
    SignedDuration::from_millis(10),
    SignedDuration::from_hours(24),
];
/// How late a post may be before the day goes on from now: the machine slept or its clock was set.
const LATE: SignedDuration = SignedDuration::from_secs(30);

/// The conference's agenda for a wall that starts at `start`: title, from, to.
pub fn sessions(start: Timestamp) -> Vec<(&'static str, Timestamp, Timestamp)> {
    let at = |minutes| {
        start
            .saturating_add(SignedDuration::from_mins(minutes))
            .unwrap_or(start)
    };
    SESSIONS
        .iter()
        .map(|(title, from, to)| (*title, at(*from), at(*to)))
        .collect()
}

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The same seed brings the same posts.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// Mean time between posts, such as `"3s"`; single waits are from half of it to twice as long.
    #[serde(default = "default_interval")]
    pub interval: SignedDuration,
}

fn default_seed() -> u64 {
    1
}

fn default_interval() -> SignedDuration {
    SignedDuration::from_secs(3)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: default_seed(),
            interval: default_interval(),
        }
    }
}

impl Settings {
    /// Reads the target of `--feed demo` or `--feed demo=SEED`.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let seed = match target {
            "" => default_seed(),
            number => number.parse().map_err(|_| {
                format!("{number:?} is no seed; write demo, or demo= and a whole number")
            })?,
        };
        Ok(Self {
            seed,
            ..Self::default()
        })
    }

    /// What it reads, for its name.
    pub fn target(&self) -> String {
        self.seed.to_string()
    }

    /// Checks the settings.
    pub fn validate(&self) -> Result<(), String> {
        let [shortest, longest] = INTERVALS;
        if self.interval < shortest || self.interval > longest {
            return Err(format!(
                "interval = \"{:#}\" is not between {shortest:#} and {longest:#}; write one such as interval = \"3s\"",
                self.interval
            ));
        }
        Ok(())
    }
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    Ok(Box::new(Demo {
        settings: settings.clone(),
        tags: tags(&context.wanted.tags),
        clock: context.clock,
        start: None,
        day: None,
    }))
}

/// What every post carries so that it is asked for: the first tag of `any` and all of `all`, else the conference's own.
fn tags(query: &Query) -> String {
    let mut tags: Vec<&str> = Vec::new();
    for tag in query.any.iter().take(1).chain(&query.all) {
        let written = if tag.as_str() == fold_case(HASHTAG) {
            HASHTAG
        } else {
            tag.as_str()
        };
        if !tags.contains(&written) {
            tags.push(written);
        }
    }
    if tags.is_empty() {
        tags.push(HASHTAG);
    }
    tags.iter()
        .map(|tag| format!("#{tag}"))
        .collect::<Vec<_>>()
        .join(" ")
}

struct Demo {
    settings: Settings,
    tags: String,
    clock: SharedClock,
    /// When the wall started; kept, so that a first page that was not stored comes again as it was.
    start: Option<Timestamp>,
    day: Option<Day>,
}

/// How far the day went: when it started and how many steps were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    start: Timestamp,
    steps: usize,
}

impl Place {
    fn cursor(self) -> Cursor {
        Cursor(format!("{} {}", self.start.as_millisecond(), self.steps))
    }

    /// `None` where no feed of this kind made the cursor.
    fn read(cursor: &Cursor) -> Option<Self> {
        let (start, steps) = cursor.0.split_once(' ')?;
        Some(Self {
            start: Timestamp::from_millisecond(start.parse().ok()?).ok()?,
            steps: steps.parse().ok()?,
        })
    }
}

#[async_trait]
impl Feed for Demo {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        let place = self.place(cursor);
        let day = match self.day.take() {
            Some(day) if day.steps() == place.steps && self.start == Some(place.start) => day,
            _ => self.day_at(place),
        };
        self.start = Some(place.start);
        let day = self.day.insert(day);

        let mut items = Vec::new();
        let history = day.in_opening();
        if history {
            while day.in_opening() {
                items.push(day.step());
            }
        } else {
            let now = self.clock.now();
            let lead = day.next_at().duration_since(now);
            if lead < -LATE || lead > self.settings.interval.saturating_mul(4) {
                day.go_on_from(now);
            }
            let wait = day.next_at().duration_since(now);
            tokio::time::sleep(Duration::try_from(wait).unwrap_or_default()).await;
            items.push(day.step());
        }
        let reached = Place {
            start: place.start,
            steps: day.steps(),
        };
        Ok(Page {
            items,
            cursor: Some(reached.cursor()),
            history,
            next: Next::Now,
            ..Page::default()
        })
    }
}

impl Demo {
    fn place(&self, cursor: Option<&Cursor>) -> Place {
        cursor.and_then(Place::read).unwrap_or_else(|| Place {
            start: self.start.unwrap_or_else(|| self.whole_millisecond()),
            steps: 0,
        })
    }

    /// Now, as exactly as a cursor tells it.
    fn whole_millisecond(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Lives the day again up to a place; a step takes microseconds.
    fn day_at(&self, place: Place) -> Day {
        let mut day = Day::new(
            self.settings.seed,
            self.tags.clone(),
            place.start,
            self.settings.interval,
        );
        while day.steps() < place.steps {
            day.step();
        }
        day
    }
}

#[cfg(test)]
mod tests;
