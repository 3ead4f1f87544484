//! How long it takes from a feed yielding a post until an open wall has it, over real sockets on loopback, journal durable.
//! `cargo bench --bench latency`. Beside it the bare round trip of one message through the same socket library.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use buzzwall::clock::SystemClock;
use buzzwall::config::{Arguments, Config};
use buzzwall::feed::Item;
use buzzwall::wall::arrivals::Bringer;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// Posts, one after the other.
const POSTS: usize = 1_000;
/// Open walls.
const WALLS: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let arguments = Arguments {
        data: Some(folder.path().join("data")),
        hashtags: vec!["bench".to_owned()],
        ..Arguments::default()
    };
    let config = Config::load(&arguments, folder.path()).expect("the configuration is sound");
    let app = buzzwall::app::App::open(
        &config,
        "http://127.0.0.1".to_owned(),
        Arc::new(SystemClock),
        1,
    )
    .await
    .expect("the service opens");
    let wall = app
        .service()
        .walls
        .get("bench")
        .expect("the wall is there")
        .clone();
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let stop = CancellationToken::new();
    let run = app.run(listener, None, stop.clone());
    let work = async {
        let mut streams = Vec::new();
        for _ in 0..WALLS {
            let url = format!("ws://{address}/api/v1/walls/bench/stream");
            let (mut stream, _) = tokio_tungstenite::connect_async(url)
                .await
                .expect("the wall answers");
            stream
                .next()
                .await
                .expect("a snapshot comes")
                .expect("it is whole");
            streams.push(stream);
        }
        let mut times = Vec::with_capacity(POSTS);
        for n in 0..POSTS {
            let id = format!("demo:{n}");
            let post = json!({
                "id": id, "source": "demo", "text": format!("Post number {n} #bench"), "hashtags": ["bench"],
                "created_at": "2024-05-01T10:00:00Z", "author": {"id": format!("demo:{}", n % 50), "handle": "@a@example.org"},
            });
            let item = Item::Post(Box::new(
                serde_json::from_value(post).expect("it is a post"),
            ));
            let start = Instant::now();
            wall.offer(wall.prepare(None, vec![item]), Bringer::default())
                .await
                .expect("the disk takes it");
            let needle = format!("\"id\":\"{id}\"");
            for stream in &mut streams {
                loop {
                    let message = stream
                        .next()
                        .await
                        .expect("more comes")
                        .expect("it is whole");
                    if message.to_text().is_ok_and(|text| text.contains(&needle)) {
                        break;
                    }
                }
            }
            times.push(start.elapsed());
        }
        stop.cancel();
        times
    };
    let (mut times, ended) = tokio::join!(work, run);
    ended.expect("the service ends in order");
    let mut bare = round_trips().await;
    let (p50, p99) = percentiles(&mut times);
    let (bare50, bare99) = percentiles(&mut bare);
    println!("{POSTS} posts, the last of {WALLS} walls has it after");
    println!("feed to wall       p50 {p50:>9.3?}   p99 {p99:>9.3?}");
    println!("bare round trip    p50 {bare50:>9.3?}   p99 {bare99:>9.3?}");
    println!(
        "ratio              p50 {:>9.1}   p99 {:>9.1}",
        p50.as_secs_f64() / bare50.as_secs_f64(),
        p99.as_secs_f64() / bare99.as_secs_f64()
    );
}

fn percentiles(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// An echo over a WebSocket on loopback.
#[expect(clippy::disallowed_methods, reason = "the other side of the echo")]
async fn round_trips() -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address: SocketAddr = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("a client comes");
        let mut stream = tokio_tungstenite::accept_async(socket)
            .await
            .expect("it speaks WebSocket");
        while let Some(Ok(message)) = stream.next().await {
            if stream.send(message).await.is_err() {
                break;
            }
        }
    });
    let (mut stream, _) = tokio_tungstenite::connect_async(format!("ws://{address}"))
        .await
        .expect("the echo answers");
    let mut times = Vec::with_capacity(POSTS);
    for _ in 0..POSTS {
        let start = Instant::now();
        stream
            .send(Message::text("x".repeat(700)))
            .await
            .expect("it is taken");
        stream
            .next()
            .await
            .expect("it comes back")
            .expect("it is whole");
        times.push(start.elapsed());
    }
    times
}
