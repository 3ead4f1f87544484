//! What to ask a server next.
//!
//! Every call of `fetch` does one job, the most urgent that is due, and says when the next is: read new posts, walk
//! back at the first start, read the newest page again for late arrivals, edits and holes, and ask for posts that were
//! delivered lately whether they are still there. State changes only after a job's last wait, so a call may be dropped anywhere.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Settings;
use super::budget::Budget;
use super::client::{Answer, Client, Failure};
use super::convert::{self, Read};
use super::cursor::{self, Back, Position, Positions};
use super::group::{self, Group};
use super::instance::Instance;
use super::known::{Id, Known, Place, SHORT_PAGE};
use crate::clock::SharedClock;
use crate::feed::{Cursor, Feed, FeedError, Item, Next, Page};
use crate::post::PostId;
use crate::text::Query;

/// Statuses asked for at once; the most that servers give.
const PAGE: usize = 40;
/// Statuses asked for by id at once: the most that Mastodon takes.
const BATCH: usize = 20;
/// How often the newest page is read again.
const REFRESH: Duration = Duration::from_mins(1);
/// After this long a delivered post is looked at again, so that all are within ten minutes.
const RECHECK: Duration = Duration::from_mins(9);
/// Delivered posts that are looked at again, of all groups together.
const KNOWN: usize = 400;
/// Between two requests for a single status. With the other requests it stays below 300 in five minutes.
const SINGLE: Duration = Duration::from_millis(1200);
/// How long requests that can wait do, after one failed.
const PAUSE: Duration = Duration::from_mins(1);
/// Requests left in the source's window below which only new posts are asked for.
const LOW: u32 = 20;
/// Requests with a cursor that the walk back leaves to the live loop.
const RESERVE: u32 = 40;
/// Most posts that a walk back to the event's start reads.
const FURTHEST: u32 = 20_000;

/// What the wall wants, and time and chance.
pub(super) struct Asked {
    pub(super) query: Query,
    pub(super) from: Option<Timestamp>,
    pub(super) clock: SharedClock,
    pub(super) rng: StdRng,
}

/// The feed.
pub(super) struct Reader {
    client: Client,
    asked: Asked,
    interval: Duration,
    backfill: u32,
    instance: Option<Instance>,
    /// Whether the server ever answered as the API does; from then on an odd answer is a passing trouble.
    answered: bool,
    progress: Option<Progress>,
}

/// How far it read, in this run.
struct Progress {
    began: Timestamp,
    /// The cursor of the last page that moved it; where the supervisor comes with another, that one counts.
    cursor: Option<Cursor>,
    positions: Positions,
    groups: Vec<Reading>,
    budget: Budget,
    /// Requests that can wait do so until then.
    patient_until: Timestamp,
    /// Whether the server takes many ids at once.
    batches: bool,
    /// Whether the server was seen to find a status by its id, so that 404 means that there is none.
    finds: bool,
}

/// A group of tags and what is known of its timeline.
struct Reading {
    group: Group,
    key: String,
    known: Known,
    suspects: VecDeque<Suspect>,
    poll_at: Timestamp,
    refresh_at: Timestamp,
    /// Whether it has read all that was written before this run.
    caught_up: bool,
    /// After a restart: how many more of the older posts are to be learned, and from where.
    relearn: Option<(Option<String>, usize)>,
    /// Statuses asked for at once; fewer after an answer that was too long.
    limit: usize,
}

/// A post that may be gone.
struct Suspect {
    id: Id,
    /// Whether it is missing in a page that should have it.
    hole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    First,
    Poll,
    Back,
    Refresh,
    Relearn,
    Confirm,
    Recheck,
}

/// In order of urgency.
const JOBS: [Job; 7] = [
    Job::First,
    Job::Poll,
    Job::Back,
    Job::Refresh,
    Job::Relearn,
    Job::Confirm,
    Job::Recheck,
];

impl Reader {
    pub(super) fn new(client: Client, settings: &Settings, asked: Asked) -> Self {
        Self {
            client,
            asked,
            interval: settings.interval.0,
            backfill: settings.backfill,
            instance: None,
            answered: false,
            progress: None,
        }
    }

    fn now(&self) -> Timestamp {
        self.asked.clock.now()
    }

    /// What the server says of itself, asked once.
    async fn instance(&mut self) -> Result<Instance, FeedError> {
        if let Some(instance) = &self.instance {
            return Ok(instance.clone());
        }
        let instance = Instance::ask(&self.client).await?;
        tracing::debug!(
            server = self.client.server(),
            ?instance,
            "asked the server about itself"
        );
        self.instance = Some(instance.clone());
        Ok(instance)
    }

