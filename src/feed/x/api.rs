//! The parts of X's API v2 that we read (<https://docs.x.com/x-api/fundamentals/data-dictionary>).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::post::null_as_default;

/// An answer; its parts are read one by one, so that one that is odd spoils no other.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) data: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) includes: Includes<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) errors: Vec<&'a RawValue>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) meta: Meta,
}

/// What posts refer to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Includes<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) users: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) media: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) tweets: Vec<&'a RawValue>,
}

/// About a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// The newest post's id; absent on an empty page.
    pub newest_id: Option<String>,
    /// Where the next, older, page is; absent on the last.
    pub next_token: Option<String>,
}

/// A post.
#[derive(Debug, Deserialize)]
pub(super) struct Tweet {
    pub(super) id: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) created_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) author_id: Option<String>,
    #[serde(default)]
    pub(super) lang: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) possibly_sensitive: bool,
    /// All versions, oldest first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) edit_history_tweet_ids: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) referenced_tweets: Vec<Reference>,
    #[serde(default)]
    pub(super) entities: Option<Entities>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) attachments: Attachments,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) public_metrics: Metrics,
    #[serde(default)]
    pub(super) withheld: Option<Withheld>,
    /// A long post's whole text.
    #[serde(default)]
    #[serde(rename = "note_tweet")]
    pub(super) note: Option<Note>,
}

/// Another post in relation to which a post stands.
#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
}

/// What a text marks, in code points of the text as it comes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Entities {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) urls: Vec<Link>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) hashtags: Vec<Hashtag>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) mentions: Vec<Mention>,
}

/// A link through t.co.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    pub(super) start: usize,
    pub(super) end: usize,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    pub(super) expanded_url: Option<String>,
    #[serde(default)]
    pub(super) unwound_url: Option<String>,
    #[serde(default)]
    pub(super) display_url: Option<String>,
    #[serde(default)]
    pub(super) media_key: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) images: Vec<Image>,
}

/// A linked page's picture.
#[derive(Debug, Deserialize)]
pub(super) struct Image {
    #[serde(default)]
    pub(super) url: String,
}

/// A hashtag.
#[derive(Debug, Deserialize)]
pub(super) struct Hashtag {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) tag: String,
}

/// A mention.
#[derive(Debug, Deserialize)]
pub(super) struct Mention {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) username: String,
}

/// What is attached to a post.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Attachments {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) media_keys: Vec<String>,
}

/// How others answered a post.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metrics {
    #[serde(default, deserialize_with = "null_as_default")]
    #[serde(rename = "retweet_count")]
    pub(super) retweets: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    #[serde(rename = "reply_count")]
    pub(super) replies: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    #[serde(rename = "like_count")]
    pub(super) likes: u64,
}

/// Where a post must not be shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Withheld {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) copyright: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) country_codes: Vec<String>,
}

/// A long post's whole text, with marks of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) entities: Option<Entities>,
}

/// An account.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default)]
    pub(super) username: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) profile_image_url: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) protected: bool,
    #[serde(default)]
    pub(super) created_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) public_metrics: Option<UserMetrics>,
}

/// Who listens to an account.
#[derive(Debug, Deserialize)]
pub(super) struct UserMetrics {
    #[serde(default)]
    pub(super) followers_count: Option<u64>,
}

/// A picture or video.
#[derive(Debug, Deserialize)]
pub(super) struct Media {
    #[serde(rename = "media_key")]
    pub(super) key: String,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) preview_image_url: Option<String>,
    #[serde(default)]
    pub(super) alt_text: Option<String>,
    #[serde(default)]
    pub(super) width: Option<u32>,
    #[serde(default)]
    pub(super) height: Option<u32>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) variants: Vec<Variant>,
}

/// A video in one quality.
#[derive(Debug, Deserialize)]
pub(super) struct Variant {
    #[serde(default)]
    pub(super) bit_rate: Option<u64>,
    #[serde(default)]
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) url: String,
}

/// What is wrong, with a request or with a part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) title: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) detail: String,
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub(super) kind: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) message: String,
    pub(super) code: Option<i64>,
    pub(super) resource_type: Option<String>,
    pub(super) resource_id: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) parameters: BTreeMap<String, serde_json::Value>,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) errors: Vec<Problem>,
}

/// Counts by day.
#[derive(Debug, Deserialize)]
pub(super) struct Counts {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) data: Vec<Bucket>,
}

/// A span of time and the posts in it.
#[derive(Debug, Deserialize)]
pub(super) struct Bucket {
    pub(super) start: Timestamp,
    pub(super) tweet_count: u64,
}

/// Reads what can be read of a list.
pub(super) fn each<'a, T: Deserialize<'a>>(list: &[&'a RawValue]) -> Vec<T> {
    list.iter()
        .filter_map(|raw| serde_json::from_str(raw.get()).ok())
        .collect()
}
