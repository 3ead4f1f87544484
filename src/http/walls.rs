//! Reading walls: what they are, their posts, their figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::access::Staff;
use super::problem::Problem;
use crate::intake::Content;
use crate::post::{PostNum, Standing};
use crate::report;
use crate::text::fold::fold_accents;
use crate::wall::Wall;
use crate::wall::frames::{Audience, post_json, trends_json, wall_json};

/// Posts of one page where the asker names no number.
const PAGE: usize = 50;
/// Posts of one page at most.
const MAX_PAGE: usize = 500;

impl Service {
    /// The wall of that id.
    pub(super) fn wall(&self, id: &str) -> Result<Arc<Wall>, Problem> {
        self.walls
            .get(id)
            .map(|wall| wall.value().clone())
            .ok_or_else(|| Problem::not_found(format!("there is no wall {id:?} here")))
    }

    /// Which audience a request belongs to: staff only if it asks for it and is signed in.
    pub(super) fn audience(
        &self,
        view: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Audience, Problem> {
        match view {
            None | Some("" | "public") => Ok(Audience::Public),
            Some("staff") => self
                .signed_in(headers)?
                .map(|_| Audience::Staff)
                .ok_or_else(Problem::unauthorised),
            Some(other) => Err(Problem::bad_request(format!(
                "view: {other:?} is none; write staff, or leave it out"
            ))),
        }
    }
}

/// `GET /walls`.
pub(super) async fn list(State(service): State<Service>) -> Json<Value> {
    let mut walls: Vec<Value> = service
        .walls
        .iter()
        .map(|entry| wall_json(&entry.value().read(), entry.key()))
        .collect();
    walls.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
    Json(json!({ "walls": walls }))
}

/// `GET /walls/{wall}`.
pub(super) async fn one(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let wall = service.wall(&id)?;
    let json = wall_json(&wall.read(), &id);
    Ok(Json(json))
}

/// What posts are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    standing: Option<String>,
    author: Option<String>,
    q: Option<String>,
    before: Option<String>,
    limit: Option<String>,
    view: Option<String>,
}

/// A place in the timeline as it is handed out: event time in milliseconds and number.
fn place(text: &str) -> Option<(Timestamp, PostNum)> {
    let (at, num) = text.split_once('-')?;
    Some((
        Timestamp::from_nanosecond(at.parse().ok()?).ok()?,
        PostNum(num.parse().ok()?),
    ))
}

/// `GET /walls/{wall}/posts`.
pub(super) async fn posts(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wall = service.wall(&id)?;
    let audience = service.audience(asked.view.as_deref(), &headers)?;
    let standing: Option<Standing> = match asked.standing.as_deref() {
        None | Some("") => None,
        Some(word) => Some(serde_json::from_value(json!(word)).map_err(|_| {
            Problem::bad_request(format!(
                "standing: {word:?} is none; write shown, held, hidden or deleted"
            ))
        })?),
    };
    let before =
        match asked.before.as_deref() {
            None | Some("") => None,
            Some(text) => Some(place(text).ok_or_else(|| {
                Problem::bad_request("before: take the `next` of the page before")
            })?),
        };
    let limit = match asked.limit.as_deref() {
        None | Some("") => PAGE,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|limit| (1..=MAX_PAGE).contains(limit))
            .ok_or_else(|| {
                Problem::bad_request(format!("limit: write a number from 1 to {MAX_PAGE}"))
            })?,
    };
    let wanted = asked
        .q
        .as_deref()
        .map(fold_accents)
        .filter(|q| !q.trim().is_empty());
    let author = asked.author.as_deref().filter(|author| !author.is_empty());
    // Only numbers and shared texts are taken under the lock; searching them is done without it.
    let candidates: Vec<_> = {
        let state = wall.read();
        let author = match author {
            Some(id) => match state.find_author(id) {
                Some(num) => Some(num),
                None => return Ok(page(&[], None)),
            },
            None => None,
        };
        state
            .timeline_before(before)
            .filter_map(|num| {
                let post = state.post(num)?;
                let visible = match audience {
                    Audience::Public => {
                        state.is_public(num)
                            && standing.is_none_or(|wanted| wanted == Standing::Shown)
                    }
                    Audience::Staff => standing.is_none_or(|wanted| wanted == post.standing),
                };
                let by = author.is_none_or(|author| author == post.author);
                (visible && by).then(|| Some((num, post.content.clone()?)))?
            })
            .take(if wanted.is_some() {
                usize::MAX
            } else {
                limit + 1
            })
            .collect()
    };
    let mut found: Vec<PostNum> = match wanted {
        None => candidates.into_iter().map(|(num, _)| num).collect(),
        Some(wanted) => {
            // Searching keeps a core busy: one search at a time, and never on a thread that serves streams.
            let turn = service.searches.acquire().await;
            let _turn = turn.map_err(|error| Problem::internal(&error))?;
            tokio::task::spawn_blocking(move || search(candidates, &wanted, limit + 1))
                .await
                .map_err(|error| Problem::internal(&error))?
        }
    };
    let more = found.len() > limit;
    found.truncate(limit);
    let state = wall.read();
    let next = more
        .then(|| {
            found.last().and_then(|num| {
                Some(format!(
                    "{}-{}",
                    state.post(*num)?.created_at.as_nanosecond(),
                    num.0
                ))
            })
        })
        .flatten();
    // What was hidden since the search is left out now.
    let visible = found
        .iter()
        .filter(|num| audience == Audience::Staff || state.is_public(**num));
    let posts: Vec<String> = visible
        .filter_map(|num| post_json(&state, *num, audience))
        .collect();
    Ok(page(&posts, next.as_deref()))
}

