//! Bluesky on loopback ports: an invented network of people and posts that a test writes, edits and deletes, and servers
//! that each speak all of what a wall reads of it: Jetstream on both wires (`stream`), the `AppView` and a PDS (`api`).
//! Every server can fail as asked, as a whole or in one part.

mod api;
mod dictionary;
pub mod ids;
mod network;
mod stream;
mod view;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use buzzwall::clock::SharedClock;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use dictionary::{dictionary, number};
use network::Held;
pub use network::record;

/// The collection of posts.
pub const POST: &str = "app.bsky.feed.post";
/// The account that may search.
pub const ACCOUNT: &str = "wall.test";
/// Its app password.
pub const PASSWORD: &str = "abcd-efgh-ijkl-mnop";
/// Where Bluesky's own moderation comes from.
pub const MODERATION: &str = "did:plc:ar7c4by46qjdydhdevvrndac";
/// How often somebody says something of no interest while a stream is open: the network is never quiet.
const CHATTER: Duration = Duration::from_millis(50);

/// What of a server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Jetstream, on both wires.
    Stream,
    /// Posts, profiles and trends.
    AppView,
    /// Sessions and the search.
    Pds,
}

/// How a server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After` and the limit's headers.
    RateLimited,
    /// 401.
    Unauthorised,
    /// A web page where something else should be.
    Garbage,
    /// The connection breaks in the middle of a message or body.
    Cut,
    /// Takes the connection and never says a word more.
    Slow,
    /// 503.
    Down,
    /// Opens the stream, answers pings, and never sends an event; the API answers as always.
    Mute,
}

/// What a server's Jetstream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// That of 2026: both wires, and `cursor` in every event of the first.
    Both,
    /// The one before: the first wire alone, without a dictionary to fetch.
    First,
}

/// A server; it ends when this is dropped. What is written is written to the network, which all its servers share.
pub struct Server {
    address: SocketAddr,
    host: Arc<Host>,
    tasks: JoinSet<()>,
}

struct World {
    held: Mutex<Held>,
    /// Something happened.
    changed: watch::Sender<()>,
    servers: Mutex<u32>,
}

struct Host {
    world: Arc<World>,
    service: Service,
    /// Servers see the same at other moments and number it otherwise.
    apart: i64,
    failing: Mutex<Failing>,
    orders: watch::Sender<Order>,
}

#[derive(Default)]
struct Failing {
    faults: BTreeMap<Part, Fault>,
    /// Compresses the first wire with a dictionary that nobody can fetch.
    other_dictionary: bool,
    connects: Vec<String>,
    requests: Vec<String>,
}

/// What open streams are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Go,
    Break,
    TooSlow,
}

impl Server {
    /// Starts one of 2026 over a network without any post.
    pub async fn start() -> Self {
        Self::start_as(Service::Both).await
    }

    /// Starts one over a network without any post.
    pub async fn start_as(service: Service) -> Self {
        let (changed, _) = watch::channel(());
        let world = Arc::new(World {
            held: Mutex::new(Held::new()),
            changed,
            servers: Mutex::new(0),
        });
        let chatting = chatter(Arc::clone(&world));
        let mut server = Self::over(world, service).await;
        server.tasks.spawn(chatting);
        server
    }

    /// Starts another over the same network.
    pub async fn another(&self, service: Service) -> Self {
        Self::over(Arc::clone(&self.host.world), service).await
    }

    async fn over(world: Arc<World>, service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let apart = {
            let mut servers = world.servers.lock();
            *servers += 1;
            i64::from(*servers)
        };
        let (orders, _) = watch::channel(Order::Go);
        let host = Arc::new(Host {
            world,
            service,
            apart,
            failing: Mutex::default(),
            orders,
        });
        let (hand, handed) = mpsc::channel(16);
        let router = Router::new()
            .fallback(any(api::answer))
            .with_state(Arc::clone(&host));
        let mut tasks = JoinSet::new();
        tasks.spawn(sort(listener, Arc::clone(&host), hand));
        tasks.spawn(async move {
            axum::serve(Handed { handed, address }, router)
                .await
                .expect("serving ends with the test");
        });
        Self {
            address,
            host,
            tasks,
        }
    }

