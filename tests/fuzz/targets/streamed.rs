//! What a Mastodon server might send by itself: a WebSocket's message and server-sent events, through to what the wall keeps.
#![no_main]

use std::sync::LazyLock;

use buzzwall::feed::mastodon::convert::status;
use buzzwall::feed::mastodon::streamed;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

mod wall;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime starts"));

fuzz_target!(|bytes: &[u8]| {
    for json in RUNTIME.block_on(streamed(bytes.to_vec())) {
        if let Ok(read) = status(json.as_bytes(), "example.org") {
            wall::take(read.item);
        }
    }
});
