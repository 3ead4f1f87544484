//! What moderators do, and that nothing which is not shown ever leaves the house.

mod support;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::{post, post_by};
use support::stream::{Page, Stream};

const WALL: &str = "expert2019";

async fn wall(moderation: &str) -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n[walls.moderation]\n{moderation}\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

fn ids(posts: &[Value]) -> Vec<&str> {
    posts
        .iter()
        .filter_map(|post| post["id"].as_str())
        .collect()
}

/// Everything that anybody can read of a wall without signing in, as it is sent.
async fn public_words(anybody: &Api, stream: &Stream) -> String {
    let mut words = stream.raw.clone();
    words += &anybody.events(WALL, "", None).await.next().await.raw;
    let mut fresh = anybody.watch(WALL).await;
    fresh.next().await;
    words += &fresh.raw;
    for path in [
        "",
        "/posts",
        "/posts?standing=held",
        "/posts?standing=hidden",
        "/posts?q=abuse",
        "/tallies",
        "/trends",
        "/posts?view=public",
    ] {
        words += &anybody.get(&format!("/walls/{WALL}{path}")).await.text;
    }
    for path in ["/walls", "/metrics", "/healthz", "/readyz"] {
        words += &anybody.get(path).await.text;
    }
    words
}

#[tokio::test]
async fn in_mode_held_nothing_is_shown_before_somebody_approves() {
    let (place, service, operator) = wall("mode = \"held\"").await;
    let mut public = service.anybody().watch(WALL).await;
    let mut staff = operator.watch_as_staff(WALL).await;
    place
        .bring(
            WALL,
            &[
                post("1", "please wait", json!({})),
                post("2", "abuse", json!({})),
            ],
        )
        .await;
    let held = staff.post("test:1", |_| true).await;
    assert_eq!(held["standing"], "held");
    assert_eq!(
        held["reasons"],
        json!([{"rule": "mode", "span": null, "outcome": "hold"}])
    );
    let figures = operator.tallies(WALL).await;
    assert_eq!(
        (&figures["posts"], &figures["held"], &figures["shown"]),
        (&json!(2), &json!(2), &json!(0))
    );

    let done = operator.decide(WALL, "show", &["test:1"]).await;
    assert_eq!(
        (&done["stored"], &done["posts"]),
        (&json!(true), &json!(["test:1"]))
    );
    let shown = public.post("test:1", |_| true).await;
    assert_eq!(shown["standing"], "shown");
    let told = staff
        .post("test:1", |post| post["standing"] == "shown")
        .await;
    assert_eq!(told["decided_by"], "operator");
    let words = public_words(&service.anybody(), &public).await;
    assert!(words.contains("please wait"));
    for secret in ["abuse", "reasons", "decided_by", "\"held\":{"] {
        assert!(!words.contains(secret), "{secret} in {words}");
    }
}

#[tokio::test]
async fn in_mode_delayed_a_post_comes_later_unless_it_is_hidden_meanwhile() {
    let (place, service, operator) = wall("mode = \"delayed\"\ndelay = \"1s\"").await;
    let mut public = service.anybody().watch(WALL).await;
    let mut staff = operator.watch_as_staff(WALL).await;
    place
        .bring(
            WALL,
            &[
                post("1", "fine", json!({})),
                post("2", "abuse", json!({})),
                post("3", "fine too", json!({})),
            ],
        )
        .await;
    let held = staff.post("test:2", |_| true).await;
    let since = Instant::now();
    assert_eq!(held["standing"], "held");
    assert_eq!(held["reasons"][0]["rule"], "delay");
    operator.decide(WALL, "hide", &["test:2"]).await;
    // Whoever is approved need not wait.
    public.post("test:3", |_| true).await;
    let waited = since.elapsed();
    assert!(
        waited > Duration::from_millis(500) && waited < Duration::from_secs(10),
        "{waited:?}"
    );
    let posts = service.anybody().posts(WALL, "").await;
    assert_eq!(ids(&posts), ["test:3", "test:1"]);
    assert!(
        !public_words(&service.anybody(), &public)
            .await
            .contains("abuse")
    );

    // A delay begins anew with a restart: nobody could object meanwhile.
    place.bring(WALL, &[post("4", "late", json!({}))]).await;
    service.kill().await;
    let service = place.serve(&[]).await;
    let mut public = service.anybody().watch(WALL).await;
    let mut page = Page::default();
    page.draw(&public.next().await);
    assert!(!page.posts.contains_key("test:4"));
    public.post("test:4", |_| true).await;
}

