//! Pages, API and streams. One file per resource.

mod access;
mod assets;
mod audit;
mod authors;
mod body;
pub mod door;
mod health;
pub mod ingest;
mod link;
mod look;
mod media;
mod moderation;
mod posts;
pub mod problem;
mod searches;
mod settings;
pub mod setup;
mod sign_in;
mod stream;
mod walls;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post, put};
use dashmap::DashMap;
use ipnet::IpNet;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

pub use self::searches::Searches;
use crate::clock::SharedClock;
use crate::feed::link::Links;
use crate::media::Pictures;
use crate::media::own::OwnFiles;
use crate::people::{Attempts, People};
use crate::wall::Wall;

/// What requests are answered from. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

/// See [`Service`].
pub struct Inner {
    /// Walls by id.
    pub walls: DashMap<String, Arc<Wall>>,
    /// Who may send posts.
    pub senders: ingest::Senders,
    /// Who may sign in.
    pub people: Arc<People>,
    /// Tries to sign in.
    pub attempts: Attempts,
    /// Told when sessions may have ended, so that open streams of staff look whether theirs has.
    pub sessions_changed: watch::Sender<()>,
    /// Open streams.
    pub clients: DashMap<u64, Client>,
    /// Open sockets, for whose farewells the service waits: they are no longer requests that the doors know of.
    pub sockets: TaskTracker,
    /// Time.
    pub clock: SharedClock,
    /// The address to give to others, without a slash at its end.
    pub base: String,
    /// The address that people use, where configured.
    pub public_url: Option<Url>,
    /// Proxies whose word on the asker's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Cancelled when the service stops.
    pub stop: CancellationToken,
    /// Turns at searching posts.
    pub searches: Searches,
    /// What reads posts by their addresses, by wall.
    pub links: DashMap<String, Arc<Links>>,
    /// Turns at that.
    pub link_turns: Semaphore,
    /// Files that organisers brought, as they are served.
    pub own_files: OwnFiles,
    /// Pictures of posts.
    pub pictures: Arc<Pictures>,
    /// Where walls are asked to be opened while the service runs.
    pub openings: setup::Openings,
    /// Feeds of each wall as they are written, without what is secret in them.
    pub written: DashMap<String, Arc<[toml::Table]>>,
    /// Where relative paths of settings start.
    pub folder: PathBuf,
    /// Asks sources that are tried.
    pub outside: reqwest::Client,
    /// What the service calls itself there.
    pub agent: String,
    /// Number of the next client.
    pub next_client: AtomicU64,
}

/// An open stream.
#[derive(Debug, Clone)]
pub struct Client {
    /// Of which wall.
    pub wall: String,
    /// `public` or `staff`.
    pub view: &'static str,
}

impl std::ops::Deref for Service {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Service {
    /// Wraps what requests are answered from.
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Notes an open stream.
    fn register(&self, client: Client) -> u64 {
        let id = self.next_client.fetch_add(1, Ordering::Relaxed);
        self.clients.insert(id, client);
        id
    }
}

/// All routes.
pub fn router(service: Service) -> Router {
    let wall = Router::new()
        .route("/", get(walls::one))
        .route("/posts", get(posts::list).post(ingest::take))
        .route("/posts/link", post(link::add))
        .route("/posts/{id}/note", post(moderation::note))
        .route("/tallies", get(walls::tallies))
        .route("/trends", get(walls::trends))
        .route("/report", get(walls::report))
        .route("/stream", get(stream::websocket))
        .route("/events", get(stream::events))
        .route("/decisions", post(moderation::decide))
        .route("/undo", post(moderation::undo))
        .route("/authors", post(moderation::author))
        .route(
            "/authors/{author}",
            get(authors::author).delete(moderation::erase),
        )
        .route("/toml", get(setup::toml))
        .route("/code", get(setup::code))
        .route("/settings", get(settings::settings).patch(settings::change))
        .route("/settings/try", post(settings::try_out))
        .route("/rules", get(settings::rules))
        .route("/counting", post(settings::counting))
        .route("/stage", post(moderation::stage))
        .route("/screens", get(moderation::screens))
        .route("/screens/{screen}/code", get(look::code))
        .route("/themes", get(look::themes))
        .route("/brand/{name}", put(look::bring).delete(look::take_back))
        .route(
            "/brand/sponsors/{at}",
            put(look::bring_sponsor).delete(look::take_back_sponsor),
        )
        .route(
            "/screens/{screen}",
            delete(moderation::dismiss).post(moderation::call),
        )
        .route("/pictures", get(media::refused))
        .route("/audit", get(audit::audit))
        .route("/feeds", get(moderation::feeds));
    let api = Router::new()
        .route("/walls", get(walls::list).post(setup::open))
        .route("/setup/try", post(setup::try_source))
        .route("/setup/themes", get(setup::themes))
        .nest("/walls/{wall}", wall)
        .route("/sign-in", post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/me", get(sign_in::me))
        .route("/brand", get(look::brand));
    Router::new()
        .route("/", get(assets::index))
        .route("/w/{wall}", get(assets::wall))
        .route("/w/worker.js", get(assets::worker))
        .route("/w/{wall}/read", get(assets::read))
        .route("/w/{wall}/embed", get(assets::embed))
        .route("/w/{wall}/logo", get(look::logo))
        .route("/w/{wall}/background", get(look::background))
        .route("/w/{wall}/style.css", get(look::style))
        .route("/w/{wall}/sponsors/{at}", get(look::sponsor))
        .route("/console/{wall}", get(assets::console))
        .route("/report/{wall}", get(assets::report))
        .route("/setup", get(assets::setup))
        .route("/sign-in", get(assets::sign_in))
        .route("/media/{wall}/{token}/{which}", get(media::picture))
        .route("/assets/{*path}", get(assets::asset))
        .route("/themes.css", get(assets::themes))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .nest("/api/v1", api)
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(
            service.clone(),
            access::own_origin,
        ))
        .with_state(service)
}

async fn not_found(request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        problem::Problem::not_found(format!("there is nothing at {}", request.uri().path()))
            .into_response()
    } else {
        assets::not_found()
    }
}

async fn wrong_method(request: Request) -> Response {
    problem::Problem::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        format!("{} takes no {}", request.uri().path(), request.method()),
    )
    .into_response()
}
