//! One relay: its connection, how far it is read, and what is thought of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use jiff::Timestamp;
use parking_lot::Mutex;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use url::Url;

use crate::feed::FeedError;
use crate::feed::socket::{Opening, Received, Socket};

/// Longest message taken, in bytes. Relays take events of 64 to 512 KiB.
const LARGEST: usize = 1024 * 1024;
/// Fewer events are taken for all that there is; relays give hundreds at once.
const SHORT_PAGE: u32 = 20;
/// Events asked for at once: the most that common relays give.
const PAGE: u32 = 500;
/// Requests of one walk back.
const MOST_PAGES: u32 = 200;
/// Points of rubbish that a relay may send in a minute.
const RUBBISH: u32 = 1_000;
/// How long a relay is left alone that sends more.
const LEFT_ALONE: Duration = Duration::from_mins(10);
/// A connection that held this long may be made again at once when it breaks.
const STEADY: Duration = Duration::from_mins(1);
/// The most that is waited before a relay is tried again, while others are read.
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// What a connection tells.
#[derive(Debug)]
pub(super) enum Happened {
    Opened,
    Said(Utf8Bytes),
    Fell(FeedError),
}

/// What is to be sent. The connection itself sends it, so that nobody who is in a hurry waits for a relay that is not.
#[derive(Default)]
struct Line {
    waiting: Mutex<VecDeque<String>>,
    more: Notify,
}

/// A relay.
pub(super) struct Relay {
    url: Url,
    pub(super) name: String,
    connection: Option<BoxStream<'static, Happened>>,
    line: Arc<Line>,
    pub(super) open: bool,
    /// What was stored is being read; `None` once it is.
    pub(super) walk: Option<Walk>,
    /// Since when all that it stored is read, where that is not yet said.
    pub(super) complete: Option<i64>,
    /// An answer is due by then.
    pub(super) answer_by: Option<Instant>,
    /// The last that it said to people.
    pub(super) said: Option<String>,
    /// Why it is not read, where it is not.
    pub(super) trouble: Option<FeedError>,
    /// What does not work although it is read.
    pub(super) note: Option<String>,
    /// Not tried again before, while others are read.
    pub(super) retry_at: Timestamp,
    /// Not tried again before, whatever else.
    pub(super) held_until: Timestamp,
    failures: u32,
    opened: Option<Instant>,
    broke: Option<Instant>,
    rubbish: u32,
    rubbish_since: Instant,
}

/// A way back through what a relay stored.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
    /// Events still wanted.
    pub(super) left: u32,
    /// What may be said to be complete at its end.
    pub(super) complete: i64,
    /// When it began: what was stored by then is read at its end.
    pub(super) began: i64,
    /// Of the present page: events, and the time of the oldest.
    pub(super) got: u32,
    pub(super) oldest: Option<i64>,
    pub(super) pages: u32,
}

impl Walk {
    pub(super) fn limit(&self) -> u32 {
        self.left.clamp(1, PAGE)
    }

    /// Whether an event of that time is within what was asked for.
    pub(super) fn asks_for(&self, at: i64) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
    }

    /// An event came.
    pub(super) fn took(&mut self, at: i64) {
        self.got += 1;
        self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
    }

    /// A page is at its end; whether there is another.
    pub(super) fn turn(&mut self) -> bool {
        let got = std::mem::take(&mut self.got);
        self.left = self.left.saturating_sub(got);
        self.pages += 1;
        let Some(oldest) = self.oldest.filter(|_| got > 0) else {
            return false;
        };
        if self.left == 0 || self.pages >= MOST_PAGES {
            self.complete = self.complete.max(oldest);
            return false;
        }
        // Times are whole seconds and inclusive: a second that fills a page has to be left behind.
        self.until = Some(if self.until == Some(oldest) {
            oldest - 1
        } else {
            oldest
        });
        got >= SHORT_PAGE
    }
}

