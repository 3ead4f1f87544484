//! `ingest` and `exec` in the program itself.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::support::api::{Answer, Api};
use super::support::binary::{DEADLINE, Place};
use super::support::mastodon::Server;
use super::support::posts::{lines, post};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const WALL: &str = "expert2019";

fn configured(feeds: &str) -> String {
    format!("[[walls]]\nid = \"{WALL}\"\nhashtags = [\"expert2019\"]\n{feeds}")
}

fn open() -> Place {
    Place::configured(&configured(&format!(
        "[[walls.feeds]]\nkind = \"ingest\"\ntoken = \"{TOKEN}\"\nname = \"press\"\n"
    )))
}

/// Sends a body with what is shown of a token.
async fn send(api: &Api, shown: Option<&str>, body: impl Into<String>) -> Answer {
    let mut request = api
        .request(Method::POST, &format!("/walls/{WALL}/posts"))
        .body(body.into());
    if let Some(shown) = shown {
        request = request.header(AUTHORIZATION, shown);
    }
    api.send(request).await
}

async fn sent(api: &Api, body: impl Into<String>) -> Value {
    send(api, Some(&format!("Bearer {TOKEN}")), body).await.ok()
}

fn outcomes(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().expect("a list");
    results
        .iter()
        .map(|result| result["outcome"].as_str().expect("a word"))
        .collect()
}

/// The state of a feed whose name begins so.
async fn feed(api: &Api, name: &str) -> Value {
    let feeds = api.get(&format!("/walls/{WALL}/feeds")).await.ok();
    let feeds = feeds["feeds"].as_array().expect("a list").clone();
    let found = feeds
        .into_iter()
        .find(|feed| feed["name"].as_str().is_some_and(|it| it.starts_with(name)));
    found.unwrap_or(Value::Null)
}

