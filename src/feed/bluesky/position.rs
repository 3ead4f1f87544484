//! Where to go on from: what the journal keeps of this feed.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::feed::Cursor;

/// A place in the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// When the event there was seen.
    pub(super) at: Timestamp,
    /// The host that told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<Arc<str>>,
    /// That host's number for it, which no other knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
}

/// How far the feed was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// When it began to be read: what was written before is history.
    pub(super) began: Timestamp,
    /// All that hosts told of before this place is handed over.
    #[serde(flatten)]
    pub(super) place: Place,
    /// Whether any event was seen, so that the place is that of one.
    #[serde(default)]
    pub(super) seen: bool,
    /// What is still to be searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) search: Option<Span>,
}

/// What a search is to bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    /// Posts written since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Timestamp>,
    /// At most so many.
    pub(super) most: u32,
}

impl Position {
    pub(super) fn write(&self) -> Cursor {
        Cursor(serde_json::to_string(self).expect("texts and numbers are JSON"))
    }

    /// Reads it back; `None` where there is none, or none that can be read, which repeats posts and loses none.
    pub(super) fn read(cursor: Option<&Cursor>) -> Option<Self> {
        let Cursor(text) = cursor?;
        let read = serde_json::from_str(text);
        if let Err(error) = &read {
            tracing::error!(%error, "cursor is not readable, reading from the beginning");
        }
        read.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back() {
        let position = Position {
            began: "2026-01-01T00:00:00Z".parse().unwrap(),
            place: Place {
                at: "2026-01-01T00:00:01.000002Z".parse().unwrap(),
                host: Some("jetstream.example".into()),
                number: Some(9),
            },
            seen: true,
            search: Some(Span {
                since: None,
                most: 400,
            }),
        };
        assert_eq!(Position::read(Some(&position.write())), Some(position));
        assert_eq!(Position::read(None), None);
        assert_eq!(Position::read(Some(&Cursor("{".to_owned()))), None);
    }
}
