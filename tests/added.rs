//! A post that a person puts on the wall by its address: shown at once, counted apart, never against its author's wish.

mod support;

use serde_json::{Value, json};
use support::binary::Place;
use support::bluesky;
use support::mastodon::{Server, status};
use support::misskey;

const WALL: &str = "expert2019";

#[tokio::test]
async fn a_post_is_added_by_its_address_and_counted_apart() {
    let server = Server::start().await;
    server.insert(status(
        "1001",
        "no hashtag here",
        &[],
        "2019-11-06T09:00:00Z",
    ));
    let mut quiet = status("1002", "please not me", &[], "2019-11-06T09:01:00Z");
    quiet["account"]["note"] = json!("<p>I write. #nobot</p>");
    server.insert(quiet);
    let mut hidden = status("1003", "only for friends", &[], "2019-11-06T09:02:00Z");
    hidden["visibility"] = json!("private");
    server.insert(hidden);
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n\
         [[walls.feeds]]\nkind = \"mastodon\"\nserver = \"{}\"\ninterval = \"100ms\"\n\
         [[walls]]\nid = \"copy\"\nhashtags = [\"{WALL}\"]\n",
        server.url()
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let otto = service.person(&place, "otto", "organiser").await;
    let path = format!("/walls/{WALL}/posts/link");
    let link = |id: &str| json!({ "url": format!("{}/@ada/{id}", server.url()) });
    let mut public = service.anybody().watch(WALL).await;

    otto.post(&path, link("1001")).await.problem(403);
    let added = operator.post(&path, link("1001")).await.ok();
    let id = added["id"].as_str().expect("an id").to_owned();
    let post = &added["post"];
    assert_eq!(
        (&post["added"], &post["standing"], &post["decided_by"]),
        (&json!(true), &json!("shown"), &json!("operator"))
    );
    assert_eq!(post["reasons"], json!([]));
    public
        .post(&id, |post| post["text"] == "no hashtag here")
        .await;
    let figures = operator.tallies(WALL).await;
    let counted = |figures: &Value| {
        ["added", "posts", "shown", "participants", "hidden"].map(|key| figures[key].as_u64())
    };
    assert_eq!(
        counted(&figures),
        [Some(1), Some(0), Some(0), Some(0), Some(0)]
    );
    assert_eq!(figures["peak_minute"], Value::Null);
    let report = operator
        .get(&format!("/walls/{WALL}/report?format=text"))
        .await
        .text;
    let said = report
        .lines()
        .find(|line| line.starts_with("added by hand"));
    assert_eq!(
        said.and_then(|line| line.split_whitespace().last()),
        Some("1")
    );

    // Twice is not twice.
    let again = operator.post(&path, link("1001")).await;
    let problem: Value = serde_json::from_str(&again.text).expect("JSON");
    assert_eq!(problem["id"], json!(id));
    again.problem(409);

    let words = operator.post(&path, link("1002")).await.problem(422);
    assert!(words.contains("asked not to be"), "{words}");
    let words = operator.post(&path, link("1003")).await.problem(422);
    assert!(words.contains("not public"), "{words}");
    operator.post(&path, link("9999")).await.problem(422);
    for url in [
        "https://x.com/ada/status/1",
        "nonsense",
        "http://127.0.0.1:1/@ada/1",
        "https://127.0.0.1/@ada/1",
        "https://192.168.0.1/@ada/1",
    ] {
        let words = operator
            .post(&path, json!({ "url": url }))
            .await
            .problem(422);
        assert!(words.contains("paste the address"), "{words}");
    }

    // Taking it back takes it off the wall, and out of what is told.
    let undo = json!({"seq": added["seq"]});
    operator
        .post(&format!("/walls/{WALL}/undo"), undo)
        .await
        .ok();
    public.removal(&id).await;
    assert_eq!(counted(&operator.tallies(WALL).await)[0], Some(0));
    // Its author adds the hashtag: the feed brings it by itself, and from then on it counts like all others.
    server.insert(status("1004", "soon", &[], "2019-11-06T09:05:00Z"));
    let early = operator.post(&path, link("1004")).await.ok();
    assert_eq!(
        counted(&operator.tallies(WALL).await)[..3],
        [Some(1), Some(0), Some(0)]
    );
    let tagged = status("1004", "soon #expert2019", &[WALL], "2019-11-06T09:05:00Z");
    server.edit("1004", |status| {
        *status = tagged;
        status["edited_at"] = json!("2019-11-06T09:06:00Z");
    });
    public.until(|frame| frame["tallies"]["posts"] == 1).await;
    assert_eq!(
        counted(&operator.tallies(WALL).await)[..3],
        [Some(0), Some(1), Some(1)]
    );
    let staff = operator.posts(WALL, "view=staff&queue=shown").await;
    assert_eq!(
        (&staff[0]["id"], staff[0].get("added")),
        (&early["id"], None)
    );

    // What its author edits or takes back is followed, though no feed has it.
    let mut first = status("1005", "a first word", &[], "2019-11-06T09:07:00Z");
    first["url"] = link("1005")["url"].clone();
    server.insert(first);
    let followed = operator.post(&path, link("1005")).await.ok();
    let followed = followed["id"].as_str().expect("an id").to_owned();
    server.edit("1005", |status| {
        status["content"] = json!("<p>a second word</p>");
        status["edited_at"] = json!("2019-11-06T09:08:00Z");
    });
    public
        .post(&followed, |post| post["text"] == "a second word")
        .await;
    assert_eq!(counted(&operator.tallies(WALL).await)[0], Some(1));

    // An export carries what was added, and brings it back as that.
    let file = place.path("export.jsonl");
    let file = file.to_str().expect("plain");
    let args = ["export", "--wall", WALL, "--output", file];
    place.run(&args).await.done();
    let args = ["import", "--wall", "copy", "--keep-standing", file];
    place.run(&args).await.done();
    assert_eq!(
        counted(&operator.tallies("copy").await),
        counted(&operator.tallies(WALL).await)
    );

    server.delete("1005");
    public.removal(&followed).await;
    assert_eq!(counted(&operator.tallies(WALL).await)[0], Some(0));

    // It stays off after a restart, and what was added stays added.
    operator.decide(WALL, "show", &[&id]).await;
    service.stop().await;
    let service = place.serve(&[]).await;
    let figures = service.anybody().tallies(WALL).await;
    assert_eq!(counted(&figures)[..2], [Some(1), Some(1)]);
}

