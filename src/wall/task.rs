//! The wall's task, its only writer: decides, appends, folds, tells. What only time brings it decides from the clock and
//! appends as an event.

mod acts;
mod asked;
mod assessed;
mod housekeeping;
mod rejudging;
mod tell;
mod unstored;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value};
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use self::assessed::JudgeTold;
use self::rejudging::Rejudging;
use self::tell::Queues;
use super::arrivals::{Draft, Drafting};
use super::assessing::{Assessing, released};
use super::command::{Command, Declined, Offer, SeenSoFar, Storage};
use super::fold::Misfit;
use super::frames::{Audience, frames, whole_frame};
use super::gone::{Gone, dropped_by};
use super::handle::{Brief, Wall};
use super::likeness::{Likeness, succeeded, succeeded_since};
use super::presence::Presence;
use super::screens::Screens;
use super::signing::PictureKey;
use super::state::WallState;
use crate::clock::SharedClock;
use crate::feed::FeedName;
use crate::hub::{Frame, Hub, Mark};
use crate::intake::Content;
use crate::journal::{Batch, Event, Journal, JournalError, Origin, Posted, Record, Seq, To};
use crate::moderation::{Listed, Mode, ModerationSettings, Rules};
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
/// Shortest time between two frames of what waits, and of who is here.
const QUEUES_EVERY: Duration = Duration::from_millis(200);
const PEOPLE_EVERY: Duration = Duration::from_millis(100);
/// Shortest time between two frames of what the rules did.
const RULES_EVERY: Duration = Duration::from_secs(1);
/// Shortest time between two frames about screens.
const SCREENS_EVERY: Duration = Duration::from_millis(100);
/// How often the disk is tried again, and how often what only time brings is looked for.
const RETRY_EVERY: Duration = Duration::from_secs(2);
/// How often time on screens is journaled and what is over its time is blanked.
const HOUSEKEEPING_EVERY: Duration = Duration::from_mins(1);
/// Longest time that nothing is journaled while a feed is being read: what is lost of its coverage when the program is
/// killed.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_mins(5);
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
pub type ReadList = Box<dyn Fn(&str) -> Result<Vec<Listed>, String> + Send + Sync>;

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
    /// What was said to single feeds.
    pub briefs: HashMap<FeedName, Brief>,
    /// What signs the addresses of its pictures; without it none are told.
    pub picture_key: Option<PictureKey>,
    /// Time.
    pub clock: SharedClock,
}

/// The task; [`WallTask::run`] is its life.
pub struct WallTask {
    wall: Arc<Wall>,
    journal: Arc<dyn Journal>,
    rules: Arc<Rules>,
    rejudging: Rejudging,
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
    /// Posts that the last events moved.
    moved: Vec<PostNum>,
    /// Whether nobody is told of posts but the public of those that are taken away, since a snapshot follows.
    quiet: bool,
    queues: Queues,
    likeness: Likeness,
    judge_told: JudgeTold,
}

