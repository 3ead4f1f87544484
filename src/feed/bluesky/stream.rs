//! The connection to one of several hosts: which is read, from where, and what happens when it fails, or sends nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::host::{From, Host, Wire};
use super::inflate::{self, Inflate, Unreadable};
use super::position::{Place, Position};
use crate::clock::SharedClock;
use crate::feed::FeedError;
use crate::feed::http;
use crate::feed::socket::{NotOpened, Opening, Received, Socket};

/// This much before the place that was reached is read again.
const REWIND: Duration = Duration::from_secs(5);
/// The same where another host goes on: hosts do not see events at the same time, and one may lag behind another.
const REWIND_ELSEWHERE: Duration = Duration::from_mins(2);
/// What is as old as this when it comes is live; what is older is read again.
const LIVE: Duration = Duration::from_secs(1);
/// Longest message taken, in bytes. Records are much smaller.
const LARGEST: usize = 4 * 1024 * 1024;
/// Longest dictionary taken, in bytes.
const LARGEST_DICTIONARY: usize = 4 * 1024 * 1024;
/// A connection that breaks again within this time is no better than one that is refused.
const STEADY: Duration = Duration::from_secs(10);
/// How long it is told that a host failed.
const REMEMBERED: Duration = Duration::from_mins(10);

/// What a stream is made with.
pub(super) struct With {
    pub(super) hosts: Vec<Host>,
    pub(super) silence: Duration,
    pub(super) compress: bool,
    pub(super) agent: String,
    pub(super) http: reqwest::Client,
    pub(super) clock: SharedClock,
}

/// Several hosts, of which one is read.
pub(super) struct Stream {
    with: With,
    /// Which host is read, or tried next.
    turn: usize,
    link: Option<Link>,
    /// What the hosts failed with last.
    troubles: Vec<Option<(Timestamp, FeedError)>>,
    /// How many failed since one last sent something.
    failed: usize,
    /// When a connection that had been good broke last: the first such break is no failure yet.
    broke: Option<Instant>,
    /// How far the connections before the present one came: a host is good that goes on from there.
    reached: Option<Timestamp>,
    /// Since when all will be read once a connection has caught up: from the first of those that did not.
    since: Option<Timestamp>,
    /// The dictionary of each host; `None` where it has none to give.
    dictionaries: HashMap<usize, Option<Vec<u8>>>,
    /// The number of a dictionary that the next connection needs.
    needed: Option<u32>,
}

/// An open connection.
struct Link {
    socket: Socket,
    inflate: Option<Inflate>,
    /// When the last message came.
    heard: Instant,
    opened_at: Timestamp,
    /// Up to where events were known; `None`: it was told to begin with the present.
    known: Option<Timestamp>,
    /// Whether the first event shows if something is missing: the one at `known` has to come again.
    overlaps: bool,
    /// When the first and the latest event were.
    events: Option<(Timestamp, Timestamp)>,
    /// The host said that it no longer has what was asked for.
    outdated: bool,
    /// Whether it was told that it has caught up.
    told: bool,
}

/// A connection has brought all that its host still had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CaughtUp {
    /// Since when nothing is missing.
    pub(super) since: Timestamp,
    /// From where on something is: the host did not go back as far as that.
    pub(super) missing: Option<Timestamp>,
}

impl Stream {
    pub(super) fn new(with: With) -> Self {
        Self {
            troubles: vec![None; with.hosts.len()],
            with,
            turn: 0,
            link: None,
            failed: 0,
            broke: None,
            reached: None,
            since: None,
            dictionaries: HashMap::new(),
            needed: None,
        }
    }

    pub(super) fn is_down(&self) -> bool {
        self.link.is_none()
    }

    /// Closes the connection and forgets how far it was read.
    pub(super) fn close(&mut self) {
        self.link = None;
        self.reached = None;
        self.since = None;
    }

