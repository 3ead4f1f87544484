//! Who is here, who looks at what, and that somebody is missed where posts wait.

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use buzzwall::clock::ManualClock;
use buzzwall::feed::FeedName;
use buzzwall::journal::SqliteJournal;
use buzzwall::moderation::{FeedRules, Mode};
use buzzwall::people::Role;
use buzzwall::wall::task::{self, Opening};
use buzzwall::wall::{Brief, Wall};
use serde_json::{Value, json};
use support::api::Api;
use support::binary::Place;
use support::posts::post;
use support::stream::Stream;

const WALL: &str = "expert2019";

async fn look(stream: &mut Stream, post: Value) {
    stream
        .say_json(json!({"type": "at", "post": post, "queue": "waiting"}))
        .await;
}

/// `name:post` of everybody, with a star where they hold it.
fn words(people: &Value) -> String {
    let people = people.as_array().expect("a list").iter();
    let words: Vec<String> = people
        .map(|person| {
            let post = person["post"].as_str().unwrap_or("-");
            let star = if person["holds"] == true { "*" } else { "" };
            format!(
                "{}:{post}{star}",
                person["name"].as_str().unwrap_or_default()
            )
        })
        .collect();
    words.join(" ")
}

async fn until(stream: &mut Stream, expected: &str) {
    stream
        .until(|frame| frame["type"] == "people" && words(&frame["people"]) == expected)
        .await;
}

async fn consoles(anybody: &Api) -> Option<String> {
    let metrics = anybody.get("/metrics").await.text;
    let mut lines = metrics.lines();
    let line = lines.find(|line| line.starts_with("buzzwall_moderators{"))?;
    Some(line.rsplit_once(' ')?.1.to_owned())
}

#[tokio::test]
async fn a_waiting_post_is_handed_out_once() {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n[walls.moderation]\nmode = \"held\"\n"
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let mia = service.person(&place, "mia", "moderator").await;
    let otto = service.person(&place, "otto", "organiser").await;
    place
        .bring(
            WALL,
            &[post("1", "one", json!({})), post("2", "two", json!({}))],
        )
        .await;
    assert_eq!(consoles(&service.anybody()).await.as_deref(), Some("0"));

    let mut first = operator.watch_as_staff(WALL).await;
    until(&mut first, "operator:-").await;
    let mut second = mia.watch_as_staff(WALL).await;
    until(&mut first, "mia:- operator:-").await;
    assert_eq!(consoles(&service.anybody()).await.as_deref(), Some("2"));

    look(&mut first, json!("test:1")).await;
    until(&mut second, "mia:- operator:test:1*").await;
    look(&mut second, json!("test:1")).await;
    until(&mut first, "mia:test:1 operator:test:1*").await;
    // Whoever only reads holds nothing.
    let mut reader = otto.watch_as_staff(WALL).await;
    look(&mut reader, json!("test:2")).await;
    until(&mut first, "mia:test:1 operator:test:1* otto:test:2").await;
    drop(reader);

    look(&mut first, json!("test:2")).await;
    until(&mut second, "mia:test:1* operator:test:2*").await;
    // A phone beside the desk is the same person; the newest look counts.
    let mut phone = mia.watch_as_staff(WALL).await;
    look(&mut phone, Value::Null).await;
    until(&mut first, "mia:- operator:test:2*").await;
    phone.close().await;
    until(&mut first, "mia:test:1* operator:test:2*").await;
    // Once decided, nobody holds it.
    operator.decide(WALL, "show", &["test:1"]).await;
    until(&mut first, "mia:test:1 operator:test:2*").await;
    let snapshot = mia.watch_as_staff(WALL).await.next().await;
    assert_eq!(words(&snapshot["people"]), "mia:test:1 operator:test:2*");
    assert_eq!(snapshot["unattended"], false);
    drop(first);
    until(&mut second, "mia:test:1").await;
    // The public is told nothing of all this.
    let public = service.anybody().watch(WALL).await.next().await;
    assert_eq!(public.get("people"), None);
}

/// A wall in memory whose clock stands still until it is moved.
async fn silent(
    moderation: Value,
    briefs: HashMap<FeedName, Brief>,
) -> (Arc<Wall>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(
        "2019-11-06T12:00:00Z".parse().expect("a time"),
    ));
    let file = json!({"wall": {"hashtags": [WALL]}, "moderation": moderation});
    let opening = Opening {
        id: WALL.to_owned(),
        journal: Arc::new(SqliteJournal::in_memory().expect("memory is there")),
        settings: file.as_object().cloned(),
        read_list: Box::new(|_| Ok(Vec::new())),
        briefs,
        picture_key: None,
        clock: clock.clone(),
    };
    let (wall, _task) = task::open(opening).await.expect("a new wall opens");
    (wall, clock)
}

#[tokio::test]
async fn a_wall_on_which_posts_wait_misses_whoever_could_decide() {
    let (wall, clock) = silent(json!({"mode": "held"}), HashMap::new()).await;
    let unattended = || wall.is_unattended(&wall.read());
    assert!(!unattended());
    clock.advance(Duration::from_secs(31));
    assert!(unattended());
    wall.console_opens("otto".to_owned(), Role::Organiser);
    assert!(unattended());
    let console = wall.console_opens("mia".to_owned(), Role::Moderator);
    assert!(!unattended() && wall.moderators() == 1);
    clock.advance(Duration::from_hours(1));
    assert!(!unattended());
    wall.console_closes(console.expect("there is room"));
    clock.advance(Duration::from_secs(29));
    assert!(!unattended());
    clock.advance(Duration::from_secs(2));
    assert!(unattended());

    // Where everything is shown at once nobody is missed, unless one feed's posts wait.
    let held = FeedRules {
        mode: Some(Mode::Held),
        ..FeedRules::default()
    };
    let feed = FeedName("demo".to_owned());
    let brief = Brief {
        rules: held,
        ..Brief::default()
    };
    for (briefs, settings, expected) in [
        (HashMap::new(), json!({}), false),
        (HashMap::new(), json!({"mode": "delayed"}), true),
        (
            HashMap::from([(feed.clone(), brief.clone())]),
            json!({}),
            true,
        ),
        (
            HashMap::from([(feed, brief)]),
            json!({"feed_modes": {"demo": "open"}}),
            false,
        ),
    ] {
        let (wall, clock) = silent(settings.clone(), briefs).await;
        clock.advance(Duration::from_mins(1));
        assert_eq!(wall.is_unattended(&wall.read()), expected, "{settings}");
    }
}