impl Relay {
    pub(super) fn new(url: Url) -> Self {
        Self {
            name: super::name(&url),
            url,
            connection: None,
            line: Arc::default(),
            open: false,
            walk: None,
            complete: None,
            answer_by: None,
            said: None,
            trouble: None,
            note: None,
            retry_at: Timestamp::MIN,
            held_until: Timestamp::MIN,
            failures: 0,
            opened: None,
            broke: None,
            rubbish: 0,
            rubbish_since: Instant::now(),
        }
    }

    pub(super) fn url(&self) -> Url {
        self.url.clone()
    }

    /// Whether it is neither read nor connected to.
    pub(super) fn is_down(&self) -> bool {
        self.connection.is_none()
    }

    /// Whether it is read and has told all that it stored.
    pub(super) fn caught_up(&self) -> bool {
        self.open && self.walk.is_none()
    }

    /// Begins to connect.
    pub(super) fn connect(&mut self, agent: &str, silence: Duration, now: Timestamp) {
        self.line = Arc::default();
        let (url, agent, line) = (self.url.clone(), agent.to_owned(), Arc::clone(&self.line));
        let opening = async move {
            let socket = Socket::open(
                Opening {
                    url: &url,
                    agent: &agent,
                    headers: &[],
                    silence,
                    largest: LARGEST,
                },
                now,
            )
            .await;
            match socket {
                Ok(socket) => stream::once(async { Happened::Opened })
                    .chain(talk(socket, line))
                    .boxed(),
                Err(error) => stream::once(async { Happened::Fell(error) }).boxed(),
            }
        };
        self.connection = Some(stream::once(opening).flatten().boxed());
    }

    /// What the connection tells next.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happened> {
        match &mut self.connection {
            Some(connection) => connection.poll_next_unpin(context).map(|happened| {
                happened.unwrap_or_else(|| {
                    Happened::Fell(transient("the relay closed the connection".to_owned()))
                })
            }),
            None => Poll::Pending,
        }
    }

    /// It is connected; an answer is due within `silence`.
    pub(super) fn opened(&mut self, silence: Duration) {
        let now = Instant::now();
        self.open = true;
        self.opened = Some(now);
        self.answer_by = Some(now + silence);
        self.trouble = None;
        self.note = None;
        self.said = None;
    }

    /// It is connected to no more. `true`: it may be tried again at once.
    pub(super) fn fell(&mut self, error: FeedError, now: Timestamp, rng: &mut StdRng) -> bool {
        let moment = Instant::now();
        let steady = self.opened.is_some_and(|opened| moment >= opened + STEADY);
        let passing = matches!(
            &error,
            FeedError::Transient {
                retry_after: None,
                ..
            }
        );
        let first = self.broke.is_none_or(|broke| moment >= broke + STEADY);
        let at_once = passing && self.caught_up() && first;
        self.connection = None;
        self.open = false;
        self.opened = None;
        self.walk = None;
        self.complete = None;
        self.answer_by = None;
        if at_once {
            self.broke = Some(moment);
            return true;
        }
        self.failures = if steady {
            1
        } else {
            self.failures.saturating_add(1)
        };
        let wait = Duration::from_secs(1 << self.failures.min(16)).min(LONGEST_BACKOFF);
        self.retry_at = later(now, wait.mul_f64(rng.random_range(0.5..1.0)));
        match &error {
            FeedError::RateLimited { until } => self.held_until = *until,
            FeedError::Transient {
                retry_after: Some(wait),
                ..
            } => self.held_until = later(now, *wait),
            FeedError::Unauthorised(_) => self.retry_at = later(now, LONGEST_BACKOFF),
            _ => {}
        }
        self.retry_at = self.retry_at.max(self.held_until);
        self.trouble = Some(error);
        false
    }

    /// Sends a message.
    pub(super) fn send(&self, message: &Value) {
        self.line.waiting.lock().push_back(message.to_string());
        self.line.more.notify_one();
    }

    /// Asks for what fits any of some filters.
    pub(super) fn request(&self, subscription: &str, filters: Vec<Value>) {
        let mut message = vec![Value::from("REQ"), Value::from(subscription)];
        message.extend(filters);
        self.send(&Value::Array(message));
    }

    /// Takes a request back.
    pub(super) fn close(&self, subscription: &str) {
        self.send(&Value::from(vec!["CLOSE", subscription]));
    }

    /// It sent what was not asked for, or what is forged. Says so where that is too much.
    pub(super) fn sent_rubbish(&mut self, points: u32) -> Result<(), FeedError> {
        let now = Instant::now();
        if now >= self.rubbish_since + Duration::from_mins(1) {
            self.rubbish = 0;
            self.rubbish_since = now;
        }
        self.rubbish = self.rubbish.saturating_add(points);
        if self.rubbish <= RUBBISH {
            return Ok(());
        }
        self.rubbish = 0;
        Err(FeedError::Transient {
            message:
                "it sends what nobody asked for or is forged; it is left alone for ten minutes; leave it out if it goes on so"
                    .to_owned(),
            retry_after: Some(LEFT_ALONE),
        })
    }
}

