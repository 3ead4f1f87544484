//! The sources' own lists of trends and counts, on a wall.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::routing::any;
use axum::{Json, Router};
use buzzwall::feed::supervisor::FeedState;
use buzzwall::feed::{FeedContext, FeedSettings, Wanted, http, trends};
use buzzwall::text::{Query, Tag};
use parking_lot::Mutex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::hall::{Hall, JumpingClock};
use super::rig::{START, TAG};

/// What the server answers by path; 404 to all else.
type Answers = Arc<Mutex<HashMap<&'static str, Value>>>;

async fn answer(
    State(answers): State<Answers>,
    uri: Uri,
) -> Result<Json<Value>, axum::http::StatusCode> {
    let known = answers.lock().get(uri.path()).cloned();
    known.map(Json).ok_or(axum::http::StatusCode::NOT_FOUND)
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

async fn watched(kind: &str, answers: &Answers) -> (Hall, buzzwall::feed::FeedName, JoinSet<()>) {
    let mut tasks = JoinSet::new();
    let clock = JumpingClock::new(START);
    let mut hall = Hall::open(clock.clone(), HashMap::new()).await;
    let key = if kind == "bluesky" {
        "appview"
    } else {
        "server"
    };
    let settings: FeedSettings =
        serde_json::from_value(json!({"kind": kind, key: server(&mut tasks, answers).await}))
            .expect("the settings are right");
    let wanted = Wanted {
        tags: Query {
            any: vec![Tag::new(TAG).expect("a tag")],
            ..Query::default()
        },
        ..Wanted::default()
    };
    let client = http::http_client(&http::agent(None));
    let context = FeedContext::new(wanted, clock, StdRng::seed_from_u64(1), client);
    let (name, feed) = trends::companion(&settings, context).expect("this kind has trends");
    hall.read(&name, feed);
    (hall, name, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mastodon_servers_list_and_counts_stand_in_the_report() {
    let answers = Answers::default();
    answers.lock().extend([
        (
            "/api/v1/trends/tags",
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
