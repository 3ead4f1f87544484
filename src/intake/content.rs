//! What a post says, as the wall keeps it: its JSON, ready to be sent, and the few members that are read from it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::post::{Post, null_as_default};

/// A post's JSON and who wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// The post in the contract's form, without its standing.
    pub json: Arc<str>,
    /// Its id.
    pub id: Arc<str>,
    /// Its author's id.
    pub author_id: Arc<str>,
    /// Its author's handle.
    pub handle: Arc<str>,
    /// Its author's display name.
    pub name: Arc<str>,
    /// Last edit.
    pub edited_at: Option<Timestamp>,
    /// Whether its author allows that it is kept and quoted after the event.
    pub indexable: bool,
    pictures: Pictures,
}

/// A fingerprint of where a post's pictures lie, taken when it is first asked for: a journal is folded without it.
#[derive(Debug, Clone, Default)]
struct Pictures(OnceLock<Option<[u8; 32]>>);

impl PartialEq for Pictures {
    /// It follows from the JSON.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Where a post's pictures lie.
#[derive(Deserialize)]
struct Pictured<'a> {
    #[serde(borrow)]
    author: PicturedAuthor<'a>,
    #[serde(default, borrow, deserialize_with = "null_as_default")]
    media: Vec<PicturedMedia<'a>>,
    #[serde(default, borrow)]
    card: Option<PicturedCard<'a>>,
    #[serde(default, borrow, deserialize_with = "null_as_default")]
    emojis: Vec<PicturedEmoji<'a>>,
}

#[derive(Deserialize)]
struct PicturedAuthor<'a> {
    #[serde(default, borrow)]
    avatar: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct PicturedMedia<'a> {
    #[serde(default, borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    preview: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct PicturedCard<'a> {
    #[serde(default, borrow)]
    image: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct PicturedEmoji<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
}

/// Of all addresses in their order; nothing where none of them is on the web: this server's own are used as they are.
fn fingerprint(json: &str) -> Option<[u8; 32]> {
    let post: Pictured<'_> = serde_json::from_str(json).ok()?;
    let media = post.media.iter();
    let media = media.flat_map(|media| [media.url.as_deref(), media.preview.as_deref()]);
    let card = post.card.as_ref().and_then(|card| card.image.as_deref());
    let emojis = post.emojis.iter().map(|emoji| Some(&*emoji.url));
    let all = [post.author.avatar.as_deref(), card].into_iter();
    let mut hash = Sha256::new();
    let mut any = false;
    for address in all.chain(media).chain(emojis) {
        let address = address.unwrap_or_default();
        any |= address.starts_with("http");
        hash.update((address.len() as u64).to_be_bytes());
        hash.update(address);
    }
    any.then(|| hash.finalize().into())
}

/// The few members that are read back from a stored post.
#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    author: StoredAuthor<'a>,
    #[serde(default)]
    edited_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct StoredAuthor<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(default, borrow)]
    handle: Cow<'a, str>,
    #[serde(default, borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    indexable: Option<bool>,
}

impl Content {
    /// Takes a post as it comes from intake.
    pub fn of(post: &Post) -> Result<Self, serde_json::Error> {
        Ok(Self {
            json: serde_json::to_string(post)?.into(),
            id: post.id.as_str().into(),
            author_id: post.author.id.as_str().into(),
            handle: post.author.handle.as_str().into(),
            name: post.author.name.as_str().into(),
            edited_at: post.edited_at,
            indexable: post.author.indexable != Some(false),
            pictures: Pictures::default(),
        })
    }

    /// Reads back what [`Content::of`] made.
    pub fn parse(json: &Arc<str>) -> Result<Self, serde_json::Error> {
        let stored: Stored<'_> = serde_json::from_str(json)?;
        Ok(Self {
            id: stored.id.as_ref().into(),
            author_id: stored.author.id.as_ref().into(),
            handle: stored.author.handle.as_ref().into(),
            name: stored.author.name.as_ref().into(),
            edited_at: stored.edited_at,
            indexable: stored.author.indexable != Some(false),
            pictures: Pictures::default(),
            json: json.clone(),
        })
    }

    /// The post in full.
    pub fn post(&self) -> Result<Post, serde_json::Error> {
        serde_json::from_str(&self.json)
    }

    /// A fingerprint of where its pictures lie; nothing where it has none that are to be fetched.
    pub fn pictures(&self) -> Option<[u8; 32]> {
        *self.pictures.0.get_or_init(|| fingerprint(&self.json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures(members: &str) -> Option<[u8; 32]> {
        let json = format!(
            r#"{{"id":"a","author":{{"id":"b","avatar":null}},"media":[],"card":null{members}}}"#
        );
        Content::parse(&json.into()).unwrap().pictures()
    }

    #[test]
    fn pictures_are_told_apart_by_their_addresses() {
        assert_eq!(pictures(""), None);
        let own = r#","emojis":[{"shortcode":"x","url":"/assets/x.png"}]"#;
        assert_eq!(pictures(own), None);
        let one = pictures(r#","emojis":[{"shortcode":"x","url":"https://a/\u00e9.png"}]"#);
        assert!(one.is_some());
        let same = r#","poll":null,"emojis":[{"shortcode":"y","url":"https://a/é.png"}]"#;
        assert_eq!(pictures(same), one);
        let other = r#","emojis":[{"shortcode":"x","url":"https://a/e.png"}]"#;
        assert_ne!(pictures(other), one);
    }
}
