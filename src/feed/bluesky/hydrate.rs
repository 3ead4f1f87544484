//! Posts that wait until the `AppView` has told who wrote them, what their pictures are and which labels they have; and posts
//! that are looked at again, since labels and deletions may come that the stream did not tell of.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::client::{AppView, BATCH};
use super::convert;
use super::position::Place;
use crate::feed::{FeedError, RateLimit};

/// Posts that may wait and were asked for only a few times. Beyond, nothing is read from the stream, which then sends it later.
const MOST_NEW: usize = 2_000;
/// Posts that may wait in all; beyond, the one that waited longest is given up.
const MOST_WAITING: usize = 10_000;
/// A post that an `AppView` does not have for so long may not be one that it takes.
const NEW: Duration = Duration::from_secs(20);
/// How long a profile is not asked for again.
const FRESH: Duration = Duration::from_hours(1);
/// People kept.
const MOST_PEOPLE: usize = 5_000;
/// An `AppView` is some seconds behind the stream: how long until a post that it does not have is asked for again, at first
/// and at most.
const PATIENCE: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(400)..=Duration::from_mins(1);
/// After this long a post that the `AppView` does not have is given up.
const GIVEN_UP: Duration = Duration::from_mins(30);
/// How long an `AppView` is left alone that failed, at first and at most.
const AGAIN: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(1);
/// Longest that it is left alone because it asks for it.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Between the two looks after which a post counts as gone: usually, and where so many are missing at once that it may be the
/// `AppView`'s trouble.
const SECOND_LOOK: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(1));
/// So many.
const SUSPICIOUS: usize = 10;

/// A post that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) uri: String,
    /// Where it stands in the stream; none where a search found it.
    pub(super) place: Option<Place>,
    /// The record that the stream told of.
    pub(super) record: Option<Value>,
    /// When it was written anew, where it was.
    pub(super) anew_at: Option<Timestamp>,
    /// The view, once it is there.
    pub(super) view: Option<Value>,
    /// Whether a search found it, and not the stream.
    pub(super) found: bool,
    order: u64,
    /// Whether there is no room for it any more.
    given_up: bool,
    since: Instant,
    due: Instant,
    patience: Duration,
}

impl Waiting {
    pub(super) fn new(uri: String, record: Option<Value>, view: Option<Value>) -> Self {
        let now = Instant::now();
        Self {
            uri,
            place: None,
            record,
            anew_at: None,
            view,
            found: false,
            order: 0,
            given_up: false,
            since: now,
            due: now,
            patience: *PATIENCE.start(),
        }
    }

    fn did(&self) -> &str {
        convert::parts(&self.uri).map_or("", |(did, _)| did)
    }
}

/// A post of which all is known, or that was given up (then without a view).
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) waiting: Waiting,
    pub(super) profile: Value,
}

/// What was looked at again.
#[derive(Debug)]
pub(super) enum Looked {
    /// It is there, as this view.
    There(String, Box<Value>),
    /// It is gone, twice.
    Gone(String),
}

/// What one question to the `AppView` brought.
pub(super) struct Round {
    asked: Vec<String>,
    again: Vec<(String, bool)>,
    people: Vec<String>,
    answer: Result<Answer, FeedError>,
}

/// Views of posts and of people.
struct Answer {
    posts: Vec<Value>,
    profiles: Vec<Value>,
    rate: Option<RateLimit>,
}

type Asking = Pin<Box<dyn Future<Output = Round> + Send>>;

/// What waits, and what is asked.
pub(super) struct Hydrate {
    appview: AppView,
    waiting: VecDeque<Waiting>,
    next_order: u64,
    profiles: HashMap<String, (Instant, Value)>,
    asking: Option<Asking>,
    /// Posts to look at again, and whether they were missing at the look before.
    looks: VecDeque<(Instant, String, bool)>,
    pub(super) looked: Vec<Looked>,
    /// Asked for at once: fewer where an answer was refused, so that one post does not keep others waiting.
    batch: usize,
    failures: u32,
    retry_at: Instant,
    pub(super) trouble: Option<FeedError>,
    pub(super) rate: Option<RateLimit>,
}

impl Hydrate {
    pub(super) fn new(appview: AppView) -> Self {
        Self {
            appview,
            waiting: VecDeque::new(),
            next_order: 0,
            profiles: HashMap::new(),
            asking: None,
            looks: VecDeque::new(),
            looked: Vec::new(),
            batch: BATCH,
            failures: 0,
            retry_at: Instant::now(),
            trouble: None,
            rate: None,
        }
    }

    /// Forgets what waits: it will be read again.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.looks.clear();
        self.looked.clear();
        self.asking = None;
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether so much waits that no more is to be read.
    pub(super) fn is_full(&self) -> bool {
        let now = Instant::now();
        let new = |waiting: &&Waiting| now.duration_since(waiting.since) < NEW;
        self.waiting.len() >= MOST_NEW
            && (self.trouble.is_some() || self.waiting.iter().filter(new).count() >= MOST_NEW)
    }

