//! Screens: who counts as one, what they confirm, and which are missing.

mod support;

use buzzwall::clock::{Clock as _, SystemClock};
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
    // How long a word takes may have been found out meanwhile.
    let timeless = |screens: &Value| {
        let mut screens = screens.clone();
        for screen in screens.as_array_mut().expect("a list") {
            for key in ["latency_ms", "last_seen"] {
                screen[key] = Value::Null;
            }
        }
        screens
    };
    assert_eq!(timeless(&listed["screens"]), timeless(&json!(screens)));
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
    let started = std::time::Instant::now();
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
    told(&mut staff, |screens| screens.len() == 1).await;
    screen
        .say_json(json!({"type": "seen", "ms": {"test:1": 8000, "test:9": 1}}))
        .await;
    // More than a second of the screen's life, request by request.
    let there = std::time::Instant::now();
    while there.elapsed().as_millis() < 1_100 {
        operator.get(&format!("/walls/{WALL}/screens")).await.ok();
    }
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
    assert!(snapshot["posts"][1].get("shown_seconds").is_none());
    // No longer than the screen was there, whatever it says.
    let operator = service.operator().await;
    let posts = operator.posts(WALL, "view=staff").await;
    let seconds = posts[1]["shown_seconds"].as_u64().expect("a number");
    assert!(
        (1..16).contains(&seconds) && started.elapsed().as_secs() >= seconds,
        "{seconds}"
    );
    let report = operator.get(&format!("/walls/{WALL}/report")).await.ok();
    let longest = report["top"]["shown_longest"].as_array().expect("a list");
    assert_eq!(longest.len(), 1);
    assert_eq!(
        (&longest[0]["post"], &longest[0]["times"]),
        (&json!("test:1"), &json!(2))
    );
    assert_eq!(longest[0]["seconds"], seconds);
}

#[tokio::test]
async fn a_screen_says_what_it_plays_is_timed_and_hears_when_it_is_called() {
    let (_place, service, operator, key) = wall().await;
    let mut staff = operator.watch_as_staff(WALL).await;
    let (mut foyer, mut hall) = (
        service.anybody().watch(WALL).await,
        service.anybody().watch(WALL).await,
    );
    let mut said = hello("foyer", &json!(key));
    said["version"] = json!("abc123");
    foyer.say_json(said).await;
    hall.say_json(hello("hall", &json!(key))).await;
    told(&mut staff, |screens| screens.len() == 2).await;
    foyer
        .say_json(json!({"type": "playing", "scene": "stats"}))
        .await;
    let screens = told(&mut staff, |screens| screens[0]["scene"] == "stats").await;
    assert_eq!(screens[0]["version"], "abc123");

    // Each hears what it is called for, and nobody else does.
    let path = |name: &str| format!("/walls/{WALL}/screens/{name}");
    for action in ["identify", "reload"] {
        let answer = operator
            .post(&path("foyer"), json!({ "action": action }))
            .await;
        assert_eq!(answer.status, 204);
        // Reading answers the ping as well.
        let frame = foyer.of_type("screen").await;
        assert_eq!(
            frame,
            json!({"type": "screen", "screen": "foyer", "action": action})
        );
    }
    let screens = told(&mut staff, |screens| screens[0]["latency_ms"].is_u64()).await;
    assert!(screens[0]["latency_ms"].as_u64() < Some(60_000));
    operator
        .post(&path("hall"), json!({"action": "identify"}))
        .await
        .ok();
    hall.of_type("screen").await;
    assert!(!hall.raw.contains("foyer"), "{}", hall.raw);

    operator
        .post(&path("attic"), json!({"action": "identify"}))
        .await
        .problem(404);
    operator
        .post(&path("foyer"), json!({"action": "explode"}))
        .await
        .problem(400);
    service
        .anybody()
        .post(&path("foyer"), json!({"action": "reload"}))
        .await
        .problem(401);
    hall.close().await;
    told(&mut staff, |screens| screens[1]["connected"] == false).await;
    let words = operator
        .post(&path("hall"), json!({"action": "reload"}))
        .await
        .problem(409);
    assert!(words.contains("is not connected"), "{words}");
}

#[tokio::test]
async fn a_scene_can_be_given_to_one_screen_and_taken_back() {
    let (place, service, operator, _) = wall().await;
    let mut page = service.anybody().watch(WALL).await;
    let snapshot = page.of_type("snapshot").await;
    assert_eq!(snapshot["stage"]["screens"], json!({}));
    let scene =
        |scene: Value, screen: &str| json!({"action": "scene", "scene": scene, "screen": screen});
    operator.stage(WALL, scene(json!("stats"), "foyer")).await;
    let stage = page.of_type("stage").await["stage"].clone();
    assert_eq!(stage["screens"], json!({"foyer": "stats"}));
    assert_eq!(stage["scene"], Value::Null, "all others play on");
    let path = format!("/walls/{WALL}/stage");
    let words = operator
        .post(&path, scene(json!("gird"), "foyer"))
        .await
        .problem(422);
    assert!(
        words.contains("\"gird\" is not a scene; write \"grid\", \"spotlight\""),
        "{words}"
    );
    operator
        .post(&path, scene(json!("grid"), ""))
        .await
        .problem(422);
    operator
        .post(&path, json!({"action": "scene", "scene": "x"}))
        .await
        .problem(422);

    // It outlives a restart.
    service.stop().await;
    let service = place.serve(&["--hashtag", WALL]).await;
    let operator = service.operator().await;
    let mut page = service.anybody().watch(WALL).await;
    let snapshot = page.of_type("snapshot").await;
    assert_eq!(snapshot["stage"]["screens"], json!({"foyer": "stats"}));
    operator.stage(WALL, scene(Value::Null, "foyer")).await;
    assert_eq!(page.of_type("stage").await["stage"]["screens"], json!({}));
}

#[tokio::test]
async fn every_snapshot_tells_the_time() {
    let (_place, service, _operator, _) = wall().await;
    let first = service.anybody().watch(WALL).await.next().await;
    let now: jiff::Timestamp = first["now"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    assert!(SystemClock.now().duration_since(now).as_secs() < 60);
    // Nothing happened meanwhile, and the time went on all the same.
    let later = async {
        loop {
            let next = service.anybody().watch(WALL).await.next().await;
            if next["now"] != first["now"] {
                break next;
            }
        }
    };
    let later = tokio::time::timeout(support::binary::DEADLINE, later).await;
    assert_eq!(later.expect("the clock goes on")["seq"], first["seq"]);
}

#[tokio::test]
async fn the_link_of_a_new_screen_comes_as_a_code() {
    let (place, service, operator, key) = wall().await;
    let path = format!("/walls/{WALL}/screens/main%20hall/code");
    let answer = operator.get(&path).await;
    assert_eq!(answer.headers["content-type"], "image/svg+xml");
    assert!(answer.text.contains("<svg") && !answer.text.contains(&key));
    assert!(answer.headers["cache-control"] == "no-store");
    let rapporteur = service.person(&place, "rae", "rapporteur").await;
    rapporteur.get(&path).await.problem(403);
    service.anybody().get(&path).await.problem(401);
}
