//! What settings would do is what they do: tried, applied to all or to new posts only, and after a restart.

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::{post, post_by, recorded_folder};

const WALL: &str = "bog14";

const STANDINGS: [&str; 3] = ["shown", "held", "hidden"];

async fn wall(moderation: &str) -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\", \"expert2019\"]\n[walls.moderation]\n{moderation}\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

fn three(of: &Value) -> [i64; 3] {
    STANDINGS.map(|key| of[key].as_i64().expect("a number"))
}

async fn figures(api: &Api) -> [i64; 3] {
    three(&api.tallies(WALL).await)
}

async fn try_out(api: &Api, moderation: &Value) -> Value {
    let path = format!("/walls/{WALL}/settings/try");
    api.post(&path, json!({ "moderation": moderation }))
        .await
        .ok()
}

async fn change(api: &Api, moderation: &Value, to: &str) -> Value {
    let path = format!("/walls/{WALL}/settings?to={to}");
    api.patch(&path, json!({ "moderation": moderation }))
        .await
        .ok()
}

async fn standings(api: &Api) -> BTreeMap<String, String> {
    let posts = api.posts(WALL, "view=staff").await;
    let pair = |post: &Value| {
        let word = |key: &str| post[key].as_str().expect("a word").to_owned();
        (word("id"), word("standing"))
    };
    posts.iter().map(pair).collect()
}

/// The archive, where it is at hand.
fn archive() -> Option<String> {
    let folder = recorded_folder("event_hashtags/twitterchive")?;
    let file = folder.join("bog14.csv");
    Some(file.to_str().expect("the path is plain").to_owned())
}

/// One change after the other, each on top of those before.
fn changes() -> Vec<Value> {
    vec![
        json!({"links": "hold"}),
        json!({"links": "hide", "block_words": ["genome*"]}),
        json!({"links": null, "block_words": null, "max_per_author": {"posts": 3, "per": "10m", "action": "hold"}}),
        json!({"max_per_author": {"posts": 5, "per": "1h", "action": "hide"}, "duplicates": "hold"}),
        json!({"max_per_author": null, "duplicates": "show", "reposts": "show"}),
        json!({"reposts": "count", "duplicates": "collapse", "replies": "hold"}),
        json!({"replies": null, "blocked": ["@bffo"], "allow_words": ["genome"]}),
        json!({"blocked": null, "allow_words": null, "duplicates": null, "reposts": null}),
        json!({"first_posts": "hold", "shouting": "hide"}),
        json!({"first_posts": null, "older_than": {"age": "1d", "action": "hold"}}),
        json!({"older_than": null, "shouting": null}),
    ]
}

#[tokio::test]
async fn what_is_tried_is_what_happens() {
    let Some(file) = archive() else { return };
    let (place, service, operator) = wall("").await;
    place.run(&["import", "--wall", WALL, &file]).await.done();
    // Somebody approved some posts with links, and hid others.
    let posts = operator.posts(WALL, "view=staff&standing=shown").await;
    let ids: Vec<&str> = posts
        .iter()
        .filter_map(|post| post["id"].as_str())
        .collect();
    operator.decide(WALL, "show", &ids[..60]).await;
    operator.decide(WALL, "hide", &ids[60..90]).await;
    let block = json!({"author": posts[100]["author"]["id"], "standing": "blocked"});
    operator
        .post(&format!("/walls/{WALL}/authors"), block)
        .await
        .ok();

    let mut objected = 0;
    for moderation in changes() {
        let before = figures(&operator).await;
        let tried = try_out(&operator, &moderation).await;
        assert_eq!(figures(&operator).await, before, "trying changes nothing");
        assert_eq!(three(&tried["now"]), before, "{moderation}");
        assert_eq!(tried["posts"].as_i64(), Some(before.iter().sum()));
        let done = change(&operator, &moderation, "all").await;
        let after = figures(&operator).await;
        assert_eq!(three(&tried["then"]), after, "{moderation}");
        let moved: i64 = three(&tried).iter().sum();
        assert_eq!(done["changed"].as_i64(), Some(moved), "{moderation}");
        let list = tried["list"].as_array().expect("a list");
        let approved = tried["approved"].as_i64().expect("a number");
        assert_eq!(
            i64::try_from(list.len()).expect("small"),
            (moved + approved).min(200)
        );
        let now = standings(&operator).await;
        for entry in list {
            let id = entry["id"].as_str().expect("an id");
            assert_eq!(entry["post"]["id"], json!(id));
            let stays = entry["approved"] == true;
            let to = if stays { &entry["from"] } else { &entry["to"] };
            assert_eq!(to, &json!(now[id]), "{moderation}: {entry}");
        }
        objected += approved;
        // What a person decided stands, whatever the rules say.
        assert!(
            ids[..60].iter().all(|id| now[*id] == "shown"),
            "{moderation}"
        );
        assert!(
            ids[60..90].iter().all(|id| now[*id] == "hidden"),
            "{moderation}"
        );
        // Trying the same again finds nothing to do.
        let again = try_out(&operator, &json!({})).await;
        assert_eq!(three(&again), [0, 0, 0], "{moderation}");
    }
    assert!(objected > 20, "{objected} approved posts met an objection");

    // A start judges everything again, and comes to the same.
    let before = standings(&operator).await;
    service.stop().await;
    let service = place.serve(&[]).await;
    assert_eq!(standings(&service.operator().await).await, before);
}

