//! A source that is away in the middle of an event, on a wall: afterwards nothing is missing, nothing is doubled, and the
//! report says exactly what happened.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use buzzwall::clock::Clock;
use buzzwall::feed::FeedName;
use buzzwall::feed::supervisor::FeedState;
use buzzwall::report::Read;
use jiff::SignedDuration;

use super::hall::{Hall, JumpingClock};
use super::rig::{Fault, START, Source, TAG, build};

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
