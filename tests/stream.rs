//! The streams that pages live on, WebSocket and server-sent events.

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::binary::{Place, Service};
use support::posts::{post, post_by};
use support::stream::{Page, Stream};
use tokio_tungstenite::tungstenite::Message;

const WALL: &str = "expert2019";

async fn wall() -> (Place, Service) {
    let place = Place::new();
    let service = place.serve(&["--hashtag", WALL]).await;
    (place, service)
}

fn seq(frame: &Value) -> u64 {
    frame["seq"].as_u64().expect("frames have a seq")
}

/// Frames about posts alone: tallies come when they come.
fn about_posts(frames: &[Value]) -> Vec<Value> {
    let about = |frame: &&Value| frame["type"] == "post" || frame["type"] == "remove";
    frames.iter().filter(about).cloned().collect()
}

#[tokio::test]
async fn a_stream_begins_with_a_snapshot_and_goes_on_with_rising_numbers() {
    let (place, service) = wall().await;
    place
        .bring(
            WALL,
            &[
                post("1", "first", json!({})),
                post("2", "second", json!({})),
            ],
        )
        .await;
    let mut stream = service.anybody().watch(WALL).await;
    let snapshot = stream.next().await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["wall"]["id"], WALL);
    assert_eq!(snapshot["posts"].as_array().map(Vec::len), Some(2));
    assert_eq!(snapshot["tallies"]["posts"], 2);
    assert_eq!(snapshot["stage"]["paused"], false);
    assert!(snapshot["trends"].is_object());
    let mut page = Page::default();
    page.draw(&snapshot);

    let mut last = seq(&snapshot);
    for n in 3..8 {
        let id = format!("test:{n}");
        place
            .bring(WALL, &[post(&n.to_string(), "more", json!({}))])
            .await;
        let frame = stream
            .until(|frame| frame["type"] == "post" && frame["post"]["id"] == id)
            .await;
        assert!(seq(&frame) > last, "{frame} after {last}");
        last = seq(&frame);
        page.draw(&frame);
    }
    let mut fresh = Page::default();
    fresh.draw(&service.anybody().watch(WALL).await.next().await);
    assert_eq!(page.posts, fresh.posts);
    assert_eq!(page.epoch, fresh.epoch);
}

#[tokio::test]
async fn coming_back_is_inclusive_and_takes_away_first() {
    let (place, service) = wall().await;
    let operator = service.operator().await;
    let mut stream = operator.watch(WALL).await;
    let mut page = Page::default();
    page.draw(&stream.next().await);
    place
        .bring(
            WALL,
            &[post("1", "one", json!({})), post("2", "two", json!({}))],
        )
        .await;
    let two = stream.until(|frame| frame["post"]["id"] == "test:2").await;
    page.draw(&two);
    stream.close().await;

    // What the page saw last is sent once more.
    let since = format!("since={}", page.since());
    let mut back = Stream::open(&operator, WALL, &since)
        .await
        .expect("it opens");
    let again = back.message().await.expect("it is sent");
    assert!(
        again.iter().all(|frame| seq(frame) >= seq(&two)),
        "{again:?}"
    );
    assert!(again.contains(&two), "{again:?}");
    back.close().await;

    // While it is away: a post more, one hidden, a post more, one changed.
    place.bring(WALL, &[post("3", "three", json!({}))]).await;
    operator.decide(WALL, "hide", &["test:1"]).await;
    place.bring(WALL, &[post("4", "four", json!({}))]).await;
    operator.decide(WALL, "pin", &["test:3"]).await;
    let mut back = Stream::open(&operator, WALL, &since)
        .await
        .expect("it opens");
    let missed = back.message().await.expect("it is sent");
    let kinds: Vec<&str> = missed.iter().filter_map(|it| it["type"].as_str()).collect();
    assert_eq!(missed[0]["type"], "remove", "{kinds:?}");
    assert_eq!(missed[0]["id"], "test:1");
    assert!(!kinds.contains(&"snapshot"), "{kinds:?}");
    let first_post = kinds.iter().position(|kind| *kind == "post");
    let last_removal = kinds.iter().rposition(|kind| *kind == "remove");
    assert!(last_removal < first_post, "{kinds:?}");
    for frame in &missed {
        page.draw(frame);
    }
    let ids: Vec<&str> = page.posts.keys().map(String::as_str).collect();
    assert_eq!(ids, ["test:2", "test:3", "test:4"]);
    assert_eq!(page.posts["test:3"]["pinned"], true);

    // Whoever cannot be told what they missed gets everything.
    let now = page.seq;
    for since in [
        format!("since=0000000000000000:{now}"),
        format!("since={}:{}", page.epoch, now + 1000),
        format!("since={}:0", page.epoch),
        format!("since={}", page.epoch),
        "since=garbage".to_owned(),
        "since=".to_owned(),
    ] {
        let mut back = Stream::open(&operator, WALL, &since)
            .await
            .expect("it opens");
        let frame = back.next().await;
        assert_eq!(frame["type"], "snapshot", "{since}");
        assert_eq!(frame["epoch"], page.epoch.as_str());
    }
}

