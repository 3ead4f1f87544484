//! Bytes that a stranger's server sends as a picture: what is served of them is a picture, no larger than asked for.
#![no_main]

use std::panic::catch_unwind;

use buzzwall::media::shrink::{narrowed, shrunk};
use libfuzzer_sys::fuzz_target;

// A decoder may panic; its thread ends with it, and only what is not caught there counts.
fuzz_target!(init: drop(std::panic::take_hook()), |bytes: &[u8]| {
    let Ok(Ok(made)) = catch_unwind(|| shrunk(bytes, 640)) else { return };
    let narrow = narrowed(&made, 96).expect("what was made here can be read");
    let last = narrow.unwrap_or(made);
    assert!(last.bytes.starts_with(b"\xff\xd8") || last.bytes.starts_with(b"\x89PNG"));
});
