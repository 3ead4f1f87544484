//! How far the feed has read, and what each answer changes about it: pure, time comes as an argument.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::budget::Budget;
use super::client::Client;
use super::convert::Read;
use super::cursor::{self, Back, Position, Positions};
use super::known::{Id, Known, Place, SHORT_PAGE};
use super::timeline::Timeline;
use crate::feed::{Cursor, Item, Page};
use crate::post::{Kind, PostId};

/// Statuses asked for at once; the most that servers give.
const PAGE: usize = 40;
/// How often the newest page is read again.
const REFRESH: Duration = Duration::from_mins(1);
/// So many timelines are read again that often; with more of them each is less often.
const REFRESHED: usize = 5;
/// Delivered posts that are looked at again, of all timelines together.
const KNOWN: usize = 400;
/// Requests with a cursor that the walk back leaves to the live loop.
const RESERVE: u32 = 20;
/// Most posts that a walk back to the event's start reads.
const FURTHEST: u32 = 20_000;

/// How far it read, in this run.
pub(super) struct Progress {
    began: Timestamp,
    /// The cursor of the last page that moved it; where the supervisor comes with another, that one counts.
    pub(super) cursor: Option<Cursor>,
    positions: Positions,
    pub(super) timelines: Vec<Reading>,
    pub(super) budget: Budget,
    /// Requests that can wait do so until then.
    pub(super) patient_until: Timestamp,
    /// Whether the server takes many ids at once.
    pub(super) batches: bool,
    /// Whether the server was seen to find a status by its id, so that 404 means that there is none: a server that knows
    /// no way to ask for one status would make all look deleted.
    pub(super) finds: bool,
}

/// A timeline and what is known of it.
pub(super) struct Reading {
    pub(super) timeline: Timeline,
    key: String,
    pub(super) known: Known,
    /// Posts that may be gone.
    pub(super) suspects: VecDeque<Id>,
    poll_at: Timestamp,
    refresh_at: Timestamp,
    /// Whether nothing newer than the newest seen is left to be read.
    caught_up: bool,
    /// After a restart: how many more of the older posts are to be learned, and from where.
    relearn: Option<(Option<String>, usize)>,
    /// Statuses asked for at once; fewer after an answer that was too long.
    pub(super) limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
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

/// What to do.
pub(super) enum Due {
    Now(Job, usize),
    At(Timestamp),
}

impl Progress {
    /// Goes on from a cursor, or begins.
    pub(super) fn new(cursor: Option<&Cursor>, timelines: Vec<Timeline>, now: Timestamp) -> Self {
        let mut positions = cursor::read(cursor);
        let most = (KNOWN / timelines.len().max(1)).max(PAGE);
        let refresh = refresh_every(timelines.len());
        let timelines: Vec<Reading> = timelines
            .into_iter()
            .map(|timeline| {
                let key = timeline.key();
                let known_before = positions.contains_key(&key);
                Reading {
                    timeline,
                    known: Known::new(most),
                    suspects: VecDeque::new(),
                    poll_at: now,
                    refresh_at: if known_before {
                        now
                    } else {
                        later(now, refresh)
                    },
                    caught_up: false,
                    relearn: known_before.then(|| (None, most.saturating_sub(PAGE))),
                    limit: PAGE,
                    key,
                }
            })
            .collect();
        // Positions of timelines that are asked for no longer would only be carried along.
        positions.retain(|key, _| timelines.iter().any(|reading| reading.key == *key));
        Self {
            began: now,
            cursor: cursor.cloned(),
            positions,
            timelines,
            budget: Budget::new(now),
            patient_until: now,
            batches: true,
            finds: false,
        }
    }

