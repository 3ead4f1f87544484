//! The wall's task, its only writer: decides, appends, folds, tells. What only time brings it decides from the clock and
//! appends as an event.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use jiff::Timestamp;
use parking_lot::RwLock;
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::arrivals::{Draft, Drafting};
use super::command::{
    Act, Command, Declined, Done, LONGEST_SEEN_MS, NotDone, Offer, SeenSoFar, Storage,
};
use super::fold::Misfit;
use super::frames::{Audience, frames, remove_frame, whole_frame};
use super::handle::Wall;
use super::screens::Screens;
use super::state::{Deed, WallState};
use crate::clock::SharedClock;
use crate::feed::supervisor::FeedState;
use crate::hub::{Frame, Hub, Mark};
use crate::intake::Content;
use crate::journal::{
    Action, Batch, Event, Journal, JournalError, Origin, Posted, Record, Seen, Seq, StageChange,
    Who,
};
use crate::moderation::{Mode, ModerationSettings, Rules, rejudge};
use crate::post::PostNum;

/// Requests of people that may wait; more wait at the door.
const COMMANDS: usize = 256;
/// Pages of feeds that may wait; the feeds wait with them.
const OFFERS: usize = 16;
/// Items that are decided and stored together.
const BATCH_ITEMS: usize = 1_000;
/// Records read at once when the wall is folded from its journal.
const READ_RECORDS: usize = 5_000;
/// Shortest time between two frames of tallies.
const TALLIES_EVERY: Duration = Duration::from_secs(1);
/// Shortest time between two frames about screens.
const SCREENS_EVERY: Duration = Duration::from_millis(100);
/// How often the disk is tried again, and how often what only time brings is looked for.
const RETRY_EVERY: Duration = Duration::from_secs(2);
/// How often time on screens is journaled and what is over its time is blanked.
const HOUSEKEEPING_EVERY: Duration = Duration::from_mins(1);
/// How long the text of a person who is not to be found later is kept where the event has no end.
const UNINDEXED_KEPT: Duration = Duration::from_hours(24);

/// Why a wall cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WallError {
    /// Its journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its journal contradicts itself.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// Stored content is not readable.
    #[error("the content of record {seq} cannot be read: {error}")]
    Content {
        /// Which record.
        seq: Seq,
        /// What is wrong with it.
        error: serde_json::Error,
    },
}

/// Folds a journal from its beginning.
pub async fn fold(id: &str, journal: &dyn Journal) -> Result<WallState, WallError> {
    let mut state = WallState::new(id, journal.epoch());
    loop {
        let records = journal.read(state.tip.next(), READ_RECORDS).await?;
        if records.is_empty() {
            return Ok(state);
        }
        for record in records {
            let content = record
                .content
                .as_ref()
                .map(Content::parse)
                .transpose()
                .map_err(|error| WallError::Content {
                    seq: record.seq,
                    error,
                })?;
            state.apply(&record, content.map(Arc::new))?;
        }
    }
}

/// Reads a list of words to block by its name.
pub type ReadList = Box<dyn Fn(&str) -> Result<Vec<String>, String> + Send + Sync>;

/// What a wall is opened with.
pub struct Opening {
    /// Its id.
    pub id: String,
    /// Its journal.
    pub journal: Arc<dyn Journal>,
    /// The file's settings by section; `None` leaves them as they were.
    pub settings: Option<Map<String, Value>>,
    /// Reads a list of words to block by its name; the error says what to do.
    pub read_list: ReadList,
    /// Time.
    pub clock: SharedClock,
}

/// The task; [`WallTask::run`] is its life.
pub struct WallTask {
    wall: Arc<Wall>,
    journal: Arc<dyn Journal>,
    rules: Rules,
    read_list: ReadList,
    commands: mpsc::Receiver<Command>,
    offers: mpsc::Receiver<Offer>,
    /// Acts that hold on the screens and wait for room on the disk.
    waiting: Vec<Event>,
    due: BTreeMap<PostNum, Timestamp>,
    seen: SeenSoFar,
    tallies_told: Option<Instant>,
    tallies_changed: bool,
    screens_told: Option<Instant>,
    screens_changed: bool,
}

