//! Judging a known post again, as if other rules had held when it came.

use jiff::Timestamp;

use super::near::Saying;
use super::{
    Action, Duplicates, FeedRules, History, Mode, ModerationSettings, Reason, Rules, Verdict,
    judge, rule, weigh,
};
use crate::post::{Post, PostNum, Standing};

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

/// What became of a post and of what it says again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Since {
    /// Its text was edited.
    pub edited: bool,
    /// The post that it says again is no longer there to compare it with.
    pub first_gone: bool,
}

/// What the rules say of a known post, but for what stays as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    fresh: Vec<Reason>,
    /// Questions that were never asked of it.
    asks: Vec<Reason>,
    /// Further rules whose reasons stay as they were found.
    kept: Vec<&'static str>,
    /// The post that it says again.
    pub copy_of: Option<PostNum>,
    /// What the post says, where that is enough to be repeated.
    pub saying: Option<Saying>,
    trusted: bool,
    approving: bool,
    keeps_first: bool,
}

/// Judges a post that came at `at` by rules that hold now; `history` knows what was there before it.
pub fn judge_again(
    post: &Post,
    rules: &Rules,
    feed: &FeedRules,
    history: &dyn History,
    at: Timestamp,
    since: Since,
) -> Again {
    let settings = &rules.settings;
    let judged = judge(post, rules, feed, history, at);
    let mut kept = Vec::new();
    if since.edited {
        kept.extend(ON_COPIES);
    }
    // What a person took off may be gone since; what says the same must not come back for that.
    if settings.like_hidden != Action::Show {
        kept.push(rule::LIKE_HIDDEN);
    }
    if since.first_gone && settings.duplicates != Duplicates::Show {
        kept.push(rule::DUPLICATES);
    }
    // A feed that is no longer read has no limit to compare with.
    if feed.limit.is_none() {
        kept.push(rule::FEED_LIMIT);
    }
    let (asks, mut fresh): (Vec<Reason>, Vec<Reason>) = (judged.verdict.reasons)
        .into_iter()
        .partition(|reason| reason.waiting);
    fresh.retain(|reason| !KEPT.contains(&reason.rule.as_str()));
    if since.edited {
        fresh.retain(|reason| !ON_COPIES.contains(&reason.rule.as_str()));
    }
    Again {
        fresh,
        asks,
        kept,
        copy_of: judged.copy_of,
        saying: judged.saying,
        trusted: rules.trusted.has(&post.author),
        approving: feed.mode.unwrap_or(settings.mode) == Mode::Held,
        keeps_first: since.edited || (since.first_gone && settings.duplicates != Duplicates::Show),
    }
}

impl Again {
    /// The verdict, with what stays of the one before.
    pub fn over(&self, before: &Verdict) -> Verdict {
        let mut fired = self.fresh.clone();
        for reason in &before.reasons {
            if self.keeps(&reason.rule) {
                let mut kept = reason.clone();
                // Once every post has to be approved, a delay that runs out must not show one.
                if kept.rule == rule::DELAY && self.approving {
                    rule::MODE.clone_into(&mut kept.rule);
                }
                fired.push(kept);
            }
        }
        let mut verdict = weigh(fired.clone(), self.trusted);
        // What would be shown now and was never asked about is asked about first.
        let is_known = |ask: &Reason| before.reasons.iter().any(|reason| reason.rule == ask.rule);
        if verdict.standing == Standing::Shown && before.standing != Standing::Shown {
            fired.extend(self.asks.iter().filter(|ask| !is_known(ask)).cloned());
            verdict = weigh(fired.clone(), self.trusted);
        }
        if self.trusted {
            // What was found stays known: trust may end.
            let found = before.reasons.iter();
            let held = found.filter(|it| self.keeps(&it.rule) && it.outcome == Standing::Held);
            verdict.reasons.extend(held.cloned());
            verdict
                .reasons
                .sort_by(|one, other| one.place().cmp(&other.place()));
        }
        verdict
    }

    fn keeps(&self, rule: &str) -> bool {
        KEPT.contains(&rule) || self.kept.contains(&rule)
    }

    /// The post that it says again, where it said another before.
    pub fn copy_of(&self, before: Option<PostNum>) -> Option<PostNum> {
        if self.keeps_first {
            before
        } else {
            self.copy_of
        }
    }
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