    /// Whether a post waits that a search found.
    pub(super) fn waits_for_found(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.place.is_none())
    }

    /// The number that the next post will get.
    pub(super) fn next_order(&self) -> u64 {
        self.next_order
    }

    /// Whether a post waits that came before that number.
    pub(super) fn waits_before(&self, order: u64) -> bool {
        self.waiting.iter().any(|waiting| waiting.order < order)
    }

    /// The first place in the stream of a post that waits.
    pub(super) fn first_place(&self) -> Option<&Place> {
        let places = self
            .waiting
            .iter()
            .filter_map(|waiting| waiting.place.as_ref());
        places.min_by_key(|place| place.at)
    }

    /// Takes a post up. One that waits already gets the later record.
    pub(super) fn push(&mut self, mut waiting: Waiting) {
        if let Some(known) = self
            .waiting
            .iter_mut()
            .find(|known| known.uri == waiting.uri)
        {
            known.record = waiting.record.or(known.record.take());
            known.anew_at = waiting.anew_at.or(known.anew_at);
            known.place = known.place.take().or(waiting.place);
            return;
        }
        waiting.order = self.next_order;
        self.next_order += 1;
        if self.waiting.len() >= MOST_WAITING
            && let Some(oldest) = self.waiting.front_mut()
        {
            oldest.given_up = true;
        }
        self.waiting.push_back(waiting);
    }

    /// The post is gone. Whether it waited.
    pub(super) fn remove(&mut self, uri: &str) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.uri != uri);
        self.waiting.len() < before
    }

    /// The account is gone. Whether any of its posts waited.
    pub(super) fn remove_author(&mut self, did: &str) -> bool {
        self.profiles.remove(did);
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.did() != did);
        self.waiting.len() < before
    }

    /// Looks at posts again.
    pub(super) fn look_again(&mut self, uris: impl Iterator<Item = String>) {
        let now = Instant::now();
        for uri in uris {
            if !self.looks.iter().any(|(_, known, _)| *known == uri) {
                self.looks.push_back((now, uri, false));
            }
        }
    }

    fn knows(&self, did: &str, now: Instant) -> bool {
        self.profiles
            .get(did)
            .is_some_and(|(at, _)| now.duration_since(*at) < FRESH)
    }

    /// Asks, if there is something to ask and nothing is asked already.
    pub(super) fn start(&mut self) {
        let now = Instant::now();
        if self.asking.is_some() || now < self.retry_at {
            return;
        }
        let due = |waiting: &&Waiting| waiting.due <= now;
        // What is live first: a search may bring thousands.
        let live = self
            .waiting
            .iter()
            .filter(|waiting| waiting.place.is_some());
        let found = self
            .waiting
            .iter()
            .filter(|waiting| waiting.place.is_none());
        let due: Vec<&Waiting> = live.chain(found).filter(due).collect();
        let asked: Vec<String> = due
            .iter()
            .filter(|waiting| waiting.view.is_none())
            .take(self.batch)
            .map(|waiting| waiting.uri.clone())
            .collect();
        let mut people: Vec<String> = Vec::new();
        for waiting in due {
            let did = waiting.did();
            let wanted = waiting.view.is_some() || asked.contains(&waiting.uri);
            if people.len() < self.batch
                && wanted
                && !self.knows(did, now)
                && !people.iter().any(|known| known == did)
            {
                people.push(did.to_owned());
            }
        }
        let mut again = Vec::new();
        self.looks.retain(|(at, uri, missing)| {
            let due = *at <= now && asked.len() + again.len() < self.batch;
            if due {
                again.push((uri.clone(), *missing));
            }
            !due
        });
        if asked.is_empty() && people.is_empty() && again.is_empty() {
            return;
        }
        let appview = self.appview.clone();
        self.asking = Some(Box::pin(async move {
            let uris: Vec<String> = (asked.iter())
                .chain(again.iter().map(|(uri, _)| uri))
                .cloned()
                .collect();
            let posts = async {
                if uris.is_empty() {
                    return Ok((Vec::new(), None));
                }
                appview.posts(&uris).await
            };
            let profiles = async {
                if people.is_empty() {
                    return Ok(Vec::new());
                }
                appview.profiles(&people).await
            };
            let (posts, profiles) = futures_util::future::join(posts, profiles).await;
            let answer = posts.and_then(|(posts, rate)| {
                profiles.map(|profiles| Answer {
                    posts,
                    profiles,
                    rate,
                })
            });
            Round {
                asked,
                again,
                people,
                answer,
            }
        }));
    }

    /// Waits for an answer; for ever where nothing is asked. Cancel-safe.
    pub(super) async fn answered(&mut self) -> Round {
        let round = poll_fn(|context| match &mut self.asking {
            Some(asking) => asking.poll_unpin(context),
            None => Poll::Pending,
        })
        .await;
        self.asking = None;
        round
    }

    /// Takes an answer in.
    pub(super) fn take(&mut self, round: Round) {
        let now = Instant::now();
        let Round {
            asked,
            again,
            people,
            answer,
        } = round;
        let Answer {
            posts,
            profiles,
            rate,
        } = match answer {
            Ok(answer) => answer,
            Err(error) => return self.failed(error, &asked, &people, again),
        };
        self.batch = BATCH;
        self.failures = 0;
        self.trouble = None;
        self.rate = rate.or(self.rate);
        let mut views: HashMap<String, Value> = posts
            .into_iter()
            .filter_map(|view| Some((view["uri"].as_str()?.to_owned(), view)))
            .collect();
        let mut found: HashSet<String> = HashSet::new();
        for profile in profiles {
            if let Some(did) = profile["did"].as_str() {
                found.insert(did.to_owned());
                self.profiles.insert(did.to_owned(), (now, profile));
            }
        }
        if self.profiles.len() > MOST_PEOPLE {
            self.profiles.retain(|did, _| {
                found.contains(did) || self.waiting.iter().any(|waiting| waiting.did() == did)
            });
        }
        for waiting in &mut self.waiting {
            let missed_post = waiting.view.is_none() && asked.contains(&waiting.uri);
            if missed_post && let Some(view) = views.get(&waiting.uri) {
                waiting.view = Some(view.clone());
            }
            let did = waiting.did();
            let missed_person = people.iter().any(|asked| asked == did) && !found.contains(did);
            if (missed_post && waiting.view.is_none()) || missed_person {
                waiting.due = now + waiting.patience;
                waiting.patience = (waiting.patience * 2).min(*PATIENCE.end());
            }
        }
        let missing = again
            .iter()
            .filter(|(uri, _)| !views.contains_key(uri))
            .count();
        let suspicious = missing >= SUSPICIOUS && missing == again.len();
        let second_look = now
            + if suspicious {
                SECOND_LOOK.1
            } else {
                SECOND_LOOK.0
            };
        for (uri, missing_before) in again {
            match views.remove(&uri) {
                Some(view) => self.looked.push(Looked::There(uri, Box::new(view))),
                None if missing_before => self.looked.push(Looked::Gone(uri)),
                None => self.looks.push_back((second_look, uri, true)),
            }
        }
    }

    fn failed(
        &mut self,
        error: FeedError,
        asked: &[String],
        people: &[String],
        again: Vec<(String, bool)>,
    ) {
        tracing::warn!(%error, waiting = self.waiting.len(), "AppView does not answer");
        self.failures = self.failures.saturating_add(1);
        let backoff =
            (*AGAIN.start() * 2_u32.saturating_pow(self.failures.min(8) - 1)).min(*AGAIN.end());
        let now = Instant::now();
        let clock = self.appview.now();
        let wait = match &error {
            FeedError::Transient { retry_after, .. } => retry_after.unwrap_or_default(),
            FeedError::RateLimited { until } => {
                Duration::try_from(until.duration_since(clock)).unwrap_or_default()
            }
            _ => Duration::ZERO,
        };
        self.retry_at = now + backoff.max(wait.min(LONGEST_WAIT));
        if matches!(error, FeedError::Misconfigured(_)) {
            // One of them is at fault: fewer are asked for at once, and others have their turn first.
            self.batch = (self.batch / 2).max(1);
            for waiting in &mut self.waiting {
                if asked.contains(&waiting.uri) || people.iter().any(|did| did == waiting.did()) {
                    waiting.due = self.retry_at + waiting.patience;
                    waiting.patience = (waiting.patience * 2).min(*PATIENCE.end());
                }
            }
        }
        self.trouble = Some(error);
        for (uri, missing) in again {
            self.looks.push_back((self.retry_at, uri, missing));
        }
    }

    /// Posts of which all is known, and those that the `AppView` still does not have, in the order in which they came.
    pub(super) fn ready(&mut self) -> Vec<Ready> {
        let now = Instant::now();
        let is_ready = |waiting: &Waiting| {
            let fresh = |(at, _): &(Instant, Value)| now.duration_since(*at) < FRESH;
            let known =
                waiting.view.is_some() && self.profiles.get(waiting.did()).is_some_and(fresh);
            // Only an AppView that answers can be said not to have it, or not to take the question.
            let answers = matches!(self.trouble, None | Some(FeedError::Misconfigured(_)));
            let given_up = answers
                && waiting.patience > *PATIENCE.start()
                && now.duration_since(waiting.since) > GIVEN_UP;
            known || given_up || waiting.given_up
        };
        if !self.waiting.iter().any(is_ready) {
            return Vec::new();
        }
        let (ready, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(is_ready);
        self.waiting = waiting.into();
        let profile = |waiting: &Waiting| self.profiles.get(waiting.did());
        ready
            .into_iter()
            .map(|mut waiting| {
                let profile = profile(&waiting).map(|(_, profile)| profile.clone());
                if profile.is_none() {
                    waiting.view = None;
                }
                Ready {
                    profile: profile.unwrap_or_default(),
                    waiting,
                }
            })
            .collect()
    }

    /// When there is something to ask, whatever comes.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.asking.is_some() {
            return None;
        }
        let waiting = self.waiting.iter().map(|waiting| waiting.due);
        let looks = self.looks.iter().map(|(at, _, _)| *at);
        waiting.chain(looks).min().map(|due| due.max(self.retry_at))
    }
}
