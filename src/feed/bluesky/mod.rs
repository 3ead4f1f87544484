//! Bluesky, live through Jetstream, without an account.
//!
//! Jetstream sends every post there is; `sieve` finds the few that are wanted. Such a post is only its author's record:
//! who wrote it, under which name, with which labels, the `AppView` tells, and nothing is handed over before it did. An
//! app password lets the feed search for what was written before. `wire`, `sieve`, `labels`, `facets`, `embed` and
//! [`convert`] are pure; `stream` holds the connection, `client` asks, `hydrate` and `search` keep what is asked for, and
//! `read` is the feed.

mod client;
pub mod convert;
mod embed;
mod facets;
mod host;
mod hydrate;
mod inflate;
mod labels;
mod one;
mod people;
mod position;
mod read;
mod search;
mod sieve;
mod stream;
pub mod wire;

pub use one::one;

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use self::host::Host;
use super::{Feed, FeedContext, FeedError};
use crate::duration::Span;
use crate::secret::Secret;

/// The source of all posts from here, and the head of their ids.
pub const SOURCE: &str = "bluesky";
/// Where the public finds what the network knows.
pub(super) const APPVIEW: &str = "https://public.api.bsky.app";
/// Where most accounts live.
const PDS: &str = "https://bsky.social";
/// Bluesky's own hosts, two of either generation (<https://github.com/bluesky-social/jetstream>).
const PUBLIC: [&str; 4] = [
    "wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
    "wss://jetstream.us-west.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
    "wss://jetstream2.us-east.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe",
];
/// Shortest and longest silence taken. A stream of a small network of one's own may well be silent for a day.
const SILENCE: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(24);
/// Most hosts taken.
const MOST_HOSTS: usize = 20;
/// Longest time that is read again at the first start. Hosts keep about a day.
const LOOKBACK: Duration = Duration::from_hours(36);

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Jetstream's hosts, of which one is read and the others are there for when it fails.
    #[serde(default = "public")]
    pub jetstream: Vec<String>,
    /// After this long without an event a host counts as dead and the next one is read.
    #[serde(default = "ten_seconds")]
    pub silence: Span,
    /// Whether hosts are asked to compress, which halves what comes over the network.
    #[serde(default)]
    pub compress: bool,
    /// How far back the stream is read at the very first start.
    #[serde(default = "a_quarter")]
    pub lookback: Span,
    /// Where authors, pictures and labels are asked for.
    #[serde(default = "appview")]
    pub appview: String,
    /// Where the account below lives.
    #[serde(default = "pds")]
    pub pds: String,
    /// An account's handle, to search for what was written before.
    #[serde(default)]
    pub account: Option<String>,
    /// An app password of that account.
    #[serde(default)]
    pub app_password: Option<Secret>,
    /// Posts that the very first start searches for, where the wall has no `from`; 0: none, whatever `from` says.
    #[serde(default = "four_hundred")]
    pub backfill: u32,
}

fn public() -> Vec<String> {
    PUBLIC.map(str::to_owned).to_vec()
}

fn ten_seconds() -> Span {
    Span(Duration::from_secs(10))
}

fn a_quarter() -> Span {
    Span(Duration::from_mins(15))
}

fn appview() -> String {
    APPVIEW.to_owned()
}

fn pds() -> String {
    PDS.to_owned()
}

fn four_hundred() -> u32 {
    400
}

impl Settings {
    /// Reads the target of `--feed KIND=TARGET`: hosts with commas between them; without any, Bluesky's own.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let named = target
            .split(',')
            .map(str::trim)
            .filter(|host| !host.is_empty());
        let named: Vec<String> = named.map(str::to_owned).collect();
        let settings = Self {
            jetstream: if named.is_empty() { public() } else { named },
            silence: ten_seconds(),
            compress: false,
            lookback: a_quarter(),
            appview: appview(),
            pds: pds(),
            account: None,
            app_password: None,
            backfill: four_hundred(),
        };
        settings.validate()?;
        Ok(settings)
    }

    /// What it reads, for its name.
    pub fn target(&self) -> String {
        if self.jetstream == public() {
            return "bsky.network".to_owned();
        }
        let names = self.jetstream.iter().map(|host| {
            Host::parse(host).map_or_else(|_| host.clone(), |host| host.name.to_string())
        });
        names.collect::<Vec<_>>().join(",")
    }

    /// Checks the settings.
    pub fn validate(&self) -> Result<(), String> {
        if self.jetstream.is_empty() {
            return Err(format!("no Jetstream host is given; {}", host::HOW));
        }
        if self.jetstream.len() > MOST_HOSTS {
            return Err(format!(
                "{} Jetstream hosts are too many; name at most {MOST_HOSTS}",
                self.jetstream.len()
            ));
        }
        for host in &self.jetstream {
            Host::parse(host)?;
        }
        if !SILENCE.contains(&self.silence.0) {
            return Err(format!(
                "a silence of {} is not possible; write one from 100ms to 1d, such as \"10s\"",
                self.silence
            ));
        }
        if self.lookback.0 > LOOKBACK {
            return Err(format!(
                "a lookback of {} is not possible: hosts keep about a day; write one up to 36h, such as \"15m\"",
                self.lookback
            ));
        }
        server(&self.appview, "appview")?;
        server(&self.pds, "pds")?;
        match (&self.account, &self.app_password) {
            (Some(_), None) => Err(
                "an account is given without app_password; make one in Bluesky's settings under Privacy and security"
                    .to_owned(),
            ),
            (None, Some(_)) => Err("app_password is given without account; write its handle".to_owned()),
            _ => Ok(()),
        }
    }
}

/// The address under a key.
pub(super) fn server(text: &str, key: &str) -> Result<Url, String> {
    super::address::server(text, APPVIEW).map_err(|error| format!("{key}: {error}"))
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    if !context.wanted.by_tags() && !context.wanted.by_people() {
        return Err(FeedError::Misconfigured(
            "a bluesky feed reads hashtags or people; give the wall at least one hashtag"
                .to_owned(),
        ));
    }
    Ok(Box::new(read::Reader::new(settings, context)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_taken_as_people_write_them() {
        for (target, expected) in [
            ("", "bsky.network"),
            ("jetstream.example", "jetstream.example"),
            (
                "wss://Jetstream.Example/subscribe, ws://127.0.0.1:6008/subscribe",
                "jetstream.example,127.0.0.1:6008",
            ),
        ] {
            assert_eq!(Settings::from_target(target).unwrap().target(), expected);
        }
        for target in [
            "https://jetstream.example",
            "wss://",
            "wss://ada:secret@jetstream.example",
            "wss://jetstream.example/elsewhere",
        ] {
            assert!(Settings::from_target(target).is_err(), "{target}");
        }
    }

    #[test]
    fn settings_have_defaults_and_no_unknown_keys() {
        let settings: Settings = toml::from_str("").unwrap();
        assert_eq!(settings, Settings::from_target("").unwrap());
        let error = toml::from_str::<Settings>("server = 1").unwrap_err();
        assert!(error.to_string().contains("server"), "{error}");
        for (text, word) in [
            ("account = \"ada.example\"", "app_password"),
            ("app_password = \"x\"", "account"),
            ("silence = \"1ms\"", "silence"),
            ("lookback = \"7d\"", "lookback"),
            ("appview = \"ftp://x\"", "appview"),
            ("jetstream = []", "no Jetstream host"),
        ] {
            let settings: Settings = toml::from_str(text).unwrap();
            let error = settings.validate().unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
