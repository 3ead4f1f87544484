//! Where to go on from: what the journal keeps of this feed.
//!
//! Relays know nothing of the order in which things arrived; they are asked by the time that an author gave. So the cursor
//! holds, per relay, the latest such time, and reading goes on some minutes before it: repeats are told by their id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::feed::Cursor;

/// How far the feed was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// When it began to be read: what was written before is history. In seconds since 1970, as all times here.
    pub(super) began: i64,
    /// Per relay, up to when it was read completely.
    pub(super) relays: BTreeMap<String, i64>,
    /// When posts on the wall are to go (NIP-40), by event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) expiring: BTreeMap<String, i64>,
}

impl Position {
    pub(super) fn write(&self) -> Cursor {
        Cursor(serde_json::to_string(self).expect("maps of text and numbers are JSON"))
    }

    /// Reads it back. One that cannot be read starts from the beginning, which repeats posts and loses none.
    pub(super) fn read(cursor: Option<&Cursor>, now: i64) -> Self {
        let begin = || Self {
            began: now,
            ..Self::default()
        };
        let Some(Cursor(text)) = cursor else {
            return begin();
        };
        serde_json::from_str(text).unwrap_or_else(|error| {
            tracing::error!(%error, "cursor is not readable, reading from the beginning");
            begin()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back() {
        let mut position = Position {
            began: 5,
            ..Position::default()
        };
        position.relays.insert("wss://relay.example".to_owned(), 9);
        position.expiring.insert("ab".to_owned(), 10);
        assert_eq!(Position::read(Some(&position.write()), 7), position);
        assert_eq!(Position::read(None, 7).began, 7);
        assert_eq!(Position::read(Some(&Cursor("{".to_owned())), 7).began, 7);
    }
}
