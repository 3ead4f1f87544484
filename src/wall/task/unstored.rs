//! Acts that hold on the screens although the disk refuses them: hide, blank and pause.

use axum::extract::ws::Utf8Bytes;

use super::{WallTask, ids};
use crate::hub::{Frame, Mark};
use crate::journal::{Action, Event, Seq, StageChange, Who};
use crate::post::PostNum;
use crate::wall::command::Done;
use crate::wall::fold::{Effects, PostEffect};
use crate::wall::frames::{Audience, frames, remove_frame, whole_frame};
use crate::wall::state::WallState;

impl WallTask {
    /// Takes back an act that is not stored yet: the one that will have the number `decision`, else the person's last.
    pub(super) fn undo_unstored(&mut self, by: &Who, decision: Option<Seq>) -> Option<Done> {
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
            undone: Some(Seq(first + at as u64)),
            ..Done::default()
        };
        for post in posts {
            let hidden_still = self.waiting.iter().any(
                |event| matches!(event, Event::Decided { posts, .. } if posts.contains(&post)),
            );
            if !hidden_still {
                state.unstored.hidden.remove(&post);
            }
            let is_public = state.is_public(post);
            let effects = Effects {
                posts: vec![PostEffect {
                    post,
                    was_public: false,
                    is_public,
                    moved: true,
                }],
                ..Effects::default()
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
    pub(super) fn act_unstored(&mut self, events: Vec<Event>) -> Seq {
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
}

/// Whether an act must hold on the screens even if the disk refuses it.
pub(super) fn is_urgent(event: &Event) -> bool {
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

/// A post as staff see it now, outside any record.
fn staff_post(state: &WallState, num: PostNum) -> Option<Frame> {
    let effects = Effects {
        posts: vec![PostEffect {
            post: num,
            was_public: false,
            is_public: false,
            moved: false,
        }],
        ..Effects::default()
    };
    frames(state, state.tip, &effects, &[], Audience::Staff).pop()
}
