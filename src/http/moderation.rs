//! What staff do to a wall, and what they see beside its posts.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::access::Staff;
use super::body::Json;
use super::problem::Problem;
use crate::journal::{Action, AuthorStanding, Seq, StageChange};
use crate::people::Role;
use crate::wall::command::{Act, Done};
use crate::wall::screens::Call;

/// Longest reason, note and announcement, in characters.
const MAX_WORDS: usize = 2_000;
/// Posts of one decision at most.
const MAX_POSTS: usize = 1_000;

/// An answer in JSON.
pub(super) type Done200 = Result<Answer<Value>, Problem>;

/// What was done, as the asker is told.
pub(super) fn answer(done: &Done) -> Value {
    json!({
        "seq": done.seq,
        "stored": done.stored,
        "posts": done.posts,
        "changed": done.changed,
        "conflicts": done.conflicts,
    })
}

fn short(key: &str, text: Option<&str>) -> Result<(), Problem> {
    match text.map(|text| text.chars().count()) {
        Some(chars) if chars > MAX_WORDS => Err(Problem::bad_request(format!(
            "{key}: {chars} characters are more than {MAX_WORDS}"
        ))),
        _ => Ok(()),
    }
}

/// Body of `POST decisions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    posts: Vec<String>,
    action: Action,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    seen: Option<Seq>,
}

/// `POST /walls/{wall}/decisions`.
pub(super) async fn decide(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
    Json(body): Json<Decide>,
) -> Done200 {
    match body.action {
        Action::Highlight | Action::Unhighlight => {
            staff.must(Role::may_highlight, "highlight posts")?;
        }
        _ => staff.must(Role::may_decide, "decide about posts")?,
    }
    if body.posts.len() > MAX_POSTS {
        return Err(Problem::bad_request(format!(
            "posts: at most {MAX_POSTS} at once"
        )));
    }
    short("reason", body.reason.as_deref())?;
    let act = Act::Decide {
        action: body.action,
        posts: body.posts,
        reason: body.reason,
        seen: body.seen,
    };
    let done = service.wall(&id)?.act(staff.who(), act).await?;
    Ok(Answer(answer(&done)))
}

/// Body of `POST undo`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Undo {
    #[serde(default)]
    seq: Option<Seq>,
}

/// `POST /walls/{wall}/undo`.
pub(super) async fn undo(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
    Json(body): Json<Undo>,
) -> Done200 {
    staff.must(Role::may_decide, "take decisions back")?;
    let done = service
        .wall(&id)?
        .act(staff.who(), Act::Undo { decision: body.seq })
        .await?;
    let mut told = answer(&done);
    told["undone"] = json!(done.undone);
    Ok(Answer(told))
}

/// Body of `POST authors`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Author {
    author: String,
    standing: AuthorStanding,
}

/// `POST /walls/{wall}/authors`.
pub(super) async fn author(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
    Json(body): Json<Author>,
) -> Done200 {
    staff.must(Role::may_decide, "decide about authors")?;
    let act = Act::Author {
        author: body.author,
        standing: body.standing,
    };
    let done = service.wall(&id)?.act(staff.who(), act).await?;
    Ok(Answer(answer(&done)))
}

/// `DELETE /walls/{wall}/authors/{author}`.
pub(super) async fn erase(
    State(service): State<Service>,
    Path((id, author)): Path<(String, String)>,
    staff: Staff,
) -> Done200 {
    staff.must(Role::may_admin, "erase people")?;
    let done = service
        .wall(&id)?
        .act(staff.who(), Act::Erase { author })
        .await?;
    Ok(Answer(answer(&done)))
}

/// Body of `POST stage`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stage {
    action: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    scene: Option<String>,
    #[serde(default)]
    screen: Option<String>,
    #[serde(default)]
    newest: Option<u32>,
}

