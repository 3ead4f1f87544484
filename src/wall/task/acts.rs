//! What people ask of the wall: what it comes to, and what happens when the disk refuses it.

use super::{WallError, WallTask, ids};
use crate::hub::Frame;
use crate::hub::Mark;
use crate::journal::Action;
use crate::journal::Event;
use crate::journal::Origin;
use crate::journal::Seq;
use crate::journal::StageChange;
use crate::journal::Who;
use crate::moderation::Rules;
use crate::moderation::rejudge;
use crate::post::PostNum;
use crate::wall::command::Act;
use crate::wall::command::Done;
use crate::wall::command::NotDone;
use crate::wall::frames::Audience;
use crate::wall::frames::frames;
use crate::wall::frames::remove_frame;
use crate::wall::frames::whole_frame;
use crate::wall::state::Deed;
use crate::wall::state::WallState;
use axum::extract::ws::Utf8Bytes;

impl WallTask {
    pub(super) async fn act(
        &mut self,
        by: Who,
        act: Act,
    ) -> Result<Result<Done, NotDone>, WallError> {
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
            let effects = crate::wall::fold::Effects {
                posts: vec![crate::wall::fold::PostEffect {
                    post,
                    was_public: false,
                    is_public,
                }],
                ..crate::wall::fold::Effects::default()
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
                let known = crate::wall::settings::CONSOLE_SECTIONS;
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
    pub(super) fn rejudged(&self, rules: &Rules) -> Option<Event> {
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

/// A post as staff see it now, outside any record.
fn staff_post(state: &WallState, num: PostNum) -> Option<Frame> {
    let effects = crate::wall::fold::Effects {
        posts: vec![crate::wall::fold::PostEffect {
            post: num,
            was_public: false,
            is_public: false,
        }],
        ..crate::wall::fold::Effects::default()
    };
    frames(state, state.tip, &effects, &[], Audience::Staff).pop()
}
