//! `exec`: programs that print posts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use buzzwall::clock::ManualClock;
use buzzwall::feed::{
    Cursor, Feed, FeedContext, FeedError, FeedSettings, Item, Next, Page, Via, Wanted,
};
use buzzwall::text::{Query, Tag};
use jiff::Timestamp;
use parking_lot::Mutex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::rig::{Can, Fault, START, Source, TAG};
use super::suite::conforms;

/// A notice board: a script that prints what is on it, each time it is started.
struct Board {
    folder: TempDir,
    lines: Mutex<u32>,
}

const SCRIPT: &str = r#"
case "$(cat fault)" in
    unauthorised) echo "the key was revoked" >&2; exit 77 ;;
    garbage) echo "Traceback (most recent call last):"; exit 1 ;;
    cut) printf '{"id": "board:'; exit 1 ;;
    slow) sleep 30 ;;
    down) echo "no route to the board" >&2; exit 1 ;;
esac
cat board
"#;

impl Board {
    fn start() -> Self {
        let board = Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
            lines: Mutex::new(0),
        };
        board.write("script", SCRIPT);
        board.write("board", "");
        board.write("fault", "");
        board
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a file can be written");
    }

    fn put(&self, line: &Value) {
        let path = self.folder.path().join("board");
        let text = std::fs::read_to_string(&path).expect("it is there");
        std::fs::write(&path, format!("{text}{line}\n")).expect("a file can be written");
    }
}

fn post(id: &str, text: &str, at: Timestamp) -> Value {
    json!({"id": id, "author": {"id": "board:ada", "name": "Ada"}, "text": text, "created_at": at})
}

#[async_trait]
impl Source for Board {
    fn can(&self) -> Can {
        Can {
            // A program waits for its source by itself.
            rate_limited: false,
            ..Can::ALL
        }
    }

    fn settings(&self) -> Value {
        json!({"kind": "exec", "command": ["sh", "script"], "directory": self.folder.path(), "interval": "100ms", "timeout": "1s"})
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        let id = {
            let mut lines = self.lines.lock();
            *lines += 1;
            format!("board:{lines}")
        };
        self.put(&post(&id, text, at));
        id
    }

    async fn delete(&self, id: &str) {
        self.put(&json!({ "delete": id }));
    }

    async fn edit(&self, id: &str, text: &str, at: Timestamp) {
        let mut edited = post(id, text, at);
        edited["edited_at"] = json!(at);
        self.put(&edited);
    }

    async fn fail(&self, fault: Fault) {
        self.write("fault", &format!("{fault:?}").to_lowercase());
    }

    async fn recover(&self) {
        self.write("fault", "");
    }
}

conforms!(std::future::ready(Board::start()));

/// A feed over a shell script, in a folder of its own.
struct Script {
    folder: TempDir,
    settings: Value,
    from: Option<Timestamp>,
}

fn now() -> Timestamp {
    START.parse().expect("a time")
}

impl Script {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(folder.path().join("script"), text).expect("a file can be written");
        let settings =
            json!({"kind": "exec", "command": ["sh", "script"], "directory": folder.path()});
        Self {
            folder,
            settings,
            from: None,
        }
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.settings[key] = value;
        self
    }

    fn feed(&self) -> Box<dyn Feed> {
        let settings: FeedSettings =
            serde_json::from_value(self.settings.clone()).expect("the settings are right");
        settings.validate().expect("the settings are right");
        buzzwall::feed::http::choose_tls();
        let wanted = Wanted {
            tags: Query {
                any: vec![
                    Tag::new(TAG).expect("a tag"),
                    Tag::new("other").expect("a tag"),
                ],
                ..Query::default()
            },
            accounts: vec!["ada".to_owned()],
            ..Wanted::default()
        };
        let clock = std::sync::Arc::new(ManualClock::new(now()));
        let context = FeedContext {
            from: self.from,
            ..FeedContext::new(
                wanted,
                clock,
                StdRng::seed_from_u64(1),
                reqwest::Client::new(),
            )
        };
        settings.build(context).expect("the settings are right")
    }

    fn read(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).ok();
        text.map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }
}

fn ids(page: &Page) -> Vec<String> {
    let posts = page.items.iter().filter_map(|item| match item {
        Item::Post(post) => Some(post.id.to_string()),
        _ => None,
    });
    posts.collect()
}

fn line(n: u32, at: &str) -> String {
    post(&format!("board:{n}"), "hello", at.parse().expect("a time")).to_string()
}

