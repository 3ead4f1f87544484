//! What goes wrong around the program: ports, folders, files and disks.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use support::binary::{DEADLINE, Place};
use support::posts::{lines, post};
use support::stream::{Page, Stream};

const WALL: &str = "expert2019";

#[tokio::test]
async fn a_port_in_use_is_one_clear_line() {
    let (first, second) = (Place::new(), Place::new());
    let service = first.serve(&["--hashtag", WALL]).await;
    let address = service.base.strip_prefix("http://").expect("an address");
    let words = second
        .run(&["serve", "--hashtag", WALL, "--listen", address])
        .await
        .failed(1);
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(
        words.contains(address) && words.contains("--listen"),
        "{words}"
    );
    assert!(!second.data().exists(), "nothing was touched");
}

#[tokio::test]
async fn a_data_folder_in_use_is_one_clear_line() {
    let place = Place::new();
    let service = place.serve(&["--hashtag", WALL]).await;
    let words = place
        .run(&["serve", "--hashtag", WALL, "--listen", "127.0.0.1:0"])
        .await
        .failed(1);
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(
        words.contains("in use") && words.contains("--data"),
        "{words}"
    );
    // The first one is none the worse for it.
    place.bring(WALL, &[post("1", "one", json!({}))]).await;
    assert_eq!(service.anybody().posts(WALL, "").await.len(), 1);
    // A kill leaves nothing that has to be cleaned up.
    service.kill().await;
    let service = place.serve(&["--hashtag", WALL]).await;
    place.bring(WALL, &[post("2", "two", json!({}))]).await;
    assert_eq!(service.anybody().posts(WALL, "").await.len(), 2);
}

#[tokio::test]
async fn a_broken_configuration_names_file_line_and_key() {
    for (toml, line, says) in [
        ("[server]\nlisten = \"nonsense\"\n", 2, vec!["listen"]),
        (
            "[server]\nlistne = \"127.0.0.1:0\"\n",
            2,
            vec!["listne", "listen"],
        ),
        (
            "[[walls]]\nid = \"A b\"\nhashtags = [\"x\"]\n",
            2,
            vec!["id"],
        ),
        (
            "[[walls]]\nid = \"x\"\nhashtags = [\"#\"]\n",
            3,
            vec!["hashtags"],
        ),
        (
            "[[walls]]\nid = \"x\"\nhashtags = [\"x\"]\n[walls.moderation]\nmode = \"opne\"\n",
            5,
            vec!["mode", "\"open\""],
        ),
        (
            "[[walls]]\nid = \"x\"\nhashtags = [\"x\"]\n[[walls.feeds]]\nkind = \"mastdon\"\n",
            5,
            vec!["kind", "mastodon"],
        ),
        (
            "[[walls]]\nid = \"x\"\nhashtags = [\"x\"]\nfrom = 2019-11-07T00:00:00Z\nto = 2019-11-06T00:00:00Z\n",
            5,
            vec!["to"],
        ),
        ("[server\n", 1, vec![]),
    ] {
        let place = Place::configured(toml);
        for command in [vec!["serve"], vec!["report", "--wall", "x"], vec!["check"]] {
            let words = place.run(&command).await.failed(2);
            assert!(words.contains("buzzwall.toml"), "{toml}{words}");
            assert!(
                words.contains(&format!(":{line}")) || words.contains(&format!("line {line}")),
                "{toml}{words}"
            );
            for word in &says {
                assert!(words.contains(word), "{word}: {toml}{words}");
            }
        }
        assert!(!place.data().exists(), "{toml}");
    }
    let place = Place::new();
    assert!(
        place
            .run(&["serve", "--config", "nowhere.toml"])
            .await
            .failed(2)
            .contains("nowhere.toml")
    );
    place
        .run(&["serve", "--feed", "nonsense=1", "--hashtag", "x"])
        .await
        .failed(2);
    place.run(&["serve", "--nonsense"]).await.failed(2);
    place.run(&["serve", "--hashtag", "#"]).await.failed(2);
}

