//! The feed: asks for the file and tells what is new in it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use url::Url;

use super::client::{Answer, Client, Failure};
use super::convert::{self, About, Read};
use super::document::{self, Unreadable};
use super::state::State;
use crate::clock::SharedClock;
use crate::feed::{Cursor, Feed, FeedError, Next, Page};

/// Longest that a server may ask to wait with the next look; many say an hour or a day, and mean readers of news.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// The feed.
pub(super) struct Reader {
    client: Client,
    url: Url,
    interval: Duration,
    /// Hashtags that all items are given.
    tags: Vec<String>,
    clock: SharedClock,
    rng: StdRng,
    /// What is known, and the cursor that it goes with.
    known: Option<(Option<Cursor>, State)>,
    /// Whether it was read since the start and the last failure.
    caught_up: bool,
}

/// A file as it was read.
struct File {
    reads: Vec<Read>,
    /// What is wrong with it.
    trouble: Option<String>,
    /// How long it asks to wait.
    patience: Option<Duration>,
}

impl Reader {
    pub(super) fn new(
        client: Client,
        url: Url,
        interval: Duration,
        tags: Vec<String>,
        clock: SharedClock,
        rng: StdRng,
    ) -> Self {
        Self {
            client,
            url,
            interval,
            tags,
            clock,
            rng,
            known: None,
            caught_up: false,
        }
    }

    async fn page(&mut self, cursor: Option<&Cursor>, mut state: State) -> Result<Page, FeedError> {
        let answer = self.ask(&mut state).await?;
        let first = state.read_at().is_none();
        let mut patience = answer.fresh;
        let mut moved = false;
        let mut page = Page {
            history: first,
            ..Page::default()
        };
        if answer.body.is_some() {
            if let Some(to) = answer.moved.clone() {
                moved = state.moved.as_ref() != Some(&to);
                state.moved = Some(to);
            }
            (state.etag, state.modified) = (answer.etag.clone(), answer.modified.clone());
            let now = self.clock.now();
            let file = self.file(answer, now, first).await?;
            let taken = state.take(file.reads, now);
            page.items = taken.items;
            page.complete_since = taken.complete_since;
            page.note = note(file.trouble.as_deref(), taken.overrun);
            patience = patience.max(file.patience);
        } else {
            page.complete_since = state.read_at();
            state.unchanged(self.clock.now());
        }
        if moved {
            tracing::info!(from = %self.url, to = ?state.moved, "feed has moved for good");
        }
        // A cursor only where there is something to store with it.
        if !page.items.is_empty() || !self.caught_up || moved {
            page.cursor = Some(state.write());
        }
        if self.caught_up {
            page.complete_since = None;
        }
        self.caught_up = true;
        self.known = Some((page.cursor.as_ref().or(cursor).cloned(), state));
        page.next = Next::After(self.wait(patience));
        Ok(page)
    }

    /// Asks where the feed is now, and where it was if it is not there.
    async fn ask(&self, state: &mut State) -> Result<Answer, FeedError> {
        let failure = match self
            .client
            .get(state.moved.as_ref().unwrap_or(&self.url), state)
            .await
        {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let lost = matches!(
            failure,
            Failure::Gone | Failure::Feed(FeedError::Transient { .. } | FeedError::Unauthorised(_))
        );
        if lost && state.moved.is_some() {
            let before = state.not_moved();
            if let Ok(answer) = self.client.get(&self.url, &before).await {
                *state = before;
                return Ok(answer);
            }
        }
        Err(match failure {
            Failure::Feed(error) => error,
            Failure::Gone => FeedError::Gone(format!(
                "the server says that the feed at {} is gone for good (410)",
                self.url
            )),
        })
    }

    /// Reads the file off the threads that serve others: it may be long.
    async fn file(&self, answer: Answer, now: Timestamp, first: bool) -> Result<File, FeedError> {
        let (feed, tags) = (self.url.clone(), self.tags.clone());
        let content_type = answer.content_type.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let body = answer.body.unwrap_or_default();
            let document = document::read(&body, &answer.url)?;
            let trouble = document.trouble.clone();
            let minutes = document.feed.ttl.unwrap_or(0);
            let about = About {
                url: &answer.url,
                feed: &feed,
                tags: &tags,
                now,
            };
            Ok(File {
                reads: convert::items(document, &about),
                trouble,
                patience: Some(Duration::from_mins(u64::from(minutes))),
            })
        });
        match reading.await {
            Ok(Ok(file)) => Ok(file),
            Ok(Err(unreadable)) => Err(self.unreadable(unreadable, &content_type, first)),
            Err(_) => Err(transient(
                "the feed could not be read; see the log".to_owned(),
            )),
        }
    }

    fn unreadable(&self, unreadable: Unreadable, content_type: &str, first: bool) -> FeedError {
        let url = &self.url;
        let (message, foreign) = match unreadable {
            Unreadable::Page(feeds) => {
                let what = match feeds.as_slice() {
                    [] => {
                        "it names no feed either; write the address of the feed itself".to_owned()
                    }
                    feeds => format!(
                        "write the address of the feed that it names: {}",
                        feeds.join(" or ")
                    ),
                };
                (format!("{url} is a web page and no feed; {what}"), true)
            }
            Unreadable::Damaged(what) => {
                let kind = content_type.split(';').next().unwrap_or_default().trim();
                let kind = match kind {
                    "" => String::new(),
                    kind => format!(", though of the type {kind:?}"),
                };
                (
                    format!("what {url} answers is no feed{kind}: {what}"),
                    false,
                )
            }
        };
        // Wrong from the beginning is wrong for good; later it is a passing trouble, a network that wants to be signed in to.
        if first && foreign {
            FeedError::Misconfigured(message)
        } else {
            transient(message)
        }
    }

    /// The interval, a little longer or shorter so that walls do not ask in step; or as long as the source asks.
    fn wait(&mut self, patience: Option<Duration>) -> Duration {
        let interval = self.interval.mul_f64(self.rng.random_range(0.95..1.05));
        interval.max(patience.unwrap_or_default().min(LONGEST_WAIT))
    }
}

#[async_trait]
impl Feed for Reader {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        let state = match &self.known {
            Some((at, state)) if at.as_ref() == cursor => state.clone(),
            _ => State::read(cursor),
        };
        let page = self.page(cursor, state).await;
        if page.is_err() {
            self.caught_up = false;
        }
        page
    }
}

fn note(trouble: Option<&str>, overrun: bool) -> Option<String> {
    let damaged =
        trouble.map(|what| format!("the feed is damaged ({what}); what can be read of it is"));
    let missed = overrun.then(|| {
        "everything in the feed was new since the last look, so that some may have come and gone between; make \"interval\" \
         shorter"
            .to_owned()
    });
    match (damaged, missed) {
        (Some(damaged), Some(missed)) => Some(format!("{damaged}; {missed}")),
        (damaged, missed) => damaged.or(missed),
    }
}

fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
