//! The composition root: the only place that spawns tasks and makes channels. Opens the walls, starts their feeds, opens
//! the doors, and closes everything in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use dashmap::DashMap;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::added;
use crate::clock::SharedClock;
use crate::config::{Config, DisplaySettings, FeedConfig, JournalKind, WallConfig, blocklist};
use crate::control;
use crate::data::{Claim, DataError, DataFolder};
use crate::feed::http::{agent, client_without_redirects, http_client};
use crate::feed::link::Links;
use crate::feed::supervisor;
use crate::feed::{FeedContext, FeedName, FeedSettings, Wanted, demo, trends};
use crate::http::door::{Certificate, PlainListener, TlsListener, Visitor};
use crate::http::ingest::{Sender, Senders};
use crate::http::{self, Inner, Searches, Service};
use crate::journal::{JournalError, SqliteJournal};
use crate::judge;
use crate::media::{Pictures, fetch::Fetch, looking, own::OwnFiles};
use crate::moderation::{FeedRules, ModerationSettings};
use crate::people::{Attempts, People, PeopleError};
use crate::wall::settings::Identity;
use crate::wall::signing::PictureKey;
use crate::wall::task::{self, Opening, ReadList, WallError, WallTask};
use crate::wall::{Brief, Wall};

/// The wall that is shown where no other is known.
pub const DEMO_WALL: &str = "demo";
/// How long the doors may take to close.
const CLOSING: Duration = Duration::from_secs(4);

