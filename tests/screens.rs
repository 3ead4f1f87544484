//! Screens: who counts as one, what they confirm, and which are missing.

mod support;

use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::post;
use support::stream::Stream;

const WALL: &str = "expert2019";

async fn wall() -> (Place, Service, Api, String) {
    let place = Place::new();
    let service = place.serve(&["--hashtag", WALL]).await;
    let operator = service.operator().await;
    let screens = operator.get(&format!("/walls/{WALL}/screens")).await.ok();
    assert_eq!(screens["screens"], json!([]));
    let key = screens["key"].as_str().expect("a key").to_owned();
    (place, service, operator, key)
}

fn hello(screen: &str, key: &Value) -> Value {
    json!({"type": "hello", "screen": screen, "key": key, "scene": "wall", "width": 1920, "height": 1080})
}

/// Waits until staff are told of screens of which this is true.
async fn told(staff: &mut Stream, is_it: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let wanted = |frame: &Value| {
        frame["type"] == "screens" && is_it(frame["screens"].as_array().expect("a list"))
    };
    let frame = staff.until(wanted).await;
    frame["screens"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn only_who_has_the_key_counts_and_says_what_it_has_drawn() {
    let (place, service, operator, key) = wall().await;
    let mut staff = operator.watch_as_staff(WALL).await;
    staff.of_type("snapshot").await;
    let anybody = service.anybody();
    let mut screen = anybody.watch(WALL).await;
    // A wrong key, none, and one of another wall's screens: each counts for nothing.
    for wrong in [
        json!("wrong"),
        Value::Null,
        json!(""),
        json!(format!("{key}x")),
    ] {
        screen.say_json(hello("impostor", &wrong)).await;
        screen.say_json(json!({"type": "shown", "seq": 1})).await;
    }
    screen.say_json(hello("foyer", &json!(key))).await;
    let screens = told(&mut staff, |screens| !screens.is_empty()).await;
    assert_eq!(screens.len(), 1, "{screens:?}");
    let foyer = &screens[0];
    assert_eq!(
        (&foyer["name"], &foyer["connected"], &foyer["scene"]),
        (&json!("foyer"), &json!(true), &json!("wall"))
    );
    assert_eq!(
        (&foyer["width"], &foyer["height"]),
        (&json!(1920), &json!(1080))
    );
    assert_eq!(foyer["seq"], 0, "it has drawn nothing yet");

    place.bring(WALL, &[post("1", "one", json!({}))]).await;
    let done = operator.decide(WALL, "hide", &["test:1"]).await;
    let removal = screen.removal("test:1").await;
    assert_eq!(removal["seq"], done["seq"]);
    screen
        .say_json(json!({"type": "shown", "seq": removal["seq"]}))
        .await;
    told(&mut staff, |screens| screens[0]["seq"] == done["seq"]).await;
    // What was drawn is not taken back by a late word.
    screen.say_json(json!({"type": "shown", "seq": 1})).await;

    // A second one, and one that goes away: it is named as away.
    let mut hall = anybody.watch(WALL).await;
    hall.say_json(hello("hall", &json!(key))).await;
    told(&mut staff, |screens| screens.len() == 2).await;
    screen.close().await;
    let screens = told(&mut staff, |screens| screens[0]["connected"] == false).await;
    assert_eq!(
        (&screens[0]["name"], &screens[0]["seq"]),
        (&json!("foyer"), &done["seq"])
    );
    assert_eq!(
        (&screens[1]["name"], &screens[1]["connected"]),
        (&json!("hall"), &json!(true))
    );
    let listed = operator.get(&format!("/walls/{WALL}/screens")).await.ok();
    assert_eq!(listed["screens"], json!(screens));
    assert_eq!(listed["key"], key.as_str());

    // Until staff no longer wait for it.
    let foyer = format!("/walls/{WALL}/screens/foyer");
    assert_eq!(operator.delete(&foyer).await.status, 204);
    let screens = told(&mut staff, |screens| screens.len() == 1).await;
    assert_eq!(screens[0]["name"], "hall");
    operator.delete(&foyer).await.problem(404);
    // Screens are told to staff only.
    assert!(!hall.raw.contains("\"screens\""));

    // The key stays the same over a restart.
    service.stop().await;
    let service = place.serve(&["--hashtag", WALL]).await;
    let operator = service.operator().await;
    let listed = operator.get(&format!("/walls/{WALL}/screens")).await.ok();
    assert_eq!(listed["key"], key.as_str());
}

#[tokio::test]
async fn time_on_screens_is_believed_of_screens_alone_and_kept() {
    let (place, service, operator, key) = wall().await;
    place
        .bring(
            WALL,
            &[post("1", "one", json!({})), post("2", "two", json!({}))],
        )
        .await;
    let mut staff = operator.watch_as_staff(WALL).await;
    let mut viewer = service.anybody().watch(WALL).await;
    viewer
        .say_json(json!({"type": "seen", "ms": {"test:2": 8000}}))
        .await;
    let mut screen = service.anybody().watch(WALL).await;
    screen.say_json(hello("foyer", &json!(key))).await;
    screen
        .say_json(json!({"type": "seen", "ms": {"test:1": 8000, "test:9": 1}}))
        .await;
    screen
        .say_json(json!({"type": "seen", "ms": {"test:1": 8000}}))
        .await;
    screen.say_json(json!({"type": "shown", "seq": 3})).await;
    told(&mut staff, |screens| {
        screens.len() == 1 && screens[0]["seq"] == 3
    })
    .await;
    service.stop().await;
    let service = place.serve(&["--hashtag", WALL]).await;
    let snapshot = service.anybody().watch(WALL).await.next().await;
    let times: Vec<(&Value, &Value)> = snapshot["posts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|post| (&post["id"], &post["times_shown"]))
        .collect();
    assert_eq!(
        times,
        [(&json!("test:2"), &json!(0)), (&json!("test:1"), &json!(2))]
    );
}
