//! The composition root: the only place that spawns tasks and makes channels. Opens the walls, starts their feeds, opens
//! the doors, and closes everything in order.

mod opening;
mod works;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use dashmap::DashMap;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::opening::{Opened, configured, demo_wall, enlist, keep_own, open_wall, opening};
pub use self::opening::{file_settings, open_alone};
use self::works::Works;
use crate::clock::SharedClock;
use crate::config::made::NewWall;
use crate::config::{Config, JournalKind};
use crate::control;
use crate::data::{Claim, DataError, DataFolder};
use crate::feed::http::{agent, http_client};
use crate::http::door::{Certificate, PlainListener, TlsListener, Visitor};
use crate::http::setup::{self, NotOpened};
use crate::http::{self, Inner, Searches, Service};
use crate::media::{Pictures, own::OwnFiles};
use crate::people::{Attempts, People, PeopleError};
use crate::wall::signing::PictureKey;
use crate::wall::task::{Opening, WallError};

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
    opened: Vec<Opened>,
    picture_key: PictureKey,
    to_open: mpsc::Receiver<setup::Opening>,
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
        keep_own(&config.walls, &config.folder, &own_files);
        let folder = config.folder.as_path();
        let mut opened = Vec::new();
        for wall in &config.walls {
            let opening = Opening {
                picture_key: Some(picture_key.clone()),
                ..configured(&data, wall, folder, &clock)?
            };
            let open = open_wall(opening, wall.feeds.clone()).await?;
            opened.push((open, wall.written.as_slice()));
        }
        // Walls of earlier command lines and files stay readable; their feeds are off.
        let is_configured = |id: &String| config.walls.iter().any(|wall| wall.id.as_str() == id);
        for id in known.iter().filter(|id| !is_configured(id)) {
            let opening = Opening {
                picture_key: Some(picture_key.clone()),
                ..opening(&data, id, folder, &clock)?
            };
            opened.push((open_wall(opening, Vec::new()).await?, &[]));
        }
        if opened.is_empty() {
            let (mut opening, feeds) = demo_wall(&clock)?;
            opening.picture_key = Some(picture_key.clone());
            opened.push((open_wall(opening, feeds).await?, &[]));
        }
        let agent = agent(config.server.contact.as_deref());
        let decoding = Arc::new(Semaphore::new(1));
        let pictures = Pictures::new(
            data.media(),
            config.media.cache.0,
            decoding.clone(),
            clock.clone(),
        );
        let (openings, to_open) = mpsc::channel(1);
        let service = Service::new(Inner {
            walls: DashMap::new(),
            senders: DashMap::new(),
            people,
            attempts: Attempts::default(),
            sessions_changed: watch::channel(()).0,
            clients: DashMap::new(),
            sockets: TaskTracker::new(),
            clock,
            base,
            public_url: config.server.public_url.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            stop: CancellationToken::new(),
            searches: Searches::default(),
            links: DashMap::new(),
            link_turns: Semaphore::new(4),
            own_files,
            pictures: Arc::new(pictures),
            openings,
            written: DashMap::new(),
            folder: config.folder.clone(),
            outside: http_client(&agent),
            agent,
            next_client: AtomicU64::new(0),
        });
        for (open, written) in &opened {
            enlist(&service, open, written);
        }
        Ok(Self {
            service,
            data,
            opened: opened.into_iter().map(|(open, _)| open).collect(),
            picture_key,
            to_open,
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
        let doors = TaskTracker::new();
        let mut works = Works::new(self.service.clone(), self.decoding, self.seed);
        works.list_pictures(self.opened.iter().map(|(wall, ..)| wall.clone()).collect());
        for open in self.opened {
            works.start(open);
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
        let failed = works.failed.clone();
        let mut to_open = self.to_open;
        loop {
            let asked = tokio::select! {
                () = shutdown.cancelled() => {
                    tracing::info!("stopping");
                    break;
                }
                () = failed.cancelled() => {
                    tracing::error!("stopping after a failure");
                    break;
                }
                Some(asked) = to_open.recv() => asked,
            };
            let done = open_made(&asked.wall, &self.service, &self.data, &self.picture_key).await;
            let told = done.map(|open| works.start(open));
            // Whoever asked may have gone; the wall is there all the same.
            drop(asked.answer.send(told));
        }
        works.stop();
        self.service.stop.cancel();
        doors.close();
        self.service.sockets.close();
        let all_closed = async {
            works.ended().await;
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

/// Opens a wall that somebody asks for, once it is kept for the next start.
async fn open_made(
    made: &NewWall,
    service: &Service,
    data: &DataFolder,
    picture_key: &PictureKey,
) -> Result<Opened, NotOpened> {
    let wall = &made.config;
    let id = wall.id.as_str();
    if service.walls.contains_key(id) {
        return Err(NotOpened::Taken(id.to_owned()));
    }
    let kept = made.keep(data.path());
    let kept = kept.map_err(|error| NotOpened::NotStored(error.to_string()))?;
    let opened = async {
        let opening = Opening {
            picture_key: Some(picture_key.clone()),
            ..configured(data, wall, &service.folder, &service.clock)?
        };
        open_wall(opening, wall.feeds.clone()).await
    };
    match opened.await {
        Ok(open) => {
            enlist(service, &open, &wall.written);
            Ok(open)
        }
        Err(error) => {
            if let Err(error) = kept.take_back() {
                tracing::error!(wall = id, %error, "walls.toml has a wall that could not be opened");
            }
            Err(NotOpened::Broken(error.to_string()))
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
        self.opened
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
