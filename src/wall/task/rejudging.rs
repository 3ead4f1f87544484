//! What changed settings do to posts that are here: judged on a thread of its own, then stored a few at a time, so that a
//! decision never waits for it. If the program ends meanwhile, the rest is done at the next start.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{WallError, WallTask};
use crate::feed::FeedName;
use crate::hub::{Frame, Mark};
use crate::journal::{Event, Seq};
use crate::moderation::{Again, FeedRules, Mode, ModerationSettings, Reason, Rules, rule};
use crate::post::PostNum;
use crate::wall::again::Span;
use crate::wall::command::{Answer, Done, NotDone};
use crate::wall::state::WallState;

/// Verdicts that are stored at once.
const AT_ONCE: usize = 200;

/// A change that waits for its turn.
pub(super) struct Job {
    pub(super) rules: Arc<Rules>,
    /// The posts that they are to judge: those that were here when the rules changed.
    pub(super) span: Span,
    pub(super) done: Done,
    pub(super) reply: Answer,
}

/// A post that the rules judge otherwise than it was.
pub(super) struct Otherwise {
    num: PostNum,
    /// The record whose text was judged.
    judged: Seq,
    again: Again,
}

/// Changes of settings and how far they are carried out.
#[derive(Default)]
pub(super) struct Rejudging {
    jobs: VecDeque<Job>,
    thread: Option<JoinHandle<Vec<Otherwise>>>,
    /// Tells the thread to end when the task does.
    ends: Option<DropGuard>,
    /// Verdicts that are to be stored, or that posts could not be judged.
    left: Option<Result<VecDeque<Otherwise>, JoinError>>,
    /// Whether they are so many that everybody starts from a snapshot at the end, rather than being told of each.
    many: bool,
}

impl Rejudging {
    /// Whether there is something to wait for.
    pub(super) fn is_busy(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Waits until verdicts are there to be stored. May be dropped and called again.
    pub(super) async fn ready(&mut self) {
        if self.left.is_none()
            && let Some(thread) = &mut self.thread
        {
            let found = thread.await;
            self.thread = None;
            self.many = found.as_ref().is_ok_and(|found| found.len() > AT_ONCE);
            self.left = Some(found.map(VecDeque::from));
        }
    }
}

impl WallTask {
    /// Carries a change out after those before it.
    pub(super) fn rejudge_later(&mut self, job: Job) {
        self.rejudging.jobs.push_back(job);
        if self.rejudging.jobs.len() == 1 {
            self.start_rejudging();
        }
    }

    fn start_rejudging(&mut self) {
        let Some(job) = self.rejudging.jobs.front() else {
            return;
        };
        let (wall, rules) = (self.wall.clone(), job.rules.clone());
        let span = job.span;
        let end = CancellationToken::new();
        let stop = end.clone();
        self.rejudging.ends = Some(end.drop_guard());
        self.rejudging.thread = Some(tokio::task::spawn_blocking(move || {
            wall.judged_otherwise(&rules, span, || stop.is_cancelled())
        }));
    }

    /// Stores some verdicts; answers whoever asked once all are stored.
    pub(super) async fn store_some_verdicts(&mut self) -> Result<(), WallError> {
        let left = match &mut self.rejudging.left {
            None => return Ok(()),
            Some(Err(error)) => {
                let what = format!("the posts that are here could not be judged: {error}");
                tracing::error!(wall = self.wall.id, "{what}");
                self.rejudged(Err(what));
                return Ok(());
            }
            Some(Ok(left)) => left,
        };
        let some: Vec<Otherwise> = left.drain(..left.len().min(AT_ONCE)).collect();
        let over = left.is_empty();
        let event = rejudged(&self.wall.read(), some);
        self.quiet = self.rejudging.many;
        self.moved.clear();
        let stored = self.store(event.into_iter().collect()).await?;
        self.quiet = false;
        if let Some(job) = self.rejudging.jobs.front_mut() {
            job.done.changed += self.moved.len();
        }
        if stored.is_ok() && !over {
            return Ok(());
        }
        if self.rejudging.many {
            self.tell_anew();
        }
        self.rejudged(stored.map(drop).map_err(|error| error.to_string()));
        Ok(())
    }

