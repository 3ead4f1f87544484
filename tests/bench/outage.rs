//! A day without a server on which a hashtag is busy: how long it takes until the 100,000 posts of that day are here at the pace
//! that the server's limits allow, how late new posts are meanwhile, and what it takes of memory. `cargo bench --bench outage`.
//!
//! The clock is simulated: it goes on with each request and with each wait, so that hours take seconds. The feed, the requests,
//! the wall and its journal are real.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use buzzwall::clock::{Clock as _, ManualClock};
use buzzwall::feed::{
    Cursor, FeedContext, FeedError, FeedName, FeedSettings, Item, Next, Page, Wanted, http,
};
use buzzwall::journal::SqliteJournal;
use buzzwall::text::{Query, Tag};
use buzzwall::wall::Wall;
use buzzwall::wall::task::{self, Opening};
use jiff::Timestamp;
use parking_lot::Mutex;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const START: &str = "2024-05-01T10:00:00Z";
/// One post in so many milliseconds: 100,000 a day, and on.
const STEP: i64 = 864;
/// How long the server is away.
const AWAY: Duration = Duration::from_hours(24);
/// How long a request takes.
const REQUEST: Duration = Duration::from_millis(200);
/// Between two tries while it is away: the longest that the supervisor waits.
const BACKOFF: Duration = Duration::from_mins(5);
/// Requests in five minutes, and those with a cursor in fifteen, as Mastodon limits them.
const LIMIT: u32 = 300;
/// Before the ids of posts.
const IDS: i64 = 100_000_000_000_000;

/// Mastodon, with as many posts as its clock says.
struct Server {
    clock: Arc<ManualClock>,
    start: Timestamp,
    /// Requests by window.
    windows: Mutex<HashMap<(&'static str, i64), u32>>,
    counted: Mutex<Counted>,
}

#[derive(Debug, Default, Clone)]
struct Counted {
    requests: u32,
    /// Those that look again at posts that are here.
    again: u32,
    refused: u32,
    away: bool,
}

impl Server {
    /// Number of the newest post.
    fn newest(&self) -> i64 {
        let passed = self.clock.now().duration_since(self.start).as_millis();
        i64::try_from(passed).expect("not so long") / STEP
    }

    fn status(&self, n: i64) -> Value {
        let at = self.start + Duration::from_millis(u64::try_from(n * STEP).expect("after it"));
        let who = format!("https://example.org/users/{}", n % 5_000);
        json!({
            "id": (IDS + n).to_string(), "created_at": at.to_string(), "visibility": "public", "language": "en",
            "uri": format!("{who}/statuses/{n}"), "url": format!("{who}/statuses/{n}"), "sensitive": false, "spoiler_text": "",
            "content": format!("<p>Post number {n} of a busy day, with some words in it. <a href=\"https://example.org/tags/bench\" class=\"mention hashtag\" rel=\"tag\">#<span>bench</span></a></p>"),
            "account": {"id": (n % 5_000).to_string(), "username": "ada", "acct": "ada", "display_name": "Ada", "uri": who, "url": who,
                "note": "<p>About me</p>", "avatar": "https://example.org/a.png"},
            "tags": [{"name": "bench", "url": "https://example.org/tags/bench"}], "media_attachments": [], "emojis": [],
        })
    }

