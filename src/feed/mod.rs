//! Sources of posts: the trait that each speaks, and the loop that supervises them.
//!
//! A feed knows its source's protocol and nothing of walls, rules or browsers. Interval, backoff, rate limits, health
//! and shutdown are the supervisor's, once, for all feeds.

mod address;
pub mod archive;
pub mod bluesky;
pub mod bridges;
pub mod demo;
pub mod exec;
pub mod http;
pub mod ingest;
pub mod line;
pub mod link;
pub mod mastodon;
pub mod misskey;
pub mod network;
pub mod nostr;
pub mod once;
pub mod public;
pub mod replay;
pub mod rss;
pub mod socket;
pub mod supervisor;
pub mod trends;
mod wanted;
mod wishes;
pub mod x;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use rand::rngs::StdRng;
use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer, Serialize};

use crate::clock::SharedClock;
use crate::post::{AuthorId, Post, PostId};
use crate::words::{list, nearest};

pub use wanted::Wanted;

/// A feed's name, unique within its wall: its kind and target, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedName(pub String);

impl FeedName {
    /// The kind of feed.
    pub fn kind(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where to go on from: opaque to all but the feed that made it. Journaled together with the posts it covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// A source of posts.
#[async_trait]
pub trait Feed: Send {
    /// Waits until there is something and returns it. `cursor` is that of the last page that was stored, `None` at the
    /// very first start. The supervisor offers the same page again until it is stored and may then call with its cursor.
    ///
    /// A feed that streams answers as soon as it is connected and at least every [`SIGN_OF_LIFE`], with an empty page where
    /// nothing came: coverage counts from the first answer to the last.
    ///
    /// Must be cancel-safe: dropping the future loses nothing that a later call with the same cursor would not bring.
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError>;
}

/// Longest time in which a feed that streams answers nothing, so that its health and coverage go on.
pub const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// One answer of a feed.
#[derive(Debug, Default)]
pub struct Page {
    /// What happened at the source, oldest first.
    pub items: Vec<Item>,
    /// Where to go on from once these items are stored; `None` leaves it where it was.
    pub cursor: Option<Cursor>,
    /// Whether these were written before the feed began to read, so that nobody takes them for new.
    pub history: bool,
    /// When to ask again.
    pub next: Next,
    /// What the source said of its limits.
    pub rate: Option<RateLimit>,
    /// Once after each start or interruption, when it has caught up: with this page all is read that the source still has
    /// since this moment, so that what was missed from then on is filled in.
    pub complete_since: Option<Timestamp>,
    /// How the source is read just now.
    pub via: Via,
    /// What is not as it should be although it can be read, in words, with what to do: two of three relays, say.
    pub note: Option<String>,
}

/// How a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// It is asked every now and then.
    #[default]
    Polling,
    /// It sends what happens by itself.
    Stream,
}

/// When to ask a feed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Next {
    /// At once: there is more, or the feed does its own waiting.
    #[default]
    Now,
    /// After this long.
    After(Duration),
    /// Never: the source is at its end.
    Done,
}

/// What happened at the source.
#[derive(Debug)]
pub enum Item {
    /// A post, new or seen before; one seen before with a later `edited_at` is an edit.
    Post(Box<Post>),
    /// A post that is gone at the source, by the source's own word.
    Deleted(PostId),
    /// A post that somebody says to have taken back; it holds only if that is who wrote it.
    Retracted {
        /// Which.
        post: PostId,
        /// Who says so.
        author: AuthorId,
    },
    /// An account that is gone at the source with all its posts, or that does not want to be shown any more.
    AuthorGone(AuthorId),
    /// A hashtag in the source's own list of trends, or no longer in it.
    Trending(Sighting),
    /// How often the source itself counted a hashtag on a day.
    Counted(SourceCount),
    /// Something that was not taken.
    Refused(Refusal),
}

/// A look at a source's own list of trends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Whose list, as people call it: `mastodon.social`, `Bluesky`.
    pub place: String,
    /// The hashtag, as the list writes it, without its mark.
    pub tag: String,
    /// Its rank from 1; `None` where it is not in the list.
    pub rank: Option<u32>,
    /// Length of the list.
    pub of: u32,
}