    /// Answers whoever asked for the change that is carried out, and goes on with the next.
    fn rejudged(&mut self, how: Result<(), String>) {
        self.rejudging.left = None;
        self.rejudging.ends = None;
        if let Some(Job { done, reply, .. }) = self.rejudging.jobs.pop_front() {
            let answer = how.map(|()| done).map_err(|error| {
                NotDone::NotStored(format!(
                    "the new rules hold for what comes, and not yet for all that is here: {error}"
                ))
            });
            // Whoever asked may have gone; what was done stays done.
            drop(reply.send(answer));
        }
        self.start_rejudging();
    }

    fn tell_anew(&self) {
        let state = self.wall.read();
        let frame = Frame {
            seq: state.tip,
            mark: Mark::Snapshot(None),
            text: axum::extract::ws::Utf8Bytes::default(),
        };
        self.wall.public.push([frame.clone()]);
        self.wall.staff.push([frame]);
    }

    /// What rules say otherwise of posts that are here, as events; for the start, when nobody waits.
    pub(super) fn rejudged_at_start(&self, rules: &Rules) -> Vec<Event> {
        let span = {
            let state = self.wall.read();
            Span {
                from: state.judged_from,
                until: state.posts.len(),
            }
        };
        let found = self.wall.judged_otherwise(rules, span, || false);
        rejudged(&self.wall.read(), found).into_iter().collect()
    }

    /// What waits in its delay waits for a person where these settings ask for that.
    pub(super) fn held_from_now(&self, settings: &ModerationSettings) -> Option<Event> {
        let feeds = self.wall.ruled(settings);
        let state = self.wall.read();
        let mode = |feed: Option<&FeedName>| {
            let ruled: Option<&FeedRules> = feed.and_then(|feed| feeds.get(feed));
            ruled.and_then(|ruled| ruled.mode).unwrap_or(settings.mode)
        };
        let verdicts: Vec<_> = state
            .delayed()
            .filter_map(|num| Some((num, state.post(num)?)))
            .filter(|(_, post)| mode(post.feed.as_ref()) == Mode::Held)
            .map(|(num, post)| {
                let mut verdict = post.verdict.clone();
                for reason in &mut verdict.reasons {
                    if reason.rule == rule::DELAY {
                        *reason = Reason::of(rule::MODE, reason.outcome);
                    }
                }
                (num, verdict)
            })
            .collect();
        (!verdicts.is_empty()).then(|| Event::Rejudged {
            verdicts,
            copies: Vec::new(),
        })
    }
}

impl crate::wall::Wall {
    /// Posts of which the rules say something else than is known.
    fn judged_otherwise(
        &self,
        rules: &Rules,
        span: Span,
        stop: impl Fn() -> bool,
    ) -> Vec<Otherwise> {
        let feeds = self.ruled(rules.settings());
        let mut found = Vec::new();
        self.let_come_again((rules, &feeds), span, stop, |received, again| {
            let record = &received.record;
            let otherwise = again.filter(|again| {
                again.over(&record.verdict) != record.verdict
                    || again.copy_of(record.copy_of) != record.copy_of
            });
            found.extend(otherwise.map(|again| Otherwise {
                num: received.num,
                judged: record.judged,
                again,
            }));
        });
        found
    }
}

/// The event of these verdicts. What was edited or blanked since it was judged is left as it is.
fn rejudged(state: &WallState, some: Vec<Otherwise>) -> Option<Event> {
    let (mut verdicts, mut copies) = (Vec::new(), Vec::new());
    for Otherwise { num, judged, again } in some {
        let post = state.post(num);
        let unchanged = post.filter(|post| post.judged == judged && post.content.is_some());
        if let Some(post) = unchanged {
            verdicts.push((num, again.over(&post.verdict)));
            let copy_of = again.copy_of(post.copy_of);
            if copy_of != post.copy_of {
                copies.push((num, copy_of));
            }
        }
    }
    (!verdicts.is_empty()).then_some(Event::Rejudged { verdicts, copies })
}
