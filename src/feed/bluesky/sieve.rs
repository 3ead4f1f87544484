//! Which of all posts are wanted: a quick look at a record's bytes first, and a thorough one at the few that pass.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde_json::Value;

use super::facets;
use crate::feed::Wanted;
use crate::text::Tag;

/// How characters begin, in UTF-8, that are another form of an ASCII letter, digit or `_`: full-width, circled, mathematical,
/// raised, … Each row is a beginning and the bytes that may follow it (a test looks at every character that there is). A record
/// with one of them is looked at thoroughly.
const DISGUISED: [(&[u8], &[u8]); 17] = [
    (b"\xc2", b"\xaa\xb2\xb3\xb9\xba\xbc\xbd\xbe"),
    (b"\xc3", b"\x9f"),
    (b"\xc4", b"\xb0\xb2\xb3\xbf"),
    (b"\xc5", b"\x80\x89\xbf"),
    (
        b"\xc7",
        b"\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\xb0\xb1\xb2\xb3",
    ),
    (b"\xca", b"\xb0\xb2\xb3\xb7\xb8"),
    (b"\xcb", b"\xa1\xa2\xa3"),
    (b"\xe1", b"\xb4\xb5\xb6\xba"),
    (b"\xe2", b"\x81\x82\x84\x85\x86\x91\x92\x93\xb1"),
    (b"\xe3", b"\x89\x8a\x8b\x8d\x8e\x8f"),
    (b"\xea", b"\x9f"),
    (b"\xef", b"\xac\xb9\xbc\xbd"),
    (b"\xef\xb8", b"\xb3\xb4"),
    (b"\xf0\x90", b"\x9e"),
    (
        b"\xf0\x9d",
        b"\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9f\xbe",
    ),
    (b"\xf0\x9f", b"\x84\x85\x86\xaf"),
    (b"\xf0\x9c", b"\xb3"),
];

/// What is wanted, ready to be looked for.
#[derive(Debug)]
pub(super) struct Sieve {
    wanted: Wanted,
    /// Whose posts are wanted whatever they say, and whose mention makes a post wanted: by their DIDs.
    authors: HashSet<String>,
    mentioned: HashSet<String>,
    /// Parts of a record one of which every wanted one has, but for hashtags of other scripts.
    marks: AhoCorasick,
    /// Whether a hashtag of another script is asked for, which no record of plain ASCII has.
    other_scripts: bool,
}

impl Sieve {
    /// Makes one. `authors` and `mentioned` are the DIDs of the people that `wanted` names.
    pub(super) fn new(
        wanted: Wanted,
        authors: HashSet<String>,
        mentioned: HashSet<String>,
    ) -> Self {
        let asked = if wanted.tags.any.is_empty() {
            wanted.tags.all.get(..1).unwrap_or_default()
        } else {
            &wanted.tags.any
        };
        let (plain, other): (Vec<&Tag>, Vec<&Tag>) =
            asked.iter().partition(|tag| tag.as_str().is_ascii());
        let tags = plain.iter().map(|tag| tag.as_str().as_bytes().to_vec());
        let people = mentioned.iter().map(|did| did.as_bytes().to_vec());
        // What a strange encoder may have written in place of a letter.
        let disguised = disguised().chain([b"\\u".to_vec()]);
        // Without a hashtag only people are asked for, who have no other spelling.
        let disguised = disguised.filter(|_| !asked.is_empty());
        let marks = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(tags.chain(people).chain(disguised))
            .expect("a few thousand short patterns fit");
        let other_scripts = !other.is_empty();
        Self {
            wanted,
            authors,
            mentioned,
            marks,
            other_scripts,
        }
    }

    /// Whether a record may be wanted. Never wrong about one that is.
    pub(super) fn may_want(&self, did: &str, record: &str) -> bool {
        self.authors.contains(did)
            || (self.other_scripts && !record.is_ascii())
            || self.marks.is_match(record)
    }

    /// Whether a record is wanted.
    pub(super) fn wants(&self, did: &str, record: &Value) -> bool {
        let tags: Vec<Tag> = (facets::hashtags(record).iter())
            .filter_map(|tag| Tag::new(tag).ok())
            .collect();
        let for_its_people = self.authors.contains(did)
            || facets::mentions(record).any(|did| self.mentioned.contains(did));
        self.wanted.takes(&tags, for_its_people)
    }
}

