//! A wall in memory that feeds bring posts to, as the service does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use buzzwall::clock::{Clock, SharedClock};
use buzzwall::feed::supervisor::{self, FeedState};
use buzzwall::feed::{Feed, FeedName, Item};
use buzzwall::journal::SqliteJournal;
use buzzwall::report::{Range, Report, report};
use buzzwall::wall::arrivals::{Bringer, Outcome};
use buzzwall::wall::task::{self, Opening};
use buzzwall::wall::{Brief, Wall, WallState};
use jiff::Timestamp;
use parking_lot::Mutex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::rig::TAG;

/// Longest real time that a test waits for something.
const PATIENCE: Duration = Duration::from_secs(40);

/// A clock that goes on as ours does and can be moved ahead.
pub struct JumpingClock {
    start: Timestamp,
    began: Instant,
    ahead: Mutex<Duration>,
}

impl JumpingClock {
    pub fn new(start: &str) -> Arc<Self> {
        Arc::new(Self {
            start: start.parse().expect("a time"),
            began: Instant::now(),
            ahead: Mutex::default(),
        })
    }

    pub fn jump(&self, by: Duration) {
        *self.ahead.lock() += by;
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        self.start + self.began.elapsed() + *self.ahead.lock()
    }
}

/// A wall and what runs for it; all ends when it is dropped.
pub struct Hall {
    pub wall: Arc<Wall>,
    clock: SharedClock,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Hall {
    pub async fn open(clock: SharedClock, briefs: HashMap<FeedName, Brief>) -> Self {
        let journal = SqliteJournal::in_memory().expect("memory is there");
        Self::over(journal, clock, briefs).await
    }

    /// One over a journal that may have been written before.
    pub async fn over(
        journal: SqliteJournal,
        clock: SharedClock,
        briefs: HashMap<FeedName, Brief>,
    ) -> Self {
        let Value::Object(file) = json!({"wall": {"hashtags": [TAG]}}) else {
            panic!("an object")
        };
        let opening = Opening {
            id: "hall".to_owned(),
            journal: Arc::new(journal),
            settings: Some(file),
            read_list: Box::new(|_| Ok(Vec::new())),
            briefs,
            picture_key: None,
            clock: clock.clone(),
        };
        let (wall, task) = task::open(opening).await.expect("a new wall opens");
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let end = stop.clone();
        tasks.spawn(async move { task.run(end).await.expect("the wall goes on") });
        Self {
            wall,
            clock,
            stop,
            tasks,
        }
    }

    /// Reads a feed through its supervisor from now on.
    pub fn read(&mut self, name: &FeedName, feed: Box<dyn Feed>) {
        let cursor = (self.wall.read().feeds.get(name)).and_then(|feed| feed.cursor.clone());
        self.tasks.spawn(supervisor::run(
            name.clone(),
            feed,
            cursor,
            self.wall.clone(),
            self.clock.clone(),
            StdRng::seed_from_u64(3),
            self.stop.clone(),
        ));
    }

    /// Brings items as a feed would.
    pub async fn bring(&self, feed: &str, items: Vec<Item>) -> Outcome {
        let name = FeedName(feed.to_owned());
        let bringer = Bringer {
            rules: self.wall.rules_of(&name),
            feed: Some(name.clone()),
            ..Bringer::default()
        };
        self.wall
            .offer(self.wall.prepare(Some(&name), items), bringer)
            .await
            .expect("memory has room")
    }

    /// Waits until something holds of the wall.
    pub async fn until(&self, what: &str, done: impl Fn(&WallState) -> bool) {
        self.wait(what, || done(&self.wall.read())).await;
    }

    /// Waits until a feed is in that state.
    pub async fn until_feed(&self, name: &FeedName, wanted: FeedState) {
        self.wait(&format!("{name} is {wanted:?}"), || {
            self.wall.feed_states().contains(&(name.clone(), wanted))
        })
        .await;
    }

    async fn wait(&self, what: &str, done: impl Fn() -> bool) {
        // Nothing tells of every change in here; asking every few milliseconds is what a test of the outside could do.
        let asking = async {
            while !done() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, asking).await.is_err() {
            let state = self.wall.read();
            panic!(
                "{what}: not within {PATIENCE:?}; {} posts; feeds: {:?}; {:?}",
                state.posts.len(),
                state.feeds,
                self.wall.feeds(&state)
            );
        }
    }

    /// Ends it in order.
    pub async fn close(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    pub fn report(&self) -> Report {
        report(&self.wall.read(), Range::default(), None)
    }

    /// The same as a running service makes it at that moment.
    pub fn report_at(&self, now: Timestamp) -> Report {
        report(&self.wall.read(), Range::default(), Some(now))
    }
}
