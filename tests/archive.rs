//! Archives: in, out, and in again.

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::binary::Place;
use support::posts::{lines, post, post_by};

const CONFIG: &str = "[[walls]]\nid = \"expert2019\"\nhashtags = [\"expert2019\"]\n[walls.moderation]\nblock_words = [\"abuse\"]\nreplies = \"hold\"\n\
    [[walls]]\nid = \"copy\"\nhashtags = [\"expert2019\"]\n[[walls]]\nid = \"plain\"\nhashtags = [\"expert2019\"]\n";

/// Every post of an export by id, without what is the wall's own: when and how it came.
fn exported(text: &str) -> BTreeMap<String, Value> {
    text.lines()
        .map(|line| {
            let mut post: Value = serde_json::from_str(line).expect("exports are JSON Lines");
            for own in ["received_at", "feed", "history"] {
                post.as_object_mut().expect("an object").remove(own);
            }
            (post["id"].as_str().expect("an id").to_owned(), post)
        })
        .collect()
}

/// A wall with posts in every standing.
async fn fill(place: &Place) {
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let posts = [
        post("shown", "hello", json!({})),
        post("blocked", "abuse", json!({})),
        post("approved", "abuse, but quoted", json!({})),
        post("hidden", "hello", json!({})),
        post("sensitive", "look", json!({"sensitive": true})),
        post(
            "reply",
            "@ada hello",
            json!({"kind": "reply", "of": "test:shown"}),
        ),
        post(
            "pinned",
            "hello",
            json!({"language": "cy", "hashtags": ["Expert2019", "Wales"]}),
        ),
        post(
            "repost",
            "hello",
            json!({"kind": "repost", "of": "test:shown"}),
        ),
        post_by("grace", "other", "\"quoted\", newline\nand 🎉"),
    ];
    let said = place.bring("expert2019", &posts).await;
    assert!(said.starts_with("9 taken, 0 repeated, 0 refused"), "{said}");
    operator
        .decide("expert2019", "show", &["test:approved"])
        .await;
    operator
        .decide("expert2019", "hide", &["test:hidden"])
        .await;
    operator.decide("expert2019", "pin", &["test:pinned"]).await;
    operator
        .decide("expert2019", "highlight", &["test:pinned"])
        .await;
    service.stop().await;
}

#[tokio::test]
async fn what_is_exported_comes_back_as_it_stood() {
    for running in [false, true] {
        let place = Place::configured(CONFIG);
        fill(&place).await;
        let service = if running {
            Some(place.serve(&[]).await)
        } else {
            None
        };
        let file = place.path("export.jsonl");
        let path = file.to_str().expect("plain");
        place
            .run(&["export", "--wall", "expert2019", "--output", path])
            .await
            .done();
        let text = std::fs::read_to_string(&file).expect("it was written");
        assert_eq!(
            place.run(&["export", "--wall", "expert2019"]).await.done(),
            text
        );
        let posts = exported(&text);
        let standing: BTreeMap<&str, &str> = posts
            .iter()
            .map(|(id, post)| (id.as_str(), post["standing"].as_str().expect("a standing")))
            .collect();
        let expected = [
            ("test:approved", "shown"),
            ("test:blocked", "hidden"),
            ("test:hidden", "hidden"),
            ("test:other", "shown"),
            ("test:pinned", "shown"),
            ("test:reply", "held"),
            ("test:repost", "hidden"),
            ("test:sensitive", "held"),
            ("test:shown", "shown"),
        ];
        assert_eq!(standing, expected.into());
        assert_eq!(
            (
                &posts["test:pinned"]["pinned"],
                &posts["test:pinned"]["highlighted"]
            ),
            (&json!(true), &json!(true))
        );
        assert!(!text.contains("reasons"));

        let args = ["import", "--wall", "copy", "--keep-standing", path];
        let said = place.run(&args).await.done();
        assert!(said.starts_with("9 taken, 0 repeated, 0 refused"), "{said}");
        let copy = place.run(&["export", "--wall", "copy"]).await.done();
        assert_eq!(exported(&copy), posts, "running: {running}");
        // Again it is only repeats, and nothing moves.
        let said = place.run(&args).await.done();
        assert!(said.starts_with("0 taken, 9 repeated, 0 refused"), "{said}");
        assert_eq!(
            exported(&place.run(&["export", "--wall", "copy"]).await.done()),
            posts
        );

        // The same figures, whichever way.
        let mut figures = Vec::new();
        for wall in ["expert2019", "copy"] {
            let report = place
                .run(&["report", "--wall", wall, "--format", "json"])
                .await
                .done();
            let report: Value = serde_json::from_str(&report).expect("JSON");
            figures.push(report["figures"].clone());
        }
        assert_eq!(figures[0], figures[1]);

        // Without --keep-standing the wall's own rules decide.
        place.run(&["import", "--wall", "plain", path]).await.done();
        let plain = exported(&place.run(&["export", "--wall", "plain"]).await.done());
        assert_eq!(plain["test:hidden"]["standing"], "shown");
        assert_eq!(plain["test:blocked"]["standing"], "shown");
        assert_eq!(plain["test:pinned"]["pinned"], false);
        if let Some(service) = service {
            service.stop().await;
        }
    }
}

