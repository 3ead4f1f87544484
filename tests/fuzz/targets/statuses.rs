//! A page of statuses as a Mastodon server might send it, through to what the wall keeps.
#![no_main]

use buzzwall::feed::mastodon::convert::statuses;
use buzzwall::intake::{Context, prepare};
use buzzwall::text::Query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let query = Query::default();
    let now = "2026-01-01T00:00:00Z".parse().expect("it is a time");
    let context = Context { query: &query, salt: "salt", from: "fuzz", is_known: &|_| false, now };
    for read in statuses(bytes, "example.org").unwrap_or_default() {
        let prepared = prepare(read.item, context);
        std::hint::black_box(prepared);
    }
});