/// Waits until a feed is as asked.
pub async fn feed_until(api: &Api, name: &str, is: impl Fn(&Value) -> bool) -> Value {
    let wait = async {
        loop {
            let feed = feed(api, name).await;
            if is(&feed) {
                return feed;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(DEADLINE, wait).await;
    match waited {
        Ok(feed) => feed,
        Err(elapsed) => panic!("{name}: {elapsed}: {}", feed(api, name).await),
    }
}

#[tokio::test]
async fn every_line_is_answered_and_said_twice_it_counts_once() {
    let place = open();
    let service = place.serve(&[]).await;
    let (anybody, operator) = (service.anybody(), service.operator().await);
    let listening = feed_until(&operator, "ingest press", |feed| feed["state"] == "reading").await;
    assert_eq!(
        (&listening["via"], &listening["last_post"]),
        (&json!("stream"), &Value::Null)
    );
    let mut public = anybody.watch(WALL).await;

    let body = [
        post("1", "one", json!({"standing": "hidden", "source": null})).to_string(),
        String::new(),
        "hello".to_owned(),
        post("2", "two", json!({"text": "no tag at all"})).to_string(),
        post("3", "three", json!({})).to_string(),
        post("3", "three", json!({})).to_string(),
    ];
    let first = sent(&anybody, body.join("\n")).await;
    assert_eq!(
        outcomes(&first),
        ["taken", "refused", "refused", "taken", "repeated"]
    );
    assert_eq!(
        (&first["taken"], &first["refused"], &first["repeated"]),
        (&json!(2), &json!(2), &json!(1))
    );
    let results = &first["results"];
    assert_eq!(
        (&results[0]["line"], &results[0]["id"]),
        (&json!(1), &json!("test:1"))
    );
    assert_eq!(
        (
            &results[1]["line"],
            &results[1]["id"],
            &results[1]["reason"]
        ),
        (&json!(3), &Value::Null, &json!("malformed"))
    );
    assert!(
        results[1]["detail"]
            .as_str()
            .is_some_and(|words| words.contains("line 3: is no JSON"))
    );
    assert_eq!(
        (&results[2]["line"], &results[2]["reason"]),
        (&json!(4), &json!("not_matching"))
    );
    // Answered after it was stored, and shown at once.
    assert_eq!(anybody.posts(WALL, "").await.len(), 2);
    public.until(|frame| frame["post"]["id"] == "test:1").await;

    let again = sent(&anybody, body.join("\r\n")).await;
    assert_eq!(
        outcomes(&again),
        ["repeated", "refused", "refused", "repeated", "repeated"]
    );
    assert_eq!(anybody.tallies(WALL).await["posts"], 2);

    // One post on many lines; an edit; one taken back, twice; one that nobody has.
    let pretty = serde_json::to_string_pretty(&post("4", "four", json!({}))).expect("JSON");
    assert_eq!(outcomes(&sent(&anybody, pretty).await), ["taken"]);
    let edited = post("4", "FOUR", json!({"edited_at": "2019-11-06T10:00:00Z"}));
    assert_eq!(
        outcomes(&sent(&anybody, edited.to_string()).await),
        ["edited"]
    );
    let gone = [
        json!({"delete": "test:1"}),
        json!({"delete": "test:9"}),
        json!({"delete": "test:1"}),
    ];
    assert_eq!(
        outcomes(&sent(&anybody, lines(&gone)).await),
        ["deleted", "repeated", "repeated"]
    );
    let left = anybody.posts(WALL, "").await;
    let texts: Vec<&str> = left
        .iter()
        .filter_map(|post| post["text"].as_str())
        .collect();
    assert!(
        left.len() == 2 && texts.contains(&"FOUR #expert2019"),
        "{left:?}"
    );
    assert!(left.iter().all(|post| post["feed"] == "ingest press"));

    let health = feed(&operator, "ingest press").await;
    assert_eq!(
        (&health["state"], &health["taken"]),
        (&json!("reading"), &json!(3))
    );
    assert!(
        health["last_post"].is_string() && health["lag_ms"].is_u64(),
        "{health}"
    );
    let log = service.log();
    service.stop().await;
    assert!(!log.contains(TOKEN), "{log}");
}

#[tokio::test]
async fn who_has_no_token_or_sends_too_much_is_told() {
    let place = open();
    let service = place.serve(&[]).await;
    let anybody = service.anybody();
    let good = post("1", "one", json!({})).to_string();
    for (shown, challenge) in [
        (None, "Bearer realm=\"buzzwall\""),
        (Some("Basic YTpi"), "Bearer realm=\"buzzwall\""),
        (Some("Bearer "), "Bearer realm=\"buzzwall\""),
        (
            Some("Bearer 0123456789abcdef0123456789abcdee"),
            "error=\"invalid_token\"",
        ),
        (
            Some("Bearer 0123456789abcdef0123456789abcdef0"),
            "error=\"invalid_token\"",
        ),
    ] {
        let answer = send(&anybody, shown, good.clone()).await;
        let challenged = answer
            .headers
            .get(WWW_AUTHENTICATE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        assert!(
            challenged.is_some_and(|it| it.contains(challenge)),
            "{shown:?}"
        );
        assert!(answer.problem(401).contains("token"));
    }
    // A moderator's session is no token.
    let operator = service.operator().await;
    send(&operator, None, good.clone()).await.problem(401);
    let scheme = send(&anybody, Some(&format!("bearer  {TOKEN}")), good.clone())
        .await
        .ok();
    assert_eq!(outcomes(&scheme), ["taken"]);

    let bearer = format!("Bearer {TOKEN}");
    assert!(
        send(&anybody, Some(&bearer), " \n ")
            .await
            .problem(400)
            .contains("empty")
    );
    let many: Vec<Value> = (0..1001)
        .map(|n| post(&format!("m{n}"), "x", json!({})))
        .collect();
    let words = send(&anybody, Some(&bearer), lines(&many))
        .await
        .problem(413);
    assert!(words.contains("1001 lines"), "{words}");
    let long = post("long", &"x".repeat(1 << 20), json!({})).to_string();
    assert!(
        sent(&anybody, long).await["results"][0]["detail"]
            .as_str()
            .is_some_and(|words| words.contains("longer than"))
    );
    let words = send(&anybody, Some(&bearer), "x".repeat(5 << 20))
        .await
        .problem(413);
    assert!(words.contains("in parts"), "{words}");
    assert_eq!(
        anybody.tallies(WALL).await["posts"],
        1,
        "nothing of it was taken"
    );
    sent(&anybody, lines(&many[..1000])).await;
    assert_eq!(anybody.tallies(WALL).await["posts"], 1001);

    // Some ten requests were counted already.
    let mut last = send(&anybody, Some(&bearer), "{}").await;
    for _ in 0..600 {
        if last.status != 200 {
            break;
        }
        last = send(&anybody, Some(&bearer), "{}").await;
    }
    let wait = last
        .headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    assert!(
        wait.is_some_and(|wait| (1..=60).contains(&wait)),
        "{wait:?}"
    );
    assert!(last.problem(429).contains("600"));
}

#[tokio::test]
async fn a_sender_changes_only_what_is_its_own() {
    let server = Server::start().await;
    server.push("hello", &["expert2019"], "2019-11-06T09:00:00Z");
    let place = Place::configured(&configured(&format!(
        "[[walls.feeds]]\nkind = \"ingest\"\ntoken = \"{TOKEN}\"\n[[walls.feeds]]\nkind = \"mastodon\"\nserver = \"{}\"\n",
        server.url()
    )));
    let service = place.serve(&[]).await;
    let anybody = service.anybody();
    let operator = service.operator().await;
    feed_until(&operator, "mastodon", |feed| feed["taken"] == 1).await;
    let theirs = anybody.posts(WALL, "").await.remove(0);
    let mut changed = theirs.clone();
    changed["text"] = json!("spoilt #expert2019");
    changed["edited_at"] = json!("2019-11-06T10:00:00Z");
    let body = [changed, json!({"delete": theirs["id"]})];
    assert_eq!(
        outcomes(&sent(&anybody, lines(&body)).await),
        ["repeated", "repeated"]
    );
    assert_eq!(anybody.posts(WALL, "").await, [theirs]);
}

#[tokio::test]
async fn a_token_stands_in_the_environment_and_a_wall_without_takes_nothing() {
    let place = Place::new().with_env("PRESS_TOKEN", TOKEN);
    let service = place
        .serve(&["--hashtag", WALL, "--feed", "ingest=env:PRESS_TOKEN"])
        .await;
    let anybody = service.anybody();
    assert_eq!(
        outcomes(&sent(&anybody, post("1", "one", json!({})).to_string()).await),
        ["taken"]
    );
    service.stop().await;
    let words = place
        .run(&["serve", "--feed", &format!("ingest={TOKEN}")])
        .await
        .failed(2);
    assert!(words.contains("ingest=env:NAME"), "{words}");
    let service = place.serve(&["--hashtag", WALL]).await;
    let bearer = format!("Bearer {TOKEN}");
    let words = send(&service.anybody(), Some(&bearer), "{}")
        .await
        .problem(404);
    assert!(words.contains("ingest"), "{words}");
    service.stop().await;

    // A variable that is not set stops this feed and no other thing, and lets nobody in.
    let place = Place::new();
    let service = place
        .serve(&["--hashtag", WALL, "--feed", "ingest=env:BUZZWALL_NOT_SET"])
        .await;
    let operator = service.operator().await;
    let stopped = feed_until(&operator, "ingest", |feed| feed["state"] == "stopped").await;
    assert!(
        stopped["last_error"]
            .as_str()
            .is_some_and(|words| words.contains("BUZZWALL_NOT_SET")),
        "{stopped}"
    );
    send(&service.anybody(), Some("Bearer x"), "{}")
        .await
        .problem(401);
}

#[tokio::test]
async fn a_program_that_fails_is_started_again_and_its_complaints_are_in_the_log() {
    let place = Place::configured(&configured(
        "[[walls.feeds]]\nkind = \"exec\"\ncommand = [\"sh\", \"poster.sh\"]\n",
    ));
    // The third time it works, and goes on until the service ends.
    place.write("poster.sh", &format!(
        "echo run >> runs\necho 'no board today' >&2\nn=$(wc -l < runs)\n[ \"$n\" -lt 3 ] && exit 4\necho '{}'\nexec sleep 1000\n",
        post("1", "one", json!({}))
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let failing = feed_until(&operator, "exec sh poster.sh", |feed| {
        feed["state"] == "failing"
    })
    .await;
    assert_eq!(
        failing["last_error"],
        "sh poster.sh ended with code 4: no board today"
    );
    assert!(failing["next_try"].is_string());
    let reading = feed_until(&operator, "exec sh poster.sh", |feed| feed["taken"] == 1).await;
    assert_eq!(
        (&reading["via"], &reading["state"]),
        (&json!("stream"), &json!("reading"))
    );
    assert_eq!(
        std::fs::read_to_string(place.path("runs"))
            .expect("it is there")
            .lines()
            .count(),
        3
    );
    let log = service.log();
    assert!(log.matches("no board today").count() >= 3, "{log}");
    assert!(
        log.contains("feed=exec sh poster.sh") || log.contains("feed=\"exec sh poster.sh\""),
        "{log}"
    );
    service.stop().await;
}

/// The block of `docs/feeds.md` that begins with the name of its file.
fn example(name: &str) -> String {
    let docs = include_str!("../../docs/feeds.md");
    let begin = docs.find(&format!("\n# {name}\n")).expect("it is there") + 1;
    let end = docs[begin..].find("\n```").expect("it ends");
    docs[begin..=begin + end].to_owned()
}

/// Whether a program is there; a test that needs it is left out aloud where it is not.
fn has(program: &str) -> bool {
    let ran = std::process::Command::new(program)
        .arg("--version")
        .stdout(std::process::Stdio::null())
        .status();
    let has = ran.is_ok_and(|status| status.success());
    if !has {
        eprintln!("skipped: no {program} here");
    }
    has
}

#[tokio::test]
async fn the_examples_of_programs_work_as_they_stand() {
    let mut feeds = "[[walls.feeds]]\nkind = \"exec\"\ncommand = [\"sh\", \"board.sh\"]\ninterval = \"100ms\"\n".to_owned();
    let python = has("python3");
    if python {
        feeds += "[[walls.feeds]]\nkind = \"exec\"\ncommand = [\"python3\", \"py/board.py\"]\n";
    }
    let place = Place::configured(&configured(&feeds));
    place.write("board.sh", &example("board.sh"));
    std::fs::create_dir(place.path("py")).expect("a folder can be made");
    // Other ids, so that both are seen.
    place.write(
        "py/board.py",
        &example("board.py").replace("board:{n}", "python:{n}"),
    );
    place.write(
        "board.txt",
        "2019-11-06T09:00:00Z Doors are open #Expert2019\n",
    );
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    for lines in 1..=2 {
        feed_until(&operator, "exec sh board.sh", |feed| feed["taken"] == lines).await;
        if python {
            feed_until(&operator, "exec python3 board.py", |feed| {
                feed["taken"] == lines
            })
            .await;
        }
        let both = "2019-11-06T09:00:00Z Doors are open #Expert2019\n2019-11-06T09:05:00Z Coffee #expert2019\n";
        place.write("board.txt", both);
    }
    let posts = operator.posts(WALL, "").await;
    assert!(
        posts
            .iter()
            .any(|post| post["text"] == "Doors are open #Expert2019"
                && post["author"]["name"] == "Notice board")
    );
    service.stop().await;
}

#[tokio::test]
async fn the_examples_of_sending_work_as_they_stand() {
    let place = Place::new().with_env("PRESS_TOKEN", TOKEN);
    let service = place
        .serve(&["--hashtag", WALL, "--feed", "ingest=env:PRESS_TOKEN"])
        .await;
    for (name, with, needs) in [("send.sh", "sh", "curl"), ("send.py", "python3", "python3")] {
        if !has(needs) {
            continue;
        }
        let script = place.write(name, &example(name));
        let ran = tokio::process::Command::new(with)
            .arg(script)
            .env("BUZZWALL", &service.base)
            .env("PRESS_TOKEN", TOKEN)
            .output()
            .await
            .expect("it can be started");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned()
            + &String::from_utf8_lossy(&ran.stderr);
        let answer: Value =
            serde_json::from_str(&said).unwrap_or_else(|_| panic!("{name}: {said}"));
        assert_eq!(outcomes(&answer), ["taken"], "{name}");
    }
    service.stop().await;
}
