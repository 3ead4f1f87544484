//! `buzzwall check`: every kind of feed, and every way in which a source can be out of order, in one table.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use buzzwall::clock::{Clock as _, SystemClock};
use buzzwall::feed::KINDS;
use jiff::Timestamp;
use serde_json::json;

use support::binary::{Place, Ran};
use support::host::{Host, Port, bomb, nobody, page, typed};
use support::nostr::{Fault, Relay, keys, signed};
use support::{bluesky, mastodon, misskey, rss, x};

/// How long each feed is waited for.
const TIMEOUT: &str = "4s";

/// A feed in the file, and what the table has to say of it.
struct Row {
    kind: &'static str,
    /// Its lines in the file but for the kind.
    toml: String,
    /// What its name holds, so that its row is found.
    name: String,
    /// Reachable, authorised, posts, limit left; `?` is anything.
    cells: &'static str,
    /// What has to be said of it, in words.
    says: &'static [&'static str],
}

impl Row {
    fn new(kind: &'static str, toml: String, name: impl Into<String>, cells: &'static str) -> Self {
        Self {
            kind,
            toml,
            name: name.into(),
            cells,
            says: &[],
        }
    }

    fn says(self, says: &'static [&'static str]) -> Self {
        Self { says, ..self }
    }
}

/// One good feed of every kind, over the local servers, which live as long as what is given beside them.
struct Good {
    rows: Vec<Row>,
    _mastodon: mastodon::Server,
    _sky: bluesky::Server,
    _rss: rss::Server,
    _relay: Relay,
    _x: x::Server,
    _misskey: misskey::Server,
}

async fn good() -> Good {
    let at = "2019-11-06T09:00:00Z";
    let now: Timestamp = at.parse().expect("a time");
    let text = "hello #Expert2019";
    let mastodon = mastodon::Server::start().await;
    mastodon.push("hello", &["expert2019"], at);
    let rss = rss::Server::start().await;
    rss.push(text, at);
    let relay = Relay::start().await;
    relay.publish(signed(
        &keys(1),
        1,
        now.as_second(),
        &[&["t", "expert2019"]],
        text,
    ));
    let x = x::Server::start().await;
    x.push(text, SystemClock.now());
    let misskey = misskey::Server::start(true).await;
    misskey.push(text, &["expert2019"], now, &json!({}));
    let sky = bluesky::Server::start().await;
    sky.follow(Arc::new(SystemClock));
    sky.publish(text, SystemClock.now());
    let url = rss.url("/feed.xml");
    let rows = vec![
        Row::new(
            "mastodon",
            format!("server = \"{}\"", mastodon.url()),
            mastodon.url(),
            "yes yes 1 298",
        ),
        Row::new("rss", format!("url = \"{url}\""), url, "yes yes 1 -"),
        Row::new(
            "nostr",
            format!("relays = [\"{}\"]", relay.url()),
            relay.url(),
            "yes yes 1 -",
        ),
        Row::new(
            "x",
            format!(
                "api = \"{}\"\ntoken = \"{}\"\nbudget = {{ posts = 100 }}",
                x.url(),
                x::TOKEN
            ),
            x.url().trim_start_matches("http://"),
            "yes yes 1 449",
        ),
        Row::new(
            "misskey",
            format!("server = \"{}\"", misskey.url()),
            misskey.url(),
            "yes yes 1 -",
        ),
        Row::new(
            "bluesky",
            format!(
                "jetstream = [\"{}\"]\nappview = \"{}\"",
                sky.second_wire(),
                sky.url()
            ),
            sky.url().trim_start_matches("http://"),
            "yes yes 1 -",
        ),
        Row::new(
            "exec",
            "command = [\"sh\", \"poster.sh\"]".to_owned(),
            "sh poster.sh",
            "yes yes 1 -",
        ),
        Row::new(
            "ingest",
            "token = \"0123456789abcdef\"\nname = \"press\"".to_owned(),
            "ingest press",
            "listening - - -",
        ),
        Row::new(
            "replay",
            "file = \"archive.jsonl\"".to_owned(),
            "archive.jsonl",
            "yes yes 1 -",
        ),
        Row::new("demo", String::new(), "demo 1", "yes yes ? -"),
    ];
    Good {
        rows,
        _mastodon: mastodon,
        _sky: sky,
        _rss: rss,
        _relay: relay,
        _x: x,
        _misskey: misskey,
    }
}

