//! A source that is away in the middle of an event, on a wall: afterwards nothing is missing, nothing is doubled, and the
//! report says exactly what happened.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use buzzwall::clock::Clock;
use buzzwall::feed::FeedName;
use buzzwall::feed::supervisor::FeedState;
use buzzwall::journal::SqliteJournal;
use buzzwall::report::{FeedCoverage, Read, Report};
use jiff::SignedDuration;
use serde_json::json;

use super::hall::{Hall, JumpingClock};
use super::rig::{Fault, START, Source, TAG, build, build_by, tagged};
use super::support::mastodon::Server;

/// How long the source is away, by the wall's clock.
const AWAY: Duration = Duration::from_mins(10);

/// Takes a source away for ten minutes in which people go on posting.
pub async fn ten_minutes_away<S: Source>(source: S) {
    let clock = JumpingClock::new(START);
    let mut hall = Hall::open(clock.clone(), HashMap::new()).await;
    let name = FeedName(format!(
        "{} test",
        source.settings()["kind"].as_str().expect("a kind")
    ));
    let wall = hall.wall.clone();
    let watched = {
        let (wall, name) = (wall.clone(), name.clone());
        std::sync::Arc::new(move || wall.read().watched(&name))
    };
    hall.read(&name, build(&source, clock.clone(), watched));
    hall.until_feed(&name, FeedState::Reading).await;

    let mut written = BTreeSet::new();
    let write = async |count: usize| {
        let mut ids = Vec::new();
        for n in 0..count {
            let text = format!("post {n} at {} #{TAG}", clock.now());
            ids.push(source.publish(&text, clock.now()).await);
        }
        ids
    };
    written.extend(write(5).await);
    hall.until("the posts before", |state| state.posts.len() == 5)
        .await;

    source.fail(Fault::Down).await;
    hall.until_feed(&name, FeedState::Failing).await;
    for _ in 0..10 {
        clock.jump(AWAY / 10);
        written.extend(write(6).await);
    }
    hall.until("the outage is noted", |state| {
        !state.feeds[&name].coverage.is_open()
    })
    .await;
    // While it lasts the report says for how long it has, although nothing was stored meanwhile.
    let report = hall.report_at(clock.now());
    let unknown = report.coverage[0].unknown.last().expect("an outage");
    let length = unknown.to.duration_since(unknown.from);
    assert!(length >= SignedDuration::from_mins(9), "{length:?}");
    source.recover().await;
    if !source.can().history {
        hall.until_feed(&name, FeedState::Reading).await;
        let report = hall.report();
        let unknown = report.coverage[0].unknown.iter();
        let longest = unknown.map(|gap| gap.to.duration_since(gap.from)).max();
        assert!(
            longest >= Some(SignedDuration::from_mins(9)),
            "{:?}",
            report.coverage
        );
        return;
    }
    hall.until("what was written meanwhile", |state| {
        state.posts.len() >= 65
    })
    .await;
    hall.until("the gap is filled in", |state| {
        let since = START.parse().expect("a time");
        let until = state.tip_at.expect("something was stored");
        let gaps = state.feeds[&name].coverage.gaps(since, until);
        gaps.iter()
            .all(|gap| gap.to.duration_since(gap.from) < SignedDuration::from_secs(2))
    })
    .await;
    clock.jump(Duration::from_mins(1));
    written.extend(write(3).await);
    hall.until("what was written afterwards", |state| {
        state.posts.len() >= 68
    })
    .await;

    let state = wall.read();
    let ids: BTreeSet<String> = (state.posts.iter())
        .filter_map(|post| Some(post.content.as_ref()?.id.to_string()))
        .collect();
    assert_eq!(ids, written, "nothing is missing and nothing is doubled");
    assert_eq!(state.posts.len(), 68);
    assert_eq!(state.tallies.figures().posts, 68);
    assert_eq!(state.tallies.figures().deleted, 0);
    // What is ten minutes old is no news.
    let late = state.posts.iter().filter(|post| post.history).count();
    assert!((20..=45).contains(&late), "{late} came as history");
    drop(state);

    let report = hall.report();
    let [coverage] = &report.coverage[..] else {
        panic!("one feed, not {:?}", report.coverage)
    };
    let states: Vec<Read> = coverage.strip.iter().map(|part| part.state).collect();
    assert_eq!(
        states,
        [Read::Live, Read::FilledIn, Read::Live],
        "{coverage:?}"
    );
    let gap = &coverage.strip[1];
    let length = gap.to.duration_since(gap.from);
    let (least, most) = (SignedDuration::from_mins(9), SignedDuration::from_secs(700));
    assert!((least..=most).contains(&length), "{length:?}");
    assert!(
        gap.why.as_ref().is_some_and(|why| !why.is_empty()),
        "{gap:?}"
    );
    assert!(coverage.unknown.is_empty());
    let words = &coverage.statement;
    assert!(
        words.contains("Read afterwards from what the source still had, ")
            && words.contains("Nothing is missing that the source still had."),
        "{words}"
    );
}

