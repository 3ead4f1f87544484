//! Walls at work: the tasks of each, and how all of them end.

use std::collections::HashSet;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::opening::Opened;
use crate::added;
use crate::config::FeedConfig;
use crate::feed::http::client_without_redirects;
use crate::feed::{Cursor, Feed, FeedContext, FeedName, Wanted, supervisor, trends};
use crate::http::Service;
use crate::judge;
use crate::media::{fetch::Fetch, looking};
use crate::wall::Wall;
use crate::wall::task::WallTask;

/// The tasks of all walls.
pub(super) struct Works {
    service: Service,
    to_judge: reqwest::Client,
    /// Turns at decoding pictures.
    decoding: Arc<Semaphore>,
    seeds: StdRng,
    walls: TaskTracker,
    feeds: TaskTracker,
    stop_walls: CancellationToken,
    stop_feeds: CancellationToken,
    /// Cancelled when a wall cannot go on.
    pub(super) failed: CancellationToken,
}

impl Works {
    /// Nothing is at work yet.
    pub(super) fn new(service: Service, decoding: Arc<Semaphore>, seed: u64) -> Self {
        Self {
            to_judge: client_without_redirects(&service.agent),
            service,
            decoding,
            seeds: StdRng::seed_from_u64(seed),
            walls: TaskTracker::new(),
            feeds: TaskTracker::new(),
            stop_walls: CancellationToken::new(),
            stop_feeds: CancellationToken::new(),
            failed: CancellationToken::new(),
        }
    }

    /// Looks which of the stored pictures belong to these walls.
    pub(super) fn list_pictures(&self, walls: Vec<Arc<Wall>>) {
        self.feeds.spawn(self.service.pictures.clone().list(walls));
    }

    /// Puts a wall to work, and reads its feeds.
    pub(super) fn start(&mut self, (wall, task, feeds): Opened) {
        let settings = || feeds.iter().map(|feed| &feed.settings);
        // They end with the feeds, before the wall that takes their answers.
        let stop = self.stop_feeds.clone();
        let judging = judge::run(wall.clone(), self.to_judge.clone(), stop.clone());
        self.feeds.spawn(judging);
        let fetch = Fetch::new(settings(), &self.service.agent);
        let pictures = self.service.pictures.clone();
        self.feeds
            .spawn(pictures.forget(wall.clone(), stop.clone()));
        let decoding = self.decoding.clone();
        self.feeds
            .spawn(looking::run(wall.clone(), fetch, decoding, stop.clone()));
        let links = self.service.links.get(&wall.id);
        if let Some(links) = links.map(|links| links.value().clone()) {
            self.feeds.spawn(added::follow(wall.clone(), links, stop));
        }
        self.write(wall.id.clone(), task);
        let mut companions = HashSet::new();
        for feed in feeds {
            self.read(&wall, &feed);
            // Two feeds of one server have one list of trends.
            let context = context(&wall, &feed, &self.service, &mut self.seeds);
            if feed.trends
                && let Some((name, feed)) = trends::companion(&feed.settings, context)
                && companions.insert(name.clone())
            {
                self.supervise(&wall, name, feed, None);
            }
        }
    }

    fn write(&self, wall: String, task: WallTask) {
        let (stop, failed) = (self.stop_walls.clone(), self.failed.clone());
        self.walls.spawn(async move {
            // A task that ends early, by error or by panic, ends the service: a wall must not stand still unseen.
            let guard = failed.drop_guard();
            match task.run(stop).await {
                Ok(()) => drop(guard.disarm()),
                Err(error) => tracing::error!(wall, %error, "the wall cannot go on"),
            }
        });
    }

    fn read(&mut self, wall: &Arc<Wall>, feed: &FeedConfig) {
        let name = feed.name();
        let cursor = (wall.read().feeds.get(&name)).and_then(|feed| feed.cursor.clone());
        let context = context(wall, feed, &self.service, &mut self.seeds);
        match feed.settings.build(context) {
            Ok(feed) => self.supervise(wall, name, feed, cursor),
            Err(error) => {
                tracing::error!(wall = %wall.id, feed = %name, %error, "the feed cannot be read");
                let health = supervisor::Health {
                    state: supervisor::FeedState::Stopped,
                    last_error: Some(error.to_string()),
                    ..supervisor::Health::default()
                };
                supervisor::Sink::health(wall.as_ref(), &name, health);
            }
        }
    }

    fn supervise(
        &mut self,
        wall: &Arc<Wall>,
        name: FeedName,
        feed: Box<dyn Feed>,
        cursor: Option<Cursor>,
    ) {
        self.feeds.spawn(supervisor::run(
            name,
            feed,
            cursor,
            wall.clone(),
            self.service.clock.clone(),
            StdRng::from_rng(&mut self.seeds),
            self.stop_feeds.clone(),
        ));
    }

    /// Tells all to end: feeds first, then the walls that store what came.
    pub(super) fn stop(&self) {
        self.stop_feeds.cancel();
        self.feeds.close();
        self.stop_walls.cancel();
        self.walls.close();
    }

    /// Waits until all have ended.
    pub(super) async fn ended(&self) {
        self.feeds.wait().await;
        self.walls.wait().await;
    }
}

/// What a feed is built with.
fn context(
    wall: &Arc<Wall>,
    feed: &FeedConfig,
    service: &Service,
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
        agent: service.agent.clone(),
        quotes: true,
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
        clock: service.clock.clone(),
        rng: StdRng::from_rng(seeds),
        http: service.outside.clone(),
    }
}
