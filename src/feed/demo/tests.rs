use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::script::{SCRIPT, Scene};
use super::*;
use crate::clock::{Clock, ManualClock};
use crate::feed::{FeedSettings, Item, Wanted};
use crate::post::{Kind, Post};
use crate::text::Tag;

fn start() -> Timestamp {
    "2026-05-09T09:00:00Z".parse().unwrap()
}

fn live(seed: u64, steps: usize) -> Vec<Item> {
    let mut day = Day::new(seed, format!("#{HASHTAG}"), start(), default_interval());
    (0..steps).map(|_| day.step()).collect()
}

fn posts(items: &[Item]) -> Vec<&Post> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Post(post) => Some(&**post),
            _ => None,
        })
        .collect()
}

/// A clock that tokio's paused time moves.
struct PausedClock(tokio::time::Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        start() + SignedDuration::try_from(self.0.elapsed()).unwrap()
    }
}

fn context(query: Query, clock: SharedClock) -> FeedContext {
    // Several tests may be first; which one installs it does not matter.
    drop(rustls::crypto::ring::default_provider().install_default());
    let wanted = Wanted {
        tags: query,
        ..Wanted::default()
    };
    FeedContext::new(
        wanted,
        clock,
        StdRng::seed_from_u64(9),
        reqwest::Client::new(),
    )
}

fn feed(settings: &Settings) -> Box<dyn Feed> {
    let clock = Arc::new(PausedClock(tokio::time::Instant::now()));
    build(settings, context(Query::default(), clock)).unwrap()
}

fn told(page: &Page) -> Vec<String> {
    page.items.iter().map(|item| format!("{item:?}")).collect()
}

#[test]
fn the_script_is_whole() {
    let mut keys = HashSet::new();
    let photos_exist = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/demo");
        file.join(format!("{name}.svg")).is_file()
    };
    for scene in &SCRIPT.posts {
        match scene {
            Scene::Post(draft) => {
                assert!(SCRIPT.people.contains_key(&draft.by), "{}", draft.by);
                assert!(
                    draft.of.as_ref().is_none_or(|of| keys.contains(of)),
                    "{draft:?}"
                );
                assert!(
                    draft
                        .photo
                        .as_ref()
                        .is_none_or(|it| SCRIPT.photos.contains_key(it))
                );
                assert!(
                    draft
                        .card
                        .as_ref()
                        .is_none_or(|it| SCRIPT.cards.contains_key(it))
                );
                assert_eq!(draft.votes.len(), draft.poll.len());
                assert_eq!(
                    draft.text.is_empty(),
                    draft.kind == Kind::Repost,
                    "{draft:?}"
                );
                assert_eq!(
                    draft.of.is_some(),
                    draft.kind != Kind::Original,
                    "{draft:?}"
                );
                if let Some(key) = &draft.key {
                    assert!(keys.insert(key.clone()), "{key} twice");
                }
            }
            Scene::Edit { edit: key, .. } | Scene::Delete { delete: key } => {
                assert!(keys.contains(key), "{key}");
            }
        }
    }
    for name in SCRIPT.photos.keys() {
        assert!(photos_exist(name), "{name}");
    }
    for person in SCRIPT.people.values() {
        if let Some(avatar) = &person.avatar {
            assert!(photos_exist(&format!("avatars/{avatar}")), "{avatar}");
        }
    }
    for deck in &SCRIPT.decks {
        assert!(deck.photos.is_empty() || deck.photos.len() == deck.lines.len());
        for photo in &deck.photos {
            assert!(SCRIPT.photos.contains_key(photo), "{photo}");
        }
        for frame in &deck.frames {
            assert!(frame.contains("{line}"), "{frame}");
            assert!(
                !frame.contains("{where}") || !deck.places.is_empty(),
                "{frame}"
            );
        }
    }
}

#[test]
fn nobody_and_no_place_in_it_is_real() {
    let invented = |host: &str| {
        host.split(['/', ' '])
            .next()
            .is_some_and(|host| host.ends_with(".example"))
    };
    for person in SCRIPT.people.values() {
        if let Some(handle) = &person.handle {
            assert!(invented(handle), "{handle}");
        }
    }
    for item in live(1, 2000) {
        let text = format!("{item:?}");
        for (at, scheme) in text.match_indices("https://") {
            assert!(
                invented(text[at + scheme.len()..].split(['"', '\\']).next().unwrap()),
                "{text}"
            );
        }
    }
}

