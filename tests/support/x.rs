//! A server on a loopback port that speaks recent search, counts and lookup of X's API v2, counts what it would charge, and
//! fails in any way a test asks for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, Uri, header};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// The token that it takes.
pub const TOKEN: &str = "AAAA%2Ftoken";
/// When X began to count milliseconds in its ids.
const EPOCH_MS: i64 = 1_288_834_974_657;

/// How the server fails.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status with this problem.
    Problem(u16, Value),
    /// 429 with the end of the window.
    RateLimited(Timestamp),
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body never ends.
    Slow,
    /// 200 and no JSON.
    Garbage,
}

/// The server; it ends when this is dropped.
pub struct Server {
    url: String,
    world: Arc<Mutex<World>>,
    _tasks: JoinSet<()>,
}

struct World {
    /// Oldest first.
    tweets: Vec<Value>,
    /// What `next_token`s stand for: a page ends before this id.
    tokens: HashMap<String, i64>,
    last_id: i64,
    /// The oldest that can be searched.
    oldest: i64,
    counted: Value,
    fault: Option<Fault>,
    /// Ids of posts that were handed out, once each.
    sold: BTreeSet<String>,
    requests: Vec<Request>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub query: HashMap<String, String>,
    /// How many posts the answer brought.
    pub brought: usize,
}

fn snowflake(at: Timestamp) -> i64 {
    (at.as_millisecond() - EPOCH_MS) << 22
}

impl Server {
    /// Starts it without any post.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let world = Arc::new(Mutex::new(World {
            tweets: Vec::new(),
            tokens: HashMap::new(),
            last_id: 0,
            oldest: 0,
            counted: json!([]),
            fault: None,
            sold: BTreeSet::new(),
            requests: Vec::new(),
        }));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&world));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("serving ends with the test");
        });
        Self {
            url: format!("http://{address}"),
            world,
            _tasks: tasks,
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Puts up a post; gives its id.
    pub fn push(&self, text: &str, at: Timestamp) -> String {
        let mut world = self.world.lock();
        let id = world.next_id(at);
        world.tweets.push(tweet(&id, &[&id], text, at));
        id
    }

    /// Edits a post, which makes another version under another id. `first` is the id of the first.
    pub fn edit(&self, first: &str, text: &str, at: Timestamp) {
        let mut world = self.world.lock();
        let id = world.next_id(at);
        world
            .tweets
            .retain(|tweet| tweet["edit_history_tweet_ids"][0] != first);
        world.tweets.push(tweet(&id, &[first, &id], text, at));
    }

    /// Deletes a post with all its versions.
    pub fn delete(&self, first: &str) {
        let mut world = self.world.lock();
        world
            .tweets
            .retain(|tweet| tweet["edit_history_tweet_ids"][0] != first);
    }

    /// What is older can be searched no more.
    pub fn forget_before(&self, at: Timestamp) {
        self.world.lock().oldest = snowflake(at);
    }

    /// What counts answer.
    pub fn count(&self, buckets: Value) {
        self.world.lock().counted = buckets;
    }

    /// Fails so from now on.
    pub fn fail(&self, fault: Fault) {
        self.world.lock().fault = Some(fault);
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.world.lock().fault = None;
    }

    /// Page tokens are not taken any more.
    pub fn lose_places(&self) {
        self.world.lock().tokens.clear();
    }

    /// How many posts were handed out, each counted once.
    pub fn sold(&self) -> usize {
        self.world.lock().sold.len()
    }

    /// The requests since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.world.lock().requests)
    }
}

fn tweet(id: &str, history: &[&str], text: &str, at: Timestamp) -> Value {
    let chars: Vec<char> = text.chars().collect();
    let mut hashtags = Vec::new();
    for (start, _) in chars.iter().enumerate().filter(|(_, c)| **c == '#') {
        let tag: String = chars[start + 1..]
            .iter()
            .take_while(|c| c.is_alphanumeric())
            .collect();
        let end = start + 1 + tag.chars().count();
        hashtags.push(json!({"start": start, "end": end, "tag": tag}));
    }
    json!({"id": id, "edit_history_tweet_ids": history, "author_id": "7", "text": text, "lang": "en",
        "created_at": at.to_string(), "entities": {"hashtags": hashtags}})
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let mut world = world.lock();
    let query: HashMap<String, String> =
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let path = uri.path().to_owned();
    world.requests.push(Request {
        path: path.clone(),
        query: query.clone(),
        brought: 0,
    });
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if bearer != Some(&format!("Bearer {TOKEN}")) {
        return problem(
            401,
            &json!({"title": "Unauthorized", "detail": "Unauthorized", "type": "about:blank"}),
        );
    }
    if let Some(fault) = world.fault.clone() {
        return broken(&fault);
    }
    let body = match path.as_str() {
        "/2/tweets/search/recent" => world.search(&query),
        "/2/tweets/counts/recent" => Ok(json!({"data": world.counted, "meta": {}})),
        "/2/tweets" => world.look_up(&query),
        _ => return problem(404, &json!({})),
    };
    match body {
        Ok(body) => {
            let data = body["data"].as_array().into_iter().flatten();
            let ids: Vec<String> = data
                .filter_map(|tweet| Some(tweet["id"].as_str()?.to_owned()))
                .collect();
            if let Some(request) = world.requests.last_mut() {
                request.brought = ids.len();
            }
            world.sold.extend(ids);
            respond(200, &body)
        }
        Err(wrong) => problem(400, &wrong),
    }
}

