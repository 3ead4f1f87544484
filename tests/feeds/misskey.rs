//! `misskey`, by streaming, and by polling where the stream is refused.

use std::time::Duration;

use async_trait::async_trait;
use buzzwall::feed::{FeedError, Reason};
use buzzwall::post::Kind;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Rig, Source, TAG};
use super::support::misskey::{self, Server};

struct Misskey {
    server: Server,
    token: Option<&'static str>,
}

impl Misskey {
    async fn streaming() -> Self {
        Self {
            server: Server::start(true).await,
            token: None,
        }
    }

    async fn polling() -> Self {
        Self {
            server: Server::start(false).await,
            token: None,
        }
    }

    fn id(&self, local: &str) -> String {
        format!("mastodon:{}/notes/{local}", self.server.url())
    }
}

fn local(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[async_trait]
impl Source for Misskey {
    fn can(&self) -> Can {
        Can::ALL
    }

    fn settings(&self) -> Value {
        let mut settings =
            json!({"kind": "misskey", "server": self.server.url(), "silence": "500ms"});
        if let Some(token) = self.token {
            settings["token"] = json!(token);
        }
        settings
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        let id = self.server.push(text, &["expert2019"], at, &json!({}));
        self.id(&id)
    }

    async fn delete(&self, id: &str) {
        self.server.delete(local(id));
    }

    async fn edit(&self, id: &str, text: &str, at: Timestamp) {
        self.server.edit(local(id), |note| {
            note["text"] = json!(text);
            note["updatedAt"] = json!(at.to_string());
        });
    }

    async fn fail(&self, fault: Fault) {
        self.server.fail(match fault {
            Fault::RateLimited => misskey::Fault::Status(429, "RATE_LIMIT_EXCEEDED"),
            Fault::Unauthorised => misskey::Fault::Status(401, "CREDENTIAL_REQUIRED"),
            Fault::Garbage => misskey::Fault::Garbage,
            Fault::Cut => misskey::Fault::Cut,
            Fault::Slow => misskey::Fault::Slow,
            Fault::Down => misskey::Fault::Status(503, "INTERNAL_ERROR"),
        });
    }

    async fn recover(&self) {
        self.server.recover();
    }
}

mod streaming {
    use super::Misskey;
    use crate::suite::conforms;

    conforms!(Misskey::streaming());
}

mod polling {
    use super::Misskey;
    use crate::suite::conforms;

    conforms!(Misskey::polling());
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_asked_and_that_is_said() {
    let mut rig = Rig::new(Misskey::polling().await);
    rig.until("it reads", |rig| rig.pages > 0).await;
    let note = rig.note.clone().expect("it is said");
    assert!(
        note.starts_with("asked every 10 s, since the stream cannot be read"),
        "{note}"
    );
    let mut rig = Rig::new(Misskey::streaming().await);
    rig.until("it reads", |rig| rig.pages > 0).await;
    assert_eq!(rig.note, None);
}

#[tokio::test]
async fn the_first_start_walks_back_and_says_so() {
    let source = Misskey::streaming().await;
    let start: Timestamp = super::rig::START.parse().unwrap();
    for n in 0..450 {
        source
            .publish(
                &format!("note {n} #{TAG}"),
                start - Duration::from_secs(450 - n),
            )
            .await;
    }
    let mut rig = Rig::new(source);
    rig.until("it caught up", |rig| !rig.complete_since.is_empty())
        .await;
    assert_eq!((rig.posts.len(), rig.history.len()), (400, 400));
    let oldest = rig
        .posts
        .values()
        .map(|post| post.created_at)
        .min()
        .unwrap();
    assert_eq!(rig.complete_since, [oldest]);
    // What was left out on purpose stays out, also after a restart.
    rig.restart();
    let live = rig.publish(1).await;
    rig.all_of("a new one", &live).await;
    for _ in 0..12 {
        rig.step().await.unwrap();
    }
    assert_eq!(rig.posts.len(), 401);
    assert!(!rig.history.contains(&live[0]));
}

#[tokio::test]
async fn what_was_deleted_while_nobody_read_is_noticed() {
    for source in [Misskey::streaming().await, Misskey::polling().await] {
        let mut rig = Rig::new(source);
        rig.until("it reads", |rig| rig.pages > 0).await;
        let mut ids = rig.publish(2).await;
        let uri = "https://m.example/users/bea/statuses/7";
        let bea = json!({"uri": uri, "user": {"id": "u2", "username": "bea", "host": "m.example"}});
        let elsewhere =
            rig.source
                .server
                .push("from afar #Expert2019", &["expert2019"], rig.now(), &bea);
        ids.push(format!("mastodon:{uri}"));
        rig.all_of("all", &ids).await;
        rig.restart();
        rig.until("it reads again", {
            let pages = rig.pages + 6;
            move |rig| rig.pages > pages
        })
        .await;
        rig.restart();
        rig.source
            .server
            .fail(misskey::Fault::Status(503, "INTERNAL_ERROR"));
        rig.failure("it is away").await;
        rig.source.server.delete(local(&ids[0]));
        rig.source.server.recover();
        rig.until("one that was written there", |rig| {
            rig.clock.advance(Duration::from_secs(2));
            rig.deleted.contains(&ids[0])
        })
        .await;
        rig.source.server.delete(&elsewhere);
        rig.until("one from elsewhere", |rig| {
            rig.clock.advance(Duration::from_secs(2));
            rig.deleted.contains(&ids[2])
        })
        .await;
        assert_eq!(rig.deleted.len(), 2);
    }
}

#[tokio::test]
async fn a_note_that_came_late_is_found() {
    for source in [Misskey::streaming().await, Misskey::polling().await] {
        let mut rig = Rig::new(source);
        rig.until("it reads", |rig| rig.pages > 0).await;
        let first = rig.publish(1).await;
        rig.all_of("the first", &first).await;
        let late = rig
            .source
            .publish(&format!("late #{TAG}"), rig.now() - Duration::from_mins(20))
            .await;
        rig.all_of("the late one", std::slice::from_ref(&late))
            .await;
    }
}

#[tokio::test]
async fn what_is_not_public_is_counted_and_not_taken() {
    let mut rig = Rig::new(Misskey::streaming().await);
    rig.until("it reads", |rig| rig.pages > 0).await;
    let now = rig.now();
    for extra in [json!({"visibility": "home"}), json!({"localOnly": true})] {
        rig.source
            .server
            .push("hush #Expert2019", &["expert2019"], now, &extra);
    }
    rig.until("both are refused", |rig| rig.refused.len() == 2)
        .await;
    assert!(
        rig.refused
            .iter()
            .all(|refusal| refusal.reason == Reason::NotPublic)
    );
    assert!(rig.posts.is_empty());
}

#[tokio::test]
async fn markup_becomes_plain_text() {
    let mut rig = Rig::new(Misskey::streaming().await);
    rig.until("it reads", |rig| rig.pages > 0).await;
    let extra = json!({"replyId": "x", "cw": "loud"});
    let id = rig.source.server.push(
        "$[x2 **Big** news] <small>[here](https://example.org)</small> #Expert2019",
        &["expert2019"],
        rig.now(),
        &extra,
    );
    let id = rig.source.id(&id);
    rig.all_of("the note", std::slice::from_ref(&id)).await;
    let post = &rig.posts[&id];
    assert_eq!(post.text, "Big news here #Expert2019");
    assert_eq!(
        (post.kind, post.warning.as_deref()),
        (Kind::Reply, Some("loud"))
    );
    assert_eq!((post.facets.len(), post.hashtags.len()), (2, 1));
}

#[tokio::test]
async fn a_token_is_shown_where_one_is_needed() {
    let source = Misskey::streaming().await;
    source.server.require("secret");
    let mut rig = Rig::new(source);
    let error = rig.failure("nobody is served").await;
    assert!(
        matches!(&error, FeedError::Unauthorised(words) if words.contains("MISSKEY_TOKEN")),
        "{error}"
    );
    let mut source = Misskey::streaming().await;
    source.server.require("secret");
    source.token = Some("secret");
    let mut rig = Rig::new(source);
    let ids = rig.publish(1).await;
    rig.all_of("the note", &ids).await;
    assert!(
        rig.source
            .server
            .requests()
            .iter()
            .all(|(_, asked)| asked["i"] == "secret")
    );
}

#[tokio::test]
async fn a_token_is_shown_to_nobody_whom_the_server_names() {
    let elsewhere = Server::start(false).await;
    let sends_on = misskey::Fault::SendsOn(format!(
        "{}/api/notes/search-by-tag?secret",
        elsewhere.url()
    ));
    let mut source = Misskey::polling().await;
    source.token = Some("secret");
    source.server.fail(sends_on.clone());
    let mut rig = Rig::new(source);
    let error = rig.failure("it is sent elsewhere").await;
    assert!(
        matches!(&error, FeedError::Misconfigured(words)
            if words.contains(&format!("sends on to {}, and", elsewhere.url()))),
        "{error}"
    );
    assert_eq!(elsewhere.requests(), []);
    // Without a token there is nothing to lose.
    let source = Misskey::polling().await;
    source.server.fail(sends_on);
    let mut rig = Rig::new(source);
    rig.until("it reads there", |rig| rig.pages > 0).await;
    assert!(!elsewhere.requests().is_empty());
}
