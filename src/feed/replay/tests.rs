use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::NamedTempFile;

use super::*;
use crate::clock::SystemClock;
use crate::feed::{Reason, Wanted};

fn context() -> FeedContext {
    // Several tests may be first; which one installs it does not matter.
    drop(rustls::crypto::ring::default_provider().install_default());
    FeedContext::new(
        Wanted::default(),
        Arc::new(SystemClock),
        StdRng::seed_from_u64(1),
        reqwest::Client::new(),
    )
}

fn archive(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Rows of `(id, second)` after 09:00; the others' ids are damaged.
fn rows(rows: &[(&str, u32)]) -> String {
    let mut text = "id,datetime,user,text\n".to_owned();
    for (id, second) in rows {
        writeln!(
            text,
            "{id},2019-11-06 09:{:02}:{:02},ada,\"hello\nthere\"",
            second / 60,
            second % 60
        )
        .unwrap();
    }
    text
}

fn many(count: usize) -> String {
    let ids: Vec<String> = (0..count)
        .map(|n| {
            if n % 7 == 3 {
                format!("{n}e+17")
            } else {
                n.to_string()
            }
        })
        .collect();
    rows(&ids.iter().map(|id| (id.as_str(), 0)).collect::<Vec<_>>())
}

fn settings(file: &NamedTempFile, speed: Option<f64>) -> Settings {
    let mut settings = Settings::from_target(file.path().to_str().unwrap()).unwrap();
    settings.speed = speed;
    settings
}

fn feed(file: &NamedTempFile, speed: Option<f64>) -> Box<dyn Feed> {
    build(&settings(file, speed), context()).unwrap()
}

fn names(page: &Page) -> Vec<String> {
    page.items
        .iter()
        .map(|item| match item {
            Item::Post(post) => post.id.to_string(),
            Item::Refused(refusal) => refusal.detail.clone(),
            other => panic!("an archive brings no {other:?}"),
        })
        .collect()
}

async fn rest(feed: &mut dyn Feed, mut cursor: Option<Cursor>) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let page = feed.fetch(cursor.as_ref()).await.unwrap();
        all.extend(names(&page));
        cursor = page.cursor;
        if page.next == Next::Done {
            return all;
        }
    }
}