/// The beginnings of [`DISGUISED`], whole.
fn disguised() -> impl Iterator<Item = Vec<u8>> {
    DISGUISED
        .iter()
        .flat_map(|(begin, rest)| rest.iter().map(|byte| [begin, &[*byte][..]].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Query;
    use crate::text::fold::fold_case;
    use serde_json::json;

    fn sieve(any: &[&str], authors: &[&str], mentioned: &[&str]) -> Sieve {
        let wanted = Wanted {
            tags: Query {
                any: any.iter().map(|tag| Tag::new(tag).unwrap()).collect(),
                ..Query::default()
            },
            accounts: authors.iter().map(|&who| who.to_owned()).collect(),
            mentions: mentioned.iter().map(|&who| who.to_owned()).collect(),
            ..Wanted::default()
        };
        let set = |all: &[&str]| all.iter().map(|&who| who.to_owned()).collect();
        Sieve::new(wanted, set(authors), set(mentioned))
    }

    fn tagged(tag: &str) -> Value {
        json!({"text": "x", "facets": [{"index": {"byteStart": 0, "byteEnd": 1},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}]}]})
    }

    #[test]
    fn no_letter_comes_through_in_disguise() {
        let disguised: Vec<Vec<u8>> = disguised().collect();
        for c in '\u{80}'..=char::MAX {
            let folded = fold_case(&c.to_string());
            if folded
                .bytes()
                .any(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            {
                let mut bytes = [0; 4];
                let bytes = c.encode_utf8(&mut bytes).as_bytes();
                assert!(
                    disguised.iter().any(|prefix| bytes.starts_with(prefix)),
                    "{c:?} {bytes:x?} is {folded}"
                );
            }
        }
    }

    #[test]
    fn what_is_wanted_passes_both_looks() {
        let sieve = sieve(
            &["RustConf", "ichbinhanna"],
            &["did:plc:ada"],
            &["did:plc:bob"],
        );
        let mention = json!({"text": "@bob", "facets": [{"index": {"byteStart": 0, "byteEnd": 4},
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bob"}]}]});
        for (did, record, expected) in [
            ("did:plc:x", tagged("rustconf"), true),
            ("did:plc:x", tagged("RUSTCONF"), true),
            ("did:plc:x", tagged("ＲｕｓｔＣｏｎｆ"), true),
            ("did:plc:x", tagged("ruſtconf"), true),
            ("did:plc:x", tagged("rustconference"), false),
            ("did:plc:x", tagged("rust"), false),
            ("did:plc:x", json!({"text": "at #RustConf today"}), true),
            ("did:plc:x", json!({"text": "at RustConf today"}), false),
            (
                "did:plc:x",
                json!({"text": "", "tags": ["IchBinHanna"]}),
                true,
            ),
            ("did:plc:ada", json!({"text": "hello"}), true),
            ("did:plc:x", mention, true),
            ("did:plc:x", json!({"text": "hello"}), false),
            ("did:plc:x", json!(7), false),
        ] {
            assert_eq!(sieve.wants(did, &record), expected, "{record}");
            if expected {
                assert!(sieve.may_want(did, &record.to_string()), "{record}");
            }
        }
        assert!(!sieve.may_want("did:plc:x", &json!({"text": "hello"}).to_string()));
    }

    #[test]
    fn other_scripts_are_looked_at_thoroughly() {
        let sieve = sieve(&["東京会議", "tokyo"], &[], &[]);
        let plain = tagged("Tokyo");
        assert!(
            sieve.may_want("did:plc:x", &plain.to_string()) && sieve.wants("did:plc:x", &plain)
        );
        assert!(!sieve.may_want("did:plc:x", &json!({"text": "hello"}).to_string()));
        let record = tagged("東京会議");
        assert!(
            sieve.may_want("did:plc:x", &record.to_string()) && sieve.wants("did:plc:x", &record)
        );
        assert!(!sieve.wants("did:plc:x", &tagged("東京")));
    }
}
