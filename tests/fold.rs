//! The fold: whatever order, repetition, crash and replay there is, the wall comes out the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use buzzwall::clock::ManualClock;
use buzzwall::feed::{Cursor, FeedName, Item};
use buzzwall::journal::{
    Action, AuthorStanding, Journal, Seq, SqliteJournal, StageChange, To, Who,
};
use buzzwall::moderation::{Action as Outcome, Reason};
use buzzwall::post::{PictureHash, Post, PostId, Standing};
use buzzwall::wall::arrivals::Bringer;
use buzzwall::wall::assessing::{Answer, Assessment};
use buzzwall::wall::command::Act;
use buzzwall::wall::task::{self, Opening};
use buzzwall::wall::{Wall, WallState};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

/// Posts in play.
const POSTS: u32 = 24;

/// A post in one of its versions; everything about it follows from its number.
fn post(n: u32, version: u32) -> Post {
    let kind = match n % 6 {
        1 => "reply",
        2 => "quote",
        5 => "repost",
        _ => "original",
    };
    let second = i64::from(n) * 37 % 600;
    let words = if (n + version) % 7 == 3 {
        "abuse"
    } else {
        "hello"
    };
    let at = |second: i64| Timestamp::from_second(1_573_030_000 + second).expect("a time");
    serde_json::from_value(json!({
        "id": format!("test:{n}"), "source": "test", "kind": kind,
        "author": {"id": format!("test:author{}", n % 5)},
        "text": format!("{words} {n} in version {version} #expert2019 #day{}", n % 3),
        "created_at": at(second),
        "edited_at": (version > 0).then(|| at(1000 + i64::from(version))),
        "media": if n.is_multiple_of(4) { json!([{"kind": "image", "url": "https://example.org/x.png"}]) } else { json!([]) },
    }))
    .expect("it is a post")
}

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    /// A page of posts: number and version each.
    Page(Vec<(u32, u32)>),
    /// Posts gone at their source.
    Deleted(Vec<u32>),
    Decide(Action, u32),
    Undo,
    /// Something that is done and taken back.
    TakenBack(Box<Step>),
    Author(AuthorStanding, u32),
    Stage(StageChange),
    Settings(&'static str, Value),
    Erase(u32),
    /// Some that wait get their answers, by this number.
    Answers(u64),
    /// Half a minute.
    Time,
    /// The process is gone at once and starts again.
    Crash,
    /// It stops in order and starts again.
    Restart,
}

fn page() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0..POSTS, 0..3_u32), 0..12)
}

fn step() -> impl Strategy<Value = Step> {
    let action = prop::sample::select(vec![
        Action::Show,
        Action::Hide,
        Action::Hide,
        Action::Pin,
        Action::Unpin,
        Action::Highlight,
        Action::Stash,
    ]);
    let standing = prop::sample::select(vec![
        AuthorStanding::Blocked,
        AuthorStanding::Trusted,
        AuthorStanding::Normal,
    ]);
    let stage = prop::sample::select(vec![
        StageChange::Pause,
        StageChange::Resume { newest: Some(3) },
        StageChange::Resume { newest: None },
        StageChange::Blank,
        StageChange::Unblank,
    ]);
    let setting = prop::sample::select(vec![
        ("mode", json!("open")),
        ("mode", json!("held")),
        ("mode", json!("delayed")),
        ("mode", Value::Null),
        ("block_words", json!(["hello"])),
        ("block_words", Value::Null),
        ("reposts", json!("show")),
        ("reposts", json!("drop")),
        ("replies", json!("hold")),
        ("duplicates", json!("collapse")),
        ("max_per_author", json!({"posts": 2, "per": "1m"})),
        ("max_per_author", Value::Null),
        ("judge", json!({"url": "http://127.0.0.1:9/"})),
        ("judge", Value::Null),
        ("like_hidden_pictures", json!("hide")),
        ("like_hidden_pictures", Value::Null),
    ]);
    let taken_back = prop_oneof![
        3 => (action.clone(), 0..POSTS).prop_map(|(action, n)| Step::Decide(action, n)),
        1 => (standing.clone(), 0..5_u32).prop_map(|(standing, n)| Step::Author(standing, n)),
    ];
    prop_oneof![
        3 => taken_back.prop_map(|step| Step::TakenBack(Box::new(step))),
        8 => page().prop_map(Step::Page),
        1 => prop::collection::vec(0..POSTS, 1..3).prop_map(Step::Deleted),
        4 => (action, 0..POSTS).prop_map(|(action, n)| Step::Decide(action, n)),
        2 => Just(Step::Undo),
        2 => (standing, 0..5_u32).prop_map(|(standing, n)| Step::Author(standing, n)),
        2 => stage.prop_map(Step::Stage),
        2 => setting.prop_map(|(key, value)| Step::Settings(key, value)),
        1 => (0..5_u32).prop_map(Step::Erase),
        3 => any::<u64>().prop_map(Step::Answers),
        1 => Just(Step::Time),
        1 => Just(Step::Crash),
        1 => Just(Step::Restart),
    ]
}

