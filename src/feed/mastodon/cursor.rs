//! Where to go on from: what the journal keeps of this feed.
//!
//! Per timeline the cursor holds the newest id seen, from which the live loop goes on, and,
//! as long as the first walk back is not done, the oldest id reached, from which that goes on. Both are journaled with the
//! page that moved them, so a crash in the middle of the walk loses nothing: the newest page comes first and fixes
//! `newest`, every older page moves `back.before` alone, and whichever was stored last is where each continues.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::feed::Cursor;

/// The positions of all timelines, by their key.
pub(super) type Positions = BTreeMap<String, Position>;

/// How far one timeline was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The newest id seen; `None` if there was nothing yet.
    pub(super) newest: Option<String>,
    /// When the oldest post was written that belongs to the wall: what is older and turns up later was left out on
    /// purpose. `None`: all belong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) floor: Option<Timestamp>,
    /// The walk back, as long as it is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) back: Option<Back>,
}

/// A walk back that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Back {
    /// The oldest id reached.
    pub(super) before: String,
    /// Posts still wanted.
    pub(super) left: u32,
    /// Whether these were written before the feed began to read.
    pub(super) history: bool,
}

/// Writes positions down.
pub(super) fn write(positions: &Positions) -> Cursor {
    Cursor(serde_json::to_string(positions).expect("maps of text and numbers are JSON"))
}

/// Reads positions back. A cursor that cannot be read starts from the beginning, which repeats posts and loses none:
/// repeats are told by their id.
pub(super) fn read(cursor: Option<&Cursor>) -> Positions {
    let Some(Cursor(text)) = cursor else {
        return Positions::new();
    };
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, "cursor is not readable, reading from the beginning");
        Positions::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_back() {
        let mut positions = Positions::new();
        positions.insert(
            "rust".to_owned(),
            Position {
                newest: Some("9".to_owned()),
                floor: Some(Timestamp::UNIX_EPOCH),
                back: Some(Back {
                    before: "5".to_owned(),
                    left: 300,
                    history: true,
                }),
            },
        );
        assert_eq!(read(Some(&write(&positions))), positions);
        assert_eq!(read(None), Positions::new());
        assert_eq!(read(Some(&Cursor("{".to_owned()))), Positions::new());
    }
}