#[tokio::test]
async fn a_damaged_journal_is_refused_by_its_name() {
    let place = Place::new();
    let service = place.serve(&["--hashtag", WALL]).await;
    let many: Vec<Value> = (0..500)
        .map(|n| post(&n.to_string(), "hello", json!({})))
        .collect();
    place.bring(WALL, &many).await;
    service.stop().await;
    let journal = place.data().join("walls").join(format!("{WALL}.db"));
    let sql = |sql: &str| {
        let connection = rusqlite::Connection::open(&journal).expect("it can be opened");
        connection.execute_batch(sql).expect("it can be changed");
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        emptied.expect("the log can be emptied");
    };
    sql("");
    let good = std::fs::read(&journal).expect("it is there");
    let mut scribbled = good.clone();
    for byte in &mut scribbled[4096..] {
        *byte = 0xa5;
    }
    let (garbage, lost) = (
        "UPDATE events SET event = '{' WHERE seq = 7",
        "DELETE FROM events WHERE seq = 7",
    );
    let damages: [&dyn Fn(); 4] = [
        &|| std::fs::write(&journal, b"this is no journal, is it? ".repeat(100)).expect("written"),
        &|| std::fs::write(&journal, &scribbled).expect("written"),
        &|| sql(garbage),
        &|| sql(lost),
    ];
    for damage in damages {
        std::fs::write(&journal, &good).expect("it can be written");
        damage();
        let before = std::fs::read(&journal).expect("it is there");
        for args in [
            vec!["serve", "--hashtag", WALL, "--listen", "127.0.0.1:0"],
            vec!["report", "--wall", WALL],
            vec!["export", "--wall", WALL],
        ] {
            let words = place.run(&args).await.failed(1);
            assert!(words.contains(&format!("{WALL}.db")), "{args:?}: {words}");
            assert!(words.contains("damaged"), "{args:?}: {words}");
        }
        let after = std::fs::read(&journal).expect("it is there");
        assert!(after == before, "it is left as it is");
    }
    std::fs::write(&journal, &good).expect("it can be written");
    place.serve(&["--hashtag", WALL]).await.stop().await;
}

