//! `nostr`, by streaming from one relay or several.

use std::time::Duration;

use ::nostr::Event;
use ::nostr::nips::nip19::ToBech32 as _;
use async_trait::async_trait;
use buzzwall::feed::{FeedError, Reason};
use buzzwall::post::{FacetKind, Kind, MediaKind};
use jiff::Timestamp;
use nostr_relay_builder::prelude::MockRelay;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Rig, Source, TAG};
use super::support::nostr::{self, Relay, event, keys, signed};

const ADA: u8 = 1;
const EVE: u8 = 2;

/// Invented relays, all of which get every post.
struct Nostr {
    relays: Vec<Relay>,
    /// Addresses that are named beside them.
    beside: Vec<String>,
}

impl Nostr {
    async fn start() -> Self {
        Self {
            relays: vec![Relay::start().await],
            beside: Vec::new(),
        }
    }

    /// Two of three relays.
    async fn several() -> Self {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = nobody.local_addr().expect("it is bound");
        drop(nobody);
        Self {
            relays: vec![Relay::start().await, Relay::start().await],
            beside: vec![format!("ws://{address}")],
        }
    }

    fn put(&self, event: &Value) {
        for relay in &self.relays {
            relay.publish(event.clone());
        }
    }
}

#[async_trait]
impl Source for Nostr {
    fn can(&self) -> Can {
        let alone = self.beside.is_empty();
        Can {
            edits: false,
            rate_limited: alone,
            unauthorised: alone,
            ..Can::ALL
        }
    }

    fn settings(&self) -> Value {
        let urls: Vec<String> = self
            .relays
            .iter()
            .map(Relay::url)
            .chain(self.beside.clone())
            .collect();
        json!({"kind": "nostr", "relays": urls, "silence": "500ms"})
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        let event = signed(&keys(ADA), 1, at.as_second(), &[&["t", "expert2019"]], text);
        self.put(&event);
        format!("nostr:{}", event["id"].as_str().expect("events have ids"))
    }

    async fn delete(&self, id: &str) {
        let id = id.trim_start_matches("nostr:");
        self.put(&signed(
            &keys(ADA),
            5,
            1_573_000_000,
            &[&["e", id], &["k", "1"]],
            "",
        ));
    }

    async fn edit(&self, _: &str, _: &str, _: Timestamp) {}

    async fn fail(&self, fault: Fault) {
        for relay in &self.relays {
            relay.fail(match fault {
                Fault::RateLimited => nostr::Fault::TooMany,
                Fault::Unauthorised => nostr::Fault::Closed("auth-required: members only"),
                Fault::Garbage => nostr::Fault::Garbage,
                Fault::Cut => nostr::Fault::Cut,
                Fault::Slow => nostr::Fault::Silent,
                Fault::Down => nostr::Fault::Down,
            });
        }
    }

    async fn recover(&self) {
        for relay in &self.relays {
            relay.recover();
        }
    }
}

mod one {
    use super::Nostr;
    use crate::suite::conforms;

    conforms!(Nostr::start());
}

mod several {
    use super::Nostr;
    use crate::suite::conforms;

    conforms!(Nostr::several());
}

async fn reading() -> Rig<Nostr> {
    let mut rig = Rig::new(Nostr::start().await);
    rig.until("it reads", |rig| !rig.complete_since.is_empty())
        .await;
    rig
}

impl Rig<Nostr> {
    /// Puts a note up as written now; gives the id that its post will have.
    fn put(&self, tags: &[&[&str]], content: &str) -> String {
        self.put_kind(1, tags, content)
    }

    fn put_kind(&self, kind: u16, tags: &[&[&str]], content: &str) -> String {
        let event = signed(&keys(ADA), kind, self.now().as_second(), tags, content);
        self.source.put(&event);
        format!("nostr:{}", event["id"].as_str().expect("events have ids"))
    }
}

#[tokio::test]
async fn a_relay_that_asks_for_patience_in_nostrs_own_words_gets_it() {
    let mut rig = reading().await;
    rig.source.relays[0].fail(nostr::Fault::Closed("rate-limited: slow down"));
    let error = rig.failure("the limit").await;
    assert!(matches!(error, FeedError::RateLimited { .. }), "{error:?}");
}

