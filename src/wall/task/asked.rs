//! What a person's request comes to: the events that say it, or why it cannot be done.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{WallTask, ids};
use crate::intake::{Content, Prepared};
use crate::journal::{Action, AuthorStanding, Event, Origin, Seq, To, Who};
use crate::moderation::{Rules, speaks_anew};
use crate::post::{AuthorNum, PostNum, Standing};
use crate::wall::arrivals::Drafting;
use crate::wall::assessing::released;
use crate::wall::command::{Act, Conflict, CountingFrom, NotDone};
use crate::wall::decisions::Deed;
use crate::wall::likeness::Said;
use crate::wall::settings::{Settings, for_console};
use crate::wall::state::WallState;

/// Where a page does not say what it has seen: decisions of the last moment it cannot have.
const UNSEEN: Duration = Duration::from_secs(1);

/// What a request comes to.
#[derive(Default)]
pub(super) struct Asked {
    /// Events to be stored together, with their content.
    pub(super) events: Vec<(Event, Option<Arc<Content>>)>,
    /// Ids of the posts that it is about.
    pub(super) posts: Vec<String>,
    /// The decision that it takes back.
    pub(super) undone: Option<Seq>,
    /// Posts that are left as somebody else decided.
    pub(super) conflicts: Vec<Conflict>,
    /// The rules that hold once it is stored.
    pub(super) rules: Option<Arc<Rules>>,
    /// Whether all that is here is judged by them.
    pub(super) judge_again: bool,
    /// Posts that are no longer there.
    pub(super) gone: Vec<PostNum>,
    /// What posts say that it brings.
    pub(super) said: Vec<Said>,
}

/// Counting may begin so long from now at most.
const FURTHEST_START: Duration = Duration::from_hours(7 * 24);

impl Asked {
    fn to(event: Event) -> Self {
        Self {
            events: vec![(event, None)],
            ..Self::default()
        }
    }
}

impl WallTask {
    /// What a person's request comes to.
    pub(super) fn events_of(&self, by: &Who, act: Act) -> Result<Asked, NotDone> {
        let wall = self.wall.clone();
        let state = wall.read();
        let by = by.clone();
        match act {
            Act::Decide {
                action,
                posts,
                reason,
                seen,
            } => self.decided(&state, by, (action, reason), posts, seen),
            Act::Undo { decision } => undone(&state, by, decision),
            Act::Author { author, standing } => author_decided(&state, by, &author, standing),
            Act::Stage(change) => {
                state.stage().check(&change).map_err(NotDone::Invalid)?;
                Ok(Asked::to(Event::Stage { by, change }))
            }
            Act::Settings { values, to, made } => {
                drop(state);
                self.settings_changed(by, values, to, made)
            }
            Act::Counting(from) => {
                let from = match from {
                    CountingFrom::Now => json!(self.wall.clock.now()),
                    CountingFrom::Time(at) => json!(at),
                    CountingFrom::File => Value::Null,
                };
                let mut values = Map::new();
                values.insert("wall".to_owned(), json!({ "from": from }));
                let changed = state.settings.asked(&values);
                let changed = changed.map_err(|error| NotDone::Invalid(error.to_string()))?;
                self.check_counting(&changed)?;
                Ok(Asked::to(Event::Settings {
                    origin: Origin::Console,
                    by: Some(by),
                    values,
                    to: To::All,
                }))
            }
            Act::Add(prepared) => self.added(&state, by, *prepared),
            Act::Note { post, text } => Ok(Asked::to(Event::Noted {
                by,
                post: find(&state, &post)?,
                text,
            })),
            Act::Erase { author } => {
                let author = find_author(&state, &author)?;
                let theirs = state.authors.get(author.index());
                let posts = theirs.map_or_else(Vec::new, |theirs| theirs.posts.clone());
                Ok(Asked {
                    gone: posts.clone(),
                    ..Asked::to(Event::Blanked {
                        posts,
                        erased_author: Some(author),
                        by: Some(by),
                    })
                })
            }
        }
    }

