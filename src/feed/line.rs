//! A line of JSON by which somebody's own program says something: a post, or that one is taken back. What `exec` reads
//! and `ingest` is sent.

use serde::Deserialize as _;
use serde_json::Value;

use super::archive::mark;
use super::{Item, Reason, Refusal};
use crate::post::{Post, PostId};
use crate::text::clean_line;

/// Longest line taken, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// Longest word for a source, in characters.
const MAX_SOURCE: usize = 32;
/// Longest part of a line that is repeated in words, in characters.
const MAX_WORDS: usize = 200;

/// Reads a line: `{"id": …, "author": {"id": …}, "created_at": …, "text": …}` is a post, as `export` writes it, and
/// `{"delete": ID}` takes one back. A post without `source` is of the source that its id begins with; one without
/// `hashtags` and `facets` has those of its text. Where it stands, and who its author is elsewhere, a line cannot say.
///
/// # Errors
/// Says in words which key is wrong and what to write.
pub fn read(json: &[u8]) -> Result<Item, String> {
    let mut value: Value = serde_json::from_slice(json).map_err(|error| {
        let said = error.to_string();
        // It is always the first line of what it was given.
        let what = said.split(" at line ").next().unwrap_or_default();
        format!("is no JSON: {what} (column {})", error.column())
    })?;
    let Some(object) = value.as_object_mut() else {
        return Err("is no JSON object; write one post a line, {\"id\": …}".to_owned());
    };
    if let Some(gone) = object.get("delete") {
        let id = gone.as_str().ok_or("delete: write the id of a post")?;
        source_of("delete", id)?;
        return Ok(Item::Deleted(PostId::new(id)));
    }
    let source = object.get("id").and_then(Value::as_str);
    let source = source.map(|id| source_of("id", id)).transpose()?;
    if let Some(source) = source
        && object.get("source").is_none_or(Value::is_null)
    {
        let source = source.to_owned();
        object.insert("source".to_owned(), Value::String(source));
    }
    let says_tags = ["facets", "hashtags"]
        .iter()
        .any(|key| object.get(*key).is_some_and(|value| !value.is_null()));
    let mut track = serde_path_to_error::Track::new();
    let post = Post::deserialize(serde_path_to_error::Deserializer::new(&value, &mut track));
    let mut post = post.map_err(|error| wrong(&track.path().to_string(), &error))?;
    source_of("author.id", post.author.id.as_str())?;
    if !is_source(post.source.as_str()) {
        let written = short(post.source.as_str());
        return Err(format!(
            "source: {written:?} cannot be one; write up to {MAX_SOURCE} of a to z, 0 to 9, - and _"
        ));
    }
    if !says_tags {
        (post.facets, post.hashtags) = mark(&post.text);
    }
    // Only a bridge's own address proves that two accounts are one person.
    post.author.same_as.clear();
    post.received_at = None;
    Ok(Item::Post(Box::new(post)))
}

/// The same for the line of that number, with what is wrong as a refusal.
pub fn item(number: u64, json: &[u8]) -> Item {
    read(json).unwrap_or_else(|words| refused(number, &words))
}

/// What is said of a line that is too long.
pub fn too_long() -> String {
    format!("is longer than {MAX_LINE_BYTES} bytes")
}

/// A line that is not taken.
pub fn refused(number: u64, words: &str) -> Item {
    Item::Refused(Refusal {
        reason: Reason::Malformed,
        detail: format!("line {number}: {words}"),
    })
}

/// The source that an id begins with.
fn source_of<'a>(key: &str, id: &'a str) -> Result<&'a str, String> {
    match id.split_once(':') {
        // An address is what most people have at hand.
        Some((source, rest))
            if is_source(source) && !matches!(source, "http" | "https") && !rest.is_empty() =>
        {
            Ok(source)
        }
        _ => Err(format!(
            "{key}: {:?} does not say its source; put a word and a colon before it, such as \"press:{}\"",
            short(id),
            short(id.trim_start_matches(':'))
        )),
    }
}

