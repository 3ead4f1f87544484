//! A relay on a loopback port that speaks NIP-01 over events that a test hands it, checks nothing, and fails as asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use nostr::{Event, EventBuilder, JsonUtil as _, Keys, Kind, Tag, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

/// Events of one answer at most.
const PAGE: usize = 100;

/// How the relay fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After`, before anything else.
    TooMany,
    /// Every request is closed with these words.
    Closed(&'static str),
    /// Texts that are none of Nostr's.
    Garbage,
    /// The connection breaks in the middle of an event.
    Cut,
    /// Takes the connection and never says a word.
    Silent,
    /// Opens the stream, answers pings, and no request.
    Deaf,
    /// Takes no connections.
    Down,
    /// Answers every filter with everything, and goes on with events that nobody asked for.
    Flood,
}

/// The relay; it ends when this is dropped.
pub struct Relay {
    address: SocketAddr,
    world: Arc<World>,
    _tasks: JoinSet<()>,
}

struct World {
    state: Mutex<State>,
    happened: broadcast::Sender<Happened>,
}

#[derive(Default)]
struct State {
    events: Vec<Value>,
    fault: Option<Fault>,
    /// Requests as they came.
    requests: Vec<Value>,
    connections: u32,
}

#[derive(Clone)]
enum Happened {
    Published(Value),
    Broken,
}

impl Relay {
    /// Starts it without any event.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (happened, _) = broadcast::channel(4096);
        let world = Arc::new(World {
            state: Mutex::default(),
            happened,
        });
        let mut tasks = JoinSet::new();
        let served = Arc::clone(&world);
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("loopback accepts");
                clients.spawn(serve(stream, Arc::clone(&served)));
            }
        });
        Self {
            address,
            world,
            _tasks: tasks,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Takes an event, whatever it is, and tells those who asked for it.
    pub fn publish(&self, event: Value) {
        self.world.state.lock().events.push(event.clone());
        // Nobody listens where nobody is connected.
        let _nobody = self.world.happened.send(Happened::Published(event));
    }

    /// Fails so from now on, and breaks what is open.
    pub fn fail(&self, fault: Fault) {
        self.world.state.lock().fault = Some(fault);
        let _nobody = self.world.happened.send(Happened::Broken);
    }

    /// Fails so with the next connection, without breaking those that are open.
    pub fn fail_next(&self, fault: Fault) {
        self.world.state.lock().fault = Some(fault);
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.world.state.lock().fault = None;
        let _nobody = self.world.happened.send(Happened::Broken);
    }

    /// Forgets an event without a word, as relays do that clean up.
    pub fn forget(&self, id: &str) {
        self.world
            .state
            .lock()
            .events
            .retain(|event| event["id"] != id);
    }

    /// The requests that came, in order.
    pub fn requests(&self) -> Vec<Value> {
        self.world.state.lock().requests.clone()
    }

    /// How many connections were made.
    pub fn connections(&self) -> u32 {
        self.world.state.lock().connections
    }
}

