//! The feed: several relays at once, each read on its own, their events joined by id.
//!
//! What came stands in one queue, in order: posts until the profiles of their people are there, what was taken back, and how
//! far each relay is read, which moves the cursor only after everything before it. Everything that has to outlive a call
//! of `fetch` lies in the feed, so that a call may be dropped anywhere.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use nostr::{Event, EventId, JsonUtil as _, PublicKey};
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::Settings;
use super::asked::Asked;
use super::convert::{self, author_id, post_id};
use super::cursor::Position;
use super::frame::{self, Frame, Head};
use super::profile::{PATIENCE, Profiles};
use super::relay::{Happened, Relay, Walk, later, transient};
use super::watch::Watch;
use crate::clock::SharedClock;
use crate::feed::{
    Cursor, Feed, FeedContext, FeedError, Item, Page, Reason, Refusal, SIGN_OF_LIFE, Via, Watched,
    network,
};
use crate::text::clean_line;

/// What was stored this long before the last that was seen is asked for again: clocks differ, and events travel.
const OVERLAP: i64 = 600;
/// How far ahead of ours an author's clock may be, in seconds.
const AHEAD: i64 = 15 * 60;
/// Items of a page.
const MOST_ITEMS: usize = 300;
/// Posts that wait for profiles; beyond, they go without.
const MOST_WAITING: usize = 600;
/// Events known by id.
const KNOWN: usize = 20_000;
/// Posts that a walk back to the event's start reads.
const FURTHEST: u32 = 20_000;
/// Between two requests for deletions.
const BREATH: Duration = Duration::from_secs(1);
/// How long a relay is left alone that says to be asked too often, without saying for how long.
const LIMITED: Duration = Duration::from_mins(1);
/// Points of rubbish of something unreadable or forged, which costs more than what was not asked for.
const FORGED: u32 = 10;
/// Longest part of a relay's own words that is passed on, in characters.
const MOST_WORDS: usize = 200;
/// Authors who asked to vanish that are kept in mind.
const MOST_VANISHED: usize = 1_000;

/// New notes as they come, whatever time they carry.
const LIVE: &str = "live";
/// What was stored.
const STORED: &str = "stored";

/// The feed.
pub(super) struct Reader {
    relays: Vec<Relay>,
    asked: Asked,
    silence: Duration,
    backfill: u32,
    from: Option<Timestamp>,
    clock: SharedClock,
    rng: rand::rngs::StdRng,
    agent: String,
    watched: Watched,
    /// The cursor given out last; where the supervisor comes with another, that one counts.
    given: Option<Cursor>,
    began: bool,
    position: Position,
    seen: Seen,
    queue: VecDeque<Entry>,
    profiles: Profiles,
    watch: Watch,
    watch_asked: Option<Instant>,
    /// Who asked to vanish, and when.
    vanished: HashMap<PublicKey, u64>,
    /// Who is polled first, so that a relay that never stops talking leaves the others their turn.
    turn: usize,
    /// Whether a connection was made since the last page.
    news: bool,
}

enum Entry {
    Post {
        event: Box<Event>,
        people: Vec<PublicKey>,
        until: Instant,
        history: bool,
    },
    Item(Item),
    /// A relay is read up to a time.
    Reached(usize, i64),
    /// All relays are read since a time.
    Complete(Timestamp),
}

/// Ids of events that were verified, the latest.
#[derive(Default)]
struct Seen {
    ids: HashSet<EventId>,
    order: VecDeque<EventId>,
}

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, id: EventId) -> bool {
        let new = self.ids.insert(id);
        if new {
            self.order.push_back(id);
            if self.order.len() > KNOWN
                && let Some(oldest) = self.order.pop_front()
            {
                self.ids.remove(&oldest);
            }
        }
        new
    }

    fn contains(&self, id: &str) -> bool {
        EventId::from_hex(id).is_ok_and(|id| self.ids.contains(&id))
    }
}

