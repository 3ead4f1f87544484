//! `misskey`, by streaming, and by polling where the stream is refused.

use std::time::Duration;

use async_trait::async_trait;
use buzzwall::feed::{FeedError, Reason, Wanted};
use buzzwall::post::Kind;
use buzzwall::text::Tag;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Rig, Source, TAG, tagged};
use super::support::misskey::{self, Server};

struct Misskey {
    server: Server,
    token: Option<&'static str>,
    wanted: Wanted,
}

impl Misskey {
    async fn streaming() -> Self {
        Self {
            server: Server::start(true).await,
            token: None,
            wanted: tagged(),
        }
    }

    async fn polling() -> Self {
        Self {
            server: Server::start(false).await,
            token: None,
            wanted: tagged(),
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

    fn wanted(&self) -> Wanted {
        self.wanted.clone()
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

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn by(id: &str, name: &str) -> Value {
    json!({"userId": id, "user": {"id": id, "username": name, "host": null, "name": name}})
}

#[tokio::test]
async fn what_accounts_write_is_read_beside_the_hashtag_and_each_note_once() {
    for mut source in [Misskey::streaming().await, Misskey::polling().await] {
        source.server.account("u2", "bea", None);
        source.wanted.accounts = names(&["ada", "nobody@far.example"]);
        source.wanted.tags.none = vec![Tag::new("ads").expect("a tag")];
        let mut rig = Rig::new(source);
        rig.until("it reads", |rig| !rig.complete_since.is_empty())
            .await;
        let note = rig.note.clone().expect("it is said who is not there");
        assert!(note.contains("no account nobody@far.example"), "{note}");
        let now = rig.now();
        let push = |rig: &Rig<Misskey>, text: &str, tags: &[&str], extra: &Value| {
            rig.source
                .id(&rig.source.server.push(text, tags, now, extra))
        };
        push(&rig, "bea plain", &[], &by("u2", "bea"));
        push(&rig, "ada sells #ads", &["ads"], &json!({}));
        push(&rig, "ada hush", &[], &json!({"visibility": "home"}));
        push(
            &rig,
            "bea sells #Expert2019 #ads",
            &["expert2019", "ads"],
            &by("u2", "bea"),
        );
        let wanted = [
            push(&rig, "ada plain", &[], &json!({})),
            push(&rig, "ada tagged #Expert2019", &["expert2019"], &json!({})),
            push(
                &rig,
                "bea tagged #Expert2019",
                &["expert2019"],
                &by("u2", "bea"),
            ),
        ];
        rig.until("all came", |rig| {
            rig.clock.advance(Duration::from_secs(5));
            wanted.iter().all(|id| rig.came.contains_key(id))
        })
        .await;
        rig.clock.advance(Duration::from_mins(2));
        let pages = rig.pages + 6;
        rig.until("it is read again", move |rig| rig.pages > pages)
            .await;
        assert_eq!(rig.came.len(), 3, "{:?}", rig.came);
        assert!(rig.came.values().all(|often| *often == 1), "{:?}", rig.came);
        rig.source.delete(&wanted[0]).await;
        rig.until("the deletion", |rig| {
            rig.clock.advance(Duration::from_secs(2));
            rig.deleted.contains(&wanted[0])
        })
        .await;
        // From where it was, after a restart.
        rig.restart();
        let after = push(&rig, "ada after", &[], &json!({}));
        rig.all_of("what came meanwhile", &[after]).await;
        assert_eq!(rig.posts.len(), 4);
    }
}

#[tokio::test]
async fn without_hashtags_only_people_are_read() {
    let mut source = Misskey::streaming().await;
    source.token = Some("secret");
    source.server.sign_in("secret", "ada", &[("l1", &["u2"])]);
    let host = source.server.url().replace("http://", "");
    source.wanted = Wanted {
        lists: names(&["l1", "l2"]),
        mentions: vec![format!("ada@{host}")],
        ..Wanted::default()
    };
    let mut rig = Rig::new(source);
    rig.until("it reads", |rig| !rig.complete_since.is_empty())
        .await;
    let note = rig.note.clone().expect("it is said");
    assert!(
        note.contains("no list l2") && !note.contains("stream"),
        "{note}"
    );
    let now = rig.now();
    let carl = by("u3", "carl");
    let server = &rig.source.server;
    server.push("tagged #Expert2019", &["expert2019"], now, &carl);
    let mut boost = by("u2", "bea");
    boost["text"] = Value::Null;
    boost["renoteId"] = json!("r1");
    boost["renote"] = json!({"id": "r1", "visibility": "public", "text": "far", "createdAt": now.to_string(), "user": {"username": "x"}});
    server.push("", &[], now, &boost);
    let wanted = [
        server.push("on the list", &[], now, &by("u2", "bea")),
        server.push("hello @ada you", &[], now, &carl),
    ];
    let wanted = wanted.map(|id| rig.source.id(&id));
    rig.all_of("what people write", &wanted).await;
    assert_eq!(rig.came.len(), 2, "{:?}", rig.came);
    let asked = rig.source.server.requests();
    assert!(
        asked
            .iter()
            .all(|(path, _)| !path.contains("search-by-tag"))
    );
}

#[tokio::test]
async fn people_that_cannot_be_read_are_said() {
    let with = async |token, wanted: Wanted| {
        let mut source = Misskey::streaming().await;
        source.server.sign_in("secret", "ada", &[]);
        source.token = token;
        source.wanted = wanted;
        Rig::new(source).failure("nobody can be read").await
    };
    let one = |accounts: &[&str], lists: &[&str], mentions: &[&str]| Wanted {
        accounts: names(accounts),
        lists: names(lists),
        mentions: names(mentions),
        ..Wanted::default()
    };
    let error = with(None, one(&["nobody"], &[], &[])).await;
    assert!(
        matches!(&error, FeedError::Misconfigured(words) if words.contains("no account nobody")),
        "{error:?}"
    );
    for (token, wanted, words) in [
        (None, one(&[], &["l1"], &[]), "owner's token"),
        (None, one(&[], &[], &["ada"]), "that very account"),
        (Some("secret"), one(&[], &[], &["bea"]), "not that of ada"),
        (
            Some("wrong"),
            one(&[], &["l1"], &[]),
            "does not accept the token",
        ),
    ] {
        let error = with(token, wanted).await;
        assert!(
            matches!(&error, FeedError::Unauthorised(said) if said.contains(words)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_cursor_from_before_people_were_read_goes_on() {
    let mut rig = Rig::new(Misskey::polling().await);
    rig.until("it reads", |rig| rig.pages > 0).await;
    let old = rig.publish(3).await;
    rig.all_of("the first", &old).await;
    // As it was written when there was one timeline only.
    let cursor: Value = serde_json::from_str(rig.cursor().expect("it moved")).expect("JSON");
    let mut keys: Vec<_> = cursor.as_object().expect("an object").keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["began", "newest", "started"]);
    rig.source.wanted.accounts = names(&["ada"]);
    rig.restart();
    let missed = rig.publish(2).await;
    rig.all_of("what came meanwhile", &missed).await;
    let complete = rig.complete_since.len();
    rig.until("all is read", |rig| rig.complete_since.len() > complete)
        .await;
    // What was read live before the account was asked for is not told to be history.
    assert!(missed.iter().all(|id| !rig.history.contains(id)));
}
