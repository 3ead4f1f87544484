//! Pictures of posts, fetched and shrunk by this service; and for staff, those that were refused.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::access::Staff;
use super::problem::Problem;
use crate::media::shrink::{WIDEST, step};
use crate::media::{NotServed, Wanted};
use crate::post::PostNum;
use crate::wall::WallState;
use crate::wall::signing::PictureKey;

/// How a picture is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    w: Option<u32>,
}

/// The same for all that is not to be had, so that it tells nothing.
fn no_such() -> Problem {
    Problem::not_found("there is no such picture")
}

/// `GET /media/{wall}/{token}/{which}?w=W`.
pub(super) async fn picture(
    State(service): State<Service>,
    Path((wall, token, which)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wall = service.wall(&wall)?;
    let which = which.parse().map_err(|_| no_such())?;
    let num = PictureKey::post_of(&token).ok_or_else(no_such)?;
    let content = {
        let state = wall.read();
        let content = (state.post(num)).and_then(|post| post.content.clone());
        let content = content.ok_or_else(no_such)?;
        let key = state.picture_key.as_ref().ok_or_else(no_such)?;
        if !key.is_token(&token, &wall.id, num, &content) {
            return Err(no_such());
        }
        content
    };
    let is_staff = !wall.read().is_public(num) && service.signed_in(&headers)?.is_some();
    let visible = |state: &WallState, num: PostNum| {
        let there = state.post(num).is_some_and(|post| post.content.is_some());
        there && (is_staff || state.is_public(num))
    };
    if !visible(&wall.read(), num) {
        return Err(no_such());
    }
    let wanted = Wanted {
        wall: wall.clone(),
        post: num,
        content,
        which,
        width: step(asked.w.unwrap_or(WIDEST)),
    };
    let served = service.pictures.serve(wanted).await;
    // Somebody may have hidden the post meanwhile.
    if !visible(&wall.read(), num) {
        return Err(no_such());
    }
    match served {
        Ok(picture) => {
            let head = [
                (header::CONTENT_TYPE, picture.kind.content_type()),
                (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; sandbox",
                ),
            ];
            Ok((head, picture.bytes.clone()).into_response())
        }
        Err(NotServed::Busy) => Err(Problem {
            retry_after: Some(2),
            ..Problem::new(
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "too many pictures are being fetched; try again",
            )
        }),
        // Why is for staff alone: a stranger could learn from it what there is in this house.
        Err(NotServed::NoSuch | NotServed::Refused(_)) => Err(no_such()),
    }
}

/// `GET /walls/{wall}/pictures`: what was refused, and why.
pub(super) async fn refused(
    State(service): State<Service>,
    Path(id): Path<String>,
    _staff: Staff,
) -> Result<axum::Json<Value>, Problem> {
    let wall = service.wall(&id)?;
    let newest = service.pictures.refused(&wall.id);
    let counts: BTreeMap<&str, u64> = (service.pictures.refused_counts().into_iter())
        .filter(|((of, _), _)| *of == wall.id)
        .map(|((_, word), count)| (word, count))
        .collect();
    let (files, bytes, room) = service.pictures.stored();
    let state = wall.read();
    let refused: Vec<Value> = newest
        .into_iter()
        // Of what is gone nothing is told.
        .filter_map(|refusal| {
            let content = state.post(refusal.post)?.content.as_ref()?;
            Some(json!({
                "post": content.id, "which": refusal.which.to_string(), "reason": refusal.why.word(),
                "why": refusal.why.to_string(), "at": refusal.at,
            }))
        })
        .collect();
    Ok(axum::Json(json!({
        "refused": refused,
        "counts": counts,
        "stored": { "files": files, "bytes": bytes, "room": room },
    })))
}
