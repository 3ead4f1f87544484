//! Queues: lists of posts in the order they came, kept up to date by the fold, so that opening one looks at no more posts
//! than it shows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::PostRecord;
use super::state::WallState;
use crate::journal::Action;
use crate::moderation::Verdict;
use crate::post::{Kind, PostNum, Standing};

/// A list of posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    /// Held, and not put aside.
    Waiting,
    /// Held, and put aside for later.
    Stashed,
    /// On the wall.
    Shown,
    /// Kept off; reposts that only the setting on reposts keeps off are not listed.
    Hidden,
    /// On the wall, and brought back more often.
    Pinned,
    /// Marked for the report.
    Highlighted,
    /// All that is not deleted.
    All,
}

/// Posts of each queue by number, which is the order they came in. Posts without content are in none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queues {
    waiting: BTreeSet<PostNum>,
    stashed: BTreeSet<PostNum>,
    shown: BTreeSet<PostNum>,
    hidden: BTreeSet<PostNum>,
    pinned: BTreeSet<PostNum>,
    highlighted: BTreeSet<PostNum>,
    all: BTreeSet<PostNum>,
}

/// How many posts each queue has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct QueueCounts {
    /// Of the queue of that name.
    pub waiting: usize,
    /// Of the queue of that name.
    pub stashed: usize,
    /// Of the queue of that name.
    pub shown: usize,
    /// Of the queue of that name.
    pub hidden: usize,
    /// Of the queue of that name.
    pub pinned: usize,
    /// Of the queue of that name.
    pub highlighted: usize,
    /// Of the queue of that name.
    pub all: usize,
    /// When the first of those that wait came.
    pub oldest_waiting_at: Option<Timestamp>,
}

impl Queues {
    /// The posts of a queue in the order they came.
    pub fn of(&self, queue: Queue) -> &BTreeSet<PostNum> {
        match queue {
            Queue::Waiting => &self.waiting,
            Queue::Stashed => &self.stashed,
            Queue::Shown => &self.shown,
            Queue::Hidden => &self.hidden,
            Queue::Pinned => &self.pinned,
            Queue::Highlighted => &self.highlighted,
            Queue::All => &self.all,
        }
    }

    /// Puts a post into the queues it belongs to now, and out of the others.
    pub(super) fn place(&mut self, num: PostNum, post: &PostRecord) {
        let here = post.content.is_some() && post.standing != Standing::Deleted;
        let standing = |standing: Standing| here && post.standing == standing;
        let (held, stashed) = (standing(Standing::Held), post.stashed());
        let shown = standing(Standing::Shown);
        for (queue, member) in [
            (&mut self.waiting, held && !stashed),
            (&mut self.stashed, held && stashed),
            (&mut self.shown, shown),
            (
                &mut self.hidden,
                standing(Standing::Hidden) && !only_a_repost(post),
            ),
            (&mut self.pinned, shown && post.pinned()),
            (&mut self.highlighted, here && post.highlighted()),
            (&mut self.all, here),
        ] {
            set(queue, num, member);
        }
    }
}

impl WallState {
    /// How many posts each queue has.
    pub fn queue_counts(&self) -> QueueCounts {
        let count = |queue: Queue| self.queues.of(queue).len();
        let oldest = self.queues.of(Queue::Waiting).first();
        QueueCounts {
            waiting: count(Queue::Waiting),
            stashed: count(Queue::Stashed),
            shown: count(Queue::Shown),
            hidden: count(Queue::Hidden),
            pinned: count(Queue::Pinned),
            highlighted: count(Queue::Highlighted),
            all: count(Queue::All),
            oldest_waiting_at: oldest.and_then(|num| Some(self.post(*num)?.received_at)),
        }
    }
}

/// Whether it is kept off for nothing but being a repost.
fn only_a_repost(post: &PostRecord) -> bool {
    let of_reposts = |verdict: &Verdict| {
        !verdict.reasons.is_empty()
            && (verdict.reasons.iter()).all(|reason| reason.rule == "reposts")
    };
    post.kind == Kind::Repost
        && of_reposts(&post.verdict)
        && post
            .decided()
            .is_none_or(|decided| decided.action != Action::Hide)
}

/// Puts a value in or takes it out.
pub(super) fn set<T: Ord>(of: &mut BTreeSet<T>, value: T, member: bool) {
    if member {
        of.insert(value);
    } else {
        of.remove(&value);
    }
}