#[tokio::test]
async fn a_blocked_word_is_named_to_staff_with_its_place_and_to_nobody_else() {
    let (place, service, operator) =
        wall("block_words = [\"abuse\", \"café noir\"]\nallow_words = [\"no abuse\"]").await;
    let mut public = service.anybody().watch(WALL).await;
    let mut staff = operator.watch_as_staff(WALL).await;
    place
        .bring(
            WALL,
            &[
                post("1", "so much ÀBÜSE here", json!({})),
                post("2", "a CAFE  NOIR please", json!({})),
                post("3", "abuser is another word", json!({})),
                post("4", "please no abuse", json!({})),
                post("5", "look", json!({"warning": "abuse"})),
                post_by("abuse", "6", "hello"),
                post("7", "last", json!({})),
            ],
        )
        .await;
    public.post("test:7", |_| true).await;
    let reason = |post: &Value| post["reasons"][0].clone();
    let one = staff.post("test:1", |_| true).await;
    assert_eq!(one["standing"], "hidden");
    assert_eq!(
        reason(&one),
        json!({"rule": "block_words", "field": "text", "span": [8, 15], "outcome": "hide"})
    );
    assert_eq!(&one["text"].as_str().expect("text")[8..15], "ÀBÜSE");
    let two = staff.post("test:2", |_| true).await;
    assert_eq!(two["standing"], "hidden", "{two}");
    for (id, standing) in [
        ("test:3", "shown"),
        ("test:4", "shown"),
        ("test:5", "hidden"),
        ("test:6", "hidden"),
    ] {
        let told = staff.post(id, |_| true).await;
        assert_eq!(told["standing"], standing, "{told}");
    }
    let words = public_words(&service.anybody(), &public).await;
    for secret in [
        "ÀBÜSE",
        "NOIR",
        "reasons",
        "test:5",
        "test:6",
        "block_words",
    ] {
        assert!(!words.contains(secret), "{secret}");
    }
    let figures = operator.tallies(WALL).await;
    assert_eq!(
        (&figures["posts"], &figures["hidden"]),
        (&json!(7), &json!(4))
    );
}