#[tokio::test]
async fn all_at_once_in_pages_to_the_end() {
    let file = archive(&many(600));
    let mut feed = feed(&file, None);
    let mut cursor = None;
    let mut sizes = Vec::new();
    let mut refused = 0;
    loop {
        let page = feed.fetch(cursor.as_ref()).await.unwrap();
        assert!(page.history);
        sizes.push(page.items.len());
        for item in &page.items {
            match item {
                Item::Post(post) => {
                    assert_eq!(post.created_at, "2019-11-06T09:00:00Z".parse().unwrap());
                }
                Item::Refused(refusal) => {
                    assert_eq!(refusal.reason, Reason::DamagedId);
                    refused += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        cursor = page.cursor;
        if page.next == Next::Done {
            break;
        }
    }
    assert_eq!(sizes, [250, 250, 100]);
    assert_eq!(refused, (0..600).filter(|n| n % 7 == 3).count());
    let after = feed.fetch(cursor.as_ref()).await.unwrap();
    assert!(after.items.is_empty());
    assert_eq!((after.next, after.cursor), (Next::Done, cursor));
}

#[tokio::test(start_paused = true)]
async fn from_every_cursor_a_new_feed_brings_the_rest_once() {
    // One record a second, so that every page holds one and every place becomes a cursor.
    let ids: Vec<String> = (0..25)
        .map(|n| {
            if n % 7 == 3 {
                format!("{n}e+17")
            } else {
                n.to_string()
            }
        })
        .collect();
    let timed: Vec<(&str, u32)> = ids.iter().map(String::as_str).zip(0..).collect();
    let file = archive(&rows(&timed));
    let whole = rest(feed(&file, None).as_mut(), None).await;
    assert_eq!(whole.len(), 25);
    assert!(whole[3].starts_with("line 8: "), "{}", whole[3]);

    let mut paced = feed(&file, Some(1.0));
    let (mut taken, mut cursor) = (0, None);
    loop {
        let page = paced.fetch(cursor.as_ref()).await.unwrap();
        assert_eq!(names(&page), whole[taken..taken + page.items.len()]);
        taken += page.items.len();
        cursor = page.cursor;
        for speed in [None, Some(1.0)] {
            let mut restarted = feed(&file, speed);
            assert_eq!(
                rest(restarted.as_mut(), cursor.clone()).await,
                whole[taken..]
            );
        }
        if page.next == Next::Done {
            break;
        }
    }
    assert_eq!(taken, whole.len());
}

#[tokio::test(start_paused = true)]
async fn pace_is_that_of_the_posts() {
    for (speed, expected) in [
        (1.0, vec![(0, 2), (10, 1), (70, 2)]),
        (10.0, vec![(0, 2), (1, 1), (7, 2)]),
    ] {
        // The last stands earlier than the one before it and comes together with it.
        let file = archive(&rows(&[("1", 5), ("2", 5), ("3", 15), ("4", 75), ("5", 6)]));
        let mut feed = feed(&file, Some(speed));
        let began = Instant::now();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = feed.fetch(cursor.as_ref()).await.unwrap();
            assert!(!page.history);
            seen.push((began.elapsed().as_secs(), page.items.len()));
            cursor = page.cursor;
            if page.next == Next::Done {
                break;
            }
        }
        assert_eq!(seen, expected, "speed {speed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_fetch_loses_nothing_and_keeps_the_pace() {
    let file = archive(&rows(&[("1", 0), ("2", 60)]));
    let mut feed = feed(&file, Some(1.0));
    let began = Instant::now();
    let first = feed.fetch(None).await.unwrap();
    let cursor = first.cursor.as_ref();
    for _ in 0..5 {
        let dropped = tokio::time::timeout(Duration::from_secs(10), feed.fetch(cursor)).await;
        assert!(dropped.is_err());
    }
    let second = feed.fetch(cursor).await.unwrap();
    assert_eq!(names(&second), ["archive:2"]);
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn a_page_that_was_not_stored_comes_again() {
    let file = archive(&many(300));
    let mut feed = feed(&file, None);
    let first = feed.fetch(None).await.unwrap();
    let again = feed.fetch(None).await.unwrap();
    assert_eq!(names(&first), names(&again));
    assert_eq!(first.cursor, again.cursor);
}

#[tokio::test(start_paused = true)]
async fn from_an_earlier_cursor_the_pace_begins_anew() {
    let file = archive(&rows(&[("1", 0), ("2", 60), ("3", 120)]));
    let mut feed = feed(&file, Some(1.0));
    for _ in 0..2 {
        let began = Instant::now();
        let first = feed.fetch(None).await.unwrap();
        assert_eq!(names(&first), ["archive:1"]);
        let second = feed.fetch(first.cursor.as_ref()).await.unwrap();
        assert_eq!(names(&second), ["archive:2"]);
        assert_eq!(began.elapsed().as_secs(), 60);
    }
}

#[tokio::test]
async fn a_replaced_file_is_read_from_its_beginning_and_a_grown_one_is_not() {
    for size in [30, 400] {
        let file = archive(&many(size));
        let mut before = feed(&file, None);
        let mut cursor = None;
        loop {
            let page = before.fetch(cursor.as_ref()).await.unwrap();
            cursor = page.cursor;
            if page.next == Next::Done {
                break;
            }
        }
        file.as_file()
            .write_all(b"1000,2019-11-06 10:00,ada,late\n")
            .unwrap();
        let added = rest(feed(&file, None).as_mut(), cursor.clone()).await;
        assert_eq!(added, ["archive:1000"]);

        for other in [
            many(size).replacen("hello", "other", 1),
            many(size / 2),
            rows(&[("77", 0)]),
        ] {
            std::fs::write(file.path(), &other).unwrap();
            let all = rest(feed(&file, None).as_mut(), None).await;
            assert_eq!(rest(feed(&file, None).as_mut(), cursor.clone()).await, all);
        }
    }
}

#[tokio::test]
async fn a_cursor_of_another_kind_starts_at_the_beginning() {
    let file = archive(&many(3));
    for text in ["", "{\"n\":4}", "5 2", "99999999 2 5 abc"] {
        let cursor = Cursor(text.to_owned());
        assert_eq!(
            rest(feed(&file, None).as_mut(), Some(cursor)).await.len(),
            3
        );
    }
}

#[tokio::test]
async fn what_cannot_be_replayed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let headless = folder.path().join("headless.csv");
    std::fs::write(&headless, "a,b\n1,2\n").unwrap();
    for (path, says) in [
        (folder.path().join("nowhere.csv"), "nowhere.csv"),
        (folder.path().to_owned(), folder.path().to_str().unwrap()),
        (headless, "no column for the id"),
    ] {
        let settings = Settings::from_target(path.to_str().unwrap()).unwrap();
        let mut feed = build(&settings, context()).unwrap();
        match feed.fetch(None).await {
            Err(FeedError::Misconfigured(words)) => {
                assert!(words.contains(says), "{words}");
                assert!(words.contains(path.to_str().unwrap()), "{words}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn settings_are_read_and_checked() {
    assert!(
        Settings::from_target("")
            .unwrap_err()
            .contains("replay=PATH")
    );
    let read = |text: &str| toml::from_str::<Settings>(text);
    let settings = read(
        "file = \"day.csv\"\nspeed = 60\nzone = \"America/New_York\"\nsource = \"twitter\"\ncolumns = { time = \"when\" }",
    )
    .unwrap();
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(settings.target(), "day.csv");
    assert_eq!(settings.columns.time.as_deref(), Some("when"));
    assert!(read("file = \"day.csv\"\npace = 2").is_err());
    assert!(read("file = \"day.csv\"\ncolumns = { when = \"x\" }").is_err());
    for (text, says) in [
        ("speed = 0.0", "speed"),
        ("speed = -1.0", "speed"),
        ("speed = nan", "speed"),
        ("speed = inf", "speed"),
        ("zone = \"Nowhere\"", "zone"),
        ("source = \"a b\"", "source"),
    ] {
        let settings = read(&format!("file = \"day.csv\"\n{text}")).unwrap();
        let words = settings.validate().unwrap_err();
        assert!(words.contains(says), "{words}");
    }
}
