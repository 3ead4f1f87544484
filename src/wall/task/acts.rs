//! What people ask of the wall, and what happens when the disk refuses it.

use std::sync::Arc;

use super::asked::Asked;
use super::rejudging::Job;
use super::unstored::is_urgent;
use super::{WallError, WallTask, ids};
use crate::journal::{Event, Who};
use crate::moderation::Rules;
use crate::wall::again::Span;
use crate::wall::command::{Act, Answer, Done, NotDone};
use crate::wall::likeness::succeeded;

/// Ids of moved posts that an answer names.
const NAMED: usize = 1_000;

impl WallTask {
    /// Does what a person asks, and answers: at once, or once all that is here is judged by the rules they changed.
    pub(super) async fn command_of(
        &mut self,
        by: Who,
        act: Act,
        reply: Answer,
    ) -> Result<(), WallError> {
        let by_author = matches!(act, Act::Author { .. });
        match self.act(by, act).await? {
            Ok((done, Some(rules))) => {
                let span = {
                    let state = self.wall.read();
                    Span {
                        from: state.judged_from,
                        until: state.posts.len(),
                    }
                };
                let job = Job {
                    rules,
                    span,
                    done,
                    reply,
                };
                self.rejudge_later(job);
            }
            // Whoever asked may have gone; what was done stays done.
            Ok((mut done, None)) => {
                if by_author || done.posts.is_empty() {
                    let state = self.wall.read();
                    let named = self.moved.get(..NAMED).unwrap_or(&self.moved);
                    done.posts = (ids(&state, named).into_iter())
                        .map(|(_, id)| id.to_string())
                        .collect();
                }
                drop(reply.send(Ok(done)));
            }
            Err(error) => drop(reply.send(Err(error))),
        }
        Ok(())
    }

    async fn act(
        &mut self,
        by: Who,
        act: Act,
    ) -> Result<Result<(Done, Option<Arc<Rules>>), NotDone>, WallError> {
        self.moved.clear();
        // What waits comes first: only then it is clear what the person's last decision was.
        if !self.waiting.is_empty()
            && self.store_waiting().await?.is_err()
            && let Act::Undo { decision } = &act
            && let Some(done) = self.undo_unstored(&by, *decision)
        {
            return Ok(Ok((done, None)));
        }
        let adds = matches!(act, Act::Add(_));
        let asked = match self.events_of(&by, act) {
            Ok(asked) => asked,
            Err(error) => return Ok(Err(error)),
        };
        let Asked {
            events,
            posts,
            undone,
            conflicts,
            rules,
            judge_again,
            gone,
            said,
        } = asked;
        let mut done = Done {
            seq: self.wall.read().tip.next(),
            stored: true,
            posts,
            undone,
            changed: 0,
            conflicts,
        };
        let urgent: Option<Vec<Event>> = events
            .iter()
            .map(|(event, _)| is_urgent(event).then(|| event.clone()))
            .collect();
        match (self.store_with(events).await?, urgent) {
            (Ok(_), _) => {
                done.changed = self.moved.len();
                self.likeness.learn(said);
                let heirs = succeeded(&self.wall.read(), &gone);
                if let Err(error) = self.store(heirs.into_iter().collect()).await? {
                    tracing::warn!(%error, "no copy took the place of what is gone");
                }
                if adds {
                    // Taking it back takes back the decision that stands last.
                    done.seq = self.wall.read().tip;
                }
                if let Some(rules) = &rules {
                    self.rules = rules.clone();
                }
                Ok(Ok((done, rules.filter(|_| judge_again))))
            }
            (Err(error), Some(events)) => {
                done.seq = self.act_unstored(events);
                done.stored = false;
                self.tell_storage(Some(&error));
                Ok(Ok((done, None)))
            }
            (Err(error), None) => Ok(Err(NotDone::NotStored(error.to_string()))),
        }
    }
}