/// Opens a wall: folds its journal, notes the start and the file's settings, and makes its task.
pub async fn open(opening: Opening) -> Result<(Arc<Wall>, WallTask), WallError> {
    let state = fold(&opening.id, opening.journal.as_ref()).await?;
    let (commands, command_queue) = mpsc::channel(COMMANDS);
    let (offers, offer_queue) = mpsc::channel(OFFERS);
    let wall = Arc::new(Wall {
        id: opening.id,
        screens: Screens::default(),
        public: Arc::new(Hub::new(state.tip)),
        staff: Arc::new(Hub::new(state.tip)),
        state: RwLock::new(state),
        health: dashmap::DashMap::new(),
        health_changed: Notify::new(),
        screens_changed: Notify::new(),
        storage: watch::channel(Storage::default()).0,
        clock: opening.clock,
        commands,
        offers,
    });
    let mut task = WallTask {
        wall: wall.clone(),
        journal: opening.journal,
        rules: Rules::default(),
        read_list: opening.read_list,
        commands: command_queue,
        offers: offer_queue,
        waiting: Vec::new(),
        due: BTreeMap::new(),
        seen: SeenSoFar::new(),
        tallies_told: None,
        tallies_changed: false,
        screens_told: None,
        screens_changed: false,
    };
    task.begin(opening.settings).await?;
    Ok((wall, task))
}