#[tokio::test]
async fn a_relay_that_answers_pings_but_no_requests_is_given_up() {
    let mut rig = Rig::new(Nostr::start().await);
    rig.source.relays[0].fail(nostr::Fault::Deaf);
    let error = rig.failure("it is noticed").await;
    assert!(error.to_string().contains("no answer within"), "{error}");
}

#[tokio::test]
async fn some_relays_down_are_named_and_the_others_read() {
    let mut rig = Rig::new(Nostr::several().await);
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
    rig.until("the one that is down is named", |rig| {
        rig.note.as_deref().is_some_and(|note| {
            note.starts_with("1 of 3 relays cannot be read: cannot reach ws://127.0.0.1")
        })
    })
    .await;
    rig.source.relays[1].fail(nostr::Fault::Down);
    rig.until("the other too", |rig| {
        rig.note
            .as_deref()
            .is_some_and(|note| note.starts_with("2 of 3"))
    })
    .await;
    let more = rig.publish(2).await;
    rig.all_of("more posts", &more).await;
    let twice = rig.came.values().filter(|times| **times > 1).count();
    assert_eq!(twice, 0, "what two relays tell comes once");
}

#[tokio::test]
async fn tags_of_other_spellings_are_found() {
    let mut rig = reading().await;
    let ids: Vec<String> = ["expert2019", TAG, "EXPERT2019"]
        .iter()
        .map(|tag| rig.put(&[&["t", tag]], &format!("tagged {tag}")))
        .collect();
    rig.all_of("all spellings", &ids).await;
}

#[tokio::test]
async fn a_forged_event_is_refused_and_the_true_one_taken() {
    let mut rig = reading().await;
    let true_one = signed(
        &keys(ADA),
        1,
        rig.now().as_second(),
        &[&["t", "expert2019"]],
        "I said so #Expert2019",
    );
    let mut other_words = true_one.clone();
    other_words["content"] = json!("I never said so #Expert2019");
    let mut other_name = signed(
        &keys(EVE),
        1,
        rig.now().as_second(),
        &[&["t", "expert2019"]],
        "mine",
    );
    other_name["pubkey"] = true_one["pubkey"].clone();
    rig.source.put(&other_words);
    rig.source.put(&other_name);
    rig.until("both are refused", |rig| rig.refused.len() >= 2)
        .await;
    assert!(
        rig.refused
            .iter()
            .all(|refusal| refusal.reason == Reason::Malformed)
    );
    rig.source.put(&true_one);
    let id = format!("nostr:{}", true_one["id"].as_str().unwrap());
    rig.all_of("the true one", std::slice::from_ref(&id)).await;
    assert_eq!(rig.posts[&id].text, "I said so #Expert2019");
    assert_eq!(rig.posts.len(), 1);
}

#[tokio::test]
async fn a_relay_that_sends_what_nobody_asked_for_is_left_alone() {
    let mut rig = Rig::new(Nostr {
        relays: vec![Relay::start().await, Relay::start().await],
        beside: Vec::new(),
    });
    rig.source.relays[0].fail_next(nostr::Fault::Flood);
    rig.until("it is left alone", |rig| {
        rig.note
            .as_deref()
            .is_some_and(|note| note.contains("left alone for ten minutes"))
    })
    .await;
    let ids = rig.publish(3).await;
    rig.all_of("the other is read", &ids).await;
    let connections = rig.source.relays[0].connections();
    assert_eq!(connections, 1);
    assert!(rig.refused.is_empty() && rig.posts.len() == 3);
}

#[tokio::test]
async fn what_is_dated_into_the_future_or_has_expired_is_not_taken() {
    let mut rig = reading().await;
    let now = rig.now().as_second();
    rig.source.put(&signed(
        &keys(ADA),
        1,
        now + 3600,
        &[&["t", "expert2019"]],
        "tomorrow",
    ));
    let past = (now - 5).to_string();
    rig.put(&[&["t", "expert2019"], &["expiration", &past]], "yesterday");
    rig.until("both are refused", |rig| rig.refused.len() == 2)
        .await;
    let reasons: Vec<Reason> = rig.refused.iter().map(|refusal| refusal.reason).collect();
    assert_eq!(reasons, [Reason::BadTime, Reason::NotPublic]);
}

