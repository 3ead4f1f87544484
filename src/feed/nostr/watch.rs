//! The posts whose deletion (NIP-09) relays are asked to tell, and their authors, who may leave (NIP-62) or say something
//! else of themselves.
//!
//! They are asked for in pieces, each a subscription of its own, so that a new post repeats one small request and not all.

use std::collections::{HashMap, VecDeque};

use nostr::{Event, EventId, PublicKey};
use serde_json::{Value, json};

use super::convert::{author_id, post_id, values};
use crate::feed::Item;

/// Posts per piece: with as many authors the request stays below the 16 KiB that some relays take.
const PIECE: usize = 100;
/// Pieces; what is older is followed no more. Some relays take only ten subscriptions.
const PIECES: usize = 5;

/// What is known of a post that is watched.
#[derive(Debug, Clone, Copy)]
struct Watched {
    /// Who wrote it and when; not known of posts from before a restart until a relay tells.
    written: Option<(PublicKey, u64)>,
}

#[derive(Debug, Default)]
struct Piece {
    number: usize,
    posts: Vec<EventId>,
    /// Whether it changed since the relays were asked.
    changed: bool,
}

/// The newest posts.
#[derive(Debug, Default)]
pub(super) struct Watch {
    posts: HashMap<EventId, Watched>,
    pieces: VecDeque<Piece>,
}

impl Watch {
    /// Watches a post of which nothing but the id is known.
    pub(super) fn remember(&mut self, id: EventId) {
        self.insert(id, Watched { written: None });
    }

    /// Watches a post, or learns who wrote one that is watched.
    pub(super) fn add(&mut self, event: &Event) {
        let written = Some((event.pubkey, event.created_at.as_secs()));
        self.insert(event.id, Watched { written });
    }

    fn insert(&mut self, id: EventId, watched: Watched) {
        if let Some(known) = self.posts.get_mut(&id) {
            if known.written.is_none() && watched.written.is_some() {
                known.written = watched.written;
                let piece = self
                    .pieces
                    .iter_mut()
                    .find(|piece| piece.posts.contains(&id));
                if let Some(piece) = piece {
                    piece.changed = true;
                }
            }
            return;
        }
        if self
            .pieces
            .back()
            .is_none_or(|piece| piece.posts.len() >= PIECE)
        {
            let number = self.pieces.back().map_or(0, |piece| piece.number + 1);
            self.pieces.push_back(Piece {
                number,
                ..Piece::default()
            });
        }
        if self.pieces.len() > PIECES
            && let Some(oldest) = self.pieces.pop_front()
        {
            for id in oldest.posts {
                self.posts.remove(&id);
            }
        }
        if let Some(piece) = self.pieces.back_mut() {
            piece.posts.push(id);
            piece.changed = true;
        }
        self.posts.insert(id, watched);
    }

    pub(super) fn contains(&self, id: &EventId) -> bool {
        self.posts.contains_key(id)
    }

    /// Whether a post is watched of which nothing but the id is known.
    pub(super) fn wonders(&self, id: &EventId) -> bool {
        self.posts
            .get(id)
            .is_some_and(|watched| watched.written.is_none())
    }

    /// Whether somebody wrote one of the posts.
    pub(super) fn has_author(&self, key: &PublicKey) -> bool {
        self.written_by(key).next().is_some()
    }

    fn written_by<'s>(&'s self, key: &'s PublicKey) -> impl Iterator<Item = (EventId, u64)> + 's {
        self.posts.iter().filter_map(move |(id, watched)| {
            let (author, at) = watched.written?;
            (author == *key).then_some((*id, at))
        })
    }

    /// Whether a piece changed since the relays were asked.
    pub(super) fn changed(&self) -> bool {
        self.pieces.iter().any(|piece| piece.changed)
    }

    /// The requests for all pieces, or for those that changed: subscription and filters. Of profiles only those are asked
    /// for that are written since a time.
    pub(super) fn requests(&self, only_changed: bool, since: i64) -> Vec<(String, Vec<Value>)> {
        let pieces = self
            .pieces
            .iter()
            .filter(|piece| piece.changed || !only_changed);
        pieces
            .map(|piece| {
                (
                    format!("gone-{}", piece.number % (PIECES + 1)),
                    self.filters(piece, since),
                )
            })
            .collect()
    }

    /// The relays are asked.
    pub(super) fn asked(&mut self) {
        for piece in &mut self.pieces {
            piece.changed = false;
        }
    }

    fn filters(&self, piece: &Piece, since: i64) -> Vec<Value> {
        let ids: Vec<String> = piece.posts.iter().map(EventId::to_hex).collect();
        let mut unknown = Vec::new();
        let mut authors: Vec<String> = Vec::new();
        for id in &piece.posts {
            match self.posts.get(id).and_then(|watched| watched.written) {
                Some((author, _)) => authors.push(author.to_hex()),
                None => unknown.push(id.to_hex()),
            }
        }
        authors.sort_unstable();
        authors.dedup();
        let mut filters = vec![json!({"kinds": [5], "#e": ids})];
        if !authors.is_empty() {
            filters.push(json!({"kinds": [62], "authors": authors}));
            filters.push(json!({"kinds": [0], "authors": authors, "since": since.max(0)}));
        }
        if !unknown.is_empty() {
            filters.push(json!({"ids": unknown}));
        }
        filters
    }

    /// What a request to delete (NIP-09) takes back. Whether it is its author who asks, the wall knows best.
    pub(super) fn deleted(&self, event: &Event) -> Vec<Item> {
        let ids = values(event, "e").filter_map(|id| EventId::from_hex(id).ok());
        ids.filter(|id| self.contains(id))
            .map(|id| Item::Retracted {
                post: post_id(&id),
                author: author_id(&event.pubkey),
            })
            .collect()
    }

    /// What a request to vanish (NIP-62) takes away: everything, or what was written before, where its author came back.
    pub(super) fn vanished(&self, event: &Event) -> Vec<Item> {
        let at = event.created_at.as_secs();
        let posts: Vec<(EventId, u64)> = self.written_by(&event.pubkey).collect();
        if posts.iter().all(|(_, written)| *written <= at) {
            return vec![Item::AuthorGone(author_id(&event.pubkey))];
        }
        let before = posts.into_iter().filter(|(_, written)| *written <= at);
        before
            .map(|(id, _)| Item::Retracted {
                post: post_id(&id),
                author: author_id(&event.pubkey),
            })
            .collect()
    }
}
