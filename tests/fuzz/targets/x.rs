//! An answer as X might give it, through to what the wall keeps.
#![no_main]

use buzzwall::feed::x::convert::{answer, counts};
use buzzwall::intake::{Context, prepare};
use buzzwall::text::Query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    std::hint::black_box(counts(bytes, "x").ok());
    let Ok(answer) = answer(bytes) else { return };
    let query = Query::default();
    let now = "2026-01-01T00:00:00Z".parse().expect("it is a time");
    let context = Context {
        query: &query,
        own: None,
        news_since: None,
        salt: "salt",
        from: "fuzz",
        is_known: &|_| false,
        now,
    };
    for item in answer.items {
        std::hint::black_box(prepare(item, context));
    }
});