#[tokio::test]
async fn a_post_with_an_end_goes_at_its_end_also_after_a_restart() {
    let mut rig = reading().await;
    let ends = (rig.now().as_second() + 600).to_string();
    let id = rig.put(
        &[&["t", "expert2019"], &["expiration", &ends]],
        "for ten minutes",
    );
    rig.all_of("the post", std::slice::from_ref(&id)).await;
    // As relays do at the end.
    rig.source.relays[0].forget(id.trim_start_matches("nostr:"));
    rig.restart();
    rig.clock.advance(Duration::from_mins(11));
    rig.until("it is gone", |rig| rig.deleted.contains(&id))
        .await;
}

#[tokio::test]
async fn a_deletion_counts_by_its_author_also_after_a_restart() {
    let mut rig = reading().await;
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
    rig.restart();
    let stranger = signed(
        &keys(EVE),
        5,
        rig.now().as_second(),
        &[&["e", ids[0].trim_start_matches("nostr:")]],
        "",
    );
    rig.source.put(&stranger);
    rig.source.delete(&ids[1]).await;
    rig.until("the deletion", |rig| rig.deleted.contains(&ids[1]))
        .await;
    let more = rig.publish(1).await;
    rig.all_of("something later", &more).await;
    assert_eq!(rig.deleted.len(), 1);
}

#[tokio::test]
async fn somebody_who_vanishes_takes_everything_along() {
    let mut rig = reading().await;
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
    let elsewhere = signed(
        &keys(ADA),
        62,
        rig.now().as_second(),
        &[&["relay", "wss://elsewhere.example"]],
        "",
    );
    rig.source.put(&elsewhere);
    let everywhere = signed(
        &keys(ADA),
        62,
        rig.now().as_second(),
        &[&["relay", "ALL_RELAYS"]],
        "bye",
    );
    rig.source.put(&everywhere);
    rig.until("both are gone", |rig| rig.deleted.len() == 2)
        .await;
}

#[tokio::test]
async fn people_have_names_faces_and_wishes() {
    let mut rig = reading().await;
    let now = rig.now().as_second();
    let profile = json!({"name": "ada", "display_name": "Ada :duck:", "picture": "https://example.org/ada.png", "bot": true,
        "nip05": "ada@example.org", "about": "I write #rust"});
    let emoji: &[&str] = &["emoji", "duck", "https://example.org/duck.png"];
    rig.source.put(&signed(
        &keys(ADA),
        0,
        now - 50,
        &[emoji],
        &profile.to_string(),
    ));
    rig.source.put(&signed(
        &keys(ADA),
        0,
        now - 90,
        &[],
        r#"{"name":"old name"}"#,
    ));
    rig.source.put(&signed(
        &keys(EVE),
        0,
        now - 50,
        &[],
        r#"{"name":"Eve","about":"no robots, please #NoBot"}"#,
    ));
    let bea = 3;
    let label: &[&str] = &[
        "l",
        "!no-unauthenticated",
        "com.atproto.label.defs#selfLabel",
    ];
    rig.source
        .put(&signed(&keys(bea), 0, now - 50, &[label], "{}"));

    let npub = keys(ADA).public_key().to_bech32().unwrap();
    let id = rig.put(&[&["t", "expert2019"]], &format!("by nostr:{npub}"));
    for opted_out in [EVE, bea] {
        rig.source.put(&signed(
            &keys(opted_out),
            1,
            now,
            &[&["t", "expert2019"]],
            "do not show me",
        ));
    }
    rig.until("all are seen", |rig| {
        rig.refused.len() == 2 && rig.posts.len() == 1
    })
    .await;
    assert!(
        rig.refused
            .iter()
            .all(|refusal| refusal.reason == Reason::OptedOut)
    );
    let post = &rig.posts[&id];
    assert_eq!(post.author.name, "Ada :duck:");
    assert_eq!(
        post.author.avatar.as_deref(),
        Some("https://example.org/ada.png")
    );
    assert!(post.author.bot && post.emojis.iter().any(|emoji| emoji.shortcode == "duck"));
    assert!(post.author.handle.starts_with("npub1") && post.author.handle.len() < 30);
    assert_eq!(post.text, "by @Ada :duck:");
    assert_eq!(post.facets[0].kind, FacetKind::Mention);

    // Somebody who no longer wants to be shown.
    rig.source.put(&signed(
        &keys(ADA),
        0,
        now - 10,
        &[],
        r##"{"name":"ada","about":"#noindex"}"##,
    ));
    rig.until("it is followed", |rig| rig.deleted.contains(&id))
        .await;
}

