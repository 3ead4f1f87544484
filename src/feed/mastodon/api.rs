//! The parts of the Mastodon API's entities that we read, forgiving as the servers that speak it are many.
//!
//! Unknown fields are skipped, absent and `null` mean the same, strings borrow from the body where they can.
//! Source: <https://docs.joinmastodon.org/entities/Status/> and answers of GoToSocial, snac2, Akkoma and Pixelfed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::post::null_as_default;

/// A status.
#[derive(Debug, Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) uri: Text<'a>,
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) created_at: Text<'a>,
    #[serde(borrow, default)]
    pub(super) edited_at: Text<'a>,
    #[serde(borrow, default)]
    pub(super) in_reply_to_id: Text<'a>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) sensitive: bool,
    #[serde(borrow, default)]
    pub(super) spoiler_text: Text<'a>,
    #[serde(borrow, default)]
    pub(super) visibility: Text<'a>,
    #[serde(borrow, default)]
    pub(super) language: Text<'a>,
    #[serde(default)]
    pub(super) replies_count: Count,
    #[serde(default)]
    pub(super) reblogs_count: Count,
    #[serde(default)]
    pub(super) favourites_count: Count,
    #[serde(borrow, default)]
    pub(super) content: Text<'a>,
    #[serde(borrow)]
    pub(super) account: Account<'a>,
    /// Not forgiving: the wishes of the original's author must be readable.
    #[serde(borrow, default)]
    pub(super) reblog: Option<Box<Status<'a>>>,
    #[serde(borrow, default)]
    pub(super) quote: Maybe<Quote<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) media_attachments: Vec<Maybe<Media<'a>>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) tags: Vec<Maybe<Tag<'a>>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) emojis: Vec<Maybe<Emoji<'a>>>,
    #[serde(borrow, default)]
    pub(super) poll: Maybe<Poll<'a>>,
    #[serde(borrow, default)]
    pub(super) card: Maybe<Card<'a>>,
}

/// An account.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the API's own shape")]
pub(super) struct Account<'a> {
    #[serde(borrow, default)]
    pub(super) uri: Text<'a>,
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) acct: Text<'a>,
    #[serde(borrow, default)]
    pub(super) username: Text<'a>,
    #[serde(borrow, default)]
    pub(super) display_name: Text<'a>,
    /// The bio, often the longest text of all and hardly ever needed: decoded only when it is.
    #[serde(borrow, default)]
    pub(super) note: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) avatar: Text<'a>,
    #[serde(borrow, default)]
    pub(super) avatar_static: Text<'a>,
    #[serde(borrow, default)]
    pub(super) created_at: Text<'a>,
    #[serde(default)]
    pub(super) followers_count: Option<Count>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) bot: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) noindex: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) suspended: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) limited: bool,
    #[serde(default)]
    pub(super) indexable: Option<bool>,
    #[serde(default)]
    pub(super) discoverable: Option<bool>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) emojis: Vec<Maybe<Emoji<'a>>>,
}

/// A quote as Mastodon gives it since 4.4, or the quoted status itself as Akkoma does.
#[derive(Debug, Deserialize)]
pub(super) struct Quote<'a> {
    #[serde(borrow, default)]
    pub(super) quoted_status: Maybe<Reference<'a>>,
    #[serde(borrow, default)]
    pub(super) uri: Text<'a>,
}

/// Another status of which only its identity matters.
#[derive(Debug, Deserialize)]
pub(super) struct Reference<'a> {
    #[serde(borrow, default)]
    pub(super) uri: Text<'a>,
}

/// An attachment.
#[derive(Debug, Deserialize)]
pub(super) struct Media<'a> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) remote_url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) preview_url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) description: Text<'a>,
    #[serde(borrow, default)]
    pub(super) blurhash: Text<'a>,
    #[serde(default)]
    pub(super) meta: Maybe<Meta>,
}

/// What is known of an attachment's file.
#[derive(Debug, Deserialize)]
pub(super) struct Meta {
    #[serde(default)]
    pub(super) original: Maybe<Size>,
    #[serde(default)]
    pub(super) width: Option<Count>,
    #[serde(default)]
    pub(super) height: Option<Count>,
}

/// A size in pixels.
#[derive(Debug, Deserialize)]
pub(super) struct Size {
    #[serde(default)]
    pub(super) width: Option<Count>,
    #[serde(default)]
    pub(super) height: Option<Count>,
}

/// A hashtag.
#[derive(Debug, Deserialize)]
pub(super) struct Tag<'a> {
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
}

/// A custom emoji.
#[derive(Debug, Deserialize)]
pub(super) struct Emoji<'a> {
    #[serde(borrow, default)]
    pub(super) shortcode: Text<'a>,
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) static_url: Text<'a>,
}

/// A poll.
#[derive(Debug, Deserialize)]
pub(super) struct Poll<'a> {
    #[serde(borrow, default)]
    pub(super) expires_at: Text<'a>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) multiple: bool,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) options: Vec<PollOption<'a>>,
}

/// A choice of a poll.
#[derive(Debug, Deserialize)]
pub(super) struct PollOption<'a> {
    #[serde(borrow, default)]
    pub(super) title: Text<'a>,
    #[serde(default)]
    pub(super) votes_count: Option<Count>,
}

