//! Walls that are made while the service runs, and sources that are tried before.

mod support;

use std::os::unix::fs::PermissionsExt as _;

use buzzwall::clock::{Clock as _, SystemClock};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::api::{Answer, Api};
use support::binary::{Place, Service};
use support::mastodon::{Fault, Server};
use tokio::task::JoinSet;

const TOKEN: &str = "a-token-that-nobody-may-read";

fn ago(hours: i64) -> String {
    (SystemClock.now() - SignedDuration::from_hours(hours)).to_string()
}

/// A server with this many statuses, an hour between each and the next.
async fn source(posts: i64) -> Server {
    let server = Server::start().await;
    for hours in (0..posts).rev() {
        server.push(&format!("post {hours}"), &["MadeConf"], &ago(hours));
    }
    server
}

fn asked(server: &Server) -> Value {
    json!({
        "title": "Made Conf",
        "hashtags": ["#MadeConf"],
        "timezone": "Europe/London",
        "from": null,
        "moderation": { "mode": "open" },
        "display": { "theme": "meadow" },
        "feeds": [{ "kind": "mastodon", "server": server.url(), "token": TOKEN, "backfill": 40 }],
    })
}

async fn posts_come(service: &Service, wall: &str, count: u64) {
    let mut stream = service.anybody().watch(wall).await;
    let enough = |frame: &Value| frame["tallies"]["total"].as_u64() >= Some(count);
    stream.until(enough).await;
}

async fn ids(api: &Api) -> Vec<String> {
    let walls = api.get("/walls").await.ok();
    let walls = walls["walls"].as_array().expect("a list");
    let id = |wall: &Value| wall["id"].as_str().expect("an id").to_owned();
    walls.iter().map(id).collect()
}

/// The keys and words of what is wrong.
fn problems(answer: Answer, status: u16) -> Vec<(String, String)> {
    let text = answer.text.clone();
    answer.problem(status);
    let problem: Value = serde_json::from_str(&text).expect("problems are JSON");
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    let list = problem["problems"].as_array().expect("a list");
    list.iter()
        .map(|one| (text(one, "key"), text(one, "message")))
        .collect()
}

#[tokio::test]
async fn a_wall_is_made_beside_the_demo_reads_its_feeds_and_is_there_after_a_restart() {
    let server = source(5).await;
    let place = Place::new();
    let service = place.serve(&[]).await;
    assert!(service.told.contains("/setup"), "{}", service.told);
    let operator = service.operator().await;
    let made = operator.post("/walls", asked(&server)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(!made.text.contains(TOKEN));
    let made = made.ok();
    assert_eq!(made["id"], "madeconf");
    assert_eq!(
        made["links"]["read"],
        format!("{}/w/madeconf/read", service.base)
    );
    posts_come(&service, "madeconf", 5).await;
    assert_eq!(ids(&operator).await, ["demo", "madeconf"]);
    let wall = operator.get("/walls/madeconf").await.ok();
    assert_eq!(
        (&wall["title"], &wall["hashtags"], &wall["display"]["theme"]),
        (&json!("Made Conf"), &json!(["MadeConf"]), &json!("meadow"))
    );
    let page = reqwest::get(format!("{}/w/madeconf", service.base)).await;
    assert_eq!(page.expect("it answers").status(), StatusCode::OK);

    // The same id, and another one.
    let again = problems(operator.post("/walls", asked(&server)).await, 409);
    assert_eq!(again[0].0, "id");
    let mut other = asked(&server);
    other["id"] = json!("other");
    let both = tokio::join!(
        operator.post("/walls", other.clone()),
        operator.post("/walls", other)
    );
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "asked twice at the same time");
    posts_come(&service, "other", 5).await;

    let cookie = operator.cookie.clone();
    service.stop().await;
    server.push("while it was down", &["MadeConf"], &ago(0));
    let service = place.serve(&[]).await;
    let mut operator = service.anybody();
    operator.cookie = cookie;
    assert_eq!(ids(&operator).await, ["madeconf", "other"], "no demo now");
    posts_come(&service, "madeconf", 6).await;
    let feeds = operator.get("/walls/madeconf/feeds").await.ok();
    assert_eq!(feeds["feeds"][0]["state"], "reading", "{feeds}");
    service.stop().await;
}