#[test]
fn pictures_are_small_and_stand_by_themselves() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/demo");
    let mut seen = 0;
    for folder in [folder.clone(), folder.join("avatars")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|it| it != "svg") {
                continue;
            }
            seen += 1;
            let svg = std::fs::read_to_string(&path).unwrap();
            assert!(
                svg.len() < 6 * 1024,
                "{} is {} bytes",
                path.display(),
                svg.len()
            );
            for never in ["<script", "<image", "<style", "data:", " on"] {
                assert!(!svg.contains(never), "{}: {never}", path.display());
            }
        }
    }
    assert!(seen >= 22, "{seen}");
}

#[test]
fn the_same_seed_and_start_bring_the_same_day() {
    let tell = |seed| {
        live(seed, 1500)
            .iter()
            .map(|it| format!("{it:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(tell(1), tell(1));
    let texts = |seed| -> Vec<String> {
        let items = live(seed, 400);
        posts(&items).iter().map(|it| it.text.clone()).collect()
    };
    assert_ne!(texts(1), texts(2));
}

#[test]
fn an_hour_is_not_a_loop() {
    for seed in [1, 2, 77] {
        let items = live(seed, 1200);
        let posts = posts(&items);
        let authored: Vec<_> = posts
            .iter()
            .filter(|post| post.kind.is_authored())
            .collect();
        let distinct: HashSet<&str> = authored.iter().map(|post| post.text.as_str()).collect();
        assert!(
            distinct.len() * 10 >= authored.len() * 8,
            "{} of {}",
            distinct.len(),
            authored.len()
        );
        // Not even within ten minutes does anybody hear the same twice, but for short cries and answers.
        let longer: Vec<&str> = authored
            .iter()
            .map(|post| post.text.as_str())
            .filter(|text| text.chars().count() > 80)
            .collect();
        for window in longer.windows(150) {
            let different: HashSet<_> = window.iter().collect();
            assert_eq!(different.len(), window.len());
        }
        let ids: HashSet<_> = posts
            .iter()
            .filter(|post| post.edited_at.is_none())
            .map(|post| &post.id)
            .collect();
        let edits = posts.iter().filter(|post| post.edited_at.is_some()).count();
        assert_eq!(ids.len() + edits, posts.len());
    }
}

#[test]
fn every_post_is_sound_and_asked_for() {
    let tag = Tag::new(HASHTAG).unwrap();
    let mut seen = HashSet::new();
    for item in live(3, 3000) {
        let post = match item {
            Item::Post(post) => *post,
            Item::Deleted(id) => {
                assert!(seen.contains(&id), "{id} deleted before it was there");
                continue;
            }
            other => panic!("{other:?}"),
        };
        assert!(
            post.hashtags.iter().any(|it| Tag::new(it).unwrap() == tag),
            "{}",
            post.text
        );
        assert!(!post.text.contains(['{', '}']), "{}", post.text);
        assert!(!post.text.contains("  "), "{}", post.text);
        assert_eq!(post.clone().bounded(), Ok(post.clone()));
        if let Some(of) = &post.of {
            assert!(seen.contains(of), "{of} answered before it was there");
        }
        assert_eq!(post.of.is_some(), post.kind != Kind::Original);
        seen.insert(post.id);
    }
}

#[test]
fn everything_a_wall_must_cope_with_is_in_the_first_eight_minutes() {
    let items = live(1, SCRIPT.posts.len());
    assert!(items.len() >= 150, "{}", items.len());
    assert!(items.iter().any(|item| matches!(item, Item::Deleted(_))));
    let posts = posts(&items);
    let count = |wanted: &dyn Fn(&Post) -> bool| posts.iter().filter(|post| wanted(post)).count();
    for kind in [Kind::Original, Kind::Reply, Kind::Quote, Kind::Repost] {
        assert!(count(&|post| post.kind == kind) >= 3, "{kind:?}");
    }
    let languages: BTreeSet<_> = posts
        .iter()
        .filter_map(|it| it.language.as_deref())
        .collect();
    let wanted = ["ar", "cy", "de", "en", "es", "fr", "hi", "ja", "pl"];
    assert_eq!(languages.into_iter().collect::<Vec<_>>(), wanted);
    let sources: BTreeSet<_> = posts.iter().map(|post| post.source.as_str()).collect();
    assert_eq!(
        sources.into_iter().collect::<Vec<_>>(),
        ["audience", "bluesky", "mastodon"]
    );
    let short = HASHTAG.len() + 1 + 60;
    assert!(count(&|post| post.text.chars().count() < short) >= 40);
    assert!(count(&|post| post.text.chars().count() > 220) >= 2);
    assert!(count(&|post| !post.media.is_empty()) >= 12);
    assert_eq!(
        count(&|post| post.media.iter().any(|it| it.alt.is_none())),
        1
    );
    assert_eq!(count(&|post| post.sensitive), 1);
    assert_eq!(count(&|post| post.edited_at.is_some()), 1);
    assert!(count(&|post| post.warning.is_some()) >= 2);
    assert!(count(&|post| post.poll.is_some()) >= 2);
    assert!(count(&|post| post.card.is_some()) >= 4);
    assert!(count(&|post| post.author.name == "RANK ROCKET") >= 3);
    assert!(count(&|post| post.text.contains("idiot")) >= 1);
    let used: BTreeSet<_> = posts
        .iter()
        .flat_map(|post| &post.media)
        .map(|media| media.url.clone())
        .collect();
    assert!(used.len() >= 12, "{} pictures", used.len());
}

#[test]
fn an_edit_keeps_its_post_and_its_time() {
    let items = live(1, SCRIPT.posts.len());
    let posts = posts(&items);
    let edit = posts.iter().find(|post| post.edited_at.is_some()).unwrap();
    let first = posts.iter().find(|post| post.id == edit.id).unwrap();
    assert_eq!(first.edited_at, None);
    assert_eq!(first.created_at, edit.created_at);
    assert_ne!(first.text, edit.text);
    assert!(edit.edited_at > Some(edit.created_at));
}

#[test]
fn waits_vary_around_the_interval() {
    let items = live(5, 1000);
    let times: Vec<Timestamp> = posts(&items)
        .iter()
        .filter(|post| post.edited_at.is_none())
        .map(|post| post.created_at)
        .collect();
    let opening = &times[..SCRIPT.opening];
    assert_eq!(opening[0], start() - OPENING_AGO);
    assert!(opening.is_sorted() && opening.iter().all(|at| *at < start()));
    assert!(times.is_sorted());
    let waits: Vec<f64> = times[SCRIPT.opening..]
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]).as_secs_f64())
        .collect();
    // A deletion between two posts makes their distance longer.
    let usual: Vec<f64> = waits.iter().copied().filter(|wait| *wait <= 6.0).collect();
    assert!(usual.len() > waits.len() * 8 / 10);
    assert!(usual.iter().all(|wait| *wait >= 1.5));
    let mean = usual.iter().sum::<f64>() / usual.len() as f64;
    assert!((2.7..3.3).contains(&mean), "{mean}");
}