#[tokio::test]
async fn a_hide_is_gone_from_every_wall_at_once_and_from_one_that_was_away_at_its_first_word() {
    let (place, service, operator) = wall("").await;
    place
        .run_with(
            &[
                "person",
                "add",
                "Ben",
                "--role",
                "moderator",
                "--password-stdin",
            ],
            "secret\n",
        )
        .await
        .done();
    let ben = Api::by_password(&service.base, "Ben", "secret")
        .await
        .expect("he may");
    let many: Vec<Value> = (0..30)
        .map(|n| post(&n.to_string(), "hello", json!({})))
        .collect();
    place.bring(WALL, &many).await;
    let anybody = service.anybody();
    let mut away = anybody.watch(WALL).await;
    let mut page = Page::default();
    page.draw(&away.next().await);
    assert_eq!(page.posts.len(), 30);
    away.close().await;
    let mut streams = vec![
        anybody.watch(WALL).await,
        anybody.watch(WALL).await,
        operator.watch_as_staff(WALL).await,
        ben.watch_as_staff(WALL).await,
    ];
    for stream in &mut streams {
        stream.of_type("snapshot").await;
    }
    let mut slowest = Duration::ZERO;
    for n in 0..20 {
        let id = format!("test:{n}");
        let began = Instant::now();
        let by = if n % 2 == 0 { &operator } else { &ben };
        let hidden = [id.as_str()];
        let hide = by.decide(WALL, "hide", &hidden);
        let (one, rest) = streams.split_at_mut(1);
        let (two, staff) = rest.split_at_mut(1);
        let (three, four) = staff.split_at_mut(1);
        let is_hidden = |post: &Value| post["standing"] == "hidden";
        let seen = async {
            tokio::join!(
                one[0].removal(&id),
                two[0].removal(&id),
                three[0].post(&id, is_hidden),
                four[0].post(&id, is_hidden)
            )
        };
        tokio::join!(hide, seen);
        slowest = slowest.max(began.elapsed());
    }
    eprintln!("a hide is gone from all walls after {slowest:?} at most, of 20");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");

    // The wall that was away: a post more has come, so its first message has something to be drawn.
    place.bring(WALL, &[post("new", "new", json!({}))]).await;
    let since = format!("since={}", page.since());
    let mut back = Stream::open(&anybody, WALL, &since)
        .await
        .expect("it opens");
    let first = back.message().await.expect("it is sent");
    let kinds: Vec<&str> = first.iter().filter_map(|it| it["type"].as_str()).collect();
    let first_post = kinds
        .iter()
        .position(|kind| *kind == "post")
        .expect("the new post");
    let removed = first.iter().filter(|it| it["type"] == "remove").count();
    assert_eq!(removed, 20);
    assert!(
        kinds[..first_post]
            .iter()
            .filter(|kind| **kind == "remove")
            .count()
            == 20,
        "{kinds:?}"
    );
    for frame in &first {
        page.draw(frame);
    }
    assert_eq!(page.posts.len(), 11);
    // By their own words both are known to have done it.
    let audit = operator.get(&format!("/walls/{WALL}/audit")).await.ok();
    let by: Vec<&Value> = audit["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["by"])
        .collect();
    assert_eq!(
        (by.len(), by[0], by[1]),
        (20, &json!("Ben"), &json!("operator"))
    );
}

#[tokio::test]
async fn undo_takes_back_ones_own_last_decision_or_the_named_one() {
    let (place, service, operator) = wall("").await;
    place
        .run_with(
            &[
                "person",
                "add",
                "Ben",
                "--role",
                "moderator",
                "--password-stdin",
            ],
            "secret\n",
        )
        .await
        .done();
    let ben = Api::by_password(&service.base, "ben", "secret")
        .await
        .expect("he may");
    place
        .bring(
            WALL,
            &[post("1", "one", json!({})), post("2", "two", json!({}))],
        )
        .await;
    let mut public = service.anybody().watch(WALL).await;
    public.of_type("snapshot").await;
    let first = operator.decide(WALL, "hide", &["test:1"]).await;
    ben.decide(WALL, "hide", &["test:2"]).await;
    public.removal("test:2").await;
    let path = format!("/walls/{WALL}/undo");
    let back = operator.post(&path, json!({})).await.ok();
    assert_eq!(
        (&back["undone"], &back["posts"]),
        (&first["seq"], &json!(["test:1"]))
    );
    public.post("test:1", |_| true).await;
    operator.post(&path, json!({})).await.problem(422);
    operator
        .post(&path, json!({"seq": first["seq"]}))
        .await
        .problem(422);
    let bens = ben.get(&format!("/walls/{WALL}/audit")).await.ok()["entries"][1].clone();
    assert_eq!(bens["by"], "Ben");
    operator.post(&path, json!({"seq": bens["seq"]})).await.ok();
    public.post("test:2", |_| true).await;
    // Both are as if they had not been, also after a restart.
    service.stop().await;
    let service = place.serve(&[]).await;
    assert_eq!(service.anybody().posts(WALL, "").await.len(), 2);
}

#[tokio::test]
async fn pins_and_highlights_are_told_and_kept() {
    let (place, service, operator) = wall("").await;
    let old = post(
        "old",
        "the first of all",
        json!({"created_at": "2019-11-06T08:00:00Z"}),
    );
    let many: Vec<Value> = (0..150)
        .map(|n| post(&n.to_string(), "hello", json!({})))
        .collect();
    place.bring(WALL, &[old]).await;
    let mut public = service.anybody().watch(WALL).await;
    public.of_type("snapshot").await;
    operator.decide(WALL, "pin", &["test:old"]).await;
    operator.decide(WALL, "highlight", &["test:old"]).await;
    let told = public
        .post("test:old", |post| post["highlighted"] == true)
        .await;
    assert_eq!(told["pinned"], true);
    place.bring(WALL, &many).await;
    service.stop().await;
    let service = place.serve(&[]).await;
    let snapshot = service.anybody().watch(WALL).await.next().await;
    let posts = snapshot["posts"].as_array().expect("a list");
    assert_eq!(posts.len(), 101, "the newest hundred and the pinned one");
    let last = posts.last().expect("there are some");
    assert_eq!(
        (&last["id"], &last["pinned"], &last["highlighted"]),
        (&json!("test:old"), &json!(true), &json!(true))
    );
}

#[tokio::test]
async fn a_blocked_author_is_gone_and_stays_away() {
    let (place, service, operator) = wall("").await;
    place
        .bring(
            WALL,
            &[
                post_by("mallory", "1", "abuse one"),
                post("2", "fine", json!({})),
                post_by("mallory", "3", "abuse two"),
            ],
        )
        .await;
    let mut public = service.anybody().watch(WALL).await;
    public.of_type("snapshot").await;
    let path = format!("/walls/{WALL}/authors");
    operator
        .post(
            &path,
            json!({"author": "test:mallory", "standing": "blocked"}),
        )
        .await
        .ok();
    public.removal("test:1").await;
    public.removal("test:3").await;
    place
        .bring(
            WALL,
            &[
                post_by("mallory", "4", "abuse three"),
                post("5", "fine", json!({})),
            ],
        )
        .await;
    public.post("test:5", |_| true).await;
    assert!(
        !public_words(&service.anybody(), &public)
            .await
            .contains("abuse three")
    );
    let figures = operator.tallies(WALL).await;
    assert_eq!(
        (&figures["posts"], &figures["hidden"]),
        (&json!(5), &json!(3)),
        "hidden ones count as posts"
    );
    operator
        .post(
            &path,
            json!({"author": "test:mallory", "standing": "normal"}),
        )
        .await
        .ok();
    public.post("test:4", |_| true).await;
    operator
        .post(
            &path,
            json!({"author": "test:nobody", "standing": "blocked"}),
        )
        .await
        .problem(404);
    operator
        .post(&path, json!({"author": "test:mallory", "standing": "bad"}))
        .await
        .problem(400);
}

#[tokio::test]
async fn a_paused_wall_takes_nothing_new_but_lets_go_at_once() {
    let (place, service, operator) = wall("").await;
    place
        .bring(
            WALL,
            &[
                post("1", "one", json!({})),
                post("2", "two", json!({})),
                post("3", "three", json!({})),
            ],
        )
        .await;
    let anybody = service.anybody();
    let mut public = anybody.watch(WALL).await;
    public.of_type("snapshot").await;
    let done = operator.stage(WALL, json!({"action": "pause"})).await;
    assert_eq!(
        (&done["stored"], &done["stage"]["paused"]),
        (&json!(true), &json!(true))
    );
    let paused = public.of_type("stage").await;
    assert_eq!(paused["stage"]["paused"], true);
    let before = public.raw.len();

    place.bring(WALL, &[post("4", "not yet", json!({}))]).await;
    operator.decide(WALL, "pin", &["test:2"]).await;
    operator.decide(WALL, "highlight", &["test:4"]).await;
    operator.decide(WALL, "hide", &["test:1"]).await;
    operator.decide(WALL, "hide", &["test:3"]).await;
    operator
        .post(&format!("/walls/{WALL}/undo"), json!({}))
        .await
        .ok();
    public.removal("test:1").await;
    public.removal("test:3").await;
    let mut fresh = Page::default();
    fresh.draw(&anybody.watch(WALL).await.next().await);
    assert_eq!(
        fresh.posts.keys().collect::<Vec<_>>(),
        ["test:2"],
        "a new client sees nothing that came later"
    );
    assert_eq!(ids(&anybody.posts(WALL, "").await), ["test:2"]);
    assert_eq!(fresh.stage["paused"], true);
    let staff = operator.posts(WALL, "view=staff").await;
    assert_eq!(staff.len(), 4, "staff see everything");

    operator
        .stage(WALL, json!({"action": "resume", "newest": 2}))
        .await;
    let resumed = public.of_type("snapshot").await;
    assert!(
        !public.raw[before..].contains("\"post\""),
        "{}",
        &public.raw[before..]
    );
    assert_eq!(resumed["posts"].as_array().map(Vec::len), Some(2));
    assert_eq!(resumed["stage"]["paused"], false);
    let mut fresh = Page::default();
    fresh.draw(&anybody.watch(WALL).await.next().await);
    assert_eq!(
        fresh.posts.keys().collect::<Vec<_>>(),
        ["test:2", "test:3", "test:4"]
    );
    assert_eq!(fresh.posts["test:2"]["pinned"], true);
}

#[tokio::test]
async fn the_stage_is_told_and_kept() {
    let (place, service, operator) = wall("").await;
    let mut public = service.anybody().watch(WALL).await;
    public.of_type("snapshot").await;
    for (order, key, value) in [
        (json!({"action": "blank"}), "blanked", json!(true)),
        (
            json!({"action": "announcement", "text": "Lunch is served"}),
            "announcement",
            json!({"text": "Lunch is served"}),
        ),
        (
            json!({"action": "scene", "scene": "columns"}),
            "scene",
            json!("columns"),
        ),
    ] {
        operator.stage(WALL, order).await;
        assert_eq!(public.of_type("stage").await["stage"][key], value);
    }
    service.kill().await;
    let service = place.serve(&[]).await;
    let stage = service.anybody().watch(WALL).await.next().await["stage"].clone();
    assert_eq!(
        stage,
        json!({"paused": false, "blanked": true, "announcement": {"text": "Lunch is served"}, "scene": "columns", "screens": {}})
    );
    let operator = Api::by_link(&service.base, service.token.as_deref().expect("a link")).await;
    let mut public = service.anybody().watch(WALL).await;
    operator.stage(WALL, json!({"action": "unblank"})).await;
    operator
        .stage(WALL, json!({"action": "announcement", "text": null}))
        .await;
    let done = operator
        .stage(WALL, json!({"action": "scene", "scene": null}))
        .await;
    assert_eq!(
        done["stage"],
        json!({"paused": false, "blanked": false, "announcement": null, "scene": null, "screens": {}})
    );
    public.until(|frame| frame["stage"] == done["stage"]).await;
    let wrong = operator
        .post(
            &format!("/walls/{WALL}/stage"),
            json!({"action": "explode"}),
        )
        .await;
    assert!(wrong.problem(400).contains("pause"));
}

#[tokio::test]
async fn new_settings_hold_for_what_is_shown_already_and_for_what_comes() {
    let (place, service, operator) = wall("block_words = [\"spam\"]").await;
    place
        .bring(
            WALL,
            &[
                post("1", "this is abuse", json!({})),
                post("2", "fine", json!({})),
                post("3", "spam", json!({})),
            ],
        )
        .await;
    let mut public = service.anybody().watch(WALL).await;
    let mut page = Page::default();
    page.draw(&public.next().await);
    assert_eq!(page.posts.keys().collect::<Vec<_>>(), ["test:1", "test:2"]);
    operator.decide(WALL, "show", &["test:3"]).await;
    public.post("test:3", |_| true).await;

    let path = format!("/walls/{WALL}/settings");
    let done = operator
        .patch(
            &path,
            json!({"moderation": {"block_words": ["abuse"], "mode": "held"}}),
        )
        .await
        .ok();
    let words = &done["settings"]["moderation"]["block_words"];
    assert_eq!(
        words,
        &json!({"value": ["abuse"], "from": "console", "file": ["spam"]})
    );
    let mut page = Page::default();
    while !page.posts.contains_key("test:2") || page.posts.contains_key("test:1") {
        page.draw(&public.next().await);
    }
    assert_eq!(
        page.posts.keys().collect::<Vec<_>>(),
        ["test:2", "test:3"],
        "what somebody decided stands"
    );
    place.bring(WALL, &[post("4", "held", json!({}))]).await;
    let held = operator.posts(WALL, "view=staff&standing=held").await;
    assert_eq!(ids(&held), ["test:4"]);

    // What is wrong is named and changes nothing.
    for (change, says) in [
        (json!({"moderation": {"mode": "opne"}}), "moderation.mode"),
        (json!({"moderation": {"nonsense": 1}}), "nonsense"),
        (json!({"moderation": {"delay": "2h"}}), "moderation.delay"),
        (json!({"wall": {"title": "x"}}), "wall"),
        (json!({"moderation": 1}), "moderation"),
    ] {
        let words = operator.patch(&path, change.clone()).await.problem(422);
        assert!(words.contains(says), "{change}: {words}");
    }
    // Over a restart the console's word stands above the file's, until it is taken back.
    service.stop().await;
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let settings = operator.get(&path).await.ok();
    assert_eq!(settings["moderation"]["mode"]["value"], "held");
    let done = operator
        .patch(
            &path,
            json!({"moderation": {"block_words": null, "mode": null}}),
        )
        .await
        .ok();
    assert_eq!(
        done["settings"]["moderation"]["block_words"],
        json!({"value": ["spam"], "from": "file"})
    );
    assert_eq!(done["settings"]["moderation"]["mode"]["value"], "open");
    place
        .bring(WALL, &[post("5", "this is abuse", json!({}))])
        .await;
    let shown = service.anybody().posts(WALL, "").await;
    assert_eq!(ids(&shown), ["test:5", "test:3", "test:2", "test:1"]);
}

#[tokio::test]
async fn rules_that_cannot_be_are_refused_and_the_old_ones_stay() {
    let (place, _service, operator) = wall("block_words = [\"spam\"]").await;
    let words: Vec<String> = (0..100_000).map(|n| format!("word{n}x")).collect();
    std::fs::write(place.path("latin1.txt"), b"fine\nf\xfcr").unwrap();
    place.write("long.txt", &words.join("\n"));
    let path = format!("/walls/{WALL}/settings");
    for (change, says) in [
        (
            json!({"block_words": ["/(a{900}){900}/"]}),
            "block_words[0]",
        ),
        (json!({"allow_words": ["Spâm"]}), "allow_words[0]"),
        (json!({"blocklists": ["latin1.txt"]}), "latin1.txt:2:2"),
        (json!({"block_words": words}), "put words into a file"),
    ] {
        let answer = operator.patch(&path, json!({"moderation": change})).await;
        let words = answer.problem(422);
        assert!(words.contains(says), "{says}: {words}");
    }
    place
        .bring(
            WALL,
            &[post("1", "spam", json!({})), post("2", "word7x", json!({}))],
        )
        .await;
    let shown = operator.posts(WALL, "view=staff&standing=shown").await;
    assert_eq!(ids(&shown), ["test:2"]);
    // As a file, a hundred thousand words are taken, and hold at once.
    let long = json!({"moderation": {"blocklists": ["long.txt"]}});
    operator.patch(&path, long).await.ok();
    let hidden = operator.posts(WALL, "view=staff&standing=hidden").await;
    assert_eq!(ids(&hidden), ["test:2", "test:1"]);
}

#[tokio::test]
async fn erasure_takes_the_words_and_leaves_the_count() {
    let (place, service, operator) = wall("").await;
    place
        .bring(
            WALL,
            &[
                post_by("mallory", "1", "abuse one"),
                post("2", "fine", json!({})),
            ],
        )
        .await;
    let mut public = service.anybody().watch(WALL).await;
    public.of_type("snapshot").await;
    let before = operator.tallies(WALL).await;
    operator
        .delete(&format!("/walls/{WALL}/authors/test:mallory"))
        .await
        .ok();
    public.removal("test:1").await;
    let after = operator.tallies(WALL).await;
    for key in ["posts", "participants", "peak_minute"] {
        assert_eq!(before[key], after[key], "{key}");
    }
    // Nor does it come back.
    let said = place
        .bring(
            WALL,
            &[
                post_by("mallory", "1", "abuse one"),
                post_by("mallory", "3", "abuse three"),
            ],
        )
        .await;
    assert!(said.starts_with("0 taken"), "{said}");
    let export = place.run(&["export", "--wall", WALL]).await.done();
    assert!(
        !export.contains("abuse") && !export.contains("mallory"),
        "{export}"
    );
    let report = place
        .run(&["report", "--wall", WALL, "--format", "json"])
        .await
        .done();
    assert!(!report.contains("mallory"), "{report}");
    service.stop().await;
    for entry in std::fs::read_dir(place.data().join("walls")).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let bytes = std::fs::read(&path).expect("it can be read");
        let found = bytes.windows(9).any(|part| part == b"abuse one");
        assert!(!found, "its words are still in {}", path.display());
    }
}

