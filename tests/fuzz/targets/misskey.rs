//! A note as a server of Misskey might send it.
#![no_main]

use buzzwall::feed::misskey::note::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = serde_json::from_slice(bytes) {
        std::hint::black_box(read(&note, "https://example.org"));
    }
});
