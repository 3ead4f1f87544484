//! The append-only, numbered log of everything that changed what anybody sees or counts: the only truth.
//!
//! Nothing outside this module knows how it is stored. An implementation appends a batch as a whole or not at all and
//! reads records back in order; posts' content lies beside the events so that it can be blanked without touching them.

mod event;
mod sqlite;

pub use event::{Action, AuthorStanding, Event, Origin, Posted, Scene, Seen, StageChange, To, Who};
pub use sqlite::SqliteJournal;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Position in the journal: 1 is the first record, 0 means "nothing yet".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The one after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which journal a [`Seq`] belongs to: made anew with every new or restored journal, kept over restarts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// Takes a text without `:`.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// A new epoch from the system's randomness.
    pub fn random() -> Result<Self, JournalError> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| JournalError::Failed(error.to_string()))?;
        Ok(Self(format!("{:016x}", u64::from_be_bytes(bytes)).into()))
    }

    /// The epoch as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is appended together: all of it or nothing.
#[derive(Debug, Default)]
pub struct Batch {
    /// Events, with the content that an event brings (a post's JSON), if any.
    pub records: Vec<(Event, Option<Arc<str>>)>,
    /// Records whose content is blanked in the same step.
    pub blank: Vec<Seq>,
}

/// A numbered event as it is read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its number.
    pub seq: Seq,
    /// When it was appended, in milliseconds.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// What it brought; `None` where it brings nothing or its content was blanked.
    pub content: Option<Arc<str>>,
}

/// Why the journal could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// There is no room, or the folder cannot be written: it may work later.
    #[error("cannot be stored: {0}")]
    Unwritable(String),
    /// The journal contradicts itself. Nothing sensible can go on.
    #[error("the journal {} is damaged: {detail}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Written by a newer buzzwall.
    #[error("the journal {} has schema {found}, this program knows up to {known}; use the newer program", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Something else went wrong.
    #[error("journal: {0}")]
    Failed(String),
}

/// The log of one wall.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Which journal this is.
    fn epoch(&self) -> Epoch;

    /// Appends a batch whose first record gets the number `first`; durable once it returns.
    ///
    /// # Errors
    /// Nothing of the batch is stored then, and `first` is still free.
    async fn append(
        &self,
        first: Seq,
        at: Timestamp,
        batch: Arc<Batch>,
    ) -> Result<(), JournalError>;

    /// Finds out by writing, whether the journal could take something now. Leaves no trace in it.
    async fn probe(&self) -> Result<(), JournalError>;

    /// Up to `max` records from `from` on, in order; empty at the end.
    async fn read(&self, from: Seq, max: usize) -> Result<Vec<Record>, JournalError>;

    /// Waits until there is a record after `after` and gives the newest number. A reader that tails the journal calls
    /// [`Journal::read`] and this in turn.
    async fn tail(&self, after: Seq) -> Result<Seq, JournalError>;
}