impl Reader {
    pub(super) fn new(
        settings: &Settings,
        relays: Vec<Url>,
        context: FeedContext,
    ) -> Result<Self, FeedError> {
        Ok(Self {
            relays: relays.into_iter().map(Relay::new).collect(),
            asked: Asked::new(context.wanted)?,
            silence: settings.silence.0,
            backfill: settings.backfill,
            from: context.from,
            clock: context.clock,
            rng: context.rng,
            agent: context.agent,
            watched: context.watched,
            given: None,
            began: false,
            position: Position::default(),
            seen: Seen::default(),
            queue: VecDeque::new(),
            profiles: Profiles::default(),
            watch: Watch::default(),
            watch_asked: None,
            vanished: HashMap::new(),
            turn: 0,
            news: false,
        })
    }

    fn seconds(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// Goes on from `cursor`, from where it is if that is its own last.
    fn resume(&mut self, cursor: Option<&Cursor>) {
        if self.began && self.given.as_ref() == cursor {
            return;
        }
        self.began = true;
        self.given = cursor.cloned();
        self.position = Position::read(cursor, self.seconds());
        self.seen = Seen::default();
        self.queue.clear();
        self.watch = Watch::default();
        let mut watched = (self.watched)();
        // The newest comes first there and last here.
        watched.reverse();
        for post in watched {
            let id = post.as_str().split_once(':').map_or("", |(_, id)| id);
            if let Ok(id) = EventId::from_hex(id) {
                self.watch.remember(id);
            }
        }
        let urls = self.relays.iter().map(Relay::url);
        self.relays = urls.map(Relay::new).collect();
    }

    /// Connects to relays that are due; where none is read, to all that may be asked.
    fn connect(&mut self, all: bool) {
        let now = self.clock.now();
        for relay in &mut self.relays {
            let due = if all {
                relay.held_until
            } else {
                relay.retry_at
            };
            if relay.is_down() && due <= now {
                relay.connect(&self.agent, self.silence, now);
            }
        }
    }

    fn all_down(&self) -> bool {
        self.relays.iter().all(Relay::is_down)
    }

    /// Why nothing can be read.
    fn down(&self) -> FeedError {
        let now = self.clock.now();
        let held = self
            .relays
            .iter()
            .map(|relay| relay.held_until)
            .min()
            .filter(|until| *until > now);
        let troubles = || {
            self.relays
                .iter()
                .filter_map(|relay| relay.trouble.as_ref())
        };
        let mut words: Vec<String> = self.relays.iter().filter_map(told).collect();
        // Those that were reached first, so that it does not look as if none was.
        words.sort_by_key(|words| network::is_not_reached(words));
        let message = words.join("; ");
        if troubles().all(|trouble| matches!(trouble, FeedError::Unauthorised(_))) {
            return FeedError::Unauthorised(message);
        }
        match held {
            Some(until)
                if troubles().all(|trouble| matches!(trouble, FeedError::RateLimited { .. })) =>
            {
                FeedError::RateLimited { until }
            }
            held => FeedError::Transient {
                message,
                retry_after: held
                    .map(|until| Duration::try_from(until.duration_since(now)).unwrap_or_default()),
            },
        }
    }

    /// What the relays tell next.
    async fn next(&mut self) -> (usize, Happened) {
        poll_fn(|context| {
            let count = self.relays.len();
            for step in 0..count {
                let at = (self.turn + step) % count;
                if let std::task::Poll::Ready(happened) = self.relays[at].poll(context) {
                    self.turn = at + 1;
                    return std::task::Poll::Ready((at, happened));
                }
            }
            std::task::Poll::Pending
        })
        .await
    }

    fn happened(&mut self, at: usize, happened: Happened) {
        let taken = match happened {
            Happened::Opened => {
                self.opened(at);
                Ok(())
            }
            Happened::Said(text) => self.said(at, &text),
            Happened::Fell(error) => Err(error),
        };
        if let Err(error) = taken {
            self.fell(at, error);
        }
    }

    fn opened(&mut self, at: usize) {
        self.news = true;
        let now = self.seconds();
        let relay = &mut self.relays[at];
        relay.opened(self.silence);
        let mut walk = Walk {
            began: now,
            left: u32::MAX,
            ..Walk::default()
        };
        match (self.position.relays.get(&relay.name), self.from) {
            (Some(reached), _) => {
                walk.since = Some(reached - OVERLAP);
                walk.complete = *reached;
            }
            (None, _) if self.backfill == 0 => {
                walk.since = Some(self.position.began);
                walk.complete = self.position.began;
            }
            (None, Some(from)) => {
                walk.since = Some(from.as_second());
                walk.complete = from.as_second();
                walk.left = FURTHEST;
            }
            (None, None) => walk.left = self.backfill,
        }
        // Without a time, so that what arrives late or with a wrong date arrives all the same.
        relay.request(LIVE, self.asked.filters(None, None, 1));
        relay.request(STORED, self.asked.filters(walk.since, None, walk.limit()));
        for (subscription, filters) in self.watch.requests(false, now - OVERLAP) {
            relay.request(&subscription, filters);
        }
        relay.walk = Some(walk);
    }

    fn fell(&mut self, at: usize, error: FeedError) {
        let now = self.clock.now();
        let relay = &mut self.relays[at];
        tracing::debug!(relay = relay.name, %error, "relay fell");
        if relay.fell(error, now, &mut self.rng) {
            relay.connect(&self.agent, self.silence, now);
        }
        self.profiles.left(at, Instant::now());
        self.complete();
    }

    /// Takes a relay's message.
    fn said(&mut self, at: usize, text: &str) -> Result<(), FeedError> {
        let Some(frame) = frame::read(text) else {
            return Err(transient(
                "it does not answer as a relay of Nostr does".to_owned(),
            ));
        };
        match frame {
            Frame::Event(subscription, raw) => self.event(at, &subscription, raw),
            Frame::Stored(subscription) => {
                self.stored(at, &subscription);
                Ok(())
            }
            Frame::Closed(subscription, words) => self.closed(at, &subscription, &words),
            Frame::Notice(words) => {
                let words = shown(&words);
                tracing::debug!(relay = self.relays[at].name, words, "relay says");
                if let Some(error) = self.refusal(&words) {
                    return Err(error);
                }
                self.relays[at].said = Some(words);
                Ok(())
            }
            Frame::Other => Ok(()),
        }
    }

    /// What a relay's words mean, where they mean that nobody is served, or not now (NIP-01, NIP-42).
    fn refusal(&self, words: &str) -> Option<FeedError> {
        let is = |what: &str| words.starts_with(what) || words.contains(&format!(" {what}"));
        if is("rate-limited") {
            return Some(FeedError::RateLimited {
                until: later(self.clock.now(), LIMITED),
            });
        }
        (is("auth-required") || is("restricted")).then(|| {
            FeedError::Unauthorised(format!(
                "it answers only to people it knows, which this feed cannot be; name another relay ({words})"
            ))
        })
    }

    /// A subscription is refused or ended.
    fn closed(&mut self, at: usize, subscription: &str, words: &str) -> Result<(), FeedError> {
        let words = shown(words);
        if let Some(error) = self.refusal(&words) {
            return Err(error);
        }
        match subscription {
            LIVE | STORED if self.relays[at].walk.is_some() || subscription == LIVE => {
                Err(transient(format!("it refuses what is asked: {words}")))
            }
            STORED => Ok(()),
            other => {
                self.profiles.answered(other, at, Instant::now());
                if other.starts_with("gone-") {
                    self.relays[at].note = Some(format!("does not tell of deletions: {words}"));
                }
                Ok(())
            }
        }
    }

    /// All that was stored for a subscription is there.
    fn stored(&mut self, at: usize, subscription: &str) {
        if subscription.starts_with("who-") {
            self.relays[at].close(subscription);
            self.profiles.answered(subscription, at, Instant::now());
        }
        if subscription != STORED {
            return;
        }
        let relay = &mut self.relays[at];
        let Some(walk) = &mut relay.walk else {
            return;
        };
        if walk.turn() {
            relay.answer_by = Some(Instant::now() + self.silence);
            let filters = self.asked.filters(walk.since, walk.until, walk.limit());
            relay.request(STORED, filters);
            return;
        }
        let (began, complete) = (walk.began, walk.complete);
        relay.close(STORED);
        relay.walk = None;
        relay.answer_by = None;
        relay.complete = Some(complete);
        self.queue.push_back(Entry::Reached(at, began));
        self.complete();
    }

    /// Says that nothing is missing, once all that can be read is.
    fn complete(&mut self) {
        if self
            .relays
            .iter()
            .any(|relay| !relay.is_down() && !relay.caught_up())
        {
            return;
        }
        let since = self
            .relays
            .iter_mut()
            .filter_map(|relay| relay.complete.take())
            .max();
        if let Some(since) = since.and_then(|since| Timestamp::from_second(since).ok()) {
            self.queue.push_back(Entry::Complete(since));
        }
    }

    /// Takes an event for a subscription. Nothing of it is believed before it was asked for and its signature is right.
    fn event(&mut self, at: usize, subscription: &str, raw: &RawValue) -> Result<(), FeedError> {
        let head: Head<'_> = match serde_json::from_str(raw.get()) {
            Ok(head) => head,
            Err(error) => return self.refuse(at, "an event", &error.to_string()),
        };
        match subscription {
            LIVE | STORED => self.note(at, subscription == STORED, &head, raw),
            _ if subscription.starts_with("who-") => self.profile(at, &head, raw),
            _ if subscription.starts_with("gone-") => self.gone(at, &head, raw),
            _ => self.relays[at].sent_rubbish(1),
        }
    }