    /// Goes by this clock from now on, as servers go by theirs.
    pub fn follow(&self, clock: SharedClock) {
        self.held(|held| held.clock = clock);
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its Jetstream speaks the first wire.
    pub fn first_wire(&self) -> String {
        format!("ws://{}/subscribe", self.address)
    }

    /// Where it speaks the wire of 2026.
    pub fn second_wire(&self) -> String {
        format!("ws://{}{}", self.address, stream::SECOND)
    }

    /// Somebody joins, as `NAME.test`; gives the DID. Who is there already is only renamed.
    pub fn join(&self, name: &str, display: &str) -> String {
        self.held(|held| held.join(name, display))
    }

    /// Lays these fields over somebody's profile.
    pub fn profile(&self, did: &str, fields: &Value) {
        self.tell(|held| {
            let account = held.accounts.get_mut(did).expect("somebody who joined");
            for (key, value) in fields.as_object().expect("an object") {
                account.view[key] = value.clone();
            }
            let record = json!({"$type": "app.bsky.actor.profile", "displayName": account.view["displayName"],
                "description": account.view["description"]});
            held.commit(did, "update", "app.bsky.actor.profile", "self", Some(&record));
        });
    }

    /// Somebody asks not to be shown to those who are not signed in.
    pub fn opt_out(&self, did: &str) {
        let uri = format!("at://{did}/app.bsky.actor.profile/self");
        let label = json!({"src": did, "uri": uri, "cid": ids::cid(&uri), "val": "!no-unauthenticated",
            "cts": "1970-01-01T00:00:00.000Z"});
        self.profile(did, &json!({"labels": [label]}));
    }

    /// Puts up a post of an invented person, written at that moment, its hashtags marked as apps do; gives its address.
    pub fn publish(&self, text: &str, at: Timestamp) -> String {
        self.publish_record(&ids::did("ada"), record(text, at))
    }

    /// Puts up a post whose record is this, whatever it is; gives its address.
    pub fn publish_record(&self, did: &str, record: Value) -> String {
        self.tell(|held| held.publish(did, record))
    }

    /// Changes a post's record.
    pub fn edit(&self, uri: &str, change: impl FnOnce(&mut Value)) {
        self.tell(|held| {
            let lag = held.lag;
            let post = held.posts.get_mut(uri).expect("it is there");
            if post.behind == 0 {
                post.before = Some((post.record.clone(), post.cid.clone()));
            }
            post.behind = lag;
            change(&mut post.record);
            post.cid = ids::cid(&post.record.to_string());
            let (did, rkey, record) = (post.did.clone(), post.rkey.clone(), post.record.clone());
            held.commit(&did, "update", POST, &rkey, Some(&record));
        });
    }

    /// Deletes a post.
    pub fn delete(&self, uri: &str) {
        self.tell(|held| {
            let post = held.posts.remove(uri).expect("it is there");
            held.commit(&post.did, "delete", POST, &post.rkey, None);
        });
    }

    /// Bluesky takes a post down: Jetstream says nothing, the `AppView` no longer has it.
    pub fn take_down(&self, uri: &str) {
        self.held(|held| held.posts.remove(uri));
    }

    /// Bluesky's moderation puts a label on a post.
    pub fn label(&self, uri: &str, value: &str) {
        self.held(|held| {
            let now = held.clock.now();
            let post = held.posts.get_mut(uri).expect("it is there");
            post.labels.push(
                json!({"src": MODERATION, "uri": uri, "cid": post.cid, "val": value,
                "cts": format!("{now:.3}")}),
            );
        });
    }

    /// Sets how often a post was answered, liked and so on: any of the view's counts.
    pub fn count(&self, uri: &str, counts: &Value) {
        self.held(|held| {
            let post = held.posts.get_mut(uri).expect("it is there");
            for (key, value) in counts.as_object().expect("an object") {
                post.counts[key] = value.clone();
            }
        });
    }

    /// Somebody's account is no longer there: `deleted`, `takendown`, `suspended` or `deactivated`.
    pub fn leave(&self, did: &str, status: &str) {
        self.tell(|held| {
            held.posts.retain(|_, post| post.did != did);
            let seq = 30_340_180_351_u64 + u64::try_from(held.log.len()).expect("it is small");
            let body = json!({"active": false, "did": did, "seq": seq, "status": status,
                "time": format!("{:.3}", held.clock.now())});
            held.happen(did, "account", body);
        });
    }

    /// Strangers post this often about something else.
    pub fn flood(&self, count: usize) {
        self.tell(|held| {
            for n in 0..count {
                held.stranger(n);
            }
        });
    }

    /// From now on the `AppView` learns of what is written only after this many answers to `getPosts` that ask for it.
    pub fn lag(&self, answers: u32) {
        self.held(|held| held.lag = answers);
    }

    /// The list of trends.
    pub fn trend(&self, topics: &[&str]) {
        self.held(|held| held.trends = topics.iter().map(|&topic| topic.to_owned()).collect());
    }

    /// Keeps nothing of what Jetstream told until now.
    pub fn forget(&self) {
        self.held(|held| held.floor = held.log.len());
    }

    /// The number that this server gives to the next event.
    pub fn next_seq(&self) -> i64 {
        let next = self.held(|held| held.log.len());
        self.host.seq(next)
    }

    /// Access tokens given until now are no longer taken.
    pub fn expire(&self) {
        self.held(|held| {
            for session in &mut held.sessions {
                session.left = Some(0);
            }
        });
    }

    /// Access tokens last for this many requests from now on.
    pub fn expire_after(&self, requests: u32) {
        self.held(|held| held.lasts = Some(requests));
    }

    /// Nothing that was given until now is taken any more, not even to refresh.
    pub fn end_sessions(&self) {
        self.held(|held| held.sessions.clear());
    }

    /// Fails so from now on in all parts, and breaks what is open.
    pub fn fail(&self, fault: Fault) {
        for part in [Part::Stream, Part::AppView, Part::Pds] {
            self.host.failing.lock().faults.insert(part, fault);
        }
        self.host.order(Order::Break);
    }

    /// Fails so from now on in one part, and breaks what is open of it.
    pub fn fail_in(&self, part: Part, fault: Fault) {
        self.host.failing.lock().faults.insert(part, fault);
        if part == Part::Stream {
            self.host.order(Order::Break);
        }
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.host.failing.lock().faults.clear();
        self.host.order(Order::Break);
    }

    /// Breaks open streams, as a server does that starts anew.
    pub fn break_streams(&self) {
        self.host.order(Order::Break);
    }

    /// Tells those who read the wire of 2026 that they are too slow, and ends their streams.
    pub fn too_slow(&self) {
        self.host.order(Order::TooSlow);
    }

    /// Compresses the first wire with a dictionary of its own, which is not to be had, as Bluesky does.
    pub fn use_other_dictionary(&self) {
        self.host.failing.lock().other_dictionary = true;
    }

    /// The addresses by which streams were asked for, in order.
    pub fn connects(&self) -> Vec<String> {
        self.host.failing.lock().connects.clone()
    }

    /// What the API was asked, in order: paths and queries.
    pub fn requests(&self) -> Vec<String> {
        self.host.failing.lock().requests.clone()
    }

    fn held<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        change(&mut self.host.world.held.lock())
    }

