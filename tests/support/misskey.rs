//! A server on a loopback port that speaks the part of Misskey's API that reads timelines, and its stream, over notes that a test
//! pushes, edits and deletes while it runs, and that fails as asked. Edits are Sharkey's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use futures_util::{StreamExt as _, stream};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::task::JoinSet;

/// How the server fails, whatever is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This status, the API's kind of error with this code, and `Retry-After` where it limits.
    Status(u16, &'static str),
    /// 308, to that address.
    SendsOn(String),
    /// 200 and a web page.
    Garbage,
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body never ends.
    Slow,
}

/// The server; it ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    world: Arc<World>,
    _tasks: JoinSet<()>,
}

struct World {
    state: Mutex<Held>,
    happened: broadcast::Sender<Happened>,
}

struct Held {
    /// Oldest first, by id.
    notes: Vec<Value>,
    fault: Option<Fault>,
    streams: bool,
    number: u64,
    token: Option<String>,
    /// Accounts by their ids: name, and server where that is another.
    users: BTreeMap<String, (String, Option<String>)>,
    /// Whose token that is, by the name.
    owner: Option<(String, String)>,
    /// The owner's lists, and the ids of accounts on them.
    lists: BTreeMap<String, Vec<String>>,
    requests: Vec<(String, Value)>,
}

#[derive(Clone)]
enum Happened {
    Note(Value),
    Updated(Value),
    Broken,
}

impl Server {
    /// Starts it without any note.
    pub async fn start(streams: bool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (happened, _) = broadcast::channel(4096);
        let world = Arc::new(World {
            state: Mutex::new(Held {
                notes: Vec::new(),
                fault: None,
                streams,
                number: 0,
                token: None,
                users: BTreeMap::from([("u1".to_owned(), ("ada".to_owned(), None))]),
                owner: None,
                lists: BTreeMap::new(),
                requests: Vec::new(),
            }),
            happened,
        });
        let router = Router::new()
            .route("/streaming", get(stream_notes))
            .fallback(post(answer))
            .with_state(Arc::clone(&world));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("serving ends with the test");
        });
        Self {
            address,
            world,
            _tasks: tasks,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves only who shows this token.
    pub fn require(&self, token: &str) {
        self.world.state.lock().token = Some(token.to_owned());
    }

    /// Has an account.
    pub fn account(&self, id: &str, name: &str, host: Option<&str>) {
        let user = (name.to_owned(), host.map(str::to_owned));
        self.world.state.lock().users.insert(id.to_owned(), user);
    }

    /// Gives this token to an account, which has these lists of accounts' ids.
    pub fn sign_in(&self, token: &str, name: &str, lists: &[(&str, &[&str])]) {
        let mut state = self.world.state.lock();
        state.owner = Some((token.to_owned(), name.to_owned()));
        let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        state.lists = (lists.iter().map(|(id, on)| ((*id).to_owned(), ids(on)))).collect();
    }

    /// Puts up a note of an invented person; `extra` is laid over it. Gives its id, which is made of its time as Misskey's
    /// are.
    pub fn push(&self, text: &str, tags: &[&str], at: jiff::Timestamp, extra: &Value) -> String {
        let mut state = self.world.state.lock();
        state.number += 1;
        let id = format!("{:012x}{:06x}", at.as_millisecond(), state.number);
        let mut note = json!({
            "id": id, "createdAt": at.to_string(), "userId": "u1", "text": text, "cw": null, "visibility": "public",
            "localOnly": false, "tags": tags, "files": [], "fileIds": [], "replyId": null, "renoteId": null,
            "reactionCount": 0, "renoteCount": 0, "repliesCount": 0, "reactions": {}, "reactionEmojis": {}, "emojis": {},
            "user": {"id": "u1", "username": "ada", "host": null, "name": "Ada", "avatarUrl": null, "isBot": false, "emojis": {}},
        });
        for (key, value) in extra.as_object().expect("an object") {
            note[key] = value.clone();
        }
        let place = state
            .notes
            .partition_point(|other| other["id"].as_str() < note["id"].as_str());
        state.notes.insert(place, note.clone());
        drop(state);
        self.tell(Happened::Note(note));
        id
    }

    /// Deletes a note.
    pub fn delete(&self, id: &str) {
        self.world
            .state
            .lock()
            .notes
            .retain(|note| note["id"] != id);
        self.tell(Happened::Updated(
            json!({"id": id, "type": "deleted", "body": {"deletedAt": "2019-11-06T09:00:00.000Z"}}),
        ));
    }

    /// Changes a note.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let mut state = self.world.state.lock();
        let note = state.notes.iter_mut().find(|note| note["id"] == id);
        change(note.expect("it is there"));
        drop(state);
        self.tell(Happened::Updated(
            json!({"id": id, "type": "updated", "body": {}}),
        ));
    }

    /// Fails so from now on, and breaks what is open.
    pub fn fail(&self, fault: Fault) {
        self.world.state.lock().fault = Some(fault);
        self.tell(Happened::Broken);
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.world.state.lock().fault = None;
        self.tell(Happened::Broken);
    }

    /// Endpoints that were asked, with what.
    pub fn requests(&self) -> Vec<(String, Value)> {
        self.world.state.lock().requests.clone()
    }

    fn tell(&self, happened: Happened) {
        // Nobody listens where nobody is connected.
        let _nobody = self.world.happened.send(happened);
    }
}