#[tokio::test]
async fn a_restart_keeps_the_epoch_and_the_numbers_go_on() {
    let (place, service) = wall().await;
    let operator = service.operator().await;
    place
        .bring(
            WALL,
            &[post("1", "one", json!({})), post("2", "two", json!({}))],
        )
        .await;
    let mut page = Page::default();
    page.draw(&operator.watch(WALL).await.next().await);
    operator.decide(WALL, "hide", &["test:1"]).await;
    service.stop().await;

    let service = place.serve(&["--hashtag", WALL]).await;
    let since = format!("since={}", page.since());
    let mut stream = Stream::open(&service.anybody(), WALL, &since)
        .await
        .expect("it opens");
    // Either all that was missed, removals first, or everything anew: gone in the first message either way.
    let before = page.clone();
    for frame in stream.message().await.expect("it is sent") {
        page.draw(&frame);
    }
    assert_eq!(page.epoch, before.epoch);
    assert!(page.seq > before.seq);
    assert_eq!(page.posts.keys().collect::<Vec<_>>(), ["test:2"]);
    let said = place
        .bring(
            WALL,
            &[post("2", "two", json!({})), post("3", "three", json!({}))],
        )
        .await;
    assert!(said.starts_with("1 taken, 1 repeated, 0 refused"), "{said}");
    let frame = stream.until(|frame| frame["post"]["id"] == "test:3").await;
    assert!(seq(&frame) > page.seq);
}

#[tokio::test]
async fn server_sent_events_carry_the_same_frames() {
    let (place, service) = wall().await;
    let anybody = service.anybody();
    let mut socket = anybody.watch(WALL).await;
    let mut events = anybody.events(WALL, "", None).await;
    let first = events.next().await;
    assert_eq!(first.frames, [socket.next().await]);
    let epoch = first.frames[0]["epoch"].as_str().expect("text").to_owned();
    assert_eq!(first.id, format!("{epoch}:{}", first.frames[0]["seq"]));

    place
        .bring(
            WALL,
            &[
                post("1", "one\nin two lines", json!({})),
                post("2", "two", json!({})),
            ],
        )
        .await;
    let last = |frames: &[Value]| frames.iter().any(|it| it["post"]["id"] == "test:2");
    let (mut by_socket, mut by_events) = (Vec::new(), Vec::new());
    while !last(&by_socket) {
        by_socket.extend(socket.message().await.expect("it is open"));
    }
    let mut id = String::new();
    while !last(&by_events) {
        let told = events.next().await;
        let highest = told.frames.iter().map(seq).max().expect("frames");
        assert_eq!(told.id, format!("{epoch}:{highest}"));
        id = told.id;
        by_events.extend(told.frames);
    }
    assert_eq!(about_posts(&by_socket), about_posts(&by_events));
    drop(events);

    place.bring(WALL, &[post("3", "three", json!({}))]).await;
    let back = anybody.events(WALL, "", Some(&id)).await.next().await;
    assert!(back.frames.iter().all(|frame| frame["type"] != "snapshot"));
    let ids: Vec<&Value> = back.frames.iter().map(|it| &it["post"]["id"]).collect();
    assert!(ids.contains(&&json!("test:3")), "{ids:?}");
    let first = back.frames.iter().map(seq).min().expect("frames");
    assert!(
        id.ends_with(&format!(":{first}")),
        "inclusive: {first} after {id}"
    );
    let anew = anybody
        .events(WALL, "", Some("elsewhere:7"))
        .await
        .next()
        .await;
    assert_eq!(anew.frames[0]["type"], "snapshot");
}