#[tokio::test]
async fn an_edit_is_followed_and_is_no_copy_of_itself() {
    let (place, service, operator) =
        wall("block_words = [\"abuse\"]\nduplicates = \"collapse\"\nmax_per_author = { posts = 2, per = \"1m\" }").await;
    let first = post("1", "these are many words of mine", json!({}));
    let second = post("2", "and these are some others still", json!({}));
    place.bring(WALL, &[first, second]).await;
    let mut public = service.anybody().watch(WALL).await;
    public.of_type("snapshot").await;
    // Only the picture changed: the same words, and still its author's second post of that minute.
    let media =
        json!([{"kind": "image", "url": "https://example.org/x.png", "alt": "A lighthouse"}]);
    let edit = |id: &str, text: &str, minute: u32| {
        post(
            id,
            text,
            json!({"edited_at": format!("2019-11-06T10:{minute:02}:00Z"), "media": media}),
        )
    };
    let said = place
        .bring(
            WALL,
            &[
                edit("1", "these are many words of mine", 1),
                edit("2", "and these are some others still", 1),
            ],
        )
        .await;
    assert!(said.starts_with("0 taken, 2 repeated"), "{said}");
    for id in ["test:1", "test:2"] {
        let told = public.post(id, |post| !post["edited_at"].is_null()).await;
        assert_eq!(
            (&told["standing"], &told["media"][0]["alt"]),
            (&json!("shown"), &json!("A lighthouse"))
        );
    }
    // The last of several edits holds, however they come, and the rules speak again.
    place
        .bring(
            WALL,
            &[
                edit("1", "this is abuse", 5),
                edit("1", "quite harmless", 4),
                edit("2", "new words", 3),
                edit("2", "old words", 2),
            ],
        )
        .await;
    public.removal("test:1").await;
    public
        .post("test:2", |post| post["text"] == "new words #expert2019")
        .await;
    let staff = operator.posts(WALL, "view=staff&standing=hidden").await;
    assert_eq!(ids(&staff), ["test:1"]);
    assert_eq!(staff[0]["text"], "this is abuse #expert2019");
    assert!(
        !public_words(&service.anybody(), &public)
            .await
            .contains("this is abuse")
    );
    // What was edited and then erased does not keep the wall from starting again.
    operator
        .delete(&format!("/walls/{WALL}/authors/test:ada"))
        .await
        .ok();
    service.stop().await;
    let service = place.serve(&[]).await;
    assert_eq!(service.anybody().tallies(WALL).await["posts"], 2);
}

