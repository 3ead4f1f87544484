//! Where posts stand, and what follows from it: the lists they are in and what they count for. Every change of a post goes
//! through [`WallState::change`], so that all of that stays in step.

use std::sync::Arc;

use super::fold::{Effects, PostEffect};
use super::queues::set;
use super::record::{AuthorRecord, PostRecord, SoFar};
use super::rules::RuleTallies;
use super::settings::Settings;
use super::state::WallState;
use crate::journal::Seq;
use crate::moderation::{Verdict, rule};
use crate::post::{AuthorNum, PostNum, Standing};
use crate::stats::Tallies;

impl WallState {
    /// Changes a post and everything that follows from it: its standing, the lists it is in, and what it counts for.
    pub(super) fn change(
        &mut self,
        num: PostNum,
        seq: Seq,
        effects: &mut Effects,
        how: impl FnOnce(&mut PostRecord),
    ) -> Result<(), String> {
        let was_public = self.is_public_as_stored(num);
        let was_copy_of = self.account(num, -1);
        let post = self
            .posts
            .get_mut(num.index())
            .ok_or_else(|| format!("no post {num:?}"))?;
        let before = Some(post.standing);
        how(post);
        let is_copy_of = self.settle(num, seq);
        effects.posts.push(PostEffect {
            post: num,
            was_public,
            is_public: self.is_public_as_stored(num),
            moved: self.standing(num) != before,
        });
        if was_copy_of != is_copy_of {
            let firsts = [was_copy_of, is_copy_of];
            effects
                .posts
                .extend((firsts.iter().flatten()).map(|first| self.unmoved(*first)));
        }
        Ok(())
    }

    /// The effect on a post of which only what is told of it changed.
    pub(super) fn unmoved(&self, num: PostNum) -> PostEffect {
        let public = self.is_public_as_stored(num);
        PostEffect {
            post: num,
            was_public: public,
            is_public: public,
            moved: false,
        }
    }

    /// Decides anew where a post stands, puts it into the lists of that, and counts it in. Answers of what it is a copy.
    fn settle(&mut self, num: PostNum, seq: Seq) -> Option<PostNum> {
        let post = self.posts.get_mut(num.index())?;
        post.in_time = self.settings.in_time(post.created_at);
        post.asked_for = post.picked || asked_for(&self.settings, &post.first_tags);
        let author = self
            .authors
            .get(post.author.index())
            .map(AuthorRecord::standing)
            .unwrap_or_default();
        let before = post.standing;
        post.standing = post.settle(author);
        if post.standing != before {
            post.changed = seq;
        }
        self.index(num);
        self.account(num, 1)
    }

    /// Counts a post in (`by` 1) or takes exactly that back (`by` -1): the figures, its rules, its author, and the post
    /// that it says again, which is the answer.
    pub(super) fn account(&mut self, num: PostNum, by: i32) -> Option<PostNum> {
        if let Some(contribution) = self.contribution(num) {
            if by > 0 {
                self.tallies.add(&contribution);
            } else {
                self.tallies.subtract(&contribution);
            }
        }
        let post = self.posts.get(num.index())?;
        self.rules.count(post, by.into());
        if let Some(author) = self.authors.get_mut(post.author.index()) {
            author.so_far.count(post, by);
        }
        let first = post.copy_of.filter(|_| post.is_collapsed())?;
        if let Some(first) = self.posts.get_mut(first.index()) {
            first.copies = first.copies.saturating_add_signed(by);
        }
        Some(first)
    }

    /// Puts a post into the lists it belongs to now, and out of the others.
    pub(super) fn index(&mut self, num: PostNum) {
        let Some(post) = self.posts.get(num.index()) else {
            return;
        };
        let waits = post.standing == Standing::Held
            && post
                .verdict
                .reasons
                .iter()
                .any(|reason| reason.rule == rule::DELAY);
        let shown = post.standing == Standing::Shown;
        set(&mut self.shown, (post.created_at, num), shown);
        set(&mut self.delayed, num, waits);
        self.queues.place(num, post);
        self.awaiting.place(num, post);
    }

    fn standing(&self, num: PostNum) -> Option<Standing> {
        self.post(num).map(|post| post.standing)
    }

    /// Settles one author's posts again.
    pub(super) fn settle_author(
        &mut self,
        author: AuthorNum,
        seq: Seq,
        effects: &mut Effects,
    ) -> Result<(), String> {
        let posts = self
            .authors
            .get(author.index())
            .map(|author| author.posts.clone())
            .unwrap_or_default();
        posts
            .into_iter()
            .try_for_each(|post| self.change(post, seq, effects, |_| {}))
    }

    /// Settles and counts everything again, as a change of the event's time, zone or hashtags asks for.
    pub(super) fn settle_all(&mut self, seq: Seq, effects: &mut Effects) {
        self.tallies = Tallies::new(self.settings.zone.clone());
        self.rules = RuleTallies::default();
        for author in &mut self.authors {
            author.so_far = SoFar::default();
        }
        for post in &mut self.posts {
            post.copies = 0;
        }
        for num in (0_u32..).map(PostNum).take(self.posts.len()) {
            let (was_public, before) = (self.is_public_as_stored(num), self.standing(num));
            self.settle(num, seq);
            if self.standing(num) != before {
                effects.posts.push(PostEffect {
                    post: num,
                    was_public,
                    is_public: self.is_public_as_stored(num),
                    moved: true,
                });
            }
        }
    }
}

/// Whether a post with these hashtags is what the wall asks for.
pub(super) fn asked_for(settings: &Settings, tags: &[Arc<str>]) -> bool {
    settings
        .query
        .matches_by(|asked| tags.iter().any(|tag| **tag == *asked.as_str()))
}

/// Takes the delay out of a verdict; what else held the post still does.
pub(super) fn end_delay(record: &mut PostRecord) {
    let reasons: Vec<_> = record
        .verdict
        .reasons
        .iter()
        .filter(|reason| reason.rule != rule::DELAY)
        .cloned()
        .collect();
    let standing = reasons
        .iter()
        .map(|reason| reason.outcome)
        .max()
        .unwrap_or(Standing::Shown);
    record.verdict = Verdict { standing, reasons };
}
