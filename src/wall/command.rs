//! What people ask of a wall, and what becomes of it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::arrivals::{Bringer, Outcome};
use super::assessing::Assessment;
use crate::intake::Prepared;
use crate::journal::{Action, AuthorStanding, Seq, StageChange, To, Who};
use crate::moderation::Rules;
use crate::post::PostNum;

/// A request of a person.
#[derive(Debug)]
pub enum Act {
    /// Decide about posts.
    Decide {
        /// What.
        action: Action,
        /// Ids of the posts.
        posts: Vec<String>,
        /// Why.
        reason: Option<String>,
        /// The last record that the person's page had applied.
        seen: Option<Seq>,
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
    Settings {
        /// What changes.
        values: Map<String, Value>,
        /// Which posts it holds for.
        to: To,
        /// Rules made of what it comes to, where somebody made them beforehand.
        made: Option<Arc<Rules>>,
    },
    /// Say when counting starts.
    Counting(CountingFrom),
    /// Put a post on the wall that its address led to.
    Add(Box<Prepared>),
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

/// When counting starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountingFrom {
    /// At this moment.
    Now,
    /// At a moment.
    Time(Timestamp),
    /// As the file says.
    File,
}

/// A waiting post that somebody else decided about before the person could know.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Conflict {
    /// Its id.
    pub post: String,
    /// Who.
    pub by: Who,
    /// What.
    pub action: Action,
    /// The record of that.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// The record of it; the one it will have, where it is not stored yet.
    pub seq: Seq,
    /// Whether it is on the disk.
    pub stored: bool,
    /// Ids of the posts that it was about.
    pub posts: Vec<String>,
    /// The decision that was taken back.
    pub undone: Option<Seq>,
    /// How many posts stand elsewhere now.
    pub changed: usize,
    /// Posts that were left as somebody else had decided.
    pub conflicts: Vec<Conflict>,
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
    /// Somebody else decided first, about all of it.
    #[error("{words}")]
    Conflict {
        /// Who did what, and when.
        words: String,
        /// All of that, post by post; at least one.
        conflicts: Vec<Conflict>,
    },
    /// The post is on the wall already.
    #[error("that post is on this wall already")]
    Here {
        /// Its id.
        id: String,
    },
    /// The disk refuses it.
    #[error(
        "this could not be stored: {0}; free some room or make the folder writable, then try again"
    )]
    NotStored(String),
    /// The service is stopping.
    #[error("buzzwall is shutting down")]
    Closing,
}

/// Where what became of a request goes.
pub type Answer = oneshot::Sender<Result<Done, NotDone>>;

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
        reply: Answer,
    },
    /// Time on screens: posts' ids and milliseconds.
    Seen(Vec<(String, u64)>),
    /// Answers on posts that wait for them.
    Assessed {
        /// The answers.
        answers: Vec<Assessment>,
        /// Whether they are stored.
        reply: oneshot::Sender<bool>,
    },
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

/// Posts' time on screens, waiting to be journaled in summary.
pub(super) type SeenSoFar = std::collections::BTreeMap<PostNum, OnScreen>;
