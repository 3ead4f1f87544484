//! A feed under test, everything that it brought, and the source that it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use buzzwall::clock::{Clock, ManualClock, SharedClock};
use buzzwall::feed::{
    Cursor, Feed, FeedContext, FeedError, FeedSettings, Item, Next, Page, Refusal, Wanted, Watched,
    http,
};
use buzzwall::post::{Post, PostId};
use buzzwall::text::{Query, Tag};
use jiff::Timestamp;
use parking_lot::Mutex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

/// The hashtag of all tests.
pub const TAG: &str = "Expert2019";
/// When all tests begin, by the feed's clock.
pub const START: &str = "2019-11-06T09:00:00Z";
/// Longest real time that a test waits for something.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a source fails from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Says that its limit is used up.
    RateLimited,
    /// Wants a token, or another one.
    Unauthorised,
    /// Answers what is not its protocol.
    Garbage,
    /// Breaks off in the middle of an answer or message.
    Cut,
    /// Takes the request and never answers it to the end.
    Slow,
    /// Answers with a failure of its own, or takes no connections.
    Down,
}

/// What a source has at all.
#[derive(Debug, Clone, Copy)]
pub struct Can {
    /// What was written before the feed began, or while it was away, can be read later.
    pub history: bool,
    /// Deletions can be seen.
    pub deletes: bool,
    /// Edits can be seen.
    pub edits: bool,
    /// It has limits.
    pub rate_limited: bool,
    /// It asks who is there.
    pub unauthorised: bool,
    /// It can be away: everything that is reached over a network can.
    pub away: bool,
}

impl Can {
    /// All of it.
    pub const ALL: Self = Self {
        history: true,
        deletes: true,
        edits: true,
        rate_limited: true,
        unauthorised: true,
        away: true,
    };
}

/// A source on loopback, over posts that a test writes, edits and deletes while a feed reads it.
#[async_trait]
pub trait Source: Send + Sync {
    /// What it has.
    fn can(&self) -> Can;
    /// The feed's settings as in the file, `kind` included, with waits short enough for tests.
    fn settings(&self) -> Value;
    /// What is to be read of it.
    fn wanted(&self) -> Wanted {
        tagged()
    }
    /// Goes by this clock from now on, where it has one of its own.
    fn follow(&self, _clock: SharedClock) {}
    /// Puts up a post with this text, which carries [`TAG`], written at that moment; gives the id that the feed gives it.
    async fn publish(&self, text: &str, at: Timestamp) -> String;
    /// Deletes a post.
    async fn delete(&self, id: &str);
    /// Changes a post's text.
    async fn edit(&self, id: &str, text: &str, at: Timestamp);
    /// Fails so from now on, whatever is asked, and breaks connections that are open.
    async fn fail(&self, fault: Fault);
    /// Fails no more.
    async fn recover(&self);
}

/// A feed and everything that it brought.
pub struct Rig<S> {
    pub source: S,
    pub clock: Arc<ManualClock>,
    feed: Box<dyn Feed>,
    cursor: Option<Cursor>,
    /// Posts as they are now at the feed's word.
    pub posts: BTreeMap<String, Post>,
    /// How often each post came.
    pub came: BTreeMap<String, u32>,
    pub deleted: BTreeSet<String>,
    pub refused: Vec<Refusal>,
    /// What the feed said to have read completely, in order.
    pub complete_since: Vec<Timestamp>,
    pub pages: u32,
    /// Posts that came as history.
    pub history: BTreeSet<String>,
    /// What the feed said last is not as it should be.
    pub note: Option<String>,
    watched: Arc<Mutex<Vec<PostId>>>,
}

/// Whatever carries the hashtag.
pub fn tagged() -> Wanted {
    Wanted {
        tags: Query {
            any: vec![Tag::new(TAG).expect("a tag")],
            ..Query::default()
        },
        ..Wanted::default()
    }
}

/// Makes the feed that reads a source.
pub fn build(source: &dyn Source, clock: SharedClock, watched: Watched) -> Box<dyn Feed> {
    source.follow(clock.clone());
    build_by(source.settings(), source.wanted(), clock, watched)
}

/// Makes the feed that is set so.
pub fn build_by(
    settings: Value,
    wanted: Wanted,
    clock: SharedClock,
    watched: Watched,
) -> Box<dyn Feed> {
    let settings: FeedSettings = serde_json::from_value(settings).expect("the settings are right");
    settings.validate().expect("the settings are right");
    http::choose_tls();
    let client = reqwest::Client::builder()
        .user_agent(http::agent(None))
        .timeout(Duration::from_secs(2))
        .build()
        .expect("the client's settings are constants");
    let rng = StdRng::seed_from_u64(1);
    settings
        .build(FeedContext {
            watched,
            ..FeedContext::new(wanted, clock, rng, client)
        })
        .expect("the settings are right")
}

