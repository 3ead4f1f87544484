//! The rules: a pure function from a post, the rules and what is known of its author to a verdict that names every rule
//! that fired and the span of text that made it fire.
//!
//! All rules are asked, always; the strongest outcome wins (hide over hold over show). Each rule is one function over a
//! [`Case`]; a new one is a new file and a line in [`judge`].

mod flow;
mod matcher;
pub mod rule;
mod settings;
mod verdict;

pub use matcher::WordList;
pub use settings::{
    Action, Duplicates, MaxPosts, Mode, ModerationSettings, NewAccounts, RepostsPolicy,
};
pub use verdict::{Reason, Verdict};

use jiff::Timestamp;

use crate::post::{Post, PostNum, Standing};

/// What the fold knows that a rule may ask for.
pub trait History {
    /// How many posts of the author lie in `[after, until]` by event time, this one not counted.
    fn posts_between(&self, post: &Post, after: Timestamp, until: Timestamp) -> usize;
    /// How many posts of the same feed lie in `[after, until]` by event time, this one not counted.
    fn of_feed_between(&self, after: Timestamp, until: Timestamp) -> usize;
    /// An earlier post now shown that says the same, by [`same_words`].
    fn said_before(&self, words: u64) -> Option<PostNum>;
}

/// Settings made ready for matching.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    settings: ModerationSettings,
    blocked_words: WordList,
    allowed_words: WordList,
    blocked_handles: Vec<String>,
    trusted_handles: Vec<String>,
}

impl Rules {
    /// Makes rules of the settings; `listed` are the words of the block lists they name.
    pub fn new<'a>(
        settings: &'a ModerationSettings,
        listed: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let fold = |handles: &[String]| {
            handles
                .iter()
                .map(|handle| rule::fold_handle(handle))
                .collect()
        };
        Self {
            blocked_words: WordList::new(
                listed
                    .into_iter()
                    .chain(settings.block_words.iter().map(String::as_str)),
            ),
            allowed_words: WordList::new(settings.allow_words.iter().map(String::as_str)),
            blocked_handles: fold(&settings.blocked),
            trusted_handles: fold(&settings.trusted),
            settings: settings.clone(),
        }
    }

    /// The settings they were made of.
    pub fn settings(&self) -> &ModerationSettings {
        &self.settings
    }
}

/// What is ruled for one feed alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedRules {
    /// The mode its posts are judged in instead of the wall's.
    pub mode: Option<Mode>,
    /// How many posts it may bring in how long.
    pub limit: Option<MaxPosts>,
}

/// What a rule looks at.
struct Case<'a> {
    post: &'a Post,
    rules: &'a Rules,
    feed: &'a FeedRules,
    history: &'a dyn History,
    fired: Vec<Reason>,
    copy_of: Option<PostNum>,
}

impl Case<'_> {
    /// Notes that a rule fired, unless it was set to do nothing.
    fn fire(&mut self, rule: &str, outcome: Standing, place: Option<(&str, (usize, usize))>) {
        if outcome != Standing::Shown {
            self.fired.push(Reason {
                rule: rule.to_owned(),
                field: place.map(|(field, _)| field.to_owned()),
                span: place.map(|(_, span)| span),
                outcome,
            });
        }
    }
}

impl Action {
    /// Where it puts a post.
    pub fn standing(self) -> Standing {
        match self {
            Self::Show => Standing::Shown,
            Self::Hold => Standing::Held,
            Self::Hide => Standing::Hidden,
        }
    }
}

/// What the rules say of a post that just came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The post that this one repeats, where the rule on duplicates fired.
    pub copy_of: Option<PostNum>,
}

/// Judges a post that just came.
pub fn judge(post: &Post, rules: &Rules, feed: &FeedRules, history: &dyn History) -> Judged {
    let mut case = Case {
        post,
        rules,
        feed,
        history,
        fired: Vec::new(),
        copy_of: None,
    };
    rule::content(&mut case);
    flow::flood(&mut case);
    flow::duplicates(&mut case);
    flow::mode(&mut case);
    let (fired, copy_of) = (case.fired, case.copy_of);
    Judged {
        verdict: weigh(fired, rule::is_trusted(post, rules)),
        copy_of,
    }
}

/// Judges a known post again after the rules changed. What depended on the moment it came (the mode, the delay, a flood,
/// a copy) stays as it was found then.
pub fn rejudge(post: &Post, rules: &Rules, before: &Verdict) -> Verdict {
    let mut case = Case {
        post,
        rules,
        feed: &FeedRules::default(),
        history: &NoHistory,
        fired: Vec::new(),
        copy_of: None,
    };
    rule::content(&mut case);
    let mut fired = case.fired;
    for reason in &before.reasons {
        if !flow::RULES.contains(&reason.rule.as_str()) {
            continue;
        }
        let mut kept = reason.clone();
        // Once every post has to be approved, a delay that runs out must not show one.
        if kept.rule == rule::DELAY && rules.settings.mode == Mode::Held {
            rule::MODE.clone_into(&mut kept.rule);
        }
        fired.push(kept);
    }
    weigh(fired, rule::is_trusted(post, rules))
}

/// The strongest outcome wins; a trusted author need not wait, but is not above what hides.
fn weigh(mut fired: Vec<Reason>, trusted: bool) -> Verdict {
    if trusted {
        fired.retain(|reason| reason.outcome != Standing::Held);
    }
    let standing = fired
        .iter()
        .map(|reason| reason.outcome)
        .max()
        .unwrap_or(Standing::Shown);
    Verdict {
        standing,
        reasons: fired,
    }
}

/// Fingerprint of what a post says: its words, folded, without links and mentions. Two posts with the same one say the same.
pub fn same_words(post: &Post) -> Option<u64> {
    flow::same_words(post)
}

struct NoHistory;

impl History for NoHistory {
    fn posts_between(&self, _: &Post, _: Timestamp, _: Timestamp) -> usize {
        0
    }

    fn of_feed_between(&self, _: Timestamp, _: Timestamp) -> usize {
        0
    }

    fn said_before(&self, _: u64) -> Option<PostNum> {
        None
    }
}

#[cfg(test)]
mod tests;
