//! An event of Nostr as a relay might send it, before its signature is looked at.
#![no_main]

use buzzwall::feed::nostr::convert::unverified;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let read = unverified(bytes).map(buzzwall::post::Post::bounded);
    std::hint::black_box(read.ok());
});
