//! How many events of Jetstream a second one core filters, and in how much memory: a process of its own sends recorded events
//! (invented ones where there are none) as fast as they are taken, one in a thousand of them with the hashtag.
//! `cargo bench --bench jetstream`. Beside it, in the same run, what the socket alone costs, and reading every event in full.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::RawQuery;
use axum::routing::get;
use axum::{Json, Router};
use buzzwall::clock::SystemClock;
use buzzwall::feed::{FeedContext, FeedSettings, Item, Wanted, http};
use buzzwall::text::{Query, Tag};
use futures_util::{SinkExt as _, StreamExt as _};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

/// Events sent to each reader.
const EVENTS: usize = 400_000;
/// One in so many has the hashtag.
const MATCHING: usize = 1_000;
/// Which events the sender is to send: set for the process that sends.
const SENDER: &str = "BUZZWALL_BENCH_JETSTREAM";

fn main() {
    let threads = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    match std::env::var(SENDER) {
        Ok(which) => threads.block_on(send(&which)),
        Err(_) => threads.block_on(measure()),
    }
}

async fn measure() {
    println!(
        "{EVENTS} events to each reader, one in {MATCHING} with the hashtag; one thread reads"
    );
    for which in ["posts", "all"] {
        let sender = Sender::start(which);
        let socket = sender.drain(|_| {}).await;
        let whole = sender
            .drain(|text| {
                std::hint::black_box(serde_json::from_str::<Value>(text).is_ok());
            })
            .await;
        let feed = sender.filter().await;
        let name = if which == "posts" {
            "posts alone, as the feed asks for them"
        } else {
            "events of all kinds"
        };
        println!("{name}:");
        for (what, cost) in [
            ("the socket alone", socket),
            ("each event read in full", whole),
            ("the feed", feed),
        ] {
            println!(
                "  {what:<24} {:>9.0} events/s of one core, {:>9.0} events/s as it went, {:.2} times the socket",
                per_second(cost.cpu),
                per_second(cost.wall),
                cost.cpu.as_secs_f64() / socket.cpu.as_secs_f64(),
            );
        }
    }
    println!("most memory ever resident: {} MB", peak_memory() / 1024);
}

fn per_second(time: Duration) -> f64 {
    EVENTS as f64 / time.as_secs_f64()
}

#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// The process that sends.
struct Sender {
    process: std::process::Child,
    stream: String,
    appview: String,
}

impl Sender {
    fn start(which: &str) -> Self {
        let program = std::env::current_exe().expect("the program has a path");
        let mut process = Command::new(program)
            .env(SENDER, which)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sender starts");
        let output = process.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let mut line = || lines.next().expect("it says where").expect("in text");
        Self {
            stream: line(),
            appview: line(),
            process,
        }
    }

    async fn drain(&self, mut each: impl FnMut(&str)) -> Cost {
        let (mut socket, _) =
            tokio_tungstenite::connect_async(format!("{}/subscribe", self.stream))
                .await
                .expect("the sender answers");
        let begun = (Instant::now(), cpu());
        for _ in 0..EVENTS {
            match socket.next().await {
                Some(Ok(Message::Text(text))) => each(&text),
                other => panic!("an event, not {other:?}"),
            }
        }
        cost(begun)
    }

    async fn filter(&self) -> Cost {
        let settings = json!({"kind": "bluesky", "jetstream": [format!("{}/subscribe", self.stream)],
            "appview": self.appview, "backfill": 0});
        let settings: FeedSettings = serde_json::from_value(settings).expect("they are right");
        let wanted = Wanted {
            tags: Query {
                any: vec![Tag::new("buzzbench").expect("a tag")],
                ..Query::default()
            },
            ..Wanted::default()
        };
        let client = http::http_client(&http::agent(None));
        let context = FeedContext::new(
            wanted,
            Arc::new(SystemClock),
            StdRng::seed_from_u64(1),
            client,
        );
        let mut feed = settings.build(context).expect("the settings are right");
        let begun = (Instant::now(), cpu());
        let (mut posts, mut cursor) = (0, None);
        while posts < EVENTS / MATCHING {
            let page = feed.fetch(cursor.as_ref()).await.expect("it is read");
            posts += page
                .items
                .iter()
                .filter(|item| matches!(item, Item::Post(_)))
                .count();
            cursor = page.cursor.or(cursor);
        }
        assert_eq!(posts, EVENTS / MATCHING);
        cost(begun)
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.process.kill().expect("it can be stopped");
        self.process.wait().expect("it stops");
    }
}

