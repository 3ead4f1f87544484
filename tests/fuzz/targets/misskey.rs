//! A note as a server of Misskey might send it, through to what the wall keeps.
#![no_main]

use buzzwall::feed::misskey::note::read;
use libfuzzer_sys::fuzz_target;

mod wall;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = serde_json::from_slice(bytes) {
        wall::take(read(&note, "https://example.org").item);
    }
});
