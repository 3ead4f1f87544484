//! Putting a post on the wall by its address.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Service;
use super::access::Staff;
use super::body::Json;
use super::problem::Problem;
use crate::feed::Item;
use crate::feed::link::LinkError;
use crate::journal::Seq;
use crate::people::Role;
use crate::wall::command::Act;
use crate::wall::frames::Audience;
use crate::wall::post_json;

/// Body of `POST posts/link`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    url: String,
}

/// What was added.
#[derive(serde::Serialize)]
pub(super) struct Added {
    id: String,
    seq: Seq,
    post: Option<Box<RawValue>>,
}

/// `POST /walls/{wall}/posts/link`.
pub(super) async fn add(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
    Json(body): Json<Link>,
) -> Result<Answer<Added>, Problem> {
    staff.must(Role::may_decide, "add posts")?;
    let wall = service.wall(&id)?;
    let links = service.links.get(&id);
    let links = links.map(|links| links.value().clone());
    let links = links.ok_or_else(|| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "this wall is kept from earlier and takes no posts",
        )
    })?;
    // Few at a time: each asks a server that somebody named.
    let turn = service.link_turns.acquire().await;
    let _turn = turn.map_err(|error| Problem::internal(&error))?;
    let post = links.read(&body.url).await?;
    let prepared = wall.prepare_added(Item::Post(Box::new(post)));
    let done = wall.act(staff.who(), Act::Add(Box::new(prepared))).await?;
    let id = done.posts.into_iter().next().unwrap_or_default();
    let state = wall.read();
    let json = state
        .find(&id)
        .and_then(|num| post_json(&state, num, Audience::Staff));
    Ok(Answer(Added {
        id,
        seq: done.seq,
        post: json.and_then(|json| RawValue::from_string(json).ok()),
    }))
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        let status = match error {
            LinkError::Unreachable(_) => StatusCode::BAD_GATEWAY,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}
