//! A post as `import` would hand it over: what is stored reads back as it was.
#![no_main]

use buzzwall::feed::Item;
use buzzwall::intake::{Content, Prepared};
use libfuzzer_sys::fuzz_target;

mod wall;

fuzz_target!(|bytes: &[u8]| {
    let Ok(post) = serde_json::from_slice(bytes) else { return };
    if let Prepared::Post(arrival) = wall::take(Item::Post(Box::new(post))) {
        assert_eq!(&Content::parse(&arrival.content.json).expect("it was written here"), arrival.content.as_ref());
    }
});
