//! What a bad network does to feeds: over HTTP and over WebSockets, in words, and to no other feed.

use std::time::Duration;

use buzzwall::feed::FeedError;
use buzzwall::feed::socket::{Opening, Socket};
use serde_json::json;
use url::Url;

use super::ingest::feed_until;
use super::support::binary::Place;
use super::support::host::{Host, Port, bomb, nobody, page, typed};
use super::support::mastodon::Server;

/// Every way in which a server is bad: its address, the cells of its row in `check`, and words that are said of it.
async fn bad() -> (
    Vec<Host>,
    Vec<(String, &'static str, &'static [&'static str])>,
) {
    let unknown = Host::new(Port::Tls(&["127.0.0.1"])).await;
    let circle = Host::new(Port::Circle).await;
    let closes = Host::new(Port::Closes).await;
    let html = Host::says(typed(
        200,
        "text/html",
        "<!doctype html><title>Welcome</title>",
    ))
    .await;
    let wants_token = Host::says(page(
        401,
        r#"{"error":"This method requires an authenticated user"}"#,
    ))
    .await;
    let limited = Host::says(page(429, r#"{"error":"Too many requests"}"#)).await;
    let garbage = Host::says(&b"\x00\x01garbage\r\n\r\n"[..]).await;
    let no_json = Host::says(page(200, "[{\"id\":")).await;
    let down = Host::says(page(503, "")).await;
    let mut cases = vec![
        (
            format!("http://{}", nobody().await),
            "no -",
            &["cannot reach", "nobody listens"][..],
        ),
        (
            "https://wall.invalid".to_owned(),
            "no -",
            &["the name wall.invalid is not known", "spelt"],
        ),
        (
            unknown.url("https"),
            "no -",
            &["nobody whom this machine trusts", "self-signed", "browser"],
        ),
        (
            circle.url("http"),
            "yes -",
            &["sends on", "in a circle", "write the address"],
        ),
        (closes.url("https"), "no -", &["cannot reach"]),
        (
            down.url("https"),
            "no -",
            &["does not speak TLS", "http://127.0.0.1"],
        ),
        (html.url("http"), "yes -", &[]),
        (wants_token.url("http"), "yes no", &["token"]),
        (limited.url("http"), "yes -", &["rate limited"]),
        (garbage.url("http"), "yes -", &["no proper answer"]),
        (no_json.url("http"), "yes -", &[]),
        (down.url("http"), "yes -", &["503"]),
    ];
    let mut hosts = vec![
        unknown,
        circle,
        closes,
        html,
        wants_token,
        limited,
        garbage,
        no_json,
        down,
    ];
    if let Some(bomb) = bomb() {
        let bomb = Host::says(bomb).await;
        cases.push((bomb.url("http"), "yes -", &[]));
        hosts.push(bomb);
    } else {
        eprintln!("skipped: no gzip here");
    }
    (hosts, cases)
}

fn wall_with(urls: impl Iterator<Item = String>) -> String {
    let feeds =
        urls.map(|url| format!("[[walls.feeds]]\nkind = \"mastodon\"\nserver = \"{url}\"\n"));
    format!(
        "[[walls]]\nid = \"w\"\nhashtags = [\"expert2019\"]\n{}",
        feeds.collect::<String>()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_feeds_say_so_to_staff_and_disturb_no_other() {
    let (_hosts, cases) = bad().await;
    let good = Server::start().await;
    let urls = cases.iter().map(|(url, _, _)| url.clone());
    let toml = wall_with(urls.chain([good.url()])).replace(
        &format!("server = \"{}\"", good.url()),
        &format!("server = \"{}\"\ninterval = \"100ms\"", good.url()),
    );
    let place = Place::configured(&toml.replace("id = \"w\"", "id = \"expert2019\""));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    for (url, cells, says) in &cases {
        let name = format!("mastodon {url}");
        let told = feed_until(&operator, &name, |feed| feed["last_error"].is_string()).await;
        let expected = match *cells {
            "yes no" => json!("unauthorised"),
            _ if says.contains(&"rate limited") => json!("rate_limited"),
            _ => json!("failing"),
        };
        assert!(
            told["state"] == expected || told["state"] == "stopped",
            "{told}"
        );
        assert!(told["failures"].as_u64() > Some(0), "{told}");
        let said = told["last_error"].as_str().expect("words");
        for word in *says {
            assert!(said.contains(word), "{url}: {said}");
        }
    }
    for n in 0..3 {
        good.push(
            &format!("post {n}"),
            &["expert2019"],
            "2019-11-06T09:00:00Z",
        );
        let fine = feed_until(&operator, &format!("mastodon {}", good.url()), |feed| {
            feed["taken"] == n + 1
        })
        .await;
        assert_eq!(
            (&fine["state"], &fine["failures"]),
            (&json!("reading"), &json!(0))
        );
    }
    service.stop().await;
}

async fn open(url: &str) -> Result<Socket, FeedError> {
    let url: Url = url.parse().expect("an address");
    let opening = Opening {
        url: &url,
        agent: "test",
        headers: &[],
        silence: Duration::from_secs(1),
        largest: 1 << 20,
    };
    let now = "2019-11-06T09:00:00Z".parse().expect("a time");
    Socket::open(opening, now).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_say_the_same_in_the_same_words() {
    let unknown = Host::new(Port::Tls(&["127.0.0.1"])).await;
    let circle = Host::new(Port::Circle).await;
    let silent = Host::new(Port::Silent).await;
    let html = Host::says(typed(200, "text/html", "<title>Welcome</title>")).await;
    let garbage = Host::says(&b"\x00\x01garbage\r\n\r\n"[..]).await;
    let down = Host::says(page(503, "")).await;
    let cases: Vec<(String, bool, &[&str])> = vec![
        (
            format!("ws://{}", nobody().await),
            true,
            &["nobody listens"],
        ),
        (
            "wss://wall.invalid".to_owned(),
            true,
            &["the name wall.invalid is not known", "spelt"],
        ),
        (
            unknown.url("wss"),
            true,
            &["nobody whom this machine trusts", "self-signed", "browser"],
        ),
        (circle.url("ws"), false, &["sends on", "write the address"]),
        (silent.url("ws"), true, &["no answer in time"]),
        (
            down.url("wss"),
            true,
            &["does not speak TLS", "ws://127.0.0.1"],
        ),
        (html.url("ws"), false, &["200"]),
        (garbage.url("ws"), false, &[]),
        (down.url("ws"), false, &["503"]),
    ];
    for (url, is_not_reached, says) in cases {
        let error = open(&url).await.expect_err("no stream");
        let FeedError::Transient { message, .. } = &error else {
            panic!("{url}: {error:?}");
        };
        assert_eq!(
            buzzwall::feed::network::is_not_reached(message),
            is_not_reached,
            "{url}: {message}"
        );
        for word in says {
            assert!(message.contains(word), "{url}: {message}");
        }
    }
    // Whether the end or the break of the connection is noticed first is chance.
    let closes = Host::new(Port::Closes).await;
    let error = open(&closes.url("ws")).await.expect_err("no stream");
    assert!(matches!(error, FeedError::Transient { .. }), "{error:?}");
    let wants_token = Host::says(page(401, "{}")).await;
    let error = open(&wants_token.url("ws")).await.expect_err("no stream");
    assert!(
        matches!(&error, FeedError::Unauthorised(words) if words.contains("token")),
        "{error:?}"
    );
    let limited = Host::says(page(429, "{}")).await;
    let error = open(&limited.url("ws")).await.expect_err("no stream");
    assert!(matches!(error, FeedError::RateLimited { .. }), "{error:?}");
}
