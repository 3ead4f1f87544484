//! The queues of staff: what is in them, in what order, filtered how, and how many.

mod support;

use std::cell::Cell;
use std::sync::Arc;

use buzzwall::intake::Content;
use buzzwall::journal::{Epoch, Event, Posted, Record, Seq};
use buzzwall::moderation::Verdict;
use buzzwall::post::{AuthorNum, Key, Kind, PostNum};
use buzzwall::wall::WallState;
use buzzwall::wall::frames::{self, Audience};
use buzzwall::wall::listing::{Filter, Listing, Order};
use buzzwall::wall::queues::Queue;
use jiff::Timestamp;
use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::{post, post_by};

const WALL: &str = "expert2019";

/// Eight posts of which each is something else.
async fn wall() -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n\
         [walls.moderation]\nlinks = \"hold\"\nblock_words = [\"abuse\"]\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let link = |text: &str| {
        let end = text.len() + " https://example.org".len();
        json!({
            "text": format!("{text} https://example.org #expert2019"),
            "facets": [{"start": text.len() + 1, "end": end, "kind": "link", "target": "https://example.org"}],
        })
    };
    let posts = [
        // Written last, and the first to come.
        post(
            "1",
            "",
            json!({"text": "plain #expert2019", "created_at": "2019-11-06T12:00:00Z", "language": "de"}),
        ),
        post("2", "", link("second")),
        post("3", "", link("third")),
        post("4", "abuse", json!({"language": "de-AT"})),
        post(
            "5",
            "",
            json!({"text": "picture #expert2019", "media": [{"kind": "image", "url": "https://example.org/x.png"}]}),
        ),
        post_by("eve", "6", "from eve"),
        post("7", "", json!({"kind": "repost", "of": "test:1"})),
        post(
            "8",
            "",
            json!({"text": "elsewhere #expert2019", "source": "mastodon"}),
        ),
    ];
    place.bring(WALL, &posts).await;
    (place, service, operator)
}

async fn page(who: &Api, query: &str) -> (String, Value) {
    let path = format!("/walls/{WALL}/posts?view=staff&{query}");
    let page = who.get(&path).await.ok();
    let ids = page["posts"].as_array().expect("a list").iter();
    let ids: Vec<&str> = ids
        .filter_map(|post| post["id"].as_str()?.strip_prefix("test:"))
        .collect();
    (ids.join(" "), page["total"].clone())
}

#[tokio::test]
async fn each_queue_has_its_posts_in_the_order_they_came() {
    let (_place, service, operator) = wall().await;
    operator.decide(WALL, "stash", &["test:3"]).await;
    operator.decide(WALL, "pin", &["test:5"]).await;
    operator.decide(WALL, "highlight", &["test:4"]).await;
    for (query, ids, total) in [
        ("queue=waiting", "2", 1),
        ("queue=stashed", "3", 1),
        ("queue=shown", "8 6 5 1", 4),
        ("queue=shown&order=oldest", "1 5 6 8", 4),
        ("queue=hidden", "4", 1),
        ("queue=pinned", "5", 1),
        ("queue=highlighted", "4", 1),
        ("queue=all", "8 7 6 5 4 3 2 1", 8),
        ("queue=all&source=mastodon", "8", 1),
        ("queue=all&rule=links", "3 2", 2),
        ("queue=all&rule=reposts", "7", 1),
        ("queue=all&language=de", "4 1", 2),
        ("queue=all&language=unknown&media=none", "8 7 6 3 2", 5),
        ("queue=all&media=image", "5", 1),
        ("queue=all&media=any", "5", 1),
        ("queue=all&author=test:eve", "6", 1),
        ("queue=all&author=test:nobody", "", 0),
        ("queue=all&standing=hidden", "7 4", 2),
        // By event time where no queue is asked for, as ever.
        ("limit=2", "1 8", 8),
        ("order=oldest&standing=held", "2 3", 2),
    ] {
        let found = page(&operator, query).await;
        assert_eq!(found, (ids.to_owned(), json!(total)), "{query}");
    }
    assert_eq!(
        page(&operator, "queue=all&q=eve").await,
        ("6".to_owned(), Value::Null)
    );
    // A page after the other, also while new ones come.
    let path = format!("/walls/{WALL}/posts?view=staff&queue=all&limit=3");
    let first = operator.get(&path).await.ok();
    let next = first["next"].as_str().expect("there is more");
    assert_eq!(
        page(&operator, &format!("queue=all&limit=3&before={next}"))
            .await
            .0,
        "5 4 3"
    );
    let num = first["posts"][2]["num"].as_u64().expect("a number");
    assert_eq!(
        page(&operator, &format!("queue=all&after={num}")).await.0,
        "8 7"
    );
    assert_eq!(
        page(
            &operator,
            &format!("queue=all&order=oldest&limit=2&before={num}")
        )
        .await
        .0,
        "7 8"
    );

    for query in [
        "queue=nonsense",
        "order=x",
        "media=x",
        "before=x",
        "limit=0",
        "standing=x",
    ] {
        let path = format!("/walls/{WALL}/posts?view=staff&{query}");
        operator.get(&path).await.problem(400);
    }
    // Why something is not shown is nobody else's business, not even by asking the other way round.
    for query in ["queue=waiting", "rule=links"] {
        let path = format!("/walls/{WALL}/posts?{query}");
        service.anybody().get(&path).await.problem(400);
    }
}