impl WallTask {
    /// Notes the start and, where they changed, the file's settings.
    async fn begin(&mut self, settings: Option<Map<String, Value>>) -> Result<(), WallError> {
        let mut events = vec![Event::Started];
        let mut next = None;
        {
            let state = self.wall.read();
            if let Some(settings) = settings.filter(|settings| state.settings.file() != settings) {
                let changed = state
                    .settings
                    .changed(Origin::File, &settings)
                    .map_err(|error| {
                        JournalError::Failed(format!(
                            "the settings of wall {} cannot be used: {error}",
                            state.id
                        ))
                    })?;
                next = Some(changed.moderation);
                events.push(Event::Settings {
                    origin: Origin::File,
                    by: None,
                    values: settings,
                });
            }
        }
        let moderation = next.unwrap_or_else(|| self.wall.read().settings.moderation.clone());
        match self.rules_of(&moderation) {
            Ok(rules) => {
                events.extend(self.rejudged(&rules));
                self.rules = rules;
            }
            // Nothing that was hidden by a list may come back because the list is not at hand.
            Err(error) => {
                tracing::error!(wall = %self.wall.id, error, "no post is judged again; new ones are held");
                let held = ModerationSettings {
                    mode: Mode::Held,
                    ..moderation
                };
                self.rules = Rules::new(&held, []);
            }
        }
        let settings_change = events
            .iter()
            .any(|event| matches!(event, Event::Settings { .. }));
        match self.store(events).await? {
            // A wall that was there keeps showing what it has; only new settings cannot do without the disk.
            Err(error @ JournalError::Unwritable(_)) if !settings_change => {
                tracing::error!(wall = %self.wall.id, %error, "the start is not stored");
            }
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let waiting: Vec<PostNum> = self.wall.read().delayed().collect();
        self.schedule(&waiting);
        Ok(())
    }

    /// Rules made of settings and of the lists that they name.
    fn rules_of(&self, moderation: &ModerationSettings) -> Result<Rules, String> {
        let mut words = Vec::new();
        for name in &moderation.blocklists {
            words.extend((self.read_list)(name)?);
        }
        Ok(Rules::new(moderation, words.iter().map(String::as_str)))
    }

    /// Lives until it is told to stop, and then stores what it has.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), WallError> {
        let mut retry = interval(RETRY_EVERY);
        retry.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut housekeeping = interval(HOUSEKEEPING_EVERY);
        housekeeping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let wall = self.wall.clone();
        loop {
            let next_due = self.next_due();
            let next_tallies = self.next_tallies();
            let next_screens = self.next_screens();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(command) = self.commands.recv() => self.command(command).await?,
                () = sleep_until(next_due.unwrap_or_else(Instant::now)), if next_due.is_some() => self.end_delays().await?,
                () = sleep_until(next_tallies.unwrap_or_else(Instant::now)), if next_tallies.is_some() => self.tell_tallies(),
                () = sleep_until(next_screens.unwrap_or_else(Instant::now)), if next_screens.is_some() => self.tell_screens(),
                () = wall.screens_changed.notified() => self.screens_changed = true,
                () = wall.health_changed.notified() => self.tell_health().await?,
                Some(offer) = self.offers.recv() => self.take(offer).await?,
                _ = retry.tick() => self.try_again().await?,
                _ = housekeeping.tick() => self.housekeep().await?,
            }
        }
        self.commands.close();
        self.offers.close();
        while let Ok(command) = self.commands.try_recv() {
            self.command(command).await?;
        }
        while let Ok(offer) = self.offers.try_recv() {
            let declined = Declined {
                items: offer.items,
                reason: "buzzwall is shutting down".to_owned(),
                closing: true,
            };
            // Whoever asked may be gone as well.
            drop(offer.reply.send(Err(declined)));
        }
        self.journal_seen().await?;
        self.try_again().await
    }

    /// Appends events, folds them and tells everybody. The inner error is the disk's and may pass; the outer one ends the wall.
    async fn store(&mut self, events: Vec<Event>) -> Result<Result<Seq, JournalError>, WallError> {
        self.store_with(events.into_iter().map(|event| (event, None)).collect())
            .await
    }

    async fn store_with(
        &mut self,
        events: Vec<(Event, Option<Arc<Content>>)>,
    ) -> Result<Result<Seq, JournalError>, WallError> {
        if !self.waiting.is_empty()
            && let Err(error) = self.store_waiting().await?
        {
            return Ok(Err(error));
        }
        self.append(events).await
    }

    /// The acts that waited for room come first; once stored, they hold like all others.
    async fn store_waiting(&mut self) -> Result<Result<Seq, JournalError>, WallError> {
        let events: Vec<_> = self
            .waiting
            .iter()
            .map(|event| (event.clone(), None))
            .collect();
        let stored = self.append(events).await?;
        if stored.is_ok() {
            self.waiting.clear();
            self.wall.state.write().unstored = super::state::Unstored::default();
            self.tell_storage(None);
        }
        Ok(stored)
    }

    async fn append(
        &mut self,
        events: Vec<(Event, Option<Arc<Content>>)>,
    ) -> Result<Result<Seq, JournalError>, WallError> {
        let (tip, blank) = {
            let state = self.wall.read();
            (state.tip, blanked(&state, &events))
        };
        if events.is_empty() {
            return Ok(Ok(tip));
        }
        // The journal keeps milliseconds; the state must not know more than a replay would.
        let at =
            Timestamp::from_millisecond(self.wall.clock.now().as_millisecond()).unwrap_or_default();
        let contents: Vec<_> = events.iter().map(|(_, content)| content.clone()).collect();
        let records = events
            .into_iter()
            .map(|(event, content)| (event, content.map(|content| content.json.clone())))
            .collect();
        let batch = Arc::new(Batch { records, blank });
        if let Err(error) = self.journal.append(tip.next(), at, batch.clone()).await {
            self.tell_storage(Some(&error));
            return Ok(Err(error));
        }
        if self.waiting.is_empty() {
            self.tell_storage(None);
        }
        // The journal has let go of the batch, so this is no copy.
        let records = Arc::try_unwrap(batch)
            .map_or_else(|batch| batch.records.clone(), |batch| batch.records);
        let events = records
            .into_iter()
            .map(|(event, _)| event)
            .zip(contents)
            .collect();
        self.fold_in(tip, at, events)?;
        Ok(Ok(self.wall.read().tip))
    }

    /// Folds stored events in and puts their frames into both rings, all under one lock, so that a snapshot and the place
    /// in the ring always fit.
    fn fold_in(
        &mut self,
        tip: Seq,
        at: Timestamp,
        events: Vec<(Event, Option<Arc<Content>>)>,
    ) -> Result<(), WallError> {
        let wall = self.wall.clone();
        let mut state = wall.state.write();
        let (mut public, mut staff): (Vec<Frame>, Vec<Frame>) = (Vec::new(), Vec::new());
        let mut waits = Vec::new();
        // A new text has its whole delay; a pin, say, changes nothing about it.
        let mut seq = tip;
        let mut feeds_changed = false;
        for (event, content) in events {
            seq = seq.next();
            let gone = match &event {
                Event::Blanked { posts, .. } | Event::Deleted { posts } => ids(&state, posts),
                _ => Vec::new(),
            };
            let anew = matches!(event, Event::Posted(_) | Event::Edited { .. });
            let record = Record {
                seq,
                at,
                event,
                content: None,
            };
            let effects = state.apply(&record, content)?;
            public.extend(frames(&state, seq, &effects, &gone, Audience::Public));
            staff.extend(frames(&state, seq, &effects, &gone, Audience::Staff));
            self.tallies_changed |= !effects.posts.is_empty() || effects.reset;
            feeds_changed |= effects.feeds;
            waits.extend(
                effects
                    .posts
                    .iter()
                    .map(|effect| effect.post)
                    .filter(|num| {
                        state.delayed.contains(num) && (anew || !self.due.contains_key(num))
                    }),
            );
        }
        if feeds_changed {
            staff.push(whole_frame(seq, "feeds", &wall.feeds(&state)));
        }
        wall.public.push(public);
        wall.staff.push(staff);
        drop(state);
        self.schedule(&waits);
        Ok(())
    }

    /// Lets the delay of posts run from now.
    fn schedule(&mut self, posts: &[PostNum]) {
        if posts.is_empty() {
            return;
        }
        let delay = self.rules.settings().delay.0;
        let at = self
            .wall
            .clock
            .now()
            .checked_add(delay)
            .unwrap_or(Timestamp::MAX);
        self.due.extend(posts.iter().map(|post| (*post, at)));
    }

    fn next_due(&self) -> Option<Instant> {
        let at = self.due.values().min()?;
        let left = at.duration_since(self.wall.clock.now());
        let left = if left.is_negative() {
            Duration::ZERO
        } else {
            left.unsigned_abs()
        };
        Some(Instant::now() + left)
    }

    async fn end_delays(&mut self) -> Result<(), WallError> {
        let now = self.wall.clock.now();
        let over = self.due.iter().filter(|(_, at)| **at <= now);
        let over: Vec<PostNum> = over.map(|(post, _)| *post).collect();
        let posts: Vec<PostNum> = {
            let state = self.wall.read();
            over.iter()
                .copied()
                .filter(|post| state.delayed.contains(post))
                .collect()
        };
        let stored = if posts.is_empty() {
            Ok(Seq(0))
        } else {
            self.store(vec![Event::DelayOver { posts }]).await?
        };
        // Not stored means not shown: they wait until the disk takes it.
        let later = now.checked_add(RETRY_EVERY).unwrap_or(Timestamp::MAX);
        for post in over {
            if stored.is_ok() {
                self.due.remove(&post);
            } else {
                self.due.insert(post, later);
            }
        }
        Ok(())
    }

    async fn take(&mut self, first: Offer) -> Result<(), WallError> {
        let mut offers = vec![first];
        let mut items = offers[0].items.len();
        while items < BATCH_ITEMS
            && let Ok(offer) = self.offers.try_recv()
        {
            items += offer.items.len();
            offers.push(offer);
        }
        let wall = self.wall.clone();
        let (draft, outcomes) = {
            let state = wall.read();
            let mut drafting = Drafting::new(&state, &self.rules);
            let outcomes: Vec<_> = offers
                .iter()
                .map(|offer| drafting.page(&offer.items, &offer.bringer))
                .collect();
            (drafting.finish(), outcomes)
        };
        let Draft { events, .. } = draft;
        let stored = self.store_with(events).await?;
        for (offer, outcome) in offers.into_iter().zip(outcomes) {
            let answer = match &stored {
                Ok(_) => Ok(outcome),
                Err(error) => Err(Declined {
                    items: offer.items,
                    reason: error.to_string(),
                    closing: false,
                }),
            };
            // A feed that was stopped meanwhile needs no answer.
            drop(offer.reply.send(answer));
        }
        Ok(())
    }

    async fn command(&mut self, command: Command) -> Result<(), WallError> {
        match command {
            Command::Act { by, act, reply } => {
                let answer = self.act(by, act).await?;
                // Whoever asked may have gone; what was done stays done.
                drop(reply.send(answer));
            }
            Command::Seen(posts) => {
                let state = self.wall.read();
                for (id, ms) in posts {
                    if let Some(num) = state.find(&id) {
                        let seen = self.seen.entry(num).or_default();
                        seen.times = seen.times.saturating_add(1);
                        seen.ms = seen.ms.saturating_add(ms.min(LONGEST_SEEN_MS));
                    }
                }
            }
        }
        Ok(())
    }

    async fn act(&mut self, by: Who, act: Act) -> Result<Result<Done, NotDone>, WallError> {
        // What waits comes first: only then it is clear what the person's last decision was.
        if !self.waiting.is_empty()
            && self.store_waiting().await?.is_err()
            && let Act::Undo { decision } = &act
            && let Some(done) = self.undo_unstored(&by, *decision)
        {
            return Ok(Ok(done));
        }
        let asked = match self.events_of(&by, act) {
            Ok(asked) => asked,
            Err(error) => return Ok(Err(error)),
        };
        let first = self.wall.read().tip.next();
        let mut done = Done {
            seq: first,
            stored: true,
            posts: asked.posts,
            undone: asked.undone,
        };
        if asked.events.is_empty() {
            done.seq = self.wall.read().tip;
            return Ok(Ok(done));
        }
        match self.store(asked.events.clone()).await? {
            Ok(_) => {
                if let Some(rules) = asked.rules {
                    self.rules = rules;
                }
                Ok(Ok(done))
            }
            Err(error) if asked.events.iter().all(is_urgent) => {
                done.seq = self.act_unstored(asked.events);
                done.stored = false;
                self.tell_storage(Some(&error));
                Ok(Ok(done))
            }
            Err(error) => Ok(Err(NotDone::NotStored(error.to_string()))),
        }
    }

    /// Takes back an act that is not stored yet: the one that will have the number `decision`, else the person's last.
    fn undo_unstored(&mut self, by: &Who, decision: Option<Seq>) -> Option<Done> {
        let wall = self.wall.clone();
        let mut state = wall.state.write();
        let first = state.tip.0 + 1;
        let at = (0..self.waiting.len())
            .rev()
            .find(|at| match self.waiting.get(*at) {
                Some(Event::Decided { by: who, .. }) => {
                    decision.map_or(who == by, |decision| decision == Seq(first + *at as u64))
                }
                _ => false,
            })?;
        let Event::Decided { posts, .. } = self.waiting.remove(at) else {
            return None;
        };
        let mut done = Done {
            seq: state.tip,
            stored: false,
            posts: Vec::new(),
            undone: Some(Seq(first + at as u64)),
        };
        for post in posts {
            let hidden_still = self.waiting.iter().any(
                |event| matches!(event, Event::Decided { posts, .. } if posts.contains(&post)),
            );
            if !hidden_still {
                state.unstored.hidden.remove(&post);
            }
            let is_public = state.is_public(post);
            let effects = super::fold::Effects {
                posts: vec![super::fold::PostEffect {
                    post,
                    was_public: false,
                    is_public,
                }],
                ..super::fold::Effects::default()
            };
            wall.public
                .push(frames(&state, state.tip, &effects, &[], Audience::Public));
            wall.staff
                .push(frames(&state, state.tip, &effects, &[], Audience::Staff));
            done.posts.extend(
                ids(&state, &[post])
                    .into_iter()
                    .map(|(_, id)| id.to_string()),
            );
        }
        wall.public.forget_snapshot();
        wall.staff.forget_snapshot();
        Some(done)
    }

    /// Takes posts off the screens, blanks or pauses them although the disk refuses it; stored first when there is room.
    fn act_unstored(&mut self, events: Vec<Event>) -> Seq {
        let wall = self.wall.clone();
        let mut state = wall.state.write();
        let ahead = Seq(state.tip.0 + 1 + self.waiting.len() as u64);
        for event in events {
            match &event {
                Event::Decided { posts, .. } => {
                    for post in posts {
                        let was_public = state.is_public(*post);
                        state.unstored.hidden.insert(*post);
                        if let Some(content) =
                            state.post(*post).and_then(|post| post.content.clone())
                        {
                            if was_public {
                                wall.public.push([remove_frame(ahead, &content.id, true)]);
                            }
                            wall.staff.push(staff_post(&state, *post));
                        }
                    }
                }
                Event::Stage { change, .. } => {
                    let mut next = state.stage().clone();
                    next.apply(ahead, change);
                    let frame = whole_frame(state.tip, "stage", &next);
                    state.unstored.stage = Some(next);
                    if let StageChange::Resume { newest } = change {
                        let anew = Frame {
                            seq: state.tip,
                            mark: Mark::Snapshot(*newest),
                            text: Utf8Bytes::default(),
                        };
                        wall.public.push([anew]);
                    } else {
                        wall.public.push([frame.clone()]);
                    }
                    wall.staff.push([frame]);
                }
                _ => {}
            }
            self.waiting.push(event);
        }
        wall.public.forget_snapshot();
        wall.staff.forget_snapshot();
        ahead
    }

    /// The disk may have room again.
    async fn try_again(&mut self) -> Result<(), WallError> {
        if !self.waiting.is_empty() {
            // A failure is told to staff where it is found.
            return self.store_waiting().await.map(drop);
        }
        // Nobody may have anything to store for hours, and still wants to know that it would work again.
        if !self.wall.storage().ok && self.journal.probe().await.is_ok() {
            self.tell_storage(None);
        }
        Ok(())
    }

    fn tell_storage(&self, error: Option<&JournalError>) {
        let storage = Storage {
            ok: error.is_none() && self.waiting.is_empty(),
            message: error.map(ToString::to_string),
            waiting: self.waiting.len(),
        };
        let changed = self
            .wall
            .storage
            .send_if_modified(|known| std::mem::replace(known, storage.clone()) != storage);
        if changed {
            if let Some(error) = error {
                tracing::error!(wall = %self.wall.id, %error, "not stored");
            } else {
                tracing::info!(wall = %self.wall.id, "stored again");
            }
            let state = self.wall.read();
            self.wall
                .staff
                .push([whole_frame(state.tip, "storage", &storage)]);
        }
    }

    fn next_tallies(&self) -> Option<Instant> {
        self.tallies_changed.then(|| {
            self.tallies_told
                .map_or_else(Instant::now, |told| told + TALLIES_EVERY)
        })
    }

    fn tell_tallies(&mut self) {
        self.tallies_changed = false;
        self.tallies_told = Some(Instant::now());
        let state = self.wall.read();
        let frame = whole_frame(state.tip, "tallies", &state.tallies.figures());
        self.wall.public.push([frame.clone()]);
        self.wall.staff.push([frame]);
    }

    fn next_screens(&self) -> Option<Instant> {
        self.screens_changed.then(|| {
            self.screens_told
                .map_or_else(Instant::now, |told| told + SCREENS_EVERY)
        })
    }

    fn tell_screens(&mut self) {
        self.screens_changed = false;
        self.screens_told = Some(Instant::now());
        let state = self.wall.read();
        self.wall
            .staff
            .push([whole_frame(state.tip, "screens", &self.wall.screens.list())]);
    }

    /// Tells staff how the feeds are, and journals since when each was read or not.
    async fn tell_health(&mut self) -> Result<(), WallError> {
        let events: Vec<Event> = {
            let state = self.wall.read();
            self.wall
                .health
                .iter()
                .filter_map(|entry| {
                    let open = state
                        .feeds
                        .get(entry.key())
                        .and_then(|feed| feed.coverage.last())
                        .is_some_and(|last| last.to.is_none());
                    let reading = match entry.value().state {
                        FeedState::Starting => return None,
                        FeedState::Reading => true,
                        _ => false,
                    };
                    let why = match entry.value().state {
                        FeedState::Done => Some("at its end".to_owned()),
                        _ => entry.value().last_error.clone(),
                    };
                    (open != reading).then(|| Event::Coverage {
                        feed: entry.key().clone(),
                        reading,
                        why: why.filter(|_| !reading),
                    })
                })
                .collect()
        };
        if events.is_empty() {
            let state = self.wall.read();
            self.wall
                .staff
                .push([whole_frame(state.tip, "feeds", &self.wall.feeds(&state))]);
            return Ok(());
        }
        // A disk that refuses it is told where that is found; coverage is looked at again with the next change.
        if self.store(events).await?.is_err() {
            let state = self.wall.read();
            self.wall
                .staff
                .push([whole_frame(state.tip, "feeds", &self.wall.feeds(&state))]);
        }
        Ok(())
    }

    async fn housekeep(&mut self) -> Result<(), WallError> {
        self.journal_seen().await?;
        self.blank_what_is_over().await
    }

    async fn journal_seen(&mut self) -> Result<(), WallError> {
        if self.seen.is_empty() {
            return Ok(());
        }
        let posts = self
            .seen
            .iter()
            .map(|(post, seen)| Seen {
                post: *post,
                times: seen.times,
                ms: seen.ms,
            })
            .collect();
        if self
            .store(vec![Event::SeenOnScreens { posts }])
            .await?
            .is_ok()
        {
            self.seen.clear();
        }
        Ok(())
    }

    /// Drops the text of people who are not to be found later at the event's end, and everybody's when retention is over.
    async fn blank_what_is_over(&mut self) -> Result<(), WallError> {
        let now = self.wall.clock.now();
        let posts: Vec<PostNum> = {
            let state = self.wall.read();
            let end = state.settings.identity.to;
            let over = |start: Timestamp, kept: Duration| {
                start.checked_add(kept).is_ok_and(|until| until <= now)
            };
            (0_u32..)
                .map(PostNum)
                .zip(&state.posts)
                .filter(|(_, post)| {
                    post.content.as_ref().is_some_and(|content| {
                        let unindexed = match end {
                            Some(end) => end <= now,
                            None => over(post.received_at, UNINDEXED_KEPT),
                        };
                        (!content.indexable && unindexed)
                            || over(
                                end.unwrap_or(post.received_at).max(post.received_at),
                                state.settings.identity.retention.0,
                            )
                    })
                })
                .map(|(num, _)| num)
                .collect()
        };
        if posts.is_empty() {
            return Ok(());
        }
        tracing::info!(wall = %self.wall.id, posts = posts.len(), "texts and names are dropped: their time is over");
        self.store(vec![Event::Blanked {
            posts,
            erased_author: None,
            by: None,
        }])
        .await
        .map(drop)
    }

    /// What a person's request comes to.
    fn events_of(&self, by: &Who, act: Act) -> Result<Asked, NotDone> {
        let state = self.wall.read();
        let find = |id: &str| {
            state
                .find(id)
                .ok_or_else(|| NotDone::Unknown(format!("there is no post {id:?} on this wall")))
        };
        let find_author = |id: &str| {
            state.find_author(id).ok_or_else(|| {
                NotDone::Unknown(format!("nobody with the id {id:?} has posted here"))
            })
        };
        let by = by.clone();
        let mut asked = Asked::default();
        match act {
            Act::Decide {
                action,
                posts,
                reason,
            } => {
                let mut nums = Vec::with_capacity(posts.len());
                for id in posts {
                    let num = find(&id)?;
                    if state
                        .post(num)
                        .is_some_and(|post| post.deleted || post.content.is_none())
                        && action == Action::Show
                    {
                        return Err(NotDone::Invalid(format!(
                            "post {id:?} is gone and cannot be shown"
                        )));
                    }
                    if !nums.contains(&num) {
                        nums.push(num);
                        asked.posts.push(id);
                    }
                }
                if nums.is_empty() {
                    return Err(NotDone::Invalid("posts: name at least one id".to_owned()));
                }
                asked.events.push(Event::Decided {
                    by,
                    action,
                    posts: nums,
                    reason,
                });
            }
            Act::Undo { decision } => {
                let decision = match decision {
                    Some(decision) if state.can_undo(decision) => decision,
                    Some(decision) => {
                        return Err(NotDone::Invalid(format!(
                            "record {decision} is no decision that can be taken back"
                        )));
                    }
                    None => state
                        .decisions
                        .iter()
                        .rev()
                        .find(|known| known.by == by && state.can_undo(known.seq))
                        .map(|known| known.seq)
                        .ok_or_else(|| {
                            NotDone::Invalid("there is nothing of yours to take back".to_owned())
                        })?,
                };
                asked.posts = state
                    .decisions
                    .iter()
                    .find(|known| known.seq == decision)
                    .map(|known| match &known.deed {
                        Deed::Posts { posts, .. } => ids(&state, posts)
                            .into_iter()
                            .map(|(_, id)| id.to_string())
                            .collect(),
                        _ => Vec::new(),
                    })
                    .unwrap_or_default();
                asked.undone = Some(decision);
                asked.events.push(Event::Undone { by, decision });
            }
            Act::Author { author, standing } => {
                let author = find_author(&author)?;
                asked.events.push(Event::AuthorDecided {
                    by,
                    author,
                    standing,
                });
            }
            Act::Stage(change) => asked.events.push(Event::Stage { by, change }),
            Act::Settings(values) => {
                let known = super::settings::CONSOLE_SECTIONS;
                if let Some(section) = values
                    .keys()
                    .find(|section| !known.contains(&section.as_str()))
                {
                    return Err(NotDone::Invalid(format!(
                        "{section:?} cannot be changed here; {} can",
                        known.join(" and ")
                    )));
                }
                let next = state
                    .settings
                    .changed(Origin::Console, &values)
                    .map_err(|error| NotDone::Invalid(error.to_string()))?;
                let changed = next.moderation != state.settings.moderation;
                let rules = changed
                    .then(|| self.rules_of(&next.moderation))
                    .transpose()
                    .map_err(NotDone::Invalid)?;
                asked.events.push(Event::Settings {
                    origin: Origin::Console,
                    by: Some(by),
                    values,
                });
                drop(state);
                if let Some(rules) = rules {
                    asked.events.extend(self.rejudged(&rules));
                    asked.rules = Some(rules);
                }
            }
            Act::Note { post, text } => asked.events.push(Event::Noted {
                by,
                post: find(&post)?,
                text,
            }),
            Act::Erase { author } => {
                let author = find_author(&author)?;
                let posts = state
                    .authors
                    .get(author.index())
                    .map(|author| author.posts.clone())
                    .unwrap_or_default();
                asked.events.push(Event::Blanked {
                    posts,
                    erased_author: Some(author),
                    by: Some(by),
                });
            }
        }
        Ok(asked)
    }

    /// Posts that other rules judge otherwise. Nobody's decision is touched: it stands above the rules.
    fn rejudged(&self, rules: &Rules) -> Option<Event> {
        let state = self.wall.read();
        let verdicts: Vec<_> = (0_u32..)
            .map(PostNum)
            .zip(&state.posts)
            .filter(|(_, record)| !record.deleted)
            .filter_map(|(num, record)| {
                let post = record.content.as_ref()?.post().ok()?;
                let verdict = rejudge(&post, rules, &record.verdict);
                (verdict != record.verdict).then_some((num, verdict))
            })
            .collect();
        (!verdicts.is_empty()).then_some(Event::Rejudged { verdicts })
    }
}

