//! Pictures that stand in an item's HTML, for feeds that name them nowhere else.

use std::cell::RefCell;

use html5ever::buffer_queue::BufferQueue;
use html5ever::local_name;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use url::Url;

use crate::post::{Media, MediaKind};
use crate::text::clean;
use crate::text::plain::web_address;

/// Most pictures taken.
const MAX_IMAGES: usize = 4;
/// Pictures not larger than this, in pixels, are there to count readers.
const TRACKER: u32 = 2;

/// The pictures of a piece of HTML, in order. `base` is where its relative addresses start.
pub(super) fn images(html: &str, base: Option<&Url>) -> Vec<Media> {
    if !html.contains('<') {
        return Vec::new();
    }
    let sink = Pictures {
        base,
        found: RefCell::default(),
    };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let _end = tokenizer.feed(&input);
    tokenizer.sink.found.into_inner()
}

struct Pictures<'a> {
    base: Option<&'a Url>,
    found: RefCell<Vec<Media>>,
}

impl TokenSink for Pictures<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(Tag {
            kind: TagKind::StartTag,
            name: local_name!("img"),
            attrs,
            ..
        }) = token
        {
            let value = |name: &str| {
                let attribute = attrs
                    .iter()
                    .find(|attribute| *attribute.name.local == *name);
                attribute.map(|attribute| attribute.value.trim())
            };
            let pixels = |name: &str| value(name).and_then(|text| text.parse::<u32>().ok());
            let (width, height) = (pixels("width"), pixels("height"));
            let source = value("src").unwrap_or_default();
            let absolute = match self.base {
                Some(base) => base.join(source).ok().map(String::from),
                None => Some(source.to_owned()),
            };
            let url = absolute.as_deref().and_then(web_address);
            let seen = width.is_none_or(|w| w > TRACKER) && height.is_none_or(|h| h > TRACKER);
            let mut found = self.found.borrow_mut();
            if !source.is_empty() && url.is_some() && seen && found.len() < MAX_IMAGES {
                found.push(Media {
                    kind: MediaKind::Image,
                    url,
                    preview: None,
                    alt: value("alt").map(clean).filter(|alt| !alt.is_empty()),
                    width,
                    height,
                    blurhash: None,
                });
            }
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_and_trackers_are_not() {
        let html = "<p>a<img src='/a.png' alt='An &amp; a'><img src='https://count.example/x' width=1 height=1>\
                    <img src='data:image/png;base64,x'><img><img src=\"javascript:x\"></p>";
        let base: Url = "https://example.org/post".parse().unwrap();
        let found = images(html, Some(&base));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].url.as_deref(), Some("https://example.org/a.png"));
        assert_eq!(found[0].alt.as_deref(), Some("An & a"));
    }
}
