//! What the rules say, and why.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Score, rule};
use crate::post::Standing;

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Its name, as in the settings.
    pub rule: String,
    /// Where: `text`, `warning`, `name`, `handle`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The bytes of that field that made it fire.
    #[serde(default)]
    pub span: Option<(usize, usize)>,
    /// What it asks for: shown, held or hidden.
    #[serde(rename = "outcome", with = "outcome")]
    pub outcome: Standing,
    /// The block list whose entry it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Whether staff should see the place masked: it hurts to read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// Whether an answer is awaited: until it comes, nobody sees the post.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
    /// What a program called the post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// How sure the program is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// What was found, in words for people: `7 links`, `bit.ly`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Reason {
    /// A rule that fired on a post as a whole.
    pub fn of(rule: &str, outcome: Standing) -> Self {
        Self {
            rule: rule.to_owned(),
            field: None,
            span: None,
            outcome,
            list: None,
            masked: false,
            waiting: false,
            label: None,
            score: None,
            detail: None,
        }
    }

    /// Where it stands among the reasons of a verdict: by rule, then by where it was found.
    pub(super) fn place(&self) -> impl Ord + '_ {
        let found = (self.field.as_deref(), self.span, self.outcome);
        let said = (
            self.list.as_deref(),
            self.label.as_deref(),
            self.detail.as_deref(),
        );
        (rule::rank(&self.rule), self.rule.as_str(), found, said)
    }
}

/// Outcomes are verbs in JSON: show, hold, hide.
mod outcome {
    use super::{Deserialize, Deserializer, Serializer, Standing};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `with` hands over references"
    )]
    pub(super) fn serialize<S: Serializer>(
        standing: &Standing,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match standing {
            Standing::Shown => "show",
            Standing::Held => "hold",
            Standing::Hidden | Standing::Deleted => "hide",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Standing, D::Error> {
        match std::borrow::Cow::<str>::deserialize(deserializer)?.as_ref() {
            "show" => Ok(Standing::Shown),
            "hold" => Ok(Standing::Held),
            "hide" => Ok(Standing::Hidden),
            other => Err(serde::de::Error::custom(format!(
                "unknown outcome {other:?}"
            ))),
        }
    }
}

/// What the rules said of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Where it puts the post.
    pub standing: Standing,
    /// Every rule that fired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// Waits for a person, as in mode `held`.
    pub fn waiting() -> Self {
        Self {
            standing: Standing::Held,
            reasons: vec![Reason::of(rule::MODE, Standing::Held)],
        }
    }

    /// A person took a copy of the post off the wall.
    pub fn copy_was_hidden() -> Self {
        Self {
            standing: Standing::Hidden,
            reasons: vec![Reason::of(rule::COPY_HIDDEN, Standing::Hidden)],
        }
    }

    /// Nothing objects.
    pub fn shown() -> Self {
        Self {
            standing: Standing::Shown,
            reasons: Vec::new(),
        }
    }
}
