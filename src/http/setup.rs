//! Walls that are made in the browser: sources are tried, a wall is opened while the service runs, and given away as a file.

use std::sync::Arc;
use std::time::Duration;

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::Service;
use super::access::Staff;
use super::body::Json;
use super::look::{drawn, told};
use super::moderation::Done200;
use super::problem::Problem;
use crate::config::asset::UPLOADED;
use crate::config::made::NewWall;
use crate::config::theme::shipped;
use crate::config::{DisplaySettings, FeedConfig, Problems, RETENTION, written};
use crate::duration::Span;
use crate::feed::once::{Once, ask, ask_since};
use crate::feed::{FeedContext, FeedSettings, Via, Wanted};
use crate::moderation::ModerationSettings;
use crate::people::Role;
use crate::wall::Wall;
use crate::wall::frames::wall_json;

/// Longest wait for a source that is tried.
const PATIENCE: Span = Span(Duration::from_secs(15));
/// Sources that are tried at the same time.
static TURNS: Semaphore = Semaphore::const_new(8);
/// A hashtag for sources that are tried before there is one.
const SOME_TAG: &str = "hello";

/// A wall to be opened.
pub struct Opening {
    /// What it is to be.
    pub wall: Box<NewWall>,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<(), NotOpened>>,
}

/// Where walls are asked to be opened: the composition root takes them one by one.
pub type Openings = mpsc::Sender<Opening>;

/// Why a wall was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// There is one of that id.
    #[error("id: there is a wall {0:?} here already; write another id")]
    Taken(String),
    /// The disk refuses it.
    #[error("the wall could not be stored: {0}; free some room, then try again")]
    NotStored(String),
    /// Its journal cannot be opened.
    #[error("the wall could not be opened: {0}")]
    Broken(String),
}

impl From<NotOpened> for Problem {
    fn from(error: NotOpened) -> Self {
        let status = match &error {
            NotOpened::Taken(_) => StatusCode::CONFLICT,
            NotOpened::NotStored(_) => StatusCode::INSUFFICIENT_STORAGE,
            NotOpened::Broken(_) => return Self::internal(&error),
        };
        let mut problem = Self::new(status, error.to_string());
        if let NotOpened::Taken(_) = error {
            let message = problem.detail.trim_start_matches("id: ");
            let found = json!([{ "key": "id", "message": message }]);
            problem.more.insert("problems".to_owned(), found);
        }
        problem
    }
}

/// Everything that is wrong with a wall, by the keys as they were sent.
fn wrong(problems: &Problems, shown: impl Fn(&str) -> String) -> Problem {
    let found: Vec<Value> = problems
        .iter()
        .map(|problem| {
            let key = problem.key.as_deref().unwrap_or_default();
            let key = shown(key.strip_prefix("walls[0].").unwrap_or(key));
            json!({ "key": key, "message": problem.message })
        })
        .collect();
    let lines: Vec<String> = found
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            format!("{}: {}", text("key"), text("message"))
        })
        .collect();
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, lines.join("\n"));
    problem.more.insert("problems".to_owned(), json!(found));
    problem
}

/// `POST /walls`.
pub(super) async fn open(
    State(service): State<Service>,
    staff: Staff,
    Json(values): Json<Map<String, Value>>,
) -> Result<(StatusCode, Answer<Value>), Problem> {
    staff.must(Role::may_admin, "make walls")?;
    let wall = NewWall::asked(&values, &service.folder)
        .map_err(|problems| wrong(&problems, str::to_owned))?;
    let id = wall.config.id.as_str().to_owned();
    if service.walls.contains_key(&id) {
        return Err(NotOpened::Taken(id).into());
    }
    let (answer, opened) = oneshot::channel();
    let closing = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the service is stopping");
    let wall = Box::new(wall);
    let asked = service.openings.send(Opening { wall, answer }).await;
    asked.map_err(|_| closing())?;
    opened.await.map_err(|_| closing())??;
    tracing::info!(wall = id, by = %staff.who().0, "a wall was made");
    let wall = service.wall(&id)?;
    let told = wall_json(&wall.read(), &id);
    let links = json!({
        "wall": address(&service, &id, Page::Wall),
        "read": address(&service, &id, Page::Read),
        "console": address(&service, &id, Page::Console),
        "report": address(&service, &id, Page::Report),
    });
    let said = json!({ "id": id, "wall": told, "links": links });
    Ok((StatusCode::CREATED, Answer(said)))
}

