//! The feed. Notes come over the stream; what the stream cannot bring is asked for: what was written before, while it was
//! away, and whether notes from before an interruption are still there.
//!
//! Asked with `sinceId` alone, Misskey answers the oldest first, so paging forward has no gaps. A note's id is made of the
//! time that its author gave, so one that arrives late lies behind the cursor: the newest pages are read again for those.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::client::{Client, Failure, transient};
use super::note::{self, Read};
use super::people::{People, Timeline};
use super::{Settings, home};
use crate::clock::SharedClock;
use crate::feed::socket::{Opening, Received, Socket};
use crate::feed::{
    Cursor, Feed, FeedContext, FeedError, Item, Next, OnWall, Page, Reason, Refusal, SIGN_OF_LIFE,
    Via, Wanted, Watched,
};
use crate::post::{Kind, PostId};
use crate::text::Tag;

/// Notes asked for at once: the most that Misskey gives.
const PAGE: usize = 100;
/// Posts that are followed; with each timeline of people a page more, since what is forgotten would be told again.
const KNOWN: usize = 400;
/// Notes that a walk back to the event's start reads.
const FURTHEST: u32 = 20_000;
/// How often the newest page is read again, for notes that came late: while asking, and while streaming.
const REFRESH: (Duration, Duration) = (Duration::from_mins(1), Duration::from_mins(10));
/// After this long a post is asked for again, where the stream does not tell what happens to it.
const RECHECK: Duration = Duration::from_mins(9);
/// After this long a post that came over the stream is asked for once.
const SETTLE: Duration = Duration::from_mins(1);
/// Shortest time between two requests for what people write: there is no such hurry as with the event's hashtag.
const LEISURE: Duration = Duration::from_secs(15);
/// How much longer that is with each timeline of people, so that many of them are no burden to the server.
const EACH: Duration = Duration::from_secs(3);
/// Between two questions about single notes.
const SINGLE: Duration = Duration::from_millis(1200);
/// How long the stream is left alone after it was refused, at first and at most.
const STREAM_AGAIN: (Duration, Duration) = (Duration::from_secs(30), Duration::from_mins(10));
/// Items that one page takes from the stream.
const MOST_ITEMS: usize = 300;
/// Longest message of the stream, in bytes.
const LARGEST: usize = 1024 * 1024;

/// How far a timeline was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// When it began to be read: what was written before is history.
    began: Timestamp,
    /// The newest id seen, and when that note was written; none where there was nothing yet.
    newest: Option<(String, Timestamp)>,
    /// The oldest id that belongs to the wall: what is older was left out on purpose. `None`: all belong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor: Option<String>,
    /// The walk back, as long as it is not done: the oldest id reached, and how many notes are still wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back: Option<(String, u32)>,
    /// Whether the first page was read.
    #[serde(default)]
    started: bool,
}

/// How far all were read, as it is journaled: that of the hashtags stands by itself, as it did when there were no others.
#[derive(Serialize, Deserialize)]
struct Positions {
    #[serde(flatten)]
    tags: Option<Position>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    people: BTreeMap<String, Position>,
}

/// A timeline and where it stands.
struct Reading {
    timeline: Timeline,
    position: Position,
    poll_at: Timestamp,
    refresh_at: Timestamp,
    /// Whether what was written while nobody read is still to be read.
    behind: bool,
    /// Pages that are read again from the newest back: where the next begins, and how many are left.
    again: Option<(Option<String>, u32)>,
    /// Since when all will be read, once it is.
    complete: Option<Timestamp>,
}

impl Reading {
    /// Something may have been missed.
    fn interrupted(&mut self) {
        if self.complete.is_none() {
            self.complete = self.position.newest.as_ref().map(|(_, at)| *at);
        }
        self.behind = self.position.started;
    }
}

/// What is known of a note that was delivered.
struct Known {
    post: PostId,
    edited_at: Option<Timestamp>,
    checked: Timestamp,
    /// Whether it was looked at since the stream was asked to tell what happens to it: between its arrival and that
    /// request it may have been deleted.
    settled: bool,
}

