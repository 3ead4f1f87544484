//! What is asked of relays, and whether what they send is that: a relay is a stranger, and some answer a filter that they
//! do not understand with everything they have.

use nostr::{Event, PublicKey};
use serde_json::{Map, Value, json};

use super::frame::Head;
use crate::feed::{FeedError, Wanted};
use crate::text::{Tag, hashtag};

/// Short notes (NIP-10) and pictures (NIP-68). Reposts carry no hashtags, so that no relay finds them by one.
const KINDS: [u16; 2] = [1, 20];

/// What is asked for.
pub(super) struct Asked {
    wanted: Wanted,
    /// The hashtags to ask for, in the spellings that people's programs write: relays compare byte by byte.
    spellings: Vec<String>,
    /// Those of which an event has to carry one in any spelling.
    tags: Vec<Tag>,
    /// Public keys, in hex.
    accounts: Vec<String>,
    mentions: Vec<String>,
}

impl Asked {
    pub(super) fn new(wanted: Wanted) -> Result<Self, FeedError> {
        if !wanted.lists.is_empty() {
            return Err(FeedError::Misconfigured(
                "a nostr feed reads no lists; name the people as accounts = [\"npub1…\"]"
                    .to_owned(),
            ));
        }
        if !wanted.by_tags() && !wanted.by_people() {
            return Err(FeedError::Misconfigured(
                "a relay cannot be read as a whole; give the wall a hashtag, or this feed accounts or mentions"
                    .to_owned(),
            ));
        }
        let keys = |people: &[String]| {
            people
                .iter()
                .map(|who| key(who))
                .collect::<Result<Vec<_>, _>>()
        };
        let tags = if wanted.tags.any.is_empty() {
            // A relay can only be asked for any of some tags; whether a post carries all is seen here.
            wanted.tags.all.iter().take(1).cloned().collect()
        } else {
            wanted.tags.any.clone()
        };
        Ok(Self {
            spellings: spellings(&tags),
            accounts: keys(&wanted.accounts)?,
            mentions: keys(&wanted.mentions)?,
            tags,
            wanted,
        })
    }

    /// The filters of a request; times are inclusive and in seconds since 1970.
    pub(super) fn filters(&self, since: Option<i64>, until: Option<i64>, limit: u32) -> Vec<Value> {
        let by = [
            ("#t", &self.spellings),
            ("authors", &self.accounts),
            ("#p", &self.mentions),
        ];
        by.into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(name, values)| {
                let mut filter = Map::new();
                filter.insert("kinds".to_owned(), json!(KINDS));
                filter.insert(name.to_owned(), json!(values));
                filter.insert("limit".to_owned(), json!(limit));
                if let Some(since) = since {
                    filter.insert("since".to_owned(), json!(since.max(0)));
                }
                if let Some(until) = until {
                    filter.insert("until".to_owned(), json!(until.max(0)));
                }
                Value::Object(filter)
            })
            .collect()
    }

    /// Whether an event is what was asked for; cheap, and nothing of it is believed yet.
    pub(super) fn fits(&self, head: &Head<'_>) -> bool {
        let tagged = || {
            head.values("t").any(|value| {
                let tag = Tag::new(value);
                tag.is_ok_and(|tag| self.tags.contains(&tag))
            })
        };
        KINDS.iter().any(|kind| u32::from(*kind) == head.kind)
            && (self.accounts.iter().any(|key| *key == head.pubkey)
                || head
                    .values("p")
                    .any(|key| self.mentions.iter().any(|asked| asked == key))
                || tagged())
    }

    /// Whether an event is wanted, with its hashtags in tags and text.
    pub(super) fn takes(&self, event: &Event) -> bool {
        let mut tags = Vec::new();
        let mut mentioned = false;
        for tag in event.tags.iter() {
            match tag.as_slice() {
                [name, value, ..] if name == "t" => tags.extend(Tag::new(value)),
                [name, value, ..] if name == "p" => mentioned |= self.mentions.contains(value),
                _ => {}
            }
        }
        let found = hashtag::find(&event.content);
        tags.extend(
            found
                .iter()
                .filter_map(|range| Tag::new(hashtag::written(&event.content, range)).ok()),
        );
        let for_its_people = mentioned || self.accounts.contains(&event.pubkey.to_hex());
        self.wanted.takes(&tags, for_its_people)
    }
}

