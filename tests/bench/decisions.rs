//! How long it takes from a moderator's click until the last wall has let go of the post and every other console knows, over
//! real sockets on loopback, journal durable, while posts come. `cargo bench --bench decisions`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use buzzwall::clock::{Clock as _, SystemClock};
use buzzwall::config::{Arguments, Config};
use buzzwall::feed::Item;
use buzzwall::people::Role;
use buzzwall::wall::Wall;
use buzzwall::wall::arrivals::Bringer;
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_util::sync::CancellationToken;

/// Decisions, one after the other.
const DECISIONS: usize = 500;
/// Open walls.
const WALLS: usize = 50;
/// Open consoles.
const CONSOLES: usize = 10;
/// Posts a second.
const RATE: u64 = 20;
/// What pages may have told and nobody has read yet.
const TOLD: usize = 100_000;
/// Between two decisions.
const EVERY: Duration = Duration::from_millis(100);

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
    let base = "http://127.0.0.1".to_owned();
    let app = buzzwall::app::App::open(&config, base, Arc::new(SystemClock), 1)
        .await
        .expect("the service opens");
    let wall = app
        .service()
        .walls
        .get("bench")
        .expect("it is there")
        .clone();
    let people = app.service().people.clone();
    let now = SystemClock.now();
    let cookies: Vec<String> = (0..CONSOLES)
        .map(|n| {
            let name = format!("moderator{n}");
            let added = people.add(&name, Role::Moderator, "a long secret", now);
            added.expect("there is room");
            let session = people.sign_in(&name, "a long secret", now);
            let session = session.expect("the password is right");
            format!("buzzwall={}", session.token.as_str())
        })
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let stop = CancellationToken::new();
    let (times, ended) = tokio::join!(
        decide(wall, address, cookies, stop.clone()),
        app.run(listener, None, stop)
    );
    ended.expect("the service ends in order");
    let (mut walls, mut consoles) = times;
    println!("{DECISIONS} hides, {WALLS} walls, {CONSOLES} consoles, {RATE} posts a second");
    for (what, times) in [
        ("last of the walls", &mut walls),
        ("last of the consoles", &mut consoles),
    ] {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!(
            "{what:<22} p50 {:>9.3?}   p99 {:>9.3?}   most {:>9.3?}",
            at(50),
            at(99),
            at(100)
        );
    }
}

/// Every page there is, each of which tells of the removals and decisions it gets.
async fn pages(address: SocketAddr, cookies: &[String], tell: &mpsc::Sender<Told>) -> JoinSet<()> {
    let mut pages = JoinSet::new();
    for n in 0..WALLS + CONSOLES {
        let cookie = n.checked_sub(WALLS).map(|n| &cookies[n]);
        let view = if cookie.is_some() { "?view=staff" } else { "" };
        let url = format!("ws://{address}/api/v1/walls/bench/stream{view}");
        let mut request = url.into_client_request().expect("it is an address");
        if let Some(cookie) = cookie {
            let cookie = cookie.parse().expect("cookies are plain");
            request.headers_mut().insert("cookie", cookie);
        }
        let opened = tokio_tungstenite::connect_async(request).await;
        let (mut stream, _) = opened.expect("the wall answers");
        let first = stream.next().await.expect("a snapshot comes");
        first.expect("it is whole");
        let (tell, staff) = (tell.clone(), cookie.is_some());
        pages.spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Ok(text) = message.to_text() else {
                    continue;
                };
                for line in text.lines() {
                    let wanted = if staff {
                        "\"type\":\"decision\""
                    } else {
                        "\"type\":\"remove\""
                    };
                    if line.contains(wanted) {
                        let told = Told {
                            staff,
                            at: Instant::now(),
                            line: line.to_owned(),
                        };
                        tell.try_send(told).expect("the decider keeps up");
                    }
                }
            }
        });
    }
    pages
}

struct Told {
    staff: bool,
    at: Instant,
    line: String,
}

async fn decide(
    wall: Arc<Wall>,
    address: SocketAddr,
    cookies: Vec<String>,
    stop: CancellationToken,
) -> (Vec<Duration>, Vec<Duration>) {
    let (tell, mut told) = mpsc::channel(TOLD);
    let _pages = pages(address, &cookies, &tell).await;
    let http = reqwest::Client::new();
    let mut posts = JoinSet::new();
    posts.spawn(async move {
        let mut ticks = interval(Duration::from_millis(1_000 / RATE));
        for n in 0_u64.. {
            ticks.tick().await;
            bring(&wall, n).await;
        }
    });
    let (mut walls, mut consoles) = (Vec::new(), Vec::new());
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // A start's worth of posts.
    tokio::time::sleep(Duration::from_secs(1)).await;
    for n in 0..DECISIONS {
        ticks.tick().await;
        let id = format!("demo:{n}");
        let body = json!({"action": "hide", "posts": [&id]});
        let start = Instant::now();
        let asked = http
            .post(format!("http://{address}/api/v1/walls/bench/decisions"))
            .header("cookie", &cookies[n % CONSOLES])
            .json(&body)
            .send();
        let answer = asked.await.expect("it answers");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
        let (mut left, mut last) = ([WALLS, CONSOLES], [start; 2]);
        let needle = format!("\"{id}\"");
        while left != [0, 0] {
            let told = told.recv().await.expect("pages tell");
            if told.line.contains(&needle) {
                let kind = usize::from(told.staff);
                left[kind] -= 1;
                last[kind] = told.at;
            }
        }
        walls.push(last[0].duration_since(start));
        consoles.push(last[1].duration_since(start));
    }
    posts.shutdown().await;
    stop.cancel();
    (walls, consoles)
}

async fn bring(wall: &Wall, n: u64) {
    let post = json!({
        "id": format!("demo:{n}"), "source": "demo", "text": format!("Post number {n} #bench"), "hashtags": ["bench"],
        "created_at": "2024-05-01T10:00:00Z", "author": {"id": format!("demo:author{}", n % 50), "handle": "@a@example.org"},
    });
    let post = serde_json::from_value(post).expect("it is a post");
    let prepared = wall.prepare(None, vec![Item::Post(Box::new(post))]);
    let taken = wall.offer(prepared, Bringer::default()).await;
    taken.expect("the disk takes it");
}