    fn tell<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        let answer = self.held(change);
        self.host.world.changed.send_replace(());
        answer
    }
}

impl Host {
    fn fault(&self, part: Part) -> Option<Fault> {
        self.failing.lock().faults.get(&part).copied()
    }

    fn order(&self, order: Order) {
        self.orders.send_replace(order);
    }

    /// What this server calls the event at a place of the log.
    fn seq(&self, place: usize) -> i64 {
        i64::try_from(place).expect("it is small") + self.apart * 1_000_000
    }

    /// When this server saw what happened at that moment.
    fn saw(&self, at: i64) -> i64 {
        at + self.apart * 7
    }
}

/// Sorts connections by what they ask for: streams, which may break in the middle of a message, and everything else.
async fn sort(listener: TcpListener, host: Arc<Host>, hand: mpsc::Sender<TcpStream>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("loopback accepts");
        let (host, hand) = (Arc::clone(&host), hand.clone());
        connections.spawn(async move {
            let mut line = [0; 64];
            let Ok(read) = stream.peek(&mut line).await else {
                return;
            };
            let asked = String::from_utf8_lossy(&line[..read]);
            if asked.starts_with("GET /subscribe")
                || asked.starts_with(&format!("GET {}", stream::SECOND))
            {
                stream::serve(stream, &host).await;
            } else {
                // It is refused where the server is no more.
                let _handed = hand.send(stream).await;
            }
        });
    }
}

/// Connections that somebody else took.
struct Handed {
    handed: mpsc::Receiver<TcpStream>,
    address: SocketAddr,
}

impl axum::serve::Listener for Handed {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        match self.handed.recv().await {
            Some(stream) => (stream, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// A picture or film as records name it.
pub fn blob(name: &str, mime: &str) -> Value {
    json!({"$type": "blob", "ref": {"$link": ids::cid(name)}, "mimeType": mime, "size": 119_635})
}

/// Lets somebody say something of no interest every now and then while anybody listens.
async fn chatter(world: Arc<World>) {
    let mut beat = tokio::time::interval(CHATTER);
    for n in 0.. {
        beat.tick().await;
        if world.changed.receiver_count() > 0 {
            world.held.lock().stranger(n);
            world.changed.send_replace(());
        }
    }
}
