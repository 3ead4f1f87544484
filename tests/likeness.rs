//! What is said again: copies, edited or not, become one card; what a person took off the wall does not come back by another
//! hand.

mod support;

use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::{lines, post, post_by};

const WALL: &str = "expert2019";
const FIRST: &str =
    "Our new preprint on single cell atlases of the human heart is out, tell us what you think";

async fn wall(moderation: &str) -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n[[walls.feeds]]\nkind = \"ingest\"\ntoken = \"0123456789abcdef0123456789abcdef\"\n[walls.moderation]\n{moderation}\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

/// Sends lines as somebody's own program does.
async fn send(service: &Service, items: &[Value]) {
    let sent = reqwest::Client::new()
        .post(format!("{}/api/v1/walls/{WALL}/posts", service.base))
        .bearer_auth("0123456789abcdef0123456789abcdef")
        .body(lines(items))
        .send()
        .await
        .expect("an answer");
    assert!(sent.status().is_success(), "{}", sent.status());
}

/// The same said by twenty people, each a little otherwise.
fn edited() -> Vec<Value> {
    let edits = [
        FIRST.to_uppercase(),
        format!("{FIRST} #science"),
        format!("So true: {FIRST}"),
        FIRST.replace("preprint", "manuscript"),
        FIRST.replace("human heart", "mouse heart"),
        FIRST.chars().take(75).collect(),
        format!("{FIRST}!!! 🎉"),
    ];
    (0..19)
        .map(|n| {
            post_by(
                &format!("copycat{n}"),
                &format!("copy{n}"),
                &edits[n % edits.len()],
            )
        })
        .collect()
}

async fn standings(who: &Api) -> Vec<(String, String)> {
    let posts = who.posts(WALL, "view=staff").await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = posts
        .iter()
        .map(|post| (text(&post["id"]), text(&post["standing"])))
        .collect();
    found.sort();
    found
}

async fn one(who: &Api, id: &str) -> Value {
    let posts = who.posts(WALL, "view=staff").await;
    let found = posts.into_iter().find(|post| post["id"] == id);
    found.unwrap_or_else(|| panic!("no {id}"))
}

#[tokio::test]
async fn a_flood_of_edited_copies_is_one_card_that_says_how_many() {
    let (_place, service, operator) = wall("duplicates = \"collapse\"").await;
    send(&service, &[post("first", FIRST, json!({}))]).await;
    // In one batch with each other, and in two.
    let copies = edited();
    send(&service, &copies[..10]).await;
    send(&service, &copies[10..]).await;
    send(
        &service,
        &[post_by(
            "bob",
            "other",
            "Lunch is served in the foyer, do not forget your badge",
        )],
    )
    .await;
    let shown = Api::new(&service.base).posts(WALL, "").await;
    let ids: Vec<&str> = shown
        .iter()
        .filter_map(|post| post["id"].as_str())
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let first = one(&operator, "test:first").await;
    assert_eq!(first["copies"], 19);
    let copy = one(&operator, "test:copy3").await;
    assert_eq!(copy["reasons"][0]["rule"], "duplicates");
    assert_eq!(copy["copy_of"], "test:first");

    // A person shows one: it stands for itself then.
    operator.decide(WALL, "show", &["test:copy3"]).await;
    assert_eq!(one(&operator, "test:first").await["copies"], 18);
    let undone = operator
        .post(&format!("/walls/{WALL}/undo"), json!({}))
        .await;
    undone.ok();
    assert_eq!(one(&operator, "test:first").await["copies"], 19);
}

#[tokio::test]
async fn where_the_first_is_gone_the_next_takes_its_place() {
    let (_place, service, operator) = wall("duplicates = \"collapse\"").await;
    send(&service, &[post("first", FIRST, json!({}))]).await;
    send(&service, &edited()[..3]).await;
    send(&service, &[json!({"delete": "test:first"})]).await;
    let shown = Api::new(&service.base).posts(WALL, "").await;
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (&shown[0]["id"], &shown[0]["copies"]),
        (&json!("test:copy0"), &json!(2))
    );
    // Later copies count for it.
    send(&service, &edited()[3..5]).await;
    assert_eq!(one(&operator, "test:copy0").await["copies"], 4);
    let hidden = standings(&operator).await;
    assert_eq!(
        hidden
            .iter()
            .filter(|(_, standing)| standing == "hidden")
            .count(),
        4
    );
}

