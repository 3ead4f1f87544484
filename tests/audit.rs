//! Who did what, when and why: found again, and taken away as a table.

mod support;

use serde_json::{Value, json};
use support::binary::Place;
use support::posts::{post, post_by};

const WALL: &str = "expert2019";

#[tokio::test]
async fn the_audit_is_filtered_and_taken_away_as_a_table() {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let mia = service.person(&place, "=mia()", "moderator").await;
    let long = "word ".repeat(40);
    place
        .bring(
            WALL,
            &[post("1", &long, json!({})), post_by("eve", "2", "rude")],
        )
        .await;
    let decisions = format!("/walls/{WALL}/decisions");
    let hide = json!({"action": "hide", "posts": ["test:2"], "reason": "+rude, \"very\""});
    let hidden = mia.post(&decisions, hide).await.ok();
    operator.decide(WALL, "pin", &["test:1"]).await;
    let block = json!({"author": "test:eve", "standing": "blocked"});
    operator
        .post(&format!("/walls/{WALL}/authors"), block)
        .await
        .ok();
    operator.stage(WALL, json!({"action": "pause"})).await;
    mia.post(&format!("/walls/{WALL}/undo"), json!({}))
        .await
        .ok();

    let find = async |query: &str| -> String {
        let path = format!("/walls/{WALL}/audit?{query}");
        let found = operator.get(&path).await.ok();
        let entries = found["entries"].as_array().expect("a list").iter();
        let words: Vec<&str> = entries
            .filter_map(|entry| entry["action"].as_str())
            .collect();
        words.join(" ")
    };
    assert_eq!(find("").await, "undo stage author_blocked pin hide");
    assert_eq!(find("limit=2").await, "undo stage");
    assert_eq!(find("by=operator").await, "stage author_blocked pin");
    assert_eq!(find("action=hide").await, "hide");
    assert_eq!(find("q=RUDE").await, "hide");
    assert_eq!(find("q=%40eve").await, "author_blocked");
    assert_eq!(find("to=2020-01-01T00:00:00Z").await, "");
    assert_eq!(
        find("from=2020-01-01T00:00:00Z&by=operator&action=pin").await,
        "pin"
    );
    let path = format!("/walls/{WALL}/audit");
    let first = operator.get(&format!("{path}?limit=2")).await.ok();
    let next = first["next"].as_u64().expect("there is more");
    assert_eq!(
        find(&format!("before={next}")).await,
        "author_blocked pin hide"
    );

    let entries = operator.get(&path).await.ok();
    let entry = |action: &str| -> Value {
        let mut entries = entries["entries"].as_array().expect("a list").iter();
        entries
            .find(|entry| entry["action"] == action)
            .expect("it is there")
            .clone()
    };
    assert_eq!(
        entry("pin")["about"]
            .as_str()
            .map(|text| text.chars().count()),
        Some(80)
    );
    assert_eq!(entry("hide")["about"], "rude #expert2019");
    assert_eq!(entry("hide")["reason"], "+rude, \"very\"");
    assert_eq!(entry("author_blocked")["about"], "@eve@example.org");

    let table = operator
        .get(&format!("{path}?format=csv&action=hide"))
        .await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    let mut lines = table.text.lines();
    assert_eq!(
        lines.next(),
        Some("seq,at,by,action,posts,about,reason,undone_by")
    );
    let row = lines.next().expect("a row");
    let undone = entry("undo")["seq"].as_u64().expect("a number");
    assert!(
        row.ends_with(&format!(
            ",'=mia(),hide,test:2,rude #expert2019,\"'+rude, \"\"very\"\"\",{undone}"
        )),
        "{row}"
    );
    assert_eq!(entry("hide")["undone_by"], json!(undone));
    assert_eq!(entry("hide")["seq"], hidden["seq"]);
    operator
        .get(&format!("{path}?format=pdf"))
        .await
        .problem(400);
    service.anybody().get(&path).await.problem(401);
}
