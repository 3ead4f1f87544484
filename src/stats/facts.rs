//! What is counted of a post beside who wrote it and when.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::post::{MediaKind, Post, Source};
use crate::text::{Tag, hashtag};

/// The part of a post that is counted and says nothing of the person. It stands in the journal's events, so that counts
/// outlive the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Where it was written.
    pub source: Source,
    /// Its language, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Arc<str>>,
    /// Its hashtags, folded, each once: those that its source names, then others in its text.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub hashtags: Arc<[Arc<str>]>,
    /// Kinds of its attachments.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub media: Arc<[MediaKind]>,
}

fn is_empty<T>(list: &Arc<[T]>) -> bool {
    list.is_empty()
}

impl Facts {
    /// Reads them off a post.
    pub fn of(post: &Post) -> Self {
        let mut hashtags: Vec<Arc<str>> = Vec::with_capacity(post.hashtags.len());
        let found = hashtag::find(&post.text);
        let in_text = found
            .iter()
            .map(|range| hashtag::written(&post.text, range));
        let written = post.hashtags.iter().map(String::as_str).chain(in_text);
        for tag in written.filter_map(|tag| Tag::new(tag).ok()) {
            if !hashtags.iter().any(|known| **known == *tag.as_str()) {
                hashtags.push(tag.as_str().into());
            }
        }
        Self {
            source: post.source.clone(),
            language: post.language.as_deref().map(Arc::from),
            hashtags: hashtags.into(),
            media: post.media.iter().map(|media| media.kind).collect(),
        }
    }
}