#[tokio::test]
async fn secrets_lie_apart_and_are_in_no_answer() {
    let server = source(2).await;
    server.require_token(TOKEN);
    let place = Place::new();
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    operator.post("/walls", asked(&server)).await.ok();
    posts_come(&service, "madeconf", 2).await;
    let file = |name: &str| place.data().join(name);
    let walls = std::fs::read_to_string(file("walls.toml")).expect("it is kept");
    assert!(
        !walls.contains(TOKEN) && walls.contains("[[walls]]"),
        "{walls}"
    );
    let secrets = std::fs::read_to_string(file("secrets.toml")).expect("it is kept");
    assert!(secrets.contains(TOKEN));
    let mode = std::fs::metadata(file("secrets.toml")).expect("it is there");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    let toml = operator.get("/walls/madeconf/toml").await;
    assert_eq!(toml.status, StatusCode::OK);
    for path in ["", "/settings", "/feeds", "/audit", "/report"] {
        let answer = operator.get(&format!("/walls/madeconf{path}")).await;
        assert!(!answer.text.contains(TOKEN), "{path}");
    }
    assert!(!toml.text.contains(TOKEN) && !service.log().contains(TOKEN));

    // What is taken away starts the same wall elsewhere, given the secret.
    operator
        .patch(
            "/walls/madeconf/settings",
            json!({ "moderation": { "block_words": ["some \"word\""] } }),
        )
        .await
        .ok();
    let toml = operator.get("/walls/madeconf/toml").await.text;
    assert!(
        toml.contains("token = { env = \"MASTODON_TOKEN\" }"),
        "{toml}"
    );
    let elsewhere = Place::configured(&toml).with_env("MASTODON_TOKEN", TOKEN);
    let second = elsewhere.serve(&[]).await;
    posts_come(&second, "madeconf", 2).await;
    let wall = |api: Api| async move { api.get("/walls/madeconf").await.ok() };
    let both = [wall(service.anybody()).await, wall(second.anybody()).await];
    assert_eq!(both[0], both[1]);
    let operator = second.operator().await;
    let settings = operator.get("/walls/madeconf/settings").await.ok();
    assert_eq!(
        settings["moderation"]["block_words"],
        json!({ "value": ["some \"word\""], "from": "file" })
    );
    // Neither lost nor kept twice.
    let again = operator.get("/walls/madeconf/toml").await.text;
    assert_eq!(again, toml);
}

#[tokio::test]
async fn the_file_wins_over_what_was_made() {
    let server = source(1).await;
    let place = Place::new();
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    operator.post("/walls", asked(&server)).await.ok();
    service.stop().await;
    place.write(
        "buzzwall.toml",
        "[[walls]]\nid = \"madeconf\"\ntitle = \"By the file\"\nhashtags = [\"file\"]\n",
    );
    let service = place.serve(&[]).await;
    let wall = service.anybody().get("/walls/madeconf").await.ok();
    assert_eq!(wall["title"], "By the file");
    service.stop().await;
    // What was made is checked like the file, and told with its place.
    place.write("buzzwall.toml", "");
    let path = place.data().join("walls.toml");
    let broken = std::fs::read_to_string(&path)
        .expect("it is kept")
        .replace("meadow", "meadows");
    std::fs::write(&path, broken).expect("it can be written");
    let said = place.run(&["serve"]).await.failed(2);
    assert!(
        said.contains("walls.toml:") && said.contains("walls[0].display.theme"),
        "{said}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_key_and_nothing_is_made() {
    let place = Place::new();
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let cases = [
        (json!({ "hashtags": ["a b"] }), "hashtags[0]"),
        (json!({ "titel": "x" }), "titel"),
        (json!({ "timezone": "Europe/Lodnon" }), "timezone"),
        (
            json!({ "from": "2026-09-02T09:00", "to": "2026-09-01T09:00" }),
            "to",
        ),
        (
            json!({ "moderation": { "mode": "opne" } }),
            "moderation.mode",
        ),
        (json!({ "display": { "theme": "pink" } }), "display.theme"),
        (
            json!({ "feeds": [{ "kind": "mastodon", "server": "not a server" }] }),
            "feeds[0]",
        ),
        (json!({ "feeds": [{ "kind": "rss" }] }), "feeds[0].url"),
        (
            json!({ "feeds": [{ "kind": "exec", "command": ["id"] }] }),
            "feeds[0].kind",
        ),
        (
            json!({ "feeds": [{ "kind": "mastodon", "server": "a.example", "token": { "file": "/etc/passwd" } }] }),
            "feeds[0].token",
        ),
        (
            json!({ "display": { "logo": "/etc/passwd" } }),
            "display.logo",
        ),
        (json!({ "id": "Not an id" }), "id"),
        (json!({ "id": "demo" }), "id"),
    ];
    for (values, key) in cases {
        let mut wall = json!({ "hashtags": ["Fine"] });
        for (name, value) in values.as_object().expect("an object") {
            wall[name] = value.clone();
        }
        let status = if wall["id"] == "demo" { 409 } else { 422 };
        let found = problems(operator.post("/walls", wall.clone()).await, status);
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, [key], "{wall}: {found:?}");
    }
    let both = json!({ "hashtags": ["a b"], "timezone": "Nowhere" });
    assert_eq!(problems(operator.post("/walls", both).await, 422).len(), 2);
    assert_eq!(ids(&operator).await, ["demo"]);
    assert!(!place.data().join("walls.toml").exists());
}