/// A small disk of its own, given back when this is dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// `None` where this machine does not allow it.
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        eprintln!("skipped: no file system can be mounted here");
        None
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes it read-only; nothing may be open for writing.
    fn make_read_only(&self) {
        let mounted = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(self.path())
            .output();
        assert!(mounted.is_ok_and(|output| output.status.success()));
    }

    /// Fills it to the last byte.
    fn fill(&self, name: &str) -> PathBuf {
        use std::io::Write as _;
        let path = self.path().join(name);
        let mut file = std::fs::File::create(&path).expect("a file can be made");
        for size in [65_536, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[tokio::test]
async fn a_read_only_folder_is_one_clear_line() {
    let Some(disk) = Disk::new("1m") else { return };
    disk.make_read_only();
    let place = Place::new().with_data(&disk.path().join("data"));
    let words = place
        .run(&["serve", "--hashtag", WALL, "--listen", "127.0.0.1:0"])
        .await
        .failed(1);
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(
        words.contains("cannot be used") && words.contains("writable"),
        "{words}"
    );
}

/// Waits for a moment that the service tells nobody of.
async fn ready_again(place_is: impl AsyncFn() -> bool) {
    let wait = async {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while !place_is().await {
            tick.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .expect("it is ready in time");
}

#[tokio::test]
async fn a_full_disk_takes_no_posts_and_still_lets_moderators_act() {
    let Some(disk) = Disk::new("16m") else { return };
    let place = Place::new().with_data(&disk.path().join("data"));
    let service = place.serve(&["--hashtag", WALL]).await;
    let operator = service.operator().await;
    let anybody = service.anybody();
    let before: Vec<Value> = (0..6)
        .map(|n| post(&n.to_string(), "hello", json!({})))
        .collect();
    place.bring(WALL, &before).await;
    let mut public = anybody.watch(WALL).await;
    let mut page = Page::default();
    page.draw(&public.next().await);
    let mut staff = operator.watch_as_staff(WALL).await;
    let mut filler = vec![disk.fill("filler")];

    // Posts are refused as a whole, and said to be; nothing of them is seen or counted.
    let many: Vec<Value> = (0..2000)
        .map(|n| post(&format!("late{n}"), "too late", json!({})))
        .collect();
    let file = place.write("late.jsonl", &lines(&many));
    let args = ["import", "--wall", WALL, file.to_str().expect("plain")];
    let words = place.run(&args).await.failed(1);
    assert!(words.contains("not stored"), "{words}");
    let storage = staff.of_type("storage").await;
    assert_eq!(storage["storage"]["ok"], false);
    let ready = anybody.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.text.contains(WALL), "{}", ready.text);
    assert_eq!(anybody.get("/healthz").await.status, 200);
    let told = operator.tallies(WALL).await["posts"]
        .as_u64()
        .expect("a count");
    assert_eq!(
        anybody.posts(WALL, "").await.len() as u64,
        told,
        "what is told is what is stored"
    );
    let left = place
        .run(&["report", "--wall", WALL, "--format", "json"])
        .await
        .done();
    let left: Value = serde_json::from_str(&left).expect("JSON");
    assert_eq!(left["figures"]["posts"], told);

    // Some room is kept for people. When that is gone as well, they still act on the screens.
    let mut unstored = Vec::new();
    for n in 0..6 {
        let id = format!("test:{n}");
        let done = operator.decide(WALL, "hide", &[&id]).await;
        let gone = public.removal(&id).await;
        page.draw(&gone);
        if done["stored"] == false {
            assert_eq!(gone["ahead"], done["seq"]);
            unstored.push(id);
        }
        if n == 1 {
            filler.push(disk.fill("more filler"));
        }
    }
    assert!(
        unstored.len() > 2,
        "the disk had room for all: {unstored:?}"
    );
    let waiting = staff
        .until(|frame| frame["storage"]["waiting"] == unstored.len())
        .await;
    assert_eq!(waiting["storage"]["ok"], false);
    // Nobody who comes now sees them either, by any way.
    let mut fresh = Page::default();
    fresh.draw(&anybody.watch(WALL).await.next().await);
    let posts = anybody.posts(WALL, "").await;
    let events = anybody.events(WALL, "", None).await.next().await;
    for id in &unstored {
        assert!(
            !fresh.posts.contains_key(id),
            "{id} in a new client's snapshot"
        );
        assert!(
            posts.iter().all(|post| post["id"] != id.as_str()),
            "{id} in the list"
        );
        assert!(!events.raw.contains(&format!("\"{id}\"")), "{id} in events");
    }
    let since = format!("since={}", page.since());
    let mut back = Stream::open(&anybody, WALL, &since)
        .await
        .expect("it opens");
    for frame in back.message().await.expect("it is sent") {
        page.draw(&frame);
    }
    for id in &unstored {
        assert!(!page.posts.contains_key(id), "{id} after coming back");
    }
    // Staff see them as hidden.
    let seen = operator.posts(WALL, "view=staff").await;
    let hidden = seen
        .iter()
        .filter(|post| unstored.iter().any(|id| post["id"] == id.as_str()));
    assert!(hidden.clone().count() > 2 && hidden.clone().all(|post| post["standing"] == "hidden"));
    for (action, key) in [("blank", "blanked"), ("pause", "paused")] {
        let done = operator.stage(WALL, json!({"action": action})).await;
        assert_eq!(
            (&done["stored"], &done["stage"][key]),
            (&json!(false), &json!(true))
        );
        public
            .until(|frame| frame["type"] == "stage" && frame["stage"][key] == true)
            .await;
    }
    // What is not urgent says that it was not done.
    let pin = json!({"posts": ["test:0"], "action": "pin"});
    operator
        .post(&format!("/walls/{WALL}/decisions"), pin)
        .await
        .problem(507);
    operator.get(&format!("/walls/{WALL}/screens")).await.ok();

    // With room again everything is stored by itself, and holds over a kill.
    for file in filler.drain(..) {
        std::fs::remove_file(file).expect("it can be removed");
    }
    staff.until(|frame| frame["storage"]["ok"] == true).await;
    assert_eq!(anybody.get("/readyz").await.status, 200);
    for id in &unstored {
        // Each removal comes again in its place.
        let again = public.removal(id).await;
        assert!(again["seq"].is_u64(), "{again}");
    }
    service.kill().await;
    let service = place.serve(&["--hashtag", WALL]).await;
    let mut fresh = Page::default();
    fresh.draw(&service.anybody().watch(WALL).await.next().await);
    for id in &unstored {
        assert!(!fresh.posts.contains_key(id), "{id} after a restart");
    }
    assert_eq!(
        (&fresh.stage["blanked"], &fresh.stage["paused"]),
        (&json!(true), &json!(true))
    );
    // And the archive goes in to its end, each post once.
    place.run(&args).await.done();
    let operator = service.operator().await;
    assert_eq!(operator.tallies(WALL).await["posts"], 2006);
}

#[tokio::test]
async fn a_wall_is_ready_again_when_there_is_room_though_nobody_asks_it_for_anything() {
    let Some(disk) = Disk::new("16m") else { return };
    let place = Place::new().with_data(&disk.path().join("data"));
    let service = place.serve(&["--hashtag", WALL]).await;
    let filler = disk.fill("filler");
    let many: Vec<Value> = (0..500)
        .map(|n| post(&n.to_string(), "hello", json!({})))
        .collect();
    let file = place.write("posts.jsonl", &lines(&many));
    let words = place
        .run(&["import", "--wall", WALL, file.to_str().expect("plain")])
        .await
        .failed(1);
    assert!(words.contains("not stored"), "{words}");
    let anybody = service.anybody();
    assert_eq!(anybody.get("/readyz").await.status, 503);
    std::fs::remove_file(filler).expect("it can be removed");
    ready_again(async || anybody.get("/readyz").await.status == 200).await;
}

#[tokio::test]
async fn posts_that_are_sent_to_a_full_disk_are_refused_as_a_whole_and_can_be_sent_again() {
    let Some(disk) = Disk::new("16m") else { return };
    let token = "0123456789abcdef";
    let place = Place::new()
        .with_env("PRESS_TOKEN", token)
        .with_data(&disk.path().join("data"));
    let service = place
        .serve(&["--hashtag", WALL, "--feed", "ingest=env:PRESS_TOKEN"])
        .await;
    let anybody = service.anybody();
    let many: Vec<Value> = (0..900)
        .map(|n| post(&n.to_string(), &"hello ".repeat(50), json!({})))
        .collect();
    let send = async || {
        let path = format!("/walls/{WALL}/posts");
        let request = anybody.request(reqwest::Method::POST, &path);
        anybody
            .send(request.bearer_auth(token).body(lines(&many)))
            .await
    };
    let filler = disk.fill("filler");
    let refused = send().await;
    assert!(refused.headers.contains_key("retry-after"));
    assert!(refused.problem(503).contains("nothing of this was stored"));
    assert_eq!(anybody.tallies(WALL).await["posts"], 0);
    std::fs::remove_file(filler).expect("it can be removed");
    let answer = send().await.ok();
    assert_eq!(
        (&answer["taken"], &answer["repeated"]),
        (&json!(900), &json!(0))
    );
    assert_eq!(anybody.tallies(WALL).await["posts"], 900);
}