/// Why the service cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The people's store.
    #[error("the store of people and sign-ins cannot be used: {0}")]
    People(#[from] PeopleError),
    /// A wall.
    #[error("wall {wall}: {error}")]
    Wall {
        /// Which.
        wall: String,
        /// What is wrong.
        error: WallError,
    },
    /// Something of the system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The service before its doors are open.
pub struct App {
    service: Service,
    data: DataFolder,
    tasks: Vec<(Arc<Wall>, WallTask, Vec<FeedConfig>)>,
    agent: String,
    clock: SharedClock,
    seed: u64,
    /// Turns at decoding pictures.
    decoding: Arc<Semaphore>,
    socket: Option<UnixListener>,
    _claim: Claim,
}

impl App {
    /// Claims the data folder, opens every wall and folds its journal. `base` is the address to give to others.
    pub async fn open(
        config: &Config,
        base: String,
        clock: SharedClock,
        seed: u64,
    ) -> Result<Self, AppError> {
        let data = DataFolder::new(&config.server.data);
        let claim = data.claim()?;
        // Before anything else, so that a command that finds the folder in use also finds the service, and waits for it.
        let socket = control::bind(&data.socket());
        debug_assert_eq!(
            config.journal.kind,
            JournalKind::Sqlite,
            "other kinds are refused by the configuration"
        );
        let people = Arc::new(People::open(data.path())?);
        let picture_key = picture_key(&people)?;
        let known = data.known_walls()?;
        let own_files = OwnFiles::new(data.brand());
        keep_own(config, &own_files);
        let walls: DashMap<String, Arc<Wall>> = DashMap::new();
        let mut tasks = Vec::new();
        for wall in &config.walls {
            let id = wall.id.as_str();
            let opening = Opening {
                settings: Some(file_settings(wall)),
                briefs: briefs(&wall.feeds),
                picture_key: Some(picture_key.clone()),
                ..opening(&data, id, config, &clock)?
            };
            tasks.push(open_wall(opening, wall.feeds.clone(), &walls).await?);
        }
        // Walls of earlier command lines and files stay readable; their feeds are off.
        for id in known
            .iter()
            .filter(|id| !config.walls.iter().any(|wall| wall.id.as_str() == *id))
        {
            let opening = Opening {
                picture_key: Some(picture_key.clone()),
                ..opening(&data, id, config, &clock)?
            };
            tasks.push(open_wall(opening, Vec::new(), &walls).await?);
        }
        if tasks.is_empty() {
            let (mut opening, feeds) = demo_wall(&clock)?;
            opening.picture_key = Some(picture_key);
            tasks.push(open_wall(opening, feeds, &walls).await?);
        }
        let agent = agent(config.server.contact.as_deref());
        let links = tasks
            .iter()
            .map(|(wall, _, feeds)| {
                let feeds = feeds.iter().map(|feed| &feed.settings);
                let links = Links::new(feeds, &agent, clock.clone());
                (wall.id.clone(), Arc::new(links))
            })
            .collect();
        let fetches = tasks.iter().map(|(wall, _, feeds)| {
            let feeds = feeds.iter().map(|feed| &feed.settings);
            (wall.id.clone(), Fetch::new(feeds, &agent))
        });
        let decoding = Arc::new(Semaphore::new(1));
        let pictures = Pictures::new(
            fetches.collect(),
            data.media(),
            config.media.cache.0,
            decoding.clone(),
            clock.clone(),
        );
        let service = Service::new(Inner {
            walls,
            senders: senders(&config.walls),
            people,
            attempts: Attempts::default(),
            sessions_changed: watch::channel(()).0,
            clients: DashMap::new(),
            sockets: TaskTracker::new(),
            clock: clock.clone(),
            base,
            public_url: config.server.public_url.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            stop: CancellationToken::new(),
            searches: Searches::default(),
            links,
            link_turns: Semaphore::new(4),
            own_files,
            pictures: Arc::new(pictures),
            next_client: AtomicU64::new(0),
        });
        Ok(Self {
            service,
            data,
            tasks,
            agent,
            clock,
            seed,
            decoding,
            socket,
            _claim: claim,
        })
    }

    /// What requests are answered from.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Opens the doors, with a certificate by https, and works until `shutdown` is cancelled: stops taking posts, stores what it
    /// has, closes sockets.
    pub async fn run(
        self,
        listener: TcpListener,
        certificate: Option<Arc<Certificate>>,
        shutdown: CancellationToken,
    ) -> Result<(), AppError> {
        let walls = TaskTracker::new();
        let feeds = TaskTracker::new();
        let doors = TaskTracker::new();
        let stop_feeds = CancellationToken::new();
        let stop_walls = CancellationToken::new();
        let failed = CancellationToken::new();
        let http = http_client(&self.agent);
        let to_judge = client_without_redirects(&self.agent);
        let pictures = &self.service.pictures;
        let all = self.tasks.iter().map(|(wall, ..)| wall.clone()).collect();
        feeds.spawn(pictures.clone().list(all));
        let mut seeds = StdRng::seed_from_u64(self.seed);
        for (wall, task, settings) in self.tasks {
            let id = wall.id.clone();
            // They end with the feeds, before the wall that takes their answers.
            let stop = stop_feeds.clone();
            feeds.spawn(judge::run(wall.clone(), to_judge.clone(), stop.clone()));
            let fetch = Fetch::new(settings.iter().map(|feed| &feed.settings), &self.agent);
            feeds.spawn(pictures.clone().forget(wall.clone(), stop.clone()));
            feeds.spawn(looking::run(
                wall.clone(),
                fetch,
                self.decoding.clone(),
                stop.clone(),
            ));
            if let Some(links) = self.service.links.get(&id) {
                feeds.spawn(added::follow(wall.clone(), links.clone(), stop));
            }
            let (stop, failed) = (stop_walls.clone(), failed.clone());
            walls.spawn(async move {
                // A task that ends early, by error or by panic, ends the service: a wall must not stand still unseen.
                let guard = failed.drop_guard();
                match task.run(stop).await {
                    Ok(()) => drop(guard.disarm()),
                    Err(error) => tracing::error!(wall = id, %error, "the wall cannot go on"),
                }
            });
            let mut companions = HashSet::new();
            for setting in settings {
                spawn_feed(
                    &feeds,
                    &wall,
                    &setting,
                    (&http, &self.agent),
                    &self.clock,
                    &mut seeds,
                    &stop_feeds,
                );
                let outside = (&http, self.agent.as_str());
                let context = context(&wall, &setting, outside, &self.clock, &mut seeds);
                // Two feeds of one server have one list of trends.
                if setting.trends
                    && let Some((name, feed)) = trends::companion(&setting.settings, context)
                    && companions.insert(name.clone())
                {
                    feeds.spawn(supervisor::run(
                        name,
                        feed,
                        None,
                        wall.clone(),
                        self.clock.clone(),
                        StdRng::from_rng(&mut seeds),
                        stop_feeds.clone(),
                    ));
                }
            }
        }
        if let Some(socket) = self.socket {
            let router = control::router(self.service.clone());
            let stop = self.service.stop.clone();
            doors.spawn(async move {
                let served =
                    axum::serve(socket, router).with_graceful_shutdown(stop.cancelled_owned());
                if let Err(error) = served.await {
                    tracing::error!(%error, "the control socket failed");
                }
            });
        }
        let router =
            http::router(self.service.clone()).into_make_service_with_connect_info::<Visitor>();
        let stop = self.service.stop.clone();
        if let Some(certificate) = certificate {
            let listener = TlsListener::new(listener, certificate, &self.service.base)
                .map_err(std::io::Error::other)?;
            doors.spawn(async move {
                let served = axum::serve(listener, router);
                end_of_listener(served.with_graceful_shutdown(stop.cancelled_owned()).await);
            });
        } else {
            doors.spawn(async move {
                let served = axum::serve(PlainListener(listener), router);
                end_of_listener(served.with_graceful_shutdown(stop.cancelled_owned()).await);
            });
        }
        tokio::select! {
            () = shutdown.cancelled() => tracing::info!("stopping"),
            () = failed.cancelled() => tracing::error!("stopping after a failure"),
        }
        stop_feeds.cancel();
        feeds.close();
        stop_walls.cancel();
        walls.close();
        self.service.stop.cancel();
        doors.close();
        self.service.sockets.close();
        let all_closed = async {
            feeds.wait().await;
            walls.wait().await;
            doors.wait().await;
            self.service.sockets.wait().await;
        };
        if tokio::time::timeout(CLOSING, all_closed).await.is_err() {
            tracing::warn!("some connections did not close in time");
        }
        control::unbind(&self.data.socket());
        if failed.is_cancelled() {
            return Err(AppError::Io(std::io::Error::other(
                "a wall could not go on; the log says why",
            )));
        }
        Ok(())
    }
}

/// Keeps what the file's walls show as it is served. A wall does without what cannot be kept.
fn keep_own(config: &Config, files: &OwnFiles) {
    for wall in &config.walls {
        for (key, what, asset) in wall.display.assets() {
            let version = asset.version.as_deref();
            if version.is_some_and(|version| files.path(version).is_file()) {
                continue;
            }
            let kept = asset
                .read(what, &config.folder)
                .and_then(|(version, bytes)| {
                    let kept = files.keep(&version, &bytes);
                    kept.map_err(|error| error.to_string())
                });
            if let Err(error) = kept {
                tracing::error!(wall = %wall.id, key, error, "a file of the wall cannot be shown");
            }
        }
    }
}

/// What signs the addresses of pictures: kept, so that they hold after a restart, and for this run alone where the disk refuses it.
fn picture_key(people: &People) -> Result<PictureKey, PeopleError> {
    match people.picture_secret() {
        Ok(secret) => Ok(PictureKey::new(secret.as_str().as_bytes())),
        Err(error) => {
            tracing::warn!(%error, "addresses of pictures hold until the next start only");
            let mut random = [0_u8; 32];
            getrandom::fill(&mut random)?;
            Ok(PictureKey::new(&random))
        }
    }
}

fn end_of_listener(how: std::io::Result<()>) {
    if let Err(error) = how {
        tracing::error!(%error, "the listener failed");
    }
}

/// Reads block lists by name, from a folder where relative paths start.
fn reader(folder: &Path) -> ReadList {
    let folder = folder.to_owned();
    Box::new(move |name| blocklist::read(name, &folder).map_err(|error| error.to_string()))
}

fn opening(
    data: &DataFolder,
    id: &str,
    config: &Config,
    clock: &SharedClock,
) -> Result<Opening, AppError> {
    let journal = SqliteJournal::open(&data.journal(id)).map_err(|error| of_wall(id, error))?;
    Ok(Opening {
        id: id.to_owned(),
        journal: Arc::new(journal),
        settings: None,
        read_list: reader(&config.folder),
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
        ..opening(data, id, config, clock)?
    };
    task::open(opening).await.map_err(|error| AppError::Wall {
        wall: id.to_owned(),
        error,
    })
}

fn demo_wall(clock: &SharedClock) -> Result<(Opening, Vec<FeedConfig>), AppError> {
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

async fn open_wall(
    opening: Opening,
    feeds: Vec<FeedConfig>,
    walls: &DashMap<String, Arc<Wall>>,
) -> Result<(Arc<Wall>, WallTask, Vec<FeedConfig>), AppError> {
    let id = opening.id.clone();
    let (wall, task) = task::open(opening).await.map_err(|error| AppError::Wall {
        wall: id.clone(),
        error,
    })?;
    walls.insert(id, wall.clone());
    Ok((wall, task, feeds))
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

/// Who may send posts to which wall.
fn senders(walls: &[WallConfig]) -> Senders {
    let mut senders = Senders::new();
    for wall in walls {
        for feed in &wall.feeds {
            if let FeedSettings::Ingest(settings) = &feed.settings {
                let known = senders.entry(wall.id.as_str().to_owned()).or_default();
                // Without a token the feed says itself what is wrong, and nobody can send.
                known.extend(
                    settings
                        .token()
                        .ok()
                        .map(|token| Sender::new(feed.name(), &token)),
                );
            }
        }
    }
    senders
}

/// What a feed is built with.
fn context(
    wall: &Arc<Wall>,
    feed: &FeedConfig,
    (http, agent): (&reqwest::Client, &str),
    clock: &SharedClock,
    seeds: &mut StdRng,
) -> FeedContext {
    let (tags, from) = {
        let settings = &wall.read().settings;
        (settings.query.clone(), settings.identity.from)
    };
    let watching = (Arc::downgrade(wall), feed.name());
    let asked = Arc::downgrade(wall);
    FeedContext {
        wanted: feed.wanted.clone().unwrap_or(Wanted {
            tags,
            ..Wanted::default()
        }),
        agent: agent.to_owned(),
        watched: Arc::new(move || {
            let (wall, name) = &watching;
            wall.upgrade()
                .map(|wall| wall.read().watched(name))
                .unwrap_or_default()
        }),
        on_wall: Arc::new(move |id| {
            asked.upgrade().is_some_and(|wall| {
                let state = wall.read();
                state.find(id).is_some() || state.find_author(id).is_some()
            })
        }),
        from,
        clock: clock.clone(),
        rng: StdRng::from_rng(seeds),
        http: http.clone(),
    }
}

fn spawn_feed(
    feeds: &TaskTracker,
    wall: &Arc<Wall>,
    feed: &FeedConfig,
    (http, agent): (&reqwest::Client, &str),
    clock: &SharedClock,
    seeds: &mut StdRng,
    stop: &CancellationToken,
) {
    let name = feed.name();
    let cursor = (wall.read().feeds.get(&name)).and_then(|feed| feed.cursor.clone());
    let context = context(wall, feed, (http, agent), clock, seeds);
    let feed: Box<dyn crate::feed::Feed> = match feed.settings.build(context) {
        Ok(feed) => feed,
        Err(error) => {
            tracing::error!(wall = %wall.id, feed = %name, %error, "the feed cannot be read");
            let health = supervisor::Health {
                state: supervisor::FeedState::Stopped,
                last_error: Some(error.to_string()),
                ..supervisor::Health::default()
            };
            supervisor::Sink::health(wall.as_ref(), &name, health);
            return;
        }
    };
    let rng = StdRng::from_rng(seeds);
    feeds.spawn(supervisor::run(
        name,
        feed,
        cursor,
        wall.clone(),
        clock.clone(),
        rng,
        stop.clone(),
    ));
}

/// What is told of a wall at the start.
pub struct Told {
    /// Its title.
    pub title: String,
    /// Whether anything is read for it.
    pub is_read: bool,
}

impl App {
    /// All walls by id.
    pub fn walls(&self) -> BTreeMap<String, Told> {
        self.tasks
            .iter()
            .map(|(wall, _, feeds)| {
                let title = wall.read().settings.identity.title.clone();
                (
                    wall.id.clone(),
                    Told {
                        title,
                        is_read: !feeds.is_empty(),
                    },
                )
            })
            .collect()
    }
}