    /// Whether anything came over the present connection.
    pub(super) fn has_spoken(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.events.is_some())
    }

    pub(super) fn wire(&self) -> Wire {
        self.with.hosts[self.turn].wire
    }

    /// The host that is read.
    pub(super) fn host(&self) -> &Arc<str> {
        &self.with.hosts[self.turn].name
    }

    /// Connects to a host, the next one where that fails, until all have failed.
    pub(super) async fn open(&mut self, position: Option<&Position>) -> Result<(), FeedError> {
        loop {
            if self.failed >= self.with.hosts.len() {
                self.failed = 0;
                return Err(self.down());
            }
            match self.connect(position).await {
                Ok(link) => {
                    self.link = Some(link);
                    return Ok(());
                }
                Err(error) => self.fell(error),
            }
        }
    }

    async fn connect(&mut self, position: Option<&Position>) -> Result<Link, FeedError> {
        let mut by_number = true;
        let mut dictionary_at_fault = false;
        loop {
            let host = self.with.hosts[self.turn].clone();
            let inflate = self.inflate(&host).await;
            let from = begin(&host, position, by_number);
            let url = host.stream(from, inflate.as_ref().map(Inflate::id));
            let opening = Opening {
                url: &url,
                agent: &self.with.agent,
                headers: &[],
                silence: self.with.silence,
                largest: LARGEST,
            };
            let NotOpened { error, answered } =
                match Socket::handshake(opening, self.with.clock.now()).await {
                    Ok(socket) => {
                        let now = self.with.clock.now();
                        let known = position.map_or(now, |position| rewound(position.place.at));
                        self.since = Some(self.since.map_or(known, |since| since.min(known)));
                        return Ok(Link {
                            socket,
                            inflate,
                            heard: Instant::now(),
                            opened_at: now,
                            known: position.map(|position| position.place.at),
                            overlaps: matches!(from, From::Time(_))
                                && position.is_some_and(|position| position.seen),
                            events: None,
                            outdated: false,
                            told: false,
                        });
                    }
                    Err(not) => not,
                };
            let Some((status, words)) = answered else {
                return Err(error);
            };
            if status == StatusCode::NOT_FOUND && host.guessed {
                let host = &mut self.with.hosts[self.turn];
                host.guessed = false;
                host.wire = Wire::Older;
            } else if words.contains("CursorTooOld") && matches!(from, From::Number(_)) {
                // By time, the host begins with the oldest that it has.
                by_number = false;
            } else if words.contains("UnknownZstdDictionary") && !dictionary_at_fault {
                dictionary_at_fault = true;
                self.dictionaries.remove(&self.turn);
            } else if status == StatusCode::BAD_REQUEST && inflate.is_some() {
                self.dictionaries.insert(self.turn, None);
            } else {
                return Err(error);
            }
        }
    }

    /// What the present host's messages are read with, where it is to compress and hands out a dictionary.
    async fn inflate(&mut self, host: &Host) -> Option<Inflate> {
        if !self.with.compress {
            return None;
        }
        let needed = self.needed.take();
        if needed.is_some() || !self.dictionaries.contains_key(&self.turn) {
            let dictionary = self.dictionary(host, needed).await;
            self.dictionaries.insert(self.turn, dictionary);
        }
        let dictionary = self.dictionaries.get(&self.turn)?.as_ref()?;
        Inflate::new(dictionary, LARGEST)
    }

    async fn dictionary(&self, host: &Host, id: Option<u32>) -> Option<Vec<u8>> {
        let asked = self.with.http.get(host.dictionary(id)).send().await.ok()?;
        if asked.status() != StatusCode::OK {
            return None;
        }
        let bytes = http::body(asked, LARGEST_DICTIONARY).await.ok()?;
        let found = inflate::dictionary_id(&bytes)?;
        id.is_none_or(|id| id == found).then_some(bytes)
    }

    /// The present host failed: the next one's turn.
    pub(super) fn fell(&mut self, error: FeedError) {
        tracing::info!(host = &**self.host(), %error, "Jetstream host failed");
        let latest = self.link.take().and_then(|link| link.events);
        let latest = latest.map(|(_, latest)| latest);
        let went_on = latest > self.reached;
        self.reached = self.reached.max(latest);
        let now = Instant::now();
        let broke_just_now = self.broke.is_some_and(|at| now.duration_since(at) < STEADY);
        if went_on && !broke_just_now {
            // Connected to again at once; whether that works decides.
            self.broke = Some(now);
        } else {
            self.failed += 1;
        }
        self.troubles[self.turn] = Some((self.with.clock.now(), error));
        self.turn = (self.turn + 1) % self.with.hosts.len();
    }

    /// Why nothing can be read.
    fn down(&self) -> FeedError {
        let errors = || self.troubles.iter().flatten().map(|(_, error)| error);
        if let [Some((_, error))] = &self.troubles[..] {
            return error.clone();
        }
        let limited = errors().map(|error| match error {
            FeedError::RateLimited { until } => Some(*until),
            _ => None,
        });
        if let Some(Some(until)) = limited.min() {
            return FeedError::RateLimited { until };
        }
        let message = self.words(Timestamp::MIN);
        if errors().all(|error| matches!(error, FeedError::Unauthorised(_))) {
            return FeedError::Unauthorised(message);
        }
        transient(message)
    }

    /// Which hosts failed since then, and why.
    fn words(&self, since: Timestamp) -> String {
        let told = self.with.hosts.iter().zip(&self.troubles);
        let told = told.filter_map(|(host, trouble)| {
            let (at, error) = trouble.as_ref()?;
            (*at >= since).then(|| format!("{}: {error}", host.name))
        });
        told.collect::<Vec<_>>().join("; ")
    }

    /// What is not as it should be although something is read.
    pub(super) fn note(&self) -> Option<String> {
        let since = self.with.clock.now().saturating_sub(REMEMBERED).ok()?;
        let words = self.words(since);
        if !words.is_empty() {
            let reads = if self.is_down() {
                String::new()
            } else {
                format!("{} is read; ", self.host())
            };
            return Some(format!("{reads}{words}"));
        }
        let uncompressed = self.with.compress
            && self
                .link
                .as_ref()
                .is_some_and(|link| link.inflate.is_none());
        uncompressed.then(|| {
            format!(
                "{} hands out no dictionary, so it is read uncompressed",
                self.host()
            )
        })
    }

    /// The next message, until `deadline`; `None` if none came by then. Cancel-safe.
    ///
    /// # Errors
    /// Where the connection broke, or the host sent nothing for too long; the next one has its turn then.
    pub(super) async fn next(&mut self, deadline: Instant) -> Result<Option<Utf8Bytes>, FeedError> {
        let Some(link) = &mut self.link else {
            tokio::time::sleep_until(deadline).await;
            return Ok(None);
        };
        let dead = link.heard + self.with.silence;
        let message = match link.socket.next(deadline.min(dead)).await? {
            Some(message) => message,
            None if Instant::now() >= dead => {
                return Err(transient(format!(
                    "the host accepts the connection and sends nothing for {} s",
                    self.with.silence.as_secs_f64()
                )));
            }
            None => return Ok(None),
        };
        link.heard = Instant::now();
        match (message, &mut link.inflate) {
            (Received::Text(text), _) => Ok(Some(text)),
            (Received::Binary(bytes), Some(inflate)) => match inflate.text(&bytes) {
                Ok(text) => Ok(Some(text)),
                Err(Unreadable::Dictionary(id)) => {
                    // Connected to again, with the right one.
                    self.needed = Some(id);
                    self.link = None;
                    Ok(None)
                }
                Err(Unreadable::Damaged(why)) => Err(transient(format!(
                    "the host sends what cannot be decompressed: {why}"
                ))),
            },
            (Received::Binary(_), None) => Err(transient(
                "the host sends bytes where texts are expected; is the address that of Jetstream?"
                    .to_owned(),
            )),
        }
    }

    /// An event of this time came. Whether it is the first of its connection.
    pub(super) fn took(&mut self, at: Timestamp) -> bool {
        let Some(link) = &mut self.link else {
            return false;
        };
        if self.reached.is_none_or(|reached| at > reached) {
            self.failed = 0;
            self.troubles[self.turn] = None;
        }
        let first = link.events.is_none();
        let (begin, latest) = link.events.get_or_insert((at, at));
        *begin = at.min(*begin);
        *latest = at.max(*latest);
        first
    }

    /// The host no longer has all that it was asked for.
    pub(super) fn outdated(&mut self) {
        if let Some(link) = &mut self.link {
            link.outdated = true;
        }
    }

    /// How long the stream must be quiet to have caught up, where its events are all old: a small network's.
    fn quiet(&self) -> Duration {
        (self.with.silence / 5).min(Duration::from_secs(2))
    }

    /// When a quiet stream will have caught up.
    pub(super) fn settles_at(&self) -> Option<Instant> {
        let link = self
            .link
            .as_ref()
            .filter(|link| !link.told && link.events.is_some())?;
        Some(link.heard + self.quiet())
    }

    /// Once for each connection: that all which was written before is read.
    pub(super) fn caught_up(&mut self) -> Option<CaughtUp> {
        let settles_at = self.settles_at()?;
        let link = self.link.as_mut()?;
        let (first, latest) = link.events?;
        let live = latest.saturating_add(LIVE).unwrap_or(latest) >= link.opened_at;
        if !live && Instant::now() < settles_at {
            return None;
        }
        link.told = true;
        let known = link.known.unwrap_or(link.opened_at);
        let missing = link.outdated || (link.overlaps && first > known);
        let since = self.since.take().unwrap_or(known);
        Some(CaughtUp {
            since: if missing { first } else { since },
            missing: missing.then_some(known),
        })
    }
}

/// Where reading goes on that had come as far as this.
fn rewound(at: Timestamp) -> Timestamp {
    at.saturating_sub(REWIND).unwrap_or(at)
}

/// Where a host is to begin.
fn begin(host: &Host, position: Option<&Position>, by_number: bool) -> From {
    let Some(position) = position else {
        return From::Now;
    };
    let Place {
        at,
        host: told_by,
        number,
    } = &position.place;
    let same = *told_by == Some(Arc::clone(&host.name));
    match number {
        Some(number) if by_number && same && host.wire == Wire::Newer => From::Number(*number),
        _ if same => From::Time(rewound(*at)),
        _ => From::Time(at.saturating_sub(REWIND_ELSEWHERE).unwrap_or(*at)),
    }
}

pub(super) fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
