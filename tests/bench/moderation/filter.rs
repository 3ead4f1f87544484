//! What is compared: our lists, a plain word list, rustrict.

use std::path::Path;

use buzzwall::config::blocklist;
use buzzwall::moderation::near::Saying;
use buzzwall::moderation::{FeedRules, History, ModerationSettings, Rules, judge};
use buzzwall::post::{Post, PostNum, Standing};
use buzzwall::text::plain::facets;
use jiff::Timestamp;
use rustrict::{Censor, Type};
use serde_json::json;

use crate::data::lines;

/// What a filter makes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Shown,
    Held,
    Hidden,
}

pub(crate) enum Filter {
    Lists(Box<Rules>),
    Plain(Vec<String>),
    Rustrict,
}

pub(crate) struct Nothing;

impl History for Nothing {
    fn posts_between(&self, _: &Post, _: Timestamp, _: Timestamp) -> usize {
        0
    }

    fn of_feed_between(&self, _: Timestamp, _: Timestamp) -> usize {
        0
    }

    fn has_written(&self) -> bool {
        false
    }

    fn hidden_before(&self, _: &Saying, _: Timestamp) -> bool {
        false
    }

    fn said_before(&self, _: &Saying, _: Timestamp) -> Option<PostNum> {
        None
    }
}

impl Filter {
    /// Shipped lists by name.
    pub(crate) fn lists(names: &[&str]) -> Self {
        Self::Lists(Box::new(rules(names)))
    }

    /// The whole words and phrases of a list, in lower case.
    pub(crate) fn plain(data: &Path, language: &str) -> Self {
        let file = data.join("moderation/ldnoobw").join(language);
        let words = lines(&file);
        Self::Plain(
            words
                .iter()
                .map(|word| format!(" {} ", spaced(word)))
                .collect(),
        )
    }

    pub(crate) fn rustrict() -> Self {
        Self::Rustrict
    }

    pub(crate) fn judge(&self, text: &str) -> Outcome {
        match self {
            Self::Lists(rules) => outcome(rules, &post(text)),
            Self::Plain(words) => {
                let text = format!(" {} ", spaced(text));
                flagged(words.iter().any(|word| text.contains(word.as_str())))
            }
            Self::Rustrict => flagged(is_inappropriate(text)),
        }
    }

    /// What made it fire, without the text.
    pub(crate) fn explain(&self, text: &str) -> String {
        let Self::Lists(rules) = self else {
            return String::new();
        };
        let verdict = judge(
            &post(text),
            rules,
            &FeedRules::default(),
            &Nothing,
            jiff::Timestamp::UNIX_EPOCH,
        )
        .verdict;
        let reasons = verdict.reasons.iter().filter_map(|reason| {
            let (start, end) = reason.span?;
            Some(format!(
                "{:?} {:?} {:?}",
                text.get(start..end)?,
                reason.outcome,
                reason.list
            ))
        });
        reasons.collect::<Vec<_>>().join(", ")
    }
}

fn flagged(is_flagged: bool) -> Outcome {
    if is_flagged {
        Outcome::Hidden
    } else {
        Outcome::Shown
    }
}

fn spaced(text: &str) -> String {
    let text: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn is_inappropriate(text: &str) -> bool {
    Censor::from_str(text).analyze().is(Type::INAPPROPRIATE)
}

pub(crate) fn rules(names: &[&str]) -> Rules {
    rules_with(&ModerationSettings::default(), names)
}

pub(crate) fn rules_with(settings: &ModerationSettings, names: &[&str]) -> Rules {
    let lists: Vec<_> = names
        .iter()
        .flat_map(|name| blocklist::read(name, Path::new(".")).expect("it is shipped"))
        .collect();
    Rules::new(settings, &lists)
}

pub(crate) fn outcome(rules: &Rules, post: &Post) -> Outcome {
    match judge(
        post,
        rules,
        &FeedRules::default(),
        &Nothing,
        jiff::Timestamp::UNIX_EPOCH,
    )
    .verdict
    .standing
    {
        Standing::Shown => Outcome::Shown,
        Standing::Held => Outcome::Held,
        Standing::Hidden | Standing::Deleted => Outcome::Hidden,
    }
}

pub(crate) fn post(text: &str) -> Post {
    let mut post: Post = serde_json::from_value(json!({
        "id": "demo:1", "source": "demo", "text": text, "created_at": "2024-05-01T10:00:00Z",
        "author": {"id": "demo:ada", "handle": "@ada@example.org", "name": "Ada Lovelace"},
    }))
    .expect("it is a post");
    post.facets = facets(text);
    post
}
