//! The feed: what the stream tells and a search finds is hydrated, and handed over in the order in which it became known.
//!
//! Everything that has to outlive a call of `fetch` lies in the feed, so that a call may be dropped anywhere. The cursor moves
//! only up to the first post that still waits: after a crash the stream is read again from there.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::Settings;
use super::client::{Account, AppView};
use super::convert::{self, Seen, author_id, post_id};
use super::host::Host;
use super::hydrate::{Hydrate, Looked, Ready, Waiting};
use super::people::People;
use super::position::{Place, Position, Span};
use super::search::Searching;
use super::sieve::Sieve;
use super::stream::{CaughtUp, Stream, With, transient};
use super::wire::{self, Event, Said, What};
use crate::clock::SharedClock;
use crate::feed::http;
use crate::feed::{
    Cursor, Feed, FeedContext, FeedError, Item, OnWall, Page, Reason, Refusal, SIGN_OF_LIFE, Via,
    Watched,
};
use crate::post::Post;
use crate::secret::Secret;

/// Largest record looked at, in bytes: a post has at most 3,000 bytes of text.
const MOST_BYTES: usize = 64 * 1024;
/// Items of a page.
const MOST_ITEMS: usize = 300;
/// Messages looked at without a break, so that one task does not keep a core to itself.
const BURST: usize = 500;
/// Posts and people that are known, so that what happens to them is followed.
const KNOWN: usize = 100_000;
/// How often posts are looked at again, for labels that came later and deletions that the stream did not tell of.
const LOOK: Duration = Duration::from_mins(5);
/// A label that is given so many seconds after a post was written may have come after it was shown.
const LATER: i64 = 60;
/// How many.
const LOOKED: usize = 100;
/// Posts that a search back to the event's start brings.
const FURTHEST: u32 = 20_000;
/// How long posts that wait have for the `AppView`, before it is told that no host can be read.
const LAST: Duration = Duration::from_secs(2);

/// The feed.
pub(super) struct Reader {
    stream: Stream,
    hydrate: Hydrate,
    searching: Searching,
    people: People,
    sieve: Option<Sieve>,
    lookback: Duration,
    backfill: u32,
    from: Option<Timestamp>,
    silence: Duration,
    clock: SharedClock,
    watched: Watched,
    on_wall: OnWall,
    /// The cursor given out last; where the supervisor comes with another, that one counts.
    given: Option<Cursor>,
    position: Option<Position>,
    /// The latest event's.
    latest: Option<Place>,
    posts: Known,
    authors: Known,
    /// When posts were last given a label that warns.
    warned: HashMap<String, Timestamp>,
    /// Ready to be handed over: each with whether it is history.
    items: VecDeque<(Item, bool)>,
    completing: Option<Completing>,
    complete: Option<Timestamp>,
    /// What could not be filled in, in words.
    gap: Option<String>,
    look_at: Timestamp,
    /// Whether a connection has just brought its first event.
    news: bool,
}

/// What will be complete.
#[derive(Debug, Clone, Copy)]
struct Completing {
    /// Since when all is read, once everything before the post of this order is handed over.
    since: Timestamp,
    order: u64,
    /// The same, once the search is done.
    searched: Option<Timestamp>,
    /// Whether the first was told: where the search fails it is not waited for.
    told: bool,
}

/// Names, the latest.
#[derive(Default)]
struct Known {
    names: HashSet<String>,
    order: VecDeque<String>,
}

