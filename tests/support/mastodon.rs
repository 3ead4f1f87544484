//! A server on a loopback port that speaks the Mastodon API's timelines of hashtags, accounts, lists and mentions as Mastodon
//! does, over statuses that a test pushes, edits and deletes while it runs, and that fails in any way a test asks for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri, header};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::task::JoinSet;

use super::mastodon_streaming::{self, Sent, Streams};

/// Tags that the server takes per mode, that in the path among them.
const PER_MODE: usize = 4;

/// How the server fails.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status with the API's kind of body.
    Status(u16),
    /// 429 with `X-RateLimit-Reset`.
    RateLimited { reset: String },
    /// This status with `Retry-After`.
    RetryAfter(u16, String),
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body never ends.
    Slow,
    /// 200 and no JSON.
    Garbage,
    /// A web page with this status.
    Html(u16),
    /// A body of 11 MB; only pages of more statuses than this.
    Huge(usize),
    /// A page in which one text is not UTF-8.
    InvalidUtf8,
}

/// The server; it ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    _tasks: JoinSet<()>,
}

pub(super) struct World {
    /// Oldest first.
    statuses: Vec<Value>,
    next_id: u64,
    /// Accounts by their ids, as handles of this server, and whether it has to look for them elsewhere first.
    accounts: BTreeMap<String, (String, bool)>,
    /// Whose token that is, as a handle of this server.
    owner: Option<(String, String)>,
    /// The owner's lists, and the handles on them.
    lists: BTreeMap<String, Vec<String>>,
    pub(super) token: Option<String>,
    version: String,
    /// `configuration.timelines_access.hashtag_feeds`.
    access: &'static str,
    batches: bool,
    singles: bool,
    reset: String,
    remaining: u32,
    /// Path prefix, fault, and how many more times.
    faults: Vec<(String, Fault, u32)>,
    pub(super) requests: Vec<String>,
    pub(super) streams: Streams,
    pub(super) events: broadcast::Sender<Sent>,
}