#[tokio::test]
async fn rules_for_all_are_as_if_they_had_always_held() {
    let Some(file) = archive() else { return };
    let (place, _later, late) = wall("").await;
    place.run(&["import", "--wall", WALL, &file]).await.done();
    let rules = json!({
        "links": "hold", "max_per_author": {"posts": 4, "per": "30m", "action": "hide"},
        "duplicates": "hold", "block_words": ["sequenc*"], "first_posts": "hold", "shouting": "hold",
    });
    change(&late, &rules, "all").await;
    let (place, _early, early) = wall(
        "links = \"hold\"\nmax_per_author = { posts = 4, per = \"30m\", action = \"hide\" }\n\
         duplicates = \"hold\"\nblock_words = [\"sequenc*\"]\nfirst_posts = \"hold\"\nshouting = \"hold\"",
    )
    .await;
    place.run(&["import", "--wall", WALL, &file]).await.done();
    let (late, early) = (standings(&late).await, standings(&early).await);
    assert!(late.values().filter(|standing| *standing == "held").count() > 100);
    assert_eq!(late, early);
}

#[tokio::test]
async fn rules_for_new_posts_leave_the_others_alone_also_after_a_restart() {
    let (place, service, operator) = wall("").await;
    place
        .bring(
            WALL,
            &[post("1", "gnu one", json!({})), post("2", "two", json!({}))],
        )
        .await;
    let gnu = json!({"block_words": ["gnu"]});
    let done = change(&operator, &gnu, "new").await;
    assert_eq!(done["changed"], 0);
    place
        .bring(WALL, &[post("3", "gnu three", json!({}))])
        .await;
    let expected = |one: &str| {
        [("test:1", one), ("test:2", "shown"), ("test:3", "hidden")]
            .map(|(id, standing)| (id.to_owned(), standing.to_owned()))
            .into()
    };
    assert_eq!(standings(&operator).await, expected("shown"));
    service.stop().await;
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    assert_eq!(standings(&operator).await, expected("shown"));
    // A word on the mode says nothing of that, not even after another start.
    change(&operator, &json!({"mode": "held"}), "all").await;
    change(&operator, &json!({"mode": "open"}), "all").await;
    service.stop().await;
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    assert_eq!(standings(&operator).await, expected("shown"));
    // A later word for all is for all.
    let both = json!({"block_words": ["gnu", "xyz"]});
    change(&operator, &both, "all").await;
    assert_eq!(standings(&operator).await, expected("hidden"));
    service.stop().await;
    let service = place.serve(&[]).await;
    assert_eq!(
        standings(&service.operator().await).await,
        expected("hidden")
    );
}

#[tokio::test]
async fn a_copy_stays_off_although_its_first_was_taken_off_later() {
    let (place, service, operator) = wall("duplicates = \"collapse\"").await;
    let words = "come to our booth and win";
    place
        .bring(
            WALL,
            &[post_by("eve", "1", words), post_by("bot", "2", words)],
        )
        .await;
    let shown = operator.posts(WALL, "view=staff&queue=shown").await;
    assert_eq!(
        (&shown[0]["id"], &shown[0]["copies"]),
        (&json!("test:1"), &json!(1))
    );
    let hidden = operator.posts(WALL, "view=staff&queue=hidden").await;
    assert_eq!(hidden[0]["copy_of"], "test:1");
    operator.decide(WALL, "hide", &["test:1"]).await;
    // When it came, the other was on the wall: judging it again must not bring it up now.
    change(&operator, &json!({"block_words": ["xyz"]}), "all").await;
    service.stop().await;
    let service = place.serve(&[]).await;
    let public = service.anybody().posts(WALL, "").await;
    assert_eq!(public, Vec::<Value>::new());
}

