//! Pictures for screens: each is fetched once whoever asks for it, checked, shrunk, and kept on the disk.
//!
//! All who ask for one picture in one width wait for one piece of work. It goes on where they leave, such as by a reload: they come back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cache::{Cache, PictureId};
use super::decode::Unseen;
use super::fetch::Fetch;
use super::refused::{Refusal, Refused, Why};
use super::shrink::{Encoded, Kind, WIDEST, narrowed, shrunk};
use crate::clock::SharedClock;
use crate::intake::Content;
use crate::post::{Post, PostNum, Which};
use crate::wall::Wall;

/// Longest wait for a whole picture: what a poor line brings in that time would be too late for the screen anyway.
const LONGEST: Duration = Duration::from_secs(10);
/// Pictures fetched at once. Each may take 10 MiB until it is decoded.
const FETCHES: usize = 12;
/// Pictures that may wait to be fetched. More are asked for again by those who want them.
const QUEUE: usize = 400;

/// A picture that somebody who may see it asks for.
#[derive(Clone)]
pub struct Wanted {
    /// Of which wall.
    pub wall: Arc<Wall>,
    /// Of which post.
    pub post: PostNum,
    /// What the post says.
    pub content: Arc<Content>,
    /// Which of its pictures.
    pub which: Which,
    /// In which width: one of [`super::shrink::WIDTHS`].
    pub width: u32,
}

impl Wanted {
    /// Whether the post still says so. What is gone must not be kept.
    fn is_still_there(&self) -> bool {
        let state = self.wall.read();
        let content = state.post(self.post).and_then(|post| post.content.as_ref());
        content.is_some_and(|content| content.pictures() == self.content.pictures())
    }
}

/// Why a picture is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotServed {
    /// There is none, or there is no more.
    NoSuch,
    /// It is refused; staff can read why.
    Refused(Why),
    /// More wait already than are waited for.
    Busy,
}

type Work = BoxFuture<'static, Result<Arc<Encoded>, NotServed>>;
type Flight = (PictureId, u32);

/// Where screens have their pictures from.
pub struct Pictures {
    fetches: DashMap<String, Arc<Fetch>>,
    cache: Cache,
    refused: Mutex<Refused>,
    flights: Mutex<HashMap<Flight, Shared<Work>>>,
    tasks: TaskTracker,
    /// Turns at decoding: each may take much memory and a whole core.
    turns: Arc<Semaphore>,
    fetching: Semaphore,
    queue: Semaphore,
    fetched: AtomicU64,
    clock: SharedClock,
}

impl Pictures {
    /// For no wall yet; kept in `folder` within `budget` bytes.
    pub fn new(folder: PathBuf, budget: u64, turns: Arc<Semaphore>, clock: SharedClock) -> Self {
        Self {
            fetches: DashMap::new(),
            cache: Cache::new(folder, budget),
            refused: Mutex::default(),
            flights: Mutex::default(),
            tasks: TaskTracker::new(),
            turns,
            fetching: Semaphore::new(FETCHES),
            queue: Semaphore::new(QUEUE),
            fetched: AtomicU64::new(0),
            clock,
        }
    }

    /// Serves one more wall, for which `fetch` fetches.
    pub fn add(&self, wall: &str, fetch: Fetch) {
        let fetch = Arc::new(fetch.within(LONGEST));
        self.fetches.insert(wall.to_owned(), fetch);
    }

    /// A picture as screens need it.
    ///
    /// # Errors
    /// Why there is none; a refusal is noted for staff.
    pub async fn serve(self: &Arc<Self>, wanted: Wanted) -> Result<Arc<Encoded>, NotServed> {
        let Ok(post) = wanted.content.post() else {
            return Err(NotServed::NoSuch);
        };
        let mut error = NotServed::NoSuch;
        for address in addresses(&post, wanted.which) {
            match self.in_width(&wanted, address, wanted.width).await {
                Err(NotServed::Refused(why)) => error = NotServed::Refused(why),
                other => return other,
            }
        }
        if let NotServed::Refused(why) = &error {
            let refusal = self.refusal(&wanted, why.clone());
            self.refused.lock().list(&wanted.wall.id, refusal);
        }
        Err(error)
    }

    fn refusal(&self, wanted: &Wanted, why: Why) -> Refusal {
        Refusal {
            post: wanted.post,
            which: wanted.which,
            why,
            at: self.clock.now(),
        }
    }

    /// Joins the work on a picture in a width, or begins it.
    fn in_width(self: &Arc<Self>, wanted: &Wanted, address: &str, width: u32) -> Shared<Work> {
        let id = PictureId::of(&wanted.wall.id, address);
        let mut flights = self.flights.lock();
        if let Some(known) = flights.get(&(id, width)) {
            return known.clone();
        }
        let (this, wanted, address) = (self.clone(), wanted.clone(), address.to_owned());
        let work: Work = async move {
            let made = this.make(&wanted, &address, id, width).await;
            this.flights.lock().remove(&(id, width));
            made
        }
        .boxed();
        let work = work.shared();
        flights.insert((id, width), work.clone());
        self.tasks.spawn(work.clone().map(drop));
        work
    }

    async fn make(
        self: &Arc<Self>,
        wanted: &Wanted,
        address: &str,
        id: PictureId,
        width: u32,
    ) -> Result<Arc<Encoded>, NotServed> {
        if let Some(why) = self.refused.lock().why(id, self.clock.now()) {
            return Err(NotServed::Refused(why));
        }
        let this = self.clone();
        let stored = spawn_blocking(move || this.cache.read(id, width)).await;
        if let Ok(Some(bytes)) = stored {
            let kind = Kind::of(&bytes);
            return Ok(Arc::new(Encoded { kind, bytes }));
        }
        if width == WIDEST {
            self.fetch(wanted, address, id).await
        } else {
            let widest = self.in_width(wanted, address, WIDEST).await?;
            let narrow = move || {
                let made = narrowed(&widest, width)?;
                Ok(made.map_or(widest, Arc::new))
            };
            self.worked(wanted, id, width, narrow).await
        }
    }

