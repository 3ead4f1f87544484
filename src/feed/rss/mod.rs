//! Any RSS, Atom or JSON Feed, read as a file that is asked for again and again.
//!
//! [`document`] makes a feed of foreign bytes and [`convert`] posts of a feed; both are pure. `client` asks, `page` looks into
//! web pages that are no feeds, `state` knows what was seen already, and `read` puts them together.

mod bounds;
mod client;
pub mod convert;
pub mod document;
mod images;
mod page;
mod read;
mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{Feed, FeedContext, FeedError};
use crate::duration::Span;

/// Shortest and longest interval taken.
const INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(24);
/// Shortest and longest wait for an answer.
const TIMEOUT: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_mins(5);

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The feed's address; without `http://` it means https.
    pub url: String,
    /// How often it is asked for, where it does not itself say to ask less often.
    #[serde(default = "a_minute")]
    pub interval: Span,
    /// Whether all of its items belong to the wall, which many feeds of a hashtag do not repeat in each item: they are given the
    /// wall's first hashtag, and those that all must have.
    #[serde(default)]
    pub tagged: bool,
    /// How long an answer may take.
    #[serde(default = "half_a_minute")]
    pub timeout: Span,
}

fn a_minute() -> Span {
    Span(Duration::from_mins(1))
}

fn half_a_minute() -> Span {
    Span(Duration::from_secs(30))
}

impl Settings {
    /// Reads the target of `--feed KIND=TARGET`.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let settings = Self {
            url: target.to_owned(),
            interval: a_minute(),
            tagged: false,
            timeout: half_a_minute(),
        };
        settings.validate()?;
        Ok(settings)
    }

    /// What it reads, for its name: the feed's address in one spelling.
    pub fn target(&self) -> String {
        address(&self.url).map_or_else(|_| self.url.clone(), Into::into)
    }

    /// Checks the settings.
    pub fn validate(&self) -> Result<(), String> {
        address(&self.url)?;
        if !INTERVAL.contains(&self.interval.0) {
            return Err(format!(
                "an interval of {} is not possible; write one from 100ms to 1d, such as \"1m\"",
                self.interval
            ));
        }
        if !TIMEOUT.contains(&self.timeout.0) {
            return Err(format!(
                "a timeout of {} is not possible; write one from 100ms to 5m, such as \"30s\"",
                self.timeout
            ));
        }
        Ok(())
    }
}

/// A feed's address as people write it.
fn address(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let how = "write its address, such as https://example.org/feed.xml";
    if text.is_empty() {
        return Err(format!("no feed is given; {how}"));
    }
    // Browsers hand feeds over under names of their own.
    let text = text.strip_prefix("feed:").unwrap_or(text);
    let text = text.strip_prefix("//").unwrap_or(text);
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let mut url =
        Url::parse(&full).map_err(|error| format!("{text:?} is no address: {error}; {how}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("{text:?} is not on the web; {how}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "an address with a name and password in it would be shown in the console; {how} that needs neither"
        ));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    let url = address(&settings.url).map_err(FeedError::Misconfigured)?;
    if context.wanted.by_people() {
        return Err(FeedError::Misconfigured(
            "an rss feed is read as it is: it knows no accounts, mentions or lists; leave them out, or give the address of \
             a person's own feed"
                .to_owned(),
        ));
    }
    let tags = &context.wanted.tags;
    let tags = tags.any.iter().take(1).chain(&tags.all);
    let tags = tags
        .filter(|_| settings.tagged)
        .map(|tag| tag.as_str().to_owned());
    Ok(Box::new(read::Reader::new(
        client::Client::new(
            &context.agent,
            settings.timeout.0,
            std::sync::Arc::clone(&context.clock),
        ),
        url,
        settings.interval.0,
        tags.collect(),
        context.clock,
        context.rng,
    )))
}
