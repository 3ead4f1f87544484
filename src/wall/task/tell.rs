//! What clients are told beside posts: figures, screens, feeds, the disk. Each at most so often.

use super::{SCREENS_EVERY, TALLIES_EVERY, WallError, WallTask};
use crate::feed::Via;
use crate::feed::supervisor::FeedState;
use crate::journal::Event;
use crate::journal::JournalError;
use crate::wall::command::Storage;
use crate::wall::coverage::NOT_RUNNING;
use crate::wall::frames::whole_frame;
use tokio::time::Instant;

impl WallTask {
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