    /// Goes on from `cursor`, from where it is if that is its own last.
    fn resumed(&mut self, cursor: Option<&Cursor>, instance: &Instance) -> &mut Progress {
        let same = (self.progress.as_ref()).is_some_and(|p| p.cursor.as_ref() == cursor);
        if !same {
            let now = self.now();
            let groups = group::split(&self.asked.query, instance.combines);
            self.answered |= cursor.is_some();
            self.progress = Some(Progress::new(cursor, groups, now));
        }
        self.progress.as_mut().expect("set just above")
    }

    async fn run(&mut self, job: Job, at: usize, instance: &Instance) -> Result<Page, FeedError> {
        match job {
            Job::Confirm => self.confirm(at, instance).await,
            Job::Recheck => self.recheck(at, instance).await,
            _ => self.timeline(job, at, instance).await,
        }
    }

    /// Reads a page of a timeline.
    async fn timeline(
        &mut self,
        job: Job,
        at: usize,
        instance: &Instance,
    ) -> Result<Page, FeedError> {
        let now = self.now();
        let progress = self.progress.as_mut().expect("a job comes from it");
        let url = progress.url(job, at, &self.client);
        if progress.cursor_of(job, at).is_some() {
            progress.budget.spend(now);
        }
        let answer = match self.client.get(url).await {
            Ok(answer) => answer,
            // Some servers answer so for a tag that nobody used yet.
            Err(Failure::Missing {
                gone: false,
                ours: true,
            }) => Answer {
                body: b"[]".to_vec(),
                rate: None,
            },
            Err(failure) => return Err(self.failed(failure, at, instance)),
        };
        let mut page = match convert::statuses(&answer.body, &instance.domain) {
            Ok(page) => page,
            Err(error) => return Err(self.unreadable(&answer.body, &error)),
        };
        self.answered = true;

        let (now, interval) = (self.now(), self.jittered());
        let progress = self.progress.as_mut().expect("a job comes from it");
        progress.relate(&mut page);
        let reading = &mut progress.groups[at];
        reading.limit = (reading.limit * 2).min(PAGE);
        let answered = match job {
            Job::First => progress.first(at, page, self.backfill, self.asked.from, now, interval),
            Job::Back => progress.back(at, page, self.asked.from, now),
            Job::Refresh => progress.refresh(at, page, now),
            Job::Relearn => progress.relearn(at, page, now),
            _ => progress.poll(at, page, now, interval),
        };
        Ok(Page {
            rate: answer.rate,
            ..answered
        })
    }

    /// Asks for a post that may be gone.
    async fn confirm(&mut self, at: usize, instance: &Instance) -> Result<Page, FeedError> {
        let progress = self.progress.as_ref().expect("a job comes from it");
        let reading = &progress.groups[at];
        let Some(suspect) = reading.suspects.front() else {
            return Ok(Page::default());
        };
        let (id, hole) = (Arc::clone(&suspect.id), suspect.hole);
        let mut finds = progress.finds;
        let suspected = |id: &str| reading.suspects.iter().any(|suspect| *suspect.id == *id);
        let control = reading.known.newest(suspected);
        let found = self.single(&id).await;
        // A server that finds no status at all would make every post look deleted.
        if matches!(found, Err(Failure::Missing { .. })) && !finds && !hole {
            finds = match control {
                Some(control) => self.single(&control).await.is_ok(),
                None => false,
            };
        }
        let now = self.now();
        let progress = self.progress.as_mut().expect("a job comes from it");
        progress.patient_until = later(now, SINGLE);
        progress.finds |= finds;
        let reading = &mut progress.groups[at];
        let mut page = Page::default();
        match found {
            Ok(answer) => {
                progress.finds = true;
                page.rate = answer.rate;
                if let Ok(read) = convert::status(&answer.body, &instance.domain) {
                    page.items = reading.known.take(vec![read], Place::Top, None, now);
                }
            }
            Err(Failure::Missing { ours: true, .. }) if hole || finds => {
                page.items
                    .extend(reading.known.forget(&id).map(Item::Deleted));
            }
            Err(Failure::Feed(error @ FeedError::RateLimited { .. })) => return Err(error),
            Err(Failure::Feed(error)) => {
                tracing::debug!(%error, "could not ask for a single status");
                progress.patient_until = later(now, PAUSE);
                return Ok(page);
            }
            Err(_) => {}
        }
        reading.suspects.pop_front();
        Ok(page)
    }

