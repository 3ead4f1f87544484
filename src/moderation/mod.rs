//! The rules: a pure function from a post, the rules and what is known of its author to a verdict that names every rule
//! that fired and the span of text that made it fire.
//!
//! All rules are asked, always; the strongest outcome wins (hide over hold over show). Each rule is one function over a
//! [`Case`]; a new one is a function in a file of `rule/` and a line in its `mod.rs`.

mod again;
mod awaited;
mod check;
mod flow;
mod lexicon;
pub mod list;
pub mod near;
pub mod rule;
mod score;
mod settings;
mod verdict;

pub use again::{Again, Since, judge_again, speaks_anew};
pub use awaited::pictures;
pub use list::{Listed, Section, Severity};
pub use score::Score;
pub use settings::{
    Action, Actions, AtMost, Duplicates, FewFollowers, JudgeSettings, MaxPosts, Mode,
    ModerationSettings, NewAccounts, OlderThan, RepostsPolicy,
};
pub use verdict::{Reason, Verdict};

use std::sync::Arc;

use jiff::Timestamp;

use self::lexicon::{Lexicon, Slips, Taken};
use self::near::Saying;
use self::rule::{People, Sites, primary};
use crate::post::{Post, PostNum, Standing};

/// What the fold knows that a rule may ask for.
pub trait History {
    /// How many posts of the author lie in `[after, until]` by event time, this one not counted.
    fn posts_between(&self, post: &Post, after: Timestamp, until: Timestamp) -> usize;
    /// How many posts of the same feed lie in `[after, until]` by event time, this one not counted.
    fn of_feed_between(&self, after: Timestamp, until: Timestamp) -> usize;
    /// Whether the author wrote a post that came before this one; reposts are none.
    fn has_written(&self) -> bool;
    /// The first post that says the same or nearly the same, `at` being when this one was written, and is shown.
    fn said_before(&self, saying: &Saying, at: Timestamp) -> Option<PostNum>;
    /// Whether a person took a post off the wall that says the same or nearly the same.
    fn hidden_before(&self, saying: &Saying, at: Timestamp) -> bool;
}

/// Settings made ready for matching.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    settings: ModerationSettings,
    blocked_words: Lexicon,
    allowed_words: Lexicon,
    listed_words: Lexicon,
    /// Their words with two letters swapped or one missing.
    slips: Slips,
    /// What the lists themselves say is innocent.
    listed_innocent: Lexicon,
    blocked_sites: Sites,
    allowed_sites: Sites,
    blocked: People,
    trusted: People,
    /// Languages that pass, by their first subtag.
    languages: Vec<String>,
}

impl Rules {
    /// Makes rules of the settings; `listed` are the entries of the block lists they name.
    pub fn new<'a>(
        settings: &ModerationSettings,
        listed: impl IntoIterator<Item = &'a Listed>,
    ) -> Self {
        let own: Arc<str> = "".into();
        let words = |words: &[String]| -> Vec<Listed> {
            let entries = words.iter().map(|word| Listed {
                text: word.as_str().into(),
                section: Section::Bad(Severity::Hide),
                list: own.clone(),
            });
            entries.collect()
        };
        let listed: Vec<&Listed> = listed.into_iter().collect();
        let innocent = listed
            .iter()
            .copied()
            .filter(|entry| entry.section == Section::Allow);
        Self {
            blocked_words: Lexicon::new(&words(&settings.block_words), Taken::ToFind),
            allowed_words: Lexicon::new(&words(&settings.allow_words), Taken::AsExcuses),
            listed_innocent: Lexicon::new(innocent, Taken::AsExcuses),
            slips: Slips::of(&listed),
            listed_words: Lexicon::new(listed, Taken::ToFind),
            blocked_sites: Sites::new(&settings.block_domains),
            allowed_sites: Sites::new(&settings.allow_domains),
            blocked: People::new(&settings.blocked),
            trusted: People::new(&settings.trusted),
            languages: settings.languages.iter().map(|tag| primary(tag)).collect(),
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
    saying: Option<Saying>,
}

/// A field and the bytes of it.
type Place<'a> = (&'a str, (usize, usize));

impl Case<'_> {
    /// Notes that a rule fired, unless it was set to do nothing.
    fn fire(&mut self, rule: &str, outcome: Standing, place: Option<Place<'_>>) {
        if outcome != Standing::Shown {
            self.fired.push(Reason {
                field: place.map(|(field, _)| field.to_owned()),
                span: place.map(|(_, span)| span),
                ..Reason::of(rule, outcome)
            });
        }
    }

    /// The same, with words for people on what was found.
    fn fire_with(&mut self, rule: &str, outcome: Standing, place: Option<Place<'_>>, detail: &str) {
        if outcome != Standing::Shown {
            self.fire(rule, outcome, place);
            if let Some(reason) = self.fired.last_mut() {
                reason.detail = Some(detail.to_owned());
            }
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
    /// What the post says, where that is enough to be repeated.
    pub saying: Option<Saying>,
}

/// Judges a post that came at `at`.
pub fn judge(
    post: &Post,
    rules: &Rules,
    feed: &FeedRules,
    history: &dyn History,
    at: Timestamp,
) -> Judged {
    let mut case = Case {
        post,
        rules,
        feed,
        history,
        fired: Vec::new(),
        copy_of: None,
        saying: None,
    };
    rule::content(&mut case, at);
    flow::flood(&mut case);
    flow::copies(&mut case);
    flow::mode(&mut case);
    awaited::ask(&mut case);
    Judged {
        verdict: weigh(case.fired, rules.trusted.has(&post.author)),
        copy_of: case.copy_of,
        saying: case.saying,
    }
}

/// The strongest outcome wins; a trusted author need not wait, but is not above what hides. Reasons stand in one order, so
/// that it does not matter in which one the rules were asked.
fn weigh(mut fired: Vec<Reason>, trusted: bool) -> Verdict {
    fired.retain(|reason| reason.outcome != Standing::Shown);
    if trusted {
        fired.retain(|reason| reason.outcome != Standing::Held);
    }
    fired.sort_by(|one, other| one.place().cmp(&other.place()));
    fired.dedup();
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
    Saying::of(post).map(|saying| saying.words())
}

#[cfg(test)]
mod tests;