/// The preview of a link.
#[derive(Debug, Deserialize)]
pub(super) struct Card<'a> {
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) title: Text<'a>,
    #[serde(borrow, default)]
    pub(super) description: Text<'a>,
    #[serde(borrow, default)]
    pub(super) image: Text<'a>,
}

/// The identity of a status that cannot be read otherwise.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Identity<'a> {
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
}

/// `/api/v2/instance`, or v1 where that is all there is.
#[derive(Debug, Deserialize)]
pub(super) struct Instance<'a> {
    /// The host in handles; in version 1 it was called `uri`.
    #[serde(borrow, default)]
    pub(super) domain: Text<'a>,
    #[serde(borrow, default)]
    pub(super) uri: Text<'a>,
    #[serde(borrow, default)]
    pub(super) version: Text<'a>,
    #[serde(borrow, default)]
    pub(super) configuration: Maybe<Configuration<'a>>,
    /// Version 1 has its addresses here.
    #[serde(borrow, default)]
    pub(super) urls: Maybe<Urls<'a>>,
}

/// A server's other addresses; the streaming API's was called `streaming_api` in version 1.
#[derive(Debug, Deserialize)]
pub(super) struct Urls<'a> {
    #[serde(borrow, default, alias = "streaming_api")]
    pub(super) streaming: Text<'a>,
}

/// What an instance allows.
#[derive(Debug, Deserialize)]
pub(super) struct Configuration<'a> {
    #[serde(borrow, default)]
    pub(super) timelines_access: Maybe<TimelinesAccess<'a>>,
    #[serde(borrow, default)]
    pub(super) urls: Maybe<Urls<'a>>,
}

/// Who may read which timeline, since Mastodon 4.5.
#[derive(Debug, Deserialize)]
pub(super) struct TimelinesAccess<'a> {
    #[serde(borrow, default)]
    pub(super) hashtag_feeds: Maybe<Access<'a>>,
}

/// `public`, `authenticated` or `disabled`, for posts written there and for those from elsewhere.
#[derive(Debug, Deserialize)]
pub(super) struct Access<'a> {
    #[serde(borrow, default)]
    pub(super) local: Text<'a>,
    #[serde(borrow, default)]
    pub(super) remote: Text<'a>,
}

/// Something that somebody is told of: that a status mentions them, say.
#[derive(Debug, Deserialize)]
pub(super) struct Notification<'a> {
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, default)]
    pub(super) status: Option<&'a RawValue>,
}

/// The body of an error.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody<'a> {
    #[serde(borrow, default)]
    pub(super) error: Text<'a>,
}

/// A string that may be absent, `null` or, where ids are concerned, a number. Empty means absent; whatever else it is
/// counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text if there is any.
    pub(super) fn some(&self) -> Option<&str> {
        Some(self.as_str()).filter(|text| !text.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyText;

        impl<'de> Visitor<'de> for AnyText {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }
        }

        deserializer.deserialize_any(AnyText)
    }
}

/// A number of things: whole, not negative; a fraction is cut, anything unreadable is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count(pub(super) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNumber;

        impl Visitor<'_> for AnyNumber {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Count, E> {
                Ok(Count(number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Count, E> {
                Ok(Count(u64::try_from(number).unwrap_or(0)))
            }

            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a cast of a float saturates, which is what is meant"
            )]
            fn visit_f64<E>(self, number: f64) -> Result<Count, E> {
                Ok(Count(number as u64))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
                Ok(Count(text.trim().parse().unwrap_or(0)))
            }

            fn visit_unit<E>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
        }

        deserializer.deserialize_any(AnyNumber)
    }
}

/// An object beside the point: where it cannot be read, the status around it still can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Maybe<T>(pub(super) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        // Servers written in PHP say `[]` for an object without anything in it.
        let object = json.starts_with('{').then_some(json);
        Ok(Self(
            object.and_then(|json| serde_json::from_str(json).ok()),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_counts_forgive() {
        for (json, text) in [
            ("\"a\"", "a"),
            ("\"a\\u00e9\"", "aé"),
            ("null", ""),
            ("42", "42"),
            ("[1,[2]]", ""),
            ("{\"a\":{}}", ""),
            ("true", ""),
            ("1.5", ""),
        ] {
            assert_eq!(
                serde_json::from_str::<Text<'_>>(json).unwrap().as_str(),
                text
            );
        }
        for (json, count) in [
            ("7", 7),
            ("-7", 0),
            ("7.9", 7),
            ("\"7\"", 7),
            ("null", 0),
            ("1e300", u64::MAX),
        ] {
            assert_eq!(serde_json::from_str::<Count>(json).unwrap(), Count(count));
        }
    }

    #[test]
    fn what_is_beside_the_point_does_not_spoil_the_rest() {
        let json =
            r#"{"id":1,"account":{},"poll":"none","card":[],"tags":[{"name":"a"},7],"quote":null}"#;
        let status: Status<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(status.id.as_str(), "1");
        assert!(status.poll.0.is_none() && status.card.0.is_none() && status.quote.0.is_none());
        assert_eq!(status.tags.iter().filter_map(|t| t.0.as_ref()).count(), 1);
    }
}
