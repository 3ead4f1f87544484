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
use crate::report;
use crate::wall::Wall;
use crate::wall::frames::{Audience, trends_json, wall_json};

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

/// A moment that a query names.
pub(super) fn moment(key: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
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