#[tokio::test]
async fn a_hide_is_not_kept_waiting_while_everything_is_judged_again() {
    let (place, service, operator) = wall("").await;
    let many: Vec<Value> = (0..3_000)
        .map(|n| {
            post_by(
                &format!("p{}", n % 100),
                &n.to_string(),
                &format!("gnu number {n}"),
            )
        })
        .collect();
    place.bring(WALL, &many).await;
    let mut public = service.anybody().watch(WALL).await;
    let gnu = json!({"block_words": ["gnu"]});
    let (done, hides) = tokio::join!(change(&operator, &gnu, "all"), async {
        let mut hides = 0;
        for n in 0..20 {
            operator.decide(WALL, "hide", &[&format!("test:{n}")]).await;
            hides += 1;
        }
        hides
    });
    assert_eq!(hides, 20);
    let moved = done["changed"].as_i64().expect("a number");
    assert!((2_980..=3_000).contains(&moved), "{moved}");
    assert_eq!(figures(&operator).await, [0, 0, 3_000]);
    // Whoever watched has nothing left on the screen.
    let emptied = |frame: &Value| frame["type"] == "snapshot" && frame["posts"] == json!([]);
    public.until(emptied).await;
    assert_eq!(service.anybody().posts(WALL, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_power_cut_while_settings_are_applied_leaves_the_rest_to_the_next_start() {
    let (place, service, operator) = wall("").await;
    let many: Vec<Value> = (0..2_000)
        .map(|n| post_by("eve", &n.to_string(), &format!("gnu number {n}")))
        .collect();
    place.bring(WALL, &many).await;
    let mut public = service.anybody().watch(WALL).await;
    let gnu = json!({"moderation": {"block_words": ["gnu"]}});
    let path = format!("/walls/{WALL}/settings");
    let asked = operator.request(reqwest::Method::PATCH, &path).json(&gnu);
    // The rules hold, and some of what is here has left; then the power goes. Whoever asked gets no answer, or just got one.
    let (answer, ()) = tokio::join!(asked.send(), async {
        public.until(|frame| frame["type"] == "remove").await;
        service.kill().await;
    });
    drop(answer);
    let service = place.serve(&[]).await;
    assert_eq!(figures(&service.anybody()).await, [0, 0, 2_000]);
}

#[tokio::test]
async fn changes_made_at_once_all_hold() {
    let (place, _service, operator) = wall("").await;
    let many: Vec<Value> = (0..600)
        .map(|n| {
            post_by(
                "eve",
                &n.to_string(),
                &format!("{} number {n}", ["gnu", "yak", "cat"][n % 3]),
            )
        })
        .collect();
    place.bring(WALL, &many).await;
    let settings = format!("/walls/{WALL}/settings");
    let (first, second, third) = (
        json!({"block_words": ["gnu"]}),
        json!({"blocked": ["@eve@example.org"]}),
        json!({"blocked": null, "block_words": ["gnu", "yak"]}),
    );
    let last = async {
        // The answer to the first comes when all is done; the settings themselves hold at once.
        let both = |settings: &Value| {
            let set = |key: &str| settings["moderation"][key]["value"] != json!([]);
            set("blocked") && set("block_words")
        };
        while !both(&operator.get(&settings).await.ok()) {}
        change(&operator, &third, "all").await
    };
    tokio::join!(
        change(&operator, &first, "all"),
        change(&operator, &second, "all"),
        last
    );
    assert_eq!(figures(&operator).await, [200, 0, 400]);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_neither_tried_nor_applied() {
    let (place, service, operator) = wall("").await;
    let mia = service.person(&place, "mia", "moderator").await;
    let path = format!("/walls/{WALL}/settings/try");
    for body in [
        json!({"moderation": {"block_words": ["/(a/"]}}),
        json!({"moderation": {"nonsense": 1}}),
        json!({"moderation": {"blocklists": ["nowhere.txt"]}}),
        json!({"wall": {"title": "x"}}),
    ] {
        operator.post(&path, body).await.problem(422);
    }
    service.anybody().post(&path, json!({})).await.problem(401);
    let some = format!("/walls/{WALL}/settings?to=some");
    operator.patch(&some, json!({})).await.problem(400);
    // Where posts are sent to is for admins to say.
    let judge = json!({"moderation": {"judge": {"url": "http://127.0.0.1:9/"}}});
    let settings = format!("/walls/{WALL}/settings");
    mia.patch(&settings, judge).await.problem(403);
}
