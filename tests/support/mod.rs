//! What the tests of several files share.
#![allow(
    clippy::allow_attributes,
    dead_code,
    unreachable_pub,
    reason = "each test file uses its part of this"
)]

pub mod api;
pub mod binary;
pub mod bluesky;
pub mod host;
pub mod mastodon;
pub mod mastodon_streaming;
pub mod misskey;
pub mod nostr;
pub mod posts;
pub mod rss;
pub mod stream;
pub mod x;