fn respond(status: u16, body: &Value) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header("x-rate-limit-limit", "450")
        .header("x-rate-limit-remaining", "449")
        .header("x-rate-limit-reset", "1573031700")
        .body(Body::from(body.to_string()))
        .expect("headers are plain")
}

fn problem(status: u16, body: &Value) -> Response<Body> {
    respond(status, body)
}

fn invalid(parameter: &str, value: &str) -> Value {
    json!({
        "errors": [{"parameters": {parameter: [value]}, "message": format!("'{parameter}' must be another")}],
        "title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.x.com/2/problems/invalid-request",
    })
}

fn broken(fault: &Fault) -> Response<Body> {
    let half = Bytes::from_static(b"{\"data\": [{\"id\": \"1");
    let with = |body: Body| {
        Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .expect("headers are plain")
    };
    match fault {
        Fault::Problem(status, body) => problem(*status, body),
        Fault::RateLimited(reset) => Response::builder()
            .status(429)
            .header("x-rate-limit-reset", reset.as_second().to_string())
            .body(Body::from(
                json!({"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}).to_string(),
            ))
            .expect("headers are plain"),
        Fault::Cut => {
            let parts = [Ok(half), Err(std::io::Error::other("cut on purpose"))];
            with(Body::from_stream(stream::iter(parts)))
        }
        Fault::Slow => {
            let first = stream::iter([Ok::<_, std::io::Error>(half)]);
            with(Body::from_stream(first.chain(stream::pending())))
        }
        Fault::Garbage => with(Body::from(vec![b'x', 0, 0xff, b'{'])),
    }
}

impl World {
    fn next_id(&mut self, at: Timestamp) -> String {
        self.last_id = snowflake(at).max(self.last_id + 1);
        self.last_id.to_string()
    }

    fn search(&mut self, query: &HashMap<String, String>) -> Result<Value, Value> {
        let number = |name: &str| query.get(name).map(|text| text.parse::<i64>());
        let since = match number("since_id") {
            Some(Ok(since)) if since >= self.oldest => Some(since),
            Some(_) => return Err(invalid("since_id", &query["since_id"])),
            None => None,
        };
        let start = query.get("start_time").map(|text| {
            let start: Timestamp = text.parse().expect("a time");
            assert!(text.len() == "2019-11-06T09:00:00Z".len(), "{text}");
            snowflake(start)
        });
        if start.is_some_and(|start| start < self.oldest) {
            return Err(invalid("start_time", &query["start_time"]));
        }
        assert!(since.is_none() || start.is_none(), "one or the other");
        let most = number("max_results").and_then(Result::ok).unwrap_or(10);
        if !(10..=100).contains(&most) {
            return Err(invalid("max_results", &most.to_string()));
        }
        let before = match query.get("next_token") {
            Some(token) => match self.tokens.get(token) {
                Some(before) => *before,
                None => return Err(invalid("next_token", token)),
            },
            None => i64::MAX,
        };
        let id = |tweet: &Value| {
            tweet["id"]
                .as_str()
                .and_then(|id| id.parse::<i64>().ok())
                .expect("a number")
        };
        let after = since
            .or(start.map(|start| start - 1))
            .unwrap_or(self.oldest);
        let found: Vec<&Value> = self
            .tweets
            .iter()
            .rev()
            .filter(|tweet| (after + 1..before).contains(&id(tweet)))
            .collect();
        let most = usize::try_from(most).expect("it is positive");
        let page = &found[..found.len().min(most)];
        let mut meta = json!({"result_count": page.len()});
        if let (Some(first), Some(last)) = (page.first(), page.last()) {
            meta["newest_id"] = first["id"].clone();
            meta["oldest_id"] = last["id"].clone();
            if found.len() > page.len() {
                let token = format!("b26v89c19zqg8o3{}", id(last));
                self.tokens.insert(token.clone(), id(last));
                meta["next_token"] = json!(token);
            }
        }
        if page.is_empty() {
            return Ok(json!({"meta": meta}));
        }
        Ok(
            json!({"data": page, "meta": meta, "includes": {"users": [{"id": "7", "username": "ada", "name": "Ada"}]},
            "errors": [{"resource_type": "user", "resource_id": "gone", "title": "Forbidden",
                "type": "https://api.x.com/2/problems/resource-not-found"}]}),
        )
    }

    fn look_up(&self, query: &HashMap<String, String>) -> Result<Value, Value> {
        let ids: Vec<&str> = query["ids"].split(',').collect();
        if ids.len() > 100 {
            return Err(invalid("ids", &query["ids"]));
        }
        let version = |id: &str| {
            self.tweets.iter().find(|tweet| {
                tweet["edit_history_tweet_ids"]
                    .as_array()
                    .is_some_and(|history| history.contains(&json!(id)))
            })
        };
        let data: Vec<&Value> = ids.iter().filter_map(|id| version(id)).collect();
        let errors: Vec<Value> = ids
            .iter()
            .filter(|id| version(id).is_none())
            .map(|id| {
                json!({"resource_type": "tweet", "resource_id": id, "title": "Not Found Error",
                    "type": "https://api.x.com/2/problems/resource-not-found"})
            })
            .collect();
        Ok(json!({"data": data, "errors": errors}))
    }
}