#[tokio::test]
async fn the_first_and_the_last_word_of_a_program_count() {
    let posts = format!("echo '{}'\n", line(1, START));
    let script = Script::new(&posts);
    let mut feed = script.feed();
    let page = feed.fetch(None).await.expect("it ends well");
    assert_eq!(
        (ids(&page), page.next),
        (vec!["board:1".to_owned()], Next::Done)
    );

    let failing = format!("{posts}echo one >&2; echo 'the key\tis old' >&2; exit 3");
    let script = Script::new(&failing);
    let mut feed = script.feed();
    let page = feed.fetch(None).await.expect("its posts come first");
    assert_eq!(
        (ids(&page), page.next),
        (vec!["board:1".to_owned()], Next::Now)
    );
    let error = feed.fetch(None).await.expect_err("it failed");
    assert_eq!(error.to_string(), "sh ended with code 3: the key is old");
    assert!(
        matches!(error, FeedError::Transient { retry_after: Some(wait), .. } if wait.as_secs() == 2)
    );
    // It is started again, and waits longer each time.
    feed.fetch(None).await.expect("its posts come first");
    let error = feed.fetch(None).await.expect_err("it failed");
    assert!(
        matches!(error, FeedError::Transient { retry_after: Some(wait), .. } if wait.as_secs() == 4)
    );

    let killed = Script::new("kill -9 $$");
    let error = killed.feed().fetch(None).await.expect_err("it was killed");
    assert!(
        error.to_string().contains("signal 9 and said nothing"),
        "{error}"
    );
    let refused = Script::new("exit 77");
    let error = refused.feed().fetch(None).await.expect_err("it may not");
    assert!(matches!(error, FeedError::Unauthorised(_)), "{error:?}");
    let none = Script::new("").with("command", json!(["./nobody"]));
    let error = none.feed().fetch(None).await.expect_err("it is not there");
    assert!(error.to_string().contains("is it there"), "{error}");
    assert!(matches!(error, FeedError::Transient { .. }));
}

#[tokio::test]
async fn what_is_no_post_is_refused_by_its_line() {
    let script = format!(
        "echo '{}'; echo; echo hello; head -c 2000000 /dev/zero | tr '\\0' x; echo; echo '{}'; printf '{{\"id\"'",
        line(1, START),
        line(2, START)
    );
    let script = Script::new(&script);
    let mut feed = script.feed();
    let mut refused = Vec::new();
    let mut posts = Vec::new();
    loop {
        let page = feed.fetch(None).await.expect("it ends well");
        posts.extend(ids(&page));
        refused.extend(page.items.iter().filter_map(|item| match item {
            Item::Refused(refusal) => Some(refusal.detail.clone()),
            _ => None,
        }));
        if page.next == Next::Done {
            break;
        }
    }
    assert_eq!(posts, ["board:1", "board:2"]);
    assert_eq!(refused.len(), 3, "{refused:?}");
    for (refusal, begins) in refused.iter().zip([
        "line 3: is no JSON",
        "line 4: is longer",
        "line 6: is no JSON",
    ]) {
        assert!(refusal.starts_with(begins), "{refusal}");
    }
}

#[tokio::test]
async fn a_flood_comes_in_pages_and_a_dropped_wait_loses_nothing() {
    let script = Script::new("for n in 1 2 3; do cat posts$n; sleep 0.05; done");
    for part in 1..=3 {
        let posts = (part * 1000 - 999..=part * 1000).map(|n| line(n, START) + "\n");
        let path = script.folder.path().join(format!("posts{part}"));
        std::fs::write(path, posts.collect::<String>()).expect("a file can be written");
    }
    let mut feed = script.feed();
    let mut posts = Vec::new();
    let mut dropped = 0;
    loop {
        // Asked so impatiently that many an answer is not waited for.
        let Ok(page) = tokio::time::timeout(Duration::from_millis(1), feed.fetch(None)).await
        else {
            dropped += 1;
            continue;
        };
        let page = page.expect("it ends well");
        assert!(page.items.len() <= 500);
        posts.extend(ids(&page));
        if page.next == Next::Done {
            break;
        }
    }
    let expected: Vec<String> = (1..=3000).map(|n| format!("board:{n}")).collect();
    assert!(
        posts == expected,
        "{} posts, {dropped} waits dropped",
        posts.len()
    );
    assert!(dropped > 0);
}

/// Reads a run to its end, which on a busy machine is noticed only after its posts were handed over.
async fn to_its_end(feed: &mut dyn Feed, cursor: Option<&Cursor>) -> Page {
    loop {
        let page = feed.fetch(cursor).await.expect("it ends well");
        if matches!(page.next, Next::After(_)) {
            return page;
        }
    }
}