/// A wall over a journal that outlives it.
struct Bench {
    journal: Arc<SqliteJournal>,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new() -> Self {
        let start: Timestamp = "2019-11-06T12:00:00Z".parse().expect("a time");
        Self {
            journal: Arc::new(SqliteJournal::in_memory().expect("memory is there")),
            clock: Arc::new(ManualClock::new(start)),
        }
    }

    /// Opens the wall as the service does, lets `steps` happen until one ends the process; gives those that are left.
    async fn live<'a>(&self, steps: &'a [Step]) -> (&'a [Step], WallState) {
        let Value::Object(file) = json!({
            "wall": {"hashtags": ["expert2019"], "from": "2019-11-06T08:47:00Z", "to": "2019-11-06T08:55:00Z"},
            "moderation": {"block_words": ["abuse"], "delay": "20s"},
        }) else {
            panic!("an object")
        };
        let opening = Opening {
            id: "test".to_owned(),
            journal: self.journal.clone(),
            settings: Some(file),
            read_list: Box::new(|_| Ok(Vec::new())),
            briefs: HashMap::new(),
            picture_key: None,
            clock: self.clock.clone(),
        };
        let (wall, task) = task::open(opening).await.expect("the journal is sound");
        let end = CancellationToken::new();
        let running = task.run(end.clone());
        tokio::pin!(running);
        let mut left = steps;
        let mut orderly = true;
        while let Some((step, rest)) = left.split_first() {
            left = rest;
            match step {
                Step::Crash => {
                    orderly = false;
                    break;
                }
                Step::Restart => break,
                step => tokio::select! {
                    ended = &mut running => panic!("the wall ended: {ended:?}"),
                    () = self.happen(&wall, step) => {}
                },
            }
        }
        if orderly {
            end.cancel();
            running.await.expect("it stops in order");
        }
        let state = wall.read().clone();
        (left, state)
    }

    /// All of it.
    async fn run(&self, mut steps: &[Step]) -> WallState {
        loop {
            let (left, state) = self.live(steps).await;
            if left.is_empty() {
                return state;
            }
            steps = left;
        }
    }

    async fn happen(&self, wall: &Arc<Wall>, step: &Step) {
        let feed = FeedName("replay test".to_owned());
        if let Step::TakenBack(step) = step {
            let ada = Who("ada".to_owned());
            let before = but_for_records(&wall.read());
            let Ok(done) = wall.act(ada.clone(), Self::act_of(step)).await else {
                return;
            };
            let decision = Some(done.seq);
            let undone = wall.act(ada, Act::Undo { decision }).await;
            undone.expect("it can be taken back");
            assert_eq!(
                but_for_records(&wall.read()),
                before,
                "{step:?} was taken back"
            );
            return;
        }
        let act = match step {
            Step::Page(page) => {
                let items = page
                    .iter()
                    .map(|(n, version)| Item::Post(Box::new(post(*n, *version))));
                let bringer = Bringer {
                    cursor: Some(Cursor(format!("{page:?}"))),
                    feed: Some(feed.clone()),
                    ..Bringer::default()
                };
                let prepared = wall.prepare(Some(&feed), items.collect());
                wall.offer(prepared, bringer)
                    .await
                    .expect("memory has room");
                return;
            }
            Step::Deleted(posts) => {
                let ids = posts
                    .iter()
                    .map(|n| Item::Deleted(PostId::new(format!("test:{n}"))));
                let prepared = wall.prepare(Some(&feed), ids.collect());
                let bringer = Bringer {
                    feed: Some(feed),
                    ..Bringer::default()
                };
                wall.offer(prepared, bringer)
                    .await
                    .expect("memory has room");
                return;
            }
            Step::Answers(number) => {
                answer(wall, *number).await;
                return;
            }
            Step::Time => {
                let half = Duration::from_secs(30);
                self.clock.advance(half);
                // Paused time passes at once, and whatever is due happens.
                tokio::time::sleep(half).await;
                return;
            }
            Step::Decide(..) | Step::Author(..) => Self::act_of(step),
            Step::Undo => Act::Undo { decision: None },
            Step::Stage(change) => Act::Stage(change.clone()),
            Step::Settings(key, value) => {
                let mut values = Map::new();
                values.insert("moderation".to_owned(), json!({ *key: value }));
                Act::Settings {
                    values,
                    to: if value.is_null() { To::New } else { To::All },
                    made: None,
                }
            }
            Step::Erase(n) => Act::Erase {
                author: format!("test:author{n}"),
            },
            Step::TakenBack(_) => unreachable!("this is two acts"),
            Step::Crash | Step::Restart => unreachable!("these end the process"),
        };
        // What names a post that never came is refused, which is right.
        drop(wall.act(Who("ada".to_owned()), act).await);
    }

    fn act_of(step: &Step) -> Act {
        match step {
            Step::Decide(action, n) => Act::Decide {
                action: *action,
                posts: vec![format!("test:{n}")],
                reason: None,
                seen: None,
            },
            Step::Author(standing, n) => Act::Author {
                author: format!("test:author{n}"),
                standing: *standing,
            },
            other => unreachable!("{other:?} is no decision"),
        }
    }

    /// The journal folded anew, checked at every record.
    async fn replayed(&self) -> WallState {
        task::fold("test", self.journal.as_ref())
            .await
            .expect("the journal is sound")
    }
}

