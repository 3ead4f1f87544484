//! What people did: for the audit, and for taking it back.

use jiff::Timestamp;

use super::fold::Effects;
use super::state::WallState;
use crate::journal::{Action, AuthorStanding, Record, Seq, Who};
use crate::post::{AuthorNum, PostNum};

/// What a person did, for the audit and for undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its record.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Who,
    /// What.
    pub deed: Deed,
    /// The record that took it back.
    pub undone: Option<Seq>,
}

/// What a person can have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Decided about posts.
    Posts {
        /// What.
        action: Action,
        /// About which.
        posts: Vec<PostNum>,
        /// Why.
        reason: Option<String>,
    },
    /// Decided about an author.
    Author {
        /// About whom.
        author: AuthorNum,
        /// What.
        standing: AuthorStanding,
    },
    /// Took a decision back.
    Undo(Seq),
    /// Directed the screens; the words for the audit.
    Stage(String),
    /// Changed settings; the keys.
    Settings(Vec<String>),
    /// Said when counting starts; `None`: as the file says.
    Counting(Option<Timestamp>),
    /// Noted something about a post.
    Note(PostNum),
    /// Erased an author.
    Erase(AuthorNum),
}

impl WallState {
    /// Takes a decision back: everything it was about stands as if it had not been.
    pub(super) fn undo(
        &mut self,
        seq: Seq,
        decision: Seq,
        effects: &mut Effects,
    ) -> Result<(), String> {
        let at = self
            .decisions
            .binary_search_by(|known| known.seq.cmp(&decision));
        let known = (at.ok())
            .and_then(|at| self.decisions.get_mut(at))
            .ok_or_else(|| format!("there is no decision {decision}"))?;
        if known.undone.is_some() {
            return Err(format!("decision {decision} is taken back already"));
        }
        known.undone = Some(seq);
        match known.deed.clone() {
            Deed::Posts { posts, .. } => posts.into_iter().try_for_each(|post| {
                self.change(post, seq, effects, |record| {
                    record.decisions.retain(|applied| applied.seq != decision);
                })
            }),
            Deed::Author { author, .. } => {
                if let Some(author) = self.authors.get_mut(author.index()) {
                    author.decisions.retain(|(made, _)| *made != decision);
                }
                self.settle_author(author, seq, effects)
            }
            _ => Err(format!(
                "record {decision} is nothing that can be taken back"
            )),
        }
    }

    /// Notes what a person did.
    pub(super) fn decide(&mut self, record: &Record, by: Who, deed: Deed, effects: &mut Effects) {
        self.decisions.push(Decision {
            seq: record.seq,
            at: record.at,
            by,
            deed,
            undone: None,
        });
        effects.decision = true;
    }

    /// Whether a decision of that number can be taken back now.
    pub fn can_undo(&self, decision: Seq) -> bool {
        self.decision(decision).is_some_and(|known| {
            known.undone.is_none() && matches!(known.deed, Deed::Posts { .. } | Deed::Author { .. })
        })
    }

    /// The decision of that number.
    pub fn decision(&self, seq: Seq) -> Option<&Decision> {
        // They are kept in order.
        let at = self.decisions.binary_search_by(|known| known.seq.cmp(&seq));
        at.ok().and_then(|at| self.decisions.get(at))
    }

    /// The last record that stood at a moment, as far as decisions are concerned.
    pub(super) fn decided_until(&self, at: Timestamp) -> Seq {
        let later = self.decisions.partition_point(|known| known.at <= at);
        let last = later
            .checked_sub(1)
            .and_then(|last| self.decisions.get(last));
        last.map_or(Seq(0), |last| last.seq)
    }
}

/// Whether an action asks for a change of standing.
pub(super) fn decides_standing(action: Action) -> bool {
    matches!(action, Action::Show | Action::Hide)
}