    async fn single(&self, id: &str) -> Result<Answer, Failure> {
        let url = self.client.url(&["api", "v1", "statuses", id]);
        self.client.get(url).await
    }

    /// Looks at posts that were not looked at for long: many at once where the server can, else the next by itself.
    async fn recheck(&mut self, at: usize, instance: &Instance) -> Result<Page, FeedError> {
        let now = self.now();
        let progress = self.progress.as_mut().expect("a job comes from it");
        let reading = &mut progress.groups[at];
        if !progress.batches {
            let ids = reading.known.oldest_checked(1);
            reading.known.checked(&ids, now);
            reading.suspect(ids, false);
            return Ok(Page::default());
        }
        let ids = reading.known.oldest_checked(BATCH);
        let mut url = self.client.url(&["api", "v1", "statuses"]);
        for id in &ids {
            url.query_pairs_mut().append_pair("id[]", id);
        }
        let answer = match self.client.get(url).await {
            Ok(answer) => answer,
            Err(Failure::Feed(error @ FeedError::RateLimited { .. })) => return Err(error),
            Err(failure) => {
                tracing::debug!(?failure, "could not ask for several statuses at once");
                let now = self.now();
                let progress = self.progress.as_mut().expect("a job comes from it");
                progress.batches = matches!(failure, Failure::Feed(_));
                if progress.batches {
                    progress.patient_until = later(now, PAUSE);
                }
                return Ok(Page::default());
            }
        };
        let now = self.now();
        let progress = self.progress.as_mut().expect("a job comes from it");
        let found = convert::statuses(&answer.body, &instance.domain).unwrap_or_default();
        let missing: Vec<Id> = ids
            .iter()
            .filter(|id| !found.iter().any(|read| *read.id == ***id))
            .map(Arc::clone)
            .collect();
        if missing.len() == ids.len() && ids.len() > 1 {
            // More likely it does not know this way of asking than that all are gone.
            progress.batches = false;
            return Ok(Page::default());
        }
        let reading = &mut progress.groups[at];
        reading.known.checked(&ids, now);
        reading.suspect(missing, false);
        let asked: Vec<Read> = found
            .into_iter()
            .filter(|read| ids.iter().any(|id| **id == *read.id))
            .collect();
        Ok(Page {
            items: reading.known.take(asked, Place::Top, None, now),
            rate: answer.rate,
            ..Page::default()
        })
    }

    fn failed(&mut self, failure: Failure, at: usize, instance: &Instance) -> FeedError {
        let server = self.client.server();
        match failure {
            Failure::Feed(error) => error,
            Failure::Missing { gone: true, .. } => {
                FeedError::Gone(format!("{server} says that its hashtags are gone for good"))
            }
            Failure::Missing { .. } => self.foreign("it knows no hashtag timelines"),
            Failure::Refused { status, words } => {
                tracing::debug!(%status, words, "refused by the server");
                FeedError::Unauthorised(instance.refusal(&self.client, &words))
            }
            Failure::TooLarge => {
                let progress = self.progress.as_mut().expect("a job comes from it");
                let reading = &mut progress.groups[at];
                reading.limit = (reading.limit / 2).max(1);
                transient(format!(
                    "the server's answer is longer than 10 MiB; asking for {} at once",
                    reading.limit
                ))
            }
            Failure::Foreign(what) => self.foreign(&what),
        }
    }

    /// A body that is no page of statuses.
    fn unreadable(&self, body: &[u8], error: &serde_json::Error) -> FeedError {
        if body.trim_ascii_start().first() == Some(&b'[') {
            return transient(format!("the server's answer is damaged: {error}"));
        }
        self.foreign("its answer is no list of statuses")
    }

    fn foreign(&self, what: &str) -> FeedError {
        let message = format!(
            "{} does not answer as the Mastodon API does: {what}",
            self.client.server()
        );
        if self.answered {
            transient(message)
        } else {
            FeedError::Misconfigured(message)
        }
    }

    /// The interval, a little longer or shorter, so that walls do not ask in step.
    fn jittered(&mut self) -> Duration {
        self.interval
            .mul_f64(self.asked.rng.random_range(0.95..1.05))
    }
}