const OPENING_AGO: SignedDuration = SignedDuration::from_mins(40);

#[tokio::test(start_paused = true)]
async fn opens_with_history_and_goes_on_live() {
    let mut feed = feed(&Settings::default());
    let began = tokio::time::Instant::now();
    let first = feed.fetch(None).await.unwrap();
    assert!(first.history);
    assert_eq!(first.items.len(), SCRIPT.opening);
    assert_eq!(began.elapsed(), Duration::ZERO);
    let mut cursor = first.cursor;
    for _ in 0..50 {
        let page = feed.fetch(cursor.as_ref()).await.unwrap();
        assert!(!page.history);
        assert_eq!(page.items.len(), 1);
        let now = start() + SignedDuration::try_from(began.elapsed()).unwrap();
        if let Item::Post(post) = &page.items[0] {
            let off = now.duration_since(post.created_at).abs();
            assert!(off < SignedDuration::from_millis(5), "{off:#}");
        }
        cursor = page.cursor;
    }
    let seconds = began.elapsed().as_secs();
    assert!((100..200).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn from_every_cursor_a_new_feed_goes_on_with_the_same_posts() {
    let ids = |page: &Page| -> Vec<String> {
        page.items
            .iter()
            .map(|item| match item {
                Item::Post(post) => {
                    format!("{} {:?} {}", post.id, post.edited_at.is_some(), post.text)
                }
                other => format!("{other:?}"),
            })
            .collect()
    };
    let settings = Settings::default();
    let mut whole = feed(&settings);
    let mut cursor = None;
    for _ in 0..250 {
        let page = whole.fetch(cursor.as_ref()).await.unwrap();
        let again = feed(&settings).fetch(cursor.as_ref()).await.unwrap();
        assert_eq!(ids(&page), ids(&again));
        assert_eq!(
            page.cursor
                .as_ref()
                .map(|it| it.0.split(' ').nth(1).map(str::to_owned)),
            again
                .cursor
                .as_ref()
                .map(|it| it.0.split(' ').nth(1).map(str::to_owned))
        );
        cursor = page.cursor;
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_or_repeated_fetch_loses_nothing() {
    let mut feed = feed(&Settings::default());
    let first = feed.fetch(None).await.unwrap();
    assert_eq!(told(&first), told(&feed.fetch(None).await.unwrap()));
    let cursor = first.cursor.as_ref();
    let short = Duration::from_millis(100);
    assert!(
        tokio::time::timeout(short, feed.fetch(cursor))
            .await
            .is_err()
    );
    let second = feed.fetch(cursor).await.unwrap();
    assert_eq!(told(&second), told(&feed.fetch(cursor).await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_the_day_goes_on_from_now() {
    let clock = Arc::new(ManualClock::new(start()));
    let mut feed = build(
        &Settings::default(),
        context(Query::default(), clock.clone()),
    )
    .unwrap();
    let first = feed.fetch(None).await.unwrap();
    clock.advance(Duration::from_hours(1));
    let page = feed.fetch(first.cursor.as_ref()).await.unwrap();
    match &page.items[0] {
        Item::Post(post) => assert_eq!(post.created_at, clock.now()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn posts_carry_the_hashtags_that_are_asked_for() {
    let tags = |words: &[&str]| words.iter().map(|it| Tag::new(it).unwrap()).collect();
    for (any, all, expected) in [
        (vec!["foo", "bar"], vec![], "#foo"),
        (vec!["everyonesanexpert"], vec![], "#EveryonesAnExpert"),
        (vec![], vec![], "#EveryonesAnExpert"),
        (vec!["foo"], vec!["bar", "foo"], "#foo #bar"),
        (vec![], vec!["bar"], "#bar"),
    ] {
        let query = Query {
            any: tags(&any),
            all: tags(&all),
            none: Vec::new(),
        };
        assert_eq!(super::tags(&query), expected);
        let clock = Arc::new(ManualClock::new(start()));
        let mut feed = build(&Settings::default(), context(query.clone(), clock)).unwrap();
        for post in posts(&feed.fetch(None).await.unwrap().items) {
            let carried: Vec<Tag> = post
                .hashtags
                .iter()
                .map(|it| Tag::new(it).unwrap())
                .collect();
            assert!(query.matches(&carried), "{}", post.text);
        }
    }
}

#[test]
fn settings_are_read_and_checked() {
    assert_eq!(Settings::from_target(""), Ok(Settings::default()));
    assert_eq!(Settings::from_target("7").unwrap().seed, 7);
    assert!(Settings::from_target("x").unwrap_err().contains("demo="));
    let read = |text: &str| toml::from_str::<FeedSettings>(&format!("kind = \"demo\"\n{text}"));
    assert_eq!(read("").unwrap(), FeedSettings::Demo(Settings::default()));
    match read("seed = 4\ninterval = \"500ms\"").unwrap() {
        FeedSettings::Demo(settings) => {
            assert_eq!(settings.interval, SignedDuration::from_millis(500));
            assert_eq!(settings.validate(), Ok(()));
        }
        other => panic!("{other:?}"),
    }
    assert!(read("sed = 4").is_err());
    for bad in ["0s", "-3s", "2d"] {
        if let Ok(FeedSettings::Demo(settings)) = read(&format!("interval = \"{bad}\"")) {
            assert!(settings.validate().unwrap_err().contains("3s"), "{bad}");
        }
    }
}

#[test]
fn the_agenda_is_in_order_around_the_start() {
    let sessions = sessions(start());
    assert!(sessions.iter().all(|(_, from, to)| from < to));
    assert!(sessions.windows(2).all(|pair| pair[0].2 == pair[1].1));
    assert!(sessions[0].1 < start() && sessions[2].1 > start());
}
