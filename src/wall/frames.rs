//! What clients are told: frames and snapshots, encoded from the state. Pure.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::json;

use super::audit::audit_entry;
use super::decisions::Deed;
use super::fold::Effects;
use super::look::display_json;
use super::post_json::{post_json, write_post};
use super::presence::Person;
use super::state::WallState;
use crate::hub::{Frame, Mark};
use crate::journal::Seq;
use crate::post::{PostNum, Standing};

/// Why a write into a string is not checked.
pub(super) const INTO_STRING: &str = "a string takes all that is written";

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Everybody: only what is shown, never why something is not.
    Public,
    /// Whoever is signed in.
    Staff,
}

/// Encodes what this program made itself; that cannot fail.
pub(super) fn encode<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our own values have string keys and no failing parts")
}

fn post_frame(state: &WallState, seq: Seq, num: PostNum, audience: Audience) -> Option<Frame> {
    let id = state.post(num)?.content.as_ref()?.id.clone();
    let length = state.post(num)?.content.as_ref()?.json.len();
    let mut json = String::with_capacity(length + 320);
    write!(json, r#"{{"seq":{seq},"type":"post","post":"#).expect(INTO_STRING);
    if !write_post(&mut json, state, num, audience) {
        return None;
    }
    json.push('}');
    Some(Frame {
        seq,
        mark: Mark::Post(id),
        text: json.into(),
    })
}

/// Takes a post away; `ahead` where the record is not stored yet.
pub(super) fn remove_frame(seq: Seq, id: &Arc<str>, ahead: bool) -> Frame {
    let key = if ahead { "ahead" } else { "seq" };
    Frame {
        seq,
        mark: Mark::Remove(id.clone()),
        text: format!(r#"{{"{key}":{seq},"type":"remove","id":{}}}"#, encode(id)).into(),
    }
}

/// A frame of which only the last one counts.
pub fn whole_frame<T: Serialize>(seq: Seq, kind: &'static str, value: &T) -> Frame {
    Frame {
        seq,
        mark: Mark::Whole(kind),
        text: format!(
            r#"{{"seq":{seq},"type":"{kind}","{kind}":{}}}"#,
            encode(value)
        )
        .into(),
    }
}

/// Who is here, and whether nobody is who could decide.
pub(super) fn people_frame(seq: Seq, people: &[Person], unattended: bool) -> Frame {
    Frame {
        seq,
        mark: Mark::Whole("people"),
        text: format!(
            r#"{{"seq":{seq},"type":"people","people":{},"unattended":{unattended}}}"#,
            encode(&people)
        )
        .into(),
    }
}

/// The frames of one record for one audience. `gone` names posts whose id is no longer known to the state.
pub fn frames(
    state: &WallState,
    seq: Seq,
    effects: &Effects,
    gone: &[(PostNum, Arc<str>)],
    audience: Audience,
) -> Vec<Frame> {
    let mut frames = Vec::new();
    if effects.reset {
        frames.push(Frame {
            seq,
            mark: Mark::Snapshot(effects.newest),
            text: Utf8Bytes::default(),
        });
    } else {
        for effect in &effects.posts {
            let Some(post) = state.post(effect.post) else {
                continue;
            };
            let id = post.content.as_ref().map(|content| &content.id);
            let id = id.or_else(|| {
                gone.iter()
                    .find(|(num, _)| *num == effect.post)
                    .map(|(_, id)| id)
            });
            let shown = match audience {
                Audience::Public => effect.is_public,
                Audience::Staff => post.standing != Standing::Deleted && post.content.is_some(),
            };
            let known = match audience {
                Audience::Public => effect.was_public,
                Audience::Staff => true,
            };
            if shown {
                // A paused wall is told of no posts, not even of one that it shows and that was pinned: the snapshot at
                // its end has that.
                if audience == Audience::Staff || !state.stage().paused {
                    frames.extend(post_frame(state, seq, effect.post, audience));
                }
            } else if known && let Some(id) = id {
                frames.push(remove_frame(seq, id, false));
            }
        }
    }
    if effects.stage && !effects.reset {
        frames.push(whole_frame(seq, "stage", state.stage()));
    }
    if effects.trends && !effects.reset {
        frames.push(whole_frame(seq, "trends", &trends_json(state)));
    }
    if audience == Audience::Staff
        && effects.decision
        && let Some(decision) = state.decisions.last()
    {
        let entry = audit_entry(state, decision);
        frames.push(Frame {
            seq,
            mark: Mark::Other,
            text: format!(r#"{{"seq":{seq},"type":"decision","decision":{entry}}}"#).into(),
        });
        if let Deed::Undo(undone) = decision.deed
            && let Some(undone) = state.decision(undone)
        {
            let entry = audit_entry(state, undone);
            frames.push(Frame {
                seq,
                mark: Mark::Other,
                text: format!(r#"{{"seq":{seq},"type":"decision","decision":{entry}}}"#).into(),
            });
        }
    }
    frames
}

/// What everybody may know of the wall itself.
pub fn wall_json(state: &WallState, id: &str) -> serde_json::Value {
    let identity = &state.settings.identity;
    json!({
        "id": id,
        "title": identity.title,
        "hashtags": identity.hashtags,
        "all": identity.all,
        "none": identity.none,
        "timezone": identity.timezone,
        "from": identity.from,
        "to": identity.to,
        "invented": identity.invented,
        "sources": identity.sources,
        "sessions": identity.sessions,
        "how_to_post": null,
        "display": display_json(&state.settings, id),
    })
}

/// What trends: terms on the wall, and our hashtags in the sources' own lists.
pub fn trends_json(state: &WallState) -> serde_json::Value {
    let now: Vec<_> = state
        .trends
        .now()
        .into_iter()
        .map(|(place, tag, run)| {
            json!({
                "place": place, "hashtag": tag, "rank": run.last_rank(), "of": run.of, "since": run.from,
                "best_rank": run.best().map(|(rank, _)| rank),
            })
        })
        .collect();
    json!({ "terms": [], "at_source": now })
}

/// The whole picture, for whoever connects.
pub fn snapshot(state: &WallState, audience: Audience, newest: Option<u32>) -> String {
    let mut nums = match audience {
        Audience::Public => state.public_posts(),
        Audience::Staff => state.staff_posts(),
    };
    if let Some(newest) = newest {
        nums.truncate(newest as usize);
    }
    let mut text = format!(
        r#"{{"epoch":{},"seq":{},"type":"snapshot","wall":{},"posts":["#,
        encode(&state.epoch),
        state.tip,
        wall_json(state, &state.id)
    );
    let mut first = true;
    for num in nums {
        let Some(json) = post_json(state, num, audience) else {
            continue;
        };
        let times = state.post(num).map_or(0, |post| post.times_shown);
        if !std::mem::take(&mut first) {
            text.push(',');
        }
        text.push_str(json.strip_suffix('}').unwrap_or(&json));
        write!(text, r#","times_shown":{times}}}"#).expect(INTO_STRING);
    }
    write!(
        text,
        r#"],"tallies":{},"trends":{},"stage":{}"#,
        encode(&state.tallies.figures()),
        trends_json(state),
        encode(state.stage())
    )
    .expect(INTO_STRING);
    if audience == Audience::Staff {
        let recent: Vec<serde_json::Value> = state
            .decisions
            .iter()
            .rev()
            .take(50)
            .map(|decision| audit_entry(state, decision))
            .collect();
        write!(
            text,
            r#","decisions":{},"settings":{},"counts":{},"rules":{}"#,
            encode(&recent),
            state.settings.explained(),
            encode(&state.queue_counts()),
            encode(&state.rules.lines()),
        )
        .expect(INTO_STRING);
    }
    text.push('}');
    text
}
