//! A page of statuses as a Mastodon server might send it, through to what the wall keeps.
#![no_main]

use buzzwall::feed::mastodon::convert::statuses;
use buzzwall::intake::prepare;
use buzzwall::text::Query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let now = "2026-01-01T00:00:00Z".parse().expect("it is a time");
    for read in statuses(bytes, "example.org").unwrap_or_default() {
        let prepared = prepare(read.item, &Query::default(), "salt", now);
        std::hint::black_box(prepared);
    }
});