#[async_trait]
impl Feed for Reader {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        let instance = self.instance().await?;
        let now = self.now();
        let page = match self.resumed(cursor, &instance).due(now) {
            Due::Now(job, at) => self.run(job, at, &instance).await?,
            Due::At(_) => Page::default(),
        };
        let now = self.now();
        let progress = self.progress.as_mut().expect("resumed above");
        if let Some(rate) = page.rate
            && rate.remaining < LOW
            && let Some(resets_at) = rate.resets_at
        {
            let longest = later(now, Duration::from_mins(15));
            progress.patient_until = progress.patient_until.max(resets_at.min(longest));
        }
        let next = match progress.due(now) {
            Due::Now(..) => Next::Now,
            Due::At(moment) => {
                Next::After(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
            }
        };
        Ok(Page { next, ..page })
    }
}

enum Due {
    Now(Job, usize),
    At(Timestamp),
}

impl Progress {
    fn new(cursor: Option<&Cursor>, groups: Vec<Group>, now: Timestamp) -> Self {
        let mut positions = cursor::read(cursor);
        let most = (KNOWN / groups.len().max(1)).max(PAGE);
        let groups: Vec<Reading> = groups
            .into_iter()
            .map(|group| {
                let key = group.key();
                let known_before = positions.contains_key(&key);
                Reading {
                    group,
                    known: Known::new(most),
                    suspects: VecDeque::new(),
                    poll_at: now,
                    refresh_at: if known_before {
                        now
                    } else {
                        later(now, REFRESH)
                    },
                    caught_up: false,
                    relearn: known_before.then(|| (None, most.saturating_sub(PAGE))),
                    limit: PAGE,
                    key,
                }
            })
            .collect();
        // Positions of tags that are asked for no longer would only be carried along.
        positions.retain(|key, _| groups.iter().any(|reading| reading.key == *key));
        Self {
            began: now,
            cursor: cursor.cloned(),
            positions,
            groups,
            budget: Budget::new(now),
            patient_until: now,
            batches: true,
            finds: false,
        }
    }

    /// The most urgent job that is due, or when the first will be.
    fn due(&self, now: Timestamp) -> Due {
        let mut soonest: Option<Timestamp> = None;
        for job in JOBS {
            let first = (0..self.groups.len())
                .filter_map(|at| Some((self.due_at(job, at)?, at)))
                .min();
            if let Some((moment, at)) = first {
                if moment <= now {
                    return Due::Now(job, at);
                }
                soonest = Some(soonest.map_or(moment, |soonest| soonest.min(moment)));
            }
        }
        Due::At(soonest.unwrap_or_else(|| later(now, REFRESH)))
    }

    /// When a job of a group is due; `None` where there is nothing to do.
    fn due_at(&self, job: Job, at: usize) -> Option<Timestamp> {
        let reading = &self.groups[at];
        let position = self.positions.get(&reading.key);
        match (job, position) {
            (Job::First, None) => Some(reading.poll_at),
            (Job::First, Some(_)) | (_, None) => None,
            (Job::Poll, Some(position)) if position.newest.is_some() => {
                Some(reading.poll_at.max(self.budget.ready_at(0)))
            }
            (Job::Poll, Some(_)) => Some(reading.poll_at),
            (Job::Back, Some(position)) => position
                .back
                .as_ref()
                .map(|_| self.budget.ready_at(RESERVE)),
            (Job::Refresh, Some(_)) => Some(reading.refresh_at),
            (Job::Relearn, Some(_)) => match &reading.relearn {
                Some((Some(_), _)) => Some(self.budget.ready_at(RESERVE).max(self.patient_until)),
                _ => None,
            },
            (Job::Confirm, Some(_)) => reading.suspects.front().map(|_| self.patient_until),
            (Job::Recheck, Some(_)) => {
                let due = later(reading.known.least_checked()?, RECHECK);
                Some(due.max(self.patient_until))
            }
        }
    }

    /// The cursor parameter of a job.
    fn cursor_of(&self, job: Job, at: usize) -> Option<(&'static str, &str)> {
        let reading = &self.groups[at];
        let position = self.positions.get(&reading.key)?;
        match job {
            Job::Poll => Some(("min_id", position.newest.as_deref()?)),
            Job::Back => Some(("max_id", &position.back.as_ref()?.before)),
            Job::Relearn => Some(("max_id", reading.relearn.as_ref()?.0.as_deref()?)),
            _ => None,
        }
    }