#[tokio::test]
async fn what_is_refused_is_named_with_its_line() {
    for running in [false, true] {
        let place = Place::configured(CONFIG);
        let service = if running {
            Some(place.serve(&[]).await)
        } else {
            None
        };
        let mut text = lines(&[post("1", "fine", json!({}))]);
        text += "{\"id\": \"test:2\"\n";
        text += "\n";
        text += &lines(&[
            post("4", "fine", json!({"created_at": "1970-01-01T00:00:00Z"})),
            json!({"id": "test:5", "source": "test", "text": "no tag", "author": {"id": "test:ada"}, "created_at": "2019-11-06T09:31:07Z"}),
            post("6", "fine", json!({"created_at": "2999-01-01T00:00:00Z"})),
            post(
                "7",
                "fine",
                json!({"some_key_of_the_future": [1, 2, 3], "facets": null}),
            ),
            post("1", "fine again", json!({})),
            post("9", &"long ".repeat(60_000), json!({})),
        ]);
        let file = place.write("archive.jsonl", &text);
        let path = file.to_str().expect("plain");
        let ran = place.run(&["import", "--wall", "expert2019", path]).await;
        let refused: Vec<String> = ran
            .err
            .lines()
            .filter_map(|line| {
                Some(
                    line.strip_prefix("line ")?
                        .splitn(3, ": ")
                        .take(2)
                        .collect::<Vec<_>>()
                        .join(" "),
                )
            })
            .collect();
        assert_eq!(
            refused,
            [
                "2 malformed",
                "4 bad_time",
                "5 not_matching",
                "6 bad_time",
                "9 too_large"
            ],
            "{}",
            ran.err
        );
        assert_eq!(ran.done(), "2 taken, 1 repeated, 5 refused\n");
        // CSV says its lines as well, over fields of several lines.
        let table = place.write(
            "archive.csv",
            "id,created_at,author,text\n1,2019-11-06 09:00,ada,\"two\nlines #expert2019\"\n4.1e+17,2019-11-06 09:01,ada,#expert2019\n3,when,ada,#expert2019\n",
        );
        let ran = place
            .run(&[
                "import",
                "--wall",
                "expert2019",
                table.to_str().expect("plain"),
            ])
            .await;
        assert!(
            ran.err.contains("line 4: damaged_id") && ran.err.contains("line 5: "),
            "{}",
            ran.err
        );
        assert_eq!(ran.done(), "1 taken, 0 repeated, 2 refused\n");
        if let Some(service) = service {
            service.stop().await;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_a_line() {
    for running in [false, true] {
        let place = Place::configured(CONFIG);
        let service = if running {
            Some(place.serve(&[]).await)
        } else {
            None
        };
        let file = place.write("archive.jsonl", &lines(&[post("1", "fine", json!({}))]));
        let path = file.to_str().expect("plain");
        let array = place.write("array.json", "[{\"id\": 1}]");
        let headless = place.write("headless.csv", "a,b\n1,2\n");
        for (args, says) in [
            (
                ["import", "--wall", "expert2019", "nowhere.jsonl"],
                vec!["nowhere.jsonl", "cannot be read"],
            ),
            (["import", "--wall", "expert2019", "."], vec!["."]),
            (
                [
                    "import",
                    "--wall",
                    "expert2019",
                    array.to_str().expect("plain"),
                ],
                vec!["array.json", "one post per line"],
            ),
            (
                [
                    "import",
                    "--wall",
                    "expert2019",
                    headless.to_str().expect("plain"),
                ],
                vec!["headless.csv", "no column for the id"],
            ),
            (
                ["import", "--wall", "nowhere", path],
                vec!["nowhere", "copy", "expert2019", "plain"],
            ),
            (
                ["export", "--wall", "nowhere", "--output=x"],
                vec!["nowhere", "copy", "expert2019", "plain"],
            ),
            (
                ["report", "--wall", "nowhere", "--format=json"],
                vec!["nowhere", "copy", "expert2019", "plain"],
            ),
        ] {
            let words = place.run(&args).await.failed(1);
            for word in says {
                assert!(
                    words.contains(word),
                    "{args:?}, running: {running}: {words}"
                );
            }
            assert_eq!(words.lines().count(), 1, "{words}");
        }
        if let Some(service) = service {
            service.stop().await;
        }
    }
}

#[tokio::test]
async fn a_report_comes_in_every_form_and_for_every_stretch_of_time() {
    let place = Place::configured(CONFIG);
    fill(&place).await;
    place.run(&["report", "--wall", "expert2019"]).await.done();
    let late = post(
        "late",
        "hello",
        json!({"created_at": "2019-11-07T09:31:07Z"}),
    );
    place.bring("expert2019", &[late]).await;
    let report = async |args: &[&str]| -> Value {
        let all = [
            &["report", "--wall", "expert2019", "--format", "json"],
            args,
        ]
        .concat();
        serde_json::from_str(&place.run(&all).await.done()).expect("JSON")
    };
    assert_eq!(report(&[]).await["figures"]["posts"], 9);
    let day = report(&[
        "--from",
        "2019-11-06T00:00:00Z",
        "--to",
        "2019-11-07T00:00:00Z",
    ])
    .await;
    assert_eq!(
        (&day["figures"]["posts"], &day["figures"]["reposts"]),
        (&json!(8), &json!(1))
    );
    assert_eq!(
        day["range"],
        json!({"from": "2019-11-06T00:00:00Z", "to": "2019-11-07T00:00:00Z"})
    );
    let never = report(&["--to", "2019-11-06T09:31:07Z"]).await;
    assert_eq!(
        (&never["figures"]["posts"], &never["figures"]["peak_minute"]),
        (&json!(0), &Value::Null)
    );
    let csv = place
        .run(&["report", "--wall", "expert2019", "--format", "csv"])
        .await
        .done();
    let text = place
        .run(&["report", "--wall", "expert2019", "--format", "text"])
        .await
        .done();
    assert!(
        csv.contains("participants") && text.contains("participants"),
        "{csv}{text}"
    );
    // Over HTTP it is the same.
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let by_http = operator.get("/walls/expert2019/report").await.ok();
    assert_eq!(by_http["figures"], report(&[]).await["figures"]);
    let tallies = operator.tallies("expert2019").await;
    assert_eq!(tallies, by_http["figures"]);
    for key in tallies.as_object().expect("an object").keys() {
        assert!(by_http["definitions"][key].is_string(), "{key}");
    }
}