fn cost(begun: (Instant, Duration)) -> Cost {
    Cost {
        wall: begun.0.elapsed(),
        cpu: cpu().saturating_sub(begun.1),
    }
}

/// Processor time of this process, in hundredths of a second (`proc_pid_stat(5)`).
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let after_name = stat.rsplit(')').next().expect("the name ends");
    let ticks = |at: usize| -> u64 {
        let field = after_name
            .split_whitespace()
            .nth(at)
            .expect("it has the field");
        field.parse().expect("a number")
    };
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// In KB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .expect("it is told");
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

/// The events, as JSON without the time, which stands before them.
fn events(which: &str) -> Vec<String> {
    let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        Into::into,
    );
    let recorded =
        std::fs::read_to_string(folder.join("bluesky/jetstream/v1_events_2026-07-04.jsonl"));
    let recorded = recorded.unwrap_or_else(|_| {
        eprintln!("no recorded events: one is invented");
        json!({"did": "did:plc:a", "time_us": 1, "kind": "commit", "commit": {"rev": "1", "operation": "create",
            "collection": "app.bsky.feed.post", "rkey": "1", "cid": "x", "record": {"$type": "app.bsky.feed.post",
            "createdAt": "2026-07-04T14:38:08Z", "langs": ["en"], "text": "word ".repeat(40)}}})
        .to_string()
    });
    let kept = recorded.lines().filter(|line| {
        which == "all"
            || line.contains(r#""collection":"app.bsky.feed.post""#)
            || !line.contains("\"commit\"")
    });
    kept.map(str::to_owned).collect()
}

/// Sends to whoever connects, and answers as an `AppView`.
async fn send(which: &str) {
    let streams = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let appview = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = |listener: &TcpListener| listener.local_addr().expect("it is bound");
    println!("ws://{}\nhttp://{}", address(&streams), address(&appview));
    std::io::stdout().flush().expect("the pipe is open");
    let router = Router::new()
        .route("/xrpc/app.bsky.feed.getPosts", get(posts))
        .route("/xrpc/app.bsky.actor.getProfiles", get(profiles));
    let answering = async { axum::serve(appview, router).await.expect("it serves") };
    let sending = async {
        let events = events(which);
        loop {
            let (stream, _) = streams.accept().await.expect("loopback accepts");
            stream.set_nodelay(true).expect("it can be set");
            let mut socket = tokio_tungstenite::accept_async(stream)
                .await
                .expect("a WebSocket");
            for n in 0..EVENTS {
                let message = if n % MATCHING == MATCHING - 1 {
                    matching(n)
                } else {
                    events[n % events.len()].clone()
                };
                if socket.feed(Message::text(message)).await.is_err() {
                    break;
                }
            }
            // Whoever has read enough is gone.
            let flushed = socket.flush().await;
            drop((flushed, socket));
        }
    };
    tokio::select! {
        () = answering => {}
        () = sending => {}
    }
}

fn record(n: &str) -> Value {
    json!({"$type": "app.bsky.feed.post", "createdAt": "2026-07-04T14:38:08Z", "text": format!("number {n} #BuzzBench")})
}

fn matching(n: usize) -> String {
    json!({"did": "did:plc:bench", "time_us": 1_783_175_888_085_434_u64, "kind": "commit", "commit": {"rev": "1",
        "operation": "create", "collection": "app.bsky.feed.post", "rkey": n.to_string(), "cid": "x", "record": record(&n.to_string())}})
    .to_string()
}

/// The values of a query's parameter.
fn asked(query: Option<String>, name: &str) -> Vec<String> {
    let query = query.unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let values = pairs.filter(|(key, _)| *key == name);
    values
        .map(|(_, value)| value.replace("%3A", ":").replace("%2F", "/"))
        .collect()
}

async fn posts(RawQuery(query): RawQuery) -> Json<Value> {
    let view = |uri: String| {
        let n = uri.rsplit('/').next().unwrap_or_default();
        json!({"uri": uri, "cid": "x", "record": record(n), "indexedAt": "2026-07-04T14:38:09Z",
            "author": {"did": "did:plc:bench", "handle": "bench.example", "labels": []}})
    };
    let views: Vec<Value> = asked(query, "uris").into_iter().map(view).collect();
    Json(json!({"posts": views}))
}

async fn profiles(RawQuery(query): RawQuery) -> Json<Value> {
    let view = |did: String| json!({"did": did, "handle": "bench.example"});
    let views: Vec<Value> = asked(query, "actors").into_iter().map(view).collect();
    Json(json!({"profiles": views}))
}
