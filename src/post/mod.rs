//! The one vocabulary that all modules speak: a post, who wrote it and what it carries.
//!
//! A post's text is plain text; what HTML or a source's markup said about it lies beside it as facets
//! (byte ranges). Nothing here knows of any source's API, of rules, or of walls.

mod author;
mod id;
mod key;
mod limits;
mod media;
mod number;
mod picture;
mod pictures;
mod standing;

pub use author::Author;
pub use id::{AuthorId, PostId, Source};
pub use key::Key;
pub use limits::{Limit, MAX_FACETS, MAX_HASHTAGS, MAX_MEDIA, MAX_TEXT_BYTES};
pub use media::{Card, Emoji, Media, MediaKind, Poll, PollOption};
pub use number::{AuthorNum, PostNum};
pub use picture::{NoPictureHash, PictureHash};
pub use pictures::{NoPicture, Which};
pub use standing::Standing;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a post is in relation to others.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Stands by itself.
    #[default]
    Original,
    /// Answers another post (`of`).
    Reply,
    /// Comments on another post that it shows (`of`).
    Quote,
    /// Passes another post on (`of`) without words of its own.
    Repost,
}

impl Kind {
    /// Whether this counts under **posts**: everything that was written, so all but reposts.
    pub fn is_authored(self) -> bool {
        self != Self::Repost
    }
}

/// What a facet marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FacetKind {
    /// A hashtag; the target is the tag without its mark.
    Hashtag,
    /// A person; the target is the profile's address or the handle.
    Mention,
    /// A link; the target is the address.
    Link,
    /// A custom emoji; the target is its shortcode, to be looked up in `emojis`.
    Emoji,
}

/// A marked range of a post's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Facet {
    /// First byte, in UTF-8, inclusive.
    pub start: usize,
    /// Last byte, in UTF-8, exclusive.
    pub end: usize,
    /// What is marked.
    pub kind: FacetKind,
    /// What it leads to.
    #[serde(default, deserialize_with = "null_as_default")]
    pub target: String,
}

/// How others answered a post, as the source counts it at the moment it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Likes or favourites.
    #[serde(default, deserialize_with = "null_as_default")]
    pub likes: u64,
    /// Reposts or boosts.
    #[serde(default, deserialize_with = "null_as_default")]
    pub reposts: u64,
    /// Replies.
    #[serde(default, deserialize_with = "null_as_default")]
    pub replies: u64,
}

/// One item as the wall knows it. Its JSON form is the one of frames, API, export and import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Stable at the source and the same wherever it is seen.
    pub id: PostId,
    /// Ids under which the original of this post is known elsewhere, where this is a bridge's copy of it: said by the copy,
    /// so never more than a hint. Where the original is known, the copy is left out; where it comes later, it takes the
    /// copy's place.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub same_as: Vec<PostId>,
    /// Where it was written.
    pub source: Source,
    /// The feed that brought it, as configured; absent in archives.
    #[serde(default)]
    pub feed: Option<String>,
    /// Its page for people.
    #[serde(default)]
    pub url: Option<String>,
    /// Original, reply, quote or repost.
    #[serde(default, deserialize_with = "null_as_default")]
    pub kind: Kind,
    /// The post that this one answers, quotes or passes on, where known.
    #[serde(default)]
    pub of: Option<PostId>,
    /// Who wrote it.
    pub author: Author,
    /// Plain text, never HTML.
    #[serde(default, deserialize_with = "null_as_default")]
    pub text: String,
    /// Marked ranges of `text`, in order, never overlapping.
    #[serde(default, deserialize_with = "null_as_default")]
    pub facets: Vec<Facet>,
    /// Tags without their mark, as written, each once.
    #[serde(default, deserialize_with = "null_as_default")]
    pub hashtags: Vec<String>,
    /// The author's content warning.
    #[serde(default)]
    pub warning: Option<String>,
    /// Whether the author or the source marked the media as sensitive.
    #[serde(default, deserialize_with = "null_as_default")]
    pub sensitive: bool,
    /// BCP 47 tag as the source gives it.
    #[serde(default)]
    pub language: Option<String>,
    /// Pictures, videos, sound.
    #[serde(default, deserialize_with = "null_as_default")]
    pub media: Vec<Media>,
    /// Custom emoji used in the text or the author's name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub emojis: Vec<Emoji>,
    /// A poll, with its state when read.
    #[serde(default)]
    pub poll: Option<Poll>,
    /// The preview of a link.
    #[serde(default)]
    pub card: Option<Card>,
    /// Answers at the source.
    #[serde(default, deserialize_with = "null_as_default")]
    pub counts: Counts,
    /// Event time: when it was written, by the source's clock.
    pub created_at: Timestamp,
    /// Last edit, where the source tells.
    #[serde(default)]
    pub edited_at: Option<Timestamp>,
    /// When buzzwall took it. Set by intake.
    #[serde(default)]
    pub received_at: Option<Timestamp>,
}

/// Reads `null` as the type's default: absent and null mean the same.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