    fn decided(
        &self,
        state: &WallState,
        by: Who,
        (action, reason): (Action, Option<String>),
        posts: Vec<String>,
        seen: Option<Seq>,
    ) -> Result<Asked, NotDone> {
        let now = self.wall.clock.now();
        let seen = seen.unwrap_or_else(|| {
            let moment = now.checked_sub(UNSEEN).unwrap_or(now);
            state.decided_until(moment)
        });
        let mut asked = Asked::default();
        let mut nums = Vec::with_capacity(posts.len());
        for id in posts {
            let num = find(state, &id)?;
            if action == Action::Show && is_gone(state, num) {
                return Err(NotDone::Invalid(format!(
                    "post {id:?} is gone and cannot be shown"
                )));
            }
            if nums.contains(&num) {
                continue;
            }
            let conflict = (action == Action::Show).then(|| conflict(state, num, &by, seen));
            if let Some(conflict) = conflict.flatten() {
                asked.conflicts.push(conflict);
            } else {
                nums.push(num);
                asked.posts.push(id);
            }
        }
        if nums.is_empty() && asked.conflicts.is_empty() {
            return Err(NotDone::Invalid("posts: name at least one id".to_owned()));
        }
        if nums.is_empty() {
            return Err(NotDone::Conflict {
                words: words(&asked.conflicts, now),
                conflicts: asked.conflicts,
            });
        }
        let event = Event::Decided {
            by,
            action,
            posts: nums,
            reason,
        };
        asked.events.push((event, None));
        Ok(asked)
    }

    fn settings_changed(
        &self,
        by: Who,
        values: Map<String, Value>,
        to: To,
        made: Option<Arc<Rules>>,
    ) -> Result<Asked, NotDone> {
        for_console(&values).map_err(NotDone::Invalid)?;
        let (next, before) = {
            let state = self.wall.read();
            let next = state.settings.asked(&values);
            let next = next.map_err(|error| NotDone::Invalid(error.to_string()))?;
            self.wall.check_feeds(&state, &next.moderation)?;
            (next.moderation, state.settings.moderation.clone())
        };
        let mut asked = Asked::to(Event::Settings {
            origin: Origin::Console,
            by: Some(by),
            values,
            to,
        });
        if next != before {
            // Somebody may have changed other settings since those were made.
            let made = made.filter(|rules| *rules.settings() == next);
            let rules = made.map_or_else(|| self.wall.make_rules(&next).map(Arc::new), Ok);
            asked.judge_again = to == To::All && speaks_anew(&before, &next);
            asked.rules = Some(rules.map_err(NotDone::Invalid)?);
            let held = self.held_from_now(&next);
            let others = released(&self.wall.read(), &next, held);
            asked.events.extend(others.map(|event| (event, None)));
        }
        Ok(asked)
    }

    /// Counting that begins after the event, or some day, would take everything off the wall.
    fn check_counting(&self, settings: &Settings) -> Result<(), NotDone> {
        let identity = &settings.identity;
        let latest = self.wall.clock.now().checked_add(FURTHEST_START);
        let Some(from) = identity.from else {
            return Ok(());
        };
        if identity.to.is_some_and(|to| to <= from) || latest.is_ok_and(|latest| latest < from) {
            return Err(NotDone::Invalid(format!(
                "from: {from} is after the event's end or more than a week from now; write an earlier time"
            )));
        }
        Ok(())
    }

    fn added(&self, state: &WallState, by: Who, prepared: Prepared) -> Result<Asked, NotDone> {
        let arrival = match prepared {
            Prepared::Post(arrival) => arrival,
            Prepared::Refused { refusal, .. } => return Err(NotDone::Invalid(refusal.detail)),
            _ => return Err(NotDone::Invalid("that is no post".to_owned())),
        };
        let mut keys = std::iter::once(arrival.key).chain(arrival.same_as.iter().copied());
        let here = keys.find_map(|key| state.find_key(key).or_else(|| state.find_copy(key)));
        if let Some(here) = here {
            let content = state.post(here).and_then(|post| post.content.as_ref());
            return Err(NotDone::Here {
                id: content.map_or_else(
                    || arrival.post.id.to_string(),
                    |content| content.id.to_string(),
                ),
            });
        }
        let draft = Drafting::new(state, &self.rules)
            .knowing(&self.likeness)
            .added(&arrival, by);
        if let Some((_, words)) = draft.outcome.refused.into_iter().next() {
            return Err(NotDone::Invalid(words));
        }
        Ok(Asked {
            events: draft.events,
            posts: vec![arrival.post.id.to_string()],
            said: draft.said,
            ..Asked::default()
        })
    }
}

