//! A program that is asked about every post: it hangs, lies, talks nonsense and heals, and the wall never waits for it.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::{post, post_by};
use support::stream::Stream;
use tokio::task::JoinSet;

const WALL: &str = "expert2019";

/// What the judge does with whoever asks.
#[derive(Clone)]
enum Does {
    Hangs,
    Says(String),
    /// Calls posts toxic that have this word, and the others ok.
    Minds(&'static str),
}

struct Judge {
    url: String,
    does: Arc<Mutex<Does>>,
    asked: Arc<Mutex<Vec<(Option<String>, Value)>>>,
    at_once: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

#[derive(Clone)]
struct Desk {
    does: Arc<Mutex<Does>>,
    asked: Arc<Mutex<Vec<(Option<String>, Value)>>>,
    now: Arc<AtomicUsize>,
    at_once: Arc<AtomicUsize>,
}

async fn answer(State(desk): State<Desk>, headers: HeaderMap, body: String) -> Response {
    let question: Value = serde_json::from_str(&body).expect("questions are JSON");
    let token = headers.get(header::AUTHORIZATION);
    let token = token.and_then(|token| Some(token.to_str().ok()?.to_owned()));
    let text = question["post"]["text"].to_string();
    desk.asked.lock().push((token, question));
    let now = desk.now.fetch_add(1, Ordering::SeqCst) + 1;
    desk.at_once.fetch_max(now, Ordering::SeqCst);
    let _leaves = Leaves(desk.now.clone());
    let does = desk.does.lock().clone();
    match does {
        Does::Hangs => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Does::Says(words) => words.into_response(),
        Does::Minds(word) if text.contains(word) => {
            r#"{"label":"toxic","score":0.93}"#.into_response()
        }
        Does::Minds(_) => {
            r#"{"labels":[{"label":"ok","score":0.99},{"label":"toxic","score":0.1}]}"#
                .into_response()
        }
    }
}

struct Leaves(Arc<AtomicUsize>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Judge {
    async fn new(does: Does) -> Self {
        let does = Arc::new(Mutex::new(does));
        let (asked, at_once) = (Arc::default(), Arc::<AtomicUsize>::default());
        let desk = Desk {
            does: does.clone(),
            asked: Arc::clone(&asked),
            now: Arc::default(),
            at_once: at_once.clone(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let url = format!("http://{}/judge", listener.local_addr().expect("bound"));
        let router = Router::new().fallback(answer).with_state(desk);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self {
            url,
            does,
            asked,
            at_once,
            tasks,
        }
    }

    fn does(&self, does: Does) {
        *self.does.lock() = does;
    }

    fn asked(&self) -> usize {
        self.asked.lock().len()
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

async fn wall(more: &str) -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n{more}\n"
    ))
    .with_env("JUDGE_TOKEN", "the-token");
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

fn asks(judge: &Judge, more: &str) -> String {
    format!(
        "[walls.moderation]\ntrusted = [\"@mia@example.org\"]\njudge = {{ url = \"{}\"{more} }}",
        judge.url
    )
}

fn reason(post: &Value) -> Value {
    let reasons = post["reasons"].as_array().into_iter().flatten();
    let found: Vec<&Value> = reasons.filter(|it| it["rule"] == "judge").collect();
    assert!(found.len() < 2, "{post}");
    found.first().copied().cloned().unwrap_or_default()
}

/// Waits until a post has this answer.
async fn answered(staff: &mut Stream, id: &str) -> Value {
    let post = staff
        .post(id, |post| {
            let mut reasons = post["reasons"].as_array().into_iter().flatten();
            reasons.all(|reason| reason["waiting"] != true)
        })
        .await;
    json!({"standing": post["standing"], "reason": reason(&post)})
}

#[tokio::test]
async fn what_it_minds_is_held_and_the_rest_is_shown() {
    let judge = Judge::new(Does::Minds("vile")).await;
    let (place, service, operator) = wall(&asks(&judge, ", token_env = \"JUDGE_TOKEN\"")).await;
    let mut staff = operator.watch_as_staff(WALL).await;
    let first = staff.next().await;
    assert_eq!(first["judge"]["state"], "ok");
    let posts = [
        post("1", "fine words", json!({})),
        post("2", "vile words", json!({})),
        post_by("mia", "3", "vile as well"),
    ];
    place.bring(WALL, &posts).await;
    let fine = staff
        .post("test:1", |post| post["standing"] == "shown")
        .await;
    assert_eq!(reason(&fine), Value::Null);
    let vile = operator.posts(WALL, "view=staff&queue=waiting").await;
    let vile = if vile.is_empty() || reason(&vile[0])["waiting"] == true {
        staff
            .post("test:2", |post| reason(post)["label"] == "toxic")
            .await
    } else {
        vile[0].clone()
    };
    let expected =
        json!({"rule": "judge", "span": null, "outcome": "hold", "label": "toxic", "score": 0.93});
    assert_eq!(reason(&vile), expected);
    // Nobody is asked about a trusted author.
    let asked = judge.asked.lock().clone();
    let ids: Vec<&Value> = asked.iter().map(|(_, it)| &it["post"]["id"]).collect();
    assert!(
        !ids.contains(&&json!("test:3")) && ids.len() == 2,
        "{ids:?}"
    );
    for (token, question) in &asked {
        assert_eq!(token.as_deref(), Some("Bearer the-token"));
        assert_eq!(question["wall"], WALL);
        assert_eq!(question["post"]["author"]["handle"], "@ada@example.org");
    }
    let public = service.anybody().posts(WALL, "").await;
    assert_eq!(public.len(), 2);
    let metrics = service.anybody().get("/metrics").await.text;
    let line = format!("buzzwall_judge_asked_total{{wall=\"{WALL}\"}} 2");
    assert!(metrics.contains(&line), "{metrics}");
}

#[tokio::test]
async fn an_edit_asks_anew_and_switching_it_off_lets_go() {
    let judge = Judge::new(Does::Hangs).await;
    let (place, service, operator) = wall(&asks(&judge, ", timeout = \"30s\"")).await;
    let mut staff = operator.watch_as_staff(WALL).await;
    place
        .bring(WALL, &[post("1", "vile words", json!({}))])
        .await;
    staff
        .post("test:1", |post| reason(post)["waiting"] == true)
        .await;
    while judge.asked() < 1 {
        tokio::task::yield_now().await;
    }
    // The first answer never comes; the one on the new text does.
    judge.does(Does::Minds("vile"));
    let edited = post(
        "1",
        "kind words",
        json!({"edited_at": "2019-11-06T09:40:00Z"}),
    );
    place.bring(WALL, &[edited]).await;
    let shown = staff
        .post("test:1", |post| post["standing"] == "shown")
        .await;
    assert!(shown["text"].to_string().contains("kind"));
    judge.does(Does::Hangs);
    place
        .bring(WALL, &[post("2", "more words", json!({}))])
        .await;
    staff
        .post("test:2", |post| reason(post)["waiting"] == true)
        .await;
    let rules = operator.get(&format!("/walls/{WALL}/rules")).await.ok();
    assert_eq!(rules["rules"], json!([]), "what waits has not fired");
    // Gone from the file, it lets go at the next start.
    service.kill().await;
    place.write(
        "buzzwall.toml",
        &format!("[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n"),
    );
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    assert_eq!(service.anybody().posts(WALL, "").await.len(), 2);
    let mut staff = operator.watch_as_staff(WALL).await;
    assert_eq!(staff.next().await["judge"]["state"], "off");
    // Switched on in the console for what comes, and off again.
    let settings = format!("/walls/{WALL}/settings");
    let on = json!({"moderation": {"judge": {"url": judge.url, "timeout": "30s"}}});
    operator.patch(&settings, on).await.ok();
    place
        .bring(WALL, &[post("3", "yet more words", json!({}))])
        .await;
    staff
        .post("test:3", |post| reason(post)["waiting"] == true)
        .await;
    let off = json!({"moderation": {"judge": null}});
    operator.patch(&settings, off).await.ok();
    assert_eq!(service.anybody().posts(WALL, "").await.len(), 3);
}

#[tokio::test]
async fn it_hangs_lies_and_heals_and_the_wall_never_waits() {
    let judge = Judge::new(Does::Hangs).await;
    let (place, service, operator) = wall(&asks(&judge, ", timeout = \"1s\"")).await;
    let mut staff = operator.watch_as_staff(WALL).await;
    let mut public = service.anybody().watch(WALL).await;
    place
        .bring(WALL, &[post_by("mia", "0", "is trusted")])
        .await;
    public.post("test:0", |_| true).await;
    place
        .bring(WALL, &[post("1", "first words", json!({}))])
        .await;
    staff
        .post("test:1", |post| reason(post)["waiting"] == true)
        .await;
    // While it is waited for, others pass and a hide takes effect.
    place
        .bring(WALL, &[post_by("mia", "2", "passes in the meantime")])
        .await;
    public.post("test:2", |_| true).await;
    operator.decide(WALL, "hide", &["test:0"]).await;
    public.removal("test:0").await;
    let held = answered(&mut staff, "test:1").await;
    let detail =
        json!({"rule": "judge", "span": null, "outcome": "hold", "detail": "no answer within 1 s"});
    assert_eq!(held, json!({"standing": "held", "reason": detail}));
    let lies = [
        (
            r#"{"label":"toxic","score":7}"#.to_owned(),
            "its answer has the score 7, which is not from 0 to 1",
        ),
        (
            "<p>hello".to_owned(),
            "its answer is not JSON; docs/judge.md says what it looks like",
        ),
        ("x".repeat(70_000), "its answer is longer than 64 KiB"),
    ];
    for (at, (says, words)) in lies.into_iter().enumerate() {
        judge.does(Does::Says(says));
        let id = format!("lie{at}");
        place
            .bring(WALL, &[post(&id, &format!("words of {at}"), json!({}))])
            .await;
        let held = answered(&mut staff, &format!("test:{id}")).await;
        assert_eq!(held["reason"]["detail"], words);
    }
    let told = staff.until(|frame| frame["judge"]["failed"] == 4).await;
    assert_eq!(told["judge"]["state"], "failing");
    // The fifth failure in a row: it is left alone, and what comes is held at once.
    place
        .bring(WALL, &[post("5", "one more of these", json!({}))])
        .await;
    answered(&mut staff, "test:5").await;
    let asked = judge.asked();
    let many: Vec<Value> = (0..300)
        .map(|at| {
            post(
                &format!("many{at}"),
                &format!("word number {at}"),
                json!({}),
            )
        })
        .collect();
    place.bring(WALL, &many).await;
    let told = staff
        .until(|frame| frame["judge"]["failed"] == 305 && frame["judge"]["waiting"] == 0)
        .await;
    assert_eq!(told["judge"]["state"], "open");
    assert!(told["judge"]["last_error"].to_string().contains("64 KiB"));
    assert_eq!(judge.asked(), asked, "nobody asks while it is left alone");
    let held = operator.posts(WALL, "view=staff&queue=waiting").await;
    let why = "not asked, since it failed 5 times in a row; last: its answer is longer than 64 KiB";
    let refused = held.iter().filter(|post| reason(post)["detail"] == why);
    assert_eq!(refused.count(), 300);
    assert!(service.log().contains("the judge failed"));
    // Another address is another program.
    judge.does(Does::Minds("vile"));
    let other = json!({"moderation": {"judge": {"url": format!("{}/two", judge.url)}}});
    operator
        .patch(&format!("/walls/{WALL}/settings"), other)
        .await
        .ok();
    place
        .bring(WALL, &[post("9", "it has healed", json!({}))])
        .await;
    public.post("test:9", |_| true).await;
    let told = staff.until(|frame| frame["judge"]["state"] == "ok").await;
    assert_eq!(told["judge"]["last_error"], Value::Null);
}

#[tokio::test]
async fn four_are_asked_about_at_once_and_a_restart_loses_none() {
    let judge = Judge::new(Does::Hangs).await;
    let (place, service, operator) = wall(&asks(&judge, ", timeout = \"30s\"")).await;
    let mut staff = operator.watch_as_staff(WALL).await;
    let many: Vec<Value> = (0..30)
        .map(|at| post(&format!("{at}"), &format!("word number {at}"), json!({})))
        .collect();
    place.bring(WALL, &many).await;
    staff.until(|frame| frame["judge"]["waiting"] == 30).await;
    while judge.asked() < 4 {
        tokio::task::yield_now().await;
    }
    service.kill().await;
    let before = judge.asked();
    judge.does(Does::Minds("vile"));
    let service = place.serve(&[]).await;
    let mut public = service.anybody().watch(WALL).await;
    public.until(|frame| frame["tallies"]["shown"] == 30).await;
    assert!(
        judge.at_once.load(Ordering::SeqCst) <= 8,
        "four before, four after"
    );
    let asked = judge.asked.lock();
    let ids = |part: &[(Option<String>, Value)]| -> Vec<String> {
        let ids = part.iter().map(|(_, it)| it["post"]["id"].to_string());
        ids.collect()
    };
    let mut first = ids(&asked[before..before + 4]);
    first.sort();
    assert_eq!(
        first,
        ["\"test:0\"", "\"test:1\"", "\"test:2\"", "\"test:3\""]
    );
    assert_eq!(ids(&asked).len(), 34);
}
