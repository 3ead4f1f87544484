//! Labels: what authors and moderators say of a post or an account, and what follows from it
//! (<https://docs.bsky.app/docs/advanced-guides/moderation>).

use jiff::Timestamp;
use serde_json::Value;

use crate::text::clean_line;

/// Longest label passed on, in characters.
const LONGEST: usize = 40;

/// What the labels of a post and its author come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Labelled {
    /// The author shows themselves only to those who are signed in; before a wall nobody is.
    pub(super) signed_in_only: bool,
    /// It was taken down, or is to be hidden from everybody.
    pub(super) hidden: bool,
    /// The account says that it is automated.
    pub(super) bot: bool,
    /// What to warn of, in words, each once.
    pub(super) warnings: Vec<String>,
    /// When the latest label was given.
    pub(super) latest: Option<Timestamp>,
}

/// Reads the labels of an `AppView`'s view of a post, and those that the record gives itself.
pub(super) fn read(view: &Value, profile: &Value, record: &Value, now: Timestamp) -> Labelled {
    let did = view["author"]["did"].as_str().unwrap_or_default();
    let mut labelled = Labelled::default();
    let account = each(&view["author"]["labels"]).chain(each(&profile["labels"]));
    for label in account.clone().filter(|label| holds(label, now)) {
        labelled.bot |= label["val"].as_str() == Some("bot");
    }
    for label in account
        .chain(each(&view["labels"]))
        .filter(|label| holds(label, now))
    {
        let own = label["src"].as_str() == Some(did);
        labelled.take(label["val"].as_str().unwrap_or_default(), own);
        let made = label["cts"].as_str().and_then(|at| at.parse().ok());
        labelled.latest = labelled.latest.max(made);
    }
    for label in each(&record["labels"]["values"]) {
        labelled.take(label["val"].as_str().unwrap_or_default(), true);
    }
    labelled
}

fn each(labels: &Value) -> std::slice::Iter<'_, Value> {
    labels.as_array().map_or(&[][..], Vec::as_slice).iter()
}

/// Whether a label was not taken back and has not run out.
fn holds(label: &Value, now: Timestamp) -> bool {
    let ends: Option<Timestamp> = label["exp"].as_str().and_then(|at| at.parse().ok());
    label["neg"].as_bool() != Some(true) && ends.is_none_or(|ends| ends > now)
}

impl Labelled {
    /// Takes a label. What people say of themselves is a warning only where it is one of the words that are known to be.
    fn take(&mut self, value: &str, own: bool) {
        let words = match value {
            "!no-unauthenticated" => {
                self.signed_in_only = true;
                return;
            }
            "!hide" | "!takedown" | "!suspend" => {
                self.hidden = true;
                return;
            }
            "!warn" => "a moderator's warning",
            "porn" => "pornography",
            "sexual" => "sexual content",
            "nudity" => "nudity",
            "graphic-media" | "gore" | "nsfl" => "graphic media",
            other if own || other.starts_with('!') => return,
            other => other,
        };
        let words = clean_line(&words.replace('-', " "));
        let words: String = words.chars().take(LONGEST).collect();
        if !words.is_empty() && !self.warnings.contains(&words) {
            self.warnings.push(words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labelled(by_author: [&Value; 2], own: &Value) -> Labelled {
        let [author, post] = by_author;
        let view = json!({"author": {"did": "did:plc:a", "labels": author}, "labels": post});
        let record = json!({"labels": {"values": own}});
        read(
            &view,
            &json!({}),
            &record,
            "2026-01-01T00:00:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn wishes_takedowns_and_warnings() {
        let own = |value: &str| json!([{"src": "did:plc:a", "val": value}]);
        let by = |value: &str| json!([{"src": "did:plc:labeler", "val": value}]);
        let none = &json!([]);
        assert!(labelled([&own("!no-unauthenticated"), none], none).signed_in_only);
        assert!(labelled([none, &own("!no-unauthenticated")], none).signed_in_only);
        assert!(labelled([&own("bot"), none], none).bot);
        assert!(labelled([none, &by("!takedown")], none).hidden);
        assert!(labelled([&by("!hide"), none], none).hidden);
        let adult = json!([{"val": "porn"}, {"val": "nudity"}]);
        let graphic = json!([{"val": "gore"}]);
        let unknown = json!([{"val": "mine"}, 7]);
        for (labels, record, expected) in [
            ([&by("spam"), none], none, vec!["spam"]),
            (
                [none, &by("graphic-media")],
                &graphic,
                vec!["graphic media"],
            ),
            ([none, none], &adult, vec!["pornography", "nudity"]),
            ([none, &own("hello-world")], &unknown, vec![]),
            (
                [none, &by("!warn")],
                &json!("none"),
                vec!["a moderator's warning"],
            ),
        ] {
            assert_eq!(labelled(labels, record).warnings, expected);
        }
        let back = json!([{"src": "x", "val": "!takedown", "neg": true},
            {"src": "x", "val": "spam", "exp": "2025-01-01T00:00:00Z"}]);
        assert_eq!(labelled([none, &back], none), Labelled::default());
    }
}
