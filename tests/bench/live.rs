//! How long it takes from the moment at which a source has a post until the journal has it, for every kind of feed that is live:
//! the service itself, over real sockets on loopback, journal durable. `cargo bench --bench live`.

#[path = "../support/mod.rs"]
mod support;

use std::fs::File;
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use buzzwall::clock::{Clock as _, SystemClock};
use buzzwall::config::{Arguments, Config};
use buzzwall::feed::http::choose_tls;
use buzzwall::feed::supervisor::FeedState;
use buzzwall::hub::Subscription;
use buzzwall::wall::Wall;
use buzzwall::wall::frames::Audience;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use support::mastodon_streaming::Streams;
use support::nostr::{keys, signed};
use support::posts::post;
use support::{bluesky, mastodon, misskey, nostr};

/// Posts of each kind, one after the other.
const POSTS: usize = 500;
/// Posts that are not measured, until every connection is warm.
const FIRST: usize = 20;
const TAG: &str = "expert2019";
const TOKEN: &str = "0123456789abcdef";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(measure());
}

/// The sources, each of which takes a post and gives a text by which its frame is known.
struct Sources {
    mastodon: mastodon::Server,
    relay: nostr::Relay,
    misskey: misskey::Server,
    sky: bluesky::Server,
    /// What `cat` prints.
    pipe: Option<File>,
    http: reqwest::Client,
    base: String,
}

/// The kinds, in the order of the table. Another one stands here and in [`Sources::publish`].
const KINDS: [&str; 6] = ["mastodon", "nostr", "misskey", "bluesky", "ingest", "exec"];

impl Sources {
    async fn publish(&mut self, kind: &str, n: usize) -> String {
        let text = format!("{kind} number {n}.");
        let now = SystemClock.now();
        let tagged = format!("{text} #{TAG}");
        match kind {
            "mastodon" => drop(self.mastodon.push(&text, &[TAG], &now.to_string())),
            "nostr" => {
                let tags: &[&[&str]] = &[&["t", TAG]];
                (self.relay).publish(signed(&keys(1), 1, now.as_second(), tags, &tagged));
            }
            "misskey" => drop(self.misskey.push(&tagged, &[TAG], now, &json!({}))),
            "bluesky" => drop(self.sky.publish(&tagged, now)),
            "exec" => {
                let line = post(&format!("exec-{n}"), &text, json!({"created_at": now}));
                let pipe = self.pipe.as_mut().expect("it was opened");
                writeln!(pipe, "{line}").expect("somebody reads");
            }
            _ => {
                let line = post(&format!("ingest-{n}"), &text, json!({"created_at": now}));
                let url = format!("{}/api/v1/walls/bench/posts", self.base);
                let sent = (self
                    .http
                    .post(url)
                    .bearer_auth(TOKEN)
                    .body(line.to_string()))
                .send();
                let answer = sent.await.expect("the service answers");
                assert!(answer.status().is_success(), "{}", answer.status());
            }
        }
        text
    }
}

async fn measure() {
    choose_tls();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|made| made.success()), "no pipe");
    let mastodon = mastodon::Server::start().await;
    mastodon.require_token(TOKEN);
    mastodon.stream_by(Streams::WebSocket);
    let relay = nostr::Relay::start().await;
    let misskey = misskey::Server::start(true).await;
    let sky = bluesky::Server::start().await;
    sky.follow(Arc::new(SystemClock));
    let feeds = [
        format!(
            "kind = \"mastodon\"\nserver = \"{}\"\ntoken = \"{TOKEN}\"",
            mastodon.url()
        ),
        format!("kind = \"nostr\"\nrelays = [\"{}\"]", relay.url()),
        format!("kind = \"misskey\"\nserver = \"{}\"", misskey.url()),
        format!(
            "kind = \"bluesky\"\njetstream = [\"{}\"]\nappview = \"{}\"",
            sky.second_wire(),
            sky.url()
        ),
        format!("kind = \"ingest\"\ntoken = \"{TOKEN}\""),
        "kind = \"exec\"\ncommand = [\"cat\", \"pipe\"]".to_owned(),
    ];
    let feeds = feeds
        .map(|feed| format!("[[walls.feeds]]\n{feed}\ntrends = false\n"))
        .concat();
    let toml = format!("[[walls]]\nid = \"bench\"\nhashtags = [\"{TAG}\"]\n{feeds}");
    let file = folder.path().join("buzzwall.toml");
    std::fs::write(&file, toml).expect("a file can be written");
    let arguments = Arguments {
        config: Some(file),
        data: Some(folder.path().join("data")),
        ..Arguments::default()
    };
    let config = Config::load(&arguments, folder.path()).expect("the configuration is sound");
    let clock = Arc::new(SystemClock);
    let app = buzzwall::app::App::open(&config, "http://127.0.0.1".to_owned(), clock, 1)
        .await
        .expect("the service opens");
    let wall = app
        .service()
        .walls
        .get("bench")
        .expect("it is there")
        .clone();
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let base = format!(
        "http://{}",
        listener.local_addr().expect("it has an address")
    );
    let stop = CancellationToken::new();
    let run = app.run(listener, None, stop.clone());
    let work = async {
        // Opening it waits for the program that reads.
        let opening = tokio::task::spawn_blocking(move || File::options().write(true).open(pipe));
        let mut sources = Sources {
            mastodon,
            relay,
            misskey,
            sky,
            pipe: None,
            http: reqwest::Client::new(),
            base,
        };
        sources.pipe = opening.await.expect("it ends").ok();
        let rows = times(&mut sources, &wall).await;
        stop.cancel();
        rows
    };
    let (rows, ended) = tokio::join!(work, run);
    ended.expect("the service ends in order");
    println!("{POSTS} posts of each, the journal has one after");
    for (kind, mut times) in rows {
        times.sort_unstable();
        let (p50, p99) = (times[POSTS / 2], times[POSTS * 99 / 100]);
        println!("{kind:<10} p50 {p50:>9.3?}   p99 {p99:>9.3?}");
    }
}

async fn times(sources: &mut Sources, wall: &Wall) -> Vec<(&'static str, Vec<Duration>)> {
    let mut told = wall.start(Audience::Staff, Some(0)).rest;
    while (wall.feed_states().iter())
        .filter(|(_, state)| *state == FeedState::Reading)
        .count()
        < KINDS.len() - 1
    {
        told.next().await.expect("the wall goes on");
    }
    let mut rows = Vec::new();
    for kind in KINDS {
        let mut times = Vec::with_capacity(POSTS);
        for n in 0..FIRST + POSTS {
            let began = Instant::now();
            let text = sources.publish(kind, n).await;
            until_told(&mut told, &text).await;
            times.push(began.elapsed());
        }
        rows.push((kind, times.split_off(FIRST)));
    }
    rows
}

/// Staff are told of a post once it is stored.
async fn until_told(told: &mut Subscription, text: &str) {
    let waiting = async {
        loop {
            let message = told.next().await.expect("nobody is behind");
            if message.text.contains(text) {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    waited.unwrap_or_else(|_| panic!("{text} does not come"));
}
