//! Misskey and what descends from it (Sharkey, Firefish, Iceshrimp), read by hashtag: streamed, or asked where the stream is
//! refused; and by people, whose timelines are asked.
//!
//! Its notes are `ActivityPub`'s, so they have the ids that the feed `mastodon` gives them: the same note read at a server of
//! either kind counts once, under one source. Only an account elsewhere, whose address Misskey does not tell, is known by
//! its handle, `misskey:@name@server`.

mod client;
mod mfm;
pub mod note;
mod one;
mod people;
mod read;

pub use one::one;

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{Feed, FeedContext, FeedError};
use crate::duration::Span;
use crate::secret::Secret;

/// Shortest and longest interval taken.
const INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(1);
/// Shortest and longest silence taken.
const SILENCE: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_mins(10);

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The server's address; a bare host means https.
    pub server: String,
    /// A person's access token, where the server shows hashtags to nobody else.
    #[serde(default)]
    pub token: Option<Secret>,
    /// How often new notes are asked for where the server does not stream.
    #[serde(default = "ten_seconds")]
    pub interval: Span,
    /// After this long without a word, not even an answer to a ping, the stream counts as broken.
    #[serde(default = "a_minute")]
    pub silence: Span,
    /// Notes that the very first start walks back, where the wall has no `from`; 0: none, whatever `from` says.
    #[serde(default = "four_hundred")]
    pub backfill: u32,
}

fn ten_seconds() -> Span {
    Span(Duration::from_secs(10))
}

fn a_minute() -> Span {
    Span(Duration::from_mins(1))
}

fn four_hundred() -> u32 {
    400
}

impl Settings {
    /// Reads the target of `--feed KIND=TARGET`.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let settings = Self {
            server: target.to_owned(),
            token: None,
            interval: ten_seconds(),
            silence: a_minute(),
            backfill: four_hundred(),
        };
        settings.validate()?;
        Ok(settings)
    }

    /// What it reads, for its name: the server's address in one spelling.
    pub fn target(&self) -> String {
        address(&self.server).map_or_else(|_| self.server.clone(), |url| home(&url))
    }

    /// Checks the settings.
    pub fn validate(&self) -> Result<(), String> {
        address(&self.server)?;
        if !INTERVAL.contains(&self.interval.0) {
            return Err(format!(
                "an interval of {} is not possible; write one from 100ms to 1h, such as \"10s\"",
                self.interval
            ));
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

/// The server's address.
fn address(server: &str) -> Result<Url, String> {
    super::address::server(server, "https://misskey.io")
}

/// A server's address without a final slash, as it stands at the head of its notes' ids.
fn home(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    let server = address(&settings.server).map_err(FeedError::Misconfigured)?;
    let token = settings.token.as_ref().map(Secret::reveal).transpose();
    let token = token.map_err(|error| FeedError::Misconfigured(error.to_string()))?;
    let token = token
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty());
    if !context.wanted.by_tags() && !context.wanted.by_people() {
        return Err(FeedError::Misconfigured(
            "a misskey feed reads hashtags and people; give the wall at least one hashtag, or this feed accounts".to_owned(),
        ));
    }
    Ok(Box::new(read::Reader::new(
        settings, server, token, context,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_taken_as_people_write_them() {
        for (server, expected) in [
            ("misskey.example", "https://misskey.example"),
            ("https://Misskey.Example/", "https://misskey.example"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ] {
            assert_eq!(Settings::from_target(server).unwrap().target(), expected);
        }
        for server in [
            "",
            "ftp://a.example",
            "https://a.example/tags/x",
            "https://a:b@c.example",
        ] {
            let error = Settings::from_target(server).unwrap_err();
            assert!(error.contains("write its address"), "{error}");
        }
    }

    #[test]
    fn settings_have_defaults_and_no_unknown_keys() {
        let settings: Settings = toml::from_str("server = \"a.example\"").unwrap();
        assert_eq!(settings, Settings::from_target("a.example").unwrap());
        assert!(toml::from_str::<Settings>("server = \"a.example\"\nrelay = 1").is_err());
        let quick: Settings = toml::from_str("server = \"a.example\"\nsilence = \"1ms\"").unwrap();
        assert!(quick.validate().is_err());
    }
}