fn find(state: &WallState, id: &str) -> Result<PostNum, NotDone> {
    let found = state.find(id);
    found.ok_or_else(|| NotDone::Unknown(format!("there is no post {id:?} on this wall")))
}

fn find_author(state: &WallState, id: &str) -> Result<AuthorNum, NotDone> {
    let found = state.find_author(id);
    found.ok_or_else(|| NotDone::Unknown(format!("nobody with the id {id:?} has posted here")))
}

fn is_gone(state: &WallState, num: PostNum) -> bool {
    let post = state.post(num);
    post.is_some_and(|post| post.deleted || post.content.is_none())
}

/// What somebody else decided about a post that was waiting still as of the record `seen`.
fn conflict(state: &WallState, num: PostNum, by: &Who, seen: Seq) -> Option<Conflict> {
    let post = state.post(num)?;
    let author = state.authors.get(post.author.index())?;
    let then = author.standing_until(seen);
    let then = post.settle_by(&post.verdict, then, post.decided_until(seen));
    if then != Standing::Held {
        return None;
    }
    let decided = post.decided().filter(|decided| decided.seq > seen);
    let of_author = author.decisions.iter().rev().find(|(seq, _)| *seq > seen);
    let of_author = of_author.and_then(|(seq, standing)| match standing {
        AuthorStanding::Blocked => Some((*seq, Action::Hide)),
        AuthorStanding::Trusted => Some((*seq, Action::Show)),
        AuthorStanding::Normal => None,
    });
    let decided = decided.map(|decided| (decided.seq, decided.action));
    let (decided, action) = decided.or(of_author)?;
    let decision = state.decision(decided)?;
    (decision.by != *by).then(|| Conflict {
        post: post
            .content
            .as_ref()
            .map(|content| content.id.to_string())
            .unwrap_or_default(),
        by: decision.by.clone(),
        action,
        seq: decision.seq,
        at: decision.at,
    })
}

/// "mia hid this 1 s ago".
fn words(conflicts: &[Conflict], now: Timestamp) -> String {
    let Some(first) = conflicts.first() else {
        return String::new();
    };
    let did = match first.action {
        Action::Hide => "hid",
        _ => "showed",
    };
    let what = match conflicts.len() {
        1 => "this".to_owned(),
        more => format!("{more} of these"),
    };
    let seconds = now.duration_since(first.at).as_secs().max(0);
    format!("{} {did} {what} {seconds} s ago", first.by.0)
}

fn undone(state: &WallState, by: Who, decision: Option<Seq>) -> Result<Asked, NotDone> {
    let decision = match decision {
        Some(decision) if state.can_undo(decision) => decision,
        Some(decision) => {
            return Err(NotDone::Invalid(format!(
                "record {decision} is no decision that can be taken back"
            )));
        }
        None => (state.decisions.iter().rev())
            .find(|known| known.by == by && state.can_undo(known.seq))
            .map(|known| known.seq)
            .ok_or_else(|| NotDone::Invalid("there is nothing of yours to take back".to_owned()))?,
    };
    let posts = match state.decision(decision).map(|known| &known.deed) {
        Some(Deed::Posts { posts, .. }) => ids(state, posts),
        _ => Vec::new(),
    };
    Ok(Asked {
        posts: posts.into_iter().map(|(_, id)| id.to_string()).collect(),
        undone: Some(decision),
        ..Asked::to(Event::Undone { by, decision })
    })
}

fn author_decided(
    state: &WallState,
    by: Who,
    author: &str,
    standing: AuthorStanding,
) -> Result<Asked, NotDone> {
    let author = find_author(state, author)?;
    Ok(Asked::to(Event::AuthorDecided {
        by,
        author,
        standing,
    }))
}