/// `POST /walls/{wall}/stage`.
pub(super) async fn stage(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
    Json(body): Json<Stage>,
) -> Done200 {
    staff.must(Role::may_decide, "direct the screens")?;
    short("text", body.text.as_deref())?;
    let change = match body.action.as_str() {
        "pause" => StageChange::Pause,
        "resume" => StageChange::Resume {
            newest: body.newest,
        },
        "blank" => StageChange::Blank,
        "unblank" => StageChange::Unblank,
        "announcement" => StageChange::Announcement {
            text: body.text.filter(|text| !text.trim().is_empty()),
        },
        "scene" => StageChange::Scene {
            scene: body.scene,
            screen: body.screen,
        },
        other => {
            return Err(Problem::bad_request(format!(
                "action: {other:?} is none; write pause, resume, blank, unblank, announcement or scene"
            )));
        }
    };
    let wall = service.wall(&id)?;
    let done = wall.act(staff.who(), Act::Stage(change)).await?;
    let stage = wall.read().stage().clone();
    Ok(Answer(
        json!({ "seq": done.seq, "stored": done.stored, "stage": stage }),
    ))
}

/// Body of `POST note`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    text: String,
}

/// `POST /walls/{wall}/posts/{id}/note`.
pub(super) async fn note(
    State(service): State<Service>,
    Path((id, post)): Path<(String, String)>,
    staff: Staff,
    Json(body): Json<Note>,
) -> Done200 {
    staff.must(Role::may_note, "note posts")?;
    short("text", Some(&body.text))?;
    let done = service
        .wall(&id)?
        .act(
            staff.who(),
            Act::Note {
                post,
                text: body.text,
            },
        )
        .await?;
    Ok(Answer(answer(&done)))
}

/// `GET /walls/{wall}/screens`.
pub(super) async fn screens(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
) -> Done200 {
    let wall = service.wall(&id)?;
    let key = if staff.0.role.may_decide() {
        let key = service.people.screen_key(&id);
        // On a full disk no key can be made; the screens that are there are told nevertheless.
        key.inspect_err(|error| tracing::warn!(%error, "there is no key for screens"))
            .ok()
    } else {
        None
    };
    Ok(Answer(
        json!({ "key": key, "screens": wall.screens.list() }),
    ))
}

/// Body of `POST screens/{screen}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Called {
    action: String,
}

/// `POST /walls/{wall}/screens/{screen}`: it says its name, or loads its page anew.
pub(super) async fn call(
    State(service): State<Service>,
    Path((id, screen)): Path<(String, String)>,
    staff: Staff,
    Json(body): Json<Called>,
) -> Result<StatusCode, Problem> {
    staff.must(Role::may_decide, "direct the screens")?;
    let call = match body.action.as_str() {
        "identify" => Call::Identify,
        "reload" => Call::Reload,
        other => {
            return Err(Problem::bad_request(format!(
                "action: {other:?} is none; write identify or reload"
            )));
        }
    };
    match service.wall(&id)?.screens.call(&screen, call) {
        Some(true) => Ok(StatusCode::NO_CONTENT),
        Some(false) => Err(Problem::new(
            StatusCode::CONFLICT,
            format!("the screen {screen:?} is not connected; it would not hear"),
        )),
        None => Err(Problem::not_found(format!(
            "no screen is called {screen:?}"
        ))),
    }
}

/// `DELETE /walls/{wall}/screens/{screen}`: staff no longer wait for it.
pub(super) async fn dismiss(
    State(service): State<Service>,
    Path((id, screen)): Path<(String, String)>,
    staff: Staff,
) -> Result<StatusCode, Problem> {
    staff.must(Role::may_decide, "dismiss screens")?;
    let wall = service.wall(&id)?;
    if !wall.screens.dismiss(&screen) {
        return Err(Problem::not_found(format!(
            "no screen is called {screen:?}"
        )));
    }
    wall.screens_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /walls/{wall}/feeds`.
pub(super) async fn feeds(
    State(service): State<Service>,
    Path(id): Path<String>,
    _staff: Staff,
) -> Done200 {
    let wall = service.wall(&id)?;
    let feeds = wall.feeds(&wall.read());
    Ok(Answer(json!({ "feeds": feeds })))
}