/// Opens a wall: folds its journal, notes the start and the file's settings, and makes its task.
pub async fn open(opening: Opening) -> Result<(Arc<Wall>, WallTask), WallError> {
    let mut state = fold(&opening.id, opening.journal.as_ref()).await?;
    state.picture_key = opening.picture_key;
    let likeness = Likeness::of(&state);
    let now = opening.clock.now();
    let (commands, command_queue) = mpsc::channel(COMMANDS);
    let (offers, offer_queue) = mpsc::channel(OFFERS);
    let wall = Arc::new(Wall {
        id: opening.id,
        screens: Screens::default(),
        public: Arc::new(Hub::new(state.tip)),
        staff: Arc::new(Hub::new(state.tip)),
        state: RwLock::new(state),
        briefs: opening.briefs,
        health: dashmap::DashMap::new(),
        health_changed: Notify::new(),
        screens_changed: Notify::new(),
        storage: watch::channel(Storage::default()).0,
        clock: opening.clock,
        commands,
        offers,
        read_list: opening.read_list,
        trials: Arc::new(Semaphore::new(1)),
        presence: Mutex::new(Presence::new(now)),
        people_changed: Notify::new(),
        assessing: Assessing::default(),
        gone: Gone::default(),
    });
    let mut task = WallTask {
        wall: wall.clone(),
        journal: opening.journal,
        rules: Arc::default(),
        rejudging: Rejudging::default(),
        commands: command_queue,
        offers: offer_queue,
        waiting: Vec::new(),
        due: BTreeMap::new(),
        seen: SeenSoFar::new(),
        tallies_told: None,
        tallies_changed: false,
        screens_told: None,
        screens_changed: false,
        moved: Vec::new(),
        quiet: false,
        queues: Queues::default(),
        likeness,
        judge_told: JudgeTold::default(),
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
                    to: To::All,
                });
            }
        }
        let moderation = next.unwrap_or_else(|| self.wall.read().settings.moderation.clone());
        match self.wall.make_rules(&moderation) {
            Ok(rules) => {
                let rejudged = self.rejudged_at_start(&rules).into_iter().next();
                events.extend(released(&self.wall.read(), rules.settings(), rejudged));
                self.rules = Arc::new(rules);
            }
            // Nothing that was hidden by a list may come back because the list is not at hand.
            Err(error) => {
                tracing::error!(wall = %self.wall.id, error, "no post is judged again; new ones are held");
                events.extend(released(&self.wall.read(), &moderation, None));
                let held = ModerationSettings {
                    mode: Mode::Held,
                    ..moderation
                };
                self.rules = Arc::new(Rules::new(&held, []));
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
        // Where the program ended before a copy took the place of what was gone.
        let heirs = succeeded_since(&self.wall.read());
        if self.store(heirs.into_iter().collect()).await?.is_err() {
            tracing::warn!(wall = %self.wall.id, "no copy took the place of what is gone");
        }
        let waiting: Vec<PostNum> = self.wall.read().delayed().collect();
        self.schedule(&waiting);
        Ok(())
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
            let next_queues = self.next_queues();
            let next_judge = self.next_judge();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(command) = self.commands.recv() => self.command(command).await?,
                () = sleep_until(next_due.unwrap_or_else(Instant::now)), if next_due.is_some() => self.end_delays().await?,
                () = sleep_until(next_tallies.unwrap_or_else(Instant::now)), if next_tallies.is_some() => self.tell_tallies(),
                () = sleep_until(next_screens.unwrap_or_else(Instant::now)), if next_screens.is_some() => self.tell_screens(),
                () = sleep_until(next_queues.unwrap_or_else(Instant::now)), if next_queues.is_some() => self.tell_queues(),
                () = sleep_until(next_judge.unwrap_or_else(Instant::now)), if next_judge.is_some() => self.tell_judge(),
                () = wall.assessing.health_changed.notified() => self.judge_told.changed = true,
                () = wall.people_changed.notified() => self.queues.people_changed = true,
                () = wall.screens_changed.notified() => self.screens_changed = true,
                () = wall.health_changed.notified() => self.tell_health().await?,
                Some(offer) = self.offers.recv() => self.take(offer).await?,
                () = self.rejudging.ready(), if self.rejudging.is_busy() => self.store_some_verdicts().await?,
                _ = retry.tick() => self.try_again().await?,
                _ = housekeeping.tick() => self.housekeep().await?,
            }
        }
        self.commands.close();
        self.offers.close();
        // What is left of it is done at the next start.
        self.rejudging = Rejudging::default();
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
        self.end_coverage().await?;
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
        self.moved.clear();
        let (mut waits, mut dropped) = (Vec::new(), Vec::new());
        // A new text has its whole delay; a pin, say, changes nothing about it.
        let mut seq = tip;
        let mut feeds_changed = false;
        for (event, content) in events {
            seq = seq.next();
            let gone = match &event {
                Event::Blanked { posts, .. } | Event::Deleted { posts } => ids(&state, posts),
                _ => Vec::new(),
            };
            dropped.extend(dropped_by(&state, &event));
            let anew = matches!(event, Event::Posted(_) | Event::Edited { .. });
            let record = Record {
                seq,
                at,
                event,
                content: None,
            };
            let effects = state.apply(&record, content)?;
            self.likeness.note(&state, &record.event);
            public.extend(frames(&state, seq, &effects, &gone, Audience::Public));
            staff.extend(frames(&state, seq, &effects, &gone, Audience::Staff));
            self.tallies_changed |= !effects.posts.is_empty() || effects.reset;
            self.judge_told.changed |= !effects.posts.is_empty() || effects.reset;
            self.queues.changed |= !effects.posts.is_empty() || effects.reset;
            let moved = effects.posts.iter().filter(|effect| effect.moved);
            self.moved.extend(moved.map(|effect| effect.post));
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
        if self.quiet {
            public.retain(|frame| matches!(frame.mark, Mark::Remove(_)));
            staff.clear();
        }
        wall.public.push(public);
        wall.staff.push(staff);
        drop(state);
        wall.gone.note(dropped);
        wall.assessing.look();
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
            let mut drafting = Drafting::new(&state, &self.rules).knowing(&self.likeness);
            let outcomes: Vec<_> = offers
                .iter()
                .map(|offer| drafting.page(&offer.items, &offer.bringer))
                .collect();
            (drafting.finish(), outcomes)
        };
        let Draft { events, said, .. } = draft;
        let gone: Vec<PostNum> = events
            .iter()
            .filter_map(|(event, _)| match event {
                Event::Deleted { posts } => Some(posts.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        let stored = self.store_with(events).await?;
        if stored.is_ok() {
            // Only now is it known what else became of their copies.
            let heirs = succeeded(&wall.read(), &gone);
            if let Err(error) = self.store(heirs.into_iter().collect()).await? {
                tracing::warn!(wall = %wall.id, %error, "no copy took the place of what is gone");
            }
        }
        if stored.is_ok() {
            self.likeness.learn(said);
        }
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
            Command::Act { by, act, reply } => self.command_of(by, act, reply).await?,
            Command::Assessed { answers, reply } => self.assessed(answers, reply).await?,
            Command::Seen(posts) => {
                let state = self.wall.read();
                for (id, ms) in posts {
                    if let Some(num) = state.find(&id) {
                        let seen = self.seen.entry(num).or_default();
                        seen.times = seen.times.saturating_add(1);
                        seen.ms = seen.ms.saturating_add(ms);
                    }
                }
            }
        }
        Ok(())
    }

    /// The disk may have room again, and somebody may have fallen silent.
    async fn try_again(&mut self) -> Result<(), WallError> {
        self.queues.people_changed = true;
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
