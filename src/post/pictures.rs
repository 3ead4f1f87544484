//! The pictures of a post: what each is called, and where it lies.

use std::fmt;
use std::str::FromStr;

use super::{MediaKind, Post};

/// One of a post's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Which {
    /// Its author's.
    Avatar,
    /// The attachment of that index; of videos the still.
    Media(usize),
    /// That of the linked page.
    Card,
    /// The custom emoji of that index.
    Emoji(usize),
}

/// A text that names no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a picture is called avatar, card, 0, 1, … or emoji-0, emoji-1, …")]
pub struct NoPicture;

impl FromStr for Which {
    type Err = NoPicture;

    fn from_str(text: &str) -> Result<Self, NoPicture> {
        // One name for one picture: no sign, no leading zero.
        let index = |text: &str| {
            let index: usize = text.parse().map_err(|_| NoPicture)?;
            (index.to_string() == text)
                .then_some(index)
                .ok_or(NoPicture)
        };
        match text {
            "avatar" => Ok(Self::Avatar),
            "card" => Ok(Self::Card),
            _ => match text.strip_prefix("emoji-") {
                Some(number) => index(number).map(Self::Emoji),
                None => index(text).map(Self::Media),
            },
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Avatar => f.write_str("avatar"),
            Self::Media(index) => write!(f, "{index}"),
            Self::Card => f.write_str("card"),
            Self::Emoji(index) => write!(f, "emoji-{index}"),
        }
    }
}

impl Post {
    /// Where a picture may be had, the best address first; nothing where the post has no such picture.
    pub fn picture(&self, which: Which) -> Vec<&str> {
        let found = match which {
            Which::Avatar => [self.author.avatar.as_deref(), None],
            Which::Card => [
                self.card.as_ref().and_then(|card| card.image.as_deref()),
                None,
            ],
            Which::Emoji(index) => [self.emojis.get(index).map(|emoji| emoji.url.as_str()), None],
            Which::Media(index) => {
                let Some(media) = self.media.get(index) else {
                    return Vec::new();
                };
                let (full, still) = (media.url.as_deref(), media.preview.as_deref());
                match media.kind {
                    // What is too large as a whole may be had smaller.
                    MediaKind::Image | MediaKind::Unknown => [full, still],
                    // Of some sources it is a GIF indeed, of others a video.
                    MediaKind::Gif => [still, full.filter(|_| still.is_none())],
                    MediaKind::Video | MediaKind::Audio => [still, None],
                }
            }
        };
        found.into_iter().flatten().collect()
    }

    /// All its pictures.
    pub fn pictures(&self) -> impl Iterator<Item = Which> {
        let all = [Which::Avatar, Which::Card].into_iter();
        all.chain((0..self.media.len()).map(Which::Media))
            .chain((0..self.emojis.len()).map(Which::Emoji))
            .filter(|which| !self.picture(*which).is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_each_picture_has_one() {
        for name in ["avatar", "card", "0", "31", "emoji-0", "emoji-499"] {
            assert_eq!(name.parse::<Which>().unwrap().to_string(), name);
        }
        for name in [
            "", "01", "+1", "-1", "emoji-", "emoji-00", "Avatar", "0/../1",
        ] {
            assert_eq!(name.parse::<Which>(), Err(NoPicture), "{name}");
        }
    }

    #[test]
    fn videos_have_their_still_and_pictures_both_sizes() {
        let post: Post = serde_json::from_value(serde_json::json!({
            "id": "a", "source": "test", "author": {"id": "b", "avatar": "A"}, "created_at": "2019-11-06T09:31:07Z",
            "media": [
                {"kind": "image", "url": "full", "preview": "small"},
                {"kind": "video", "url": "film", "preview": "still"},
                {"kind": "video", "url": "film"},
                {"kind": "gif", "url": "loop"},
                {"kind": "audio", "url": "sound"},
            ],
            "emojis": [{"shortcode": "x", "url": "E"}],
        }))
        .unwrap();
        let at = |index| post.picture(Which::Media(index));
        assert_eq!(at(0), ["full", "small"]);
        assert_eq!(at(1), ["still"]);
        assert!(at(2).is_empty() && at(4).is_empty() && at(5).is_empty());
        assert_eq!(at(3), ["loop"]);
        let names: Vec<_> = post.pictures().map(|which| which.to_string()).collect();
        assert_eq!(names, ["avatar", "0", "1", "3", "emoji-0"]);
    }
}
