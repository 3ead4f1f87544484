//! `rss`: a file that is read again and again.

use async_trait::async_trait;
use buzzwall::feed::FeedError;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Rig, Source, TAG};
use super::suite::conforms;
use super::support::rss::{self, Server};

struct Rss {
    server: Server,
    /// Settings beside the address.
    more: Value,
}

impl Rss {
    async fn start() -> Self {
        Self::with(json!({})).await
    }

    async fn with(more: Value) -> Self {
        Self {
            server: Server::start().await,
            more,
        }
    }
}

fn guid(id: &str) -> &str {
    id.strip_prefix("rss:").unwrap_or(id)
}

#[async_trait]
impl Source for Rss {
    fn can(&self) -> Can {
        Can {
            // What is gone from the file may just have made room.
            deletes: false,
            ..Can::ALL
        }
    }

    fn settings(&self) -> Value {
        let mut settings = json!({"kind": "rss", "url": self.server.url("/feed.xml"), "timeout": "500ms", "interval": "2500ms"});
        for (key, value) in self.more.as_object().expect("a table") {
            settings[key] = value.clone();
        }
        settings
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        let guid = self.server.push(&format!("<p>{text}</p>"), &at.to_string());
        format!("rss:{guid}")
    }

    async fn delete(&self, _: &str) {
        unreachable!("it does not tell");
    }

    async fn edit(&self, id: &str, text: &str, at: Timestamp) {
        self.server.edit(guid(id), |entry| {
            entry.html = format!("<p>{text}</p>");
            entry.updated = Some(at.to_string());
        });
    }

    async fn fail(&self, fault: Fault) {
        let fault = match fault {
            Fault::RateLimited => rss::Fault::RetryAfter(429, "30".to_owned()),
            Fault::Unauthorised => rss::Fault::Status(401),
            Fault::Garbage => rss::Fault::Body("application/xml", vec![b'<', 0, 0xff, b'{', b'"']),
            Fault::Cut => rss::Fault::Cut,
            Fault::Slow => rss::Fault::Slow,
            Fault::Down => rss::Fault::Status(503),
        };
        self.server.fail("*", fault, u32::MAX);
    }

    async fn recover(&self) {
        self.server.recover();
    }
}

conforms!(Rss::start());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_minutes_away_with_a_file_that_is_too_short() {
    let source = Rss::start().await;
    source.server.window(20);
    super::outage::too_long_away(source).await;
}

async fn rig() -> Rig<Rss> {
    Rig::new(Rss::start().await)
}

fn header<'a>(request: &'a (String, axum::http::HeaderMap), name: &str) -> Option<&'a str> {
    request.1.get(name)?.to_str().ok()
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let mut rig = rig().await;
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
    rig.source.server.requests();
    rig.step().await.unwrap();
    let asked = rig.source.server.requests();
    let etag = header(&asked[0], "if-none-match").unwrap();
    assert!(
        etag.starts_with("W/\"") && etag.ends_with("-gzip\""),
        "{etag}"
    );
    assert_eq!(
        header(&asked[0], "if-modified-since"),
        Some("Wed, 06 Nov 2019 09:00:00 GMT")
    );
    // After a restart the validators are still known, and an unchanged file says that nothing is missing.
    rig.restart();
    rig.complete_since.clear();
    rig.step().await.unwrap();
    let asked = rig.source.server.requests();
    assert_eq!(
        header(&asked[0], "if-none-match").map(str::len),
        Some(etag_len(&asked[0]))
    );
    assert_eq!(rig.complete_since.len(), 1);
    assert!(rig.came.values().all(|times| *times == 1), "{:?}", rig.came);
}

fn etag_len(request: &(String, axum::http::HeaderMap)) -> usize {
    header(request, "if-none-match").unwrap_or_default().len()
}

#[tokio::test]
async fn a_server_is_asked_no_more_often_than_it_wants() {
    for (how, seconds) in [
        ("max-age=300", 300..301),
        ("max-age=86400", 900..901),
        ("no-store", 2..3),
    ] {
        let mut rig = rig().await;
        rig.source.server.header("cache-control", how);
        let before = rig.now();
        rig.step().await.unwrap();
        let waited = rig.now().duration_since(before).as_secs();
        assert!(seconds.contains(&waited), "{how}: {waited}");
    }
    let mut rig = rig().await;
    rig.source.server.say("<ttl>5</ttl>");
    let before = rig.now();
    rig.step().await.unwrap();
    assert_eq!(rig.now().duration_since(before).as_secs(), 300);
}

#[tokio::test]
async fn a_file_that_overran_says_so_and_vouches_for_what_it_holds() {
    let mut rig = rig().await;
    rig.source.server.window(5);
    let first = rig.publish(3).await;
    rig.all_of("the first", &first).await;
    let left = rig.now();
    rig.source.fail(Fault::Down).await;
    rig.failure("it is away").await;
    rig.clock.advance(std::time::Duration::from_mins(5));
    let missed = rig.publish(20).await;
    rig.source.recover().await;
    rig.complete_since.clear();
    rig.all_of("what is left", &missed[15..]).await;
    assert!(missed[..15].iter().all(|id| !rig.came.contains_key(id)));
    let since = rig.complete_since[0];
    assert!(since > left, "{since} {left}");
    assert_eq!(since, rig.posts[&missed[15]].created_at);
    assert!(rig.deleted.is_empty());
}