/// An account as people write it: `npub1…`, `nprofile1…` or hex.
fn key(who: &str) -> Result<String, FeedError> {
    PublicKey::parse(who).map(|key| key.to_hex()).map_err(|_| {
        FeedError::Misconfigured(format!(
            "{who:?} is no account of Nostr; write its public key, npub1…"
        ))
    })
}

/// Relays compare tags byte by byte. NIP-24 wants them in lower case; not all programs heed it.
fn spellings(tags: &[Tag]) -> Vec<String> {
    let mut spellings: Vec<String> = Vec::new();
    for tag in tags {
        let lower = tag.as_written().to_lowercase();
        let mut capital = lower.chars();
        let capital = capital
            .next()
            .map(|first| first.to_uppercase().chain(capital).collect());
        let all = [
            Some(lower.clone()),
            Some(tag.as_written().to_owned()),
            Some(tag.as_str().to_owned()),
            Some(lower.to_uppercase()),
            capital,
        ];
        for spelling in all.into_iter().flatten() {
            if !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Query;

    const ADA: &str = "e53025e0f98841e41525efec189461ecc312d43004415cf30912838a4b9db7d1";

    fn tags(words: &[&str]) -> Vec<Tag> {
        words.iter().map(|word| Tag::new(word).unwrap()).collect()
    }

    fn asked(any: &[&str], all: &[&str], accounts: &[&str]) -> Result<Asked, FeedError> {
        Asked::new(Wanted {
            tags: Query {
                any: tags(any),
                all: tags(all),
                none: Vec::new(),
            },
            accounts: accounts.iter().map(ToString::to_string).collect(),
            ..Wanted::default()
        })
    }

    fn fits(asked: &Asked, kind: u32, tags: &str) -> bool {
        let json =
            format!(r#"{{"id":"i","pubkey":"{ADA}","created_at":7,"kind":{kind},"tags":{tags}}}"#);
        asked.fits(&serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn tags_are_asked_for_as_people_write_them() {
        let filters = asked(&["RustConf"], &["x"], &[])
            .unwrap()
            .filters(Some(5), None, 9);
        assert_eq!(
            filters,
            [
                json!({"kinds": [1, 20], "#t": ["rustconf", "RustConf", "RUSTCONF", "Rustconf"], "since": 5, "limit": 9})
            ]
        );
        let all = asked(&[], &["größe", "b"], &[ADA])
            .unwrap()
            .filters(None, Some(7), 1);
        assert_eq!(all[0]["#t"], json!(["größe", "grösse", "GRÖSSE", "Größe"]));
        assert_eq!(all[1]["authors"], json!([ADA]));
        assert_eq!(all[1]["until"], 7);
    }

    #[test]
    fn what_was_not_asked_for_does_not_fit() {
        let by_tag = asked(&["rust"], &[], &[]).unwrap();
        assert!(fits(&by_tag, 1, r#"[["t","RUst"]]"#));
        assert!(fits(&by_tag, 20, r#"[["p","x"],["t","rust"]]"#));
        assert!(!fits(&by_tag, 7, r#"[["t","rust"]]"#));
        assert!(!fits(&by_tag, 1, r#"[["t","rustlang"],["x","rust"]]"#));
        assert!(fits(&asked(&["rust"], &[], &[ADA]).unwrap(), 1, "[]"));
    }

    #[test]
    fn what_cannot_be_asked_says_what_to_write() {
        for refused in [
            asked(&[], &[], &[]),
            asked(&["a"], &[], &["ada@example.org"]),
            Asked::new(Wanted {
                lists: vec!["x".to_owned()],
                ..Wanted::default()
            }),
        ] {
            assert!(matches!(refused, Err(FeedError::Misconfigured(_))));
        }
        let npub = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
        assert!(asked(&[], &[], &[npub]).is_ok());
    }
}