    async fn fetch(
        self: &Arc<Self>,
        wanted: &Wanted,
        address: &str,
        id: PictureId,
    ) -> Result<Arc<Encoded>, NotServed> {
        let _place = self.queue.try_acquire().map_err(|_| NotServed::Busy)?;
        let _turn = (self.fetching.acquire().await).map_err(|_| NotServed::Busy)?;
        let fetch = self.fetches.get(&wanted.wall.id);
        let fetch = fetch.map(|fetch| fetch.value().clone());
        let fetch = fetch.ok_or(NotServed::NoSuch)?;
        let made = match fetch.picture(address).await {
            Err(failure) => Err(NotServed::Refused(failure.into())),
            Ok(bytes) => {
                self.fetched.fetch_add(1, Ordering::Relaxed);
                let work = move || shrunk(&bytes, WIDEST).map(Arc::new);
                self.worked(wanted, id, WIDEST, work).await
            }
        };
        if let Err(NotServed::Refused(why)) = &made {
            let refusal = self.refusal(wanted, why.clone());
            self.refused.lock().found(&wanted.wall.id, id, refusal);
        }
        made
    }

    /// Does slow work on a thread for it, when it is its turn, and stores what it makes.
    async fn worked(
        self: &Arc<Self>,
        wanted: &Wanted,
        id: PictureId,
        width: u32,
        work: impl FnOnce() -> Result<Arc<Encoded>, Unseen> + Send + 'static,
    ) -> Result<Arc<Encoded>, NotServed> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|_| NotServed::Busy)?;
        let (this, wanted) = (self.clone(), wanted.clone());
        let made = spawn_blocking(move || {
            let made = work();
            drop(turn);
            let made = made.map_err(|unseen| NotServed::Refused(unseen.into()))?;
            this.cache.store(id, width, &made.bytes);
            // Asked after it is stored: whoever drops what is gone comes after this or finds it stored.
            if !wanted.is_still_there() {
                this.cache.remove(id);
                return Err(NotServed::NoSuch);
            }
            Ok(made)
        });
        // A panic there would be a decoder's, on bytes that nobody can show then.
        let damaged = |_| Err(NotServed::Refused(Unseen::Damaged.into()));
        made.await.unwrap_or_else(damaged)
    }

    /// Lists what lies on the disk, and drops what no post of these walls has any more.
    pub async fn list(self: Arc<Self>, walls: Vec<Arc<Wall>>) {
        let listed = spawn_blocking(move || {
            let mut known = HashSet::new();
            for wall in walls {
                let contents: Vec<Arc<Content>> = {
                    let state = wall.read();
                    let contents = state.posts.iter();
                    contents.filter_map(|post| post.content.clone()).collect()
                };
                for content in contents.iter().filter_map(|content| content.post().ok()) {
                    known.extend(ids(&wall.id, &content));
                }
            }
            self.cache.list(|id| known.contains(&id));
        });
        if listed.await.is_err() {
            tracing::error!("the stored pictures could not be listed");
        }
    }

    /// Drops the pictures of a wall's posts as soon as the posts are gone, until it is told to stop.
    pub async fn forget(self: Arc<Self>, wall: Arc<Wall>, stop: CancellationToken) {
        loop {
            let gone = tokio::select! {
                () = stop.cancelled() => return,
                gone = wall.gone() => gone,
            };
            let (this, wall) = (self.clone(), wall.clone());
            let dropped = spawn_blocking(move || {
                for content in gone {
                    let Ok(post) = content.post() else { continue };
                    // An edit keeps most of them.
                    let now = {
                        let state = wall.read();
                        let found = state.find(&content.id).and_then(|num| state.post(num));
                        found.and_then(|post| post.content.clone())
                    };
                    let now = now.and_then(|content| content.post().ok());
                    let kept: HashSet<_> =
                        now.iter().flat_map(|post| ids(&wall.id, post)).collect();
                    for id in ids(&wall.id, &post).filter(|id| !kept.contains(id)) {
                        this.cache.remove(id);
                    }
                }
            });
            if dropped.await.is_err() {
                tracing::error!("pictures of posts that are gone were not dropped");
            }
        }
    }

    /// The newest refused pictures of a wall, newest first.
    pub fn refused(&self, wall: &str) -> Vec<Refusal> {
        self.refused.lock().newest(wall)
    }

    /// How often pictures were refused, by wall and reason.
    pub fn refused_counts(&self) -> BTreeMap<(String, &'static str), u64> {
        self.refused.lock().counts()
    }

    /// Stored files, their bytes, and the room for them.
    pub fn stored(&self) -> (usize, u64, u64) {
        self.cache.figures()
    }

    /// Pictures fetched from their servers since the start.
    pub fn fetched(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }
}

/// Where a picture may be fetched; this server's own are used as they are.
fn addresses(post: &Post, which: Which) -> impl Iterator<Item = &str> {
    let all = post.picture(which).into_iter();
    all.filter(|address| address.starts_with("http"))
}

/// All pictures of a post.
fn ids<'a>(wall: &'a str, post: &'a Post) -> impl Iterator<Item = PictureId> + 'a {
    let all = post.pictures();
    all.flat_map(|which| addresses(post, which))
        .map(|address| PictureId::of(wall, address))
}
