//! Nostr, read from any number of relays at once.
//!
//! A relay is a stranger: whatever it sends is checked against what was asked for and against its author's signature.
//! `frame`, `asked`, `profile`, `content`, `convert` and `watch` are pure; `relay` holds one connection, and `read` is the feed.

mod asked;
mod content;
pub mod convert;
mod cursor;
mod frame;
mod profile;
mod read;
mod relay;
mod watch;

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{Feed, FeedContext, FeedError};
use crate::duration::Span;

/// Shortest and longest silence taken.
const SILENCE: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_mins(10);
/// Most relays taken: each is a connection that costs the wall and the relay.
const MOST_RELAYS: usize = 20;

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The relays' addresses; a bare host means wss.
    pub relays: Vec<String>,
    /// After this long without a word from a relay, not even an answer to a ping, it is connected to again.
    #[serde(default = "a_minute")]
    pub silence: Span,
    /// Posts that the very first start walks back at each relay, where the wall has no `from`; 0: none, whatever `from` says.
    #[serde(default = "four_hundred")]
    pub backfill: u32,
}

fn a_minute() -> Span {
    Span(Duration::from_mins(1))
}

fn four_hundred() -> u32 {
    400
}

impl Settings {
    /// Reads the target of `--feed KIND=TARGET`: relays with commas between them.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let relays = target
            .split(',')
            .map(str::trim)
            .filter(|relay| !relay.is_empty());
        let settings = Self {
            relays: relays.map(str::to_owned).collect(),
            silence: a_minute(),
            backfill: four_hundred(),
        };
        settings.validate()?;
        Ok(settings)
    }

    /// What it reads, for its name: the relays in one spelling.
    pub fn target(&self) -> String {
        let relays: Vec<String> = self
            .relays
            .iter()
            .map(|relay| address(relay).map_or_else(|_| relay.clone(), |url| name(&url)))
            .collect();
        relays.join(",")
    }

    /// Checks the settings.
    pub fn validate(&self) -> Result<(), String> {
        if self.relays.is_empty() {
            return Err(format!("no relay is given; {HOW}"));
        }
        if self.relays.len() > MOST_RELAYS {
            return Err(format!(
                "{} relays are too many; name at most {MOST_RELAYS}",
                self.relays.len()
            ));
        }
        let mut names = Vec::new();
        for relay in &self.relays {
            let name = name(&address(relay)?);
            if names.contains(&name) {
                return Err(format!("{name} is named twice; leave one out"));
            }
            names.push(name);
        }
        if !SILENCE.contains(&self.silence.0) {
            return Err(format!(
                "a silence of {} is not possible; write one from 100ms to 10m, such as \"60s\"",
                self.silence
            ));
        }
        Ok(())
    }
}

const HOW: &str = "write a relay's address, such as wss://relay.damus.io";

/// A relay's address as people write it: with or without `wss://`.
fn address(relay: &str) -> Result<Url, String> {
    let relay = relay.trim();
    let full = if relay.contains("://") {
        relay.to_owned()
    } else {
        format!("wss://{relay}")
    };
    let url =
        Url::parse(&full).map_err(|error| format!("{relay:?} is no relay: {error}; {HOW}"))?;
    if !matches!(url.scheme(), "ws" | "wss") || url.host_str().is_none() {
        return Err(format!("{relay:?} is no relay; {HOW}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "a relay is not asked with a name and password; {HOW}"
        ));
    }
    Ok(url)
}

/// A relay in one spelling.
fn name(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    let relays = settings.relays.iter().map(|relay| address(relay));
    let relays: Vec<Url> = relays
        .collect::<Result<_, _>>()
        .map_err(FeedError::Misconfigured)?;
    Ok(Box::new(read::Reader::new(settings, relays, context)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relays_are_taken_as_people_write_them() {
        for (target, expected) in [
            ("wss://relay.example", "wss://relay.example"),
            ("relay.example", "wss://relay.example"),
            (
                "WSS://Relay.Example/, ws://127.0.0.1:7777",
                "wss://relay.example,ws://127.0.0.1:7777",
            ),
            ("wss://relay.example/inbox", "wss://relay.example/inbox"),
        ] {
            assert_eq!(Settings::from_target(target).unwrap().target(), expected);
        }
        for target in [
            "",
            "https://relay.example",
            "wss://",
            "wss://ada:secret@relay.example",
            "wss://a,wss://a/",
        ] {
            assert!(Settings::from_target(target).is_err(), "{target}");
        }
    }

    #[test]
    fn settings_have_defaults_and_no_unknown_keys() {
        let settings: Settings = toml::from_str("relays = [\"relay.example\"]").unwrap();
        assert_eq!(settings, Settings::from_target("relay.example").unwrap());
        assert_eq!((settings.silence.0.as_secs(), settings.backfill), (60, 400));
        let error = toml::from_str::<Settings>("relays = []\nserver = 1").unwrap_err();
        assert!(error.to_string().contains("server"), "{error}");
        let quick: Settings = toml::from_str("relays = [\"a\"]\nsilence = \"1ms\"").unwrap();
        assert!(quick.validate().is_err());
    }
}
