//! What a relay says (NIP-01), read no further than is needed to see whether it was asked for.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A relay's message.
#[derive(Debug)]
pub(super) enum Frame<'a> {
    /// An event for a subscription.
    Event(Cow<'a, str>, &'a RawValue),
    /// All that was stored for a subscription is sent; what follows is live.
    Stored(Cow<'a, str>),
    /// A subscription is refused or ended, with the relay's words.
    Closed(Cow<'a, str>, Cow<'a, str>),
    /// Words for people.
    Notice(Cow<'a, str>),
    /// It wants to know who asks (NIP-42), counts, or something that is not known here.
    Other,
}

/// Reads a message; `None` where it is none of Nostr's.
pub(super) fn read(text: &str) -> Option<Frame<'_>> {
    serde_json::from_str(text).ok()
}

impl<'de: 'a, 'a> Deserialize<'de> for Frame<'a> {
    fn deserialize<D: Deserializer<'de>>(message: D) -> Result<Self, D::Error> {
        message.deserialize_seq(Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Frame<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message of a relay")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Frame<'de>, A::Error> {
        let label = text(&mut parts)?;
        let frame = match &*label {
            "EVENT" => {
                let subscription = text(&mut parts)?;
                let event = parts.next_element()?;
                let event = event.ok_or_else(|| serde::de::Error::custom("EVENT without event"))?;
                Frame::Event(subscription, event)
            }
            "EOSE" => Frame::Stored(text(&mut parts)?),
            "CLOSED" => Frame::Closed(text(&mut parts)?, text(&mut parts).unwrap_or_default()),
            "NOTICE" => Frame::Notice(text(&mut parts)?),
            _ => Frame::Other,
        };
        while parts.next_element::<IgnoredAny>()?.is_some() {}
        Ok(frame)
    }
}

fn text<'de, A: SeqAccess<'de>>(parts: &mut A) -> Result<Cow<'de, str>, A::Error> {
    let Text(text) = parts.next_element()?.unwrap_or_default();
    Ok(text)
}

/// A text that is borrowed where it has no escapes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// What is needed of an event to see whether it was asked for, before anything of it is believed.
#[derive(Debug, Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) pubkey: Cow<'a, str>,
    pub(super) created_at: i64,
    pub(super) kind: u32,
    #[serde(borrow)]
    tags: Vec<Vec<Text<'a>>>,
}

impl Head<'_> {
    /// The first values of the tags of that name.
    pub(super) fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.tags.iter().filter_map(move |tag| match &tag[..] {
            [Text(key), Text(value), ..] if key == name => Some(&**value),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_are_told_apart() {
        assert!(
            matches!(read(r#"["EVENT","a",{"x":[1]}]"#), Some(Frame::Event(a, raw)) if a == "a" && raw.get().len() == 9)
        );
        assert!(matches!(read(r#"["EOSE","a"]"#), Some(Frame::Stored(a)) if a == "a"));
        assert!(
            matches!(read(r#"["CLOSED","a","error: \"no\""]"#), Some(Frame::Closed(_, why)) if why == "error: \"no\"")
        );
        assert!(
            matches!(read(r#"["NOTICE","hello"]"#), Some(Frame::Notice(words)) if words == "hello")
        );
        for other in [
            r#"["AUTH","challenge"]"#,
            r#"["OK","id",true,""]"#,
            r#"["COUNT","a",{"count":1}]"#,
        ] {
            assert!(matches!(read(other), Some(Frame::Other)), "{other}");
        }
        for foreign in [
            "",
            "{}",
            "[1]",
            "<html>",
            r#"["EVENT","a"]"#,
            r#"["EVENT","a",{}"#,
        ] {
            assert!(read(foreign).is_none(), "{foreign}");
        }
    }

    #[test]
    fn a_head_is_read_without_copies() {
        let json = r#"{"id":"i","pubkey":"p","created_at":7,"kind":1,"tags":[["t","a","x"],["t"],[],["p","q"]],"content":"","sig":"s"}"#;
        let head: Head<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(head.values("t").collect::<Vec<_>>(), ["a"]);
        assert!(matches!(head.id, Cow::Borrowed("i")));
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in "\\PC{0,60}|\\[\"(EVENT|EOSE|CLOSED)\",\\PC{0,40}\\]") {
            let _read = read(&text);
        }
    }
}