impl Server {
    /// Starts it without any status.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let world = Arc::new(Mutex::new(World {
            statuses: Vec::new(),
            next_id: 103_000_000_000_001_000,
            accounts: BTreeMap::from([("1".to_owned(), ("ada".to_owned(), false))]),
            owner: None,
            lists: BTreeMap::new(),
            token: None,
            version: "4.5.0".to_owned(),
            access: "public",
            batches: true,
            singles: true,
            reset: "2030-01-01T00:00:00.399976Z".to_owned(),
            remaining: 300,
            faults: Vec::new(),
            requests: Vec::new(),
            streams: Streams::WebSocket,
            events: broadcast::Sender::new(4_096),
        }));
        let router = Router::new()
            .route("/api/v1/streaming", get(mastodon_streaming::socket))
            .route(
                "/api/v1/streaming/hashtag",
                get(mastodon_streaming::sent_events),
            )
            .fallback(answer)
            .with_state(Arc::clone(&world));
        // As servers do that stream: else a message may wait for the answer to the one before it.
        let listener = listener.tap_io(|stream| {
            stream.set_nodelay(true).expect("it is open");
        });
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

    /// Takes a status as it is, sorted in by its id.
    pub fn insert(&self, status: Value) {
        let mut world = self.world.lock();
        world.tell("update", status.to_string(), &status);
        let at = world
            .statuses
            .partition_point(|other| order(id(other)) < order(id(&status)));
        world.statuses.insert(at, status);
    }

    /// Takes a new status of an invented person, written at `created_at`; gives its id.
    pub fn push(&self, text: &str, tags: &[&str], created_at: &str) -> String {
        let id = {
            let mut world = self.world.lock();
            world.next_id += 1;
            world.next_id.to_string()
        };
        self.insert(status(&id, text, tags, created_at));
        id
    }

    /// Takes a new status of somebody; gives its id.
    pub fn push_by(&self, acct: &str, text: &str, tags: &[&str], created_at: &str) -> String {
        let id = self.push(text, tags, created_at);
        self.edit(&id, |status| {
            let base = "https://social.example.org";
            status["uri"] = json!(format!("{base}/users/{acct}/statuses/{id}"));
            status["account"]["acct"] = json!(acct);
            status["account"]["username"] = json!(acct);
            status["account"]["uri"] = json!(format!("{base}/users/{acct}"));
        });
        id
    }

    /// Has an account, which it may have to look for elsewhere first.
    pub fn account(&self, id: &str, acct: &str, elsewhere: bool) {
        let mut world = self.world.lock();
        (world.accounts).insert(id.to_owned(), (acct.to_owned(), elsewhere));
    }

    /// Has an account no more.
    pub fn remove_account(&self, id: &str) {
        self.world.lock().accounts.remove(id);
    }

    /// Gives this token to an account, which has these lists of handles.
    pub fn sign_in(&self, token: &str, acct: &str, lists: &[(&str, &[&str])]) {
        let mut world = self.world.lock();
        world.owner = Some((token.to_owned(), acct.to_owned()));
        let handles = |accts: &[&str]| accts.iter().map(ToString::to_string).collect();
        let lists = lists.iter();
        world.lists = lists
            .map(|(id, on)| ((*id).to_owned(), handles(on)))
            .collect();
    }

    /// Changes a status.
    pub fn edit(&self, id_: &str, change: impl FnOnce(&mut Value)) {
        let mut world = self.world.lock();
        let found = world.statuses.iter_mut().find(|status| id(status) == id_);
        let status = found.expect("the status is there");
        change(status);
        let status = status.clone();
        world.tell("status.update", status.to_string(), &status);
    }

    /// Deletes a status.
    pub fn delete(&self, id_: &str) {
        let mut world = self.world.lock();
        let at = world.statuses.iter().position(|status| id(status) == id_);
        let gone = world.statuses.remove(at.expect("the status is there"));
        world.tell("delete", id_.to_owned(), &gone);
    }

    /// Shows timelines only to this token from now on.
    pub fn require_token(&self, token: &str) {
        let mut world = self.world.lock();
        world.token = Some(token.to_owned());
        world.access = "authenticated";
    }

    /// Calls itself so: the version of `/api/v2/instance`.
    pub fn call_itself(&self, version: &str) {
        version.clone_into(&mut self.world.lock().version);
    }

    /// Whether it knows `/api/v1/statuses?id[]=` and `/api/v1/statuses/{id}`.
    pub fn knows(&self, batches: bool, singles: bool) {
        let mut world = self.world.lock();
        world.batches = batches;
        world.singles = singles;
    }

    /// Says that so many requests are left until `reset`.
    pub fn limit(&self, remaining: u32, reset: &str) {
        let mut world = self.world.lock();
        world.remaining = remaining;
        reset.clone_into(&mut world.reset);
    }

    /// Has these streams.
    pub fn stream_by(&self, streams: Streams) {
        self.world.lock().streams = streams;
    }

    /// Does this to all open streams.
    pub fn to_streams(&self, sent: Sent) {
        // Nobody may listen just now.
        drop(self.world.lock().events.send(sent));
    }

    /// How many streams are open.
    pub fn listeners(&self) -> usize {
        self.world.lock().events.receiver_count()
    }

    /// Fails so, `times` times, where the path begins with `prefix`.
    pub fn fail(&self, prefix: &str, fault: Fault, times: u32) {
        self.world
            .lock()
            .faults
            .push((prefix.to_owned(), fault, times));
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.world.lock().faults.clear();
    }

    /// The paths and queries asked for since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.world.lock().requests)
    }
}

/// A status of an invented person.
pub fn status(id: &str, text: &str, tags: &[&str], created_at: &str) -> Value {
    let base = "https://social.example.org";
    let link = |tag: &&str| {
        format!(
            "<a href=\"{base}/tags/{tag}\" class=\"mention hashtag\" rel=\"tag\">#<span>{tag}</span></a>"
        )
    };
    let links = tags.iter().map(link).collect::<Vec<_>>().join(" ");
    let tags: Vec<Value> = tags
        .iter()
        .map(|tag| json!({"name": tag.to_lowercase(), "url": format!("{base}/tags/{tag}")}))
        .collect();
    json!({
        "id": id, "created_at": created_at, "edited_at": null, "visibility": "public", "language": "en",
        "uri": format!("{base}/users/ada/statuses/{id}"), "url": format!("{base}/@ada/{id}"),
        "content": format!("<p>{text} {links}</p>"), "spoiler_text": "", "sensitive": false, "reblog": null,
        "in_reply_to_id": null, "media_attachments": [], "emojis": [], "tags": tags, "card": null, "poll": null,
        "account": {"id": "1", "username": "ada", "acct": "ada", "display_name": "Ada Example",
            "uri": format!("{base}/users/ada"), "url": format!("{base}/@ada"), "note": "", "emojis": [],
            "avatar": format!("{base}/ada.png"), "avatar_static": format!("{base}/ada.png"), "bot": false},
    })
}