    /// Refuses what is unreadable or forged, once per relay and thing.
    fn refuse(&mut self, at: usize, what: &str, why: &str) -> Result<(), FeedError> {
        let detail = format!("{what} from {}: {}", self.relays[at].name, shown(why));
        self.queue.push_back(Entry::Item(Item::Refused(Refusal {
            reason: Reason::Malformed,
            detail,
        })));
        self.relays[at].sent_rubbish(FORGED)
    }

    /// An event whose id and signature are right; `None` and refused where they are not.
    fn verified(
        &mut self,
        at: usize,
        head: &Head<'_>,
        raw: &RawValue,
    ) -> Result<Option<Event>, FeedError> {
        let read = Event::from_json(raw.get()).map_err(|error| error.to_string());
        let verified = read.and_then(|event| match event.verify() {
            Ok(()) => Ok(event),
            Err(error) => Err(error.to_string()),
        });
        match verified {
            Ok(event) => Ok(Some(event)),
            Err(why) => {
                let id: String = head
                    .id
                    .chars()
                    .filter(char::is_ascii_hexdigit)
                    .take(64)
                    .collect();
                self.refuse(at, &format!("event {id}"), &why).map(|()| None)
            }
        }
    }

    fn note(
        &mut self,
        at: usize,
        stored: bool,
        head: &Head<'_>,
        raw: &RawValue,
    ) -> Result<(), FeedError> {
        if !self.asked.fits(head) {
            return self.relays[at].sent_rubbish(1);
        }
        let now = self.seconds();
        let relay = &mut self.relays[at];
        if let Some(walk) = &mut relay.walk
            && stored
            && walk.asks_for(head.created_at)
        {
            walk.took(head.created_at);
            relay.answer_by = Some(Instant::now() + self.silence);
        }
        let live = relay.walk.is_none();
        if !self.seen.contains(&head.id) {
            let Some(event) = self.verified(at, head, raw)? else {
                return Ok(());
            };
            self.take(at, event, now);
        }
        if live {
            self.queue
                .push_back(Entry::Reached(at, head.created_at.min(now)));
        }
        Ok(())
    }