/// How often a source itself counted a hashtag on a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceCount {
    /// Who counts: `mastodon.social`, `X`.
    pub place: String,
    /// The hashtag, without its mark.
    pub tag: String,
    /// The day in UTC.
    pub day: Date,
    /// Posts, as the source counts them.
    pub posts: u64,
    /// People, where the source tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<u64>,
}

/// Something that was not taken, and why. Refusals are counted by reason and feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason it is counted under.
    pub reason: Reason,
    /// What it was, for the log: an id, a line number, what was wrong with it.
    pub detail: String,
}

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The person asked not to be collected or shown.
    OptedOut,
    /// Not visible to everybody at the source.
    NotPublic,
    /// Not readable as a post.
    Malformed,
    /// Its id was damaged, so that it cannot be told from others.
    DamagedId,
    /// Beyond what a post may carry.
    TooLarge,
    /// Dated at a time that cannot be true.
    BadTime,
    /// Does not match the wall's query.
    NotMatching,
    /// Left out by the wall's settings.
    Dropped,
}

impl Reason {
    /// The word used in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OptedOut => "opted_out",
            Self::NotPublic => "not_public",
            Self::Malformed => "malformed",
            Self::DamagedId => "damaged_id",
            Self::TooLarge => "too_large",
            Self::BadTime => "bad_time",
            Self::NotMatching => "not_matching",
            Self::Dropped => "dropped",
        }
    }
}

/// What a source says of its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RateLimit {
    /// Requests allowed in the window.
    pub limit: u32,
    /// Requests left in it.
    pub remaining: u32,
    /// When the window ends.
    pub resets_at: Option<Timestamp>,
}

/// Why a feed could not answer: what the supervisor needs to know to decide what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The source is overloaded or unreachable just now. Back off, or wait as long as it asked for.
    #[error("{message}")]
    Transient {
        /// What happened, in words.
        message: String,
        /// How long the source asked to wait (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The source's limit is used up.
    #[error("rate limited by the source until {until:.0}; a wall asks again by itself then")]
    RateLimited {
        /// When it may be asked again.
        until: Timestamp,
    },
    /// The source wants a token, or another one. Asked again rarely.
    #[error("{0}")]
    Unauthorised(String),
    /// What is configured cannot work. Not asked again.
    #[error("{0}")]
    Misconfigured(String),
    /// The source is gone for good. Not asked again.
    #[error("{0}")]
    Gone(String),
}

/// What a feed is built with.
pub struct FeedContext {
    /// What is to be read.
    pub wanted: Wanted,
    /// The event's start, to which the first start walks back.
    pub from: Option<Timestamp>,
    /// Time.
    pub clock: SharedClock,
    /// Chance, seeded.
    pub rng: StdRng,
    /// The shared HTTP client.
    pub http: reqwest::Client,
    /// What the program calls itself at sources: its name, version and whom to write to.
    pub agent: String,
    /// Whether errors may repeat what a source says is wrong. Not where somebody only tries an address: it may lead inside.
    pub quotes: bool,
    /// The newest posts that this feed brought and that are still there, newest first: what has to be looked at again
    /// where the source does not tell of deletions and edits, also after a restart.
    pub watched: Watched,
    /// Whether the wall has a post, or posts of an author, of this id, whatever their age.
    pub on_wall: OnWall,
}

impl FeedContext {
    /// One that knows nothing of a wall: reads from the present on and watches nothing.
    pub fn new(wanted: Wanted, clock: SharedClock, rng: StdRng, http: reqwest::Client) -> Self {
        Self {
            wanted,
            from: None,
            clock,
            rng,
            http,
            agent: http::agent(None),
            quotes: true,
            watched: Arc::new(Vec::new),
            on_wall: Arc::new(|_| false),
        }
    }
}

/// Asks the wall which of a feed's posts have to be looked at again; a few hundred at most.
pub type Watched = Arc<dyn Fn() -> Vec<PostId> + Send + Sync>;