impl Known {
    fn insert(&mut self, name: &str) {
        if self.names.insert(name.to_owned()) {
            self.order.push_back(name.to_owned());
            if self.order.len() > KNOWN
                && let Some(oldest) = self.order.pop_front()
            {
                self.names.remove(&oldest);
            }
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn remove(&mut self, name: &str) -> bool {
        self.names.remove(name)
    }
}

impl Reader {
    pub(super) fn new(settings: &Settings, context: FeedContext) -> Result<Self, FeedError> {
        let misconfigured = FeedError::Misconfigured;
        let hosts = settings.jetstream.iter().map(|host| Host::parse(host));
        let appview = super::server(&settings.appview, "appview").map_err(misconfigured)?;
        let pds = super::server(&settings.pds, "pds").map_err(misconfigured)?;
        let password = settings.app_password.as_ref().map(Secret::reveal);
        let password = password
            .transpose()
            .map_err(|error| FeedError::Misconfigured(error.to_string()))?;
        let account = settings
            .account
            .as_ref()
            .zip(password)
            .map(|(handle, password)| Account {
                // A password does not go where a server sends on to.
                http: http::client_without_redirects(&context.agent),
                pds,
                handle: handle.trim().trim_start_matches('@').to_owned(),
                password: password.trim().to_owned(),
                clock: context.clock.clone(),
            });
        let appview = AppView::new(context.http.clone(), appview, context.clock.clone());
        Ok(Self {
            stream: Stream::new(With {
                hosts: hosts.collect::<Result<_, _>>().map_err(misconfigured)?,
                silence: settings.silence.0,
                compress: settings.compress,
                agent: context.agent,
                http: context.http,
                clock: context.clock.clone(),
            }),
            hydrate: Hydrate::new(appview.clone()),
            searching: Searching::new(account, &context.wanted),
            people: People::new(context.wanted, appview),
            sieve: None,
            lookback: settings.lookback.0,
            backfill: settings.backfill,
            from: context.from,
            silence: settings.silence.0,
            clock: context.clock,
            watched: context.watched,
            on_wall: context.on_wall,
            given: None,
            position: None,
            latest: None,
            posts: Known::default(),
            authors: Known::default(),
            warned: HashMap::new(),
            items: VecDeque::new(),
            completing: None,
            complete: None,
            gap: None,
            look_at: Timestamp::MIN,
            news: false,
        })
    }

    /// Goes on from `cursor`, from where it is if that is its own last.
    fn resume(&mut self, cursor: Option<&Cursor>) {
        if self.position.is_some() && self.given.as_ref() == cursor {
            return;
        }
        let now = self.clock.now();
        let position = Position::read(cursor).unwrap_or_else(|| self.beginning(now));
        self.given = cursor.cloned();
        self.stream.close();
        self.hydrate.clear();
        self.searching.begin(position.search.clone());
        self.latest = None;
        self.items.clear();
        self.completing = None;
        self.complete = None;
        self.posts = Known::default();
        self.authors = Known::default();
        let watched = (self.watched)();
        let uris = watched.iter().filter_map(|post| uri_of(post.as_str()));
        for uri in uris.rev() {
            self.posts.insert(uri);
            if let Some((did, _)) = convert::parts(uri) {
                self.authors.insert(did);
            }
        }
        // What happened to them meanwhile the stream tells only as far back as it goes.
        let again = watched.iter().filter_map(|post| uri_of(post.as_str()));
        self.hydrate.look_again(again.map(str::to_owned));
        self.look_at = now.saturating_add(LOOK).unwrap_or(now);
        self.position = Some(position);
    }

    /// Where the very first start begins.
    fn beginning(&self, now: Timestamp) -> Position {
        let lookback = if self.backfill == 0 {
            Duration::ZERO
        } else {
            self.lookback
        };
        let back = now.saturating_sub(lookback).unwrap_or(now);
        let at = self.from.map_or(back, |from| from.max(back)).min(now);
        let most = match (self.backfill, self.from) {
            (0, _) => 0,
            (_, Some(_)) => FURTHEST,
            (count, None) => count,
        };
        let searched = most > 0 && self.searching.is_possible();
        Position {
            began: now,
            place: Place {
                at,
                host: None,
                number: None,
            },
            seen: false,
            search: searched.then_some(Span {
                since: self.from,
                most,
            }),
        }
    }

    fn position(&self) -> &Position {
        self.position
            .as_ref()
            .expect("resumed before anything else")
    }

    /// Up to where all is handed over, but for what is ready.
    fn reached(&self) -> Position {
        self.position_at(self.hydrate.first_place().or(self.latest.as_ref()))
    }

    /// Where a new connection begins: behind the latest event, since what waits is still here.
    fn begin(&self) -> Option<Position> {
        let position = self.position_at(self.latest.as_ref());
        // A first start that wants nothing of before begins with the present.
        (position.seen || position.place.at < position.began).then_some(position)
    }

    fn position_at(&self, place: Option<&Place>) -> Position {
        let mut position = self.position().clone();
        if let Some(place) = place {
            position.place = place.clone();
            position.seen = true;
        }
        position
    }

    /// Takes a message of the stream.
    fn said(&mut self, text: &Utf8Bytes) -> Result<(), FeedError> {
        let said = match wire::read(self.stream.wire(), text) {
            Ok(said) => said,
            // A host that speaks the wire may still pass something on that nobody can read.
            Err(error) if self.stream.has_spoken() => {
                self.refuse(Reason::Malformed, format!("an event: {error}"));
                return Ok(());
            }
            Err(error) => {
                return Err(transient(format!(
                    "the host sends what is no event of Jetstream's: {error}; is its address right?"
                )));
            }
        };
        match said {
            Said::Event(event) => self.event(event),
            Said::Info(name, _) => {
                if name == "OutdatedCursor" {
                    self.stream.outdated();
                }
            }
            Said::Failed(why) => {
                let why: String = why.chars().take(200).collect();
                return Err(transient(format!("the host ended the stream: {why}")));
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>) {
        self.news |= self.stream.took(event.at);
        let place = Place {
            at: event.at,
            host: Some(Arc::clone(self.stream.host())),
            number: event.number,
        };
        match event.what {
            What::Written { rkey, record, anew } => {
                self.written(&event.did, &rkey, record.get(), anew, &place);
            }
            What::Deleted { rkey } => {
                let uri = convert::uri(&event.did, &rkey);
                self.hydrate.remove(&uri);
                if self.posts.remove(&uri) || (self.on_wall)(post_id(&uri).as_str()) {
                    self.items.push_back((Item::Deleted(post_id(&uri)), false));
                }
            }
            What::Gone => {
                let waited = self.hydrate.remove_author(&event.did);
                let id = author_id(&event.did);
                if waited || self.authors.contains(&event.did) || (self.on_wall)(id.as_str()) {
                    self.items.push_back((Item::AuthorGone(id), false));
                }
            }
            What::Other => {}
        }
        // A place that was reached is not left again: what a new connection repeats is behind it.
        if self
            .latest
            .as_ref()
            .is_none_or(|latest| latest.at <= event.at)
        {
            self.latest = Some(place);
        }
    }

    fn written(&mut self, did: &str, rkey: &str, record: &str, anew: bool, place: &Place) {
        let Some(sieve) = &self.sieve else {
            return;
        };
        let passes = sieve.may_want(did, record);
        if !passes && !anew {
            return;
        }
        let uri = convert::uri(did, rkey);
        let known = self.posts.contains(&uri) || (self.on_wall)(post_id(&uri).as_str());
        // A post comes once, and once more each time that it is written anew.
        let is_news = if anew { passes || known } else { !known };
        if !is_news {
            return;
        }
        if convert::parts(&uri).is_none() {
            return self.refuse(Reason::DamagedId, uri);
        }
        if record.len() > MOST_BYTES {
            return self.refuse(Reason::TooLarge, format!("{uri}: {} bytes", record.len()));
        }
        let Ok(read) = serde_json::from_str::<Value>(record) else {
            return self.refuse(
                Reason::Malformed,
                format!("{uri}: its record cannot be read"),
            );
        };
        if !sieve.wants(did, &read) && !known {
            return;
        }
        let mut waiting = Waiting::new(uri, Some(read), None);
        waiting.place = Some(place.clone());
        waiting.anew_at = anew.then_some(place.at);
        self.hydrate.push(waiting);
    }

    fn refuse(&mut self, reason: Reason, detail: String) {
        let refusal = Refusal { reason, detail };
        self.items.push_back((Item::Refused(refusal), false));
    }

    /// What a search found.
    fn found(&mut self, views: Vec<Value>) {
        for view in views {
            let uri = view["uri"].as_str().unwrap_or_default().to_owned();
            let Some((did, _)) = convert::parts(&uri) else {
                continue;
            };
            let wanted = self
                .sieve
                .as_ref()
                .is_some_and(|sieve| sieve.wants(did, &view["record"]));
            let known = self.posts.contains(&uri) || (self.on_wall)(post_id(&uri).as_str());
            if wanted && !known {
                let mut waiting = Waiting::new(uri, None, Some(view));
                waiting.found = true;
                self.hydrate.push(waiting);
            }
        }
    }

    /// Makes items of what is hydrated by now.
    fn collect(&mut self) {
        let now = self.clock.now();
        for ready in self.hydrate.ready() {
            let found = ready.waiting.found;
            let item = self.item(ready, now);
            let began = self.position().began;
            let before = matches!(&item, Item::Post(post) if post.created_at < began);
            self.items.push_back((item, found || before));
        }
        for looked in std::mem::take(&mut self.hydrate.looked) {
            self.looked(looked, now);
        }
        // What is not read for want of room is not caught up with.
        if !self.hydrate.is_full()
            && let Some(caught_up) = self.stream.caught_up()
        {
            self.caught_up(caught_up);
        }
        if let Some(completing) = &mut self.completing
            && !self.hydrate.waits_before(completing.order)
        {
            let searched = self.searching.span().is_none() && !self.hydrate.waits_for_found();
            if searched {
                let since = completing.since.min(
                    completing
                        .searched
                        .filter(|_| !self.searching.cut_short)
                        .unwrap_or(Timestamp::MAX),
                );
                self.complete = Some(since);
                self.completing = None;
            } else if self.searching.trouble.is_some() && !completing.told {
                completing.told = true;
                self.complete = Some(completing.since);
            }
        }
    }

    fn item(&mut self, ready: Ready, now: Timestamp) -> Item {
        let Ready { waiting, profile } = ready;
        let uri = waiting.uri;
        let Some(view) = &waiting.view else {
            let detail = format!("{uri}: the AppView does not have it, or not its author");
            return Item::Refused(Refusal {
                reason: Reason::NotPublic,
                detail,
            });
        };
        let seen = Seen {
            view,
            profile: &profile,
            record: waiting.record.as_ref(),
            edited_at: waiting.anew_at,
        };
        match convert::post(seen, now) {
            Ok(post) => {
                if let Some(at) = convert::warned_at(seen, now) {
                    self.warned.insert(uri.clone(), at);
                }
                self.remember(&uri, &post);
                Item::Post(Box::new(post))
            }
            Err((reason, why)) => {
                let detail = format!("{uri}: {why}");
                Item::Refused(Refusal { reason, detail })
            }
        }
    }

    fn remember(&mut self, uri: &str, post: &Post) {
        self.posts.insert(uri);
        let author = post.author.id.as_str();
        if let Some((_, did)) = author.split_once(':') {
            self.authors.insert(did);
        }
    }

    /// What a second look showed of a post that was handed over.
    fn looked(&mut self, looked: Looked, now: Timestamp) {
        let (uri, view) = match looked {
            Looked::There(uri, view) => (uri, view),
            Looked::Gone(uri) => {
                if self.posts.remove(&uri) {
                    self.items.push_back((Item::Deleted(post_id(&uri)), false));
                }
                return;
            }
        };
        let seen = Seen {
            view: &view,
            profile: &Value::Null,
            record: None,
            edited_at: None,
        };
        let item = match convert::post(seen, now) {
            Err((Reason::OptedOut, _)) => {
                let did = convert::parts(&uri).map_or("", |(did, _)| did);
                Item::AuthorGone(author_id(did))
            }
            Err((Reason::NotPublic, _)) if self.posts.remove(&uri) => Item::Deleted(post_id(&uri)),
            Ok(post) => {
                // A label that came later is an edit: the rules speak again.
                let Some(at) = convert::warned_at(seen, now) else {
                    return;
                };
                let known = self.warned.insert(uri, at);
                let came_later = at.duration_since(post.created_at).as_secs() > LATER;
                if !came_later || known.is_some_and(|known| known >= at) {
                    return;
                }
                Item::Post(Box::new(Post {
                    edited_at: Some(at),
                    ..post
                }))
            }
            Err(_) => return,
        };
        self.items.push_back((item, false));
    }

    fn caught_up(&mut self, caught_up: CaughtUp) {
        let CaughtUp { since, missing } = caught_up;
        let before = self.completing;
        let mut searched = before.and_then(|before| before.searched);
        if let Some(known) = missing {
            // What was not complete before is cut off by the gap.
            self.completing = None;
            if self.searching.is_possible() && self.searching.span().is_none() {
                let span = Span {
                    since: Some(known),
                    most: FURTHEST,
                };
                self.searching.begin(Some(span));
                searched = Some(known);
            } else {
                let how = if self.searching.is_possible() {
                    "another search was under way"
                } else {
                    "give account and app_password, so that it can be searched for"
                };
                self.gap = Some(format!(
                    "what was written between {known:.0} and {since:.0} is missing: the hosts do not go back as far as that; {how}"
                ));
            }
            // Deletions of that time are missing as well.
            let watched = (self.watched)();
            let again = watched.iter().filter_map(|post| uri_of(post.as_str()));
            self.hydrate.look_again(again.map(str::to_owned));
        } else if let Some(span) = self.searching.span() {
            // The first search brings what was before that.
            searched = span.since.or(self.from).or(searched);
        }
        let begun = before.filter(|_| missing.is_none());
        self.completing = Some(Completing {
            since: begun.map_or(since, |before| before.since.min(since)),
            order: self.hydrate.next_order(),
            searched: searched.filter(|_| self.searching.is_whole()),
            told: false,
        });
    }

    /// Looks at posts again whose turn it is.
    fn look_after(&mut self) {
        let now = self.clock.now();
        if self.look_at <= now {
            self.look_at = now.saturating_add(LOOK).unwrap_or(now);
            let watched = (self.watched)();
            let again = watched.iter().filter_map(|post| uri_of(post.as_str()));
            self.hydrate
                .look_again(again.take(LOOKED).map(str::to_owned));
        }
    }

    /// Reads what the stream has without waiting.
    fn drain(&mut self) {
        for _ in 0..BURST {
            if self.hydrate.is_full() || self.items.len() >= MOST_ITEMS {
                return;
            }
            match self
                .stream
                .next(Instant::now() + SIGN_OF_LIFE)
                .now_or_never()
            {
                Some(Ok(Some(text))) => self.took(Ok(Some(text))),
                Some(other) => return self.took(other),
                None => return,
            }
        }
    }

    fn took(&mut self, message: Result<Option<Utf8Bytes>, FeedError>) {
        let taken = match message {
            Ok(Some(text)) => self.said(&text),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            self.stream.fell(error);
        }
    }

    /// Connects, while posts that wait are hydrated.
    async fn connect(&mut self) -> Result<(), FeedError> {
        let begin = self.begin();
        let opening = self.stream.open(begin.as_ref());
        tokio::pin!(opening);
        loop {
            tokio::select! {
                opened = &mut opening => return opened,
                round = self.hydrate.answered() => {
                    self.hydrate.take(round);
                    self.hydrate.start();
                }
            }
        }
    }

    /// No host can be read: what waits has a moment to become ready, so that it is not kept back by that.
    async fn finish(&mut self) {
        let until = Instant::now() + LAST;
        self.collect();
        while self.items.is_empty() && self.hydrate.len() > 0 {
            self.hydrate.start();
            match tokio::time::timeout_at(until, self.hydrate.answered()).await {
                Ok(round) => self.hydrate.take(round),
                Err(_) => return,
            }
            self.collect();
        }
    }

    /// What is ready, as a page.
    fn page(&mut self) -> Page {
        self.news = false;
        let history = self.items.front().is_some_and(|(_, history)| *history);
        let mut items = Vec::new();
        while items.len() < MOST_ITEMS
            && self.items.front().is_some_and(|(_, of)| *of == history)
            && let Some((item, _)) = self.items.pop_front()
        {
            items.push(item);
        }
        // A search tells the newest first; what was taken back stays behind what it may be about.
        items.sort_by_key(|item| match item {
            Item::Post(post) => post.created_at,
            _ => Timestamp::MAX,
        });
        let mut page = Page {
            items,
            history,
            rate: self.hydrate.rate,
            via: Via::Stream,
            note: self.note(),
            ..Page::default()
        };
        // The cursor would stand behind items that are not in this page.
        if self.items.is_empty() {
            page.complete_since = self.complete.take();
            let mut position = self.reached();
            position.search = self.searching.span().cloned().or_else(|| {
                let unfinished = self.completing.is_some() || self.hydrate.waits_for_found();
                position.search.take().filter(|_| unfinished)
            });
            let cursor = position.write();
            if self.given.as_ref() != Some(&cursor) {
                self.position = Some(position);
                self.given = Some(cursor.clone());
                page.cursor = Some(cursor);
            }
        }
        page
    }

    /// What is not as it should be, in words.
    fn note(&self) -> Option<String> {
        let waiting = self.hydrate.len();
        let appview = self.hydrate.trouble.as_ref().map(|error| {
            let posts = if waiting == 1 { "post waits" } else { "posts wait" };
            format!("{waiting} {posts} for the AppView, without which nobody knows who wrote them: {error}")
        });
        let search = self
            .searching
            .trouble
            .as_ref()
            .map(|error| format!("what was written before is not filled in: {error}"));
        let notes: Vec<String> = [
            self.stream.note(),
            appview,
            search,
            self.gap.clone(),
            self.people.note.clone(),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

/// The at-uri of a post of Bluesky's.
fn uri_of(post: &str) -> Option<&str> {
    post.strip_prefix(super::SOURCE)?.strip_prefix(':')
}

#[async_trait]
impl Feed for Reader {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        self.resume(cursor);
        if let Some(sieve) = self.people.sieve(self.clock.now()).await? {
            self.sieve = Some(sieve);
        }
        let deadline = Instant::now() + SIGN_OF_LIFE.min(self.silence);
        loop {
            if self.stream.is_down()
                && let Err(error) = self.connect().await
            {
                self.finish().await;
                if self.items.is_empty() {
                    return Err(error);
                }
                return Ok(self.page());
            }
            self.look_after();
            self.drain();
            self.hydrate.start();
            self.searching.start(self.hydrate.len());
            self.collect();
            let now = Instant::now();
            // A host that has not said anything yet may never do so.
            let alive = self.stream.has_spoken() || self.silence > SIGN_OF_LIFE;
            let ready = self.news || self.complete.is_some() || !self.items.is_empty();
            if ready || (now >= deadline && alive) {
                return Ok(self.page());
            }
            let full = self.hydrate.is_full();
            let wakes = [
                self.hydrate.due(),
                self.searching.due(self.hydrate.len()),
                self.stream.settles_at().filter(|_| !full),
                (now < deadline).then_some(deadline),
            ];
            let wake = wakes
                .into_iter()
                .flatten()
                .fold(now + SIGN_OF_LIFE, Instant::min);
            tokio::select! {
                round = self.hydrate.answered() => self.hydrate.take(round),
                found = self.searching.answered() => {
                    let views = self.searching.take(found);
                    self.found(views);
                }
                message = self.stream.next(wake), if !full && !self.stream.is_down() => self.took(message),
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }
}