    /// Takes a note that is verified and new.
    fn take(&mut self, at: usize, event: Event, now: i64) {
        self.seen.insert(event.id);
        let written = i64::try_from(event.created_at.as_secs()).unwrap_or(i64::MAX);
        let refused = |reason, why: &str| {
            let detail = format!("{}: {why}", post_id(&event.id));
            Entry::Item(Item::Refused(Refusal { reason, detail }))
        };
        if written > now.saturating_add(AHEAD) {
            self.queue
                .push_back(refused(Reason::BadTime, "is dated into the future"));
            return;
        }
        if self
            .vanished
            .get(&event.pubkey)
            .is_some_and(|at| event.created_at.as_secs() <= *at)
        {
            self.queue
                .push_back(refused(Reason::OptedOut, "its author asked to vanish"));
            return;
        }
        if let Some(ends) = convert::expiration(&event) {
            if ends <= now {
                let known = self.watch.contains(&event.id);
                let gone = || Entry::Item(Item::Deleted(post_id(&event.id)));
                let entry = if known {
                    gone()
                } else {
                    refused(Reason::NotPublic, "has expired")
                };
                self.queue.push_back(entry);
                return;
            }
            self.position.expiring.insert(event.id.to_hex(), ends);
        }
        if !self.asked.takes(&event) {
            return;
        }
        let moment = Instant::now();
        let people = convert::people(&event);
        for key in &people {
            self.profiles.want(*key, moment);
        }
        self.watch.add(&event);
        let first = !self.position.relays.contains_key(&self.relays[at].name);
        self.queue.push_back(Entry::Post {
            history: first && written < self.position.began,
            event: Box::new(event),
            people,
            until: moment + PATIENCE,
        });
    }