/// Asks the wall whether it has a post, or posts of an author, of this id.
pub type OnWall = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Writes down the kinds of feed once; each is a module with `Settings` (`from_target`, `target`, `validate`) and `build`.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal in $module:ident;)*) => {
        /// A feed as configured: its kind and the settings of that kind.
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #[serde(tag = "kind", rename_all = "lowercase")]
        pub enum FeedSettings {
            $($(#[$doc])* $variant($module::Settings),)*
        }

        /// The kinds that `--feed KIND=TARGET` and `kind = "…"` take.
        pub const KINDS: &[&str] = &[$($word),*];

        impl<'de> DeserializeSeed<'de> for OfKind<'_> {
            type Value = FeedSettings;

            fn deserialize<D: Deserializer<'de>>(self, table: D) -> Result<FeedSettings, D::Error> {
                match self.0 {
                    $($word => $module::Settings::deserialize(table).map(FeedSettings::$variant),)*
                    other => Err(serde::de::Error::custom(no_such_kind(other))),
                }
            }
        }

        impl FeedSettings {
            /// Reads `KIND=TARGET` of the command line.
            ///
            /// # Errors
            /// Says in words what is wrong and what to write instead.
            pub fn from_argument(argument: &str) -> Result<Self, String> {
                let (kind, target) = argument.split_once('=').unwrap_or((argument, ""));
                match kind {
                    $($word => $module::Settings::from_target(target).map(Self::$variant),)*
                    other => Err(format!("{}; write KIND=TARGET", no_such_kind(other))),
                }
            }

            /// Its kind's word.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $word,)*
                }
            }

            /// The name it goes by: its kind and target.
            pub fn name(&self) -> FeedName {
                FeedName(match self {
                    $(Self::$variant(settings) => format!("{} {}", $word, settings.target()),)*
                })
            }

            /// Checks what can be checked without asking the source; errors say what to write instead.
            pub fn validate(&self) -> Result<(), String> {
                match self {
                    $(Self::$variant(settings) => settings.validate(),)*
                }
            }

            /// Makes the feed. Does no I/O.
            pub fn build(&self, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
                match self {
                    $(Self::$variant(settings) => $module::build(settings, context),)*
                }
            }
        }
    };
}

kinds! {
    /// Any server that speaks the Mastodon API.
    Mastodon = "mastodon" in mastodon;
    /// Bluesky, live through Jetstream.
    Bluesky = "bluesky" in bluesky;
    /// A file in RSS, Atom or JSON Feed.
    Rss = "rss" in rss;
    /// X, paid for by the post.
    X = "x" in x;
    /// Misskey and what descends from it.
    Misskey = "misskey" in misskey;
    /// Nostr, through any number of relays.
    Nostr = "nostr" in nostr;
    /// A recorded archive.
    Replay = "replay" in replay;
    /// An invented conference.
    Demo = "demo" in demo;
    /// A program that prints posts.
    Exec = "exec" in exec;
    /// Posts that are sent over HTTP.
    Ingest = "ingest" in ingest;
}

impl FeedSettings {
    /// The same with relative paths starting from a folder, where the kind does not say otherwise.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        if let Self::Exec(exec) = &mut self {
            exec.directory = Some(match exec.directory.take() {
                Some(directory) => folder.join(directory),
                None => folder.to_owned(),
            });
        }
        self
    }
}

/// Kinds that are planned and that this version does not have.
const LATER_KINDS: [&str; 1] = ["audience"];

/// Says that there is no feed of a kind, and what to write instead.
pub fn no_such_kind(kind: &str) -> String {
    let have = list(KINDS, "and");
    if LATER_KINDS.contains(&kind) {
        return format!("this version has no feed of kind {kind:?} yet; it has {have}");
    }
    match nearest(kind, KINDS.iter().copied()) {
        Some(meant) => {
            format!("there is no feed of kind {kind:?}; did you mean {meant:?}? There are {have}")
        }
        None => format!("there is no feed of kind {kind:?}; there are {have}"),
    }
}

/// Reads the settings of one kind of feed from a table without its `kind`, so that errors keep their place in it.
#[derive(Debug, Clone, Copy)]
pub struct OfKind<'a>(pub &'a str);