/// Everything that comes over a connection, which sends what is on the line meanwhile.
fn talk(socket: Socket, line: Arc<Line>) -> impl futures_util::Stream<Item = Happened> + Send {
    stream::unfold(Some((socket, line)), |state| async {
        let (mut socket, line) = state?;
        match exchange(&mut socket, &line).await {
            Ok(text) => Some((Happened::Said(text), Some((socket, line)))),
            Err(error) => Some((Happened::Fell(error), None)),
        }
    })
}

/// Sends what is to be sent, until something came.
async fn exchange(socket: &mut Socket, line: &Line) -> Result<Utf8Bytes, FeedError> {
    loop {
        let next = line.waiting.lock().pop_front();
        if let Some(message) = next {
            socket.send(message).await?;
            continue;
        }
        tokio::select! {
            biased;
            () = line.more.notified() => {}
            received = socket.next(Instant::now() + STEADY) => match received? {
                Some(Received::Text(text)) => return Ok(text),
                Some(Received::Binary(_)) => {
                    return Err(transient("it sends bytes where Nostr has texts; is it a relay?".to_owned()));
                }
                None => {}
            }
        }
    }
}

pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

pub(super) fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_ends_where_there_is_no_more() {
        let mut walk = Walk {
            left: 10_000,
            ..Walk::default()
        };
        for at in (100..600).rev() {
            walk.took(at);
        }
        assert!(walk.turn());
        assert_eq!(walk.until, Some(100));
        assert!(walk.asks_for(100) && !walk.asks_for(101));
        // A second that fills a page.
        for _ in 0..500 {
            walk.took(100);
        }
        assert!(walk.turn());
        assert_eq!(walk.until, Some(99));
        for at in 90..100 {
            walk.took(at);
        }
        assert!(!walk.turn());
        assert_eq!(walk.complete, 0);
    }

    #[test]
    fn a_walk_that_has_enough_says_how_far_it_came() {
        let mut walk = Walk {
            left: 3,
            ..Walk::default()
        };
        assert_eq!(walk.limit(), 3);
        for at in [9, 8, 7] {
            walk.took(at);
        }
        assert!(!walk.turn());
        assert_eq!(walk.complete, 7);
        assert!(
            !Walk {
                left: 5,
                ..Walk::default()
            }
            .turn()
        );
    }

    #[test]
    fn rubbish_is_borne_up_to_a_point() {
        let mut relay = Relay::new(Url::parse("wss://relay.example").unwrap());
        for _ in 0..RUBBISH {
            relay.sent_rubbish(1).unwrap();
        }
        assert!(matches!(
            relay.sent_rubbish(1),
            Err(FeedError::Transient {
                retry_after: Some(LEFT_ALONE),
                ..
            })
        ));
    }
}