/// The feed.
pub(super) struct Reader {
    client: Client,
    home: String,
    wanted: Wanted,
    on_wall: OnWall,
    people: People,
    from: Option<Timestamp>,
    interval: Duration,
    silence: Duration,
    backfill: u32,
    clock: SharedClock,
    rng: StdRng,
    agent: String,
    watched: Watched,
    /// The cursor given out last; where the supervisor comes with another, that one counts.
    given: Option<Cursor>,
    /// All timelines, that of the hashtags first; none before the first start.
    timelines: Vec<Reading>,
    /// Delivered notes by the server's id, the newest of them, and ids that were refused.
    known: HashMap<String, Known>,
    order: VecDeque<String>,
    refused: HashSet<String>,
    suspects: VecDeque<String>,
    socket: Option<Socket>,
    /// Notes of which the stream is yet to be asked to tell what happens to them.
    unsubscribed: VecDeque<String>,
    /// Why the stream is not read, and when it is tried again.
    stream_trouble: Option<String>,
    stream_at: Timestamp,
    stream_failures: u32,
    single_at: Timestamp,
    /// What came over the stream.
    pending: VecDeque<Item>,
}

impl Reader {
    pub(super) fn new(
        settings: &Settings,
        server: Url,
        token: Option<String>,
        context: FeedContext,
    ) -> Self {
        let home = home(&server);
        Self {
            client: Client::new(
                context.http,
                &context.agent,
                server,
                token,
                context.clock.clone(),
            )
            .quoting(context.quotes),
            people: People::new(context.wanted.clone(), &home),
            home,
            on_wall: context.on_wall,
            from: context.from,
            interval: settings.interval.0,
            silence: settings.silence.0,
            backfill: settings.backfill,
            clock: context.clock,
            rng: context.rng,
            agent: context.agent,
            watched: context.watched,
            given: None,
            timelines: Vec::new(),
            known: HashMap::new(),
            order: VecDeque::new(),
            refused: HashSet::new(),
            suspects: VecDeque::new(),
            socket: None,
            unsubscribed: VecDeque::new(),
            stream_trouble: None,
            // Only hashtags are streamed.
            stream_at: if context.wanted.by_tags() {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            },
            stream_failures: 0,
            single_at: Timestamp::MIN,
            pending: VecDeque::new(),
            wanted: context.wanted,
        }
    }

    /// Goes on from `cursor`, from where it is if that is its own last.
    async fn resume(&mut self, cursor: Option<&Cursor>) -> Result<(), FeedError> {
        if !self.timelines.is_empty() && self.given.as_ref() == cursor {
            return Ok(());
        }
        let timelines = self.people.timelines(&mut self.client).await?;
        let now = self.clock.now();
        let read = cursor.and_then(|Cursor(text)| serde_json::from_str(text).ok());
        if cursor.is_some() && read.is_none() {
            tracing::error!("cursor is not readable, reading from the beginning");
        }
        let mut read = read.unwrap_or_else(|| Positions {
            tags: None,
            people: BTreeMap::new(),
        });
        let reading = |timeline: Timeline| {
            let before = if timeline.of_people() {
                read.people.remove(&timeline.key())
            } else {
                read.tags.take()
            };
            let position = before.unwrap_or(Position {
                began: now,
                newest: None,
                floor: None,
                back: None,
                started: false,
            });
            Reading {
                timeline,
                poll_at: Timestamp::MIN,
                refresh_at: Timestamp::MIN,
                behind: position.started,
                // Of posts from elsewhere only the address is known, so their ids are learned again from the newest pages.
                again: (position.started).then(|| (None, u32::try_from(KNOWN / PAGE).unwrap_or(1))),
                complete: position.newest.as_ref().map(|(_, at)| *at),
                position,
            }
        };
        self.timelines = timelines.into_iter().map(reading).collect();
        self.given = cursor.cloned();
        self.known.clear();
        self.order.clear();
        self.refused.clear();
        self.pending.clear();
        self.socket = None;
        for post in (self.watched)().into_iter().rev() {
            if let Some(id) = note::local_id(&post, &self.home) {
                let id = id.to_owned();
                self.learn(id.clone(), post, None, now);
                self.suspects.push_back(id);
            }
        }
        Ok(())
    }

    /// The timeline that is streamed.
    fn streamed(&mut self) -> Option<&mut Reading> {
        (self.timelines.iter_mut()).find(|reading| !reading.timeline.of_people())
    }

    /// What is asked for: any of these, each with all of those.
    fn query(&self) -> Vec<Vec<&str>> {
        let all = || self.wanted.tags.all.iter().map(Tag::as_written);
        if self.wanted.tags.any.is_empty() {
            return vec![all().collect()];
        }
        let any = self.wanted.tags.any.iter();
        any.map(|tag| std::iter::once(tag.as_written()).chain(all()).collect())
            .collect()
    }

