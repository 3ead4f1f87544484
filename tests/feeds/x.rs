//! `x`: a search that is paid for by the post.

use std::time::Duration;

use async_trait::async_trait;
use buzzwall::feed::FeedError;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Rig, START, Source, TAG};
use super::suite::conforms;
use super::support::x::{self, Server, TOKEN};

struct X {
    server: Server,
    /// Settings beside the address and the token.
    more: Value,
}

impl X {
    async fn start() -> Self {
        Self::with(json!({"budget": {"posts": 1_000_000}, "recheck": true})).await
    }

    async fn with(more: Value) -> Self {
        Self {
            server: Server::start().await,
            more,
        }
    }
}

fn local(id: &str) -> &str {
    id.strip_prefix("x:").unwrap_or(id)
}

#[async_trait]
impl Source for X {
    fn can(&self) -> Can {
        Can::ALL
    }

    fn settings(&self) -> Value {
        let mut settings =
            json!({"kind": "x", "api": self.server.url(), "token": TOKEN, "interval": "2500ms"});
        for (key, value) in self.more.as_object().expect("a table") {
            settings[key] = value.clone();
        }
        settings
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        format!("x:{}", self.server.push(text, at))
    }

    async fn delete(&self, id: &str) {
        self.server.delete(local(id));
    }

    async fn edit(&self, id: &str, text: &str, at: Timestamp) {
        self.server.edit(local(id), text, at);
    }

    async fn fail(&self, fault: Fault) {
        let unauthorised =
            json!({"title": "Unauthorized", "detail": "Unauthorized", "type": "about:blank"});
        self.server.fail(match fault {
            Fault::RateLimited => {
                x::Fault::RateLimited("2019-11-06T09:10:00Z".parse().expect("a time"))
            }
            Fault::Unauthorised => x::Fault::Problem(401, unauthorised),
            Fault::Garbage => x::Fault::Garbage,
            Fault::Cut => x::Fault::Cut,
            Fault::Slow => x::Fault::Slow,
            Fault::Down => x::Fault::Problem(503, json!({"title": "Service Unavailable"})),
        });
    }

    async fn recover(&self) {
        self.server.recover();
    }
}

conforms!(X::start());

async fn rig(more: Value) -> Rig<X> {
    Rig::new(X::with(more).await)
}

fn searches(rig: &Rig<X>) -> Vec<x::Request> {
    let requests = rig.source.server.requests().into_iter();
    requests
        .filter(|request| request.path.ends_with("/search/recent"))
        .collect()
}

fn most(request: &x::Request) -> usize {
    request.query["max_results"].parse().expect("a number")
}

#[tokio::test]
async fn the_search_is_asked_as_documented() {
    let mut rig = rig(json!({"budget": {"posts": 1000}})).await;
    rig.step().await.unwrap();
    let asked = searches(&rig).remove(0);
    assert_eq!(
        asked.query["query"],
        format!("#{} -is:retweet", TAG.to_lowercase())
    );
    assert!(asked.query["expansions"].starts_with("author_id,attachments.media_keys"));
    assert!(!asked.query["expansions"].contains("referenced"));
    assert!(asked.query.contains_key("start_time") && !asked.query.contains_key("since_id"));
    let ids = rig.publish(1).await;
    rig.all_of("the post", &ids).await;
    searches(&rig);
    rig.until("it asks again", |rig| rig.pages > 6).await;
    let again = searches(&rig);
    let last = again.last().expect("it asked");
    assert_eq!(last.query["since_id"], local(&ids[0]));
}

#[tokio::test]
async fn pages_of_a_round_have_one_beginning_and_a_crash_between_them_loses_none() {
    let mut rig = rig(json!({"budget": {"posts": 10_000}, "counts": false})).await;
    let first = rig.publish(1).await;
    rig.all_of("the first", &first).await;
    let ids = rig.publish(250).await;
    searches(&rig);
    // Each page is followed by another feed.
    while !ids.iter().all(|id| rig.came.contains_key(id)) {
        rig.step().await.unwrap();
        rig.restart();
    }
    let asked: Vec<x::Request> = searches(&rig)
        .into_iter()
        .filter(|r| r.brought > 0)
        .collect();
    assert_eq!(asked.len(), 3);
    assert!(
        asked
            .iter()
            .all(|request| request.query["since_id"] == local(&first[0]))
    );
    assert!(rig.came.values().all(|times| *times == 1));
    let more = rig.publish(1).await;
    rig.all_of("the next round", &more).await;
    let asked = searches(&rig);
    assert_eq!(
        asked.last().expect("it asked").query["since_id"],
        local(&ids[249])
    );
}