    /// The most urgent job that is due, or when the first will be.
    pub(super) fn due(&self, now: Timestamp) -> Due {
        let mut soonest: Option<Timestamp> = None;
        if let Some(at) = (0..self.timelines.len()).find(|at| self.waits_behind_a_gap(*at, now)) {
            return Due::Now(Job::Refresh, at);
        }
        for job in JOBS {
            // Of those that wait for the budget, the one that waits longest.
            let first = (0..self.timelines.len())
                .filter_map(|at| Some((self.due_at(job, at)?, self.timelines[at].poll_at, at)))
                .min();
            if let Some((moment, _, at)) = first {
                if moment <= now {
                    return Due::Now(job, at);
                }
                soonest = Some(soonest.map_or(moment, |soonest| soonest.min(moment)));
            }
        }
        Due::At(soonest.unwrap_or_else(|| later(now, REFRESH)))
    }

    /// Whether a timeline is caught up with for so long that what is new should be looked at in between.
    fn waits_behind_a_gap(&self, at: usize, now: Timestamp) -> bool {
        let reading = &self.timelines[at];
        let begun = (self.positions.get(&reading.key)).is_some_and(|it| it.newest.is_some());
        begun && !reading.caught_up && reading.relearn.is_none() && reading.refresh_at <= now
    }

