//! From a feed's bytes to the frame, journal durable: statuses a second, and how often that is the bare cost of parsing the
//! same JSON. `cargo bench --bench intake`; pin it with `taskset -c 0` for one core.
//!
//! Statuses are the recorded ones where they are at hand (`BUZZWALL_DATA`, else `../shared/data`), else invented ones of the same
//! make; each gets an id and an author's number of its own, so that none is a repeat.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use buzzwall::clock::SystemClock;
use buzzwall::feed::mastodon::convert::statuses;
use buzzwall::journal::SqliteJournal;
use buzzwall::wall::arrivals::Bringer;
use buzzwall::wall::task::{self, Opening};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Statuses in one run.
const STATUSES: usize = 40_000;
/// Statuses of one page, as a server sends them.
const PAGE: usize = 40;
/// Runs; the median counts.
const RUNS: usize = 5;

fn main() {
    let (pages, origin) = pages();
    let bytes: usize = pages.iter().map(Vec::len).sum();
    println!(
        "{STATUSES} {origin} statuses in pages of {PAGE}, {} bytes each",
        bytes / STATUSES
    );
    let mut rows = Vec::new();
    for _ in 0..RUNS {
        let parse = parse_only(&pages);
        let whole = to_frame(&pages);
        rows.push((parse, whole));
    }
    rows.sort_by_key(|row| row.1);
    let (parse, whole) = rows[RUNS / 2];
    let rate = |took: Duration| STATUSES as f64 / took.as_secs_f64();
    println!(
        "bare parsing to a JSON value   {:>9.0} statuses/s",
        rate(parse)
    );
    println!(
        "bytes to frame, stored         {:>9.0} statuses/s",
        rate(whole)
    );
    println!(
        "ratio to bare parsing          {:>9.2}",
        whole.as_secs_f64() / parse.as_secs_f64()
    );
}

fn parse_only(pages: &[Vec<u8>]) -> Duration {
    let start = Instant::now();
    for page in pages {
        let value: Value = serde_json::from_slice(page).expect("the pages are JSON");
        std::hint::black_box(value);
    }
    start.elapsed()
}

fn to_frame(pages: &[Vec<u8>]) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        let opening = Opening {
            id: "bench".to_owned(),
            journal: Arc::new(
                SqliteJournal::open(&folder.path().join("bench.db")).expect("the journal opens"),
            ),
            settings: json!({ "moderation": { "block_words": ["idiot", "spam", "buy now"] } })
                .as_object()
                .cloned(),
            read_list: Box::new(|_| Ok(Vec::new())),
            clock: Arc::new(SystemClock),
            briefs: std::collections::HashMap::new(),
            picture_key: None,
        };
        let (wall, task) = task::open(opening).await.expect("the wall opens");
        let stop = CancellationToken::new();
        let work = async {
            let start = Instant::now();
            // Up to sixteen pages are under way at a time, as many feeds would have it: one is read while another is stored.
            let offers = futures_util::stream::iter(pages).map(|page| {
                let read = statuses(page, "example.org").expect("the pages are readable");
                let items = read.into_iter().map(|read| read.item).collect();
                wall.offer(wall.prepare(None, items), Bringer::default())
            });
            let mut outcomes = offers.buffered(16);
            while let Some(outcome) = outcomes.next().await {
                outcome.expect("the disk takes it");
            }
            let took = start.elapsed();
            let figures = wall.read().tallies.figures();
            assert!(
                figures.posts >= STATUSES as u64 / 2,
                "only {} posts were taken",
                figures.posts
            );
            assert!(
                wall.start(buzzwall::wall::frames::Audience::Public, None)
                    .text
                    .len()
                    > 10_000
            );
            stop.cancel();
            took
        };
        let (took, ended) = tokio::join!(work, task.run(stop.clone()));
        ended.expect("the wall goes on to the end");
        took
    })
}

fn pages() -> (Vec<Vec<u8>>, &'static str) {
    let (templates, origin) = recorded().map_or_else(
        || (vec![invented()], "invented"),
        |found| (found, "recorded"),
    );
    let statuses: Vec<Value> = (0..STATUSES)
        .map(|n| {
            let mut status = templates[n % templates.len()].clone();
            status["id"] = json!(n.to_string());
            let uri = format!("https://example.org/users/{}/statuses/{n}", n % 5_000);
            status["uri"] = json!(uri);
            status["account"]["uri"] = json!(format!("https://example.org/users/{}", n % 5_000));
            status["account"]["url"] = json!(format!("https://example.org/@{}", n % 5_000));
            status
        })
        .collect();
    let pages = statuses
        .chunks(PAGE)
        .map(|page| serde_json::to_vec(page).expect("values can be written"))
        .collect();
    (pages, origin)
}

fn recorded() -> Option<Vec<Value>> {
    let root = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let text =
        std::fs::read(root.join("mastodon/rtoot/tag_ichbinhanna_4pages_mastodon.social.json"))
            .ok()?;
    let exchanges: Vec<Value> = serde_json::from_slice(&text).ok()?;
    Some(
        exchanges
            .into_iter()
            .filter_map(|exchange| exchange["body"].as_array().cloned())
            .flatten()
            .collect(),
    )
}

fn invented() -> Value {
    json!({
        "id": "1", "created_at": "2024-05-01T10:00:00.000Z", "visibility": "public", "language": "en", "sensitive": false,
        "spoiler_text": "", "content": "<p>".to_owned() + &"Some words about <a href=\"https://example.org/tags/rust\" class=\"mention hashtag\" rel=\"tag\">#<span>rust</span></a> and more. ".repeat(4) + "</p>",
        "account": {"id": "1", "username": "ada", "acct": "ada", "display_name": "Ada", "note": "<p>About me</p>".repeat(20),
            "avatar": "https://example.org/a.png", "created_at": "2020-01-01T00:00:00.000Z", "followers_count": 12},
        "tags": [{"name": "rust", "url": "https://example.org/tags/rust"}], "media_attachments": [], "mentions": [], "emojis": [],
        "replies_count": 0, "reblogs_count": 0, "favourites_count": 0,
    })
}
