//! A page of statuses as a Mastodon server might send it, through to what the wall keeps.
#![no_main]

use buzzwall::feed::mastodon::convert::statuses;
use libfuzzer_sys::fuzz_target;

mod wall;

fuzz_target!(|bytes: &[u8]| {
    for read in statuses(bytes, "example.org").unwrap_or_default() {
        wall::take(read.item);
    }
});