#[tokio::test]
async fn a_place_that_was_lost_is_found_again() {
    let mut rig = rig(json!({"budget": {"posts": 10_000}, "counts": false})).await;
    rig.step().await.unwrap();
    let ids = rig.publish(150).await;
    rig.until("the first page", |rig| rig.came.len() == 100)
        .await;
    rig.source.server.lose_places();
    rig.all_of("the rest", &ids).await;
}

#[tokio::test]
async fn what_is_older_than_a_week_is_given_up_honestly() {
    let mut rig = rig(json!({"budget": {"posts": 10_000}, "counts": false})).await;
    let ids = rig.publish(1).await;
    rig.all_of("the first", &ids).await;
    let left = rig.now();
    rig.source.fail(Fault::Down).await;
    rig.failure("it is away").await;
    rig.clock.advance(Duration::from_hours(24 * 8));
    let week = rig.now() - Duration::from_hours(24 * 7);
    rig.source.server.forget_before(week);
    rig.source.recover().await;
    rig.complete_since.clear();
    let more = rig.publish(3).await;
    rig.all_of("what is left", &more).await;
    let since = rig.complete_since[0];
    assert!(since > left && since > week, "{since}");
    // The same where the clock is wrong and X has to say so.
    rig.source
        .server
        .forget_before(rig.now() - Duration::from_secs(1));
    let error = rig.failure("it is too old").await;
    assert!(matches!(error, FeedError::Transient { .. }));
}

#[tokio::test]
async fn no_more_is_read_on_a_day_than_is_allowed_and_the_next_day_goes_on() {
    let mut rig =
        rig(json!({"budget": {"posts": 1000, "posts_per_day": 45}, "counts": false})).await;
    rig.step().await.unwrap();
    let ids = rig.publish(120).await;
    searches(&rig);
    let error = rig.failure("the day's budget").await;
    let FeedError::RateLimited { until } = error else {
        panic!("{error:?}");
    };
    assert_eq!(until, "2019-11-07T00:00:00Z".parse().unwrap());
    let asked = searches(&rig);
    assert!(asked.iter().all(|request| most(request) <= 45), "{asked:?}");
    assert!(rig.source.server.sold() <= 45);
    assert_eq!(rig.came.len(), rig.source.server.sold());
    // A restart forgets nothing of it.
    let (sold, spent_at) = (rig.source.server.sold(), rig.now());
    assert!(spent_at >= until, "the rig waits as it is asked to");
    rig.restart();
    rig.failure("the next day's budget").await;
    assert!(rig.source.server.sold() > sold && rig.source.server.sold() <= 90);
    rig.all_of("all, on the third day", &ids).await;
    assert!(rig.source.server.sold() <= 135);
    assert!(rig.came.values().all(|times| *times == 1), "{:?}", rig.came);
}

#[tokio::test]
async fn the_events_budget_ends_the_feed_with_words_and_a_restart_keeps_what_was_spent() {
    for restarts in [false, true] {
        let mut rig = rig(json!({"budget": {"posts": 64}, "counts": false})).await;
        rig.step().await.unwrap();
        rig.publish(200).await;
        let error = loop {
            if restarts {
                rig.restart();
            }
            if let Err(error) = rig.step().await {
                break error;
            }
        };
        let FeedError::Misconfigured(words) = error else {
            panic!("{error:?}");
        };
        assert!(
            words.contains("64 of 64 posts") && words.contains("raise budget.posts"),
            "{words}"
        );
        assert_eq!(rig.source.server.sold(), 64);
        assert!(searches(&rig).iter().all(|request| most(request) <= 64));
        // Ended is ended, also for the next start.
        rig.restart();
        assert!(matches!(rig.step().await, Err(FeedError::Misconfigured(_))));
        assert_eq!(searches(&rig).len(), 0);
    }
}

