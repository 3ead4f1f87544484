//! How a wall is opened: its journal, what the file says of it, and the invented one where there is no other.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{AppError, DEMO_WALL};
use crate::clock::SharedClock;
use crate::config::{Config, DisplaySettings, FeedConfig, WallConfig, blocklist};
use crate::data::DataFolder;
use crate::feed::link::Links;
use crate::feed::{FeedName, FeedSettings, demo};
use crate::http::Service;
use crate::http::ingest::Sender;
use crate::journal::{JournalError, SqliteJournal};
use crate::media::{fetch::Fetch, own::OwnFiles};
use crate::moderation::{FeedRules, ModerationSettings};
use crate::wall::settings::Identity;
use crate::wall::task::{self, Opening, ReadList, WallTask};
use crate::wall::{Brief, Wall};

/// A wall that is open and not at work yet, with what it reads.
pub(super) type Opened = (Arc<Wall>, WallTask, Vec<FeedConfig>);

/// Keeps what the file's walls show as it is served. A wall does without what cannot be kept.
pub(super) fn keep_own(walls: &[WallConfig], folder: &Path, files: &OwnFiles) {
    for wall in walls {
        for (key, what, asset) in wall.display.assets() {
            let version = asset.version.as_deref();
            if version.is_some_and(|version| files.path(version).is_file()) {
                continue;
            }
            let kept = asset.read(what, folder).and_then(|(version, bytes)| {
                let kept = files.keep(&version, &bytes);
                kept.map_err(|error| error.to_string())
            });
            if let Err(error) = kept {
                tracing::error!(wall = %wall.id, key, error, "a file of the wall cannot be shown");
            }
        }
    }
}

/// Reads block lists by name, from a folder where relative paths start.
fn reader(folder: &Path) -> ReadList {
    let folder = folder.to_owned();
    Box::new(move |name| blocklist::read(name, &folder).map_err(|error| error.to_string()))
}

/// What a wall of the file is opened with.
pub(super) fn configured(
    data: &DataFolder,
    wall: &WallConfig,
    folder: &Path,
    clock: &SharedClock,
) -> Result<Opening, AppError> {
    Ok(Opening {
        settings: Some(file_settings(wall)),
        briefs: briefs(&wall.feeds),
        ..opening(data, wall.id.as_str(), folder, clock)?
    })
}

/// What a wall is opened with of which nothing is known but its journal.
pub(super) fn opening(
    data: &DataFolder,
    id: &str,
    folder: &Path,
    clock: &SharedClock,
) -> Result<Opening, AppError> {
    let journal = SqliteJournal::open(&data.journal(id)).map_err(|error| of_wall(id, error))?;
    Ok(Opening {
        id: id.to_owned(),
        journal: Arc::new(journal),
        settings: None,
        read_list: reader(folder),
        briefs: HashMap::new(),
        picture_key: None,
        clock: clock.clone(),
    })
}

/// Opens one wall by itself, for commands that write while no service runs.
pub async fn open_alone(
    data: &DataFolder,
    config: &Config,
    id: &str,
    clock: &SharedClock,
) -> Result<(Arc<Wall>, WallTask), AppError> {
    let configured = config.walls.iter().find(|wall| wall.id.as_str() == id);
    let opening = Opening {
        settings: configured.map(file_settings),
        briefs: configured.map_or_else(HashMap::new, |wall| briefs(&wall.feeds)),
        ..opening(data, id, &config.folder, clock)?
    };
    task::open(opening).await.map_err(|error| AppError::Wall {
        wall: id.to_owned(),
        error,
    })
}

pub(super) fn demo_wall(clock: &SharedClock) -> Result<(Opening, Vec<FeedConfig>), AppError> {
    let journal = SqliteJournal::in_memory().map_err(|error| of_wall(DEMO_WALL, error))?;
    let sessions = demo::sessions(clock.now())
        .into_iter()
        .map(|(title, from, to)| crate::config::Session {
            title: title.to_owned(),
            from,
            to,
        })
        .collect();
    let identity = Identity {
        title: demo::TITLE.to_owned(),
        hashtags: vec![demo::HASHTAG.to_owned()],
        sessions,
        invented: true,
        sources: vec!["demo".to_owned()],
        ..Identity::default()
    };
    let opening = Opening {
        id: DEMO_WALL.to_owned(),
        journal: Arc::new(journal),
        settings: Some(sections(
            &identity,
            &ModerationSettings::default(),
            &DisplaySettings::default(),
        )),
        read_list: reader(Path::new(".")),
        briefs: HashMap::new(),
        picture_key: None,
        clock: clock.clone(),
    };
    let demo = FeedSettings::Demo(demo::Settings::default());
    Ok((opening, vec![FeedConfig::plain(demo)]))
}

