//! "Counting starts now": what came before is kept and not counted, and it can be taken back to what the file says.

mod support;

use serde_json::{Value, json};
use support::binary::Place;
use support::posts::post;

const WALL: &str = "expert2019";

#[tokio::test]
async fn a_rehearsal_is_not_counted() {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\nfrom = 2019-11-06T00:00:00Z\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let otto = service.person(&place, "otto", "organiser").await;
    let posts = [
        post(
            "1",
            "rehearsal",
            json!({"created_at": "2019-11-06T08:00:00Z"}),
        ),
        post("2", "event", json!({"created_at": "2019-11-06T10:00:00Z"})),
    ];
    place.bring(WALL, &posts).await;
    let path = format!("/walls/{WALL}/counting");
    let at = "2019-11-06T09:00:00Z";
    otto.post(&path, json!({ "from": at })).await.problem(403);
    operator
        .post(&path, json!({"from": "soon"}))
        .await
        .problem(400);
    let done = operator.post(&path, json!({ "from": at })).await.ok();
    assert_eq!((&done["from"], &done["changed"]), (&json!(at), &json!(1)));
    let counted = |tallies: &Value| (tallies["posts"].as_u64(), tallies["shown"].as_u64());
    assert_eq!(counted(&operator.tallies(WALL).await), (Some(1), Some(1)));
    let staff = operator.posts(WALL, "view=staff&standing=hidden").await;
    assert_eq!(staff[0]["reasons"][0]["rule"], "outside_event");
    let entry = &operator.get(&format!("/walls/{WALL}/audit")).await.ok()["entries"][0];
    assert_eq!(
        (&entry["action"], &entry["text"]),
        (&json!("counting"), &json!(at))
    );

    // After a restart as well; and a moderator may still show what lies outside.
    service.stop().await;
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    assert_eq!(counted(&operator.tallies(WALL).await), (Some(1), Some(1)));
    let now = operator.post(&path, json!({"from": "now"})).await.ok();
    assert!(now["from"].as_str().expect("a time") > "2026");
    assert_eq!(counted(&operator.tallies(WALL).await), (Some(0), Some(0)));
    let back = operator.post(&path, json!({"from": null})).await.ok();
    assert_eq!(back["from"], "2019-11-06T00:00:00Z");
    assert_eq!(counted(&operator.tallies(WALL).await), (Some(2), Some(2)));
}