/// Who: nobody, organiser, rapporteur, moderator, admin.
const EVERYBODY: &str = "noRMA";
const STAFF: &str = "oRMA";

#[tokio::test]
async fn everybody_may_do_what_their_role_says_and_no_more() {
    let (place, service, _operator) = wall("").await;
    for (name, role) in [
        ("o", "organiser"),
        ("R", "rapporteur"),
        ("M", "moderator"),
        ("A", "admin"),
    ] {
        place
            .run_with(
                &["person", "add", name, "--role", role, "--password-stdin"],
                "secret\n",
            )
            .await
            .done();
    }
    let many: Vec<Value> = (0..9)
        .map(|n| post_by(&format!("author{n}"), &n.to_string(), "hello"))
        .collect();
    place.bring(WALL, &many).await;
    let decide = |action: &str| json!({"posts": ["test:1"], "action": action});
    let table: Vec<(Method, &str, Value, &str)> = vec![
        (Method::GET, "/walls", Value::Null, EVERYBODY),
        (Method::GET, "", Value::Null, EVERYBODY),
        (Method::GET, "/posts", Value::Null, EVERYBODY),
        (Method::GET, "/posts?view=public", Value::Null, EVERYBODY),
        (Method::GET, "/tallies", Value::Null, EVERYBODY),
        (Method::GET, "/trends", Value::Null, EVERYBODY),
        (Method::GET, "/events", Value::Null, EVERYBODY),
        (Method::GET, "/posts?view=staff", Value::Null, STAFF),
        (Method::GET, "/events?view=staff", Value::Null, STAFF),
        (Method::GET, "/me", Value::Null, STAFF),
        (Method::GET, "/screens", Value::Null, STAFF),
        (Method::GET, "/audit", Value::Null, STAFF),
        (Method::GET, "/feeds", Value::Null, STAFF),
        (Method::GET, "/settings", Value::Null, STAFF),
        (Method::GET, "/report", Value::Null, "oMA"),
        (Method::GET, "/report?format=csv", Value::Null, "oMA"),
        (Method::POST, "/decisions", decide("hide"), "MA"),
        (Method::POST, "/decisions", decide("show"), "MA"),
        (Method::POST, "/decisions", decide("pin"), "MA"),
        (Method::POST, "/decisions", decide("unpin"), "MA"),
        (Method::POST, "/decisions", decide("stash"), "MA"),
        (Method::POST, "/decisions", decide("unstash"), "MA"),
        (Method::POST, "/decisions", decide("highlight"), "RMA"),
        (Method::POST, "/decisions", decide("unhighlight"), "RMA"),
        (Method::POST, "/undo", json!({}), "MA"),
        (
            Method::POST,
            "/posts/test:2/note",
            json!({"text": "well said"}),
            "RA",
        ),
        (
            Method::POST,
            "/authors",
            json!({"author": "test:author3", "standing": "blocked"}),
            "MA",
        ),
        (
            Method::PATCH,
            "/settings",
            json!({"moderation": {"replies": "hold"}}),
            "MA",
        ),
        (Method::PATCH, "/settings", json!({"display": {}}), "MA"),
        (Method::POST, "/stage", json!({"action": "pause"}), "MA"),
        (Method::POST, "/stage", json!({"action": "resume"}), "MA"),
        (Method::DELETE, "/authors/test:author4", Value::Null, "A"),
    ];
    for who in ["n", "o", "R", "M", "A"] {
        let api = match who {
            "n" => service.anybody(),
            name => Api::by_password(&service.base, name, "secret")
                .await
                .expect("they may"),
        };
        for (method, path, body, allowed) in &table {
            let whole = match *path {
                "/walls" | "/me" => (*path).to_owned(),
                path => format!("/walls/{WALL}{path}"),
            };
            let mut request = api.request(method.clone(), &whole);
            if !body.is_null() {
                request = request.json(body);
            }
            let answer = request.send().await.expect("the service answers");
            let expected = match (allowed.contains(who), who) {
                (true, _) => 200,
                (false, "n") => 401,
                (false, _) => 403,
            };
            assert_eq!(answer.status(), expected, "{who} {method} {whole} {body}");
        }
        let staff = Stream::open(&api, WALL, "view=staff").await.err();
        assert_eq!(staff, (who == "n").then_some(401));
        assert_eq!(Stream::open(&api, WALL, "").await.err(), None);
        // Signed in or not: without view=staff it is the public view.
        let posts = api.get(&format!("/walls/{WALL}/posts")).await.text;
        assert!(!posts.contains("reasons"));
        // The key for screens is for those who direct them.
        if who != "n" {
            let screens = api.get(&format!("/walls/{WALL}/screens")).await.ok();
            assert_eq!(screens["key"].is_string(), "MA".contains(who), "{who}");
        }
    }
}

