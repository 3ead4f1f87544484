//! Answers of those whom the wall asks: stored like everything else, one batch at a time.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{WallError, WallTask};
use crate::journal::Event;
use crate::wall::assessing::{Assessment, JudgeHealth};
use crate::wall::frames::whole_frame;

/// Shortest time between two frames on the judge.
const JUDGE_EVERY: Duration = Duration::from_secs(1);

/// What staff were told last of the judge, and when.
#[derive(Default)]
pub(super) struct JudgeTold {
    pub(super) changed: bool,
    told: Option<Instant>,
    health: JudgeHealth,
}

impl WallTask {
    pub(super) async fn assessed(
        &mut self,
        answers: Vec<Assessment>,
        reply: oneshot::Sender<bool>,
    ) -> Result<(), WallError> {
        let events: Vec<Event> = {
            let state = self.wall.read();
            let events = answers.into_iter().filter_map(|it| it.event(&state));
            events.collect()
        };
        let stored = self.store(events).await?.is_ok();
        // Whoever asked may have been stopped; it is asked again at the next start where it was not stored.
        if reply.send(stored).is_err() {
            tracing::debug!(wall = %self.wall.id, "nobody waits for an answer to be stored any more");
        }
        Ok(())
    }

    pub(super) fn next_judge(&self) -> Option<Instant> {
        let told = self.judge_told.told;
        (self.judge_told.changed).then(|| told.map_or_else(Instant::now, |told| told + JUDGE_EVERY))
    }

    pub(super) fn tell_judge(&mut self) {
        let told = &mut self.judge_told;
        told.changed = false;
        told.told = Some(Instant::now());
        let state = self.wall.read();
        let health = self.wall.judge_health(&state);
        if health != told.health {
            let frame = whole_frame(state.tip, "judge", &health);
            self.wall.staff.push([frame]);
            told.health = health;
        }
    }
}
