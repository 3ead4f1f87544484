//! The feed of a server that streams: what the stream sends comes at once; beside it the timeline is polled, at once after
//! every connection, so that no gap stays, and then slowly, for what the stream does not send.
//!
//! A stream can be open and deaf: it answers pings and never sends a status (GoToSocial's hashtag stream does so, and some
//! proxies). That shows when polling finds what the stream should have sent.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use super::channel::{Address, Channel, Event};
use super::progress::later;
use super::read::{LEISURE, Reader};
use crate::clock::SharedClock;
use crate::feed::{Cursor, Feed, FeedError, Item, Next, Page, SIGN_OF_LIFE, Via};
use crate::post::PostId;
use crate::text::Tag;

/// How often the timelines are polled beside a stream, where all are streamed.
const BESIDE: Duration = Duration::from_mins(1);
/// Between two tries of a stream, at first and at most.
const RETRY: std::ops::RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_mins(5);
/// When a stream that was deaf, or that the token may not read, is tried again.
const LATER: Duration = Duration::from_mins(10);
/// A status that polling found may still come by the stream for this long.
const GRACE: Duration = Duration::from_secs(30);
/// So many statuses that a stream does not send make it deaf; of one that never sent any, a single one does.
const MISSED: usize = 3;
/// Events that are handed over together.
const TOGETHER: usize = 200;

/// What a stream is opened with.
pub(super) struct Streaming {
    pub(super) token: String,
    pub(super) tags: Vec<Tag>,
    /// Whether there are timelines besides, which are not streamed.
    pub(super) people: bool,
    pub(super) agent: String,
    pub(super) silence: Duration,
    pub(super) http: reqwest::Client,
    pub(super) clock: SharedClock,
}

/// The feed.
pub(super) struct Live {
    reader: Reader,
    with: Streaming,
    state: State,
    /// Whether server-sent events worked where a WebSocket did not.
    by_events: bool,
    failures: u32,
    /// When the timeline is polled next.
    poll_at: Timestamp,
    /// Came by the stream and not handed over yet.
    ready: Vec<Item>,
    /// Found by polling and not yet sent by the stream.
    missed: HashMap<PostId, Timestamp>,
    /// Whether the timeline had the last turn.
    polled: bool,
}

enum State {
    Open {
        channel: Channel,
        since: Timestamp,
        /// Whether it ever sent a status.
        heard: bool,
    },
    /// Not open, and why, in words.
    Closed { why: String, retry_at: Timestamp },
}

impl Live {
    pub(super) fn new(reader: Reader, with: Streaming) -> Self {
        let now = with.clock.now();
        Self {
            reader,
            with,
            state: State::Closed {
                why: String::new(),
                retry_at: now,
            },
            by_events: false,
            failures: 0,
            poll_at: now,
            ready: Vec::new(),
            missed: HashMap::new(),
            polled: false,
        }
    }

    fn now(&self) -> Timestamp {
        self.with.clock.now()
    }

    fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Opens the stream, by WebSocket or, where that is refused otherwise than for the token, by server-sent events.
    async fn open(&mut self) -> Result<(), FeedError> {
        let base = self.reader.streaming().await?;
        let now = self.now();
        let channel = self.connect(&base, now).await;
        let now = self.now();
        match channel {
            Ok(channel) => {
                self.state = State::Open {
                    channel,
                    since: now,
                    heard: false,
                };
                self.failures = 0;
                self.missed.clear();
                // What came between the last poll and this moment.
                self.poll_at = now;
            }
            Err(error) => self.close(&error, now),
        }
        Ok(())
    }

    async fn connect(&mut self, base: &Url, now: Timestamp) -> Result<Channel, FeedError> {
        let to = Address {
            base,
            token: &self.with.token,
            tags: &self.with.tags,
            agent: &self.with.agent,
            silence: self.with.silence,
            http: &self.with.http,
        };
        if self.by_events {
            return Channel::events(&to, now).await;
        }
        match Channel::socket(&to, now).await {
            Err(refused @ FeedError::Transient { .. }) => {
                let Ok(channel) = Channel::events(&to, now).await else {
                    return Err(refused);
                };
                self.by_events = true;
                Ok(channel)
            }
            other => other,
        }
    }

    /// Goes on without the stream for a while.
    fn close(&mut self, error: &FeedError, now: Timestamp) {
        tracing::info!(%error, "not live by the stream");
        self.by_events = false;
        self.failures = self.failures.saturating_add(1);
        let backoff =
            (*RETRY.start() * 2_u32.saturating_pow(self.failures.min(8) - 1)).min(*RETRY.end());
        let retry_at = match error {
            FeedError::Unauthorised(_) => later(now, LATER),
            FeedError::RateLimited { until } => (*until).max(later(now, backoff)),
            _ => later(now, backoff),
        };
        let why = match error {
            FeedError::Unauthorised(words) => format!(
                "polling only: the token may not stream ({words}); make one of a person, not of an application"
            ),
            error => format!("polling only: {error}"),
        };
        self.state = State::Closed { why, retry_at };
        self.poll_at = now;
    }

