//! What is held stays in the house: no way of asking brings it out. And modes change while posts come.

mod support;

use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::{post, post_by};
use support::stream::Stream;

const WALL: &str = "expert2019";

async fn wall(more: &str) -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n{more}\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

/// Everything that anybody gets without signing in, and what organisers give away.
async fn given_out(service: &Service, operator: &Api, watched: &mut Stream) -> String {
    let anybody = service.anybody();
    let mut words = String::new();
    for query in [
        "",
        "standing=held",
        "standing=hidden",
        "q=quixotry",
        "q=zanzibarite",
        "author=test:zanzibarite",
        "author=test:ada",
        "source=test",
        "language=unknown",
        "media=none",
        "order=oldest",
        "limit=500",
        "view=public",
    ] {
        words += &anybody
            .get(&format!("/walls/{WALL}/posts?{query}"))
            .await
            .text;
    }
    // Somebody of whom nothing is shown is answered for as somebody who was never here.
    let of = async |author: &str| {
        let path = format!("/walls/{WALL}/posts?author=test:{author}");
        anybody.get(&path).await.text
    };
    assert_eq!(of("zanzibarite").await, of("nobody").await);
    for path in ["", "/tallies", "/trends"] {
        words += &anybody.get(&format!("/walls/{WALL}{path}")).await.text;
    }
    for path in ["/walls", "/metrics", "/healthz", "/readyz"] {
        words += &anybody.get(path).await.text;
    }
    for path in [
        "/posts?view=staff",
        "/stream?view=staff",
        "/events?view=staff",
        "/report",
        "/audit",
        "/rules",
        "/settings",
        "/authors/test%3Azanzibarite",
    ] {
        let answer = anybody.get(&format!("/walls/{WALL}{path}")).await;
        assert!(!answer.status.is_success(), "{path}: {}", answer.text);
        words += &answer.text;
    }
    for format in ["json", "csv", "text"] {
        words += &operator
            .get(&format!("/walls/{WALL}/report?format={format}"))
            .await
            .text;
    }
    words += &anybody.events(WALL, "", None).await.next().await.raw;
    let mut fresh = anybody.watch(WALL).await;
    fresh.next().await;
    words += &fresh.raw;
    words + &watched.raw
}

#[tokio::test]
async fn a_held_post_leaves_by_no_door() {
    let (place, service, operator) =
        wall("[walls.moderation]\nblock_words = [\"quixotry\"]\nsensitive = \"hold\"").await;
    let mut watched = service.anybody().watch(WALL).await;
    let named = json!({"id": "test:ada", "handle": "@quixotry@example.org", "name": "Quixotry"});
    let unseen = json!({
        "sensitive": true, "hashtags": ["quixotrytag", "expert2019"], "language": "eo",
        "author": {"id": "test:zanzibarite", "handle": "@zanzibarite@example.org", "name": "Zanzibarite"},
        "media": [{"kind": "image", "url": "https://example.org/quixotry.png", "alt": "quixotry"}],
    });
    place
        .bring(
            WALL,
            &[
                post("1", "fine words", json!({})),
                post("2", "held words of quixotry", unseen),
                // Somebody whose posts are shown, under a new name that is not.
                post("3", "more words", json!({ "author": named })),
            ],
        )
        .await;
    operator.decide(WALL, "pin", &["test:2"]).await;
    operator.decide(WALL, "highlight", &["test:2"]).await;
    watched.until(|frame| frame["tallies"]["posts"] == 3).await;
    let words = given_out(&service, &operator, &mut watched).await;
    assert!(words.contains("fine words") && words.contains("Ada Example"));
    let lower = words.to_lowercase();
    for secret in ["quixotry", "zanzibarite", "\"eo\"", "reasons", "decided_by"] {
        let at = lower.find(secret);
        let about = at.and_then(|at| lower.get(at.saturating_sub(200)..at + 50));
        assert_eq!(about, None, "{secret}");
    }
    // It was there to be found: once shown, it is.
    operator.decide(WALL, "show", &["test:2"]).await;
    watched.post("test:2", |_| true).await;
    let words = given_out_shown(&service).await;
    assert!(words.contains("quixotry") && words.contains("Zanzibarite"));
}

async fn given_out_shown(service: &Service) -> String {
    let path = format!("/walls/{WALL}/posts?author=test:zanzibarite");
    service.anybody().get(&path).await.text
}

#[tokio::test]
async fn held_from_now_keeps_what_is_in_its_delay() {
    let (place, service, operator) =
        wall("[walls.moderation]\nmode = \"delayed\"\ndelay = \"1h\"").await;
    place.bring(WALL, &[post("1", "waits", json!({}))]).await;
    let settings = format!("/walls/{WALL}/settings");
    let held = json!({"moderation": {"mode": "held"}});
    let done = operator.patch(&settings, held).await.ok();
    assert_eq!(done["changed"], 0);
    let queue = async || operator.posts(WALL, "view=staff&queue=waiting").await;
    assert_eq!(queue().await[0]["reasons"][0]["rule"], "mode");
    // Back to a short delay: what waits for a person goes on waiting, what comes does not.
    let delayed = json!({"moderation": {"mode": "delayed", "delay": "100ms"}});
    operator.patch(&settings, delayed).await.ok();
    let mut public = service.anybody().watch(WALL).await;
    place
        .bring(WALL, &[post("2", "comes later", json!({}))])
        .await;
    public.post("test:2", |_| true).await;
    assert_eq!(queue().await[0]["id"], "test:1");
}

#[tokio::test]
async fn one_feed_has_another_mode_than_the_wall() {
    let (_place, service, operator) =
        wall("[[walls.feeds]]\nkind = \"ingest\"\ntoken = \"a-token-of-some-length-0123456789\"\n")
            .await;
    let feeds = operator.get(&format!("/walls/{WALL}/feeds")).await.ok();
    let name = feeds["feeds"][0]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    let settings = format!("/walls/{WALL}/settings");
    let mode = async |mode: Value| {
        let body = json!({"moderation": {"feed_modes": mode}});
        operator.patch(&settings, body).await.ok()
    };
    let send = async |post: Value| {
        let anybody = service.anybody();
        let request = anybody.request(reqwest::Method::POST, &format!("/walls/{WALL}/posts"));
        let request = request
            .bearer_auth("a-token-of-some-length-0123456789")
            .json(&post);
        anybody.send(request).await.ok();
    };
    mode(json!({ name.as_str(): "held" })).await;
    send(post_by("eve", "1", "held here")).await;
    mode(json!({ name.as_str(): "delayed" })).await;
    send(post_by("eve", "2", "delayed here")).await;
    // As much as "held mode now", for that feed alone.
    mode(json!({ name.as_str(): "held" })).await;
    let waiting = operator.posts(WALL, "view=staff&queue=waiting").await;
    let rules: Vec<&Value> = waiting
        .iter()
        .map(|post| &post["reasons"][0]["rule"])
        .collect();
    assert_eq!(rules, [&json!("mode"), &json!("mode")]);
    mode(Value::Null).await;
    send(post_by("eve", "3", "open again")).await;
    let shown = service.anybody().posts(WALL, "").await;
    assert_eq!(shown[0]["id"], "test:3");
}