/// A page of a wall.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Page {
    Wall,
    Read,
    Console,
    Report,
}

fn address(service: &Service, id: &str, page: Page) -> String {
    let base = &service.base;
    match page {
        Page::Wall => format!("{base}/w/{id}"),
        Page::Read => format!("{base}/w/{id}/read"),
        Page::Console => format!("{base}/console/{id}"),
        Page::Report => format!("{base}/report/{id}"),
    }
}

/// Which page a code leads to.
#[derive(Debug, Deserialize)]
pub(super) struct Leads {
    to: Page,
}

/// `GET /walls/{wall}/code`: the address of one of its pages, as a QR code.
pub(super) async fn code(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(leads): Query<Leads>,
    _staff: Staff,
) -> Result<Response, Problem> {
    service.wall(&id)?;
    drawn(&address(&service, &id, leads.to))
}

/// `GET /setup/themes`: the built-in themes.
pub(super) async fn themes(_staff: Staff) -> Done200 {
    let all: Vec<Value> = shipped()
        .iter()
        .map(|(name, theme)| told(name, theme))
        .collect();
    Ok(Answer(json!({ "themes": all })))
}

/// Body of `POST /setup/try`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tried {
    feed: Map<String, Value>,
    #[serde(default)]
    hashtags: Vec<String>,
}

/// `POST /setup/try`: asks one source once.
pub(super) async fn try_source(
    State(service): State<Service>,
    staff: Staff,
    Json(asked): Json<Tried>,
) -> Done200 {
    staff.must(Role::may_admin, "try sources")?;
    let mut hashtags = asked.hashtags;
    let is_about = !hashtags.is_empty();
    if !is_about {
        hashtags.push(SOME_TAG.to_owned());
    }
    let wall = json!({ "id": "tried", "hashtags": hashtags, "feeds": [asked.feed] });
    let wall = wall.as_object().cloned().unwrap_or_default();
    let wall = NewWall::asked(&wall, &service.folder)
        .map_err(|problems| wrong(&problems, |key| key.replacen("feeds[0]", "feed", 1)))?;
    let Some(feed) = wall.config.feeds.first() else {
        return Err(Problem::bad_request("feed: write a source"));
    };
    let wanted = feed.wanted.clone().unwrap_or_else(|| Wanted {
        tags: wall.config.query.clone(),
        ..Wanted::default()
    });
    let rng = StdRng::seed_from_u64(0);
    let context = FeedContext {
        agent: service.agent.clone(),
        quotes: false,
        ..FeedContext::new(
            wanted.clone(),
            service.clock.clone(),
            rng,
            service.outside.clone(),
        )
    };
    // Few at a time: each asks a server that somebody named.
    let turn = TURNS.acquire().await;
    let _turn = turn.map_err(|error| Problem::internal(&error))?;
    let yesterday = service.clock.now() - SignedDuration::from_hours(24);
    let (once, whole_day) = match &feed.settings {
        // Every post costs money: one page is enough.
        FeedSettings::X(_) => (ask(&feed.settings, context, PATIENCE, "").await, false),
        settings => ask_since(settings, context, PATIENCE, yesterday).await,
    };
    let mut told = outcome(feed, &once, &wanted, yesterday);
    told["whole_day"] = json!(whole_day);
    if !is_about {
        told["posts"] = Value::Null;
        told["last_day"] = Value::Null;
    }
    Ok(Answer(told))
}