#[tokio::test]
async fn several_walls_in_one_process_do_not_mix() {
    let place = Place::configured(
        "[[walls]]\nid = \"one\"\nhashtags = [\"expert2019\"]\n[[walls]]\nid = \"two\"\nhashtags = [\"expert2019\"]\n",
    );
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let mut one = operator.watch("one").await;
    let mut two = operator.watch("two").await;
    place
        .bring(
            "one",
            &[
                post("a", "for one", json!({})),
                post("both", "on both", json!({})),
            ],
        )
        .await;
    place
        .bring(
            "two",
            &[
                post("both", "on both", json!({})),
                post("b", "for two", json!({})),
            ],
        )
        .await;
    operator.decide("one", "hide", &["test:both"]).await;
    operator.stage("two", json!({"action": "pause"})).await;
    let answer = json!({"posts": ["test:b"], "action": "hide"});
    let unknown = operator
        .post("/walls/one/decisions", answer)
        .await
        .problem(404);
    assert!(unknown.contains("test:b"), "{unknown}");

    let (mut page_one, mut page_two) = (Page::default(), Page::default());
    while page_one.posts.len() != 1 || !one.raw.contains("\"remove\"") {
        page_one.draw(&one.next().await);
    }
    while page_two.stage["paused"] != true {
        page_two.draw(&two.next().await);
    }
    assert_eq!(page_one.posts.keys().collect::<Vec<_>>(), ["test:a"]);
    assert_eq!(
        page_two.posts.keys().collect::<Vec<_>>(),
        ["test:b", "test:both"]
    );
    assert!(!one.raw.contains("for two") && !two.raw.contains("for one"));
    assert!(!two.raw.contains("\"remove\"") && page_one.stage["paused"] == false);
    assert_ne!(page_one.epoch, page_two.epoch);
    let walls = operator.get("/walls").await.ok();
    let ids: Vec<&Value> = walls["walls"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, ["one", "two"]);
    assert_eq!(Stream::open(&operator, "three", "").await.err(), Some(404));
}