    /// When a job of a timeline is due; `None` where there is nothing to do.
    fn due_at(&self, job: Job, at: usize) -> Option<Timestamp> {
        let reading = &self.timelines[at];
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
                let due = reading.known.recheck_at(self.batches)?;
                Some(due.max(self.patient_until))
            }
        }
    }

    /// The cursor parameter of a job.
    pub(super) fn cursor_of(&self, job: Job, at: usize) -> Option<(&'static str, &str)> {
        let reading = &self.timelines[at];
        let position = self.positions.get(&reading.key)?;
        match job {
            Job::Poll => Some(("min_id", position.newest.as_deref()?)),
            Job::Back => Some(("max_id", &position.back.as_ref()?.before)),
            Job::Relearn => Some(("max_id", reading.relearn.as_ref()?.0.as_deref()?)),
            _ => None,
        }
    }

    /// The address of a job on a timeline.
    pub(super) fn url(&self, job: Job, at: usize, client: &Client) -> Url {
        let reading = &self.timelines[at];
        let cursor = self.cursor_of(job, at);
        reading.timeline.url(client, reading.limit, cursor)
    }

    /// Tells replies which post they answer, where that is known: the server gives only its own id of it.
    pub(super) fn relate(&self, page: &mut [Read]) {
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
            if post.kind == Kind::Reply && post.of.is_none() {
                let known = self.timelines.iter().find_map(|g| g.known.post(parent));
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
    pub(super) fn first(
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
        let refresh = refresh_every(self.timelines.len());
        let reading = &mut self.timelines[at];
        reading.poll_at = later(now, interval);
        reading.refresh_at = later(now, refresh);
        reading.caught_up = true;
        let items = self.take(at, page, Place::Top, None, now);
        self.timelines[at].known.leave_out(beyond, now);
        self.moved(at, position, items, true)
    }

    /// An older page of the first walk back.
    pub(super) fn back(
        &mut self,
        at: usize,
        mut page: Vec<Read>,
        from: Option<Timestamp>,
        now: Timestamp,
    ) -> Page {
        let reading = &mut self.timelines[at];
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
        let items = self.take(at, page, Place::Bottom, None, now);
        self.moved(at, position, items, back.history)
    }

    /// What is newer than the newest seen.
    pub(super) fn poll(
        &mut self,
        at: usize,
        page: Vec<Read>,
        now: Timestamp,
        interval: Duration,
    ) -> Page {
        let history = self.written_before(at, &page);
        let reading = &mut self.timelines[at];
        let Some(mut position) = self.positions.get(&reading.key).cloned() else {
            return Page::default();
        };
        let newest = first_id(&page);
        let moves = newest.is_some() && newest != position.newest;
        let many = page.len() >= SHORT_PAGE.min(reading.limit);
        let more = many && moves && position.newest.is_some();
        reading.poll_at = if more { now } else { later(now, interval) };
        reading.caught_up = !more;
        if !reading.caught_up {
            reading.refresh_at = reading.refresh_at.min(later(now, interval));
        }
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
        let items = self.take(at, page, Place::Top, None, now);
        self.moved(at, position, items, history)
    }

    /// What the server sent by itself. Which timeline has it shows when that is polled; it is learned in the first.
    pub(super) fn streamed(&mut self, read: Vec<Read>, now: Timestamp) -> Vec<Item> {
        let id = read
            .first()
            .map(|read| read.id.as_str())
            .unwrap_or_default();
        let known = (self.timelines.iter()).position(|it| it.known.post(id).is_some());
        self.take(known.unwrap_or(0), read, Place::Top, None, now)
    }

    /// Learns a page of a timeline, and returns what is new in it to all of them.
    pub(super) fn take(
        &mut self,
        at: usize,
        page: Vec<Read>,
        place: Place,
        floor: Option<Timestamp>,
        now: Timestamp,
    ) -> Vec<Item> {
        let others = || (self.timelines.iter().enumerate()).filter(|(other, _)| *other != at);
        let told: HashSet<String> = page
            .iter()
            .filter(|read| others().any(|(_, other)| other.known.told(read)))
            .map(|read| read.id.clone())
            .collect();
        let known = &mut self.timelines[at].known;
        known.take_but(page, place, floor, now, &told)
    }

    /// Whether any timeline delivered a status.
    pub(super) fn delivered(&self, id: &str) -> bool {
        (self.timelines.iter()).any(|it| it.known.post(id).is_some())
    }

    /// Forgets a status that is gone from the server, and returns the post that is gone with it.
    pub(super) fn forget(&mut self, id: &str) -> Option<PostId> {
        let gone = (self.timelines.iter_mut())
            .filter_map(|it| it.known.forget(id))
            .last()?;
        // An edit may have given it another id, which one of them has seen already.
        let lives = self.timelines.iter().any(|it| it.known.has(&gone));
        (!lives).then_some(gone)
    }

    /// Forgets a status that is gone from a timeline, and returns the post that is gone with it: none where another
    /// timeline still has it.
    pub(super) fn forget_at(&mut self, at: usize, id: &str) -> Option<PostId> {
        let gone = self.timelines[at].known.forget(id)?;
        let lives = self.timelines.iter().any(|it| it.known.has(&gone));
        (!lives).then_some(gone)
    }

    /// The server could not be read: what was written meanwhile is to be caught up with.
    pub(super) fn interrupted(&mut self) {
        for reading in &mut self.timelines {
            reading.caught_up = false;
        }
    }

    /// Since when nothing is missing that the server still has; `None` as long as there is something to catch up with.
    pub(super) fn complete_since(&self, from: Option<Timestamp>) -> Option<Timestamp> {
        let mut since = from.unwrap_or(Timestamp::UNIX_EPOCH);
        for reading in &self.timelines {
            let position = self.positions.get(&reading.key)?;
            if !reading.caught_up || position.back.is_some() {
                return None;
            }
            since = since.max(position.floor.unwrap_or(since));
        }
        Some(since)
    }

    /// The newest page once more.
    pub(super) fn refresh(
        &mut self,
        at: usize,
        mut page: Vec<Read>,
        now: Timestamp,
        interval: Duration,
    ) -> Page {
        let history = self.written_before(at, &page);
        page.retain(|read| !read.id.is_empty());
        let floor = self.floor(at);
        let refresh = refresh_every(self.timelines.len());
        let reading = &mut self.timelines[at];
        // While a long gap is caught up with, oldest first, this is how what is new comes in time.
        let again = if reading.caught_up {
            refresh
        } else {
            interval.min(refresh)
        };
        reading.refresh_at = later(now, again);
        let restarted = reading.relearn.is_some();
        let holes = reading.known.holes(&page);
        reading.suspect(holes);
        if let Some((before @ None, _)) = &mut reading.relearn {
            *before = last_id(&page);
            if before.is_none() {
                reading.relearn = None;
            }
        }
        let mut items = self.take(at, page, Place::Top, floor, now);
        if restarted {
            leave_refusals_out(&mut items);
        }
        self.probe(at);
        Page {
            items: oldest_first(items),
            history,
            ..Page::default()
        }
    }

    /// An older page after a restart, to know what was delivered before it. Nothing here is new but edits.
    pub(super) fn relearn(&mut self, at: usize, mut page: Vec<Read>, now: Timestamp) -> Page {
        let floor = self.floor(at);
        let reading = &mut self.timelines[at];
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
        let mut items = self.take(at, page, Place::Bottom, floor, now);
        leave_refusals_out(&mut items);
        Page {
            items: oldest_first(items),
            history: true,
            ..Page::default()
        }
    }

    fn floor(&self, at: usize) -> Option<Timestamp> {
        self.positions.get(&self.timelines[at].key)?.floor
    }

    /// After a restart, until all is caught up with: whether a page holds only what was written before.
    fn written_before(&self, at: usize, page: &[Read]) -> bool {
        let reading = &self.timelines[at];
        let starting = !reading.caught_up || reading.relearn.is_some();
        let before = |read: &Read| {
            read.times
                .is_none_or(|(created_at, _)| created_at < self.began)
        };
        starting && page.iter().all(before)
    }

    /// Makes sure early that the server finds a status by its id, while one is known that is surely there.
    fn probe(&mut self, at: usize) {
        let reading = &mut self.timelines[at];
        if !self.finds
            && let Some(id) = reading
                .known
                .newest(|id| reading.suspects.iter().any(|s| **s == *id))
        {
            reading.suspects.push_front(id);
        }
    }

    /// Takes a position over; the page carries the cursor if that moved.
    fn moved(&mut self, at: usize, position: Position, items: Vec<Item>, history: bool) -> Page {
        let key = &self.timelines[at].key;
        let moved = self.positions.get(key) != Some(&position);
        if moved {
            self.positions.insert(key.clone(), position);
            self.cursor = Some(cursor::write(&self.positions));
        }
        if self.timelines[at].suspects.is_empty() && !items.is_empty() {
            self.probe(at);
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
    /// After an answer of bearable length: asks for more at once again.
    pub(super) fn bearable(&mut self) {
        self.limit = (self.limit * 2).min(PAGE);
    }

    /// After an answer that was too long: asks for fewer at once.
    pub(super) fn too_long(&mut self) -> usize {
        self.limit = (self.limit / 2).max(1);
        self.limit
    }

    /// The newest page is read again at this time, if not before.
    pub(super) fn refresh_by(&mut self, at: Timestamp) {
        self.refresh_at = self.refresh_at.min(at);
    }

    /// Asks for these posts one by one, before any of them is taken for deleted.
    pub(super) fn suspect(&mut self, ids: Vec<Id>) {
        for id in ids {
            if !self.suspects.contains(&id) && self.suspects.len() < KNOWN {
                self.suspects.push_back(id);
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

/// Where a page begins, as its timeline is paged.
fn first_id(page: &[Read]) -> Option<String> {
    page.iter().find_map(place)
}

/// Where a page ends.
fn last_id(page: &[Read]) -> Option<String> {
    page.iter().rev().find_map(place)
}

fn place(read: &Read) -> Option<String> {
    let place = read.place.as_ref().unwrap_or(&read.id);
    Some(place.clone()).filter(|place| !place.is_empty())
}

/// How often each of so many timelines is read again, so that all of them stay below the server's limit.
fn refresh_every(timelines: usize) -> Duration {
    let rounds = timelines.div_ceil(REFRESHED).max(1);
    REFRESH * u32::try_from(rounds).unwrap_or(u32::MAX)
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

pub(super) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}
