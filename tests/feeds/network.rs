//! What a bad network does to feeds: over HTTP and over WebSockets, in words, and to no other feed.

use std::sync::Arc;
use std::time::Duration;

use buzzwall::feed::socket::{Opening, Socket};
use buzzwall::feed::{FeedError, http};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::ingest::feed_until;
use super::support::binary::{Place, Ran};
use super::support::mastodon::Server;

/// What a port on loopback does with whoever connects.
#[derive(Clone)]
enum Port {
    /// Answers every request with these bytes, and closes.
    Says(Arc<Vec<u8>>),
    /// Sends every request to its own address.
    Circle,
    /// Reads and never answers.
    Silent,
    /// Closes at once.
    Closes,
    /// Speaks TLS, with a certificate for these names.
    Tls(&'static [&'static str]),
}

/// A port that behaves so until this is dropped; `issuer` vouches for its certificate.
struct Host {
    authority: String,
    issuer: String,
    _tasks: JoinSet<()>,
}

impl Host {
    async fn new(port: Port) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let authority = listener.local_addr().expect("it is bound").to_string();
        let (issuer, acceptor) = certificate(match port {
            Port::Tls(names) => names,
            _ => &["localhost"],
        });
        let mut tasks = JoinSet::new();
        let own = authority.clone();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (port, own, acceptor) = (port.clone(), own.clone(), acceptor.clone());
                open.spawn(async move {
                    match port {
                        Port::Says(bytes) => answer(stream, &bytes).await,
                        Port::Circle => {
                            let to = format!("HTTP/1.1 302 Found\r\nlocation: http://{own}/round\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                            answer(stream, to.as_bytes()).await;
                        }
                        Port::Silent => std::future::pending().await,
                        Port::Closes => drop(stream),
                        Port::Tls(_) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                answer(stream, page(200, "[]").as_bytes()).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            authority,
            issuer,
            _tasks: tasks,
        }
    }

    async fn says(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(Port::Says(Arc::new(bytes.into()))).await
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.authority)
    }
}

/// An issuer in PEM, and a certificate of theirs for these names.
fn certificate(names: &[&str]) -> (String, TlsAcceptor) {
    http::choose_tls();
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let issuer = CertifiedIssuer::self_signed(authority, key).expect("a certificate");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(names).expect("names");
    let own = own.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .expect("a key and its certificate");
    (issuer.pem(), TlsAcceptor::from(Arc::new(config)))
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    // A TLS greeting is no request, and is answered as web servers do.
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.first() != Some(&0x16) {
        match stream.read(&mut part).await {
            Ok(read @ 1..) => request.extend_from_slice(&part[..read]),
            _ => return,
        }
    }
    // Whoever has read enough may be gone.
    drop(stream.write_all(bytes).await);
    drop(stream.shutdown().await);
}

fn page(status: u16, body: &str) -> String {
    typed(status, "application/json", body)
}

fn typed(status: u16, content: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// Four hundred megabytes of blanks in four hundred kilobytes, where `gzip` is at hand.
fn bomb() -> Option<Vec<u8>> {
    let script = "head -c 400000000 /dev/zero | tr '\\0' ' ' | gzip -9";
    let made = std::process::Command::new("sh")
        .args(["-c", script])
        .output();
    let bytes = made
        .ok()
        .filter(|made| made.status.success() && made.stdout.len() > 1000)?
        .stdout;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        bytes.len()
    );
    Some([head.into_bytes(), bytes].concat())
}

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    listener.local_addr().expect("it is bound").to_string()
}

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
async fn check_says_of_each_feed_what_is_wrong_and_of_a_good_one_that_it_is_good() {
    let (_hosts, cases) = bad().await;
    let silent = Host::new(Port::Silent).await;
    let good = Server::start().await;
    good.push("hello", &["expert2019"], "2019-11-06T09:00:00Z");
    let urls = cases.iter().map(|(url, _, _)| url.clone());
    let others = [silent.url("http"), good.url()];
    let toml = wall_with(urls.chain(others))
        + "[[walls.feeds]]\nkind = \"ingest\"\ntoken = \"0123456789abcdef\"\n[[walls.feeds]]\nkind = \"exec\"\ncommand = [\"sleep\", \"60\"]\n";
    let place = Place::configured(&toml);
    let began = std::time::Instant::now();
    let Ran { code, out, err } = place.run(&["check", "--timeout", "4s"]).await;
    println!("{out}");
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "{:?}",
        began.elapsed()
    );
    assert!(
        err.contains(&format!(
            "{} of {} feeds cannot be read",
            cases.len() + 1,
            cases.len() + 4
        )),
        "{err}"
    );
    let rows: Vec<&str> = out.lines().collect();
    let row = |url: &str| {
        rows.iter()
            .position(|row| row.contains(&format!("  {url} ")))
            .unwrap_or_else(|| panic!("{url}: {out}"))
    };
    let cells = |at: usize, url: &str| {
        let (_, cells) = rows[at].split_once(url).expect("it is there");
        cells
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut last = 0;
    for (url, expected, says) in &cases {
        let at = row(&format!("mastodon {url}"));
        assert!(at > last, "in the order of the file: {out}");
        last = at;
        let said = rows[at + 1];
        let cells = cells(at, url);
        let expected: Vec<&str> = expected.split(' ').collect();
        assert!(
            cells
                .iter()
                .zip(&expected)
                .all(|(cell, expected)| *expected == "-" || cell == expected),
            "{url}: {cells:?} {said}"
        );
        assert!(said.trim().len() > 10, "{url}: {said:?}");
        for word in *says {
            assert!(said.contains(word), "{url}: {said}");
        }
    }
    let at = row(&format!("mastodon {}", silent.url("http")));
    assert_eq!(cells(at, &silent.url("http"))[0], "no");
    assert!(
        rows[at + 1].contains("no answer within 4s"),
        "{}",
        rows[at + 1]
    );
    assert_eq!(
        cells(row(&format!("mastodon {}", good.url())), &good.url())[..3],
        ["yes", "yes", "1"]
    );
    assert_eq!(
        cells(row("ingest http"), "ingest http"),
        ["listening", "-", "-", "-"]
    );
    assert_eq!(
        cells(row("exec sleep"), "exec sleep"),
        ["yes", "yes", "0", "-"]
    );
    let fine = Place::configured(&wall_with(std::iter::once(good.url())));
    fine.run(&["check"]).await.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_for_another_name_is_said_to_be_one() {
    let host = Host::new(Port::Tls(&["other.example.org"])).await;
    let place = Place::configured(&wall_with(std::iter::once(host.url("https"))));
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