#[tokio::test]
async fn a_client_that_reads_nothing_slows_nobody_and_ends_with_the_right_picture() {
    let (place, service) = wall().await;
    let operator = service.operator().await;
    // All say the same, and what is hidden of it must not hold the rest back.
    let alike = json!({"moderation": {"like_hidden": "show"}});
    operator
        .patch(&format!("/walls/{WALL}/settings"), alike)
        .await
        .ok();
    // Long texts, so that no socket buffer holds all of them.
    let filler = "and on and on ".repeat(40);
    let many: Vec<Value> = (0..20_000)
        .map(|n| {
            let at = jiff::Timestamp::from_second(1_573_030_000 + n).expect("a time");
            post_by(&format!("p{}", n % 50), &n.to_string(), &filler)
                .as_object()
                .map(|post| {
                    let mut post = post.clone();
                    post.insert("created_at".to_owned(), json!(at));
                    Value::Object(post)
                })
                .expect("an object")
        })
        .collect();
    let mut slow = operator.watch(WALL).await;
    let mut fast = operator.watch(WALL).await;
    fast.of_type("snapshot").await;
    let reading = async {
        fast.post("test:10000", |_| true).await;
        // In the middle of it, something is hidden.
        let began = Instant::now();
        operator
            .decide(WALL, "hide", &["test:19", "test:9999"])
            .await;
        fast.removal("test:9999").await;
        let took = began.elapsed();
        fast.post("test:19999", |_| true).await;
        took
    };
    let (said, took) = tokio::join!(place.bring(WALL, &many), reading);
    assert!(said.starts_with("20000 taken"), "{said}");
    eprintln!("hidden under load after {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    operator.decide(WALL, "hide", &["test:19999"]).await;

    // Now it reads. It cannot have been sent everything: the ring is shorter than that.
    let mut page = Page::default();
    let mut snapshots = 0;
    while page.posts.contains_key("test:19999") || !page.posts.contains_key("test:19998") {
        let frame = slow.next().await;
        snapshots += usize::from(frame["type"] == "snapshot");
        page.draw(&frame);
    }
    assert!(snapshots > 1, "it was never behind");
    let mut fresh = Page::default();
    fresh.draw(&operator.watch(WALL).await.next().await);
    assert_eq!(fresh.posts.len(), 100);
    for (id, post) in &fresh.posts {
        assert_eq!(page.posts.get(id), Some(post));
    }
    for hidden in ["test:19", "test:9999", "test:19999"] {
        assert!(!page.posts.contains_key(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn hostile_clients_disturb_nobody() {
    let (place, service) = wall().await;
    let anybody = service.anybody();
    let mut good = anybody.watch(WALL).await;
    good.of_type("snapshot").await;
    let mut odd = anybody.watch(WALL).await;
    for message in [
        Message::text("{"),
        Message::text("null"),
        Message::text("[]"),
        Message::text("{\"type\":\"nonsense\",\"seq\":1}"),
        Message::text("{\"type\":\"shown\",\"seq\":-1}"),
        Message::text("{\"type\":\"shown\",\"seq\":18446744073709551615}"),
        Message::text("{\"type\":\"hello\",\"screen\":\"\\u0000\",\"key\":\"' OR 1=1\"}"),
        Message::text("{\"type\":\"seen\",\"ms\":{\"test:1\":18446744073709551615}}"),
        Message::text("[".repeat(50_000)),
        Message::binary(vec![0_u8; 50_000]),
        Message::Ping(vec![1].into()),
        Message::Pong(vec![2].into()),
    ] {
        odd.say(message).await;
    }
    let mut huge = anybody.watch(WALL).await;
    let sent = huge.try_say(Message::text("x".repeat(1_000_000))).await;
    let closed = huge.closed().await;
    eprintln!("a message of 1 MB: sent {sent}, closed with {closed:?}");
    place
        .bring(WALL, &[post("1", "still here", json!({}))])
        .await;
    good.post("test:1", |_| true).await;
    odd.post("test:1", |_| true).await;
    assert_eq!(anybody.get("/readyz").await.status, 200);
    service.stop().await;
}

#[tokio::test]
async fn a_stop_says_goodbye_and_is_quick() {
    let (place, mut service) = wall().await;
    place.bring(WALL, &[post("1", "one", json!({}))]).await;
    let operator = service.operator().await;
    let mut sockets = Vec::new();
    for _ in 0..100 {
        sockets.push(operator.watch(WALL).await);
        sockets.push(operator.watch_as_staff(WALL).await);
    }
    let mut events = operator.events(WALL, "", None).await;
    // One that reads nothing must not hold it up.
    let _silent = operator.watch(WALL).await;
    for socket in &mut sockets {
        socket.of_type("snapshot").await;
    }
    events.next().await;
    let began = Instant::now();
    service.ask_to_stop().await;
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, Some(1001));
    }
    assert!(events.ended().await);
    let status = service.ended().await;
    assert_eq!(status.code(), Some(0), "{}", service.log());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(place.run(&["report", "--wall", WALL]).await.code, Some(0));
}

#[tokio::test]
async fn without_any_wall_there_is_the_demo_which_leaves_nothing_behind() {
    let place = Place::new();
    let service = place.serve(&[]).await;
    assert!(
        service.told.contains("/w/demo\n") && service.told.contains("invented"),
        "{}",
        service.told
    );
    let mut stream = service.anybody().watch("demo").await;
    let snapshot = stream.of_type("snapshot").await;
    assert_eq!(snapshot["wall"]["invented"], true);
    let mut page = Page::default();
    page.draw(&snapshot);
    while page.posts.len() < 12 {
        page.draw(&stream.next().await);
    }
    service.stop().await;
    let left: Vec<_> = std::fs::read_dir(place.data().join("walls"))
        .expect("the folder is there")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