#[tokio::test]
async fn a_program_is_told_what_is_wanted_and_goes_on_where_it_was() {
    let script = r#"
        echo "$BUZZWALL_HASHTAGS|$BUZZWALL_ALL|$BUZZWALL_ACCOUNTS|$BUZZWALL_SINCE" > told
        cat posts
        exit "$(cat code)"
    "#;
    let script = Script::new(script).with("interval", json!("30s"));
    let write = |name: &str, text: &str| {
        std::fs::write(script.folder.path().join(name), text).expect("a file can be written");
    };
    let cursor = |page: &Page| page.cursor.as_ref().map(|cursor| cursor.0.clone());
    write("code", "0");
    write("posts", "");
    let mut feed = script.feed();
    let page = feed.fetch(None).await.expect("it ends well");
    assert_eq!(
        script.read("told").as_deref(),
        Some("expert2019,other||ada|")
    );
    assert_eq!(
        (cursor(&page), page.complete_since, page.via),
        (None, None, Via::Polling)
    );
    assert!(
        matches!(page.next, Next::After(wait) if wait.as_secs() > 20),
        "{:?}",
        page.next
    );

    // Newest first, and broken off: what is older was not seen yet.
    let newest_first = format!(
        "{}\n{}\n",
        line(2, "2019-11-06T08:59:00Z"),
        line(1, "2019-11-06T08:00:00Z")
    );
    write("posts", &newest_first);
    write("code", "1");
    let page = feed.fetch(None).await.expect("its posts come first");
    assert_eq!((ids(&page).len(), cursor(&page)), (2, None));
    assert!(
        matches!(feed.fetch(None).await, Err(FeedError::Transient { retry_after: Some(wait), .. }) if wait.as_secs() == 30)
    );
    // The same to its end: a minute before the newest.
    write("code", "0");
    let page = to_its_end(&mut *feed, None).await;
    assert_eq!(cursor(&page).as_deref(), Some("2019-11-06T08:58:00Z"));
    // Oldest first and broken off; a clock that is ahead does not count.
    write(
        "posts",
        &format!(
            "{}\n{}\n",
            line(3, "2019-11-06T08:59:30Z"),
            line(4, "2030-01-01T00:00:00Z")
        ),
    );
    write("code", "1");
    let before = page.cursor;
    let page = feed
        .fetch(before.as_ref())
        .await
        .expect("its posts come first");
    assert_eq!(
        script.read("told").as_deref(),
        Some("expert2019,other||ada|2019-11-06T08:58:00Z")
    );
    assert_eq!(cursor(&page).as_deref(), Some("2019-11-06T08:59:00Z"));
    // Another feed goes on there, and says since when nothing is missing.
    write("code", "0");
    let before: Option<Cursor> = page.cursor;
    let page = to_its_end(&mut *script.feed(), before.as_ref()).await;
    assert_eq!(
        page.complete_since,
        Some("2019-11-06T08:59:00Z".parse().expect("a time"))
    );
    // The event's beginning stands in where nothing was read yet.
    let script = Script {
        from: Some("2019-11-06T00:00:00Z".parse().expect("a time")),
        ..script
    };
    script.feed().fetch(None).await.expect("it ends well");
    assert_eq!(
        script.read("told").as_deref(),
        Some("expert2019,other||ada|2019-11-06T00:00:00Z")
    );
}

fn lives(pid: &str) -> bool {
    let status = Command::new("kill")
        .args(["-0", pid])
        .stderr(Stdio::null())
        .status();
    let zombie = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    status.is_ok_and(|status| status.success()) && !zombie.is_ok_and(|stat| stat.contains(") Z"))
}

#[tokio::test]
async fn a_program_ends_with_its_feed_and_takes_along_what_it_started() {
    let script = Script::new("sleep 1000 & echo $! > child; echo $$ > own; wait");
    let mut feed = script.feed();
    let page = feed.fetch(None).await.expect("it runs");
    assert!(page.items.is_empty() && page.via == Via::Stream && page.next == Next::Now);
    let pids = ["own", "child"].map(|name| script.read(name).expect("it says its number"));
    assert!(pids.iter().all(|pid| lives(pid)));
    drop(feed);
    let gone = async {
        while pids.iter().any(|pid| lives(pid)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone)
        .await
        .expect("both end");
    // One that ends by itself and leaves something behind that holds its pipes is at its end nevertheless.
    let script = Script::new("sleep 1000 & echo $! > child");
    let page = script.feed().fetch(None).await.expect("it ends well");
    assert_eq!(page.next, Next::Done);
}

#[test]
fn what_is_shown_of_a_command_holds_no_secret() {
    for (command, shown) in [
        (
            json!([
                "python3",
                "-u",
                "posters/poster.py",
                "--key",
                "hunter2hunter2"
            ]),
            "exec python3 poster.py",
        ),
        (json!(["./poster", "hunter2hunter2"]), "exec poster"),
        (
            json!(["curl", "https://ada:hunter2@example.org/x.json"]),
            "exec curl",
        ),
        (
            json!(["poster", "eyJhbGciOi.eyJzdWIi.SflKxwRJSM"]),
            "exec poster",
        ),
    ] {
        let settings: FeedSettings =
            serde_json::from_value(json!({"kind": "exec", "command": command})).expect("right");
        assert_eq!(settings.name().0, shown);
    }
    let settings = FeedSettings::from_argument("exec=python3  poster.py").expect("right");
    assert_eq!(settings.name().0, "exec python3 poster.py");
    assert!(FeedSettings::from_argument("exec=").is_err());
}