#[tokio::test]
async fn everything_that_a_note_says_is_taken() {
    let mut rig = reading().await;
    let other = "ab".repeat(32);
    let id = rig.put(
        &[
            &["t", "expert2019"],
            &["t", "rust"],
            &["e", &"cd".repeat(32), "", "root"],
            &["e", &other, "", "reply"],
            &["content-warning", "spiders"],
            &["imeta", "url https://example.org/a", "m image/jpeg", "alt A spider", "dim 640x480", "blurhash LKO2"],
            &["emoji", "duck", "https://example.org/duck.png"],
            &["L", "ISO-639-1"],
            &["l", "en", "ISO-639-1"],
            &["proxy", "https://social.example/@ada/7", "activitypub"],
        ],
        "Look :duck: #Rust https://example.org/a and https://example.org/b.mp4 https://example.org/c",
    );
    rig.all_of("the note", std::slice::from_ref(&id)).await;
    let post = &rig.posts[&id];
    assert_eq!(post.text, "Look :duck: #Rust and https://example.org/c");
    assert_eq!(
        (post.kind, post.of.as_ref().unwrap().as_str()),
        (Kind::Reply, format!("nostr:{other}").as_str())
    );
    assert_eq!(post.warning.as_deref(), Some("spiders"));
    assert!(post.sensitive);
    assert_eq!(post.hashtags, ["expert2019", "Rust"]);
    assert_eq!(post.language.as_deref(), Some("en"));
    let media: Vec<_> = post
        .media
        .iter()
        .map(|media| (media.kind, media.alt.as_deref(), media.width))
        .collect();
    assert_eq!(
        media,
        [
            (MediaKind::Image, Some("A spider"), Some(640)),
            (MediaKind::Video, None, None)
        ]
    );
    let same: Vec<&str> = post
        .same_as
        .iter()
        .map(buzzwall::post::PostId::as_str)
        .collect();
    assert_eq!(
        same,
        [
            "mastodon:https://social.example/@ada/7",
            "mastodon:https://social.example/users/ada/statuses/7"
        ]
    );
    assert!(
        post.url
            .as_deref()
            .unwrap()
            .starts_with("https://njump.me/nevent1")
    );

    let quote = rig.put(&[&["t", "expert2019"], &["q", &other]], "see");
    let picture = rig.put_kind(
        20,
        &[
            &["t", "expert2019"],
            &["title", "A duck"],
            &["content-warning"],
        ],
        "in water",
    );
    rig.all_of("both", &[quote.clone(), picture.clone()]).await;
    assert_eq!(rig.posts[&quote].kind, Kind::Quote);
    assert_eq!(rig.posts[&picture].text, "A duck\nin water");
    assert_eq!(
        rig.posts[&picture].warning.as_deref(),
        Some("Sensitive content")
    );
}

#[tokio::test]
async fn the_first_start_walks_back_and_says_so() {
    let source = Nostr::start().await;
    let start: Timestamp = super::rig::START.parse().unwrap();
    for n in 0..450 {
        source
            .publish(
                &format!("post {n} #{TAG}"),
                start - Duration::from_secs(450 - n),
            )
            .await;
    }
    let mut rig = Rig::new(source);
    rig.until("it caught up", |rig| !rig.complete_since.is_empty())
        .await;
    let count = rig.posts.len();
    assert!((390..=400).contains(&count), "{count}");
    assert!(
        rig.posts
            .values()
            .all(|post| rig.history.contains(post.id.as_str()))
    );
    let oldest = rig
        .posts
        .values()
        .map(|post| post.created_at)
        .min()
        .unwrap();
    assert_eq!(rig.complete_since, [oldest]);
    let live = rig.publish(1).await;
    rig.all_of("a new one", &live).await;
    assert!(!rig.history.contains(&live[0]));
}

