//! What a post carries beside its text.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::null_as_default;

/// Kind of an attachment.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A silent loop.
    Gif,
    /// A video.
    Video,
    /// Sound.
    Audio,
    /// The source did not say, or said something we do not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// What it is.
    #[serde(default, deserialize_with = "null_as_default")]
    pub kind: MediaKind,
    /// The full file; absent while the source still works on it.
    #[serde(default)]
    pub url: Option<String>,
    /// A smaller still.
    #[serde(default)]
    pub preview: Option<String>,
    /// The description its author gave; absent where there is none.
    #[serde(default)]
    pub alt: Option<String>,
    /// Pixels.
    #[serde(default)]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(default)]
    pub height: Option<u32>,
    /// <https://blurha.sh> placeholder.
    #[serde(default)]
    pub blurhash: Option<String>,
}

/// A custom emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emoji {
    /// Name between the colons.
    pub shortcode: String,
    /// A still picture of it.
    pub url: String,
}

/// A poll as it stood when the post was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// The choices in order.
    #[serde(default, deserialize_with = "null_as_default")]
    pub options: Vec<PollOption>,
    /// When it closes or closed.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// Whether more than one choice may be taken.
    #[serde(default, deserialize_with = "null_as_default")]
    pub multiple: bool,
}

/// A choice of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollOption {
    /// Its words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub text: String,
    /// Votes, where the source shows them already.
    #[serde(default)]
    pub votes: Option<u64>,
}

/// The preview of a linked page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The page.
    pub url: String,
    /// Its title.
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    /// Its summary.
    #[serde(default, deserialize_with = "null_as_default")]
    pub description: String,
    /// Its picture.
    #[serde(default)]
    pub image: Option<String>,
}
