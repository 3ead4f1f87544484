//! Several people decide at once: the first word on a waiting post counts, a hide always does, and all of it can be taken
//! back.

mod support;

use serde_json::{Value, json};
use support::api::{Answer, Api};
use support::binary::{Place, Service};
use support::posts::{post, post_by};

const WALL: &str = "expert2019";

async fn wall(moderation: &str) -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n[walls.moderation]\n{moderation}\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

async fn decide(who: &Api, action: &str, posts: &[&str], seen: Option<u64>) -> Answer {
    let body = json!({"action": action, "posts": posts, "seen": seen});
    who.post(&format!("/walls/{WALL}/decisions"), body).await
}

async fn tip(who: &Api) -> u64 {
    let snapshot = who.watch_as_staff(WALL).await.next().await;
    snapshot["seq"].as_u64().expect("a number")
}

async fn standing(who: &Api, id: &str) -> String {
    let posts = who.posts(WALL, "view=staff").await;
    let found = posts.iter().find(|post| post["id"] == id);
    let post = found.unwrap_or_else(|| panic!("no {id}"));
    post["standing"].as_str().expect("a word").to_owned()
}

#[tokio::test]
async fn the_first_word_on_a_waiting_post_counts_and_the_other_is_told_whose_it_was() {
    let (place, service, operator) = wall("mode = \"held\"").await;
    let mia = service.person(&place, "mia", "moderator").await;
    let posts: Vec<Value> = (1..=4)
        .map(|n| post(&n.to_string(), "words", json!({})))
        .collect();
    place.bring(WALL, &posts).await;
    let seen = tip(&operator).await;
    decide(&mia, "hide", &["test:1"], Some(seen)).await.ok();

    // The other page had not seen that yet.
    let refused = decide(&operator, "show", &["test:1"], Some(seen)).await;
    let problem: Value = serde_json::from_str(&refused.text).expect("JSON");
    let words = refused.problem(409);
    assert!(
        words.starts_with("mia hid this ") && words.ends_with(" s ago"),
        "{words}"
    );
    assert_eq!(
        (&problem["by"], &problem["action"]),
        (&json!("mia"), &json!("hide"))
    );
    let conflict = &problem["conflicts"][0];
    assert_eq!(
        (&conflict["post"], &conflict["by"]),
        (&json!("test:1"), &json!("mia"))
    );
    assert!(conflict["seq"].as_u64() > Some(seen) && conflict["at"].is_string());
    assert_eq!(standing(&operator, "test:1").await, "hidden");

    // Of several posts, those that nobody was faster with are done.
    let done = decide(&operator, "show", &["test:1", "test:2"], Some(seen))
        .await
        .ok();
    assert_eq!(done["posts"], json!(["test:2"]));
    assert_eq!(done["conflicts"][0]["post"], "test:1");

    // A hide is never refused, and what is put aside or pinned is nobody's first word.
    decide(&mia, "hide", &["test:2"], Some(seen)).await.ok();
    assert_eq!(standing(&operator, "test:2").await, "hidden");
    decide(&mia, "show", &["test:3"], Some(seen)).await.ok();
    decide(&operator, "pin", &["test:3"], Some(seen)).await.ok();

    // Whoever saw it may decide otherwise: on a decided post the later word counts.
    let seen = tip(&operator).await;
    decide(&operator, "show", &["test:1"], Some(seen))
        .await
        .ok();
    assert_eq!(standing(&operator, "test:1").await, "shown");

    // Without a word on what was seen, the last second is unseen.
    decide(&mia, "hide", &["test:4"], None).await.ok();
    decide(&operator, "show", &["test:4"], None)
        .await
        .problem(409);
    // One's own is no conflict.
    decide(&mia, "show", &["test:4"], None).await.ok();
}

#[tokio::test]
async fn opposite_words_in_the_same_moment_have_one_order_for_all() {
    let (place, service, operator) = wall("mode = \"held\"").await;
    let mia = service.person(&place, "mia", "moderator").await;
    let names: Vec<String> = (0..20).map(|n| format!("test:{n}")).collect();
    let posts: Vec<Value> = (0..20)
        .map(|n| post(&n.to_string(), "words", json!({})))
        .collect();
    place.bring(WALL, &posts).await;
    let seen = Some(tip(&operator).await);
    for name in &names {
        let one = [name.as_str()];
        let (shown, hidden) = tokio::join!(
            decide(&operator, "show", &one, seen),
            decide(&mia, "hide", &one, seen)
        );
        // The hide holds whoever came first; the show is either undone by it or refused.
        hidden.ok();
        assert!(
            [200, 409].contains(&shown.status.as_u16()),
            "{}",
            shown.text
        );
        assert_eq!(standing(&operator, name).await, "hidden");
    }
}

