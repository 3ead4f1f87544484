//! What people ask of a wall, and what becomes of it.

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::arrivals::{Bringer, Outcome};
use crate::intake::Prepared;
use crate::journal::{Action, AuthorStanding, Seq, StageChange, Who};
use crate::post::PostNum;

/// A request of a person.
#[derive(Debug, Clone)]
pub enum Act {
    /// Decide about posts.
    Decide {
        /// What.
        action: Action,
        /// Ids of the posts.
        posts: Vec<String>,
        /// Why.
        reason: Option<String>,
    },
    /// Take a decision back: the named one, else the person's last.
    Undo {
        /// Its number.
        decision: Option<Seq>,
    },
    /// Decide about an author.
    Author {
        /// The author's id.
        author: String,
        /// What.
        standing: AuthorStanding,
    },
    /// Direct the screens.
    Stage(StageChange),
    /// Change settings, by section and key; `null` goes back to the file's value.
    Settings(Map<String, Value>),
    /// Note something about a post for the report.
    Note {
        /// The post's id.
        post: String,
        /// The words.
        text: String,
    },
    /// Forget an author: text, name, handle and media go, the count stays.
    Erase {
        /// The author's id.
        author: String,
    },
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The record of it; the one it will have, where it is not stored yet.
    pub seq: Seq,
    /// Whether it is on the disk.
    pub stored: bool,
    /// Ids of the posts that it was about.
    pub posts: Vec<String>,
    /// The decision that was taken back.
    pub undone: Option<Seq>,
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// It names something that is not there.
    #[error("{0}")]
    Unknown(String),
    /// It makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The disk refuses it.
    #[error(
        "this could not be stored: {0}; free some room or make the folder writable, then try again"
    )]
    NotStored(String),
    /// The service is stopping.
    #[error("buzzwall is shutting down")]
    Closing,
}

/// A message to the wall's task.
#[derive(Debug)]
pub enum Command {
    /// A person's request.
    Act {
        /// Who.
        by: Who,
        /// What.
        act: Act,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Done, NotDone>>,
    },
    /// Time on screens: posts' ids and milliseconds.
    Seen(Vec<(String, u64)>),
}

/// Items for the wall.
#[derive(Debug)]
pub struct Offer {
    /// The items.
    pub items: Vec<Prepared>,
    /// Who brings them.
    pub bringer: Bringer,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Outcome, Declined>>,
}

/// Items that could not be stored, given back.
#[derive(Debug)]
pub struct Declined {
    /// The items.
    pub items: Vec<Prepared>,
    /// Why.
    pub reason: String,
    /// Whether the service is stopping.
    pub closing: bool,
}

/// Whether a wall's journal can be written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Storage {
    /// Whether it can.
    pub ok: bool,
    /// Why not, in words.
    pub message: Option<String>,
    /// Acts of people that wait to be stored.
    pub waiting: usize,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            ok: true,
            message: None,
            waiting: 0,
        }
    }
}

/// How long a post was on screens since it was last journaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct OnScreen {
    pub(super) times: u32,
    pub(super) ms: u64,
}

/// Milliseconds after which a sign of one screen is not believed: none shows one post for longer between two signs.
pub(super) const LONGEST_SEEN_MS: u64 = 10 * 60 * 1000;

/// Posts' time on screens, waiting to be journaled in summary.
pub(super) type SeenSoFar = std::collections::BTreeMap<PostNum, OnScreen>;
