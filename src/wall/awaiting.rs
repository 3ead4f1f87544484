//! Posts on which somebody else's answer is awaited, and pictures that people took off the wall. The sets are the queue:
//! they follow from the fold, so nothing is lost when many wait, and after a restart all of them are asked about again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::queues::set;
use super::record::PostRecord;
use crate::journal::Action;
use crate::moderation::rule;
use crate::post::{MediaKind, PictureHash, PostNum, Standing};

/// Who waits for what, oldest arrivals first.
#[derive(Debug, Clone, Default)]
pub struct Awaiting {
    /// Posts that wait for the judge.
    pub judge: BTreeSet<PostNum>,
    /// Posts that wait for their pictures to be looked at.
    pub pictures: BTreeSet<PostNum>,
    /// Posts on which an answer is awaited wherever they stand: an author's standing or a person's word may be taken back.
    pub unanswered: BTreeSet<PostNum>,
    /// Posts that a person hid and whose pictures nobody has looked at.
    pub unseen: BTreeSet<PostNum>,
    /// Pictures of posts that a person hid.
    pub hidden: BTreeMap<PostNum, Arc<[PictureHash]>>,
}

impl Awaiting {
    /// Puts a post into the sets it belongs to now, and out of the others.
    pub(super) fn place(&mut self, num: PostNum, post: &PostRecord) {
        let there = post.content.is_some();
        let awaits = |rule| post.verdict.awaits(rule);
        let unanswered = awaits(rule::JUDGE) || awaits(rule::LIKE_HIDDEN_PICTURES);
        set(&mut self.unanswered, num, there && unanswered);
        let waits = |rule| there && post.standing == Standing::Held && post.verdict.awaits(rule);
        set(&mut self.judge, num, waits(rule::JUDGE));
        set(&mut self.pictures, num, waits(rule::LIKE_HIDDEN_PICTURES));
        let hidden =
            !post.erased && (post.decided()).is_some_and(|decided| decided.action == Action::Hide);
        let kinds = &post.facts.media;
        let seen = post.pictures.as_ref();
        let unseen = hidden && there && seen.is_none() && kinds.iter().copied().any(has_picture);
        set(&mut self.unseen, num, unseen);
        match seen.filter(|seen| hidden && !seen.is_empty()) {
            Some(seen) => drop(self.hidden.insert(num, seen.clone())),
            None => drop(self.hidden.remove(&num)),
        }
    }

    /// The closest that any picture comes to one that a person took off the wall with another post, in bits.
    pub fn closest(&self, num: PostNum, pictures: &[PictureHash]) -> Option<u32> {
        let others = self.hidden.iter().filter(|(hidden, _)| **hidden != num);
        let pairs = others.flat_map(|(_, hidden)| {
            let with = |one: &PictureHash| hidden.iter().map(|other| one.distance(*other)).min();
            pictures.iter().filter_map(with)
        });
        pairs.min()
    }
}

fn has_picture(kind: MediaKind) -> bool {
    kind != MediaKind::Audio
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_hidden_picture_is_another_posts() {
        let mut awaiting = Awaiting::default();
        let seen = |bits: &[u64]| bits.iter().copied().map(PictureHash).collect();
        awaiting.hidden.insert(PostNum(1), seen(&[0, 0xff]));
        awaiting.hidden.insert(PostNum(2), seen(&[0xf000]));
        let closest = |num: u32, bits: &[u64]| {
            let pictures: Vec<PictureHash> = bits.iter().copied().map(PictureHash).collect();
            awaiting.closest(PostNum(num), &pictures)
        };
        assert_eq!(closest(3, &[0xf]), Some(4));
        assert_eq!(closest(3, &[0xf, 0xf001]), Some(1));
        assert_eq!(closest(1, &[0]), Some(4), "its own pictures are none");
        assert_eq!(closest(3, &[]), None);
    }
}
