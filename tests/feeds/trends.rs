//! The sources' own lists of trends and counts, on a wall.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use axum::{Json, Router};
use buzzwall::clock::{Clock as _, SharedClock};
use buzzwall::feed::supervisor::{FeedState, Health, Sink as _};
use buzzwall::feed::{
    Feed, FeedContext, FeedError, FeedName, FeedSettings, Item, Next, Sighting, Wanted, http,
    trends,
};
use buzzwall::journal::SqliteJournal;
use buzzwall::text::{Query, Tag};
use parking_lot::Mutex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::hall::{Hall, JumpingClock};
use super::rig::{START, TAG};

/// What the server answers by path; 404 to all else. A number is a status; a text is sent as it is.
type Answers = Arc<Mutex<HashMap<&'static str, Value>>>;

const LIST: &str = "/api/v1/trends/tags";

async fn answer(State(answers): State<Answers>, uri: Uri) -> Result<Response, StatusCode> {
    let known = answers.lock().get(uri.path()).cloned();
    match known.ok_or(StatusCode::NOT_FOUND)? {
        Value::Number(status) => {
            let status = status.as_u64().and_then(|status| status.try_into().ok());
            Err(StatusCode::from_u16(status.expect("it is small")).expect("it is a status"))
        }
        Value::String(text) => Ok(text.into_response()),
        value => Ok(Json(value).into_response()),
    }
}

async fn server(tasks: &mut JoinSet<()>, answers: &Answers) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let router = Router::new()
        .fallback(any(answer))
        .with_state(Arc::clone(answers));
    tasks.spawn(async move {
        axum::serve(listener, router)
            .await
            .expect("serving ends with the test");
    });
    format!("http://{address}")
}

fn companion(kind: &str, server: &str, clock: SharedClock) -> (FeedName, Box<dyn Feed>) {
    let key = if kind == "bluesky" {
        "appview"
    } else {
        "server"
    };
    let settings: FeedSettings =
        serde_json::from_value(json!({"kind": kind, key: server})).expect("the settings are right");
    let wanted = Wanted {
        tags: Query {
            any: vec![Tag::new(TAG).expect("a tag")],
            ..Query::default()
        },
        ..Wanted::default()
    };
    let client = http::http_client(&http::agent(None));
    let context = FeedContext::new(wanted, clock, StdRng::seed_from_u64(1), client);
    trends::companion(&settings, context).expect("this kind has trends")
}

