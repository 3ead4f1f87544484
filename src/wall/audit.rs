//! The audit: who did what, when, why and to what. Pure.

use serde_json::{Value, json};

use super::decisions::{Decision, Deed};
use super::frames::encode;
use super::state::WallState;
use crate::post::PostNum;

/// Characters of a post that a line of the audit quotes.
const QUOTED: usize = 80;

/// The word for what was done, by which the audit is filtered.
pub fn action_of(deed: &Deed) -> String {
    let word = |value: String| value.trim_matches('"').to_owned();
    match deed {
        Deed::Posts { action, .. } => word(encode(action)),
        Deed::Author { standing, .. } => format!("author_{}", word(encode(standing))),
        Deed::Undo(_) => "undo".to_owned(),
        Deed::Stage(_) => "stage".to_owned(),
        Deed::Settings(_) => "settings".to_owned(),
        Deed::Counting(_) => "counting".to_owned(),
        Deed::Note(_) => "note".to_owned(),
        Deed::Erase(_) => "erase".to_owned(),
    }
}

/// A line of the audit.
pub fn audit_entry(state: &WallState, decision: &Decision) -> Value {
    let id = |num: &PostNum| {
        let content = state.post(*num)?.content.as_ref()?;
        Some(content.id.to_string())
    };
    let mut posts: Vec<String> = Vec::new();
    let (mut text, mut reason, mut about) = (None, None, None);
    match &decision.deed {
        Deed::Posts {
            posts: nums,
            reason: why,
            ..
        } => {
            posts = nums.iter().filter_map(id).collect();
            about = nums.iter().find_map(|num| excerpt(state, *num));
            reason.clone_from(why);
            text.clone_from(why);
        }
        Deed::Author { author, .. } => {
            let theirs = state.authors.get(author.index());
            let theirs = theirs.into_iter().flat_map(|author| &author.posts);
            posts = theirs.filter_map(id).take(1).collect();
            about = state.author_name(*author);
            text.clone_from(&about);
        }
        Deed::Undo(seq) => text = Some(seq.to_string()),
        Deed::Stage(words) => text = Some(words.clone()),
        Deed::Settings(keys) => text = Some(keys.join(", ")),
        Deed::Counting(from) => text = from.map(|from| from.to_string()),
        Deed::Note(post) => {
            posts.extend(id(post));
            about = excerpt(state, *post);
        }
        Deed::Erase(_) => {}
    }
    json!({
        "seq": decision.seq,
        "at": decision.at,
        "by": decision.by,
        "action": action_of(&decision.deed),
        "posts": posts,
        "text": text,
        "reason": reason,
        "about": about,
        "undone_by": decision.undone,
        "can_undo": state.can_undo(decision.seq),
    })
}

/// The beginning of what a post says, where that is still there; words that hurt to read are masked.
fn excerpt(state: &WallState, num: PostNum) -> Option<String> {
    let record = state.post(num)?;
    let post = record.content.as_ref()?.post().ok()?;
    let masked: Vec<(usize, usize)> = record
        .verdict
        .reasons
        .iter()
        .filter(|reason| reason.masked && reason.field.as_deref() == Some("text"))
        .filter_map(|reason| reason.span)
        .collect();
    let is_masked = |at: usize| {
        masked
            .iter()
            .any(|(start, end)| (*start..*end).contains(&at))
    };
    let letters = post.text.char_indices();
    let shown: String = letters
        .map(|(at, c)| if is_masked(at) { '•' } else { c })
        .collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(line.chars().take(QUOTED).collect())
}