#[tokio::test]
async fn fewer_than_can_be_asked_for_are_left_unread() {
    let mut rig = rig(json!({"budget": {"posts": 25}, "counts": false})).await;
    rig.step().await.unwrap();
    for _ in 0..2 {
        let ids = rig.publish(9).await;
        rig.all_of("nine", &ids).await;
    }
    // 18 are spent, and 7 are fewer than X lets one ask for.
    let error = rig.failure("the budget").await;
    assert!(error.to_string().contains("18 of 25 posts"), "{error}");
    assert_eq!(rig.source.server.sold(), 18);
}

#[tokio::test]
async fn money_is_counted_with_authors_and_counts() {
    let budget = json!({"usd": 1.0});
    let mut rig = rig(json!({"budget": budget})).await;
    rig.source
        .server
        .count(json!([{"start": "2019-11-06T00:00:00Z", "tweet_count": 5}]));
    rig.step().await.unwrap();
    rig.publish(400).await;
    let error = rig.failure("the budget").await.to_string();
    assert!(
        error.contains("of 1.00 dollars") && error.contains("raise budget.usd"),
        "{error}"
    );
    // Half a cent each, one author, one request of counts.
    let spent = rig.source.server.sold() * 5 + 10 + 5;
    assert!((650..=1000).contains(&spent), "{spent}");
}

#[tokio::test]
async fn counts_are_asked_for_once_an_hour() {
    let mut rig = rig(json!({"budget": {"posts": 1000}})).await;
    for _ in 0..10 {
        rig.step().await.unwrap();
    }
    rig.restart();
    for _ in 0..10 {
        rig.step().await.unwrap();
    }
    let counted = |rig: &Rig<X>| {
        let requests = rig.source.server.requests();
        requests
            .iter()
            .filter(|request| request.path.ends_with("/counts/recent"))
            .count()
    };
    assert_eq!(counted(&rig), 1);
    rig.clock.advance(Duration::from_mins(61));
    for _ in 0..5 {
        rig.step().await.unwrap();
    }
    assert_eq!(counted(&rig), 1);
}

#[tokio::test]
async fn troubles_are_told_apart() {
    let kind = |kind: &str| format!("https://api.x.com/2/problems/{kind}");
    for (status, problem, part) in [
        (
            429,
            json!({"title": "UsageCapExceeded", "type": kind("usage-capped"), "detail": "Usage cap exceeded: Monthly"}),
            "spending limit",
        ),
        (
            402,
            json!({"title": "CreditsDepleted", "type": kind("credits"), "detail": "no credits"}),
            "no credits left",
        ),
        (
            403,
            json!({"title": "Client Forbidden", "type": kind("client-forbidden"), "detail": "not enrolled"}),
            "enrol the app",
        ),
        (
            401,
            json!({"title": "Unauthorized", "detail": "Unauthorized"}),
            "copy the app's Bearer token",
        ),
    ] {
        let mut rig = rig(json!({"budget": {"posts": 1000}})).await;
        rig.source.server.fail(x::Fault::Problem(status, problem));
        let error = rig.failure("the trouble").await;
        assert!(
            matches!(&error, FeedError::Unauthorised(words) if words.contains(part)),
            "{error:?}"
        );
    }
    let mut rig = rig(json!({"budget": {"posts": 1000}})).await;
    let wrong = json!({"title": "Invalid Request", "errors": [{"message": "There were errors processing your request", "parameters": {"query": ["#x"]}}]});
    rig.source.server.fail(x::Fault::Problem(400, wrong));
    assert!(matches!(
        rig.failure("a wrong search").await,
        FeedError::Misconfigured(_)
    ));
}

#[tokio::test]
async fn the_first_start_reads_back_as_far_as_it_is_told() {
    let mut rig = rig(json!({"budget": {"posts": 1000}, "backfill": 20, "counts": false})).await;
    let ids = rig.publish(50).await;
    rig.until("it is done", |rig| !rig.complete_since.is_empty())
        .await;
    assert_eq!(rig.source.server.sold(), 20);
    assert!(ids[30..].iter().all(|id| rig.came.contains_key(id)));
    assert_eq!(rig.complete_since[0], rig.posts[&ids[30]].created_at);
    let start: Timestamp = START.parse().unwrap();
    assert!(rig.complete_since[0] > start);
}
