//! Bounds on what one post may carry, and the trimming that keeps a post within them.
//!
//! Every source is a stranger: these hold whatever a feed's own decoder let through.

use super::{Facet, Post};

/// Longest text taken, in bytes. Long-form servers allow some 100,000 characters; nobody reads that on a wall,
/// but the words are the author's, so the bound only keeps out what is not a post.
pub const MAX_TEXT_BYTES: usize = 200_000;
/// Facets kept; later ones lose their mark, not their text.
pub const MAX_FACETS: usize = 500;
/// Hashtags kept.
pub const MAX_HASHTAGS: usize = 200;
/// Attachments kept; some servers allow sixteen.
pub const MAX_MEDIA: usize = 32;

/// Why a post cannot be taken at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// The text is longer than [`MAX_TEXT_BYTES`].
    #[error("text of {0} bytes is longer than {MAX_TEXT_BYTES}")]
    Text(usize),
    /// The id is empty or longer than 2,048 bytes.
    #[error("id of {0} bytes; 1 to 2048 are taken")]
    Id(usize),
    /// The author's id is empty or longer than 2,048 bytes.
    #[error("author id of {0} bytes; 1 to 2048 are taken")]
    AuthorId(usize),
}

impl Post {
    /// Brings the post within the bounds: drops facets that point nowhere, overlap or exceed their number, and
    /// surplus hashtags and media.
    ///
    /// # Errors
    /// Where the post cannot be taken at all, says which bound it breaks.
    pub fn bounded(mut self) -> Result<Self, Limit> {
        let bound = |n: usize| (1..=2048).contains(&n);
        if !bound(self.id.as_str().len()) {
            return Err(Limit::Id(self.id.as_str().len()));
        }
        if !bound(self.author.id.as_str().len()) {
            return Err(Limit::AuthorId(self.author.id.as_str().len()));
        }
        if self.text.len() > MAX_TEXT_BYTES {
            return Err(Limit::Text(self.text.len()));
        }
        self.facets = sound(std::mem::take(&mut self.facets), &self.text);
        self.hashtags.truncate(MAX_HASHTAGS);
        self.media.truncate(MAX_MEDIA);
        self.emojis.truncate(MAX_FACETS);
        Ok(self)
    }
}

/// Keeps the facets that lie on character boundaries of `text`, in order, without overlap.
fn sound(mut facets: Vec<Facet>, text: &str) -> Vec<Facet> {
    facets.sort_by_key(|facet| (facet.start, facet.end));
    let mut reached = 0;
    facets.retain(|facet| {
        let fits = facet.start >= reached
            && facet.start < facet.end
            && text.is_char_boundary(facet.start)
            && text.is_char_boundary(facet.end)
            && facet.end <= text.len();
        if fits {
            reached = facet.end;
        }
        fits
    });
    facets.truncate(MAX_FACETS);
    facets
}
