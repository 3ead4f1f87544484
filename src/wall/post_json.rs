//! A post as clients get it: its content and what the wall knows of it. Pure.

use std::fmt::Write as _;

use super::frames::{Audience, INTO_STRING, encode};
use super::record::PostRecord;
use super::state::WallState;
use crate::moderation::Reason;
use crate::post::{PostNum, Standing};

/// A post's JSON with what the wall knows of it.
pub fn post_json(state: &WallState, num: PostNum, audience: Audience) -> Option<String> {
    let mut json = String::new();
    write_post(&mut json, state, num, audience).then_some(json)
}

/// Appends a post's JSON; false, and nothing appended, if it has no content any more.
pub(super) fn write_post(
    json: &mut String,
    state: &WallState,
    num: PostNum,
    audience: Audience,
) -> bool {
    let Some(post) = state.post(num) else {
        return false;
    };
    let Some(content) = &post.content else {
        return false;
    };
    json.reserve(content.json.len() + 512);
    json.push_str(content.json.strip_suffix('}').unwrap_or(&content.json));
    let standing = if state.unstored.hidden.contains(&num) {
        Standing::Hidden
    } else {
        post.standing
    };
    write!(
        json,
        r#","standing":"{standing}","pinned":{},"highlighted":{}"#,
        post.pinned(),
        post.highlighted()
    )
    .expect(INTO_STRING);
    if post.copies > 0 {
        write!(json, r#","copies":{}"#, post.copies).expect(INTO_STRING);
    }
    if post.history {
        json.push_str(r#","history":true"#);
    }
    if post.added {
        json.push_str(r#","added":true"#);
    }
    let token = (state.picture_key.as_ref()).and_then(|key| key.token(&state.id, num, content));
    if let Some(token) = token {
        write!(json, r#","pictures":"{token}""#).expect(INTO_STRING);
    }
    if audience == Audience::Staff {
        write_for_staff(json, state, num, post);
    }
    json.push('}');
    true
}

fn write_for_staff(json: &mut String, state: &WallState, num: PostNum, post: &PostRecord) {
    let author = state.authors.get(post.author.index());
    let decided = post.decided();
    let by = decided.and_then(|decided| state.decision(decided.seq));
    write!(
        json,
        r#","num":{},"reasons":{},"decided_by":{},"decided_at":{},"stashed":{},"author_standing":{},"author_so_far":{},"shown_seconds":{}"#,
        num.0,
        encode(&reasons(post)),
        encode(&by.map(|decision| &decision.by)),
        encode(&by.map(|decision| decision.at)),
        post.stashed(),
        encode(&author.map(super::record::AuthorRecord::standing)),
        encode(&author.map(|author| author.so_far)),
        post.shown_ms / 1000,
    )
    .expect(INTO_STRING);
    let first = post
        .copy_of
        .and_then(|first| state.post(first)?.content.as_ref());
    if let Some(first) = first {
        write!(json, r#","copy_of":{}"#, encode(&first.id)).expect(INTO_STRING);
    }
}

/// Why a post stands where it stands, by rules; what lies outside the event says so.
fn reasons(post: &PostRecord) -> Vec<Reason> {
    let outside = post
        .outside()
        .map(|rule| Reason::of(rule, Standing::Hidden));
    post.verdict
        .reasons
        .iter()
        .cloned()
        .chain(outside)
        .collect()
}