async fn watched(kind: &str, answers: &Answers) -> (Hall, FeedName, JoinSet<()>) {
    let mut tasks = JoinSet::new();
    let clock = JumpingClock::new(START);
    let mut hall = Hall::open(clock.clone(), HashMap::new()).await;
    let (name, feed) = companion(kind, &server(&mut tasks, answers).await, clock);
    hall.read(&name, feed);
    (hall, name, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mastodon_servers_list_and_counts_stand_in_the_report() {
    let answers = Answers::default();
    answers.lock().extend([
        (
            LIST,
            json!([{"name": "other"}, {"name": "EXPERT2019"}, {"name": "third"}]),
        ),
        (
            "/api/v1/tags/expert2019",
            json!({"name": "expert2019", "history": [
                {"day": "1572998400", "uses": "17", "accounts": "9"},
                {"day": "1572912000", "uses": "0", "accounts": "0"},
                {"day": "nonsense", "uses": "1", "accounts": "1"},
            ]}),
        ),
    ]);
    let (hall, _, _server) = watched("mastodon", &answers).await;
    hall.until("the list was read", |state| state.trends.now().len() == 1)
        .await;
    let report = hall.report();
    assert_eq!(report.trending_at_source[0].best_rank, 2);
    assert_eq!(report.trending_at_source[0].of, 3);
    let [count] = &report.source_counts[..] else {
        panic!("one day, not {:?}", report.source_counts)
    };
    assert_eq!((count.source_posts, count.source_people), (17, Some(9)));
    assert_eq!(count.day.to_string(), "2019-11-06");
    assert!(count.explained.contains("17 more"), "{}", count.explained);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_misskey_servers_list_is_read() {
    let answers = Answers::default();
    answers.lock().insert(
        "/api/hashtags/trend",
        json!([{"tag": "expert2019", "chart": [1], "usersCount": 4}]),
    );
    let (hall, _, _server) = watched("misskey", &answers).await;
    hall.until("the list was read", |state| state.trends.now().len() == 1)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blueskys_topics_are_read_by_either_name() {
    let answers = Answers::default();
    answers.lock().insert(
        "/xrpc/app.bsky.unspecced.getTrends",
        json!({"trends": [{"topic": "a", "displayName": "Something else"},
            {"topic": "expert-day", "displayName": "Expert 2019", "link": "/x", "postCount": 7}]}),
    );
    let (hall, _, _server) = watched("bluesky", &answers).await;
    hall.until("the list was read", |state| state.trends.now().len() == 1)
        .await;
    assert_eq!(hall.report().trending_at_source[0].best_rank, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_such_a_list_is_left_alone() {
    let (hall, name, _server) = watched("mastodon", &Answers::default()).await;
    hall.until_feed(&name, FeedState::Done).await;
}

#[tokio::test]
async fn only_a_source_that_says_that_it_has_no_list_is_left_alone() {
    let mut tasks = JoinSet::new();
    let answers = Answers::default();
    let server = server(&mut tasks, &answers).await;
    let web_page = json!("<html>are you a robot?</html>");
    let asked = async |feed: &mut Box<dyn Feed>, list: &Value| {
        answers.lock().insert(LIST, list.clone());
        feed.fetch(None).await.map(|page| page.next)
    };
    let fresh = || companion("mastodon", &server, JumpingClock::new(START)).1;
    for (list, left) in [
        (json!(401), true),
        (json!(403), true),
        (json!(404), true),
        (json!(410), true),
        (json!(422), true),
        (json!(501), true),
        (json!(400), false),
        (json!(500), false),
        (json!(503), false),
        (web_page.clone(), false),
        (json!({"error": "hm"}), false),
    ] {
        let answer = asked(&mut fresh(), &list).await;
        if left {
            assert_eq!(answer, Ok(Next::Done), "{list}");
        } else {
            assert!(
                matches!(answer, Err(FeedError::Transient { .. })),
                "{list}: {answer:?}"
            );
        }
    }
    // One that told its list tells it again some time.
    let mut feed = fresh();
    let list = json!([{"name": TAG}]);
    for odd in [json!(403), json!(404), web_page] {
        assert!(matches!(asked(&mut feed, &list).await, Ok(Next::After(_))));
        let answer = asked(&mut feed, &odd).await;
        assert!(
            matches!(answer, Err(FeedError::Transient { .. })),
            "{odd}: {answer:?}"
        );
    }
    // Odd counts do not take the list along.
    answers
        .lock()
        .insert("/api/v1/tags/expert2019", json!("<html>"));
    answers.lock().insert(LIST, list);
    let page = feed.fetch(None).await.expect("the list is told");
    assert_eq!(page.items.len(), 1);
    assert!(page.note.is_some());
}

#[tokio::test]
async fn an_appview_is_written_as_for_posts() {
    for (appview, name) in [
        ("appview.example", "trends appview.example"),
        (" public.api.bsky.app", "trends Bluesky"),
        ("http://127.0.0.1:3000", "trends 127.0.0.1:3000"),
    ] {
        let named = companion("bluesky", appview, JumpingClock::new(START)).0;
        assert_eq!(named.0, name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_looks_at_any_more_is_not_said_to_trend_now() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let journal = || SqliteJournal::open(&folder.path().join("hall.db")).expect("it opens");
    let clock = JumpingClock::new(START);
    let minutes = |minutes| clock.jump(Duration::from_mins(minutes));
    let name = FeedName("trends example.org".to_owned());
    let see = async |hall: &Hall| {
        let health = Health {
            state: FeedState::Reading,
            last_success: Some(clock.now()),
            ..Health::default()
        };
        hall.wall.health(&name, health);
        hall.until("it is being read", |state| {
            (state.feeds.get(&name)).is_some_and(|feed| feed.coverage.is_open())
        })
        .await;
        let sighting = Sighting {
            place: "example.org".to_owned(),
            tag: TAG.to_owned(),
            rank: Some(3),
            of: 10,
        };
        hall.bring(&name.0, vec![Item::Trending(sighting)]).await;
        assert_eq!(hall.wall.read().trends.now().len(), 1);
    };
    let hall = Hall::over(journal(), clock.clone(), HashMap::new()).await;
    see(&hall).await;
    // It fails.
    let answered = clock.now();
    minutes(20);
    let failing = Health {
        state: FeedState::Failing,
        last_success: Some(answered),
        last_error: Some("no answer".to_owned()),
        ..Health::default()
    };
    hall.wall.health(&name, failing);
    hall.until("nobody looks", |state| state.trends.now().is_empty())
        .await;
    minutes(20);
    see(&hall).await;
    let report = hall.report();
    let [first, second] = &report.trending_at_source[..] else {
        panic!("two stretches, not {:?}", report.trending_at_source)
    };
    assert!(
        first
            .to
            .is_some_and(|to| to.duration_since(first.from).as_secs() < 60)
    );
    assert!(second.from.duration_since(first.from).as_mins() >= 40);
    assert_eq!(second.to, None);
    // The program stops in order, and is killed.
    hall.close().await;
    minutes(20);
    let hall = Hall::over(journal(), clock.clone(), HashMap::new()).await;
    assert!(hall.wall.read().trends.now().is_empty());
    see(&hall).await;
    drop(hall);
    minutes(20);
    let hall = Hall::over(journal(), clock.clone(), HashMap::new()).await;
    assert!(hall.wall.read().trends.now().is_empty());
    see(&hall).await;
    let stretches = hall.report().trending_at_source;
    assert_eq!(stretches.len(), 4);
    for pair in stretches.windows(2) {
        let ended = pair[0].to.expect("only the last lasts");
        assert!(pair[1].from.duration_since(ended).as_mins() >= 20 - 1);
    }
}