/// What relays sent one day in 2025, some of it broken off.
#[test]
fn recorded_events_are_read() {
    let Some(recorded) = nostr::recorded("nostr/go-nostr/relay_messages_2025-03-07.jsonl") else {
        return;
    };
    let (mut notes, mut tagged, mut broken) = (0, 0, 0);
    for line in recorded.lines() {
        let Ok(frame) = serde_json::from_str::<Value>(line) else {
            broken += 1;
            continue;
        };
        if frame[0] != "EVENT" || frame[2]["kind"] != 1 {
            continue;
        }
        let event: Event = serde_json::from_value(frame[2].clone()).expect("relays check events");
        event.verify().expect("relays check signatures");
        let post = buzzwall::feed::nostr::convert::unverified(frame[2].to_string().as_bytes())
            .expect("it is a note");
        notes += 1;
        tagged += usize::from(!post.hashtags.is_empty());
        assert!(
            post.facets
                .iter()
                .all(|facet| post.text.get(facet.start..facet.end).is_some())
        );
        post.bounded().expect("it is within bounds");
    }
    assert_eq!((notes, broken), (160, 5));
    assert!(tagged >= 15, "{tagged}");
}

/// A real relay implementation, in this process.
struct Mock(MockRelay);

impl Mock {
    async fn start() -> Self {
        Self(MockRelay::run().await.expect("it starts"))
    }

    async fn save(&self, event: &Event) {
        use futures_util::{SinkExt as _, StreamExt as _};
        let url = self.0.url().await;
        let (mut socket, _) = tokio_tungstenite::connect_async(url.to_string())
            .await
            .expect("it is there");
        let message = json!(["EVENT", nostr::json(event)]).to_string();
        socket.send(message.into()).await.expect("it takes events");
        let answer = socket
            .next()
            .await
            .expect("it answers")
            .expect("it answers");
        let answer: Value = serde_json::from_str(answer.to_text().expect("a text")).expect("JSON");
        assert_eq!(answer[2], true, "{answer}");
    }
}

#[async_trait]
impl Source for Mock {
    fn can(&self) -> Can {
        Can {
            edits: false,
            away: false,
            rate_limited: false,
            unauthorised: false,
            ..Can::ALL
        }
    }

    fn settings(&self) -> Value {
        json!({"kind": "nostr", "relays": [futures_util::FutureExt::now_or_never(self.0.url()).expect("known").to_string()],
            "silence": "5s"})
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        let event = event(&keys(ADA), 1, at.as_second(), &[&["t", "expert2019"]], text);
        self.save(&event).await;
        format!("nostr:{}", event.id)
    }

    async fn delete(&self, id: &str) {
        let at = jiff::Timestamp::constant(1_573_100_000, 0).as_second();
        self.save(&event(
            &keys(ADA),
            5,
            at,
            &[&["e", id.trim_start_matches("nostr:")], &["k", "1"]],
            "",
        ))
        .await;
    }

    async fn edit(&self, _: &str, _: &str, _: Timestamp) {}
    async fn fail(&self, _: Fault) {}
    async fn recover(&self) {}
}

mod real {
    use super::Mock;
    use crate::suite::conforms;

    conforms!(Mock::start(); first_page, nothing_new, restart, deletion);
}

#[tokio::test]
async fn a_real_relay_tells_profiles_warnings_spellings_and_deletions() {
    let mut rig = Rig::new(Mock::start().await);
    let now = rig.now().as_second();
    rig.source
        .save(&event(
            &keys(ADA),
            0,
            now,
            &[],
            r#"{"name":"ada","display_name":"Ada"}"#,
        ))
        .await;
    let stored = event(
        &keys(ADA),
        1,
        now - 60,
        &[&["t", TAG], &["content-warning", "spoiler"]],
        "stored",
    );
    rig.source.save(&stored).await;
    rig.until("it reads", |rig| !rig.posts.is_empty()).await;
    let post = rig.posts.values().next().unwrap();
    assert_eq!(
        (post.author.name.as_str(), post.warning.as_deref()),
        ("Ada", Some("spoiler"))
    );

    let live = event(&keys(EVE), 1, now, &[&["t", "EXPERT2019"]], "live");
    rig.source.save(&live).await;
    rig.until("a live one", |rig| rig.posts.len() == 2).await;
    let gone = event(&keys(EVE), 5, now + 1, &[&["e", &live.id.to_hex()]], "");
    rig.source.save(&gone).await;
    rig.until("it is gone", |rig| {
        rig.deleted.contains(&format!("nostr:{}", live.id))
    })
    .await;
    assert_eq!(rig.deleted.len(), 1);
}