    fn url(&self, job: Job, at: usize, client: &Client) -> url::Url {
        let reading = &self.groups[at];
        let cursor = self.cursor_of(job, at);
        reading.group.url(client, reading.limit, cursor)
    }

    /// Tells replies which post they answer, where that is known: the server gives only its own id of it.
    fn relate(&self, page: &mut [Read]) {
        let here: Vec<(String, PostId)> = page
            .iter()
            .filter_map(|read| match &read.item {
                Item::Post(post) => Some((read.id.clone(), post.id.clone())),
                _ => None,
            })
            .collect();
        for read in page {
            let (Item::Post(post), Some(parent)) = (&mut read.item, &read.parent) else {
                continue;
            };
            if post.kind == crate::post::Kind::Reply && post.of.is_none() {
                let known = self.groups.iter().find_map(|g| g.known.post(parent));
                let beside = || {
                    here.iter()
                        .find(|(id, _)| id == parent)
                        .map(|(_, post)| post)
                };
                post.of = known.or_else(beside).cloned();
            }
        }
    }

    /// The very first page: the newest posts, and where both loops go on from.
    fn first(
        &mut self,
        at: usize,
        mut page: Vec<Read>,
        backfill: u32,
        from: Option<Timestamp>,
        now: Timestamp,
        interval: Duration,
    ) -> Page {
        let wanted = match (backfill, from) {
            (0, _) => 0,
            (_, Some(_)) => FURTHEST,
            (wanted, None) => wanted,
        };
        let newest = first_id(&page);
        let full = page.len();
        let beyond = page.split_off(full.min(count(wanted)));
        let left = wanted.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
        let (floor, back) = walked(&page, left, from, true);
        let floor = match wanted {
            0 => Some(now),
            _ if full == 0 => None,
            _ => floor,
        };
        let position = Position {
            newest,
            floor,
            back,
        };
        let reading = &mut self.groups[at];
        reading.poll_at = later(now, interval);
        reading.refresh_at = later(now, REFRESH);
        reading.caught_up = true;
        let items = reading.known.take(page, Place::Top, None, now);
        reading.known.leave_out(beyond, now);
        self.moved(at, position, items, true)
    }

    /// An older page of the first walk back.
    fn back(
        &mut self,
        at: usize,
        mut page: Vec<Read>,
        from: Option<Timestamp>,
        now: Timestamp,
    ) -> Page {
        let reading = &mut self.groups[at];
        let Some(mut position) = self.positions.get(&reading.key).cloned() else {
            return Page::default();
        };
        let Some(back) = position.back.take() else {
            return Page::default();
        };
        if page.is_empty() {
            // The timeline's end: whatever turns up later belongs.
            position.floor = None;
            return self.moved(at, position, Vec::new(), back.history);
        }
        page.truncate(count(back.left));
        let left = back
            .left
            .saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
        let (floor, on) = walked(&page, left, from.filter(|_| back.history), back.history);
        position.floor = floor;
        // A server that does not move on would be asked for ever.
        position.back = on.filter(|on| on.before != back.before);
        let items = reading.known.take(page, Place::Bottom, None, now);
        self.moved(at, position, items, back.history)
    }

    /// What is newer than the newest seen.
    fn poll(&mut self, at: usize, page: Vec<Read>, now: Timestamp, interval: Duration) -> Page {
        let history = self.written_before(at, &page);
        let reading = &mut self.groups[at];
        let Some(mut position) = self.positions.get(&reading.key).cloned() else {
            return Page::default();
        };
        let newest = first_id(&page);
        let moves = newest.is_some() && newest != position.newest;
        let many = page.len() >= SHORT_PAGE.min(reading.limit);
        let more = many && moves && position.newest.is_some();
        reading.poll_at = if more { now } else { later(now, interval) };
        reading.caught_up |= !more;
        if position.newest.is_none() && many && position.back.is_none() {
            // There was nothing before, so what does not fit on this page is as new as what does.
            position.back = last_id(&page).map(|before| Back {
                before,
                left: FURTHEST,
                history: false,
            });
        }
        if moves {
            position.newest = newest;
        }
        let items = reading.known.take(page, Place::Top, None, now);
        self.moved(at, position, items, history)
    }

