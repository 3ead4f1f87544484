//! A wall's settings: what they are, what others would do, and changing them.

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Service;
use super::access::Staff;
use super::body::Json;
use super::moderation::{Done200, answer};
use super::posts::word;
use super::problem::Problem;
use crate::journal::To;
use crate::people::Role;
use crate::wall::Wall;
use crate::wall::command::{Act, CountingFrom};

/// Settings that only admins may change: they say where posts are sent to.
const ADMINS_ONLY: [&str; 1] = ["judge"];

/// `GET /walls/{wall}/settings`.
pub(super) async fn settings(
    State(service): State<Service>,
    Path(id): Path<String>,
    _staff: Staff,
) -> Done200 {
    let explained = service.wall(&id)?.read().settings.explained();
    Ok(Answer(explained))
}

/// Which posts a change holds for.
#[derive(Deserialize)]
pub(super) struct Asked {
    to: Option<String>,
}

/// `PATCH /walls/{wall}/settings`.
pub(super) async fn change(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    staff: Staff,
    Json(values): Json<Map<String, Value>>,
) -> Done200 {
    staff.must(Role::may_decide, "change settings")?;
    let changes = |key: &&str| {
        let moderation = values.get("moderation");
        moderation.is_some_and(|moderation| moderation.get(*key).is_some())
    };
    if let Some(key) = ADMINS_ONLY.iter().find(|key| changes(key)) {
        staff.must(Role::may_admin, &format!("change {key}"))?;
    }
    let wall = service.wall(&id)?;
    may_read(&wall, &staff, &values)?;
    if let Some(key) = wall.read().settings.names_asset(&values) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!(
                "display.{key}: a picture is brought by uploading it: PUT /api/v1/walls/{id}/brand/logo, background or sponsors/0"
            ),
        ));
    }
    let to: Option<To> = word("to", asked.to.as_deref(), "all or new")?;
    let to = to.unwrap_or_default();
    let done = wall.change_settings(staff.who(), values, to).await?;
    let mut told = answer(&done);
    told["settings"] = wall.read().settings.explained();
    Ok(Answer(told))
}

/// Lists of words are files; which ones may be read is not a moderator's to say.
fn may_read(wall: &Wall, staff: &Staff, values: &Map<String, Value>) -> Result<(), Problem> {
    if wall.read().settings.names_files(values) {
        let what = "name files; put the list into config/blocklists and write its name without an ending, or ask an admin";
        staff.must(Role::may_admin, what)?;
    }
    Ok(())
}

/// `POST /walls/{wall}/settings/try`.
pub(super) async fn try_out(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
    Json(values): Json<Map<String, Value>>,
) -> Result<Answer<crate::wall::trial::Tried>, Problem> {
    staff.must(Role::may_decide, "try settings")?;
    let wall = service.wall(&id)?;
    may_read(&wall, &staff, &values)?;
    let tried = wall.try_settings(&values).await?;
    Ok(Answer(tried))
}

/// `GET /walls/{wall}/rules`.
pub(super) async fn rules(
    State(service): State<Service>,
    Path(id): Path<String>,
    _staff: Staff,
) -> Done200 {
    let rules = service.wall(&id)?.read().rules.lines();
    Ok(Answer(json!({ "rules": rules })))
}

/// Body of `POST counting`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counting {
    from: Option<String>,
}

/// `POST /walls/{wall}/counting`.
pub(super) async fn counting(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
    Json(body): Json<Counting>,
) -> Done200 {
    staff.must(Role::may_decide, "say when counting starts")?;
    let from = match body.from.as_deref() {
        None => CountingFrom::File,
        Some("now") => CountingFrom::Now,
        Some(text) => CountingFrom::Time(text.parse::<Timestamp>().map_err(|_| {
            Problem::bad_request("from: write now, a time such as 2019-11-06T09:30:00Z, or null")
        })?),
    };
    let wall = service.wall(&id)?;
    let done = wall.act(staff.who(), Act::Counting(from)).await?;
    let from = wall.read().settings.identity.from;
    Ok(Answer(
        json!({ "from": from, "seq": done.seq, "stored": done.stored, "changed": done.changed }),
    ))
}
