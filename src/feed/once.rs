//! A feed asked once, until it is known whether it can be read: for `buzzwall check` and for the page `/setup`.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::{Feed, FeedContext, FeedError, FeedSettings, Item, Next, Page, Via, network};
use crate::duration::Span;
use crate::post::Post;

/// Pages that a feed may need before the first post.
const TRIES: usize = 5;
/// Pages that are read on at most.
const PAGES: usize = 10;
/// How long a stream that is open is listened to.
const LISTEN: Duration = Duration::from_secs(3);

/// What a feed answered.
pub struct Once {
    /// Whether anybody was asked at all.
    pub asked: bool,
    /// Its first page with something in it, or why there is none.
    pub page: Result<Page, FeedError>,
}

/// Asks a feed as its supervisor would, for at most `patience`; `hint` says what else can be done where that is too short.
pub async fn ask(feed: &FeedSettings, context: FeedContext, patience: Span, hint: &str) -> Once {
    let end = Instant::now() + patience.0;
    match feed.build(context) {
        Ok(mut feed) => Once {
            asked: true,
            page: first_page(&mut feed, end, patience, hint).await,
        },
        Err(error) => Once::not_asked(error),
    }
}

/// The same, reading on until what came reaches back to `since`. Also says whether it does, or there is no more.
pub async fn ask_since(
    feed: &FeedSettings,
    context: FeedContext,
    patience: Span,
    since: Timestamp,
) -> (Once, bool) {
    let end = Instant::now() + patience.0;
    let mut feed = match feed.build(context) {
        Ok(feed) => feed,
        Err(error) => return (Once::not_asked(error), false),
    };
    let page = first_page(&mut feed, end, patience, "").await;
    let mut once = Once { asked: true, page };
    for _ in 0..PAGES {
        let reaches = once.posts().any(|post| post.created_at < since);
        let Ok(page) = &mut once.page else { break };
        if page.via == Via::Stream {
            break;
        }
        if reaches || page.next != Next::Now {
            return (once, true);
        }
        let Ok(Ok(next)) = timeout_at(end, feed.fetch(page.cursor.as_ref())).await else {
            break;
        };
        page.items.extend(next.items);
        page.cursor = next.cursor.or(page.cursor.take());
        page.rate = next.rate.or(page.rate);
        page.next = next.next;
    }
    (once, false)
}

impl Once {
    fn not_asked(error: FeedError) -> Self {
        Self {
            asked: false,
            page: Err(error),
        }
    }

    /// Whether its source can be reached, as far as that is known.
    pub fn reachable(&self) -> Option<bool> {
        match &self.page {
            // Where it was not asked at all, nothing is known of it.
            Err(FeedError::Misconfigured(_)) if !self.asked => None,
            Err(FeedError::Transient { message, .. } | FeedError::Misconfigured(message)) => {
                Some(!network::is_not_reached(message))
            }
            _ => Some(true),
        }
    }

    /// Whether its source lets it read, as far as that is known.
    pub fn authorised(&self) -> Option<bool> {
        match &self.page {
            Ok(_) => Some(true),
            Err(FeedError::Unauthorised(_)) => Some(false),
            Err(_) => None,
        }
    }

    /// Requests left, where the source says so.
    pub fn left(&self) -> Option<u32> {
        match &self.page {
            Ok(page) => page.rate.map(|rate| rate.remaining),
            Err(FeedError::RateLimited { .. }) => Some(0),
            Err(_) => None,
        }
    }

    /// The posts that came.
    pub fn posts(&self) -> impl Iterator<Item = &Post> {
        let items = self.page.iter().flat_map(|page| &page.items);
        items.filter_map(|item| match item {
            Item::Post(post) => Some(post.as_ref()),
            _ => None,
        })
    }

    /// What has to be said of it.
    pub fn words(&self) -> Option<String> {
        match &self.page {
            Ok(page) => page.note.clone().or_else(|| refusals(page)),
            Err(error) => Some(error.to_string()),
        }
    }
}

/// The first page with something in it. A feed may ask its server about itself first; what matters is that the hashtag
/// itself can be read. A stream that is open can be read, and may bring something at once.
async fn first_page(
    feed: &mut Box<dyn Feed>,
    end: Instant,
    patience: Span,
    hint: &str,
) -> Result<Page, FeedError> {
    let too_late = |_| FeedError::Transient {
        message: format!(
            "{}it: no answer within {patience}; it is overloaded, or something on the way swallows what is sent: try again{hint}",
            network::NOT_REACHED
        ),
        retry_after: None,
    };
    let asking = timeout_at(end, feed.fetch(None));
    let mut page = asking.await.map_err(too_late)??;
    let listen = end.min(Instant::now() + LISTEN);
    for _ in 1..TRIES {
        if !page.items.is_empty() || page.next != Next::Now {
            break;
        }
        let asking = feed.fetch(page.cursor.as_ref());
        let next = match page.via {
            Via::Polling => timeout_at(end, asking).await.map_err(too_late)??,
            Via::Stream => match timeout_at(listen, asking).await {
                Ok(next) => next?,
                Err(_) => break,
            },
        };
        page = Page {
            cursor: next.cursor.or(page.cursor),
            rate: next.rate.or(page.rate),
            note: next.note.or(page.note),
            ..next
        };
    }
    Ok(page)
}

/// Why nothing was taken, where there was something.
fn refusals(page: &Page) -> Option<String> {
    let mut refused = page.items.iter().filter_map(|item| match item {
        Item::Refused(refusal) => Some(&refusal.detail),
        _ => None,
    });
    let first = refused.next()?;
    let more = refused.count();
    let taken = page.items.len() - more - 1;
    (taken == 0).then(|| format!("nothing of {} was taken; the first: {first}", more + 1))
}