/// The folder of a wall with these feeds, and what its good `exec` and `replay` read.
fn place(rows: &[Row]) -> Place {
    let feed = |row: &Row| format!("[[walls.feeds]]\nkind = \"{}\"\n{}\n", row.kind, row.toml);
    let feeds: String = rows.iter().map(feed).collect();
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"expert2019\"\nhashtags = [\"Expert2019\"]\n{feeds}"
    ));
    let post = r#"{"id":"board:1","source":"board","author":{"id":"board:desk"},"created_at":"2019-11-06T09:00:00Z","text":"hello #Expert2019"}"#;
    place.write("poster.sh", &format!("echo '{post}'\nsleep 60\n"));
    place.write("broken.sh", "echo 'no route to the board' >&2\nexit 1\n");
    place.write("archive.jsonl", &format!("{post}\n"));
    place
}

/// Asserts that the table says of every feed what it should, in the order of the file.
fn assert_told(rows: &[Row], out: &str) {
    let lines: Vec<&str> = out.lines().collect();
    let mut last = 0;
    for row in rows {
        let Row {
            kind, name, says, ..
        } = row;
        let begins = |line: &&&str| line.starts_with(kind) && line.contains(name.as_str());
        let at = (lines[last..].iter())
            .position(|line| begins(&line))
            .unwrap_or_else(|| panic!("{kind} {name} in the order of the file:\n{out}"));
        last += at + 1;
        let expected: Vec<&str> = row.cells.split(' ').collect();
        let words: Vec<&str> = lines[last - 1].split_whitespace().collect();
        let cells = &words[words.len().saturating_sub(expected.len())..];
        let fits = |(cell, expected): (&&str, &&str)| *expected == "?" || cell == expected;
        assert!(
            cells.len() == expected.len() && cells.iter().zip(&expected).all(fits),
            "{kind} {name}: {cells:?} is not {expected:?}\n{out}"
        );
        let words = lines.get(last).filter(|line| line.starts_with(' '));
        assert_eq!(words.is_some(), !says.is_empty(), "{kind} {name}:\n{out}");
        for say in *says {
            assert!(
                words.is_some_and(|words| words.contains(say)),
                "{kind} {name}: {words:?} does not say {say:?}"
            );
        }
    }
    // Columns stand under each other, and nothing of how the program is made is told.
    let head = lines
        .iter()
        .find(|line| line.starts_with("wall expert2019"));
    let limit = head
        .and_then(|head| head.find("limit left"))
        .expect("a head");
    let rows = lines
        .iter()
        .filter(|line| KINDS.iter().any(|kind| line.starts_with(kind)));
    for row in rows {
        assert_eq!(row.chars().count(), limit + "limit left".len(), "{row:?}");
    }
    for raw in [
        "Error",
        "Some(",
        "Err(",
        "error trying",
        "hyper",
        "reqwest",
        "os error",
        "\u{1b}",
    ] {
        assert!(!out.contains(raw), "{raw}:\n{out}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_feed_is_tried_and_told_to_be_good() {
    let good = good().await;
    for kind in KINDS {
        assert!(
            good.rows.iter().any(|row| row.kind == *kind),
            "add a good feed of kind {kind} above"
        );
    }
    let out = place(&good.rows).run(&["check"]).await.done();
    println!("{out}");
    assert_told(&good.rows, &out);
    assert!(out.ends_with("\nevery feed can be read\n"), "{out}");
}

/// The kinds that ask by HTTP, at a server of that address.
fn asking(url: &str) -> Vec<(&'static str, String)> {
    let budget = "token = \"t\"\nbudget = { posts = 100 }";
    vec![
        ("mastodon", format!("server = \"{url}\"")),
        ("rss", format!("url = \"{url}/feed.xml\"")),
        ("misskey", format!("server = \"{url}\"")),
        ("x", format!("api = \"{url}\"\n{budget}")),
        (
            "bluesky",
            format!(
                "appview = \"{url}\"\njetstream = [\"{}\"]",
                url.replacen("http", "ws", 1)
            ),
        ),
    ]
}

/// Every way in which a source is bad, met by every kind that can meet it.
async fn bad() -> (Vec<Row>, (Vec<Host>, Relay, mastodon::Server)) {
    let unknown = Host::new(Port::Tls(&["127.0.0.1"])).await;
    let circle = Host::new(Port::Circle).await;
    let silent = Host::new(Port::Silent).await;
    let html = Host::says(typed(
        200,
        "text/html",
        "<!doctype html><title>Welcome</title>",
    ))
    .await;
    let refusal = r#"{"error":"The access token expired","title":"Unauthorized"}"#;
    let expired = Host::says(page(401, refusal)).await;
    let limited = Host::says(page(429, r#"{"error":"Too many requests"}"#)).await;
    let mut troubles: Vec<(String, &str, &[&str])> = vec![
        (circle.url("http"), "yes - - -", &["in a browser"]),
        (html.url("http"), "yes - - -", &["web page"]),
        (expired.url("http"), "yes no - -", &["token"]),
        (
            "https://wall.invalid".to_owned(),
            "no - - -",
            &["wall.invalid is not known", "spelt"],
        ),
        (
            unknown.url("https"),
            "no - - -",
            &["nobody whom this machine trusts", "browser"],
        ),
        (
            format!("http://{}", nobody().await),
            "no - - -",
            &["nobody listens", "running?"],
        ),
        (
            silent.url("http"),
            "no - - -",
            &["no answer within 4s", "try again"],
        ),
        (
            limited.url("http"),
            "yes - - 0",
            &["rate limited by the source until", "by itself"],
        ),
    ];
    let mut hosts = vec![unknown, circle, silent, html, expired, limited];
    if let Some(bytes) = bomb() {
        let bomb = Host::says(bytes).await;
        troubles.push((bomb.url("http"), "yes - - -", &["longer than"]));
        hosts.push(bomb);
    } else {
        eprintln!("skipped: no gzip here");
    }
    let mut rows: Vec<Row> = Vec::new();
    for (url, cells, says) in troubles {
        for (kind, toml) in asking(&url) {
            let says = match (kind, cells) {
                // It has no token.
                ("rss", "yes no - -") => &["to everybody", "in a private window"],
                _ => says,
            };
            // As every kind names it.
            let (_, host) = url.split_once("://").expect("an address");
            rows.push(Row::new(kind, toml, host, cells).says(says));
        }
    }
    let old = mastodon::Server::start().await;
    old.require_token("another-token");
    let toml = format!("server = \"{}\"\ntoken = \"an-old-token\"", old.url());
    rows.push(
        Row::new("mastodon", toml, old.url(), "yes no - -")
            .says(&["does not accept the token", "make a new one"]),
    );
    let relay = Relay::start().await;
    relay.fail_next(Fault::Flood);
    let relays = |url: &str| format!("relays = [\"{url}\"]");
    let nobody = format!("ws://{}", nobody().await);
    for (url, cells, says) in [
        (relay.url(), "yes - - -", &["nobody asked for"][..]),
        (nobody, "no - - -", &["nobody listens"]),
        (
            "wss://relay.invalid".to_owned(),
            "no - - -",
            &["relay.invalid is not known"],
        ),
        (
            hosts[0].url("wss"),
            "no - - -",
            &["nobody whom this machine trusts"],
        ),
        (hosts[2].url("ws"), "no - - -", &["no answer"]),
        (hosts[4].url("ws"), "yes no - -", &["token"]),
        (hosts[5].url("ws"), "yes - - 0", &["rate limited"]),
    ] {
        rows.push(Row::new("nostr", relays(&url), url, cells).says(says));
    }
    let command = |words: &str| format!("command = [{words}]");
    rows.push(
        Row::new(
            "exec",
            command("\"no-such-program\""),
            "no-such-program",
            "no - - -",
        )
        .says(&["cannot reach the program", "is it there"]),
    );
    rows.push(
        Row::new(
            "exec",
            command("\"sh\", \"broken.sh\""),
            "broken.sh",
            "yes - - -",
        )
        .says(&["no route to the board"]),
    );
    rows.push(
        Row::new(
            "replay",
            "file = \"gone.csv\"".to_owned(),
            "gone.csv",
            "no - - -",
        )
        .says(&["no such file", "is the path right"]),
    );
    rows.push(
        Row::new(
            "ingest",
            "token = { env = \"NO_SUCH_TOKEN\" }\nname = \"nobody\"".to_owned(),
            "ingest nobody",
            "- - - -",
        )
        .says(&["NO_SUCH_TOKEN"]),
    );
    (rows, (hosts, relay, old))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_trouble_is_told_in_words_and_leaves_the_others_alone() {
    let good = good().await;
    let (mut rows, _servers) = bad().await;
    let broken = rows.len();
    rows.extend(good.rows);
    let place = place(&rows);
    let began = Instant::now();
    let Ran { code, out, err } = place.run(&["check", "--timeout", TIMEOUT]).await;
    let took = began.elapsed();
    println!("{out}{err}{took:?}");
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        err.contains(&format!("{broken} of {} feeds cannot be read", rows.len())),
        "{err}"
    );
    assert_told(&rows, &out);
    // They are tried side by side: all together take little longer than the one that never answers.
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_for_another_name_is_said_to_be_one() {
    let host = Host::new(Port::Tls(&["other.example.org"])).await;
    let row = Row::new(
        "mastodon",
        format!("server = \"{}\"", host.url("https")),
        "",
        "",
    );
    let place = place(&[row]);
    let issuer = place.write("issuer.pem", &host.issuer);
    let place = place.with_env("SSL_CERT_FILE", issuer.to_str().expect("plain"));
    let ran = place.run(&["check"]).await;
    assert!(
        ran.out.contains("its certificate is for other.example.org"),
        "{}{}",
        ran.out,
        ran.err
    );
}