async fn serve(mut stream: TcpStream, world: Arc<World>) {
    let mut happened = world.happened.subscribe();
    let fault = {
        let mut state = world.state.lock();
        state.connections += 1;
        state.fault
    };
    match fault {
        Some(Fault::Down) => return,
        Some(Fault::Silent) => {
            while !matches!(happened.recv().await, Ok(Happened::Broken)) {}
            return;
        }
        Some(Fault::TooMany) => {
            let mut request = [0; 2048];
            let _read = stream.read(&mut request).await;
            let answer =
                b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n";
            let _written = stream.write_all(answer).await;
            return;
        }
        _ => {}
    }
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else {
        return;
    };
    if fault == Some(Fault::Garbage) {
        let _sent = socket
            .send(Message::text("<html>502 Bad Gateway</html>"))
            .await;
    }
    let mut asked: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    loop {
        let mut answers = Vec::new();
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).expect("clients send JSON");
                    answers = answer(&world, fault, &message, &mut asked);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            told = happened.recv() => match told {
                Ok(Happened::Published(event)) => {
                    for (subscription, filters) in &asked {
                        if filters.iter().any(|filter| fits(filter, &event)) {
                            answers.push(json!(["EVENT", subscription, event]));
                        }
                    }
                }
                Ok(Happened::Broken) | Err(_) => return,
            },
        }
        if fault == Some(Fault::Cut) && !answers.is_empty() {
            // A header that promises more than follows.
            let _written = socket
                .get_mut()
                .write_all(b"\x81\x7e\x10\x00[\"EVENT\",")
                .await;
            let _flushed = socket.get_mut().flush().await;
            return;
        }
        for answer in answers {
            if socket
                .send(Message::text(answer.to_string()))
                .await
                .is_err()
            {
                return;
            }
        }
        if fault == Some(Fault::Flood) && !asked.is_empty() {
            let other = json!({"id": "0".repeat(64), "pubkey": "0".repeat(64), "created_at": 1, "kind": 1,
                "tags": [["t", "nonsense"]], "content": "x".repeat(300), "sig": "0".repeat(128)});
            for _ in 0..10_000 {
                let spam = json!(["EVENT", "live", other]).to_string();
                if socket.send(Message::text(spam)).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn answer(
    world: &World,
    fault: Option<Fault>,
    message: &Value,
    asked: &mut BTreeMap<String, Vec<Value>>,
) -> Vec<Value> {
    let parts = message.as_array().expect("clients send arrays");
    let subscription = parts[1]
        .as_str()
        .expect("a subscription has a name")
        .to_owned();
    if parts[0] == "CLOSE" {
        asked.remove(&subscription);
        return Vec::new();
    }
    let mut state = world.state.lock();
    state.requests.push(message.clone());
    match fault {
        Some(Fault::Closed(words)) => return vec![json!(["CLOSED", subscription, words])],
        Some(Fault::Deaf) => return Vec::new(),
        _ => {}
    }
    let filters = parts[2..].to_vec();
    let mut found: Vec<&Value> = Vec::new();
    for filter in &filters {
        let mut fitting: Vec<&Value> = state
            .events
            .iter()
            .filter(|event| fault == Some(Fault::Flood) || fits(filter, event))
            .collect();
        fitting.sort_by_key(|event| std::cmp::Reverse(event["created_at"].as_i64()));
        let limit = filter["limit"]
            .as_u64()
            .map_or(PAGE, |limit| usize::try_from(limit).unwrap_or(PAGE));
        fitting.truncate(limit.min(PAGE));
        found.extend(fitting);
    }
    let mut answers: Vec<Value> = found
        .into_iter()
        .map(|event| json!(["EVENT", subscription, event]))
        .collect();
    answers.push(json!(["EOSE", subscription]));
    asked.insert(subscription, filters);
    answers
}

/// Whether an event fits a filter (NIP-01).
fn fits(filter: &Value, event: &Value) -> bool {
    let filter = filter.as_object().expect("a filter is an object");
    filter.iter().all(|(key, wanted)| {
        let any = |value: &Value| wanted.as_array().expect("a list").contains(value);
        match key.as_str() {
            "ids" => any(&event["id"]),
            "authors" => any(&event["pubkey"]),
            "kinds" => any(&event["kind"]),
            "since" => event["created_at"].as_i64() >= wanted.as_i64(),
            "until" => event["created_at"].as_i64() <= wanted.as_i64(),
            "limit" => true,
            tag => {
                let name = tag.trim_start_matches('#');
                let tags = event["tags"].as_array().expect("a list");
                tags.iter().any(|tag| tag[0] == name && any(&tag[1]))
            }
        }
    })
}

/// The keys of an invented person; the same number gives the same.
pub fn keys(number: u8) -> Keys {
    Keys::parse(&format!("{:064x}", u32::from(number) + 1)).expect("a small number is a key")
}

/// A signed event; tags are lists of texts.
pub fn event(keys: &Keys, kind: u16, at: i64, tags: &[&[&str]], content: &str) -> Event {
    let tags = tags
        .iter()
        .map(|tag| Tag::parse(tag.iter().copied()).expect("a tag has a name"));
    EventBuilder::new(Kind::from_u16(kind), content)
        .tags(tags)
        .custom_created_at(Timestamp::from_secs(u64::try_from(at).expect("after 1970")))
        .sign_with_keys(keys)
        .expect("the keys are right")
}

/// The same as JSON.
pub fn signed(keys: &Keys, kind: u16, at: i64, tags: &[&[&str]], content: &str) -> Value {
    json(&event(keys, kind, at, tags, content))
}

/// An event as a relay sends it.
pub fn json(event: &Event) -> Value {
    serde_json::from_str(&event.as_json()).expect("events are JSON")
}

/// Recorded messages of relays, where they are at hand; else says so.
pub fn recorded(file: &str) -> Option<String> {
    let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: no recorded data at {}", path.display());
        return None;
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
