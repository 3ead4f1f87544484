//! What is known of one author on a wall.

use axum::Json as Answer;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::Service;
use super::access::Staff;
use super::moderation::Done200;
use super::problem::Problem;
use crate::post::{AuthorNum, PostNum};
use crate::wall::WallState;
use crate::wall::audit::audit_entry;
use crate::wall::decisions::{Decision, Deed};

/// Decisions about the author that are told.
const TOLD: usize = 20;

/// `GET /walls/{wall}/authors/{author}`.
pub(super) async fn author(
    State(service): State<Service>,
    Path((id, author)): Path<(String, String)>,
    _staff: Staff,
) -> Done200 {
    let wall = service.wall(&id)?;
    let state = wall.read();
    let known = state
        .find_author(&author)
        .and_then(|num| about(&state, num));
    known
        .map(Answer)
        .ok_or_else(|| Problem::not_found(format!("nobody with the id {author:?} has posted here")))
}

fn about(state: &WallState, num: AuthorNum) -> Option<Value> {
    let author = state.authors.get(num.index())?;
    let newest = author.posts.iter().rev().find_map(|post| {
        let content = state.post(*post)?.content.as_ref()?;
        content.post().ok()
    });
    let times = author
        .posts
        .iter()
        .filter_map(|post| Some(state.post(*post)?.created_at));
    let theirs = |decision: &&Decision| match &decision.deed {
        Deed::Author { author, .. } | Deed::Erase(author) => *author == num,
        Deed::Posts { posts, .. } => posts.iter().any(|post| is_by(state, *post, num)),
        Deed::Note(post) => is_by(state, *post, num),
        _ => false,
    };
    let decided: Vec<Value> = (state.decisions.iter().rev())
        .filter(theirs)
        .take(TOLD)
        .map(|decision| audit_entry(state, decision))
        .collect();
    let so_far = author.so_far;
    Some(json!({
        "author": newest.map(|post| post.author),
        "standing": author.standing(),
        "posts": so_far.posts,
        "shown": so_far.shown,
        "held": so_far.held,
        "hidden": so_far.hidden,
        "deleted": so_far.deleted,
        "first_at": times.clone().min(),
        "last_at": times.max(),
        "decided": decided,
    }))
}

fn is_by(state: &WallState, post: PostNum, author: AuthorNum) -> bool {
    state.post(post).is_some_and(|post| post.author == author)
}