#[tokio::test]
async fn a_decision_about_an_author_names_what_it_moved_and_can_be_taken_back() {
    let (place, service, operator) = wall("block_words = [\"abuse\"]").await;
    let mia = service.person(&place, "mia", "moderator").await;
    let posts = [
        post_by("eve", "1", "one"),
        post_by("eve", "2", "two"),
        post_by("eve", "3", "abuse"),
        post_by("ada", "4", "four"),
    ];
    place.bring(WALL, &posts).await;
    decide(&mia, "hide", &["test:2"], None).await.ok();
    let path = format!("/walls/{WALL}/authors");
    let about = format!("{path}/test%3Aeve");
    let known = operator.get(&about).await.ok();
    assert_eq!(
        [
            &known["posts"],
            &known["shown"],
            &known["hidden"],
            &known["deleted"]
        ],
        [&json!(3), &json!(1), &json!(2), &json!(0)]
    );
    assert_eq!(
        (&known["author"]["name"], &known["standing"]),
        (&json!("eve"), &json!("normal"))
    );
    assert_eq!(known["decided"].as_array().map(Vec::len), Some(1));

    let body = json!({"author": "test:eve", "standing": "blocked"});
    let done = mia.post(&path, body).await.ok();
    assert_eq!(
        (&done["changed"], &done["posts"]),
        (&json!(1), &json!(["test:1"]))
    );
    let known = operator.get(&about).await.ok();
    assert_eq!(
        (&known["standing"], &known["shown"]),
        (&json!("blocked"), &json!(0))
    );
    assert_eq!(known["decided"][0]["action"], "author_blocked");
    let staff = operator.posts(WALL, "view=staff&author=test:eve").await;
    let so_far = json!({"posts": 3, "shown": 0, "held": 0, "hidden": 3});
    assert!(
        staff.iter().all(|post| post["author_so_far"] == so_far),
        "{staff:?}"
    );
    let hidden = staff
        .iter()
        .find(|post| post["id"] == "test:2")
        .expect("it is there");
    assert_eq!(hidden["decided_by"], "mia");
    assert!(hidden["decided_at"].is_string());

    let seq = &done["seq"];
    let undo = json!({ "seq": seq });
    let undone = operator
        .post(&format!("/walls/{WALL}/undo"), undo)
        .await
        .ok();
    assert_eq!(
        (&undone["undone"], &undone["posts"]),
        (seq, &json!(["test:1"]))
    );
    assert_eq!(standing(&operator, "test:1").await, "shown");
    assert_eq!(standing(&operator, "test:2").await, "hidden");
    operator
        .get(&format!("{path}/test%3Anobody"))
        .await
        .problem(404);
}

#[tokio::test]
async fn a_block_of_the_author_is_a_word_on_the_waiting_post_as_well() {
    let (place, service, operator) = wall("mode = \"held\"").await;
    let mia = service.person(&place, "mia", "moderator").await;
    place.bring(WALL, &[post_by("eve", "1", "words")]).await;
    let seen = tip(&operator).await;
    let block = json!({"author": "test:eve", "standing": "blocked"});
    mia.post(&format!("/walls/{WALL}/authors"), block)
        .await
        .ok();
    let refused = decide(&operator, "show", &["test:1"], Some(seen)).await;
    let words = refused.problem(409);
    assert!(words.starts_with("mia hid this "), "{words}");
    assert_eq!(standing(&operator, "test:1").await, "hidden");
}

#[tokio::test]
async fn which_files_are_read_is_for_admins_to_say() {
    let (place, service, operator) = wall("").await;
    let mia = service.person(&place, "mia", "moderator").await;
    let lists = |name: &str| json!({"moderation": {"blocklists": [name]}});
    let settings = format!("/walls/{WALL}/settings");
    for path in ["/proc/self/environ", "../x", "words.txt"] {
        mia.patch(&settings, lists(path)).await.problem(403);
        mia.post(&format!("{settings}/try"), lists(path))
            .await
            .problem(403);
    }
    mia.patch(&settings, lists("en")).await.ok();
    operator
        .patch(&settings, lists("words.txt"))
        .await
        .problem(422);
    let nowhere =
        json!({"moderation": {"feed_modes": {"mastodon=https://nowhere.example": "held"}}});
    let words = operator.patch(&settings, nowhere).await.problem(422);
    assert!(words.contains("this wall has no feed"), "{words}");
}
