//! What a post says, as the wall keeps it: its JSON, ready to be sent, and the few members that are read from it.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use crate::post::Post;

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
            json: json.clone(),
        })
    }

    /// The post in full.
    pub fn post(&self) -> Result<Post, serde_json::Error> {
        serde_json::from_str(&self.json)
    }
}