    fn profile(&mut self, at: usize, head: &Head<'_>, raw: &RawValue) -> Result<(), FeedError> {
        let key = PublicKey::from_hex(&head.pubkey).ok();
        let Some(key) = key.filter(|key| head.kind == 0 && self.profiles.is_asked_for(key)) else {
            return self.relays[at].sent_rubbish(1);
        };
        let written = u64::try_from(head.created_at).unwrap_or(0);
        if head.created_at > self.seconds() + AHEAD || !self.profiles.is_news(&key, written) {
            return Ok(());
        }
        let Some(event) = self.verified(at, head, raw)? else {
            return Ok(());
        };
        // Somebody whose profile comes after the first posts, or changed meanwhile.
        if self.profiles.take(&event, Instant::now()) && self.watch.has_author(&key) {
            self.queue
                .push_back(Entry::Item(Item::AuthorGone(author_id(&key))));
        }
        Ok(())
    }

    /// What tells that posts are gone, and posts from before a restart.
    fn gone(&mut self, at: usize, head: &Head<'_>, raw: &RawValue) -> Result<(), FeedError> {
        if head.kind == 0 {
            return self.profile(at, head, raw);
        }
        let id = EventId::from_hex(&head.id).ok();
        let wondered = id.is_some_and(|id| self.watch.wonders(&id));
        let asked = match head.kind {
            5 => head
                .values("e")
                .any(|id| EventId::from_hex(id).is_ok_and(|id| self.watch.contains(&id))),
            62 => PublicKey::from_hex(&head.pubkey).is_ok_and(|key| self.watch.has_author(&key)),
            _ => id.is_some_and(|id| self.watch.contains(&id)),
        };
        if !asked {
            return self.relays[at].sent_rubbish(1);
        }
        if !wondered && (!matches!(head.kind, 5 | 62) || self.seen.contains(&head.id)) {
            return Ok(());
        }
        let Some(event) = self.verified(at, head, raw)? else {
            return Ok(());
        };
        let items = match head.kind {
            5 => self.watch.deleted(&event),
            62 if for_everybody(&event, &self.relays) => {
                if self.vanished.len() >= MOST_VANISHED {
                    self.vanished.clear();
                }
                self.vanished
                    .insert(event.pubkey, event.created_at.as_secs());
                self.watch.vanished(&event)
            }
            62 => Vec::new(),
            _ => {
                self.watch.add(&event);
                return Ok(());
            }
        };
        self.seen.insert(event.id);
        self.queue.extend(items.into_iter().map(Entry::Item));
        Ok(())
    }