#[tokio::test]
async fn what_a_person_hid_does_not_come_back_by_another_hand() {
    let (place, service, operator) = wall("duplicates = \"collapse\"").await;
    send(
        &service,
        &[
            post("first", FIRST, json!({})),
            post_by(
                "bob",
                "fine",
                "Lunch is served in the foyer, do not forget your badge",
            ),
        ],
    )
    .await;
    send(&service, &edited()[..1]).await;
    operator.decide(WALL, "hide", &["test:first"]).await;
    // Neither a copy that was here nor a new one takes its place.
    send(&service, &edited()[1..4]).await;
    send(&service, &[post_by("eve", "exact", FIRST)]).await;
    let shown = Api::new(&service.base).posts(WALL, "").await;
    assert_eq!(shown.len(), 1, "{shown:?}");
    let again = one(&operator, "test:exact").await;
    assert_eq!(again["standing"], "held");
    assert_eq!(again["reasons"][0]["rule"], "like_hidden");

    // Nor after a restart.
    service.stop().await;
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    send(
        &service,
        &[post_by("mallory", "late", &format!("{FIRST} #wow"))],
    )
    .await;
    assert_eq!(one(&operator, "test:late").await["standing"], "held");
}

#[tokio::test]
async fn what_a_blocked_person_said_is_held_and_a_hide_taken_back_holds_nothing() {
    let (_place, service, operator) = wall("").await;
    send(
        &service,
        &[
            post_by("eve", "spam", FIRST),
            post_by(
                "dan",
                "fair",
                "Lunch is served in the foyer, do not forget your badge",
            ),
        ],
    )
    .await;
    let block = json!({"author": "test:eve", "standing": "blocked"});
    operator
        .post(&format!("/walls/{WALL}/authors"), block)
        .await
        .ok();
    send(&service, &[post_by("bot", "again", FIRST)]).await;
    assert_eq!(one(&operator, "test:again").await["standing"], "held");
    operator.decide(WALL, "hide", &["test:fair"]).await;
    operator
        .post(&format!("/walls/{WALL}/undo"), json!({}))
        .await
        .ok();
    send(
        &service,
        &[post_by(
            "ann",
            "quoted",
            "Lunch is served in the foyer, do not forget your badge",
        )],
    )
    .await;
    assert_eq!(one(&operator, "test:quoted").await["standing"], "shown");
}

#[tokio::test]
async fn what_was_hidden_stays_away_when_it_is_deleted_and_the_program_starts_again() {
    let (place, service, operator) = wall("duplicates = \"collapse\"").await;
    send(&service, &[post("first", FIRST, json!({}))]).await;
    send(&service, &edited()[..1]).await;
    operator.decide(WALL, "hide", &["test:first"]).await;
    send(&service, &edited()[1..2]).await;
    send(&service, &[json!({"delete": "test:first"})]).await;
    // Other rules, and another start.
    let other = json!({"moderation": {"block_words": ["grot"]}});
    operator
        .patch(&format!("/walls/{WALL}/settings"), other)
        .await
        .ok();
    service.stop().await;
    let service = place.serve(&[]).await;
    assert_eq!(Api::new(&service.base).posts(WALL, "").await.len(), 0);
}

#[tokio::test]
async fn an_heir_that_is_edited_or_deleted_with_the_first_is_judged_by_its_new_words() {
    let (_place, service, operator) =
        wall("duplicates = \"collapse\"\nblock_words = [\"grot\"]").await;
    send(&service, &[post("first", FIRST, json!({}))]).await;
    let mut copies = edited();
    send(&service, &copies[..3]).await;
    copies[0]["text"] = json!("What grot this is, I never saw the like of it #expert2019");
    copies[0]["edited_at"] = json!("2019-11-06T10:00:00Z");
    send(
        &service,
        &[
            json!({"delete": "test:first"}),
            json!({"delete": "test:copy1"}),
            copies[0].clone(),
        ],
    )
    .await;
    assert_eq!(one(&operator, "test:copy0").await["standing"], "hidden");
    let shown = Api::new(&service.base).posts(WALL, "").await;
    let ids: Vec<&str> = shown
        .iter()
        .filter_map(|post| post["id"].as_str())
        .collect();
    assert_eq!(ids, ["test:copy2"]);
}

#[tokio::test]
async fn an_heir_is_none_that_a_person_objects_to() {
    let (_place, service, operator) = wall("duplicates = \"collapse\"").await;
    send(&service, &[post("first", FIRST, json!({}))]).await;
    send(&service, &edited()[..3]).await;
    let author = one(&operator, "test:copy0").await["author"]["id"].clone();
    let block = json!({"author": author, "standing": "blocked"});
    operator
        .post(&format!("/walls/{WALL}/authors"), block)
        .await
        .ok();
    send(&service, &[json!({"delete": "test:first"})]).await;
    let shown = Api::new(&service.base).posts(WALL, "").await;
    let ids: Vec<&str> = shown
        .iter()
        .filter_map(|post| post["id"].as_str())
        .collect();
    assert_eq!(ids, ["test:copy1"]);
}