    fn learn(&mut self, id: String, post: PostId, edited_at: Option<Timestamp>, now: Timestamp) {
        if self
            .known
            .insert(
                id.clone(),
                Known {
                    post,
                    edited_at,
                    checked: now,
                    settled: false,
                },
            )
            .is_none()
        {
            self.order.push_back(id);
        }
        let people = self.timelines.iter().filter(|it| it.timeline.of_people());
        let most = KNOWN + PAGE * people.count();
        while self.order.len() > most {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// Takes a note that came by any way: what is new or changed in it.
    fn take(&mut self, read: Read, of_people: bool, items: &mut Vec<Item>) {
        let now = self.clock.now();
        let read = self.sieved(read, of_people);
        let Read { id, times, item } = read;
        let edited_at = times.and_then(|(_, edited_at)| edited_at);
        if let Some(known) = self.known.get_mut(&id) {
            known.checked = now;
            match &item {
                Item::Post(_) if known.edited_at == edited_at => {}
                Item::Post(_) => {
                    known.edited_at = edited_at;
                    items.push(item);
                }
                Item::Refused(refusal)
                    if matches!(refusal.reason, Reason::OptedOut | Reason::NotPublic) =>
                {
                    items.push(Item::Deleted(known.post.clone()));
                    self.forget(&id);
                    items.push(item);
                }
                _ => {}
            }
            return;
        }
        match &item {
            Item::Post(post) => {
                self.learn(id.clone(), post.id.clone(), edited_at, now);
                self.unsubscribed.push_back(id);
                self.unsubscribed.truncate(KNOWN);
                items.push(item);
            }
            _ if id.is_empty() || self.refused.insert(id) => items.push(item),
            _ => {}
        }
        if self.refused.len() > 10 * KNOWN {
            self.refused.clear();
        }
    }

    /// Refuses a note beyond what is wanted, where nobody else can tell. What the wall has already may have been edited.
    fn sieved(&self, read: Read, of_people: bool) -> Read {
        let Item::Post(post) = &read.item else {
            return read;
        };
        let renoted = of_people && post.kind == Kind::Repost;
        if !self.wanted.by_people()
            || (!renoted && self.wanted.takes_post(post, of_people))
            || self.known.contains_key(&read.id)
            || (self.on_wall)(post.id.as_str())
        {
            return read;
        }
        Read {
            item: Item::Refused(Refusal {
                reason: Reason::NotMatching,
                detail: format!("note {}: is none that is asked for", read.id),
            }),
            ..read
        }
    }

    fn forget(&mut self, id: &str) -> Option<PostId> {
        self.order.retain(|known| known != id);
        self.known.remove(id).map(|known| known.post)
    }

    /// Moves the position up to the newest of these.
    fn reached(&mut self, at: usize, reads: &[Read]) {
        let now = self.clock.now();
        let position = &mut self.timelines[at].position;
        for read in reads.iter().filter(|read| !read.id.is_empty()) {
            let newer = |(id, _): &(String, Timestamp)| order(id) < order(&read.id);
            if position.newest.as_ref().is_none_or(newer) {
                let written = read.times.map_or(now, |(written, _)| written.min(now));
                position.newest = Some((read.id.clone(), written));
            }
        }
    }

    /// Asks for a page of notes, in the server's order.
    async fn search(
        &mut self,
        at: usize,
        since: Option<&str>,
        until: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Read>, FeedError> {
        let timeline = &self.timelines[at].timeline;
        let of_people = timeline.of_people();
        let (endpoint, mut body) = timeline.request(&self.query());
        body["limit"] = json!(limit);
        if let Some(since) = since {
            body["sinceId"] = json!(since);
        }
        if let Some(until) = until {
            body["untilId"] = json!(until);
        }
        match self.client.ask(endpoint, body).await {
            Ok(Value::Array(notes)) => {
                self.client.understood();
                Ok(notes
                    .iter()
                    .map(|note| note::read(note, &self.home))
                    .collect())
            }
            Ok(_) => Err(self.client.foreign("its answer is no list of notes", false)),
            // The account or the list is gone; what it had is looked for one by one.
            Err(Failure::Missing) if of_people => Ok(Vec::new()),
            Err(Failure::Missing) => Err(self.client.foreign("it knows no search by tag", false)),
            Err(Failure::Feed(error)) => Err(error),
        }
    }

    /// The very first page, and where the walk back begins.
    async fn first(&mut self, at: usize) -> Result<Page, FeedError> {
        let wanted = match (self.backfill, self.from) {
            (0, _) => 0,
            (_, Some(_)) => FURTHEST,
            (count, None) => count,
        };
        let limit = usize::try_from(wanted).unwrap_or(PAGE).clamp(1, PAGE);
        let reads = self.search(at, None, None, limit).await?;
        self.reached(at, &reads);
        let now = self.clock.now();
        self.timelines[at].position.started = true;
        self.timelines[at].behind = false;
        self.timelines[at].refresh_at = later(now, REFRESH.0);
        if wanted == 0 {
            let floor = self.timelines[at]
                .position
                .newest
                .as_ref()
                .map(|(id, _)| id.clone());
            self.timelines[at].position.floor = floor;
            self.timelines[at].complete = Some(now);
            return Ok(self.caught_up(Page::default()));
        }
        Ok(self.walked(at, reads, limit, wanted))
    }

    /// A further page of the walk back.
    async fn back(&mut self, at: usize, until: String, left: u32) -> Result<Page, FeedError> {
        let limit = usize::try_from(left).unwrap_or(PAGE).clamp(1, PAGE);
        let reads = self.search(at, None, Some(&until), limit).await?;
        Ok(self.walked(at, reads, limit, left))
    }

    fn walked(&mut self, at: usize, reads: Vec<Read>, limit: usize, left: u32) -> Page {
        let left = left.saturating_sub(u32::try_from(reads.len()).unwrap_or(u32::MAX));
        let oldest = reads
            .iter()
            .rev()
            .find(|read| !read.id.is_empty())
            .map(|read| read.id.clone());
        let written = || {
            reads
                .iter()
                .filter_map(|read| read.times.map(|(written, _)| written))
        };
        let last = written().min();
        let reached = self
            .from
            .filter(|from| written().next().is_some() && written().all(|at| at < *from));
        let done = reached.is_some() || left == 0 || reads.len() < limit;
        let all_there_is = reads.len() < limit && reached.is_none();
        let position = &mut self.timelines[at].position;
        position.back = oldest
            .clone()
            .filter(|_| !done)
            .map(|oldest| (oldest, left));
        if done && !all_there_is {
            position.floor = oldest;
        }
        let began = position.began;
        let from = self.from;
        let belongs = |read: &Read| {
            read.times
                .is_none_or(|(at, _)| from.is_none_or(|from| at >= from))
        };
        let of_people = self.timelines[at].timeline.of_people();
        let mut items = Vec::new();
        for read in reads.into_iter().filter(belongs) {
            self.take(read, of_people, &mut items);
        }
        items.reverse();
        let history = !items.is_empty() && items.iter().all(|item| before(item, began));
        let page = Page {
            items,
            history,
            ..Page::default()
        };
        if !done {
            return page;
        }
        if self.timelines[at].complete.is_none() {
            let start = if all_there_is {
                Some(self.from.unwrap_or(Timestamp::UNIX_EPOCH))
            } else {
                reached.or(last)
            };
            self.timelines[at].complete = start;
        }
        self.caught_up(page)
    }

    /// What was written since the newest that was seen, oldest first.
    async fn forward(&mut self, at: usize) -> Result<Page, FeedError> {
        let since = self.timelines[at]
            .position
            .newest
            .as_ref()
            .map(|(id, _)| id.clone());
        // Where there was nothing, everything is new; no id is below this one.
        let reads = self
            .search(at, Some(since.as_deref().unwrap_or("0")), None, PAGE)
            .await?;
        self.reached(at, &reads);
        let full = reads.len() >= PAGE;
        let of_people = self.timelines[at].timeline.of_people();
        let mut items = Vec::new();
        for read in reads {
            self.take(read, of_people, &mut items);
        }
        let now = self.clock.now();
        self.timelines[at].poll_at = if full {
            now
        } else {
            later(now, self.pause(of_people))
        };
        let page = Page {
            items,
            ..Page::default()
        };
        if full {
            return Ok(page);
        }
        self.timelines[at].behind = false;
        Ok(self.caught_up(page))
    }

    /// Says that nothing is missing in any timeline, where that was not said since the last interruption and is so.
    fn caught_up(&mut self, page: Page) -> Page {
        let waits = |it: &Reading| {
            let Position { started, back, .. } = &it.position;
            it.behind || !started || back.is_some()
        };
        if self.timelines.iter().any(waits) {
            return page;
        }
        let complete = self.timelines.iter_mut().map(|it| it.complete.take());
        Page {
            complete_since: complete.flatten().max(),
            ..page
        }
    }

    /// The newest pages again: what came late, and after a restart the ids of what was delivered.
    async fn refresh(
        &mut self,
        at: usize,
        until: Option<String>,
        left: u32,
    ) -> Result<Page, FeedError> {
        let reads = self.search(at, None, until.as_deref(), PAGE).await?;
        let now = self.clock.now();
        self.timelines[at].refresh_at = later(
            now,
            if self.socket.is_some() && !self.timelines[at].timeline.of_people() {
                REFRESH.1
            } else {
                REFRESH.0
            },
        );
        let oldest = reads
            .last()
            .map(|read| read.id.clone())
            .filter(|_| reads.len() >= PAGE && left > 1);
        self.timelines[at].again = oldest.map(|oldest| (Some(oldest), left - 1));
        // What stands on a newest page is not forgotten for what a busier timeline brings.
        let listed: HashSet<&str> = reads.iter().map(|read| read.id.as_str()).collect();
        let (listed, others): (Vec<String>, Vec<String>) =
            (self.order.drain(..)).partition(|id| listed.contains(id.as_str()));
        self.order.extend(others.into_iter().chain(listed));
        let floor = self.timelines[at].position.floor.clone();
        let of_people = self.timelines[at].timeline.of_people();
        let mut items = Vec::new();
        for read in reads {
            let belongs = floor
                .as_ref()
                .is_none_or(|floor| order(&read.id) >= order(floor));
            let early = (self.from).is_some_and(|from| read.times.is_some_and(|(at, _)| at < from));
            if (belongs && !early) || self.known.contains_key(&read.id) {
                self.take(read, of_people, &mut items);
            }
        }
        items.reverse();
        let began = self.timelines[at].position.began;
        let history = !items.is_empty() && items.iter().all(|item| before(item, began));
        Ok(Page {
            items,
            history,
            ..Page::default()
        })
    }

    /// Asks whether a note is still there.
    async fn confirm(&mut self, id: String) -> Result<Page, FeedError> {
        let found = self
            .client
            .ask(&["notes", "show"], json!({"noteId": id}))
            .await;
        self.single_at = later(self.clock.now(), SINGLE);
        let mut items = Vec::new();
        match found {
            Ok(note) => {
                let read = note::read(&note, &self.home);
                if read.id == id {
                    self.take(read, false, &mut items);
                }
            }
            Err(Failure::Missing) => items.extend(self.forget(&id).map(Item::Deleted)),
            Err(Failure::Feed(error @ FeedError::RateLimited { .. })) => return Err(error),
            Err(Failure::Feed(error)) => {
                tracing::debug!(%error, "could not ask for a single note");
                self.single_at = later(self.clock.now(), REFRESH.0);
                return Ok(Page::default());
            }
        }
        let now = self.clock.now();
        let told = self.socket.is_some();
        if let Some(known) = self.known.get_mut(&id) {
            known.checked = now;
            known.settled = told;
        }
        self.suspects.retain(|suspect| *suspect != id);
        Ok(Page {
            items,
            ..Page::default()
        })
    }

    /// The next note to ask about.
    fn suspect(&mut self, now: Timestamp) -> Option<String> {
        if now < self.single_at {
            return None;
        }
        self.suspects.retain(|id| self.known.contains_key(id));
        if let Some(id) = self.suspects.front() {
            return Some(id.clone());
        }
        let told = self.socket.is_some();
        let wait = if told { SETTLE } else { RECHECK };
        let due = self
            .known
            .iter()
            .filter(|(_, known)| !(told && known.settled) && later(known.checked, wait) <= now);
        due.min_by_key(|(_, known)| known.checked)
            .map(|(id, _)| id.clone())
    }

    /// Opens the stream and asks for everything that is to come over it.
    async fn open(&mut self) -> Result<(), FeedError> {
        let url = self.client.stream();
        let opening = Opening {
            url: &url,
            agent: &self.agent,
            headers: &[],
            silence: self.silence,
            largest: LARGEST,
        };
        let mut socket = Socket::open(opening, self.clock.now()).await?;
        let connect = json!({"type": "connect", "body": {"channel": "hashtag", "id": "1", "pong": true, "params": {"q": self.query()}}});
        socket.send(connect.to_string()).await?;
        self.socket = Some(socket);
        self.unsubscribed.clone_from(&self.order);
        self.stream_trouble = None;
        // What happened before the stream was there, it does not tell.
        if let Some(streamed) = self.streamed() {
            streamed.behind = true;
        }
        self.suspects = self.order.iter().rev().cloned().collect();
        Ok(())
    }

    /// Asks the stream to tell what happens to the notes that came.
    async fn subscribe(&mut self) -> Result<(), FeedError> {
        while let (Some(socket), Some(id)) = (&mut self.socket, self.unsubscribed.front()) {
            socket
                .send(json!({"type": "subNote", "body": {"id": id}}).to_string())
                .await?;
            self.unsubscribed.pop_front();
        }
        Ok(())
    }

    /// The stream is away.
    fn lost(&mut self, error: &FeedError) {
        let now = self.clock.now();
        tracing::debug!(%error, "stream lost");
        if self.socket.take().is_some() {
            // It was there a moment ago and may be again.
            self.stream_failures = 0;
            if let Some(streamed) = self.streamed() {
                streamed.interrupted();
            }
        }
        let wait = STREAM_AGAIN.0 * 2_u32.pow(self.stream_failures.min(8));
        self.stream_failures += 1;
        self.stream_at = later(now, wait.min(STREAM_AGAIN.1));
        self.stream_trouble = Some(error.to_string());
    }

    /// Takes a message of the stream.
    fn said(&mut self, text: &str) -> Result<(), FeedError> {
        let message: Value = serde_json::from_str(text).map_err(|_| {
            transient("the stream sends what is no JSON; it is not Misskey's".to_owned())
        })?;
        let body = &message["body"];
        let mut items = Vec::new();
        match message["type"].as_str() {
            Some("channel") if body["type"] == "note" => {
                let read = note::read(&body["body"], &self.home);
                // Until all from before is read, the cursor must not pass it.
                if let Some(at) =
                    (self.timelines.iter()).position(|it| !it.timeline.of_people() && !it.behind)
                {
                    self.reached(at, std::slice::from_ref(&read));
                }
                self.take(read, false, &mut items);
            }
            Some("noteUpdated") => {
                let id = body["id"].as_str().unwrap_or_default();
                match body["type"].as_str() {
                    Some("deleted") => items.extend(self.forget(id).map(Item::Deleted)),
                    // Sharkey and others, with some of the note; all of it is asked for.
                    Some("updated") if self.known.contains_key(id) => {
                        self.suspects.retain(|suspect| suspect != id);
                        self.suspects.push_front(id.to_owned());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        self.pending.extend(items);
        Ok(())
    }

    /// What comes over the stream until there is something to tell or to ask.
    async fn listen(&mut self, until: Instant) -> Result<(), FeedError> {
        let mut deadline = until;
        while self.pending.len() < MOST_ITEMS {
            let Some(socket) = &mut self.socket else {
                break;
            };
            match socket.next(deadline).await? {
                Some(Received::Text(text)) => {
                    self.said(&text)?;
                    self.subscribe().await?;
                }
                Some(Received::Binary(_)) => {
                    return Err(transient(
                        "the stream sends bytes; it is not Misskey's".to_owned(),
                    ));
                }
                None => break,
            }
            if !self.pending.is_empty() || !self.suspects.is_empty() {
                // Whatever else is there already.
                deadline = Instant::now();
            }
        }
        Ok(())
    }

    /// How long a timeline is left alone that is asked for.
    fn pause(&mut self, of_people: bool) -> Duration {
        let people = self.timelines.iter().filter(|it| it.timeline.of_people());
        let all = EACH * u32::try_from(people.count()).unwrap_or(u32::MAX);
        let pause = if of_people {
            self.interval.max(LEISURE).max(all)
        } else {
            self.interval
        };
        pause.mul_f64(self.rng.random_range(0.95..1.05))
    }

    /// When a timeline is asked for what is new; at once where something may have been missed, never while it is streamed.
    fn poll_at(&self, reading: &Reading) -> Option<Timestamp> {
        if reading.behind {
            return Some(Timestamp::MIN);
        }
        let streamed = self.socket.is_some() && !reading.timeline.of_people();
        (!streamed).then_some(reading.poll_at)
    }

    /// A page with how the source is read and where to go on.
    fn finished(&mut self, page: Page) -> Page {
        let position = |it: &Reading| (it.timeline.key(), it.position.clone());
        let (people, tags): (Vec<_>, Vec<_>) =
            (self.timelines.iter()).partition(|it| it.timeline.of_people());
        let positions = Positions {
            tags: tags.first().map(|it| it.position.clone()),
            people: people.into_iter().map(position).collect(),
        };
        let cursor = serde_json::to_string(&positions).ok().map(Cursor);
        let moved = cursor.filter(|cursor| self.given.as_ref() != Some(cursor));
        if moved.is_some() {
            self.given.clone_from(&moved);
        }
        let polled = self.stream_trouble.as_ref().map(|trouble| {
            format!(
                "asked every {} s, since the stream cannot be read: {trouble}",
                self.interval.as_secs_f64()
            )
        });
        let notes: Vec<String> = polled.into_iter().chain(self.people.note()).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        Page {
            cursor: moved,
            via: if self.socket.is_some() {
                Via::Stream
            } else {
                Via::Polling
            },
            note,
            ..page
        }
    }

    /// The one thing that is most urgent.
    async fn job(&mut self) -> Result<Page, FeedError> {
        let now = self.clock.now();
        if let Some(at) = (self.timelines.iter()).position(|it| !it.position.started) {
            return self.first(at).await;
        }
        let polls = self.timelines.iter().enumerate();
        let next_poll = polls
            .filter_map(|(at, it)| Some((self.poll_at(it)?, at)))
            .min();
        if let Some((_, at)) = next_poll.filter(|(poll_at, _)| *poll_at <= now) {
            return self.forward(at).await;
        }
        for at in 0..self.timelines.len() {
            if let Some((until, left)) = self.timelines[at].position.back.clone() {
                return self.back(at, until, left).await;
            }
        }
        for at in 0..self.timelines.len() {
            if let Some((until, left)) = self.timelines[at].again.clone() {
                return self.refresh(at, until, left).await;
            }
        }
        let refreshes = self.timelines.iter().map(|it| it.refresh_at).enumerate();
        let next_refresh = refreshes.map(|(at, moment)| (moment, at)).min();
        if let Some((_, at)) = next_refresh.filter(|(refresh_at, _)| *refresh_at <= now) {
            return self.refresh(at, None, 1).await;
        }
        if let Some(id) = self.suspect(now) {
            return self.confirm(id).await;
        }
        if self.socket.is_none() {
            let due = (next_poll.into_iter().chain(next_refresh))
                .map(|(moment, _)| moment)
                .fold(self.stream_at.max(now), Timestamp::min);
            let single = (!self.suspects.is_empty()).then_some(self.single_at);
            let due = single.map_or(due, |single| single.min(due));
            let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
            return Ok(Page {
                next: Next::After(wait.max(Duration::from_millis(50))),
                ..Page::default()
            });
        }
        let mut wait = SIGN_OF_LIFE.min(self.silence);
        if !self.suspects.is_empty() {
            wait = wait.min(SINGLE);
        }
        if let Some((poll_at, _)) = next_poll {
            wait = wait.min(Duration::try_from(poll_at.duration_since(now)).unwrap_or_default());
        }
        if let Err(error) = self.listen(Instant::now() + wait).await {
            self.lost(&error);
            self.stream_at = now;
        }
        Ok(Page {
            items: self.pending.drain(..).collect(),
            ..Page::default()
        })
    }
}

#[async_trait]
impl Feed for Reader {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        self.resume(cursor).await?;
        if self.socket.is_none()
            && self.clock.now() >= self.stream_at
            && let Err(error) = self.open().await
        {
            self.lost(&error);
        }
        if let Err(error) = self.subscribe().await {
            self.lost(&error);
        }
        let page = match self.job().await {
            Ok(page) => page,
            Err(error) => {
                // Nothing is told while the source fails, so that the gap is seen and filled in.
                self.timelines.iter_mut().for_each(Reading::interrupted);
                return Err(error);
            }
        };
        Ok(self.finished(page))
    }
}

/// Ids in the order in which their notes were written: of one length by their characters.
fn order(id: &str) -> (usize, &str) {
    (id.len(), id)
}

fn before(item: &Item, began: Timestamp) -> bool {
    match item {
        Item::Post(post) => post.created_at < began,
        _ => true,
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