/// What a source answered, for a page.
fn outcome(feed: &FeedConfig, once: &Once, wanted: &Wanted, yesterday: Timestamp) -> Value {
    let page = once.page.as_ref().ok();
    // Nobody is asked; others send.
    let waits = page.is_some() && matches!(feed.settings, FeedSettings::Ingest(_));
    let written: Vec<Timestamp> = once
        .posts()
        .filter(|post| wanted.takes_post(post, wanted.by_people()))
        .map(|post| post.created_at)
        .collect();
    let count = |counted: usize| (page.is_some() && !waits).then_some(counted);
    json!({
        "name": feed.name().0,
        "ok": page.is_some(),
        "reachable": once.reachable(),
        "authorised": once.authorised(),
        "posts": count(written.len()),
        "last_day": count(written.iter().filter(|at| **at >= yesterday).count()),
        "since": written.iter().min(),
        "newest": written.iter().max(),
        "stream": page.is_some_and(|page| page.via == Via::Stream),
        "waits": waits,
        "limit_left": once.left(),
        "words": words(once),
    })
}

/// What has to be said of a source, without what it answered.
fn words(once: &Once) -> Option<String> {
    let page = once.page.as_ref();
    match page.map(|page| (page.items.len(), once.posts().next(), &page.note)) {
        Ok((items @ 1.., None, None)) => Some(format!("nothing of {items} was taken")),
        _ => once.words(),
    }
}

/// `GET /walls/{wall}/toml`: the wall as the configuration file would have it.
pub(super) async fn toml(
    State(service): State<Service>,
    Path(id): Path<String>,
    staff: Staff,
) -> Result<Response, Problem> {
    staff.must(Role::may_admin, "take the settings away")?;
    let wall = service.wall(&id)?;
    let feeds = service.written.get(&id).map(|feeds| feeds.value().clone());
    let text = format!(
        "# {id} as buzzwall has it, for buzzwall.toml. Secrets and uploaded pictures are not in it.\n{}",
        written::wall(&as_configured(&wall, feeds.as_deref().unwrap_or_default()))
    );
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{id}.toml\""));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/toml"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_DISPOSITION,
            name.map_err(|error| Problem::internal(&error))?,
        ),
    ];
    Ok((headers, text).into_response())
}

/// The settings that hold, as a table of `[[walls]]`: what has its default is left out.
fn as_configured(wall: &Arc<Wall>, feeds: &[toml::Table]) -> toml::Table {
    let state = wall.read();
    let about = &state.settings.identity;
    let mut values = json!({
        "id": wall.id,
        "title": about.title,
        "hashtags": about.hashtags,
        "timezone": about.timezone,
        "from": about.from,
        "to": about.to,
    });
    for (key, tags) in [("all", &about.all), ("none", &about.none)] {
        if !tags.is_empty() {
            values[key] = json!(tags);
        }
    }
    if about.retention != RETENTION {
        values["retention"] = json!(about.retention);
    }
    if !about.sessions.is_empty() {
        values["sessions"] = json!(about.sessions);
    }
    let display = json!(without_uploads(&state.settings.display));
    for (key, set, usual) in [
        (
            "moderation",
            json!(state.settings.moderation),
            json!(ModerationSettings::default()),
        ),
        ("display", display, json!(DisplaySettings::default())),
    ] {
        let (Value::Object(set), Value::Object(usual)) = (set, usual) else {
            continue;
        };
        let own: Map<String, Value> = set
            .into_iter()
            .filter(|(key, value)| usual.get(key) != Some(value))
            .collect();
        if !own.is_empty() {
            values[key] = Value::Object(own);
        }
    }
    let mut table = values.as_object().map(written::table).unwrap_or_default();
    if !feeds.is_empty() {
        let feeds = feeds.iter().cloned().map(toml::Value::Table).collect();
        table.insert("feeds".to_owned(), toml::Value::Array(feeds));
    }
    table
}

/// Leaves out pictures that were uploaded: they have no path that a file could name.
fn without_uploads(display: &DisplaySettings) -> DisplaySettings {
    let mut display = display.clone();
    let brand = display.brand.as_mut().map(|brand| &mut brand.logo);
    let sponsors = display.sponsors.iter_mut();
    let slots = [
        &mut display.logo,
        &mut display.background,
        &mut display.style,
    ];
    let slots = slots.into_iter().chain(brand);
    for slot in slots.chain(sponsors.map(|sponsor| &mut sponsor.picture)) {
        slot.take_if(|asset| asset.name == UPLOADED);
        if let Some(asset) = slot {
            asset.version = None;
        }
    }
    display
}
