//! A file as a site might serve it in place of a feed, through to what the wall keeps.
#![no_main]

use buzzwall::feed::rss::convert::{About, items};
use buzzwall::feed::rss::document;
use libfuzzer_sys::fuzz_target;

mod wall;

// The parser may panic; `document` is there to catch it, and only what is not caught counts.
fuzz_target!(init: drop(std::panic::take_hook()), |bytes: &[u8]| {
    let url = "https://feeds.example.org/tags/x.rss".parse().expect("it is an address");
    let Ok(document) = document::read(bytes, &url) else { return };
    let now = "2026-01-01T00:00:00Z".parse().expect("it is a time");
    let about = About { url: &url, feed: &url, tags: &[], now };
    for read in items(document, &about) {
        wall::take(read.item);
    }
});
