//! What was seen already: what the journal keeps of this feed.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::convert::Read;
use crate::feed::{Cursor, Item};

/// Items remembered that are gone from the file, beside as many as it holds. The note is written with every new item, so it
/// must not grow.
const GONE: usize = 100;

/// A fingerprint.
pub(super) type Mark = u64;

/// The fingerprint of some texts.
pub(super) fn mark<'a>(texts: impl IntoIterator<Item = &'a str>) -> Mark {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
        hash.update([0]);
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

/// Where the feed is, and what of it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// `ETag` as the server sent it, weak or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    /// `Last-Modified` as the server sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) modified: Option<String>,
    /// Where the server says that the feed is now for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moved: Option<Url>,
    /// When it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<Timestamp>,
    /// The item that was the newest when it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<Mark>,
    /// Items by their identity, each with what it said.
    known: Vec<(Mark, Mark)>,
}

/// What a file brought.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What is new or has changed, oldest first.
    pub(super) items: Vec<Item>,
    /// Since when nothing is missing.
    pub(super) complete_since: Option<Timestamp>,
    /// Whether no item of the last look is left, so that some may have come and gone between.
    pub(super) overrun: bool,
}

impl State {
    /// Reads the journal's note. One that cannot be read starts from the beginning, which repeats posts and loses none.
    pub(super) fn read(cursor: Option<&Cursor>) -> Self {
        let Some(Cursor(text)) = cursor else {
            return Self::default();
        };
        serde_json::from_str(text).unwrap_or_else(|error| {
            tracing::error!(%error, "cursor is not readable, reading from the beginning");
            Self::default()
        })
    }

    /// The same before it was told of another address.
    pub(super) fn not_moved(&self) -> Self {
        Self {
            etag: None,
            modified: None,
            moved: None,
            ..self.clone()
        }
    }

    /// Writes the journal's note.
    pub(super) fn write(&self) -> Cursor {
        Cursor(serde_json::to_string(self).expect("texts and numbers are JSON"))
    }

    /// When the feed was last read, `None` if never.
    pub(super) fn read_at(&self) -> Option<Timestamp> {
        self.read_at
    }

    /// The file is as it was.
    pub(super) fn unchanged(&mut self, now: Timestamp) {
        self.read_at = Some(now);
    }

    /// Takes the items of a file, in whatever order, and tells which of them are news.
    pub(super) fn take(&mut self, mut reads: Vec<Read>, now: Timestamp) -> Taken {
        // The first in the file is the newest where there are no dates, so equal dates stay in the file's order reversed.
        reads.reverse();
        reads.sort_by_key(|read| read.created_at.unwrap_or(now));
        let overlaps =
            (self.newest).is_some_and(|newest| reads.iter().any(|read| read.key == newest));
        let newest = reads.last().map(|read| read.key);
        let before: HashMap<Mark, Mark> = self.known.iter().copied().collect();
        let mut known: Vec<(Mark, Mark)> = Vec::with_capacity(reads.len());
        let mut in_file = HashSet::with_capacity(reads.len());
        let mut taken = Taken::default();
        let mut oldest_news = None;
        for read in reads {
            if !in_file.insert(read.key) {
                continue;
            }
            known.push((read.key, read.words));
            match before.get(&read.key) {
                None => {
                    oldest_news = oldest_news.or(Some(read.created_at.unwrap_or(now)));
                    taken.items.push(read.item);
                }
                Some(words) if *words != read.words => {
                    taken.items.push(edited(read, self.read_at, now));
                }
                Some(_) => {}
            }
        }
        taken.overrun = self.newest.is_some() && !overlaps && oldest_news.is_some();
        taken.complete_since = match self.read_at {
            Some(read_at) if overlaps || oldest_news.is_none() => Some(read_at),
            _ => Some(oldest_news.unwrap_or(now)),
        };
        // What is gone from the file may come back, from another of the server's caches.
        let most = 2 * known.len() + GONE;
        for old in &self.known {
            if known.len() >= most {
                break;
            }
            if !in_file.contains(&old.0) {
                known.push(*old);
            }
        }
        self.known = known;
        self.newest = newest.or(self.newest);
        self.read_at = Some(now);
        taken
    }
}

/// An item that says something else than before was edited: when it says so itself, else now.
fn edited(read: Read, read_at: Option<Timestamp>, now: Timestamp) -> Item {
    match read.item {
        Item::Post(mut post) => {
            let said = post
                .edited_at
                .filter(|at| read_at.is_none_or(|read_at| *at > read_at));
            post.edited_at = Some(said.unwrap_or(now));
            Item::Post(post)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Reason, Refusal};

    fn read(key: Mark, second: i64) -> Read {
        Read {
            key,
            words: 0,
            created_at: Timestamp::from_second(second).ok(),
            item: Item::Refused(Refusal {
                reason: Reason::Malformed,
                detail: key.to_string(),
            }),
        }
    }

    #[test]
    fn what_is_remembered_does_not_grow_and_what_comes_back_is_no_news() {
        let mut state = State::default();
        let now = Timestamp::from_second(2_000_000_000).unwrap();
        for first in 0..1000_u64 {
            let file = (first..first + 20).rev();
            let file = file.map(|key| read(key, i64::try_from(key).unwrap()));
            let taken = state.take(file.collect(), now);
            assert_eq!(taken.items.len(), if first == 0 { 20 } else { 1 });
            assert!(!taken.overrun);
            assert_eq!(State::read(Some(&state.write())), state);
        }
        assert!(state.write().0.len() < 10_000, "{}", state.write().0.len());
        let back = state.take(vec![read(1018, 1018), read(990, 990)], now);
        assert!(back.items.is_empty());
    }
}