    /// What is said of the limit with every answer.
    fn rate(&self) -> [(&'static str, String); 3] {
        let window = self.clock.now().as_second() / 300;
        let made = self.windows.lock().get(&("all", window)).copied();
        let end = Timestamp::from_second((window + 1) * 300).expect("a time");
        [
            ("x-ratelimit-limit", LIMIT.to_string()),
            (
                "x-ratelimit-remaining",
                LIMIT.saturating_sub(made.unwrap_or(0)).to_string(),
            ),
            ("x-ratelimit-reset", end.to_string()),
        ]
    }

    /// Counts a request; when its window ends, where that is full.
    fn limited(&self, kind: &'static str, seconds: i64) -> Option<Timestamp> {
        let now = self.clock.now().as_second();
        let mut windows = self.windows.lock();
        let made = windows.entry((kind, now / seconds)).or_default();
        *made += 1;
        let end = Timestamp::from_second((now / seconds + 1) * seconds).expect("a time");
        (*made > LIMIT).then_some(end)
    }
}

async fn answer(
    State(server): State<Arc<Server>>,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> Response {
    server.clock.advance(REQUEST);
    {
        let mut counted = server.counted.lock();
        if counted.away {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        counted.requests += 1;
    }
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let number = |name: &str| {
        let (_, value) = query.iter().find(|(key, _)| key == name)?;
        Some(value.parse::<i64>().expect("a number") - IDS)
    };
    let (min, max) = (number("min_id"), number("max_id"));
    let full = server.limited("all", 300);
    let full = if min.is_some() || max.is_some() {
        full.max(server.limited("paging", 900))
    } else {
        full
    };
    if let Some(end) = full {
        server.counted.lock().refused += 1;
        let reset = [("x-ratelimit-reset", end.to_string())];
        return (
            StatusCode::TOO_MANY_REQUESTS,
            reset,
            "{\"error\":\"Too many requests\"}",
        )
            .into_response();
    }
    let newest = server.newest();
    let rate = server.rate();
    let page = |numbers: Vec<i64>| {
        let statuses = numbers.into_iter().rev().map(|n| server.status(n));
        (rate.clone(), axum::Json(Value::Array(statuses.collect()))).into_response()
    };
    if uri.path().starts_with("/api/v1/statuses") {
        server.counted.lock().again += 1;
    }
    match uri.path() {
        "/api/v2/instance" => {
            axum::Json(json!({"domain": "example.org", "version": "4.5.0"})).into_response()
        }
        "/api/v1/timelines/tag/bench" => match (min, max) {
            (Some(min), _) => page((min + 1..=(min + 40).min(newest)).collect()),
            (None, Some(max)) => page(((max - 40).max(0)..max).collect()),
            (None, None) => page(((newest - 39).max(0)..=newest).collect()),
        },
        "/api/v1/statuses" => {
            let ids = query
                .iter()
                .filter_map(|(_, id)| Some(id.parse::<i64>().ok()? - IDS));
            page(ids.collect())
        }
        path => {
            let id = path
                .rsplit('/')
                .next()
                .and_then(|id| id.parse::<i64>().ok());
            let status = server.status(id.expect("no other path is asked for") - IDS);
            (rate.clone(), axum::Json(status)).into_response()
        }
    }
}

/// The feed and all that came.
struct Reading {
    feed: Box<dyn buzzwall::feed::Feed>,
    name: FeedName,
    cursor: Option<Cursor>,
    wall: Arc<Wall>,
    server: Arc<Server>,
    /// By its number, how long after it was written a post came first, in milliseconds.
    came: HashMap<i64, i64>,
    complete: bool,
}

impl Reading {
    /// Asks once, as the supervisor does.
    async fn step(&mut self) {
        let clock = self.server.clock.clone();
        match self.feed.fetch(self.cursor.as_ref()).await {
            Ok(page) => {
                self.complete |= page.complete_since.is_some();
                let next = page.next;
                self.note(&page);
                self.cursor = page.cursor.clone().or(self.cursor.take());
                self.wall
                    .deliver(&self.name, page)
                    .await
                    .expect("the disk takes it");
                if let Next::After(wait) = next {
                    clock.advance(wait + Duration::from_millis(1));
                }
            }
            Err(FeedError::RateLimited { until }) => {
                clock.advance(until.duration_since(clock.now()).unsigned_abs());
            }
            Err(_) => clock.advance(BACKOFF),
        }
    }

    fn note(&mut self, page: &Page) {
        let now = self.server.clock.now();
        for item in &page.items {
            if let Item::Post(post) = item {
                let number = post
                    .id
                    .as_str()
                    .rsplit('/')
                    .next()
                    .and_then(|n| n.parse().ok());
                let late = now.duration_since(post.created_at).as_millis();
                let late = i64::try_from(late).expect("not so long");
                self.came
                    .entry(number.expect("ids end with it"))
                    .or_insert(late);
            }
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(measure());
}

async fn measure() {
    let start: Timestamp = START.parse().expect("a time");
    let clock = Arc::new(ManualClock::new(start));
    let server = Arc::new(Server {
        clock: clock.clone(),
        start,
        windows: Mutex::default(),
        counted: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let url = format!(
        "http://{}",
        listener.local_addr().expect("it has an address")
    );
    let router = Router::new().fallback(answer).with_state(server.clone());
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let opening = Opening {
        id: "bench".to_owned(),
        journal: Arc::new(SqliteJournal::open(&folder.path().join("bench.db")).expect("it opens")),
        settings: json!({"wall": {"hashtags": ["bench"]}})
            .as_object()
            .cloned(),
        read_list: Box::new(|_| Ok(Vec::new())),
        briefs: HashMap::new(),
        picture_key: None,
        clock: clock.clone(),
    };
    let (wall, task) = task::open(opening).await.expect("a new wall opens");
    let stop = CancellationToken::new();
    let work = async {
        let settings = json!({"kind": "mastodon", "server": url, "backfill": 0});
        let settings: FeedSettings = serde_json::from_value(settings).expect("they are right");
        let wanted = Wanted {
            tags: Query {
                any: vec![Tag::new("bench").expect("a tag")],
                ..Query::default()
            },
            ..Wanted::default()
        };
        let client = http::http_client(&http::agent(None));
        let rng = StdRng::seed_from_u64(1);
        let context = FeedContext::new(wanted, clock.clone(), rng, client);
        let mut reading = Reading {
            feed: settings.build(context).expect("they are right"),
            name: FeedName("mastodon bench".to_owned()),
            cursor: None,
            wall: wall.clone(),
            server: server.clone(),
            came: HashMap::new(),
            complete: false,
        };
        day(&mut reading).await;
        stop.cancel();
    };
    tokio::select! {
        ((), ended) = async { tokio::join!(work, task.run(stop.clone())) } => ended.expect("the wall goes on"),
        closed = axum::serve(listener, router) => closed.expect("serving ends with the bench"),
    }
}

async fn day(reading: &mut Reading) {
    let (server, clock) = (reading.server.clone(), reading.server.clock.clone());
    let until = async |reading: &mut Reading, end: Timestamp| {
        while clock.now() < end {
            reading.step().await;
        }
    };
    until(reading, server.start + Duration::from_mins(10)).await;
    let before = memory("VmRSS");
    server.counted.lock().away = true;
    until(reading, clock.now() + AWAY).await;
    *server.counted.lock() = Counted::default();
    let (back, began) = (clock.now(), Instant::now());
    let missed = server.newest();
    reading.complete = false;
    while !reading.complete {
        reading.step().await;
    }
    let took = clock.now().duration_since(back);
    let real = began.elapsed();
    let all = server.newest();
    // What was written in the last moments may still come.
    let (first, last) = (reading.came.keys().min(), all - 20);
    let first = *first.expect("something came");
    let missing = (first..last)
        .filter(|n| !reading.came.contains_key(n))
        .count();
    let mut late: Vec<i64> = (missed + 1..last)
        .filter_map(|n| reading.came.get(&n).copied())
        .collect();
    late.sort_unstable();
    let counted = server.counted.lock().clone();
    let posts = reading.wall.read().tallies.figures().posts;
    println!(
        "{} posts missed in a day, {} written while they were filled in",
        AWAY.as_millis() / 864,
        all - missed
    );
    println!(
        "filled in after {took:#} by the simulated clock, {real:.1?} in truth; {missing} missing, {posts} counted"
    );
    println!(
        "{} requests, of which {} looked again at posts that are here; {} refused by the limits",
        counted.requests, counted.again, counted.refused
    );
    println!(
        "new posts meanwhile: p50 {:.1} s, p99 {:.1} s, longest {:.1} s after they were written",
        late[late.len() / 2] as f64 / 1000.0,
        late[late.len() * 99 / 100] as f64 / 1000.0,
        late[late.len() - 1] as f64 / 1000.0
    );
    println!(
        "memory: {before:.1} MB before, {:.1} MB at most, the wall's state with all posts in it",
        memory("VmHWM")
    );
}

/// A figure of the process in megabytes, where the system tells.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1000.0
}