#[tokio::test]
async fn a_wall_that_cannot_be_kept_or_opened_is_not_made() {
    let place = Place::new();
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let wall = |id: &str| json!({ "id": id, "hashtags": ["fine"] });
    let file = place.data().join("walls.toml");
    std::fs::create_dir(&file).expect("it is not there yet");
    let words = operator.post("/walls", wall("kept")).await.problem(507);
    assert!(words.contains("could not be stored"), "{words}");
    std::fs::remove_dir(&file).expect("it is empty");
    operator.post("/walls", wall("one")).await.ok();
    let before = std::fs::read_to_string(&file).expect("it is kept");
    std::fs::create_dir(place.data().join("walls/two.db")).expect("it is not there yet");
    operator.post("/walls", wall("two")).await.problem(500);
    let after = std::fs::read_to_string(&file).expect("it is kept");
    assert_eq!(before, after);
    assert_eq!(ids(&operator).await, ["demo", "one"]);
    service.stop().await;
}

#[tokio::test]
async fn only_admins_make_walls_try_sources_and_take_settings_away() {
    let server = source(1).await;
    let place = Place::new();
    let service = place.serve(&[]).await;
    let moderator = service.person(&place, "mo", "moderator").await;
    let tried = json!({ "feed": { "kind": "bluesky" }, "hashtags": ["a"] });
    for (api, status) in [(service.anybody(), 401), (moderator, 403)] {
        api.post("/walls", asked(&server)).await.problem(status);
        api.post("/setup/try", tried.clone()).await.problem(status);
        api.get("/walls/demo/toml").await.problem(status);
    }
    assert_eq!(server.requests(), Vec::<String>::new());
    assert_eq!(ids(&service.anybody()).await, ["demo"]);
}