#[tokio::test]
async fn another_sites_page_may_look_and_not_touch() {
    let (_place, service, operator) = wall("").await;
    let own = service.base.clone();
    let stage = format!("/walls/{WALL}/stage");
    for (origin, allowed) in [
        (own.as_str(), true),
        ("https://evil.example", false),
        ("null", false),
        ("http://127.0.0.1", false),
        (&own.replacen("http", "https", 1), false),
    ] {
        let request = operator
            .request(Method::POST, &stage)
            .header("origin", origin);
        let answer = operator
            .send(request.json(&json!({"action": "blank"})))
            .await;
        assert_eq!(
            answer.status.as_u16(),
            if allowed { 200 } else { 403 },
            "{origin}"
        );
        let request = operator
            .request(Method::GET, "/walls")
            .header("origin", origin);
        assert_eq!(operator.send(request).await.status, 200, "{origin}");
        let staff = Stream::open_from(&operator, WALL, "view=staff", Some(origin)).await;
        assert_eq!(staff.err(), (!allowed).then_some(403), "{origin}");
        let public = Stream::open_from(&operator, WALL, "", Some(origin)).await;
        assert_eq!(public.err(), None, "{origin}");
    }
    let request = service
        .anybody()
        .request(Method::POST, "/sign-in")
        .header("origin", "https://evil.example");
    let answer = service
        .anybody()
        .send(request.json(&json!({"token": "x"})))
        .await;
    answer.problem(403);
}

