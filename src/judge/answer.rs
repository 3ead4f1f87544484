//! What a judge's answer says. Pure, and ready for any bytes.

use serde_json::Value;

use crate::moderation::{JudgeSettings, Reason, Score, rule};

/// Labels of one answer that are read.
const MOST_LABELS: usize = 100;
/// Longest label, in characters.
const LONGEST_LABEL: usize = 64;
/// Reasons that one answer gives at most, the surest ones.
const MOST_REASONS: usize = 5;
/// The label of a post without fault.
const FINE: &str = "ok";

/// What the judge calls a post, and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The name.
    pub label: String,
    /// How sure.
    pub score: Score,
}

/// Why bytes are no answer, in words that follow "its answer".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Garbage(String);

/// Reads an answer: `{"label":"toxic","score":0.93}`, or a list of those under `labels`.
///
/// # Errors
/// Says what is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Vec<Called>, Garbage> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| Garbage("is not JSON; docs/judge.md says what it looks like".to_owned()))?;
    match value.get("labels") {
        None => Ok(vec![called(&value)?]),
        Some(Value::Array(list)) if list.len() <= MOST_LABELS => list.iter().map(called).collect(),
        Some(Value::Array(list)) => Err(Garbage(format!(
            "has {} labels, more than {MOST_LABELS}",
            list.len()
        ))),
        Some(_) => Err(Garbage("has labels that are no list".to_owned())),
    }
}

fn called(value: &Value) -> Result<Called, Garbage> {
    let label = value.get("label").and_then(Value::as_str);
    let label = label.ok_or_else(|| Garbage("has no label".to_owned()))?;
    let chars = label.chars().count();
    if !(1..=LONGEST_LABEL).contains(&chars) || label.chars().any(char::is_control) {
        return Err(Garbage(format!(
            "has a label of {chars} characters; 1 to {LONGEST_LABEL} printable ones can be read"
        )));
    }
    let score = value.get("score").and_then(Value::as_f64);
    let score = score.ok_or_else(|| Garbage("has no score".to_owned()))?;
    Ok(Called {
        label: label.to_owned(),
        score: Score::new(score)
            .ok_or_else(|| Garbage(format!("has the score {score}, which is not from 0 to 1")))?,
    })
}

/// What is objected to: labels that count, with scores that do, the surest first.
pub fn objections(mut called: Vec<Called>, settings: &JudgeSettings) -> Vec<Reason> {
    called.retain(|one| {
        let counts = if settings.labels.is_empty() {
            !one.label.eq_ignore_ascii_case(FINE)
        } else {
            settings.labels.contains(&one.label)
        };
        counts && one.score >= settings.at_least
    });
    called.sort_by_key(|one| std::cmp::Reverse(one.score));
    called.truncate(MOST_REASONS);
    let outcome = settings.action.standing();
    called
        .into_iter()
        .map(|one| Reason {
            label: Some(one.label),
            score: Some(one.score),
            ..Reason::of(rule::JUDGE, outcome)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings(more: &str) -> JudgeSettings {
        serde_json::from_str(&format!(r#"{{"url":"http://127.0.0.1:9/"{more}}}"#)).unwrap()
    }

    fn objected(answer: &str, more: &str) -> Vec<String> {
        let called = read(answer.as_bytes()).unwrap();
        let reasons = objections(called, &settings(more));
        reasons.into_iter().filter_map(|it| it.label).collect()
    }

    #[test]
    fn labels_count_from_a_score_on() {
        let one = r#"{"label":"toxic","score":0.93,"more":[1]}"#;
        assert_eq!(objected(one, ""), ["toxic"]);
        assert_eq!(objected(one, r#","at_least":0.94"#), [""; 0]);
        assert_eq!(objected(one, r#","labels":["spam"]"#), [""; 0]);
        let many = r#"{"labels":[{"label":"ok","score":1},{"label":"spam","score":0.8},{"label":"toxic","score":0.9}]}"#;
        assert_eq!(objected(many, ""), ["toxic", "spam"]);
        assert_eq!(objected(many, r#","labels":["ok"]"#), ["ok"]);
        assert_eq!(objected(r#"{"labels":[]}"#, ""), [""; 0]);
    }

    #[test]
    fn anything_else_is_garbage_and_says_why() {
        for (answer, words) in [
            ("", "is not JSON"),
            ("<html>", "is not JSON"),
            ("null", "has no label"),
            (r#"{"label":"x"}"#, "has no score"),
            (r#"{"label":"x","score":"1"}"#, "has no score"),
            (r#"{"label":"x","score":7}"#, "has the score 7"),
            (r#"{"label":"x","score":-0.1}"#, "has the score -0.1"),
            (r#"{"label":"","score":1}"#, "has a label of 0"),
            (r#"{"label":"a\nb","score":1}"#, "has a label of 3"),
            (r#"{"labels":7}"#, "no list"),
            (r#"{"labels":[{"label":"x","score":1},7]}"#, "has no label"),
        ] {
            let error = read(answer.as_bytes()).unwrap_err().to_string();
            assert!(
                error.starts_with(words) || error.ends_with(words),
                "{error}"
            );
        }
        let long = format!(r#"{{"label":"{}","score":1}}"#, "x".repeat(65));
        assert!(read(long.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(read(&bytes));
        }

        #[test]
        fn whatever_is_read_is_within_bounds(label in ".{0,80}", score in -2.0..2.0_f64) {
            let answer = serde_json::json!({ "label": label, "score": score }).to_string();
            let sound = (1..=64).contains(&label.chars().count())
                && !label.chars().any(char::is_control)
                && (0.0..=1.0).contains(&score);
            prop_assert_eq!(read(answer.as_bytes()).is_ok(), sound);
        }
    }
}