/// Folds a wall's journal.
pub(super) async fn open_wall(
    opening: Opening,
    feeds: Vec<FeedConfig>,
) -> Result<Opened, AppError> {
    let id = opening.id.clone();
    let (wall, task) = task::open(opening)
        .await
        .map_err(|error| AppError::Wall { wall: id, error })?;
    Ok((wall, task, feeds))
}

/// Lets requests find a wall that is open.
pub(super) fn enlist(service: &Service, (wall, _, feeds): &Opened, written: &[toml::Table]) {
    let id = || wall.id.clone();
    let settings = || feeds.iter().map(|feed| &feed.settings);
    let links = Links::new(settings(), &service.agent, service.clock.clone());
    service.links.insert(id(), Arc::new(links));
    let fetch = Fetch::new(settings(), &service.agent);
    service.pictures.add(&wall.id, fetch);
    if let Some(senders) = senders(feeds) {
        service.senders.insert(id(), Arc::new(senders));
    }
    service.written.insert(id(), written.into());
    service.walls.insert(id(), wall.clone());
}

fn of_wall(id: &str, error: JournalError) -> AppError {
    AppError::Wall {
        wall: id.to_owned(),
        error: error.into(),
    }
}

/// What the file says of a wall, by section.
pub fn file_settings(wall: &WallConfig) -> Map<String, Value> {
    let tags = |tags: &[crate::text::Tag]| tags.iter().map(|tag| tag.as_str().to_owned()).collect();
    let kinds: std::collections::BTreeSet<String> = wall
        .feeds
        .iter()
        .map(|feed| feed.settings.kind().to_owned())
        .collect();
    let identity = Identity {
        title: wall.title.clone(),
        hashtags: wall.hashtags.clone(),
        all: tags(&wall.query.all),
        none: tags(&wall.query.none),
        timezone: wall.timezone.iana_name().unwrap_or("UTC").to_owned(),
        from: wall.from,
        to: wall.to,
        sessions: wall.sessions.clone(),
        retention: wall.retention,
        invented: wall
            .feeds
            .iter()
            .any(|feed| matches!(feed.settings, FeedSettings::Demo(_))),
        sources: kinds.into_iter().collect(),
    };
    let mut sections = sections(&identity, &wall.moderation, &wall.display);
    if !wall.themes.is_empty() {
        sections.insert("themes".to_owned(), json!(wall.themes));
    }
    sections
}

fn sections(
    identity: &Identity,
    moderation: &ModerationSettings,
    display: &DisplaySettings,
) -> Map<String, Value> {
    let Value::Object(sections) =
        json!({ "wall": identity, "moderation": moderation, "display": display })
    else {
        unreachable!("an object literal is an object");
    };
    sections
}

/// What was said to single feeds of a wall.
fn briefs(feeds: &[FeedConfig]) -> HashMap<FeedName, Brief> {
    let brief = |feed: &FeedConfig| Brief {
        wanted: feed.wanted.clone(),
        rules: FeedRules {
            mode: feed.mode,
            limit: feed.limit.clone(),
        },
    };
    feeds
        .iter()
        .map(|feed| (feed.name(), brief(feed)))
        .collect()
}

/// Who may send posts to a wall; `None` where it takes none this way.
fn senders(feeds: &[FeedConfig]) -> Option<Vec<Sender>> {
    let mut senders = None;
    for feed in feeds {
        if let FeedSettings::Ingest(settings) = &feed.settings {
            // Without a token the feed says itself what is wrong, and nobody can send.
            let sender = (settings.token().ok()).map(|token| Sender::new(feed.name(), &token));
            senders.get_or_insert_with(Vec::new).extend(sender);
        }
    }
    senders
}
