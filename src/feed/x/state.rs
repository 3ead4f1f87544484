//! How far the search was read and what it cost: what the journal keeps of this feed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::budget::Spent;
use crate::feed::{Cursor, FeedError};

/// How far it was read and what it cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The newest id of the last round that was read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<String>,
    /// The round that is not at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) round: Option<Round>,
    /// When the last round that was read to its end began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) read_at: Option<Timestamp>,
    /// When X was last asked for its own counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) counted_at: Option<Timestamp>,
    /// What was spent.
    pub(super) spent: Spent,
}

/// All pages from now back to what was read before, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Round {
    /// When it began.
    pub(super) began: Timestamp,
    /// Only what is newer than this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<String>,
    /// Only what is newer than this, where there is no such id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<Timestamp>,
    /// The newest id of its first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<String>,
    /// Where its next page is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    /// Posts that are still wanted; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) left: Option<u32>,
    /// Whether it reads what was written before the feed's first start.
    #[serde(default)]
    pub(super) history: bool,
}

impl State {
    /// Reads the journal's note.
    ///
    /// # Errors
    /// Where it cannot be read: with it, what was spent would be forgotten.
    pub(super) fn read(cursor: Option<&Cursor>) -> Result<Self, FeedError> {
        let Some(Cursor(text)) = cursor else {
            return Ok(Self::default());
        };
        serde_json::from_str(text).map_err(|error| {
            FeedError::Misconfigured(format!(
                "the journal's note of what was spent at X cannot be read ({error}), so nothing more is; begin another journal \
                 to begin another budget"
            ))
        })
    }

    /// Writes the journal's note.
    pub(super) fn write(&self) -> Cursor {
        Cursor(serde_json::to_string(self).expect("texts and numbers are JSON"))
    }
}