#[tokio::test]
async fn counts_and_what_the_rules_did_follow_every_change() {
    let (_place, _service, operator) = wall().await;
    let mut staff = operator.watch_as_staff(WALL).await;
    let snapshot = staff.next().await;
    assert_eq!(
        snapshot["counts"]["waiting"]
            .as_u64()
            .zip(snapshot["counts"]["all"].as_u64()),
        Some((2, 8)),
        "{}",
        snapshot["counts"]
    );
    assert!(snapshot["counts"]["oldest_waiting_at"].is_string());
    let links = json!({"rule": "links", "held": 2, "hidden": 0, "shown_anyway": 0});
    let has = |rules: &Value, line: &Value| rules.as_array().expect("a list").contains(line);
    assert!(has(&snapshot["rules"], &links), "{}", snapshot["rules"]);

    operator.decide(WALL, "show", &["test:2", "test:3"]).await;
    let told = staff.until(|frame| frame["counts"]["waiting"] == 0).await;
    assert_eq!(told["type"], "counts");
    assert_eq!(told["counts"]["shown"], 6);
    assert_eq!(told["counts"]["oldest_waiting_at"], Value::Null);
    let approved = json!({"rule": "links", "held": 2, "hidden": 0, "shown_anyway": 2});
    staff
        .until(|frame| frame["type"] == "rules" && has(&frame["rules"], &approved))
        .await;
    let asked = operator.get(&format!("/walls/{WALL}/rules")).await.ok();
    assert!(has(&asked["rules"], &approved), "{asked}");
}

/// A wall on which so many posts wait.
fn crowded(posts: u32) -> WallState {
    let epoch: Epoch = serde_json::from_value(json!("crowd")).expect("an epoch");
    let mut state = WallState::new("crowd", epoch);
    let verdict: Verdict = serde_json::from_value(json!({
        "standing": "held", "reasons": [{"rule": "mode", "outcome": "hold"}],
    }))
    .expect("a verdict");
    let facts = |n: u32| {
        let tag = if n.is_multiple_of(1_000) { "de" } else { "en" };
        let facts = json!({"source": "test", "language": tag});
        Arc::new(serde_json::from_value(facts).expect("facts"))
    };
    let at = |n: u32| Timestamp::from_second(1_573_030_000 + i64::from(n) % 977).expect("a time");
    for n in 0..posts {
        let json: Arc<str> = post(&n.to_string(), "words", json!({})).to_string().into();
        let content = Arc::new(Content::parse(&json).expect("content"));
        let posted = Posted {
            post: PostNum(n),
            key: Key::of("crowd", &content.id),
            author: AuthorNum(0),
            author_key: (n == 0).then(|| Key::of("crowd", "test:ada")),
            author_same_as: Vec::new(),
            same_as: Vec::new(),
            picked: false,
            kind: Kind::Original,
            created_at: at(n),
            feed: None,
            history: false,
            facts: facts(n),
            verdict: verdict.clone(),
            words: None,
            copy_of: None,
            added: false,
        };
        let record = Record {
            seq: Seq(u64::from(n) + 1),
            at: at(n),
            event: Event::Posted(posted),
            content: None,
        };
        state.apply(&record, Some(content)).expect("it fits");
    }
    state
}

#[test]
fn opening_a_queue_of_100_000_looks_at_one_page() {
    let state = crowded(100_000);
    let waiting = Some(Queue::Waiting);
    let open = Filter::default();
    assert_eq!(state.total(waiting, &open), 100_000);
    assert_eq!(state.queue_counts().waiting, 100_000);
    for (order, from, first) in [
        (Order::Newest, None, 99_999),
        (Order::Oldest, None, 0),
        (Order::Newest, Some((None, PostNum(50_000))), 49_999),
        (Order::Oldest, Some((None, PostNum(50_000))), 50_001),
    ] {
        let listing = Listing {
            queue: waiting,
            order,
            from,
            after: None,
        };
        let looked_at = Cell::new(0);
        let page: Vec<PostNum> = state
            .list(listing)
            .inspect(|_| looked_at.set(looked_at.get() + 1))
            .filter(|num| state.post(*num).is_some_and(|post| open.passes(post)))
            .take(51)
            .collect();
        assert_eq!((page[0].0, page.len(), looked_at.get()), (first, 51, 51));
    }
    let german = Filter {
        language: Some("de".to_owned()),
        ..Filter::default()
    };
    assert_eq!(state.total(waiting, &german), 100);
    // Whoever connects gets some of both ends, and the counts.
    let snapshot = frames::snapshot(&state, Audience::Staff, None);
    let snapshot: Value = serde_json::from_str(&snapshot).expect("JSON");
    let posts = snapshot["posts"].as_array().expect("a list");
    assert!((400..=500).contains(&posts.len()), "{}", posts.len());
    assert_eq!(snapshot["counts"]["waiting"], 100_000);
    let nums: Vec<u64> = posts
        .iter()
        .filter_map(|post| post["num"].as_u64())
        .collect();
    assert!(
        (0..200)
            .chain(99_800..100_000)
            .all(|num| nums.contains(&num))
    );
}