#[tokio::test]
async fn a_sign_of_a_bad_request_is_a_problem_in_words() {
    let (place, _service, operator) = wall("").await;
    place.bring(WALL, &[post("1", "one", json!({}))]).await;
    let decisions = format!("/walls/{WALL}/decisions");
    for (path, body, status, says) in [
        (
            &*decisions,
            json!({"posts": ["test:1"], "action": "explode"}),
            400,
            "action",
        ),
        (
            &*decisions,
            json!({"posts": [], "action": "hide"}),
            422,
            "posts",
        ),
        (
            &*decisions,
            json!({"posts": ["test:9"], "action": "hide"}),
            404,
            "test:9",
        ),
        (
            &*decisions,
            json!({"posts": "test:1", "action": "hide"}),
            400,
            "posts",
        ),
        (
            &*decisions,
            json!({"posts": ["test:1"], "action": "hide", "x": 1}),
            400,
            "x",
        ),
        (
            &*decisions,
            json!({"posts": ["test:1"], "action": "hide", "reason": "x".repeat(3000)}),
            400,
            "reason",
        ),
        (
            "/walls/nowhere/decisions",
            json!({"posts": ["test:1"], "action": "hide"}),
            404,
            "nowhere",
        ),
    ] {
        let words = operator.post(path, body.clone()).await.problem(status);
        assert!(words.contains(says), "{body}: {words}");
    }
    for path in [
        "posts?limit=0",
        "posts?limit=x",
        "posts?before=x",
        "posts?standing=x",
        "posts?view=x",
        "report?format=x",
        "report?from=x",
    ] {
        operator
            .get(&format!("/walls/{WALL}/{path}"))
            .await
            .problem(400);
    }
    operator.get("/nowhere").await.problem(404);
    operator.delete("/walls").await.problem(405);
    let huge = operator
        .request(Method::POST, &decisions)
        .body("x".repeat(3 << 20));
    operator.send(huge).await.problem(413);
}
