//! Counts that can be defended: what the program counts of an archive is what a short count of our own finds in the file,
//! also after repeats, restarts and a kill in the middle.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::binary::{Place, Service};
use support::posts::recorded_folder;

/// What is counted twice over.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    posts: u64,
    reposts: u64,
    participants: u64,
    peak_minute: Value,
    damaged: u64,
    first_at: Value,
    last_at: Value,
}

/// Hashtags of a text, folded: `#` or `＃` after anything but a letter, digit or underscore.
fn hashtags(text: &str) -> Vec<String> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tags = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if matches!(c, '#' | '＃') && !word(before) {
            let rest = &text[at + c.len_utf8()..];
            tags.push(rest.chars().take_while(|c| word(*c)).collect::<String>());
        }
        before = c;
    }
    tags.iter().map(|tag| tag.to_lowercase()).collect()
}

fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("the file is there");
    let rows = reader.deserialize();
    rows.map(|row| row.expect("the file is CSV")).collect()
}

/// The tag that most rows carry.
fn main_tag(path: &Path) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(path) {
        for tag in hashtags(&row["text"]) {
            *counts.entry(tag).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.expect("the file has hashtags").0
}

/// Our own count.
fn count(path: &Path, tag: &str) -> Counted {
    let mut counted = Counted::default();
    let (mut ids, mut people) = (BTreeSet::new(), BTreeSet::new());
    let mut minutes: BTreeMap<String, u64> = BTreeMap::new();
    let mut times = BTreeSet::new();
    for row in rows(path) {
        if !row["id"].bytes().all(|byte| byte.is_ascii_digit()) {
            counted.damaged += 1;
            continue;
        }
        if !hashtags(&row["text"]).iter().any(|it| it == tag) || !ids.insert(row["id"].clone()) {
            continue;
        }
        let time = format!("{}Z", row["datetime"].replace(' ', "T"));
        if row["text"].starts_with("RT @") {
            counted.reposts += 1;
            continue;
        }
        counted.posts += 1;
        people.insert(row["user"].to_lowercase());
        *minutes.entry(format!("{}:00Z", &time[..16])).or_default() += 1;
        times.insert(time);
    }
    counted.participants = people.len() as u64;
    let most = minutes.values().max().copied();
    let peak = minutes.iter().find(|(_, posts)| Some(**posts) == most);
    counted.peak_minute = peak.map_or(Value::Null, |(at, posts)| json!({"at": at, "posts": posts}));
    counted.first_at = json!(times.first());
    counted.last_at = json!(times.last());
    counted
}

/// The program's count.
async fn reported(place: &Place, wall: &str) -> Counted {
    let report = place
        .run(&["report", "--wall", wall, "--format", "json"])
        .await
        .done();
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    let figures = &report["figures"];
    let number = |key: &str| figures[key].as_u64().expect("counts are integers");
    assert_eq!(number("total"), number("posts") + number("reposts"));
    assert_eq!(
        number("posts"),
        number("shown") + number("held") + number("hidden")
    );
    let per_minute = report["per_minute"].as_array().expect("a list");
    let sum: u64 = per_minute
        .iter()
        .filter_map(|it| it["posts"].as_u64())
        .sum();
    assert_eq!(sum, number("posts"));
    let refused = report["refused"].as_array().expect("a list");
    let damaged = refused.iter().filter(|it| it["reason"] == "damaged_id");
    Counted {
        posts: number("posts"),
        reposts: number("reposts"),
        participants: number("participants"),
        peak_minute: figures["peak_minute"].clone(),
        damaged: damaged.filter_map(|it| it["count"].as_u64()).sum(),
        first_at: figures["first_at"].clone(),
        last_at: figures["last_at"].clone(),
    }
}

/// Waits until the replay is at its end.
async fn replayed(service: &Service, wall: &str) {
    let operator = service.operator().await;
    let mut stream = operator.watch_as_staff(wall).await;
    stream.feed_is("replay", "done").await;
}

/// Every archive at hand: ours, and the recorded ones.
fn archives() -> Vec<PathBuf> {
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small.csv")];
    if let Some(folder) = recorded_folder("event_hashtags/twitterchive") {
        let entries = std::fs::read_dir(folder).expect("the folder can be listed");
        let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|it| it == "csv")));
    }
    files
}