    /// The newest page once more.
    fn refresh(&mut self, at: usize, mut page: Vec<Read>, now: Timestamp) -> Page {
        let history = self.written_before(at, &page);
        page.retain(|read| !read.id.is_empty());
        let floor = self.floor(at);
        let reading = &mut self.groups[at];
        reading.refresh_at = later(now, REFRESH);
        let restarted = reading.relearn.is_some();
        let holes = reading.known.holes(&page);
        reading.suspect(holes, true);
        if let Some((before @ None, _)) = &mut reading.relearn {
            *before = last_id(&page);
            if before.is_none() {
                reading.relearn = None;
            }
        }
        let mut items = reading.known.take(page, Place::Top, floor, now);
        if restarted {
            leave_refusals_out(&mut items);
        }
        Page {
            items: oldest_first(items),
            history,
            ..Page::default()
        }
    }

    /// An older page after a restart, to know what was delivered before it. Nothing here is new but edits.
    fn relearn(&mut self, at: usize, mut page: Vec<Read>, now: Timestamp) -> Page {
        let floor = self.floor(at);
        let reading = &mut self.groups[at];
        let Some((Some(before), left)) = reading.relearn.take() else {
            return Page::default();
        };
        let belongs = |read: &Read| {
            let above = |floor| {
                read.times
                    .is_some_and(|(created_at, _)| created_at >= floor)
            };
            floor.is_none_or(above)
        };
        let on = last_id(&page).filter(|id| *id != before && page.iter().any(belongs));
        let left = left.saturating_sub(page.len());
        reading.relearn = on.filter(|_| left > 0).map(|id| (Some(id), left));
        page.retain(|read| !read.id.is_empty());
        let mut items = reading.known.take(page, Place::Bottom, floor, now);
        leave_refusals_out(&mut items);
        Page {
            items: oldest_first(items),
            history: true,
            ..Page::default()
        }
    }

    fn floor(&self, at: usize) -> Option<Timestamp> {
        self.positions.get(&self.groups[at].key)?.floor
    }

    /// After a restart, until all is caught up with: whether a page holds only what was written before.
    fn written_before(&self, at: usize, page: &[Read]) -> bool {
        let reading = &self.groups[at];
        let starting = !reading.caught_up || reading.relearn.is_some();
        let before = |read: &Read| {
            read.times
                .is_none_or(|(created_at, _)| created_at < self.began)
        };
        starting && page.iter().all(before)
    }

    /// Takes a position over; the page carries the cursor if that moved.
    fn moved(&mut self, at: usize, position: Position, items: Vec<Item>, history: bool) -> Page {
        let key = &self.groups[at].key;
        let moved = self.positions.get(key) != Some(&position);
        if moved {
            self.positions.insert(key.clone(), position);
            self.cursor = Some(cursor::write(&self.positions));
        }
        Page {
            items: oldest_first(items),
            cursor: self.cursor.clone().filter(|_| moved),
            history,
            ..Page::default()
        }
    }
}

impl Reading {
    fn suspect(&mut self, ids: Vec<Id>, hole: bool) {
        for id in ids {
            if let Some(suspect) = self.suspects.iter_mut().find(|suspect| suspect.id == id) {
                suspect.hole |= hole;
            } else if self.suspects.len() < KNOWN {
                self.suspects.push_back(Suspect { id, hole });
            }
        }
    }
}

/// Where a walk back stands after a page: from when on all was taken, and how it goes on, if it does.
fn walked(
    page: &[Read],
    left: u32,
    from: Option<Timestamp>,
    history: bool,
) -> (Option<Timestamp>, Option<Back>) {
    let mut written = page
        .iter()
        .filter_map(|read| read.times.map(|(created_at, _)| created_at));
    let last = written.clone().next_back();
    // The whole page, since a few posts always arrive late or with a wrong date.
    let reached =
        from.filter(|from| last.is_some() && written.all(|created_at| created_at < *from));
    if reached.is_some() {
        return (reached, None);
    }
    let back = last_id(page).filter(|_| left > 0).map(|before| Back {
        before,
        left,
        history,
    });
    (last, back)
}

fn first_id(page: &[Read]) -> Option<String> {
    let mut ids = page.iter().map(|read| &read.id);
    ids.find(|id| !id.is_empty()).cloned()
}

fn last_id(page: &[Read]) -> Option<String> {
    let mut ids = page.iter().rev().map(|read| &read.id);
    ids.find(|id| !id.is_empty()).cloned()
}

/// After a restart: refusals were counted when they were read first.
fn leave_refusals_out(items: &mut Vec<Item>) {
    items.retain(|item| !matches!(item, Item::Refused(_)));
}

fn oldest_first(mut items: Vec<Item>) -> Vec<Item> {
    items.reverse();
    items
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
