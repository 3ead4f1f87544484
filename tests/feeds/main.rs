//! What every feed has to do, whatever its source: one suite over all of them, each against a server on loopback that speaks
//! its protocol and fails as asked.

#![allow(
    clippy::allow_attributes,
    clippy::struct_excessive_bools,
    unreachable_pub,
    reason = "its files speak to each other alone"
)]

#[path = "../support/mod.rs"]
mod support;

mod bluesky;
mod bluesky_server;
mod copies;
mod exec;
mod hall;
mod ingest;
mod mastodon;
mod misskey;
mod network;
mod nostr;
mod outage;
mod quiet;
mod rig;
mod rss;
mod suite;
mod trends;
mod x;
