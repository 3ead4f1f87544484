//! Judging a known post again, as if other rules had held when it came.

use jiff::Timestamp;

use super::near::Saying;
use super::{
    FeedRules, History, Mode, ModerationSettings, Reason, Rules, Verdict, judge, rule, weigh,
};
use crate::post::{Post, PostNum};

/// Rules whose reasons stay as they were found: they depend on a moment that is over, or on somebody's answer.
const KEPT: [&str; 5] = [
    rule::MODE,
    rule::DELAY,
    rule::COPY_HIDDEN,
    rule::JUDGE,
    rule::LIKE_HIDDEN_PICTURES,
];

/// Rules on copies: what they found of a text that was edited later stays as well, since the text they read is gone.
const ON_COPIES: [&str; 2] = [rule::DUPLICATES, rule::LIKE_HIDDEN];

/// What the rules say of a known post, but for what stays as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    fresh: Vec<Reason>,
    /// The post that it says again.
    pub copy_of: Option<PostNum>,
    /// What the post says, where that is enough to be repeated.
    pub saying: Option<Saying>,
    trusted: bool,
    approving: bool,
    edited: bool,
}

/// Judges a post that came at `at` by rules that hold now; `history` knows what was there before it.
pub fn judge_again(
    post: &Post,
    rules: &Rules,
    feed: &FeedRules,
    history: &dyn History,
    at: Timestamp,
    edited: bool,
) -> Again {
    let judged = judge(post, rules, feed, history, at);
    let mut fresh = judged.verdict.reasons;
    fresh.retain(|reason| !is_kept(&reason.rule, edited));
    Again {
        fresh,
        copy_of: judged.copy_of,
        saying: judged.saying,
        trusted: rules.trusted.has(&post.author),
        approving: feed.mode.unwrap_or(rules.settings.mode) == Mode::Held,
        edited,
    }
}

impl Again {
    /// The verdict, with what stays of the one before.
    pub fn over(&self, before: &Verdict) -> Verdict {
        let mut fired = self.fresh.clone();
        for reason in &before.reasons {
            if is_kept(&reason.rule, self.edited) {
                let mut kept = reason.clone();
                // Once every post has to be approved, a delay that runs out must not show one.
                if kept.rule == rule::DELAY && self.approving {
                    rule::MODE.clone_into(&mut kept.rule);
                }
                fired.push(kept);
            }
        }
        weigh(fired, self.trusted)
    }

    /// The post that it says again, where it said another before.
    pub fn copy_of(&self, before: Option<PostNum>) -> Option<PostNum> {
        if self.edited { before } else { self.copy_of }
    }
}

fn is_kept(rule: &str, edited: bool) -> bool {
    KEPT.contains(&rule) || (edited && ON_COPIES.contains(&rule))
}

/// Whether other settings say something else of posts that are here, beside what waits in its delay.
pub fn speaks_anew(before: &ModerationSettings, after: &ModerationSettings) -> bool {
    // What these found stays as it was found.
    let neutral = |settings: &ModerationSettings| {
        let plain = ModerationSettings::default();
        ModerationSettings {
            mode: plain.mode,
            delay: plain.delay,
            feed_modes: plain.feed_modes,
            judge: plain.judge,
            like_hidden_pictures: plain.like_hidden_pictures,
            ..settings.clone()
        }
    };
    neutral(before) != neutral(after)
}