/// Answers on posts that wait, one of them on a text that is not there any more.
async fn answer(wall: &Wall, number: u64) {
    let objects = |at: usize| (number >> at) & 1 == 1;
    let judged = wall.to_judge(3, |_| false);
    let judged = judged.into_iter().enumerate().map(|(at, question)| {
        let outcome = [Standing::Held, Standing::Hidden][usize::from(objects(at + 8))];
        let reason = objects(at).then(|| Reason::of("judge", outcome));
        (question.key, Answer::Judged(reason.into_iter().collect()))
    });
    let looked_at = wall.to_look_at(3, |_| false);
    let looked_at = looked_at.into_iter().enumerate().map(|(at, question)| {
        let answer = Answer::Seen {
            pictures: vec![PictureHash(number >> (at * 8))],
            unseen: objects(at + 16).then(|| "it is gone".to_owned()),
        };
        (question.key, answer)
    });
    let mut answers: Vec<Assessment> = judged
        .chain(looked_at)
        .map(|(key, answer)| Assessment { key, answer })
        .collect();
    if let Some(mut stale) = answers.first().cloned() {
        stale.key.1 = Seq(stale.key.1.0 - 1);
        answers.push(stale);
    }
    let waiting = |state: &WallState| state.awaiting.judge.len();
    let before = waiting(&wall.read());
    let count = answers.iter();
    let count = count.filter(|it| matches!(it.answer, Answer::Judged(_)) && !is_stale(it, wall));
    let count = count.count();
    assert!(wall.assess(answers).await, "memory has room");
    assert_eq!(waiting(&wall.read()), before - count);
}

fn is_stale(answer: &Assessment, wall: &Wall) -> bool {
    let state = wall.read();
    state.post(answer.key.0).map(|post| post.judged) != Some(answer.key.1)
}