#[tokio::test]
async fn notes_of_misskey_and_posts_on_bluesky_are_added_as_well() {
    let notes = misskey::Server::start(false).await;
    let at = "2019-11-06T09:10:00Z".parse().expect("a time");
    let fine = notes.push("a fine note", &[], at, &json!({}));
    let quiet = notes.push("hush", &[], at, &json!({"userId": "u8", "user": {"id": "u8", "username": "ben", "host": null}, "bio": "#noindex"}));
    let sky = bluesky::Server::start().await;
    sky.join("ada", "Ada");
    let uri = sky.publish("up in the sky", at);
    let (did, key) = uri
        .strip_prefix("at://")
        .and_then(|rest| rest.split_once("/app.bsky.feed.post/"))
        .expect("an at-uri");
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n\
         [[walls.feeds]]\nkind = \"misskey\"\nserver = \"{}\"\n\
         [[walls.feeds]]\nkind = \"bluesky\"\njetstream = [\"{}\"]\nappview = \"{}\"\n",
        notes.url(),
        sky.second_wire(),
        sky.url(),
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let path = format!("/walls/{WALL}/posts/link");
    let add = async |url: String| operator.post(&path, json!({ "url": url })).await;
    let note = add(format!("{}/notes/{fine}", notes.url())).await.ok();
    assert_eq!(note["post"]["text"], "a fine note");
    let words = add(format!("{}/notes/{quiet}", notes.url()))
        .await
        .problem(422);
    assert!(words.contains("asked not to be"), "{words}");
    add(format!("{}/notes/nothere", notes.url()))
        .await
        .problem(422);
    let post = add(format!("https://bsky.app/profile/{did}/post/{key}"))
        .await
        .ok();
    assert_eq!(post["post"]["text"], "up in the sky");
    add(format!("https://bsky.app/profile/{did}/post/{key}"))
        .await
        .problem(409);
    add(format!("https://bsky.app/profile/{did}/post/nothere"))
        .await
        .problem(422);
    add("https://bsky.app/profile/nobody.test/post/3k2".to_owned())
        .await
        .problem(422);
    assert_eq!(operator.tallies(WALL).await["added"], 2);
}
