//! What the wall knows of one post and of one author.

use std::sync::Arc;

use jiff::Timestamp;

use crate::feed::FeedName;
use crate::intake::Content;
use crate::journal::{Action, AuthorStanding, Seq};
use crate::moderation::{Verdict, rule};
use crate::post::{AuthorNum, Key, Kind, PictureHash, PostNum, Standing};
use crate::stats::Facts;

/// A decision as it applies to one post; taken back, it is as if it had not been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The record of the decision.
    pub seq: Seq,
    /// What was decided.
    pub action: Action,
}

/// A post as the fold keeps it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that an event states"
)]
#[derive(Debug, Clone, PartialEq)]
pub struct PostRecord {
    /// Its id's fingerprint.
    pub key: Key,
    /// Who wrote it.
    pub author: AuthorNum,
    /// Original, reply, quote or repost.
    pub kind: Kind,
    /// Event time.
    pub created_at: Timestamp,
    /// The feed that brought it.
    pub feed: Option<FeedName>,
    /// Whether it was written before its feed began to read.
    pub history: bool,
    /// When it was taken.
    pub received_at: Timestamp,
    /// The record of that.
    pub came: Seq,
    /// Fingerprint of what it said then.
    pub words: Option<u64>,
    /// Whether a person brought it by its address: nothing but their word puts it on the wall, and it is counted apart.
    pub added: bool,
    /// What else is counted.
    pub facts: Arc<Facts>,
    /// What it says; `None` once blanked.
    pub content: Option<Arc<Content>>,
    /// Records that hold its content, for blanking.
    pub content_seqs: Vec<Seq>,
    /// What the rules say of what it says now.
    pub verdict: Verdict,
    /// Posts that say the same again and were kept off for it.
    pub copies: u32,
    /// The post that it says again, as the rule on duplicates found.
    pub copy_of: Option<PostNum>,
    /// What its pictures look like, once somebody has looked; empty where none could be seen.
    pub pictures: Option<Arc<[PictureHash]>>,
    /// When the rules spoke last.
    pub judged: Seq,
    /// When its delay ran out, where it had one.
    pub delay_over: Option<Seq>,
    /// What people decided about it, in order.
    pub decisions: Vec<Applied>,
    /// Whether it is gone at the source, or erased.
    pub deleted: bool,
    /// The original that counts in its place, where it is a bridge's copy.
    pub replaced_by: Option<PostNum>,
    /// Whether its author asked for it to be forgotten.
    pub erased: bool,
    /// Whether it lies within the event.
    pub in_time: bool,
    /// Whether it carried what the wall asks for now when it was taken; an edit changes nothing about that.
    pub asked_for: bool,
    /// Whether its feed was told to bring it whatever it carries.
    pub picked: bool,
    /// The hashtags that it came with.
    pub first_tags: Arc<[Arc<str>]>,
    /// Last change of what the public sees of it.
    pub changed: Seq,
    /// How often it was put on a screen.
    pub times_shown: u32,
    /// How long it was on screens, in milliseconds.
    pub shown_ms: u64,
    /// Where it stands, by all of the above and its author's standing.
    pub standing: Standing,
}

impl PostRecord {
    /// Where the post stands: gone at the source, else what a person decided last, else the author's standing, else
    /// the rules. An edit makes an earlier approval void if the rules object to the new text.
    pub fn settle(&self, author: AuthorStanding) -> Standing {
        self.settle_by(&self.verdict, author, self.decided())
    }

    /// Where it would stand by another verdict and another decision than it has.
    pub fn settle_by(
        &self,
        verdict: &Verdict,
        author: AuthorStanding,
        decided: Option<&Applied>,
    ) -> Standing {
        if self.deleted {
            return Standing::Deleted;
        }
        if self.erased || self.replaced_by.is_some() {
            return Standing::Hidden;
        }
        match decided {
            Some(decision) if decision.action == Action::Hide => return Standing::Hidden,
            Some(decision)
                if decision.seq > self.judged
                    || verdict.standing == Standing::Shown
                    // Whoever added it had read it as it came.
                    || (self.added && self.judged == self.came) =>
            {
                return Standing::Shown;
            }
            _ => {}
        }
        if self.added || !self.in_time || !self.asked_for || author == AuthorStanding::Blocked {
            return Standing::Hidden;
        }
        match verdict.standing {
            Standing::Held if author == AuthorStanding::Trusted => Standing::Shown,
            standing => standing,
        }
    }

    /// What a person decided last about where it stands.
    pub fn decided(&self) -> Option<&Applied> {
        self.decided_until(Seq(u64::MAX))
    }

    /// The same at an earlier time: up to that record.
    pub fn decided_until(&self, until: Seq) -> Option<&Applied> {
        let decides = |applied: &&Applied| {
            matches!(applied.action, Action::Show | Action::Hide) && applied.seq <= until
        };
        self.decisions.iter().rev().find(decides)
    }

