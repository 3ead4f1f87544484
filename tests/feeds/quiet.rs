//! A source that is read for hours and has nothing new: what is known of that outlives an orderly stop, and all but the last
//! minutes of it a program that is killed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use buzzwall::clock::{Clock, SharedClock};
use buzzwall::feed::supervisor::FeedState;
use buzzwall::feed::{Cursor, Feed, FeedError, FeedName, Next, Page, SIGN_OF_LIFE, Via};
use buzzwall::journal::SqliteJournal;
use buzzwall::report::Read;
use buzzwall::wall::task;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::hall::Hall;
use super::rig::START;

/// How long nothing comes, and how long the program is away then, in minutes.
const QUIET: u64 = 120;
const AWAY: u64 = 60;

/// Tokio's paused time, in which hours are over at once.
struct PausedClock(Instant, Timestamp);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        self.1 + self.0.elapsed()
    }
}

/// A stream on which nothing comes, or a source that is asked every now and then and has nothing.
struct Quiet {
    asked_every: Option<Duration>,
    connected: bool,
}

#[async_trait]
impl Feed for Quiet {
    async fn fetch(&mut self, _: Option<&Cursor>) -> Result<Page, FeedError> {
        if let Some(wait) = self.asked_every {
            return Ok(Page {
                next: Next::After(wait),
                ..Page::default()
            });
        }
        if std::mem::replace(&mut self.connected, true) {
            sleep(SIGN_OF_LIFE).await;
        }
        Ok(Page {
            via: Via::Stream,
            ..Page::default()
        })
    }
}

fn names() -> [FeedName; 2] {
    ["nostr quiet", "rss quiet"].map(|name| FeedName(name.to_owned()))
}

async fn open(file: &Path, clock: &SharedClock) -> Hall {
    let journal = SqliteJournal::open(file).expect("it opens");
    let mut hall = Hall::over(journal, clock.clone(), HashMap::new()).await;
    let every = [None, Some(Duration::from_mins(14))];
    for (name, asked_every) in names().iter().zip(every) {
        let feed = Quiet {
            asked_every,
            connected: false,
        };
        hall.read(name, Box::new(feed));
        hall.until_feed(name, FeedState::Reading).await;
    }
    hall.until("both are covered", |state| {
        let mut feeds = state.feeds.values();
        state.feeds.len() == 2 && feeds.all(|feed| feed.coverage.is_open())
    })
    .await;
    hall
}

/// Reads for two hours, ends so, and reads on an hour later; gives how many minutes of the first hours each feed is known to
/// have been read.
async fn known_of(end: impl AsyncFnOnce(Hall)) -> [i64; 2] {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("hall.db");
    let start = START.parse().expect("a time");
    let clock: SharedClock = Arc::new(PausedClock(Instant::now(), start));
    let hall = open(&file, &clock).await;
    let before = hall.wall.read().tip.0;
    sleep(Duration::from_mins(QUIET)).await;
    let grown = hall.wall.read().tip.0 - before;
    assert!(
        (40..=60).contains(&grown),
        "{grown} records of two feeds in two quiet hours"
    );
    end(hall).await;
    sleep(Duration::from_mins(AWAY)).await;
    let hall = open(&file, &clock).await;
    sleep(Duration::from_mins(10)).await;
    let report = hall.report();
    let again = SqliteJournal::open(&file).expect("it opens");
    let replayed = task::fold("hall", &again).await.expect("it can be read");
    assert_eq!(replayed.feeds, hall.wall.read().feeds);
    let read = report.coverage.iter().map(|feed| {
        let states: Vec<Read> = feed.strip.iter().map(|part| part.state).collect();
        assert_eq!(states, [Read::Live, Read::Unknown, Read::Live], "{feed:?}");
        let why = feed.strip[1].why.as_deref();
        assert_eq!(why, Some("buzzwall was not running"));
        let away = &feed.unknown[0];
        let minute = |at: Timestamp| at.duration_since(start).as_mins();
        assert_eq!(minute(away.to), 180, "{away:?}");
        minute(away.from)
    });
    read.collect::<Vec<_>>().try_into().expect("two feeds")
}

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_knows_until_when_it_read() {
    let [stream, asked] = known_of(async |hall| hall.close().await).await;
    // What is asked every fourteen minutes was asked last after an hour and fifty-two.
    assert_eq!((stream, asked), (120, 112));
}

#[tokio::test(start_paused = true)]
async fn a_program_that_is_killed_forgets_five_minutes_at_most() {
    for read in known_of(async |hall| drop(hall)).await {
        assert!((115..120).contains(&read), "{read} minutes");
    }
}