/// The statuses of `tests/data/mastodon`, by the name of their file.
pub fn fixtures() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mastodon");
    let mut fixtures = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_stem().expect("files have names");
            let text = std::fs::read_to_string(&path).expect("files can be read");
            let status = serde_json::from_str(&text).expect("files are JSON");
            fixtures.insert(name.to_string_lossy().into_owned(), status);
        }
    }
    fixtures
}

/// The statuses of recorded exchanges (a JSON list of `{request, status, headers, body}`), where they are at hand; else
/// says so.
pub fn recorded(file: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no recorded data at {}", path.display());
        return None;
    };
    let exchanges: Vec<Value> = serde_json::from_str(&text).expect("recorded data is JSON");
    let statuses = exchanges.into_iter().flat_map(|exchange| {
        let body = exchange["body"].as_array().expect("bodies are pages");
        body.clone()
    });
    Some(statuses.collect())
}

fn id(status: &Value) -> &str {
    status["id"].as_str().unwrap_or_default()
}

/// Ids as a server orders them: of one length by their characters.
fn order(id: &str) -> (usize, &str) {
    (id.len(), id)
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let mut world = world.lock();
    world.requests.push(uri.to_string());
    world.remaining = world.remaining.saturating_sub(1);
    let path = percent_encoding::percent_decode_str(uri.path())
        .decode_utf8_lossy()
        .into_owned();
    let query = query.unwrap_or_default();
    let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    if !headers.contains_key(header::USER_AGENT) {
        return error(418, "I'm a teapot: no user-agent sent");
    }
    if let Some(fault) = world.fault(&path, &query) {
        return world.broken(&fault, &path, &query);
    }
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let owner = (world.owner.clone()).filter(|(token, _)| Some(token.as_str()) == bearer);
    match segments.as_slice() {
        ["api", "v2", "instance"] => world.instance(),
        ["api", "v1", "accounts", "lookup"] | ["api", "v2", "search"] => {
            let search = segments[1] == "v2";
            let wanted = values(&query, if search { "q" } else { "acct" })[0];
            let wanted = wanted
                .trim_start_matches('@')
                .replace("@social.example.org", "");
            let found = world.accounts.iter().find(|(_, (acct, elsewhere))| {
                *acct == wanted && (!*elsewhere || (search && owner.is_some()))
            });
            match (found, search) {
                (Some((id, (acct, _))), true) => {
                    let found = json!({"accounts": [{"id": id, "acct": acct}], "statuses": []});
                    world.json(found.to_string())
                }
                (None, true) => world.json(json!({"accounts": [], "statuses": []}).to_string()),
                (Some((id, (acct, _))), false) => {
                    world.json(json!({"id": id, "acct": acct}).to_string())
                }
                (None, false) => error(404, "Record not found"),
            }
        }
        ["api", "v1", "accounts", "verify_credentials"] => match owner {
            Some((_, acct)) => world.json(json!({"id": "1", "acct": acct}).to_string()),
            None => error(401, "The access token is invalid"),
        },
        ["api", "v1", "accounts", id, "statuses"] => match world.accounts.get(*id) {
            Some((acct, _)) => {
                let boosts = values(&query, "exclude_reblogs") != ["true"];
                let by = |status: &Value| {
                    status["account"]["acct"] == **acct && (boosts || status["reblog"].is_null())
                };
                let page = world.chosen(&query, by);
                world.json(Value::Array(page).to_string())
            }
            None => error(404, "Record not found"),
        },
        ["api", "v1", "timelines", "list", id] => match (owner, world.lists.get(*id)) {
            (None, _) => error(401, "This method requires an authenticated user"),
            (_, None) => error(404, "Record not found"),
            (_, Some(on)) => {
                let on = |status: &Value| on.iter().any(|acct| status["account"]["acct"] == **acct);
                let page = world.chosen(&query, on);
                world.json(Value::Array(page).to_string())
            }
        },
        ["api", "v1", "notifications"] => match owner {
            Some((_, acct)) => {
                assert_eq!(values(&query, "types[]"), ["mention"]);
                let page = world.mentions(&acct, &query);
                world.json(Value::Array(page).to_string())
            }
            None => error(401, "The access token is invalid"),
        },
        ["api", "v1", "timelines", "tag", tag] => {
            if world.token.is_some() && world.token.as_deref() != bearer {
                let message = match bearer {
                    Some(_) => "The access token is invalid",
                    None => "This method requires an authenticated user",
                };
                return error(401, message);
            }
            let page = world.timeline(tag, &query);
            world.page(&page, tag)
        }
        ["api", "v1", "statuses"] if world.batches => {
            let ids: Vec<&str> = values(&query, "id[]");
            if ids.len() > 20 {
                return error(422, "Validation failed");
            }
            let found = world.statuses.iter().filter(|s| ids.contains(&id(s)));
            let body = Value::Array(found.cloned().collect());
            world.json(body.to_string())
        }
        ["api", "v1", "statuses", wanted] if world.singles => {
            match world.statuses.iter().find(|status| id(status) == *wanted) {
                Some(status) => world.json(status.to_string()),
                None => error(404, "Record not found"),
            }
        }
        _ => error(404, "Not found"),
    }
}