#[tokio::test]
async fn a_source_is_tried_once_and_says_how_it_is() {
    let server = source(30).await;
    let place = Place::new();
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let ask = async |feed: Value, tag: &str| {
        let body = json!({ "feed": feed, "hashtags": [tag] });
        operator.post("/setup/try", body).await
    };
    let feed =
        |token: Option<&str>| json!({ "kind": "mastodon", "server": server.url(), "token": token });
    let good = ask(feed(None), "#MadeConf").await.ok();
    assert_eq!(
        (&good["ok"], &good["reachable"], &good["authorised"]),
        (&json!(true), &json!(true), &json!(true))
    );
    // An hour between each and the next: those of hours 0 to 23, and perhaps that of 24 to the second.
    let day = good["last_day"].as_u64().expect("a number");
    assert!((24..=25).contains(&day), "{good}");
    assert_eq!(
        (&good["posts"], &good["whole_day"]),
        (&json!(30), &json!(true))
    );
    assert!(good["limit_left"].as_u64().is_some_and(|left| left > 200));
    let none = ask(feed(None), "NobodyWrote").await.ok();
    assert_eq!((&none["ok"], &none["last_day"]), (&json!(true), &json!(0)));

    server.require_token(TOKEN);
    let refused = ask(feed(None), "MadeConf").await.ok();
    assert_eq!(
        (
            &refused["ok"],
            &refused["reachable"],
            &refused["authorised"]
        ),
        (&json!(false), &json!(true), &json!(false))
    );
    let let_in = ask(feed(Some(TOKEN)), "MadeConf").await;
    assert!(!let_in.text.contains(TOKEN));
    assert_eq!(let_in.ok()["ok"], json!(true));

    // What a server answers is not passed on.
    server.recover();
    server.fail("/api/v1/timelines", Fault::Status(500), 9);
    let broken = ask(feed(Some(TOKEN)), "MadeConf").await.ok();
    assert_eq!(broken["ok"], json!(false));
    let gone = server.url();
    drop(server);
    let dead = ask(json!({ "kind": "mastodon", "server": gone }), "MadeConf")
        .await
        .ok();
    assert_eq!(
        (&dead["ok"], &dead["reachable"]),
        (&json!(false), &json!(false))
    );
    let words = dead["words"].as_str().expect("it says why");
    assert!(words.contains("nobody listens there"), "{words}");

    let waits = ask(
        json!({ "kind": "ingest", "token": "0123456789abcdef0123" }),
        "a",
    )
    .await
    .ok();
    assert_eq!(
        (&waits["ok"], &waits["waits"]),
        (&json!(true), &json!(true))
    );
    let wrong = problems(ask(json!({ "kind": "rss" }), "a").await, 422);
    assert_eq!(wrong[0].0, "feed.url");
    let machine = problems(
        ask(json!({ "kind": "exec", "command": ["id"] }), "a").await,
        422,
    );
    assert_eq!(machine[0].0, "feed.kind");
}

#[tokio::test]
async fn posts_are_sent_to_a_wall_that_was_made() {
    let place = Place::new();
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let token = "0123456789abcdef0123456789";
    let wall = json!({ "hashtags": ["sent"], "feeds": [{ "kind": "ingest", "token": token }] });
    operator.post("/walls", wall).await.ok();
    let post = support::posts::post("1", "Hello #sent", json!({ "created_at": ago(0) }));
    let request = operator.request(reqwest::Method::POST, "/walls/sent/posts");
    let request = request.bearer_auth(token).body(post.to_string());
    operator.send(request).await.ok();
    assert_eq!(operator.posts("sent", "").await.len(), 1);
}

/// A server inside that nobody meant to be read: it answers everything with this.
async fn inside(servers: &mut JoinSet<()>, status: u16, body: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let status = StatusCode::from_u16(status).expect("a status");
    let router = axum::Router::new().fallback(move || async move { (status, body) });
    servers.spawn(async move {
        let served = axum::serve(listener, router).await;
        served.expect("serving ends with the test");
    });
    format!("http://{address}")
}

#[tokio::test]
async fn what_a_server_answers_is_not_passed_on() {
    let place = Place::new();
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let bodies = [
        "hidden-4711",
        "<html><title>hidden-4711</title><rss>hidden-4711</rss></html>",
        r#"{"error":"hidden-4711","message":"hidden-4711","code":"hidden-4711","hidden-4711":["hidden-4711"]}"#,
        r#"{"error":{"code":"hidden-4711","message":"hidden-4711","id":"hidden-4711"}}"#,
        r#"[{"id":"hidden-4711","content":"hidden-4711"}]"#,
        "<rss version=\"2.0\"><channel><title>hidden-4711</title><item><title>hidden-4711</title></item></channel></rss>",
    ];
    let mut servers = JoinSet::new();
    let mut leaks = Vec::new();
    for status in [200, 401, 403, 404, 422, 500] {
        for body in bodies {
            let url = inside(&mut servers, status, body).await;
            for feed in [
                json!({ "kind": "mastodon", "server": url }),
                json!({ "kind": "misskey", "server": url }),
                json!({ "kind": "rss", "url": url }),
                json!({ "kind": "rss", "url": url, "tagged": true }),
            ] {
                let asked = json!({ "feed": feed, "hashtags": ["a"] });
                let answer = operator.post("/setup/try", asked).await;
                if answer.text.contains("4711") {
                    leaks.push(format!("{} {status} {body}: {}", feed["kind"], answer.text));
                }
                answer.ok();
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}
