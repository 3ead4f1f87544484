//! A message as a relay of Nostr might send it, through to what the wall keeps; no signature is looked at.
#![no_main]

use buzzwall::feed::Item;
use buzzwall::feed::nostr::convert::unverified_message;
use libfuzzer_sys::fuzz_target;

mod wall;

fuzz_target!(|text: &str| {
    if let Some(post) = unverified_message(text) {
        wall::take(Item::Post(Box::new(post)));
    }
});
