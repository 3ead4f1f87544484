//! The loop around a feed: interval, backoff, rate limits, health and shutdown, once for all feeds.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use super::{FeedName, Page, RateLimit};

/// Where a feed's pages go: the wall, seen from here.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Hands a page over and waits until it is stored, cursor and all.
    ///
    /// # Errors
    /// Gives the page back where it could not be stored; it is offered again later.
    async fn offer(&self, feed: &FeedName, page: Page) -> Result<(), NotStored>;

    /// Tells how the feed is.
    fn health(&self, feed: &FeedName, health: Health);
}

/// A page that was not stored.
#[derive(Debug)]
pub struct NotStored {
    /// The page, unchanged.
    pub page: Page,
    /// Why, in words.
    pub reason: String,
    /// Whether the wall is shutting down, so that there is nothing to wait for.
    pub closing: bool,
}

/// What a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedState {
    /// Not asked yet.
    #[default]
    Starting,
    /// Read without trouble.
    Reading,
    /// Waits for the source's limit to be lifted.
    RateLimited,
    /// Could not be read; tried again.
    Failing,
    /// Needs a token, or another one.
    Unauthorised,
    /// At its end.
    Done,
    /// Will not be tried again: misconfigured or gone.
    Stopped,
}

/// How a feed is, for the console and for `check`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Health {
    /// What it is doing.
    pub state: FeedState,
    /// When it last answered.
    pub last_success: Option<Timestamp>,
    /// When it will be asked again, where that is known.
    pub next_try: Option<Timestamp>,
    /// What the source said of its limits.
    pub rate: Option<RateLimit>,
    /// What went wrong last, in words; absent once it works again.
    pub last_error: Option<String>,
    /// Failures since it last answered.
    pub failures: u32,
}