/// A page of those that fit, newest first; `all` are oldest first.
fn page_of(all: &[Value], query: &[(String, String)], fits: impl Fn(&Value) -> bool) -> Vec<Value> {
    let one = |name: &str| values(query, name).into_iter().next_back();
    let limit: usize = one("limit")
        .and_then(|l| l.parse().ok())
        .unwrap_or(20)
        .clamp(1, 40);
    let (max, min, since) = (one("max_id"), one("min_id"), one("since_id"));
    let asked = |one: &&Value| {
        let at = order(id(one));
        fits(one)
            && max.is_none_or(|max| at < order(max))
            && min.is_none_or(|min| at > order(min))
            && since.is_none_or(|since| at > order(since))
    };
    let mut page: Vec<Value> = if min.is_some() {
        all.iter().filter(asked).take(limit).cloned().collect()
    } else {
        let newest = all.iter().rev().filter(asked).take(limit);
        let mut page: Vec<Value> = newest.cloned().collect();
        page.reverse();
        page
    };
    page.reverse();
    page
}

fn values<'a>(query: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let named = query.iter().filter(|(key, _)| key == name);
    named.map(|(_, value)| value.as_str()).collect()
}

impl World {
    /// Tells the open streams.
    fn tell(&self, name: &'static str, payload: String, status: &Value) {
        let tags = status["tags"].as_array().into_iter().flatten();
        let tags = tags.filter_map(|tag| tag["name"].as_str().map(str::to_lowercase));
        let sent = Sent::Event {
            name,
            payload,
            tags: tags.collect(),
        };
        // Nobody may listen just now.
        drop(self.events.send(sent));
    }

    /// The statuses of a timeline, newest first, as `TagFeed` and its pagination give them.
    fn timeline(&self, tag: &str, query: &[(String, String)]) -> Vec<Value> {
        let fold = |tag: &str| tag.to_lowercase();
        let mode = |name: &str, most: usize| -> Vec<String> {
            values(query, name)
                .into_iter()
                .take(most)
                .map(fold)
                .collect()
        };
        let mut any = vec![fold(tag)];
        any.extend(mode("any[]", PER_MODE - 1));
        let (all, none) = (mode("all[]", PER_MODE), mode("none[]", PER_MODE));
        self.chosen(query, |status| {
            let tags: Vec<String> = status["tags"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|tag| tag["name"].as_str().map(fold))
                .collect();
            any.iter().any(|tag| tags.contains(tag))
                && all.iter().all(|tag| tags.contains(tag))
                && !none.iter().any(|tag| tags.contains(tag))
        })
    }

    /// Who mentions an account, newest first. Notifications have ids of their own.
    fn mentions(&self, acct: &str, query: &[(String, String)]) -> Vec<Value> {
        let all = self.statuses.iter().filter(|status| {
            let mut mentions = status["mentions"].as_array().into_iter().flatten();
            mentions.any(|it| it["acct"] == *acct)
        });
        let notification = |status: &Value| {
            let own = id(status).parse::<u64>().expect("a number") % 1_000_000;
            json!({"id": own.to_string(), "type": "mention", "status": status})
        };
        let all: Vec<Value> = all.map(notification).collect();
        page_of(&all, query, |_| true)
    }

    /// A page of some of the statuses, newest first.
    fn chosen(&self, query: &[(String, String)], fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        page_of(&self.statuses, query, fits)
    }