fn failing(fault: &Fault) -> Response<Body> {
    let answer = Response::builder();
    let built = match fault {
        Fault::Status(status, code) => {
            let answer = if *status == 429 {
                answer.header("retry-after", "30")
            } else {
                answer
            };
            let body = json!({"error": {"code": code, "message": "no", "id": "x"}});
            answer.status(*status).body(Body::from(body.to_string()))
        }
        Fault::SendsOn(to) => answer
            .status(308)
            .header("location", to)
            .body(Body::empty()),
        Fault::Garbage => answer.body(Body::from("<html>hello</html>")),
        Fault::Cut => {
            let parts = [Ok("[{\"id\":"), Err(std::io::Error::other("cut"))];
            answer.body(Body::from_stream(stream::iter(parts)))
        }
        Fault::Slow => {
            let first = stream::iter([Ok::<_, std::io::Error>("[")]);
            answer.body(Body::from_stream(first.chain(stream::pending())))
        }
    };
    built.expect("the answer is well formed")
}

async fn answer(
    State(world): State<Arc<World>>,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response<Body> {
    let mut state = world.state.lock();
    if let Some(fault) = &state.fault {
        return failing(fault);
    }
    let asked: Value = serde_json::from_slice(&body).expect("clients send JSON");
    state.requests.push((uri.path().to_owned(), asked.clone()));
    if state.token.is_some() && asked["i"].as_str() != state.token.as_deref() {
        return failing(&Fault::Status(401, "CREDENTIAL_REQUIRED"));
    }
    let answer = match uri.path() {
        "/api/notes/search-by-tag" => {
            page(&state.notes, &asked, |note| fits(&asked["query"], note))
        }
        // By its id, somebody who wrote a note; what the note says under `bio` is their description.
        "/api/users/show" if asked["userId"].is_string() => {
            let found = (state.notes.iter()).find(|note| note["userId"] == asked["userId"]);
            match found {
                Some(note) => {
                    let mut user = note["user"].clone();
                    user["description"] = note["bio"].clone();
                    user
                }
                None => return failing(&Fault::Status(404, "NO_SUCH_USER")),
            }
        }
        "/api/users/show" => {
            let found = (state.users.iter()).find(|(_, (name, host))| {
                asked["username"] == **name && asked["host"] == json!(host)
            });
            match found {
                Some((id, (name, host))) => json!({"id": id, "username": name, "host": host}),
                None => return failing(&Fault::Status(404, "NO_SUCH_USER")),
            }
        }
        "/api/users/notes" => {
            let renotes = asked["withRenotes"] != false;
            page(&state.notes, &asked, |note| {
                note["userId"] == asked["userId"] && (renotes || note["renoteId"].is_null())
            })
        }
        "/api/i" | "/api/notes/mentions" | "/api/notes/user-list-timeline" => {
            let owner = (state.owner.as_ref()).filter(|(token, _)| asked["i"] == **token);
            let Some((_, name)) = owner else {
                return failing(&Fault::Status(401, "CREDENTIAL_REQUIRED"));
            };
            let list = asked["listId"].as_str().map(|id| state.lists.get(id));
            match (uri.path(), list) {
                ("/api/i", _) => json!({"id": "me", "username": name}),
                (_, None) => page(&state.notes, &asked, |note| {
                    note["text"]
                        .as_str()
                        .is_some_and(|text| text.contains(&format!("@{name} ")))
                }),
                (_, Some(None)) => return failing(&Fault::Status(400, "NO_SUCH_LIST")),
                (_, Some(Some(on))) => page(&state.notes, &asked, |note| {
                    on.iter().any(|id| note["userId"] == **id)
                }),
            }
        }
        "/api/notes/show" => {
            let found = state
                .notes
                .iter()
                .find(|note| note["id"] == asked["noteId"]);
            match found {
                Some(note) => note.clone(),
                None => return failing(&Fault::Status(400, "NO_SUCH_NOTE")),
            }
        }
        _ => return failing(&Fault::Status(404, "UNKNOWN_API_ENDPOINT")),
    };
    axum::Json(answer).into_response()
}

/// As Misskey orders: with `sinceId` alone the oldest first, else the newest first.
fn page(notes: &[Value], asked: &Value, fits: impl Fn(&Value) -> bool) -> Value {
    let id = |note: &Value| note["id"].as_str().expect("notes have ids").to_owned();
    let mut found: Vec<&Value> = notes
        .iter()
        .filter(|note| fits(note))
        .filter(|note| {
            asked["sinceId"]
                .as_str()
                .is_none_or(|since| id(note).as_str() > since)
        })
        .filter(|note| {
            asked["untilId"]
                .as_str()
                .is_none_or(|until| id(note).as_str() < until)
        })
        .collect();
    if asked["sinceId"].is_null() || !asked["untilId"].is_null() {
        found.reverse();
    }
    let limit = asked["limit"].as_u64().unwrap_or(10);
    assert!(
        (1..=100).contains(&limit),
        "Misskey takes no limit of {limit}"
    );
    found.truncate(usize::try_from(limit).expect("it is small"));
    json!(found)
}

/// Whether a note carries all tags of one of the lists.
fn fits(query: &Value, note: &Value) -> bool {
    let tags: BTreeSet<String> = note["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| Some(tag.as_str()?.to_lowercase()))
        .collect();
    let lists = query.as_array().expect("a list of lists");
    lists.iter().any(|list| {
        let list = list.as_array().expect("a list of tags");
        list.iter()
            .all(|tag| tags.contains(&tag.as_str().expect("a tag").to_lowercase()))
    })
}

async fn stream_notes(
    State(world): State<Arc<World>>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response<Body> {
    let (fault, streams) = {
        let state = world.state.lock();
        (state.fault.clone(), state.streams)
    };
    if let Some(fault) = fault {
        return failing(&fault);
    }
    match upgrade {
        Ok(upgrade) if streams => upgrade.on_upgrade(move |socket| talk(socket, world)),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn talk(mut socket: WebSocket, world: Arc<World>) {
    let mut happened = world.happened.subscribe();
    let mut query: Option<Value> = None;
    let mut watched: BTreeSet<String> = BTreeSet::new();
    loop {
        let answer = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).expect("clients send JSON");
                    let body = &message["body"];
                    match message["type"].as_str() {
                        Some("connect") => {
                            assert_eq!(body["channel"], "hashtag");
                            query = Some(body["params"]["q"].clone());
                            Some(json!({"type": "connected", "body": {"id": body["id"]}}))
                        }
                        Some("subNote") => {
                            watched.insert(body["id"].as_str().expect("an id").to_owned());
                            None
                        }
                        _ => None,
                    }
                }
                Some(Ok(_)) => None,
                Some(Err(_)) | None => return,
            },
            told = happened.recv() => match told {
                Ok(Happened::Note(note)) => query
                    .as_ref()
                    .filter(|query| fits(query, &note))
                    .map(|_| json!({"type": "channel", "body": {"id": "1", "type": "note", "body": note}})),
                Ok(Happened::Updated(update)) => watched
                    .contains(update["id"].as_str().expect("an id"))
                    .then(|| json!({"type": "noteUpdated", "body": update})),
                Ok(Happened::Broken) | Err(_) => return,
            },
        };
        if let Some(answer) = answer
            && socket
                .send(Message::Text(answer.to_string().into()))
                .await
                .is_err()
        {
            return;
        }
    }
}
