//! `mastodon`, by polling, by WebSocket and by server-sent events.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use buzzwall::clock::SystemClock;
use buzzwall::feed::{FeedError, Wanted};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Rig, Source, TAG, build, tagged};
use super::suite::conforms;
use super::support::mastodon::{self, Server};
use super::support::mastodon_streaming::{Sent, Streams};

/// A person's token.
const TOKEN: &str = "a-token";

struct Mastodon {
    server: Server,
    token: Option<&'static str>,
    /// Accounts that are read beside the hashtag.
    accounts: Vec<String>,
}

impl Mastodon {
    async fn start() -> Self {
        let server = Server::start().await;
        server.limit(300, "2019-11-06T09:05:00Z");
        Self {
            server,
            token: None,
            accounts: Vec::new(),
        }
    }

    async fn streaming(streams: Streams) -> Self {
        let this = Self::start().await;
        this.server.require_token(TOKEN);
        this.server.stream_by(streams);
        Self {
            token: Some(TOKEN),
            ..this
        }
    }
}

fn local(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[async_trait]
impl Source for Mastodon {
    fn can(&self) -> Can {
        Can::ALL
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            accounts: self.accounts.clone(),
            ..tagged()
        }
    }

    fn settings(&self) -> Value {
        json!({
            "kind": "mastodon", "server": self.server.url(), "interval": "1s", "silence": "500ms",
            "token": self.token,
        })
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        let text = text.replace(&format!("#{TAG}"), "");
        let id = self.server.push(&text, &[TAG], &at.to_string());
        format!("mastodon:https://social.example.org/users/ada/statuses/{id}")
    }

    async fn delete(&self, id: &str) {
        self.server.delete(local(id));
    }

    async fn edit(&self, id: &str, text: &str, at: Timestamp) {
        self.server.edit(local(id), |status| {
            status["content"] = json!(format!("<p>{text}</p>"));
            status["edited_at"] = json!(at.to_string());
        });
    }

    async fn fail(&self, fault: Fault) {
        let sent = match fault {
            Fault::Garbage => Sent::Garbage,
            Fault::Slow => Sent::Freeze,
            _ => Sent::Break,
        };
        let fault = match fault {
            Fault::RateLimited => mastodon::Fault::RetryAfter(429, "30".to_owned()),
            Fault::Unauthorised => mastodon::Fault::Status(401),
            Fault::Garbage => mastodon::Fault::Garbage,
            Fault::Cut => mastodon::Fault::Cut,
            Fault::Slow => mastodon::Fault::Slow,
            Fault::Down => mastodon::Fault::Status(503),
        };
        self.server.fail("/", fault, u32::MAX);
        self.server.to_streams(sent);
    }

    async fn recover(&self) {
        self.server.recover();
    }
}

mod polling {
    use super::*;

    conforms!(Mastodon::start());
}

mod web_socket {
    use super::*;

    conforms!(Mastodon::streaming(Streams::WebSocket));
}

mod server_sent_events {
    use super::*;

    conforms!(Mastodon::streaming(Streams::Events));
}

#[tokio::test]
async fn a_stream_that_is_open_and_deaf_is_polled_past() {
    let mut rig = Rig::new(Mastodon::streaming(Streams::Deaf).await);
    rig.until("it is connected", |rig| rig.source.server.listeners() > 0)
        .await;
    let ids = rig.publish(2).await;
    // Polling finds them, and half a minute later it is clear that the stream will not send them.
    while !rig
        .note
        .as_ref()
        .is_some_and(|note| note.contains("does not send"))
    {
        rig.clock.advance(Duration::from_secs(10));
        rig.step().await.expect("polling works");
    }
    assert!(ids.iter().all(|id| rig.came.contains_key(id)));
    let more = rig.publish(2).await;
    rig.all_of("what is new", &more).await;
    rig.until("it is closed", |rig| rig.source.server.listeners() == 0)
        .await;
}