fn asking(watched: &Arc<Mutex<Vec<PostId>>>) -> Watched {
    let watched = Arc::clone(watched);
    Arc::new(move || watched.lock().clone())
}

impl<S: Source> Rig<S> {
    /// A feed that has read nothing yet.
    pub fn new(source: S) -> Self {
        let clock = Arc::new(ManualClock::new(START.parse().expect("a time")));
        let watched: Arc<Mutex<Vec<PostId>>> = Arc::default();
        Self {
            feed: build(&source, clock.clone(), asking(&watched)),
            source,
            clock,
            cursor: None,
            posts: BTreeMap::new(),
            came: BTreeMap::new(),
            deleted: BTreeSet::new(),
            refused: Vec::new(),
            complete_since: Vec::new(),
            pages: 0,
            history: BTreeSet::new(),
            note: None,
            watched,
        }
    }

    /// The present, by the feed's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where the feed goes on from.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_ref().map(|Cursor(text)| text.as_str())
    }

    /// Ends the feed and begins another where it was.
    pub fn restart(&mut self) {
        self.feed = build(&self.source, self.clock.clone(), asking(&self.watched));
    }

    /// Writes `count` posts, a second of the clock apart; gives their ids.
    pub async fn publish(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for n in 0..count {
            self.clock.advance(Duration::from_secs(1));
            let text = format!("post {n} at {} #{TAG}", self.now().as_second());
            ids.push(self.source.publish(&text, self.now()).await);
        }
        ids
    }

    fn store(&mut self, page: Page) {
        self.pages += 1;
        self.note = page.note;
        self.complete_since.extend(page.complete_since);
        self.cursor = page.cursor.or(self.cursor.take());
        for item in page.items {
            match item {
                Item::Post(post) => {
                    let id = post.id.to_string();
                    *self.came.entry(id.clone()).or_default() += 1;
                    if page.history {
                        self.history.insert(id.clone());
                    }
                    if !self.posts.contains_key(&id) {
                        self.watched.lock().insert(0, post.id.clone());
                    }
                    self.posts.insert(id, *post);
                }
                Item::Deleted(id) => {
                    self.deleted.insert(id.to_string());
                }
                Item::Retracted { post, author } => {
                    let wrote = self.posts.get(post.as_str()).map(|post| &post.author.id);
                    if wrote == Some(&author) {
                        self.deleted.insert(post.to_string());
                    }
                }
                Item::AuthorGone(author) => {
                    let theirs = self
                        .posts
                        .iter()
                        .filter(|(_, post)| post.author.id == author);
                    self.deleted.extend(theirs.map(|(id, _)| id.clone()));
                }
                Item::Trending(_) | Item::Counted(_) => {}
                Item::Refused(refusal) => self.refused.push(refusal),
            }
        }
    }

    /// Asks the feed once, as its supervisor would; the clock goes on as the feed or its failure asks.
    pub async fn step(&mut self) -> Result<(), FeedError> {
        match self.feed.fetch(self.cursor.as_ref()).await {
            Ok(page) => {
                let next = page.next;
                self.store(page);
                if let Next::After(wait) = next {
                    // The clock counts whole milliseconds; what is left of one would be waited for without end.
                    self.clock.advance(wait + Duration::from_millis(1));
                }
                Ok(())
            }
            Err(error) => {
                self.clock.advance(match &error {
                    FeedError::Transient { retry_after, .. } => {
                        retry_after.unwrap_or(Duration::from_secs(1))
                    }
                    FeedError::RateLimited { until } => {
                        Duration::try_from(until.duration_since(self.now())).unwrap_or_default()
                    }
                    _ => Duration::from_mins(5),
                });
                // What failed a moment ago on loopback would be asked a thousand times in a second.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(error)
            }
        }
    }

    /// Lets the feed work until something holds; failures on the way are the supervisor's business.
    pub async fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let patience = tokio::time::sleep(PATIENCE);
        tokio::pin!(patience);
        let mut last = None;
        while !done(self) {
            tokio::select! {
                step = self.step() => last = step.err().or(last),
                () = &mut patience => panic!(
                    "{what}: not within {PATIENCE:?}; last failure: {last:?}; came: {:?}; deleted: {:?}; refused: {:?}",
                    self.came, self.deleted, self.refused
                ),
            }
        }
    }

    /// Lets the feed work until all of these came.
    pub async fn all_of(&mut self, what: &str, ids: &[String]) {
        self.until(what, |rig| ids.iter().all(|id| rig.came.contains_key(id)))
            .await;
    }

    /// Lets the feed work until it fails, and gives the failure.
    pub async fn failure(&mut self, what: &str) -> FeedError {
        let failing = async {
            loop {
                if let Err(error) = self.step().await {
                    return error;
                }
            }
        };
        tokio::time::timeout(PATIENCE, failing)
            .await
            .unwrap_or_else(|_| panic!("{what}: no failure within {PATIENCE:?}"))
    }
}