    /// A page with the `Link` that Mastodon gives: without `any[]`, `all[]` and `none[]`, and none on an empty page.
    fn page(&self, page: &[Value], tag: &str) -> Response<Body> {
        let mut response = self.json(Value::Array(page.to_vec()).to_string());
        if let (Some(first), Some(last)) = (page.first(), page.last()) {
            let base = format!("http://localhost/api/v1/timelines/tag/{tag}");
            let link = format!(
                "<{base}?max_id={}>; rel=\"next\", <{base}?min_id={}>; rel=\"prev\"",
                id(last),
                id(first)
            );
            let link = link.parse().expect("ids are plain");
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }

    fn instance(&self) -> Response<Body> {
        let access = json!({"local": "public", "remote": self.access});
        let instance = json!({
            "domain": "social.example.org", "title": "Test", "version": self.version,
            "configuration": {"timelines_access": {"hashtag_feeds": access}},
        });
        self.json(instance.to_string())
    }

    fn json(&self, body: impl Into<Body>) -> Response<Body> {
        Response::builder()
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .header("x-ratelimit-limit", "300")
            .header("x-ratelimit-remaining", self.remaining.to_string())
            .header("x-ratelimit-reset", &self.reset)
            .body(body.into())
            .expect("headers are plain")
    }

    /// The fault that this request meets.
    pub(super) fn fault(&mut self, path: &str, query: &[(String, String)]) -> Option<Fault> {
        let limit: Option<usize> = values(query, "limit").first().and_then(|l| l.parse().ok());
        let at = self.faults.iter().position(|(prefix, fault, times)| {
            let small =
                matches!((fault, limit), (Fault::Huge(most), Some(limit)) if limit <= *most);
            *times > 0 && path.starts_with(prefix.as_str()) && !small
        })?;
        self.faults[at].2 -= 1;
        Some(self.faults[at].1.clone())
    }

    pub(super) fn broken(
        &self,
        fault: &Fault,
        path: &str,
        query: &[(String, String)],
    ) -> Response<Body> {
        let tag = path.rsplit('/').next().unwrap_or_default();
        let whole = Value::Array(self.timeline(tag, query)).to_string();
        let half = Bytes::from(whole.clone().into_bytes()).slice(..whole.len() / 2);
        match fault {
            Fault::Status(status) => error(*status, "Something is wrong"),
            Fault::RateLimited { reset } => {
                let mut response = error(429, "Too many requests");
                let reset = reset.parse().expect("plain");
                response.headers_mut().insert("x-ratelimit-reset", reset);
                response
            }
            Fault::RetryAfter(status, after) => {
                let mut response = error(*status, "Busy");
                let after = after.parse().expect("plain");
                response.headers_mut().insert(header::RETRY_AFTER, after);
                response
            }
            Fault::Cut => {
                // The half is on its way before the break: what waits lets it out.
                let cut = stream::once(async {
                    tokio::task::yield_now().await;
                    Err(std::io::Error::other("cut on purpose"))
                });
                self.json(Body::from_stream(stream::iter([Ok(half)]).chain(cut)))
            }
            Fault::Slow => {
                let first = stream::iter([Ok::<_, std::io::Error>(half)]);
                self.json(Body::from_stream(first.chain(stream::pending())))
            }
            Fault::Garbage => self.json(vec![b'x', 0, 0xff, b'{', b'[', b'"']),
            Fault::Html(status) => Response::builder()
                .status(*status)
                .header(header::CONTENT_TYPE, "text/html")
                .body(Body::from(
                    "<!doctype html><title>Welcome to our Wi-Fi</title>",
                ))
                .expect("headers are plain"),
            Fault::Huge(_) => {
                let part = Bytes::from(vec![b' '; 1024 * 1024]);
                let parts = std::iter::repeat_n(part, 11).map(Ok::<_, std::io::Error>);
                self.json(Body::from_stream(stream::iter(parts)))
            }
            Fault::InvalidUtf8 => {
                let mut body = whole.into_bytes();
                let at = body.windows(3).position(|three| three == b"<p>");
                let at = at.expect("a page with a text") + 3;
                body.splice(at..at, [0xff, 0xc3, 0x28]);
                self.json(body)
            }
        }
    }
}

pub(super) fn error(status: u16, message: &str) -> Response<Body> {
    Response::builder()
        .status(StatusCode::from_u16(status).expect("a status"))
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(Body::from(json!({"error": message}).to_string()))
        .expect("headers are plain")
}
