//! Web pages that stand where a feed was expected: which feeds they name.

use std::cell::RefCell;

use html5ever::buffer_queue::BufferQueue;
use html5ever::local_name;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use url::Url;

/// How much of a page is looked at; feeds are named in its head.
const LOOKED_AT_BYTES: usize = 256 * 1024;
/// Most feeds named.
const MAX_FEEDS: usize = 5;

/// Whether a document is a web page and no feed.
pub(super) fn is_page(body: &[u8]) -> bool {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let start = text.trim_ascii_start();
    let start = start[..start.len().min(2048)].to_ascii_lowercase();
    if start.starts_with(b"<!doctype html") || start.starts_with(b"<html") {
        return true;
    }
    // A comment or an XML declaration may come first; a feed has its own root behind it.
    start.starts_with(b"<")
        && memchr::memmem::find(&start, b"<html").is_some()
        && [b"<rss".as_slice(), b"<feed", b"<rdf:rdf"]
            .iter()
            .all(|root| memchr::memmem::find(&start, root).is_none())
}

/// The addresses of the feeds that a page names (`<link rel="alternate">`, <https://www.rssboard.org/rss-autodiscovery>).
pub(super) fn feeds(body: &[u8], base: &Url) -> Vec<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT_BYTES)]);
    let tokenizer = Tokenizer::new(Links(RefCell::default()), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&text));
    let _end = tokenizer.feed(&input);
    let found = tokenizer.sink.0.into_inner();
    let absolute = found.iter().filter_map(|href| base.join(href).ok());
    absolute.map(String::from).collect()
}

struct Links(RefCell<Vec<String>>);

impl TokenSink for Links {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(Tag {
            kind: TagKind::StartTag,
            name: local_name!("link"),
            attrs,
            ..
        }) = token
        {
            let value = |name: &str| {
                let attribute = attrs
                    .iter()
                    .find(|attribute| *attribute.name.local == *name);
                attribute.map(|attribute| attribute.value.trim().to_owned())
            };
            let alternate = value("rel").is_some_and(|rel| {
                rel.split_ascii_whitespace()
                    .any(|word| word.eq_ignore_ascii_case("alternate"))
            });
            let kind = value("type").unwrap_or_default().to_ascii_lowercase();
            let is_feed = matches!(
                kind.as_str(),
                "application/rss+xml" | "application/atom+xml" | "application/feed+json"
            );
            let mut found = self.0.borrow_mut();
            if let Some(href) = value("href")
                && alternate
                && is_feed
                && found.len() < MAX_FEEDS
            {
                found.push(href);
            }
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_feeds() {
        for (body, page) in [
            ("<!DOCTYPE html><title>x</title>", true),
            ("\u{feff}\n <HTML>", true),
            ("<!-- hello --><html lang=en>", true),
            (
                "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"\" \"\"><html>",
                true,
            ),
            (
                "<?xml version=\"1.0\"?><rss><channel><title>&lt;html</title>",
                false,
            ),
            (
                "<feed xmlns=\"http://www.w3.org/2005/Atom\"><!-- <html> -->",
                false,
            ),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(is_page(body.as_bytes()), page, "{body}");
        }
    }

    #[test]
    fn the_feeds_of_a_page_are_named() {
        let page = "<html><head><link rel='stylesheet' href=a.css>\
                    <link REL='Alternate' TYPE='application/atom+xml' HREF='feed.atom'>\
                    <link rel='alternate' hreflang=de href='/de'>";
        let base = "https://example.org/blog/".parse().unwrap();
        assert_eq!(
            feeds(page.as_bytes(), &base),
            ["https://example.org/blog/feed.atom"]
        );
    }
}