    /// The rules that fired, each once with the strongest of its outcomes; among them why it lies outside the event.
    pub fn fired(&self) -> impl Iterator<Item = (&str, Standing)> {
        let reasons = &self.verdict.reasons;
        let each_once = reasons.iter().enumerate().filter(|(at, reason)| {
            let before = reasons.iter().take(*at);
            !reason.waiting && !before.into_iter().any(|known| known.rule == reason.rule)
        });
        let strongest = each_once.map(|(_, first)| {
            let same = reasons.iter().filter(|reason| reason.rule == first.rule);
            let outcome = same.map(|reason| reason.outcome).max();
            (first.rule.as_str(), outcome.unwrap_or(first.outcome))
        });
        strongest.chain(self.outside().map(|rule| (rule, Standing::Hidden)))
    }

    /// Why it does not belong to the wall, where it does not.
    pub fn outside(&self) -> impl Iterator<Item = &'static str> {
        [
            (rule::OUTSIDE_EVENT, !self.added && !self.in_time),
            (rule::OTHER_HASHTAG, !self.added && !self.asked_for),
            (rule::ORIGINAL_IS_HERE, self.replaced_by.is_some()),
        ]
        .into_iter()
        .filter_map(|(rule, applies)| applies.then_some(rule))
    }

    /// Whether it is kept off the wall because another post said the same before.
    pub fn is_collapsed(&self) -> bool {
        let duplicates = (self.verdict.reasons.iter())
            .any(|reason| reason.rule == rule::DUPLICATES && reason.outcome == Standing::Hidden);
        self.standing == Standing::Hidden && duplicates
    }

    /// Whether it is pinned.
    pub fn pinned(&self) -> bool {
        self.flag(Action::Pin, Action::Unpin)
    }

    /// Whether it is highlighted for the report.
    pub fn highlighted(&self) -> bool {
        self.flag(Action::Highlight, Action::Unhighlight)
    }

    /// Whether it is put aside in the queue.
    pub fn stashed(&self) -> bool {
        self.flag(Action::Stash, Action::Unstash)
    }

    fn flag(&self, on: Action, off: Action) -> bool {
        let last = self
            .decisions
            .iter()
            .rev()
            .find(|decision| decision.action == on || decision.action == off);
        last.is_some_and(|decision| decision.action == on)
    }
}

/// Event times of the latest posts of a feed, oldest arrivals first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recent(std::collections::VecDeque<Timestamp>);

impl Recent {
    /// How many are kept; a feed's limit counts no further.
    pub const MOST: usize = 2_000;

    pub(super) fn push(&mut self, at: Timestamp) {
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back(at);
    }

    /// All that are kept.
    pub fn iter(&self) -> impl Iterator<Item = &Timestamp> {
        self.0.iter()
    }
}

/// What became of an author's posts, reposts left out; counted reversibly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct SoFar {
    /// Posts that are not deleted.
    pub posts: u32,
    /// Of these, on the wall.
    pub shown: u32,
    /// Of these, waiting.
    pub held: u32,
    /// Of these, kept off.
    pub hidden: u32,
    /// Posts that are gone at their source.
    #[serde(skip)]
    pub deleted: u32,
}

impl SoFar {
    /// Counts a post in (`by` 1), or takes exactly that back (`by` -1).
    pub(super) fn count(&mut self, post: &PostRecord, by: i32) {
        if !post.kind.is_authored() {
            return;
        }
        let standing = match post.standing {
            Standing::Shown => &mut self.shown,
            Standing::Held => &mut self.held,
            Standing::Hidden => &mut self.hidden,
            Standing::Deleted => &mut self.deleted,
        };
        *standing = standing.saturating_add_signed(by);
        if post.standing != Standing::Deleted {
            self.posts = self.posts.saturating_add_signed(by);
        }
    }
}

/// An author as the fold keeps them.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorRecord {
    /// The id's fingerprint.
    pub key: Key,
    /// What people decided about them, in order.
    pub decisions: Vec<(Seq, AuthorStanding)>,
    /// Their posts in order of arrival.
    pub posts: Vec<PostNum>,
    /// What became of their posts.
    pub so_far: SoFar,
    /// Whether they asked to be erased.
    pub erased: bool,
    /// Event times of their latest posts, for the flood rule; at most [`AuthorRecord::RECENT`].
    pub recent: std::collections::VecDeque<Timestamp>,
}

impl AuthorRecord {
    /// How many event times are kept for the flood rule.
    pub const RECENT: usize = 64;

    /// What people say of them now.
    pub fn standing(&self) -> AuthorStanding {
        self.decisions
            .last()
            .map(|(_, standing)| *standing)
            .unwrap_or_default()
    }

    /// The same at an earlier time: up to that record.
    pub fn standing_until(&self, until: Seq) -> AuthorStanding {
        let mut before = self.decisions.iter().rev();
        let last = before.find(|(seq, _)| *seq <= until);
        last.map(|(_, standing)| *standing).unwrap_or_default()
    }
}