fn is_source(word: &str) -> bool {
    (1..=MAX_SOURCE).contains(&word.len())
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

fn short(text: &str) -> String {
    clean_line(text).chars().take(40).collect()
}

/// What serde says, with the key that it means.
fn wrong(path: &str, error: &serde_json::Error) -> String {
    let said = error.to_string();
    let above = if path == "." {
        String::new()
    } else {
        format!("{path}.")
    };
    let words = match said.strip_prefix("missing field `") {
        Some(rest) => format!("{above}{} is missing", rest.trim_end_matches('`')),
        None if path.ends_with("_at") => {
            format!("{path}: is no time with its offset; write one such as 2026-11-25T09:00:00Z")
        }
        None => format!("{}: {said}", path.trim_end_matches('.')),
    };
    clean_line(&words).chars().take(MAX_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const HAND: &str = r#"{"id": "press:1", "author": {"id": "press:desk"}, "created_at": "2019-11-06T09:00:00Z",
        "text": "Doors open #Expert2019", "standing": "hidden", "feed": "mastodon x", "unknown": 1}"#;

    fn post(json: &[u8]) -> Post {
        match read(json) {
            Ok(Item::Post(post)) => *post,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_by_hand_is_filled_in() {
        let post = post(HAND.as_bytes());
        assert_eq!(post.source.as_str(), "press");
        assert_eq!(post.hashtags, ["Expert2019"]);
        assert_eq!(post.facets.len(), 1);
    }

    #[test]
    fn what_is_said_stays_but_for_claims() {
        let whole = json!({"id": "press:1", "source": "desk", "created_at": "2019-11-06T09:00:00Z", "text": "#a", "hashtags": ["b"],
            "same_as": ["mastodon:https://a.example/1"], "received_at": "2019-11-06T09:00:00Z",
            "author": {"id": "press:desk", "same_as": ["mastodon:https://a.example/users/ada"]}});
        let post = post(whole.to_string().as_bytes());
        assert_eq!((post.source.as_str(), post.same_as.len()), ("desk", 1));
        assert_eq!((post.hashtags, post.facets), (vec!["b".to_owned()], vec![]));
        assert!(post.author.same_as.is_empty() && post.received_at.is_none());
    }

    #[test]
    fn a_post_is_taken_back_by_its_id() {
        let gone = read(br#"{"delete": "press:1"}"#);
        assert!(matches!(gone, Ok(Item::Deleted(id)) if id.as_str() == "press:1"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_key() {
        let with = |key: &str, value: Value| {
            let mut post: Value = serde_json::from_str(HAND).unwrap();
            *post.pointer_mut(key).unwrap() = value;
            post.to_string()
        };
        let without = |key: &str| {
            let mut post: Value = serde_json::from_str(HAND).unwrap();
            post.as_object_mut().unwrap().remove(key);
            post.to_string()
        };
        for (line, says) in [
            ("hello".to_owned(), "is no JSON: expected value (column 1)"),
            ("[]".to_owned(), "is no JSON object"),
            (without("id"), "id is missing"),
            (without("author"), "author is missing"),
            (without("created_at"), "created_at is missing"),
            (with("/author", json!({})), "author.id is missing"),
            (with("/id", json!(5)), "id: invalid type"),
            (with("/id", json!("1")), "such as \"press:1\""),
            (
                with("/id", json!("https://a.example/1")),
                "such as \"press:https://a.example/1\"",
            ),
            (with("/id", json!("Press:1")), "does not say its source"),
            (
                with("/author/id", json!("desk")),
                "author.id: \"desk\" does not say",
            ),
            (with("/created_at", json!("noon")), "created_at: "),
            (with("/text", json!(["a"])), "text: invalid type"),
            (r#"{"delete": 5}"#.to_owned(), "delete: write the id"),
            (
                r#"{"delete": "5"}"#.to_owned(),
                "delete: \"5\" does not say",
            ),
        ] {
            let words = read(line.as_bytes()).unwrap_err();
            assert!(words.contains(says), "{line}: {words}");
            assert!(words.chars().count() <= 300, "{words}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_post_or_words(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(read(&bytes));
        }

        #[test]
        fn any_values_are_a_post_or_words(key in "[a-z_]{1,10}", text in ".{0,40}", number: i64) {
            let mut post: Value = serde_json::from_str(HAND).unwrap();
            for value in [json!(text), json!(number), json!([text]), json!({ &key: number }), Value::Null] {
                for key in ["id", "source", "author", "facets", "hashtags", "created_at", "media", "kind", &key] {
                    let was = post[key].take();
                    post[key] = value.clone();
                    if let Err(words) = read(post.to_string().as_bytes()) {
                        prop_assert!(!words.contains('\n'));
                    }
                    post[key] = was;
                }
            }
        }
    }
}