/// What a request comes to.
#[derive(Default)]
struct Asked {
    events: Vec<Event>,
    posts: Vec<String>,
    undone: Option<Seq>,
    rules: Option<Rules>,
}

/// Whether an act must hold on the screens even if the disk refuses it.
fn is_urgent(event: &Event) -> bool {
    matches!(
        event,
        Event::Decided {
            action: Action::Hide,
            ..
        } | Event::Stage {
            change: StageChange::Blank
                | StageChange::Unblank
                | StageChange::Pause
                | StageChange::Resume { .. },
            ..
        }
    )
}

/// Records whose content goes with these events: of posts that are blanked or gone at their source.
fn blanked(state: &WallState, events: &[(Event, Option<Arc<Content>>)]) -> Vec<Seq> {
    let mut fresh: HashMap<PostNum, Vec<Seq>> = HashMap::new();
    let mut blank = Vec::new();
    for ((event, _), seq) in events.iter().zip(state.tip.0 + 1..) {
        match event {
            Event::Posted(Posted { post, .. }) | Event::Edited { post, .. } => {
                fresh.entry(*post).or_default().push(Seq(seq));
            }
            Event::Blanked { posts, .. } | Event::Deleted { posts } => {
                for num in posts {
                    blank.extend(
                        state
                            .post(*num)
                            .into_iter()
                            .flat_map(|post| post.content_seqs.iter().copied()),
                    );
                    blank.extend(fresh.remove(num).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    blank
}

fn ids(state: &WallState, posts: &[PostNum]) -> Vec<(PostNum, Arc<str>)> {
    posts
        .iter()
        .filter_map(|num| Some((*num, state.post(*num)?.content.as_ref()?.id.clone())))
        .collect()
}

/// A post as staff see it now, outside any record.
fn staff_post(state: &WallState, num: PostNum) -> Option<Frame> {
    let effects = super::fold::Effects {
        posts: vec![super::fold::PostEffect {
            post: num,
            was_public: false,
            is_public: false,
        }],
        ..super::fold::Effects::default()
    };
    frames(state, state.tip, &effects, &[], Audience::Staff).pop()
}
