//! A file as a site might serve it in place of a feed, through to what the wall keeps.
#![no_main]

use buzzwall::feed::rss::convert::{About, items};
use buzzwall::feed::rss::document;
use buzzwall::intake::{Context, prepare};
use buzzwall::text::Query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let url = "https://feeds.example.org/tags/x.rss".parse().expect("it is an address");
    let Ok(document) = document::read(bytes, &url) else { return };
    let query = Query::default();
    let now = "2026-01-01T00:00:00Z".parse().expect("it is a time");
    let about = About { url: &url, feed: &url, tags: &[], now };
    let context = Context {
        query: &query,
        own: None,
        news_since: None,
        salt: "salt",
        from: "fuzz",
        is_known: &|_| false,
        now,
    };
    for read in items(document, &about) {
        std::hint::black_box(prepare(read.item, context));
    }
});