/// All that anybody could see of a wall.
fn seen(state: &WallState) -> Vec<String> {
    let mut seen = vec![
        format!("{:?} {:?} {:?}", state.epoch, state.tip, state.tip_at),
        format!("{:?} {:?} {:?}", state.stage, state.feeds, state.notes),
        format!("{:?}", state.decisions),
        state.settings.explained().to_string(),
        serde_json::to_string(&state.tallies.figures()).expect("figures are JSON"),
        format!("{:?} {:?}", state.public_posts(), state.staff_posts()),
        format!("{:?}", state.delayed().collect::<Vec<_>>()),
        format!("{:?}", state.awaiting),
    ];
    seen.extend(state.posts.iter().map(|post| format!("{post:?}")));
    seen.extend(state.authors.iter().map(|author| format!("{author:?}")));
    seen
}

/// All that is known of a wall, but for the records themselves: when each post changed last, and what people did.
fn but_for_records(state: &WallState) -> Vec<String> {
    let mut state = state.clone();
    let none = WallState::new("test", state.epoch.clone());
    (state.tip, state.tip_at, state.decisions) = (none.tip, none.tip_at, none.decisions);
    // Whether the public sees what changed in a pause depends on when it changed.
    state.stage.paused_at = None;
    for post in &mut state.posts {
        post.changed = Seq(0);
    }
    let mut known = seen(&state);
    known.push(format!(
        "{:?} {:?} {:?}",
        state.queues,
        state.rules,
        state.tallies.top_hashtags(9)
    ));
    known
}

/// What follows from the posts alone, by an independent count.
fn counted(latest: &BTreeMap<u32, u32>, deleted: &BTreeSet<u32>) -> BTreeMap<&'static str, u64> {
    let (from, to) = (1_573_030_020_i64, 1_573_030_500_i64);
    let mut counts = BTreeMap::new();
    let (mut people, mut reposters) = (BTreeSet::new(), BTreeSet::new());
    let mut minutes: BTreeMap<i64, u64> = BTreeMap::new();
    for (&n, &version) in latest {
        let post = post(n, version);
        let at = post.created_at.as_second();
        if !(from..to).contains(&at) {
            continue;
        }
        let gone = deleted.contains(&n);
        // Like shown, held and hidden: of posts alone.
        *counts.entry("deleted").or_default() += u64::from(gone && post.kind.is_authored());
        if gone {
            continue;
        }
        if !post.kind.is_authored() {
            *counts.entry("reposts").or_default() += 1;
            reposters.insert(n % 5);
            continue;
        }
        *counts.entry("posts").or_default() += 1;
        let hidden = post.text.starts_with("abuse");
        *counts
            .entry(if hidden { "hidden" } else { "shown" })
            .or_default() += 1;
        people.insert(n % 5);
        *minutes.entry(at / 60).or_default() += 1;
    }
    counts.insert("participants", people.len() as u64);
    counts.insert(
        "repost_only_participants",
        reposters.difference(&people).count() as u64,
    );
    counts.insert("peak", minutes.values().max().copied().unwrap_or(0));
    counts.retain(|_, count| *count > 0);
    counts
}

fn figures(state: &WallState) -> BTreeMap<&'static str, u64> {
    let figures = serde_json::to_value(state.tallies.figures()).expect("figures are JSON");
    let keys = [
        "posts",
        "reposts",
        "shown",
        "hidden",
        "deleted",
        "participants",
        "repost_only_participants",
    ];
    let mut counts: BTreeMap<&'static str, u64> = keys
        .into_iter()
        .map(|key| (key, figures[key].as_u64().expect("a count")))
        .collect();
    counts.insert(
        "peak",
        figures["peak_minute"]["posts"].as_u64().unwrap_or(0),
    );
    counts.retain(|_, count| *count > 0);
    counts
}