    /// Asks for profiles and deletions of what came.
    fn ask(&mut self) {
        let now = Instant::now();
        let open: HashSet<usize> = (0..self.relays.len())
            .filter(|at| self.relays[*at].open)
            .collect();
        if let Some((subscription, people)) = self.profiles.ask(open, now) {
            let filter = json!({"kinds": [0], "authors": people});
            for relay in self.relays.iter().filter(|relay| relay.open) {
                relay.request(&subscription, vec![filter.clone()]);
            }
        }
        if self.watch.changed() && self.watch_asked.is_none_or(|asked| now >= asked + BREATH) {
            for (subscription, filters) in self.watch.requests(true, self.seconds() - OVERLAP) {
                for relay in self.relays.iter().filter(|relay| relay.open) {
                    relay.request(&subscription, filters.clone());
                }
            }
            self.watch.asked();
            self.watch_asked = Some(now);
        }
    }

    /// Gives up relays that owe an answer.
    fn look_after(&mut self) {
        let now = Instant::now();
        for at in 0..self.relays.len() {
            let relay = &self.relays[at];
            if relay.answer_by.is_some_and(|by| now >= by) {
                let said = relay
                    .said
                    .as_ref()
                    .map_or_else(String::new, |said| format!("; it said: {said}"));
                let words = format!("no answer within {} s{said}", self.silence.as_secs_f64());
                self.fell(at, transient(words));
            }
        }
    }

    /// Takes away what has expired (NIP-40).
    fn expire(&mut self) {
        let now = self.seconds();
        let watch = &self.watch;
        let queue = &mut self.queue;
        self.position.expiring.retain(|id, ends| {
            let id = EventId::from_hex(id).ok().filter(|id| watch.contains(id));
            match id {
                Some(id) if *ends <= now => {
                    queue.push_back(Entry::Item(Item::Deleted(post_id(&id))));
                    false
                }
                known => known.is_some(),
            }
        });
    }

    fn is_ready(&self, entry: &Entry, now: Instant) -> bool {
        match entry {
            Entry::Post { people, until, .. } => {
                self.queue.len() >= MOST_WAITING
                    || now >= *until
                    || people.iter().all(|key| self.profiles.settled(key))
            }
            _ => true,
        }
    }

    /// Whether there is something to tell at once. How far a relay is read can wait for the next page.
    fn has_something(&self) -> bool {
        let now = Instant::now();
        let mut entries = self.queue.iter();
        let first = entries.find(|entry| !matches!(entry, Entry::Reached(..)));
        first.is_some_and(|entry| self.is_ready(entry, now))
    }

    /// When there will be something to do, whatever comes.
    fn wake(&self, deadline: Instant) -> Instant {
        let now = self.clock.now();
        let front = self.queue.front().and_then(|entry| match entry {
            Entry::Post { until, .. } => Some(*until),
            _ => None,
        });
        let relays = self.relays.iter().filter_map(|relay| {
            let retry = || {
                let wait =
                    Duration::try_from(relay.retry_at.duration_since(now)).unwrap_or_default();
                Instant::now() + wait.min(SIGN_OF_LIFE)
            };
            relay.answer_by.or_else(|| relay.is_down().then(retry))
        });
        let watch = self
            .watch_asked
            .filter(|_| self.watch.changed())
            .map(|asked| asked + BREATH);
        [front, self.profiles.until(), watch]
            .into_iter()
            .flatten()
            .chain(relays)
            .fold(deadline, Instant::min)
    }