/// The posts whose text, name or handle has the wanted words, folded.
fn search(candidates: Vec<(PostNum, Arc<Content>)>, wanted: &str, most: usize) -> Vec<PostNum> {
    let has = |content: &Content| {
        content.post().is_ok_and(|post| {
            [&post.text, &post.author.name, &post.author.handle]
                .iter()
                .any(|text| fold_accents(text).contains(wanted))
        })
    };
    let found = candidates.into_iter().filter(|(_, content)| has(content));
    found.map(|(num, _)| num).take(most).collect()
}

fn page(posts: &[String], next: Option<&str>) -> Response {
    let body = format!(
        r#"{{"posts":[{}],"next":{}}}"#,
        posts.join(","),
        json!(next)
    );
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        body,
    )
        .into_response()
}

/// `GET /walls/{wall}/tallies`.
pub(super) async fn tallies(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let wall = service.wall(&id)?;
    let figures = wall.read().tallies.figures();
    Ok(Json(figures).into_response())
}

/// `GET /walls/{wall}/trends`.
pub(super) async fn trends(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let wall = service.wall(&id)?;
    let state = wall.read();
    Ok(Json(trends_json(&state)))
}

/// What report is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct ReportAsked {
    format: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

fn moment(key: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            text.parse().map_err(|_| {
                Problem::bad_request(format!("{key}: write a time such as 2019-11-06T09:30:00Z"))
            })
        })
        .transpose()
}

/// `GET /walls/{wall}/report`.
pub(super) async fn report(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(asked): Query<ReportAsked>,
    staff: Staff,
) -> Result<Response, Problem> {
    staff.must(crate::people::Role::may_read_report, "read the report")?;
    let wall = service.wall(&id)?;
    let range = report::Range {
        from: moment("from", asked.from.as_deref())?,
        to: moment("to", asked.to.as_deref())?,
    };
    let (made, zone) = {
        let state = wall.read();
        let now = Some(service.clock.now());
        let made = report::report(&state, range, now);
        (made, state.settings.zone.clone())
    };
    let (kind, body) = match asked.format.as_deref().unwrap_or("json") {
        "json" => (
            "application/json",
            serde_json::to_string(&made).map_err(|error| Problem::internal(&error))?,
        ),
        "csv" => (
            "text/csv; charset=utf-8",
            report::csv(&made).map_err(|error| Problem::internal(&error))?,
        ),
        "text" => ("text/plain; charset=utf-8", report::text(&made, &zone)),
        other => {
            return Err(Problem::bad_request(format!(
                "format: {other:?} is none of json, csv and text"
            )));
        }
    };
    Ok((
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-store"),
        ],
        body,
    )
        .into_response())
}
