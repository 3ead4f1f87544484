//! X, read by the recent search of its API v2, which is paid for by the post.
//!
//! [`convert`] turns answers into posts, `query` writes the search, `budget` keeps the money; all are pure. `client` asks,
//! `state` is what the journal keeps, what was spent among it, and `read` puts them together.

mod api;
mod budget;
mod client;
pub mod convert;
mod query;
mod read;
mod state;
#[cfg(test)]
mod tests;
mod wording;

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{Feed, FeedContext, FeedError};
use crate::duration::Span;
use crate::secret::Secret;

pub use budget::{Limits, Prices};

/// Shortest and longest interval taken.
const INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(24);

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The app's Bearer token.
    #[serde(default)]
    pub token: Option<Secret>,
    /// What may be spent.
    #[serde(default)]
    pub budget: Limits,
    /// The API's address.
    #[serde(default = "api")]
    pub api: String,
    /// How often new posts are asked for.
    #[serde(default = "half_a_minute")]
    pub interval: Span,
    /// Posts that the very first start reads back, where the wall has no `from`; 0: none, whatever `from` says.
    #[serde(default = "a_hundred")]
    pub backfill: u32,
    /// Whether reposts are read, which cost as much as posts.
    #[serde(default)]
    pub reposts: bool,
    /// Whether X's own counts are asked for, once an hour per hashtag.
    #[serde(default = "yes")]
    pub counts: bool,
    /// Whether posts on the wall are looked up again every ten minutes, to see which were deleted.
    #[serde(default)]
    pub recheck: bool,
    /// US dollars for reading a post.
    #[serde(default = "half_a_cent")]
    pub price_per_post: f64,
    /// US dollars for reading an account.
    #[serde(default = "a_cent")]
    pub price_per_user: f64,
    /// US dollars for reading a picture or video.
    #[serde(default = "half_a_cent")]
    pub price_per_media: f64,
    /// US dollars for a request of counts.
    #[serde(default = "half_a_cent")]
    pub price_per_count: f64,
}

fn api() -> String {
    "https://api.x.com".to_owned()
}

fn half_a_minute() -> Span {
    Span(Duration::from_secs(30))
}

fn a_hundred() -> u32 {
    100
}

fn yes() -> bool {
    true
}

fn half_a_cent() -> f64 {
    0.005
}

fn a_cent() -> f64 {
    0.010
}

impl Settings {
    /// Reads the target of `--feed KIND=TARGET`, of which this kind has none: it needs a token and a budget.
    pub fn from_target(_: &str) -> Result<Self, String> {
        Err(
            "reading X costs money per post, so it takes a token and a budget, which stand in the file: write a \
             [[walls.feeds]] with kind = \"x\", token = { env = \"X_TOKEN\" } and budget = { posts = 2000 }"
                .to_owned(),
        )
    }

    /// What it reads, for its name: the API's host, with its port where that is not the usual one.
    pub fn target(&self) -> String {
        let Ok(url) = address(&self.api) else {
            return self.api.clone();
        };
        let host = url.host_str().unwrap_or_default();
        match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Checks the settings.
    pub fn validate(&self) -> Result<(), String> {
        if self.token.is_none() {
            return Err(
                "X is not read without a token: make an app in the console of its API, copy the app's Bearer token, and \
                 write token = { env = \"X_TOKEN\" }"
                    .to_owned(),
            );
        }
        address(&self.api)?;
        if !INTERVAL.contains(&self.interval.0) {
            return Err(format!(
                "an interval of {} is not possible; write one from 100ms to 1d, such as \"30s\"",
                self.interval
            ));
        }
        self.prices()?.check(&self.budget)
    }

    fn prices(&self) -> Result<Prices, String> {
        Prices::new(
            self.price_per_post,
            self.price_per_user,
            self.price_per_media,
            self.price_per_count,
            self.reposts,
        )
    }
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| {
        format!("{text:?} is no address: {error}; write one such as https://api.x.com")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!(
            "{text:?} is not on the web; write an address such as https://api.x.com"
        ));
    }
    Ok(url)
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    let token = settings.token.as_ref().map(Secret::reveal).transpose();
    let token = token
        .map_err(|error| FeedError::Misconfigured(error.to_string()))?
        .unwrap_or_default();
    let api = address(&settings.api).map_err(FeedError::Misconfigured)?;
    let query =
        query::search(&context.wanted, settings.reposts).map_err(FeedError::Misconfigured)?;
    let prices = settings.prices().map_err(FeedError::Misconfigured)?;
    let client = client::Client::new(
        context.http.clone(),
        api,
        token.trim(),
        context.clock.clone(),
    )?;
    Ok(Box::new(read::Reader::new(
        client, settings, query, prices, context,
    )))
}