fn paused<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be made")
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens: the live state is the fold of its journal, and its tallies are a recount.
    #[test]
    fn a_replay_is_the_wall_as_it_was(steps in prop::collection::vec(step(), 1..40)) {
        paused(async {
            let bench = Bench::new();
            let live = bench.run(&steps).await;
            prop_assert!(live.tallies == live.recount(), "tallies");
            let rules = &live.settings.moderation;
            let looks = rules.like_hidden_pictures != Outcome::Show;
            prop_assert!(rules.judge.is_some() || looks || live.awaiting.unanswered.is_empty());
            prop_assert!(rules.judge.is_some() || live.awaiting.judge.is_empty());
            let replayed = bench.replayed().await;
            prop_assert_eq!(seen(&live), seen(&replayed));
            prop_assert!(live.tallies == replayed.tallies);
            Ok(())
        })?;
    }

    /// Posts in any order, repeated and cut into pages at will, over crashes: the same wall, and the count of our own.
    #[test]
    fn order_repetition_and_crashes_do_not_count(
        pages in prop::collection::vec(page(), 1..12),
        deleted in subsequence((0..POSTS).collect::<Vec<_>>(), 0..5),
        seed in any::<u64>(),
    ) {
        let mut latest: BTreeMap<u32, u32> = BTreeMap::new();
        for (n, version) in pages.iter().flatten() {
            let known = latest.entry(*n).or_insert(*version);
            *known = (*known).max(*version);
        }
        let deleted: BTreeSet<u32> = deleted.into_iter().filter(|n| latest.contains_key(n)).collect();
        let gone = Step::Deleted(deleted.iter().copied().collect());
        let straight: Vec<Step> = pages.iter().cloned().map(Step::Page).chain([gone.clone()]).collect();

        // The same in another order and in other pages, some twice, crashes between.
        let mut all: Vec<(u32, u32)> = pages.into_iter().flatten().collect();
        let mut random = seed | 1;
        let mut below = |most: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % most.max(1) as u64).expect("small")
        };
        for at in (1..all.len()).rev() {
            all.swap(at, below(at + 1));
        }
        let mut crooked = Vec::new();
        let mut rest = all.as_slice();
        while !rest.is_empty() {
            let (page, after) = rest.split_at((1 + below(8)).min(rest.len()));
            crooked.push(Step::Page(page.to_vec()));
            match below(4) {
                0 => crooked.push(Step::Crash),
                // What was stored and not acknowledged comes again.
                1 => crooked.extend([Step::Crash, Step::Page(page.to_vec())]),
                _ => {}
            }
            rest = after;
        }
        crooked.extend([gone.clone(), Step::Crash, Step::Page(all.clone()), gone]);

        paused(async {
            let (one, other) = (Bench::new(), Bench::new());
            let (straight, crooked) = (one.run(&straight).await, other.run(&crooked).await);
            prop_assert_eq!(figures(&straight), counted(&latest, &deleted));
            prop_assert_eq!(figures(&crooked), counted(&latest, &deleted));
            let texts = |state: &WallState| -> BTreeSet<(String, String, String)> {
                let contents = state.posts.iter().filter_map(|post| Some((post.standing, post.content.as_ref()?.post().ok()?)));
                contents.map(|(standing, post)| (post.id.to_string(), post.text, standing.to_string())).collect()
            };
            prop_assert_eq!(texts(&straight), texts(&crooked));
            Ok(())
        })?;
    }

    /// Cut off anywhere, a journal is a wall, and goes on from there as if nothing had been after.
    #[test]
    fn every_beginning_of_a_journal_is_sound(steps in prop::collection::vec(step(), 1..25)) {
        paused(async {
            let bench = Bench::new();
            bench.run(&steps).await;
            let records = bench.journal.read(Seq(1), 100_000).await.expect("memory can be read");
            let mut state = WallState::new("test", bench.journal.epoch());
            for record in records {
                let content = record.content.as_ref().map(|json| {
                    Arc::new(buzzwall::intake::Content::parse(json).expect("content is sound"))
                });
                state.apply(&record, content).expect("records fit");
                prop_assert!(state.tallies == state.recount(), "after record {}", record.seq);
                let (rules, authors) = state.recount_rules();
                prop_assert_eq!(&state.rules, &rules, "after record {}", record.seq);
                let so_far: Vec<_> = state.authors.iter().map(|author| author.so_far).collect();
                prop_assert_eq!(so_far, authors, "after record {}", record.seq);
                let figures = state.tallies.figures();
                prop_assert_eq!(figures.shown + figures.held + figures.hidden, figures.posts);
            }
            Ok(())
        })?;
    }
}
