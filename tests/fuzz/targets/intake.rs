//! A post as `import` and `exec` would hand it over: what is stored reads back as it was.
#![no_main]

use buzzwall::feed::Item;
use buzzwall::intake::{Content, Context, Prepared, prepare};
use buzzwall::text::Query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(post) = serde_json::from_slice(bytes) else { return };
    let query = Query::default();
    let now = "2026-01-01T00:00:00Z".parse().expect("it is a time");
    let context = Context { query: &query, salt: "salt", from: "fuzz", is_known: &|_| false, now };
    if let Prepared::Post(arrival) = prepare(Item::Post(Box::new(post)), context) {
        assert_eq!(&Content::parse(&arrival.content.json).expect("it was written here"), arrival.content.as_ref());
    }
});
