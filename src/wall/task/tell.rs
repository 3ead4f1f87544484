//! What clients are told beside posts: figures, screens, feeds, the disk. Each at most so often.

use super::{
    PEOPLE_EVERY, QUEUES_EVERY, RULES_EVERY, SCREENS_EVERY, TALLIES_EVERY, WallError, WallTask,
};
use crate::feed::Via;
use crate::feed::supervisor::FeedState;
use crate::journal::Event;
use crate::journal::JournalError;
use crate::wall::command::Storage;
use crate::wall::coverage::NOT_RUNNING;
use crate::wall::frames::{people_frame, whole_frame};
use crate::wall::presence::Person;
use crate::wall::queues::QueueCounts;
use crate::wall::rules::RuleLine;
use std::time::Duration;
use tokio::time::Instant;

/// What staff were told last of what waits, what the rules did and who is here, and when.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says by itself what has to be told"
)]
#[derive(Default)]
pub(super) struct Queues {
    /// Whether posts changed since.
    pub(super) changed: bool,
    /// Whether somebody came, went or looks elsewhere since.
    pub(super) people_changed: bool,
    told: Option<Instant>,
    rules_told: Option<Instant>,
    people_told: Option<Instant>,
    rules_changed: bool,
    counts: QueueCounts,
    rules: Vec<RuleLine>,
    people: Vec<Person>,
    unattended: bool,
}

/// When to tell of something that changed, so that it is not told more often than that.
fn due(changed: bool, told: Option<Instant>, every: Duration, now: Instant) -> Option<Instant> {
    changed.then(|| told.map_or(now, |told| told + every))
}

impl WallTask {
    pub(super) fn next_queues(&self) -> Option<Instant> {
        let (known, now) = (&self.queues, Instant::now());
        [
            due(known.changed, known.told, QUEUES_EVERY, now),
            due(known.rules_changed, known.rules_told, RULES_EVERY, now),
            due(known.people_changed, known.people_told, PEOPLE_EVERY, now),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Tells staff what waits, what the rules did and who is here, each where it is time for it and it is news.
    pub(super) fn tell_queues(&mut self) {
        let now = Instant::now();
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        let wall = self.wall.clone();
        let state = wall.read();
        let known = &mut self.queues;
        let mut frames = Vec::new();
        if is_due(due(known.changed, known.told, QUEUES_EVERY, now)) {
            known.changed = false;
            known.rules_changed = true;
            // A post that waited may be held no longer by who looks at it.
            known.people_changed = true;
            known.told = Some(now);
            let counts = state.queue_counts();
            if counts != known.counts {
                frames.push(whole_frame(state.tip, "counts", &counts));
                known.counts = counts;
            }
        }
        if is_due(due(known.rules_changed, known.rules_told, RULES_EVERY, now)) {
            known.rules_changed = false;
            known.rules_told = Some(now);
            let rules = state.rules.lines();
            if rules != known.rules {
                frames.push(whole_frame(state.tip, "rules", &rules));
                known.rules = rules;
            }
        }
        if is_due(due(
            known.people_changed,
            known.people_told,
            PEOPLE_EVERY,
            now,
        )) {
            known.people_changed = false;
            known.people_told = Some(now);
            let (people, unattended) = (wall.people(&state), wall.is_unattended(&state));
            if unattended && !known.unattended {
                tracing::warn!(wall = %wall.id, "posts wait and nobody is there to decide about them");
            }
            if people != known.people || unattended != known.unattended {
                frames.push(people_frame(state.tip, &people, unattended));
                known.people = people;
                known.unattended = unattended;
            }
        }
        wall.staff.push(frames);
    }

    pub(super) fn tell_storage(&self, error: Option<&JournalError>) {
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

    pub(super) fn next_tallies(&self) -> Option<Instant> {
        self.tallies_changed.then(|| {
            self.tallies_told
                .map_or_else(Instant::now, |told| told + TALLIES_EVERY)
        })
    }

    pub(super) fn tell_tallies(&mut self) {
        self.tallies_changed = false;
        self.tallies_told = Some(Instant::now());
        let state = self.wall.read();
        let frame = whole_frame(state.tip, "tallies", &state.tallies.figures());
        self.wall.public.push([frame.clone()]);
        self.wall.staff.push([frame]);
    }

    pub(super) fn next_screens(&self) -> Option<Instant> {
        self.screens_changed.then(|| {
            self.screens_told
                .map_or_else(Instant::now, |told| told + SCREENS_EVERY)
        })
    }

    pub(super) fn tell_screens(&mut self) {
        self.screens_changed = false;
        self.screens_told = Some(Instant::now());
        let state = self.wall.read();
        self.wall
            .staff
            .push([whole_frame(state.tip, "screens", &self.wall.screens.list())]);
    }

    /// Tells staff how the feeds are, and journals since when each was read or not.
    pub(super) async fn tell_health(&mut self) -> Result<(), WallError> {
        let events: Vec<Event> = {
            let state = self.wall.read();
            self.wall
                .health
                .iter()
                .filter_map(|entry| {
                    let known = state.feeds.get(entry.key());
                    let open = known.is_some_and(|feed| feed.coverage.is_open());
                    // One that could never be read stands in the report as well.
                    let never = known.is_none_or(|feed| feed.coverage.live.is_empty());
                    let reading = match entry.value().state {
                        FeedState::Starting => return None,
                        FeedState::Reading => true,
                        _ => false,
                    };
                    let why = match entry.value().state {
                        FeedState::Done => Some("at its end".to_owned()),
                        _ => entry.value().last_error.clone(),
                    };
                    (open != reading || (never && !reading)).then(|| Event::Coverage {
                        feed: entry.key().clone(),
                        reading,
                        since: entry.value().last_success.filter(|_| !reading),
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

    /// Journals at an orderly stop until when each feed was read: one that is asked every now and then to its last answer,
    /// since what came after that was never seen.
    pub(super) async fn end_coverage(&mut self) -> Result<(), WallError> {
        // What changed last may not have been journaled.
        self.tell_health().await?;
        let events = {
            let state = self.wall.read();
            let open = (state.feeds.iter()).filter(|(_, feed)| feed.coverage.is_open());
            open.map(|(name, _)| {
                let health = self.wall.health.get(name);
                let asked = health.filter(|health| health.via == Via::Polling);
                Event::Coverage {
                    feed: name.clone(),
                    reading: false,
                    since: asked.and_then(|health| health.last_success),
                    why: Some(NOT_RUNNING.to_owned()),
                }
            })
            .collect()
        };
        self.store(events).await.map(drop)
    }
}