fn of<'a>(report: &'a Report, kind: &str) -> &'a FeedCoverage {
    let mut all = report.coverage.iter();
    all.find(|feed| feed.kind == kind).expect("it is there")
}

fn states(coverage: &FeedCoverage) -> Vec<Read> {
    coverage.strip.iter().map(|part| part.state).collect()
}

/// Takes away for ten minutes a source that keeps only the newest 20 of the 60 posts of that time.
pub async fn too_long_away<S: Source>(source: S) {
    let clock = JumpingClock::new(START);
    let mut hall = Hall::open(clock.clone(), HashMap::new()).await;
    let kind = source.settings()["kind"]
        .as_str()
        .expect("a kind")
        .to_owned();
    let name = FeedName(format!("{kind} test"));
    hall.read(
        &name,
        build(&source, clock.clone(), std::sync::Arc::new(Vec::new)),
    );
    hall.until_feed(&name, FeedState::Reading).await;
    source.publish(&format!("before #{TAG}"), clock.now()).await;
    hall.until("the post before", |state| state.posts.len() == 1)
        .await;
    source.fail(Fault::Down).await;
    hall.until_feed(&name, FeedState::Failing).await;
    for n in 0..60 {
        clock.jump(AWAY / 60);
        source
            .publish(&format!("post {n} #{TAG}"), clock.now())
            .await;
    }
    source.recover().await;
    hall.until("what is left", |state| {
        state.posts.len() == 21 && !state.feeds[&name].coverage.filled_in.is_empty()
    })
    .await;
    clock.jump(Duration::from_mins(1));
    source.publish(&format!("after #{TAG}"), clock.now()).await;
    hall.until("the post after", |state| state.posts.len() == 22)
        .await;

    let report = hall.report();
    let coverage = of(&report, &kind);
    assert_eq!(
        states(coverage),
        [Read::Live, Read::Unknown, Read::FilledIn, Read::Live],
        "{coverage:?}"
    );
    // A post every ten seconds: the oldest of the twenty was written six minutes and fifty seconds after the source went.
    let [gap] = &coverage.unknown[..] else {
        panic!("one gap, not {:?}", coverage.unknown)
    };
    let lost = gap.to.duration_since(gap.from).as_secs();
    assert!((390..=425).contains(&lost), "{lost} s");
    let words = &coverage.statement;
    assert!(
        words.contains("What was posted is not known, 6 min")
            && !words.contains("Nothing is missing"),
        "{words}"
    );
}

/// Buzzwall itself is away: what keeps its posts is read afterwards, and of what is sent nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_minutes_without_buzzwall() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let journal = || SqliteJournal::open(&folder.path().join("hall.db")).expect("it opens");
    let server = Server::start().await;
    let clock = JumpingClock::new(START);
    let feeds = [
        (
            "mastodon test",
            json!({"kind": "mastodon", "server": server.url(), "interval": "1s"}),
        ),
        (
            "ingest test",
            json!({"kind": "ingest", "token": "0123456789abcdef"}),
        ),
    ];
    let open = async || {
        let mut hall = Hall::over(journal(), clock.clone(), HashMap::new()).await;
        for (name, settings) in feeds.clone() {
            let name = FeedName(name.to_owned());
            let watched = std::sync::Arc::new(Vec::new);
            hall.read(&name, build_by(settings, tagged(), clock.clone(), watched));
            hall.until_feed(&name, FeedState::Reading).await;
        }
        hall
    };
    let write = |n: usize| server.push(&format!("post {n}"), &[TAG], &clock.now().to_string());
    let hall = open().await;
    write(0);
    hall.until("the post before", |state| state.posts.len() == 1)
        .await;
    hall.close().await;
    for n in 1..=60 {
        clock.jump(AWAY / 60);
        write(n);
    }
    let hall = open().await;
    hall.until("what was written meanwhile", |state| {
        state.posts.len() == 61
    })
    .await;
    hall.until("the gap is filled in", |state| {
        let feed = &state.feeds[&FeedName("mastodon test".to_owned())];
        !feed.coverage.filled_in.is_empty()
    })
    .await;
    clock.jump(Duration::from_mins(1));
    write(61);
    hall.until("the post after", |state| state.posts.len() == 62)
        .await;

    let report = hall.report();
    assert_eq!(report.figures.posts, 62);
    let asked = of(&report, "mastodon");
    assert_eq!(
        states(asked),
        [Read::Live, Read::FilledIn, Read::Live],
        "{asked:?}"
    );
    assert!(
        asked
            .statement
            .contains("(buzzwall was not running). Nothing is missing that the source still had."),
        "{}",
        asked.statement
    );
    let sent = of(&report, "ingest");
    assert_eq!(
        states(sent),
        [Read::Live, Read::Unknown, Read::Live],
        "{sent:?}"
    );
    assert!(
        sent.statement
            .starts_with("Open to those who send from 09:00:0")
            && sent.statement.contains(
                "and still open. Closed, so what was not sent again since is not known, 10 min"
            )
            && sent.statement.contains("(buzzwall was not running)"),
        "{}",
        sent.statement
    );
}
