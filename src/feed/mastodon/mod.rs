//! Any server that speaks the Mastodon API, read by its timelines: those of hashtags and, beside them, those of people.
//!
//! [`convert`] turns answers into posts, `progress` decides what to ask next; both are pure. `read` and `client` do the
//! asking, and the other files hold one idea each.

mod api;
mod budget;
mod channel;
mod client;
pub mod convert;
mod cursor;
mod group;
mod instance;
mod known;
mod live;
mod one;
mod people;
mod progress;
mod read;
mod timeline;

pub use channel::statuses as streamed;
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

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The server's address; a bare host means https.
    pub server: String,
    /// A person's access token, where the server shows hashtags to nobody else.
    #[serde(default)]
    pub token: Option<Secret>,
    /// Whether new posts are had by the streaming API, which servers give only to a token.
    #[serde(default = "yes")]
    pub stream: bool,
    /// After this long without a sign of life a stream counts as dead.
    #[serde(default = "three_quarters_of_a_minute")]
    pub silence: Span,
    /// How often new posts are asked for.
    #[serde(default = "ten_seconds")]
    pub interval: Span,
    /// Posts that the very first start walks back, where the wall has no `from`; 0: none, whatever `from` says.
    #[serde(default = "four_hundred")]
    pub backfill: u32,
}

fn ten_seconds() -> Span {
    Span(Duration::from_secs(10))
}

fn yes() -> bool {
    true
}

fn three_quarters_of_a_minute() -> Span {
    Span(Duration::from_secs(45))
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
            stream: true,
            silence: three_quarters_of_a_minute(),
            interval: ten_seconds(),
            backfill: four_hundred(),
        };
        settings.validate()?;
        Ok(settings)
    }

    /// What it reads, for its name: the server's address in one spelling.
    pub fn target(&self) -> String {
        address(&self.server).map_or_else(
            |_| self.server.clone(),
            |url| url.as_str().trim_end_matches('/').to_owned(),
        )
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
        if !INTERVAL.contains(&self.silence.0) {
            return Err(format!(
                "a silence of {} is not possible; write one from 100ms to 1h, such as \"45s\"",
                self.silence
            ));
        }
        Ok(())
    }
}

/// The server's address.
fn address(server: &str) -> Result<Url, String> {
    super::address::server(server, "https://mastodon.social")
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    let server = address(&settings.server).map_err(FeedError::Misconfigured)?;
    let token = settings
        .token
        .as_ref()
        .map(Secret::reveal)
        .transpose()
        .map_err(|error| FeedError::Misconfigured(error.to_string()))?;
    let token = token
        .as_deref()
        .map(str::trim)
        .filter(|token| !token.is_empty());
    let wanted = context.wanted;
    if !wanted.by_tags() && !wanted.by_people() {
        return Err(FeedError::Misconfigured(
            "a mastodon feed reads hashtags and people; give the wall at least one hashtag, or this feed accounts".to_owned(),
        ));
    }
    // Only hashtags are streamed.
    let streaming = token
        .filter(|_| settings.stream && wanted.by_tags())
        .map(|token| live::Streaming {
            token: token.to_owned(),
            tags: group::streams(&wanted.tags),
            people: wanted.by_people(),
            agent: context.agent,
            silence: settings.silence.0,
            http: context.http.clone(),
            clock: context.clock.clone(),
        });
    let client = client::Client::new(context.http, server, token, context.clock.clone())?
        .quoting(context.quotes);
    let asked = read::Asked {
        wanted,
        on_wall: context.on_wall,
        from: context.from,
        clock: context.clock,
        rng: context.rng,
    };
    let reader = read::Reader::new(client, settings, asked);
    Ok(match streaming {
        Some(streaming) => Box::new(live::Live::new(reader, streaming)),
        None => Box::new(reader),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_taken_as_people_write_them() {
        for (server, expected) in [
            ("mastodon.social", "https://mastodon.social"),
            ("https://Mastodon.Social/", "https://mastodon.social"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("localhost:3000", "https://localhost:3000"),
            ("http://[::1]:80/", "http://[::1]"),
        ] {
            assert_eq!(Settings::from_target(server).unwrap().target(), expected);
        }
        for server in [
            "",
            "ftp://example.org",
            "https://",
            "https://example.org/tags/rust",
            "https://ada:secret@example.org",
            "https://example.org?x",
        ] {
            let error = Settings::from_target(server).unwrap_err();
            assert!(error.contains("write its address"), "{error}");
        }
    }

    #[test]
    fn settings_have_defaults_and_no_unknown_keys() {
        let settings: Settings = toml::from_str("server = \"example.org\"").unwrap();
        assert_eq!(settings, Settings::from_target("example.org").unwrap());
        assert_eq!(settings.interval.0, Duration::from_secs(10));
        assert_eq!(settings.backfill, 400);
        let error =
            toml::from_str::<Settings>("server = \"example.org\"\ninstance = 1").unwrap_err();
        assert!(error.to_string().contains("instance"), "{error}");
        let fast: Settings =
            toml::from_str("server = \"example.org\"\ninterval = \"1ms\"").unwrap();
        assert!(fast.validate().is_err());
    }
}