#[tokio::test]
async fn an_archive_counts_the_same_once_again_and_by_two_ways_at_once() {
    for path in archives() {
        let file = path.to_str().expect("the path is plain");
        let tag = main_tag(&path);
        let direct = count(&path, &tag);
        assert!(direct.posts > 100 && direct.reposts > 0, "{direct:?}");
        let place = Place::new();
        let feed = format!("replay={file}");
        let args = ["--hashtag", &tag, "--feed", &feed];

        let service = place.serve(&args).await;
        replayed(&service, &tag).await;
        assert_eq!(
            reported(&place, &tag).await,
            direct,
            "{file}, while it runs"
        );
        service.stop().await;
        assert_eq!(reported(&place, &tag).await, direct, "{file}, afterwards");

        // The same archive by another way, while the replay goes on at its end.
        let service = place.serve(&args).await;
        replayed(&service, &tag).await;
        let said = place.run(&["import", "--wall", &tag, file]).await.done();
        assert!(said.starts_with("0 taken, "), "{said}");
        assert_eq!(
            reported(&place, &tag).await,
            direct,
            "{file}, brought again"
        );
        service.stop().await;

        // Only the archive brought by hand, and then the replay over it.
        let place = Place::new();
        let service = place.serve(&["--hashtag", &tag]).await;
        place.run(&["import", "--wall", &tag, file]).await.done();
        service.stop().await;
        let service = place.serve(&args).await;
        replayed(&service, &tag).await;
        assert_eq!(
            reported(&place, &tag).await,
            direct,
            "{file}, the other way round"
        );
        service.stop().await;
        eprintln!("{file}: #{tag}: {direct:?}");
    }
}

#[tokio::test]
async fn a_kill_in_the_middle_loses_nothing_and_doubles_nothing() {
    for path in archives() {
        let file = path.to_str().expect("the path is plain");
        let tag = main_tag(&path);
        let direct = count(&path, &tag);
        // The whole archive in some eight seconds, so that there is a middle to be killed in.
        let moment = |at: &Value| -> jiff::Timestamp {
            let text = at.as_str().expect("a time");
            text.parse().expect("a time")
        };
        let lasted = moment(&direct.last_at).duration_since(moment(&direct.first_at));
        let speed = lasted.as_secs_f64() / 8.0;
        let place = Place::configured(&format!(
            "[[walls]]\nid = \"{tag}\"\nhashtags = [\"{tag}\"]\n[[walls.feeds]]\nkind = \"replay\"\nfile = \"{file}\"\nspeed = {speed:?}\n"
        ));
        for part in [10, 3] {
            let service = place.serve(&[]).await;
            let mut stream = service.anybody().watch(&tag).await;
            let enough = direct.posts / part;
            let reached = |frame: &Value| frame["tallies"]["posts"].as_u64() >= Some(enough);
            stream.until(reached).await;
            service.kill().await;
            let left = reported(&place, &tag).await;
            assert!(left.posts > 0, "{file}: it was killed before its start");
            assert!(
                left.posts < direct.posts,
                "{file}: it was killed at its end"
            );
            eprintln!("{file}: killed at {} of {}", left.posts, direct.posts);
        }
        // At once from where it was, under the same name.
        let feed = format!("replay={file}");
        std::fs::remove_file(place.path("buzzwall.toml")).expect("it is there");
        let service = place.serve(&["--hashtag", &tag, "--feed", &feed]).await;
        replayed(&service, &tag).await;
        assert_eq!(reported(&place, &tag).await, direct, "{file}");
        service.stop().await;
    }
}