#[tokio::test]
async fn a_feed_that_moved_is_asked_where_it_is_from_then_on() {
    let mut rig = rig().await;
    let ids = rig.publish(1).await;
    let moved = rss::Fault::Redirect(301, "/new.xml".to_owned());
    rig.source.server.fail("/feed.xml", moved, 1);
    rig.all_of("the post", &ids).await;
    rig.source.server.requests();
    rig.restart();
    rig.step().await.unwrap();
    assert_eq!(rig.source.server.requests()[0].0, "/new.xml");
    // Where it is gone from there, it is looked for where it was.
    let gone = rss::Fault::Status(410);
    rig.source.server.fail("/new.xml", gone, u32::MAX);
    let more = rig.publish(1).await;
    rig.all_of("the next", &more).await;
    let asked: Vec<String> = rig
        .source
        .server
        .requests()
        .into_iter()
        .map(|r| r.0)
        .collect();
    assert_eq!(asked, ["/new.xml", "/feed.xml"]);
}

#[tokio::test]
async fn a_redirect_for_now_is_followed_and_forgotten() {
    let mut rig = rig().await;
    let ids = rig.publish(1).await;
    let away = rss::Fault::Redirect(302, "/other.xml".to_owned());
    rig.source.server.fail("/feed.xml", away, 1);
    rig.all_of("the post", &ids).await;
    rig.step().await.unwrap();
    let asked: Vec<String> = rig
        .source
        .server
        .requests()
        .into_iter()
        .map(|r| r.0)
        .collect();
    assert_eq!(asked, ["/feed.xml", "/other.xml", "/feed.xml"]);
}

#[tokio::test]
async fn redirects_without_end_end() {
    let mut rig = rig().await;
    let round = rss::Fault::Redirect(301, "/feed.xml".to_owned());
    rig.source.server.fail("*", round, u32::MAX);
    let error = rig.failure("the redirects").await;
    assert!(
        matches!(&error, FeedError::Transient { message, .. } if message.contains("without end")),
        "{error:?}"
    );
    assert!(rig.source.server.requests().len() <= 6);
    let elsewhere = rss::Fault::Redirect(302, "file:///etc/passwd".to_owned());
    rig.source.server.fail("*", elsewhere, u32::MAX);
    assert!(matches!(
        rig.failure("a file").await,
        FeedError::Transient { .. }
    ));
}

#[tokio::test]
async fn a_feed_that_is_gone_is_not_asked_again() {
    let mut rig = rig().await;
    rig.source.server.fail("*", rss::Fault::Status(410), 1);
    assert!(matches!(rig.failure("gone").await, FeedError::Gone(_)));
}

#[tokio::test]
async fn a_web_page_in_place_of_a_feed_names_the_feed() {
    let page =
        b"<!doctype html><link rel=alternate type=application/atom+xml href=/real.atom>".to_vec();
    let fault = rss::Fault::Body("text/html", page);
    let mut rig = rig().await;
    rig.source.server.fail("*", fault.clone(), 1);
    let error = rig.failure("a page").await;
    assert!(
        matches!(&error, FeedError::Misconfigured(words) if words.contains("/real.atom")),
        "{error:?}"
    );
    // Once it was read, a page is a network that wants to be signed in to.
    rig.step().await.unwrap();
    rig.source.server.fail("*", fault, 1);
    assert!(matches!(
        rig.failure("a page").await,
        FeedError::Transient { .. }
    ));
    let picture = rss::Fault::Body("image/png", b"\x89PNG".to_vec());
    rig.source.server.fail("*", picture, 1);
    let error = rig.failure("a picture").await.to_string();
    assert!(error.contains("image/png"), "{error}");
}

#[tokio::test]
async fn a_bomb_is_not_unpacked() {
    let mut rig = rig().await;
    let bomb = gzip_of_zeros(100 * 1024 * 1024);
    assert!(bomb.len() < 1024 * 1024);
    rig.source.server.fail("*", rss::Fault::Gzip(bomb), 1);
    let error = rig.failure("a bomb").await.to_string();
    assert!(error.contains("longer than 5 MB"), "{error}");
}

#[tokio::test]
async fn all_items_of_a_feed_can_be_given_the_walls_hashtag() {
    for tagged in [false, true] {
        let mut rig = Rig::new(Rss::with(json!({"tagged": tagged})).await);
        let guid = rig
            .source
            .server
            .push("<p>no tag in it</p>", "2019-11-06T09:00:00Z");
        let id = format!("rss:{guid}");
        rig.all_of("the post", std::slice::from_ref(&id)).await;
        let has = rig.posts[&id]
            .hashtags
            .iter()
            .any(|tag| tag.eq_ignore_ascii_case(TAG));
        assert_eq!(has, tagged);
    }
}

/// A gzip file of zeros: one block of a few literals and copies cannot be had without a compressor, so it is written as
/// deflate's fixed codes, each match copying 258 zeros in 13 bits.
fn gzip_of_zeros(length: usize) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut count) = (0_u64, 0_u32);
    let mut put = |out: &mut Vec<u8>, value: u64, width: u32| {
        bits |= value << count;
        count += width;
        while count >= 8 {
            out.push(u8::try_from(bits & 0xff).expect("a byte"));
            bits >>= 8;
            count -= 8;
        }
    };
    // The last block, with fixed codes; the literal 0 is 00110000, most significant bit first.
    put(&mut out, 0b011, 3);
    put(&mut out, 0b0000_1100, 8);
    for _ in 0..length / 258 {
        // Length 258 is code 285, 11000101; distance 1 is code 0, 00000.
        put(&mut out, 0b1010_0011, 8);
        put(&mut out, 0, 5);
    }
    put(&mut out, 0, 7);
    put(&mut out, 0, 8);
    // A checksum that nobody gets to.
    out.extend([0; 8]);
    out
}