    /// What is ready, as a page.
    fn page(&mut self) -> Page {
        self.news = false;
        let now = Instant::now();
        let mut page = Page {
            via: Via::Stream,
            note: self.trouble(),
            ..Page::default()
        };
        let mut age: Option<bool> = None;
        while page.items.len() < MOST_ITEMS
            && let Some(front) = self.queue.front()
            && self.is_ready(front, now)
        {
            if let Entry::Post { history, .. } = front
                && *age.get_or_insert(*history) != *history
            {
                break;
            }
            match self.queue.pop_front() {
                Some(Entry::Post { event, .. }) => page.items.push(self.item(&event)),
                Some(Entry::Item(item)) => page.items.push(item),
                Some(Entry::Reached(at, time)) => {
                    let reached = self
                        .position
                        .relays
                        .entry(self.relays[at].name.clone())
                        .or_insert(time);
                    *reached = time.max(*reached);
                }
                Some(Entry::Complete(since)) => {
                    page.complete_since = page.complete_since.max(Some(since));
                }
                None => {}
            }
        }
        page.history = age == Some(true);
        // Relays tell the newest first. What was taken back stays behind what it may be about.
        page.items.sort_by_key(|item| match item {
            Item::Post(post) => post.created_at,
            _ => Timestamp::MAX,
        });
        let cursor = self.position.write();
        if self.given.as_ref() != Some(&cursor) {
            self.given = Some(cursor.clone());
            page.cursor = Some(cursor);
        }
        page
    }

    fn item(&self, event: &Event) -> Item {
        match convert::post(event, |key| self.profiles.get(key)) {
            Ok(post) => Item::Post(Box::new(post)),
            Err((reason, why)) => {
                let detail = format!("{}: {why}", post_id(&event.id));
                Item::Refused(Refusal { reason, detail })
            }
        }
    }

    /// What is not as it should be, in words.
    fn trouble(&self) -> Option<String> {
        let down: Vec<String> = self
            .relays
            .iter()
            .filter(|relay| !relay.open)
            .filter_map(told)
            .collect();
        let mut words = Vec::new();
        if !down.is_empty() {
            let count = self.relays.len();
            words.push(format!(
                "{} of {count} relays cannot be read: {}",
                down.len(),
                down.join("; ")
            ));
        }
        let notes = self
            .relays
            .iter()
            .filter_map(|relay| Some(format!("{} {}", relay.name, relay.note.as_ref()?)));
        words.extend(notes);
        (!words.is_empty()).then(|| words.join("; "))
    }
}

#[async_trait]
impl Feed for Reader {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        self.resume(cursor);
        let deadline = Instant::now() + SIGN_OF_LIFE.min(self.silence);
        // How often a source is tried that cannot be read at all is the supervisor's business.
        self.connect(self.all_down());
        self.expire();
        loop {
            self.look_after();
            if self.all_down() && !self.has_something() {
                return Err(self.down());
            }
            if self.queue.len() >= MOST_WAITING || Instant::now() >= deadline {
                return Ok(self.page());
            }
            if let Some((at, happened)) = self.next().now_or_never() {
                self.happened(at, happened);
                continue;
            }
            self.ask();
            if self.news || self.has_something() {
                return Ok(self.page());
            }
            if self.all_down() {
                continue;
            }
            self.connect(false);
            let wake = self.wake(deadline);
            if let Ok((at, happened)) = timeout_at(wake, self.next()).await {
                self.happened(at, happened);
            }
        }
    }
}

/// A relay's trouble in words, with its address.
fn told(relay: &Relay) -> Option<String> {
    let words = relay.trouble.as_ref()?.to_string();
    Some(if words.contains(&relay.name) {
        words
    } else {
        format!("{}: {words}", relay.name)
    })
}

/// Whether a request to vanish is meant for all relays or for one of ours.
fn for_everybody(event: &Event, relays: &[Relay]) -> bool {
    convert::values(event, "relay").any(|meant| {
        let meant = meant.trim_end_matches('/');
        meant == "ALL_RELAYS" || relays.iter().any(|relay| relay.name == meant)
    })
}

/// A relay's words, short and on one line.
fn shown(words: &str) -> String {
    clean_line(words).chars().take(MOST_WORDS).collect()
}