#[tokio::test]
async fn a_token_that_runs_out_in_the_middle_is_said_to() {
    let mut rig = Rig::new(Mastodon::streaming(Streams::WebSocket).await);
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
    rig.source.server.require_token("another-token");
    rig.source.server.to_streams(Sent::Break);
    let error = rig.failure("the token's end").await;
    let words = error.to_string();
    assert!(matches!(error, FeedError::Unauthorised(_)), "{error:?}");
    assert!(words.contains("does not accept the token"), "{words}");
}

#[tokio::test]
async fn what_a_stream_sends_comes_before_any_poll() {
    let mut rig = Rig::new(Mastodon::streaming(Streams::WebSocket).await);
    let ids = rig.publish(1).await;
    rig.all_of("the first", &ids).await;
    rig.until("it is connected", |rig| rig.source.server.listeners() > 0)
        .await;
    rig.source.server.requests();
    let now = rig.now();
    let id = rig.source.publish(&format!("live #{TAG}"), now).await;
    let came = std::slice::from_ref(&id);
    rig.all_of("what is new", came).await;
    rig.source.delete(&id).await;
    rig.until("the deletion", |rig| rig.deleted.contains(&id))
        .await;
    // What the start left to do goes on beside it; nothing asked for what is new.
    let asked = rig.source.server.requests();
    assert!(!asked.iter().any(|url| url.contains("min_id")), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stream_sends_does_not_wait_until_a_long_gap_is_filled_in() {
    let mut rig = Rig::new(Mastodon::streaming(Streams::WebSocket).await);
    rig.until("it is connected", |rig| rig.source.server.listeners() > 0)
        .await;
    let first = rig.publish(1).await;
    rig.all_of("the first", &first).await;
    rig.source.fail(Fault::Down).await;
    rig.failure("it is away").await;
    let missed = rig.publish(1_000).await;
    rig.clock.advance(Duration::from_secs(10));
    rig.source.recover().await;
    rig.until("it is connected again", |rig| {
        rig.source.server.listeners() > 0
    })
    .await;
    rig.source.server.requests();
    let live = rig.publish(1).await;
    rig.all_of("what is new", &live).await;
    let pages = rig.source.server.requests();
    assert!(pages.len() <= 5, "it waited for {} pages", pages.len());
    rig.all_of("what was missed", &missed).await;
}

#[tokio::test]
async fn what_accounts_write_is_polled_beside_a_stream_that_is_not_deaf_for_that() {
    let mut source = Mastodon::streaming(Streams::WebSocket).await;
    source.accounts = vec!["ada".to_owned(), "nobody".to_owned()];
    let mut rig = Rig::new(source);
    rig.until("it is connected", |rig| rig.source.server.listeners() > 0)
        .await;
    let first = rig.publish(1).await;
    rig.all_of("the first", &first).await;
    let id =
        |local: String| format!("mastodon:https://social.example.org/users/ada/statuses/{local}");
    for n in 0..5 {
        let now = rig.now();
        let plain = rig
            .source
            .server
            .push(&format!("plain {n}"), &[], &now.to_string());
        rig.clock.advance(Duration::from_secs(40));
        rig.all_of("what carries no hashtag", &[id(plain)]).await;
    }
    let live = rig.publish(2).await;
    rig.all_of("what is streamed", &live).await;
    rig.clock.advance(Duration::from_mins(1));
    let pages = rig.pages + 5;
    rig.until("the account is read again", move |rig| rig.pages > pages)
        .await;
    assert!(rig.came.values().all(|often| *often == 1), "{:?}", rig.came);
    assert_eq!(rig.source.server.listeners(), 1);
    let note = rig.note.clone().expect("it is said who is not there");
    assert!(
        note.contains("no account nobody") && !note.contains("polling only"),
        "{note}"
    );
}

#[tokio::test]
async fn a_server_that_was_never_asked_for_posts_does_not_count_as_read() {
    let source = Mastodon::start().await;
    source.fail(Fault::Down).await;
    // By a clock that goes on between two looks at it.
    let mut feed = build(&source, Arc::new(SystemClock), Arc::new(Vec::new));
    for _ in 0..5 {
        feed.fetch(None).await.expect_err("nothing can be read");
    }
}