    /// The timeline, and what it tells of the stream.
    async fn poll(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        let page = self.reader.fetch(cursor).await?;
        let now = self.now();
        // A stream that has not sent anything yet may be deaf.
        let live = matches!(self.state, State::Open { heard: true, .. });
        self.poll_at = match page.next {
            Next::After(wait) if live && self.with.people => later(now, wait.max(LEISURE)),
            Next::After(wait) if live => later(now, wait.max(BESIDE)),
            Next::After(wait) => later(now, wait),
            Next::Now | Next::Done => now,
        };
        if let State::Open { since, heard, .. } = &self.state {
            let (since, heard) = (*since, *heard);
            for item in &page.items {
                if let Item::Post(post) = item
                    && post.created_at > since
                    && self.reader.is_tagged(post)
                {
                    self.missed.entry(post.id.clone()).or_insert(now);
                }
            }
            let waited = (self.missed.values())
                .filter(|found| later(**found, GRACE) <= now)
                .count();
            if waited >= if heard { MISSED } else { 1 } {
                self.missed.clear();
                self.state = State::Closed {
                    why: "polling only: the server's stream is open and does not send what is new"
                        .to_owned(),
                    retry_at: later(now, LATER),
                };
            }
        }
        Ok(page)
    }

    /// What the stream sent, as items.
    fn take(&mut self, event: Event) {
        let items = match event {
            Event::Update(status) | Event::Edit(status) => {
                if let State::Open { heard, .. } = &mut self.state {
                    *heard = true;
                }
                self.reader.streamed(&status)
            }
            Event::Delete(id) => self
                .reader
                .gone(&id)
                .map(Item::Deleted)
                .into_iter()
                .collect(),
        };
        for item in &items {
            if let Item::Post(post) = item {
                self.missed.remove(&post.id);
            }
        }
        self.ready.extend(items);
    }

    /// Waits for what the stream sends: the first event, and whatever else is there by then.
    async fn listen(&mut self, until: Instant) {
        let mut deadline = until;
        while self.ready.len() < TOGETHER {
            let State::Open { channel, .. } = &mut self.state else {
                return;
            };
            match channel.next(deadline).await {
                Ok(Some(event)) => self.take(event),
                Ok(None) => return,
                Err(error) => {
                    let now = self.now();
                    self.reader.may_have_missed();
                    self.close(&error, now);
                    return;
                }
            }
            if !self.ready.is_empty() {
                deadline = Instant::now();
            }
        }
    }

    fn told(&self, page: Page) -> Page {
        let (via, note) = match &self.state {
            State::Open { .. } => (Via::Stream, None),
            State::Closed { why, .. } => (
                Via::Polling,
                Some(why.clone()).filter(|why| !why.is_empty()),
            ),
        };
        let notes: Vec<String> = note.into_iter().chain(self.reader.note()).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        Page { via, note, ..page }
    }
}

#[async_trait]
impl Feed for Live {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        if let State::Closed { retry_at, .. } = self.state
            && retry_at <= self.now()
        {
            self.open().await?;
        }
        // While a long gap is read page after page, what the stream sends does not wait for its end.
        if std::mem::take(&mut self.polled) && self.is_open() {
            self.listen(Instant::now()).await;
        }
        let now = self.now();
        if self.ready.is_empty() && self.poll_at <= now {
            self.polled = true;
            let page = self.poll(cursor).await?;
            let wait = self.poll_at.duration_since(self.now());
            let next = match (page.next, self.is_open()) {
                (Next::After(_), false) => Next::After(wait.unsigned_abs()),
                _ => Next::Now,
            };
            return Ok(self.told(Page { next, ..page }));
        }
        if self.is_open() {
            let wait = self.poll_at.duration_since(now);
            let wait = Duration::try_from(wait)
                .unwrap_or_default()
                .min(SIGN_OF_LIFE);
            self.listen(Instant::now() + wait).await;
        }
        let items = std::mem::take(&mut self.ready);
        let next = if self.is_open() || self.poll_at <= self.now() {
            Next::Now
        } else {
            let wait = self.poll_at.duration_since(self.now());
            Next::After(Duration::try_from(wait).unwrap_or_default())
        };
        Ok(self.told(Page {
            items,
            next,
            ..Page::default()
        }))
    }
}
