//! The `mastodon` feed against a server that speaks its API and fails in all its ways.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use buzzwall::clock::{Clock, ManualClock};
use buzzwall::feed::mastodon::convert;
use buzzwall::feed::{
    Cursor, Feed, FeedContext, FeedError, FeedSettings, Item, Next, Page, Reason, Wanted, http,
};
use buzzwall::post::{FacetKind, Kind, MediaKind, Post};
use buzzwall::text::{Query, Tag};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use support::mastodon::{Fault, Server, fixtures, recorded, status};

const START: &str = "2019-11-06T09:00:00Z";
const TAG: &str = "Expert2019";
const TIMELINE: &str = "/api/v1/timelines";

/// A feed and everything that it brought, as a wall would keep it.
struct Wall {
    feed: Box<dyn Feed>,
    cursor: Option<Cursor>,
    clock: Arc<ManualClock>,
    /// The times each post came.
    came: BTreeMap<String, u32>,
    posts: BTreeMap<String, Post>,
    /// In the order of arrival.
    order: Vec<String>,
    deleted: Vec<String>,
    refused: Vec<Reason>,
    live: Vec<String>,
    /// What the feed said last is not as it should be.
    note: Option<String>,
    complete_since: Vec<Timestamp>,
}

/// How a wall is set up in a test.
struct Setup {
    server: String,
    token: Option<&'static str>,
    backfill: u32,
    any: Vec<String>,
    none: Vec<String>,
    accounts: Vec<&'static str>,
    lists: Vec<&'static str>,
    mentions: Vec<&'static str>,
    from: Option<Timestamp>,
    cursor: Option<Cursor>,
    http: reqwest::Client,
}

impl Setup {
    fn new(server: &Server) -> Self {
        Self {
            server: server.url(),
            token: None,
            backfill: 400,
            any: vec![TAG.to_owned()],
            none: Vec::new(),
            accounts: Vec::new(),
            lists: Vec::new(),
            mentions: Vec::new(),
            from: None,
            cursor: None,
            http: http::http_client(&http::agent(None)),
        }
    }

    fn wall(self) -> Wall {
        let mut settings = json!({"kind": "mastodon", "server": self.server, "backfill": self.backfill, "stream": false});
        if let Some(token) = self.token {
            settings["token"] = json!(token);
        }
        let settings: FeedSettings = serde_json::from_value(settings).expect("settings are right");
        let clock = Arc::new(ManualClock::new(time(START)));
        let people = |who: &[&str]| who.iter().map(ToString::to_string).collect();
        let tags = |words: &[String]| words.iter().map(|w| Tag::new(w).expect("a tag")).collect();
        let feed = settings
            .build(FeedContext {
                from: self.from,
                ..FeedContext::new(
                    Wanted {
                        tags: Query {
                            any: tags(&self.any),
                            none: tags(&self.none),
                            ..Query::default()
                        },
                        accounts: people(&self.accounts),
                        lists: people(&self.lists),
                        mentions: people(&self.mentions),
                    },
                    Arc::clone(&clock) as Arc<dyn Clock>,
                    StdRng::seed_from_u64(1),
                    self.http,
                )
            })
            .expect("settings are right");
        Wall {
            feed,
            cursor: self.cursor,
            clock,
            came: BTreeMap::new(),
            posts: BTreeMap::new(),
            order: Vec::new(),
            deleted: Vec::new(),
            refused: Vec::new(),
            live: Vec::new(),
            note: None,
            complete_since: Vec::new(),
        }
    }
}

impl Wall {
    async fn fetch(&mut self) -> Result<Page, FeedError> {
        self.feed.fetch(self.cursor.as_ref()).await
    }

    fn store(&mut self, page: Page) {
        self.cursor = page.cursor.or(self.cursor.take());
        self.note = page.note;
        self.complete_since.extend(page.complete_since);
        for item in page.items {
            match item {
                Item::Post(post) => {
                    let id = post.id.to_string();
                    *self.came.entry(id.clone()).or_default() += 1;
                    self.order.push(id.clone());
                    if !page.history {
                        self.live.push(id.clone());
                    }
                    self.posts.insert(id, *post);
                }
                Item::Deleted(id) => {
                    self.posts.remove(id.as_str());
                    self.deleted.push(id.to_string());
                }
                Item::Refused(refusal) => self.refused.push(refusal.reason),
                other => panic!("{other:?}"),
            }
        }
    }

    /// One page.
    async fn step(&mut self) -> Next {
        let page = self.fetch().await.expect("the server answers");
        let next = page.next;
        self.store(page);
        next
    }

    /// Reads all that can be read at once; says how long to wait then.
    async fn read(&mut self) -> Duration {
        for _ in 0..1000 {
            if let Next::After(wait) = self.step().await {
                return wait;
            }
        }
        panic!("the feed never rests");
    }

    /// Lets time pass, reading whenever the feed asks for it.
    async fn pass(&mut self, time: Duration) {
        let mut left = time;
        let mut wait = self.read().await;
        while wait <= left {
            // A clock of whole milliseconds rounds down.
            let wait_ms = wait + Duration::from_millis(1);
            self.clock.advance(wait_ms);
            left = left.saturating_sub(wait_ms);
            wait = self.read().await;
        }
        self.clock.advance(left);
    }

    fn now(&self) -> String {
        self.clock.now().to_string()
    }

    fn texts(&self) -> Vec<&str> {
        self.order
            .iter()
            .filter_map(|id| self.posts.get(id))
            .map(|post| post.text.split(" #").next().unwrap_or_default())
            .collect()
    }

    fn all_came_once(&self) {
        let often: Vec<_> = self.came.iter().filter(|(_, times)| **times > 1).collect();
        assert!(often.is_empty(), "{often:?}");
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn push_many(server: &Server, range: std::ops::Range<u32>, created_at: &str) -> Vec<String> {
    range
        .map(|n| server.push(&format!("post {n}"), &[TAG], created_at))
        .collect()
}

// What a status becomes.

fn converted(name: &str) -> Result<Post, Reason> {
    let status = &fixtures()[name];
    let body = json!([status]).to_string();
    let mut read = convert::statuses(body.as_bytes(), "social.example.org").expect("a page");
    assert_eq!(read.len(), 1);
    assert_eq!(Some(read[0].id.as_str()), status["id"].as_str());
    match read.remove(0).item {
        Item::Post(post) => Ok(*post),
        Item::Refused(refusal) => Err(refusal.reason),
        other => panic!("a status is no {other:?}"),
    }
}

fn post(name: &str) -> Post {
    converted(name).expect("it is taken")
}

fn marked(post: &Post) -> Vec<(FacetKind, &str, &str)> {
    post.facets
        .iter()
        .map(|f| (f.kind, &post.text[f.start..f.end], f.target.as_str()))
        .collect()
}

#[test]
fn a_plain_status_is_read_in_full() {
    let post = post("plain");
    assert_eq!(
        post.id.as_str(),
        "mastodon:https://social.example.org/users/ada/statuses/103000000000000001"
    );
    assert_eq!(
        post.text,
        "Good morning from the front row! #Expert2019\n\nSlides: slides.example.org/keynote/2019… by @bea"
    );
    assert_eq!(
        marked(&post),
        [
            (FacetKind::Hashtag, "#Expert2019", "Expert2019"),
            (
                FacetKind::Link,
                "slides.example.org/keynote/2019…",
                "https://slides.example.org/keynote/2019/first-part"
            ),
            (
                FacetKind::Mention,
                "@bea",
                "https://social.example.org/@bea"
            ),
        ]
    );
    assert_eq!(post.hashtags, ["Expert2019"]);
    assert_eq!(
        post.author.id.as_str(),
        "mastodon:https://social.example.org/users/ada"
    );
    assert_eq!(post.author.handle, "@ada@social.example.org");
    assert_eq!(post.author.name, "Ada Example");
    assert_eq!(post.author.followers, Some(12));
    assert_eq!(post.author.created_at, Some(time("2018-03-04T00:00:00Z")));
    assert_eq!(
        (post.counts.replies, post.counts.reposts, post.counts.likes),
        (1, 2, 3)
    );
    assert_eq!(post.card.as_ref().expect("a card").title, "The keynote");
    assert_eq!(post.kind, Kind::Original);
    assert_eq!(post.language.as_deref(), Some("en"));
    assert_eq!(post.created_at, time("2019-11-06T09:01:07Z"));
    assert_eq!((post.warning.as_deref(), post.edited_at), (None, None));
}

#[test]
fn warnings_media_and_polls_are_kept() {
    let warned = post("warning");
    assert_eq!(warned.warning.as_deref(), Some("Spoilers for the play"));
    assert!(warned.sensitive);

    let pictures = post("media").media;
    assert_eq!(
        pictures[0].alt.as_deref(),
        Some("A full lecture hall, seen from the stage")
    );
    assert_eq!(
        (pictures[0].width, pictures[0].height),
        (Some(1600), Some(900))
    );
    assert_eq!(
        pictures[1].url.as_deref(),
        Some("https://files.example.org/2.jpg")
    );
    assert_eq!((pictures[1].width, &pictures[1].alt), (None, &None));
    assert_eq!(
        (&pictures[2].url, &pictures[2].preview, &pictures[2].alt),
        (&None, &None, &None)
    );

    let kinds: Vec<_> = post("gifv").media.iter().map(|media| media.kind).collect();
    assert_eq!(
        kinds,
        [
            MediaKind::Gif,
            MediaKind::Video,
            MediaKind::Audio,
            MediaKind::Unknown
        ]
    );

    let poll = post("poll").poll.expect("a poll");
    assert!(poll.multiple);
    assert_eq!(poll.ends_at, Some(time("2019-11-06T12:00:00Z")));
    let options: Vec<_> = poll
        .options
        .iter()
        .map(|o| (o.text.as_str(), o.votes))
        .collect();
    assert_eq!(options, [("Soup", Some(3)), ("Salad", None)]);
}

#[test]
fn emoji_of_text_and_name_come_along() {
    let post = post("emoji");
    assert_eq!(post.author.name, "Bea :star: Example");
    let emojis: Vec<_> = post
        .emojis
        .iter()
        .map(|e| (e.shortcode.as_str(), e.url.as_str()))
        .collect();
    assert_eq!(
        emojis,
        [
            ("ferris", "https://social.example.org/e/ferris.png"),
            ("star", "https://social.example.org/e/star.png"),
        ]
    );
    let emoji = (FacetKind::Emoji, ":ferris:", "ferris");
    assert_eq!(
        marked(&post),
        [
            emoji,
            (FacetKind::Hashtag, "#Expert2019", "Expert2019"),
            emoji
        ]
    );
}

#[test]
fn relations_are_told_apart() {
    let plain = post("plain").id;
    let reply = post("reply");
    assert_eq!((reply.kind, reply.of), (Kind::Reply, None));
    assert_eq!(reply.author.handle, "@carl@elsewhere.example.org");
    let quote = post("quote");
    assert_eq!((quote.kind, quote.of.as_ref()), (Kind::Quote, Some(&plain)));
    let pending = post("quote_pending");
    assert_eq!((pending.kind, pending.of), (Kind::Quote, None));
    let boost = post("boost");
    assert_eq!(
        (boost.kind, boost.of.as_ref()),
        (Kind::Repost, Some(&plain))
    );
    assert_eq!(boost.author.handle, "@hana@social.example.org");
    assert_ne!(boost.id, plain);
    assert_eq!(boost.hashtags, ["Expert2019"]);
    assert_eq!(post("edited").edited_at, Some(time("2019-11-06T10:30:00Z")));
}

#[test]
fn wishes_and_visibility_are_respected() {
    for (name, reason) in [
        ("nobot", Reason::OptedOut),
        ("noindex", Reason::OptedOut),
        ("limited", Reason::OptedOut),
        ("boost_of_nobot", Reason::OptedOut),
        ("unlisted", Reason::NotPublic),
        ("malformed", Reason::Malformed),
        ("no_account", Reason::Malformed),
    ] {
        assert_eq!(converted(name).err(), Some(reason), "{name}");
    }
    assert_eq!(post("not_indexable").author.indexable, Some(false));
}

#[test]
fn hostile_statuses_are_harmless() {
    let hostile = post("hostile");
    assert_eq!(hostile.text, "Hello click <b>bold</b> #Expert2019");
    assert_eq!(
        marked(&hostile),
        [(FacetKind::Hashtag, "#Expert2019", "Expert2019")]
    );
    assert_eq!(hostile.author.name, "Gus & Co");
    assert_eq!(
        (&hostile.author.avatar, &hostile.author.url),
        (&None, &None)
    );
    assert_eq!(hostile.warning.as_deref(), Some("reversed"));
    let url = hostile.url.expect("the uri");
    assert!(url.starts_with("https://"), "{url}");

    assert_eq!(
        post("right_to_left").text,
        "evil and isolated שלום #Expert2019"
    );
    assert_eq!(post("year_1970").created_at, Timestamp::UNIX_EPOCH);
    assert_eq!(post("far_future").created_at, time("2999-12-31T23:59:59Z"));
    let many = post("many_facets");
    assert_eq!((many.facets.len(), many.hashtags.len()), (300, 300));
    assert_eq!(many.hashtags[0], "Tag0");
}

#[test]
fn dialects_and_absent_fields_are_understood() {
    let least = post("nulls");
    assert_eq!(least.author.handle, "@jo@social.example.org");
    assert_eq!(least.author.id.as_str(), "mastodon:@jo@social.example.org");
    assert_eq!(least.hashtags, ["Expert2019"]);
    let snac = post("snac");
    assert_eq!(snac.text, "hello here #expert2019");
    assert_eq!(snac.author.handle, "@lou@snac.example.org");
    assert_eq!(
        post("spelling").hashtags,
        ["KünstlicheIntelligenz", "ＥＸＰＥＲＴ2019", "unseen"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_pages_never_do_harm(
        name in sample::select(fixtures().into_keys().collect::<Vec<_>>()),
        damage in proptest::collection::vec((any::<sample::Index>(), any::<u8>()), 0..6),
        cut in any::<sample::Index>(),
    ) {
        let whole = json!([fixtures()[&name], fixtures()["plain"]]).to_string().into_bytes();
        let mut damaged = whole.clone();
        for (at, byte) in &damage {
            let at = at.index(damaged.len());
            damaged[at] = *byte;
        }
        let cut = whole[..cut.index(whole.len())].to_vec();
        for body in [damaged, cut] {
            for read in convert::statuses(&body, "social.example.org").unwrap_or_default() {
                if let Item::Post(post) = read.item {
                    let bounded = post.clone().bounded().expect("ids and texts are short");
                    prop_assert_eq!(bounded.facets, post.facets);
                }
            }
        }
    }
}

// Reading a server.

#[tokio::test]
async fn every_kind_of_status_comes_through_a_page_once() {
    let server = Server::start().await;
    for status in fixtures().into_values() {
        server.insert(status);
    }
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_mins(2)).await;
    wall.all_came_once();
    let count = |reason| wall.refused.iter().filter(|r| **r == reason).count();
    // The boosts carry no fixture's own tag but that of what they pass on.
    assert_eq!(count(Reason::OptedOut), 3, "{:?}", wall.refused);
    assert_eq!(count(Reason::NotPublic), 1);
    let reply = wall
        .posts
        .values()
        .find(|p| p.kind == Kind::Reply)
        .expect("a reply");
    assert_eq!(reply.of, Some(post("plain").id));
}

#[tokio::test]
async fn a_busy_minute_loses_nothing() {
    let server = Server::start().await;
    push_many(&server, 0..10, START);
    let mut wall = Setup::new(&server).wall();
    wall.read().await;
    assert!(wall.live.is_empty(), "the first pages are history");
    server.requests();
    let now = wall.now();
    let ids = push_many(&server, 10..190, &now);
    wall.pass(Duration::from_secs(12)).await;
    wall.all_came_once();
    assert_eq!(wall.live.len(), ids.len());
    let expected: Vec<String> = (0..190).map(|n| format!("post {n}")).collect();
    assert_eq!(wall.texts(), expected);
    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|r| r.contains("min_id=") && r.contains("limit=40")),
        "{requests:?}"
    );
    assert_eq!(
        requests.len(),
        6,
        "five pages and the empty one after them: {requests:?}"
    );
}

#[tokio::test]
async fn posts_before_there_were_any_are_not_history() {
    let server = Server::start().await;
    let mut wall = Setup::new(&server).wall();
    wall.read().await;
    let now = wall.now();
    push_many(&server, 0..100, &now);
    wall.pass(Duration::from_secs(30)).await;
    wall.all_came_once();
    assert_eq!((wall.posts.len(), wall.live.len()), (100, 100));
}

#[tokio::test]
async fn the_first_start_walks_back_as_far_as_wanted() {
    let server = Server::start().await;
    for (n, minute) in (0..150).zip(0_i32..) {
        let written =
            time("2019-11-05T09:00:00Z") + Duration::from_mins(minute.unsigned_abs().into());
        server.push(&format!("post {n}"), &[TAG], &written.to_string());
    }
    for (backfill, from, expected) in [
        (0, None, 0..0),
        (30, None, 0..30),
        (100, None, 0..100),
        (400, None, 0..150),
        // The whole page that reaches the moment is taken.
        (400, Some("2019-11-05T11:00:00Z"), 0..80),
        (0, Some("2019-11-05T11:00:00Z"), 0..0),
    ] {
        let mut wall = Setup {
            backfill,
            from: from.map(time),
            ..Setup::new(&server)
        }
        .wall();
        // The newest page again, which shows more than was wanted, changes nothing.
        wall.pass(Duration::from_mins(3)).await;
        wall.all_came_once();
        let mut numbers: Vec<usize> = wall
            .texts()
            .iter()
            .map(|text| text.trim_start_matches("post ").parse().expect("a number"))
            .collect();
        numbers.sort_unstable();
        let newest: Vec<usize> = (150 - expected.end..150).collect();
        assert_eq!(numbers, newest, "backfill {backfill} from {from:?}");
        assert!(wall.live.is_empty());
    }
}

#[tokio::test]
async fn a_crash_in_the_middle_of_the_walk_back_loses_nothing() {
    let server = Server::start().await;
    push_many(&server, 0..200, "2019-11-06T08:00:00Z");
    let mut wall = Setup::new(&server).wall();
    wall.step().await;
    wall.step().await;
    assert_eq!(
        wall.posts.len(),
        80,
        "the newest two pages are on the wall already"
    );
    // The third page is read but not stored; meanwhile more is written.
    wall.fetch().await.expect("the server answers");
    push_many(&server, 200..250, START);
    let mut again = Setup {
        cursor: wall.cursor.clone(),
        ..Setup::new(&server)
    }
    .wall();
    again.pass(Duration::from_mins(2)).await;
    again.posts.append(&mut wall.posts);
    assert_eq!(again.posts.len(), 250);
    // The same without a new process: the supervisor comes with the older cursor.
    let mut same = Setup::new(&server).wall();
    same.step().await;
    same.fetch().await.expect("the server answers");
    same.pass(Duration::from_mins(2)).await;
    assert_eq!(same.posts.len(), 250);
}

#[tokio::test]
async fn a_restart_goes_on_from_the_cursor() {
    let server = Server::start().await;
    let ids: Vec<String> = (0..100)
        .map(|n| {
            let written = time("2019-11-06T07:00:00Z") + Duration::from_secs(n);
            server.push(&format!("post {n}"), &[TAG], &written.to_string())
        })
        .collect();
    let mut wall = Setup {
        backfill: 50,
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_secs(5)).await;
    assert_eq!(wall.posts.len(), 50);
    push_many(&server, 100..160, "2019-11-06T08:59:00Z");
    let mut again = Setup {
        backfill: 50,
        cursor: wall.cursor.clone(),
        ..Setup::new(&server)
    }
    .wall();
    again.pass(Duration::from_secs(9)).await;
    for n in 100..160 {
        assert!(again.texts().contains(&format!("post {n}").as_str()), "{n}");
    }
    assert!(
        !again.texts().contains(&"post 49"),
        "what was left out before stays so"
    );
    assert!(again.live.is_empty(), "written before this start");
    // It knows again what it delivered before.
    server.delete(&ids[55]);
    again.pass(Duration::from_mins(10)).await;
    assert_eq!(again.deleted.len(), 1);
    let now = again.now();
    server.push("new", &[TAG], &now);
    again.pass(Duration::from_secs(12)).await;
    assert_eq!(again.live.len(), 1);
}

#[tokio::test]
async fn what_was_left_out_at_the_first_start_stays_so_after_a_restart() {
    let server = Server::start().await;
    for n in 0..100 {
        let written = time("2019-11-06T07:00:00Z") + Duration::from_secs(n);
        server.push(&format!("post {n}"), &[TAG], &written.to_string());
    }
    for backfill in [0, 10] {
        let setup = || Setup {
            backfill,
            ..Setup::new(&server)
        };
        let mut wall = setup().wall();
        wall.read().await;
        let mut again = Setup {
            cursor: wall.cursor,
            ..setup()
        }
        .wall();
        again.pass(Duration::from_mins(3)).await;
        let most = usize::try_from(backfill).expect("a small number");
        assert_eq!(again.posts.len(), most);
    }
}

#[tokio::test]
async fn late_arrivals_and_edits_are_noticed_within_a_minute() {
    let server = Server::start().await;
    push_many(&server, 0..5, START);
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_secs(30)).await;
    // Below the cursor, as a server files what it learns late.
    server.insert(status("103000000000000999", "late", &[TAG], START));
    let edited = push_many(&server, 5..6, START).remove(0);
    wall.pass(Duration::from_secs(15)).await;
    assert_eq!(wall.posts.len(), 6);
    server.edit(&edited, |status| {
        status["edited_at"] = json!("2019-11-06T09:00:40.000Z");
        status["content"] = json!("<p>edited</p>");
    });
    wall.pass(Duration::from_secs(75)).await;
    let texts = wall.texts();
    assert!(
        texts.contains(&"late") && texts.contains(&"edited"),
        "{texts:?}"
    );
    assert_eq!(
        wall.came.values().sum::<u32>(),
        8,
        "seven posts and one edit"
    );
}

#[tokio::test]
async fn deletions_are_noticed_within_a_minute_where_they_leave_a_hole() {
    let server = Server::start().await;
    let ids = push_many(&server, 0..60, START);
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_secs(5)).await;
    server.delete(&ids[59]);
    server.delete(&ids[40]);
    wall.pass(Duration::from_secs(70)).await;
    assert_eq!((wall.deleted.len(), wall.posts.len()), (2, 58));
    // Older than the newest page: asked for by id.
    server.delete(&ids[3]);
    wall.pass(Duration::from_secs(70)).await;
    assert_eq!((wall.deleted.len(), wall.posts.len()), (3, 57));
    wall.all_came_once();
}

#[tokio::test]
async fn deletions_are_noticed_where_statuses_can_only_be_asked_for_one_by_one() {
    let server = Server::start().await;
    server.knows(false, true);
    let ids = push_many(&server, 0..60, START);
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_secs(5)).await;
    server.delete(&ids[3]);
    wall.pass(Duration::from_secs(595)).await;
    assert_eq!((wall.deleted.len(), wall.posts.len()), (1, 59));
}

#[tokio::test]
async fn a_server_that_finds_no_status_by_id_deletes_nothing() {
    let server = Server::start().await;
    server.knows(false, false);
    push_many(&server, 0..60, START);
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_mins(25)).await;
    assert_eq!((wall.deleted.len(), wall.posts.len()), (0, 60));
    wall.all_came_once();
}

#[tokio::test]
async fn deletions_are_noticed_where_single_statuses_are_only_for_those_signed_in() {
    let server = Server::start().await;
    server.knows(false, true);
    let ids = push_many(&server, 0..60, START);
    server.fail("/api/v1/statuses", Fault::Status(401), u32::MAX);
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_secs(5)).await;
    server.delete(&ids[59]);
    server.delete(&ids[40]);
    wall.pass(Duration::from_secs(90)).await;
    assert_eq!((wall.deleted.len(), wall.posts.len()), (2, 58));
    // What falls off the newest page is not missing.
    push_many(&server, 60..90, "2024-01-01T02:00:00Z");
    wall.pass(Duration::from_mins(25)).await;
    assert_eq!((wall.deleted.len(), wall.posts.len()), (2, 88));
    wall.all_came_once();
}

#[tokio::test]
async fn a_hole_is_no_deletion_until_the_server_says_so() {
    let server = Server::start().await;
    let ids = push_many(&server, 0..60, START);
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_secs(5)).await;
    // It lost its tag by an edit: gone from the timeline, but there.
    server.edit(&ids[50], |status| status["tags"] = json!([]));
    wall.pass(Duration::from_mins(3)).await;
    assert!(wall.deleted.is_empty());
    // And one that is no longer public may not stay on the wall.
    server.edit(&ids[51], |status| status["visibility"] = json!("unlisted"));
    wall.pass(Duration::from_mins(3)).await;
    assert_eq!(wall.deleted.len(), 1);
    assert_eq!(wall.refused, [Reason::NotPublic]);
}

#[tokio::test]
async fn more_tags_than_a_request_takes_are_asked_for_in_several() {
    let tags: Vec<String> = "one two three four five six"
        .split(' ')
        .map(str::to_owned)
        .collect();
    for (version, requests) in [("4.5.0", 2), ("0.20.0-rc1", 6)] {
        let server = Server::start().await;
        server.call_itself(version);
        for tag in &tags {
            server.push(tag, &[tag], START);
        }
        let mut wall = Setup {
            any: tags.clone(),
            backfill: 1,
            ..Setup::new(&server)
        }
        .wall();
        wall.read().await;
        let asked = server.requests();
        let first = asked
            .iter()
            .filter(|r| !r.contains("_id=") && r.starts_with(TIMELINE))
            .count();
        assert_eq!(first, requests, "{asked:?}");
        let now = wall.now();
        for tag in &tags {
            server.push(&format!("{tag} again"), &[tag], &now);
        }
        wall.pass(Duration::from_mins(1)).await;
        let live = wall.live.len();
        assert_eq!(live, 6, "{version}");
        wall.all_came_once();
    }
}

#[tokio::test]
async fn a_long_gap_is_filled_in_without_delaying_what_is_new() {
    let server = Server::start().await;
    server.push("before", &[TAG], START);
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_mins(1)).await;
    // A day away from a busy tag: far more than the requests of a quarter of an hour bring.
    wall.clock.advance(Duration::from_hours(24));
    let now = wall.now();
    let backlog = push_many(&server, 0..16_000, &now);
    wall.pass(Duration::from_mins(1)).await;
    for n in 0..10 {
        let text = format!("live {n}");
        let now = wall.now();
        let id = server.push(&text, &[TAG], &now);
        wall.pass(Duration::from_secs(20)).await;
        assert!(
            wall.order.iter().any(|post| post.ends_with(&id)),
            "{text} waits behind the gap"
        );
    }
    assert!(wall.came.len() < backlog.len(), "{}", wall.came.len());
    wall.pass(Duration::from_mins(25)).await;
    assert_eq!(wall.came.len(), 1 + backlog.len() + 10);
}

#[tokio::test]
async fn requests_stay_below_both_limits() {
    let server = Server::start().await;
    for n in 0..600 {
        // Each of the five requests finds them, so each has a cursor to go on from.
        server.push(&format!("post {n}"), &[TAG, "e", "i", "m", "q"], START);
    }
    let tags = "Expert2019 b c d e f g h i j k l m n o p q r s t"
        .split(' ')
        .map(str::to_owned);
    let mut wall = Setup {
        any: tags.collect(),
        from: Some(time("2019-01-01T00:00:00Z")),
        ..Setup::new(&server)
    }
    .wall();
    server.knows(false, true);
    for quarter in 0..4 {
        wall.pass(Duration::from_mins(15)).await;
        let requests = server.requests();
        let cursors = requests.iter().filter(|r| r.contains("_id=")).count();
        assert!(
            cursors <= 300,
            "{cursors} with a cursor in quarter {quarter}"
        );
        assert!(
            requests.len() <= 900,
            "{} in quarter {quarter}",
            requests.len()
        );
    }
    assert_eq!(wall.posts.len(), 600);
}

// People.

const ADA: &str = "ada@social.example.org";
const TOKEN: &str = "owner";

#[tokio::test]
async fn what_accounts_write_is_read_beside_the_hashtags_and_each_post_once() {
    let server = Server::start().await;
    server.account("7", "bea@far.example.org", false);
    server.push("ada before", &[], START);
    server.push_by("carl", "carl before", &[], START);
    let mut wall = Setup {
        accounts: vec![ADA, "bea@far.example.org"],
        none: vec!["ads".to_owned()],
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_secs(1)).await;
    assert_eq!((wall.texts(), wall.live.len()), (vec!["ada before"], 0));
    let now = wall.now();
    let both = server.push("ada tagged", &[TAG], &now);
    let plain = server.push("ada plain", &[], &now);
    server.push_by("carl", "carl tagged", &[TAG], &now);
    server.push_by("carl", "carl plain", &[], &now);
    server.push_by("bea@far.example.org", "bea plain", &[], &now);
    server.push("ada sells", &["ads"], &now);
    let hush = server.push("ada hush", &[], &now);
    server.edit(&hush, |status| status["visibility"] = json!("unlisted"));
    wall.pass(Duration::from_mins(1)).await;
    let mut texts = wall.texts();
    texts.sort_unstable();
    let expected = [
        "ada before",
        "ada plain",
        "ada tagged",
        "bea plain",
        "carl tagged",
    ];
    assert_eq!(texts, expected);
    assert_eq!(wall.live.len(), 4);
    wall.all_came_once();
    assert_eq!(wall.refused, [Reason::NotMatching, Reason::NotPublic]);
    // Edits come once as well, and so do deletions.
    for id in [&both, &plain] {
        server.edit(id, |status| {
            status["edited_at"] = json!("2019-11-06T09:30:00Z");
        });
    }
    wall.pass(Duration::from_mins(2)).await;
    let often = |id: &str, wall: &Wall| {
        let mut came = wall.came.iter();
        *came
            .find(|(known, _)| known.ends_with(id))
            .expect("it came")
            .1
    };
    assert_eq!((often(&both, &wall), often(&plain, &wall)), (2, 2));
    server.delete(&both);
    server.delete(&plain);
    wall.pass(Duration::from_mins(2)).await;
    assert_eq!(wall.deleted.len(), 2);
    assert_eq!(wall.note, None);
}

#[tokio::test]
async fn without_hashtags_none_is_read() {
    let server = Server::start().await;
    let mut wall = Setup {
        any: Vec::new(),
        accounts: vec!["ada"],
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_secs(20)).await;
    // A busy account: more than a page since it was read last.
    let now = wall.now();
    let posts = push_many(&server, 0..100, &now);
    server.push_by("carl", "carl tagged", &[TAG], &now);
    wall.pass(Duration::from_secs(40)).await;
    assert_eq!(wall.live.len(), posts.len());
    wall.all_came_once();
    let asked = server.requests();
    assert!(!asked.iter().any(|url| url.contains("/tag/")), "{asked:?}");
    // At leisure, and without what others wrote.
    let polls = asked
        .iter()
        .filter(|url| url.contains("/accounts/1/statuses"));
    assert!(polls.clone().count() < 14, "{asked:?}");
    assert!(
        polls
            .clone()
            .all(|url| url.contains("exclude_reblogs=true"))
    );
}

#[tokio::test]
async fn accounts_that_there_are_not_are_said_and_the_rest_is_read() {
    let server = Server::start().await;
    server.push("ada plain", &[], START);
    let all = |accounts: Vec<&'static str>| Setup {
        any: Vec::new(),
        accounts,
        ..Setup::new(&server)
    };
    let mut wall = all(vec!["nobody@far.example.org", ADA]).wall();
    wall.read().await;
    assert_eq!(wall.texts(), ["ada plain"]);
    let note = wall.note.clone().expect("it is said");
    assert!(
        note.contains("knows no account nobody@far.example.org"),
        "{note}"
    );
    let error = all(vec!["nobody", "noone"])
        .wall()
        .fetch()
        .await
        .expect_err("nobody is there");
    assert!(
        matches!(&error, FeedError::Misconfigured(words) if words.contains("nobody") && words.contains("noone")),
        "{error:?}"
    );
    // Beside hashtags the others do no harm.
    let mut wall = Setup {
        accounts: vec!["nobody"],
        ..Setup::new(&server)
    }
    .wall();
    wall.read().await;
    assert!(wall.note.is_some());
    assert!(wall.complete_since.len() == 1);
}

#[tokio::test]
async fn an_account_that_the_server_does_not_know_yet_is_looked_for_with_a_token() {
    let server = Server::start().await;
    server.account("8", "dee@far.example.org", true);
    server.push_by("dee@far.example.org", "dee plain", &[], START);
    server.sign_in(TOKEN, "ada", &[]);
    let mut wall = Setup {
        any: Vec::new(),
        token: Some(TOKEN),
        accounts: vec!["Dee@far.example.org", "dee@far.example.org"],
        ..Setup::new(&server)
    }
    .wall();
    wall.read().await;
    assert_eq!(wall.texts(), ["dee plain"]);
    wall.all_came_once();
}

#[tokio::test]
async fn an_account_that_goes_away_spoils_nothing_else() {
    let server = Server::start().await;
    let id = server.push("ada plain", &[], START);
    let mut wall = Setup {
        accounts: vec![ADA],
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_mins(1)).await;
    server.remove_account("1");
    server.delete(&id);
    let now = wall.now();
    server.push_by("carl", "carl tagged", &[TAG], &now);
    wall.pass(Duration::from_mins(3)).await;
    assert_eq!(wall.live.len(), 1);
    assert_eq!(wall.deleted.len(), 1);
}

#[tokio::test]
async fn lists_are_read_with_their_owners_token() {
    let server = Server::start().await;
    server.push_by("carl", "carl plain", &[], START);
    let boost = server.push_by("carl", "carl boosts", &[], START);
    server.edit(&boost, |status| {
        let mut original = status.clone();
        original["uri"] = json!("https://far.example.org/1");
        status["reblog"] = original;
    });
    server.push_by("dee", "dee plain", &[], START);
    server.sign_in(TOKEN, "ada", &[("12", &["carl"])]);
    let with = |token, lists: &[&'static str]| Setup {
        any: Vec::new(),
        token,
        lists: lists.to_vec(),
        ..Setup::new(&server)
    };
    let mut wall = with(Some(TOKEN), &["12", "13"]).wall();
    wall.read().await;
    assert_eq!(wall.texts(), ["carl plain"]);
    assert_eq!(wall.refused, [Reason::NotMatching]);
    let note = wall.note.clone().expect("it is said");
    assert!(note.contains("has no list 13"), "{note}");
    for (token, words) in [(None, "owner's token"), (Some("wrong"), "read:lists")] {
        let error = with(token, &["12"])
            .wall()
            .fetch()
            .await
            .expect_err("no token");
        assert!(
            matches!(&error, FeedError::Unauthorised(said) if said.contains(words)),
            "{error:?}"
        );
    }
}

fn mention(server: &Server, text: &str, of: &str, created_at: &str) -> String {
    let id = server.push_by("carl", text, &[], created_at);
    server.edit(&id, |status| status["mentions"] = json!([{"acct": of}]));
    id
}

#[tokio::test]
async fn mentions_are_read_with_the_token_of_who_is_mentioned() {
    let server = Server::start().await;
    server.sign_in(TOKEN, "ada", &[]);
    mention(&server, "before", "ada", START);
    mention(&server, "of another", "bea", START);
    let with = |token, mentions: &[&'static str]| Setup {
        any: Vec::new(),
        token,
        mentions: mentions.to_vec(),
        ..Setup::new(&server)
    };
    let mut wall = with(Some(TOKEN), &[ADA]).wall();
    wall.pass(Duration::from_secs(20)).await;
    assert_eq!(wall.texts(), ["before"]);
    let now = wall.now();
    let many: Vec<String> = (0..90)
        .map(|n| mention(&server, &format!("hello {n}"), "ada", &now))
        .collect();
    server.edit(&many[3], |status| status["visibility"] = json!("direct"));
    wall.pass(Duration::from_secs(40)).await;
    assert_eq!(wall.live.len(), 89);
    assert_eq!(wall.refused, [Reason::NotPublic]);
    wall.all_came_once();
    server.delete(&many[80]);
    wall.pass(Duration::from_mins(2)).await;
    assert_eq!(wall.deleted.len(), 1);
    // From where it was, after a restart.
    let mut again = Setup {
        cursor: wall.cursor.clone(),
        ..with(Some(TOKEN), &[ADA])
    }
    .wall();
    let now = wall.now();
    mention(&server, "after", "ada", &now);
    again.read().await;
    assert!(again.texts().contains(&"after"));

    for (token, words) in [
        (None, "the token of that very account"),
        (Some(TOKEN), "not that of ada"),
    ] {
        let error = with(token, &["bea@far.example.org"]).wall().fetch().await;
        let error = error.expect_err("another's");
        assert!(
            matches!(&error, FeedError::Unauthorised(said) if said.contains(words)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_cursor_from_before_people_were_read_goes_on() {
    let server = Server::start().await;
    push_many(&server, 0..40, "2019-11-06T08:00:00Z");
    push_many(&server, 0..10, START);
    let mut wall = Setup {
        backfill: 10,
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_mins(1)).await;
    assert_eq!(wall.posts.len(), 10);
    let with = |cursor: &Option<Cursor>| Setup {
        backfill: 10,
        accounts: vec!["carl"],
        cursor: cursor.clone(),
        ..Setup::new(&server)
    };
    server.account("9", "carl", false);
    let missed = server.push("missed", &[TAG], &wall.now());
    for at in ["2019-11-06T08:00:00Z", START] {
        for n in 0..10 {
            server.push_by("carl", &format!("carl {n}"), &[], at);
        }
    }
    let mut more = with(&wall.cursor).wall();
    more.clock.advance(Duration::from_mins(5));
    more.pass(Duration::from_mins(1)).await;
    assert!(more.order.iter().any(|id| id.ends_with(&missed)));
    // What the first start left out stays out, and the account is walked back as far as it was.
    assert_eq!(more.posts.len(), 11 + 10);
    assert_eq!(more.complete_since.len(), 1);
    let cursor = more.cursor.clone();
    let newest = server.push_by("carl", "carl after", &[], &more.now());
    let mut again = with(&cursor).wall();
    again.pass(Duration::from_mins(1)).await;
    assert!(again.order.iter().any(|id| id.ends_with(&newest)));
    assert_eq!(again.posts.len(), 22);
}

#[tokio::test]
async fn all_is_complete_since_the_latest_of_the_timelines() {
    let server = Server::start().await;
    for n in 0..60 {
        server.push("tagged", &[TAG], "2019-11-06T08:00:00Z");
        let at = format!("2019-11-06T08:{n:02}:00Z");
        server.push_by("carl", "carl plain", &[], &at);
    }
    server.account("9", "carl", false);
    let mut wall = Setup {
        backfill: 40,
        accounts: vec!["carl"],
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_secs(1)).await;
    assert_eq!(wall.complete_since, [time("2019-11-06T08:20:00Z")]);
}

#[tokio::test]
async fn what_a_server_gives_beyond_the_hashtags_is_refused_where_people_are_read_as_well() {
    let server = Server::start().await;
    // It ignores `none`, and gives more than is asked for.
    server.call_itself("0.20.0-rc1");
    let mut wall = Setup {
        any: vec!["one".to_owned(), "two".to_owned()],
        none: vec!["ads".to_owned()],
        accounts: vec![ADA],
        ..Setup::new(&server)
    }
    .wall();
    wall.read().await;
    let now = wall.now();
    server.push_by("carl", "carl sells", &["one", "ads"], &now);
    let edited = server.push_by("carl", "carl edits", &["two"], &now);
    wall.pass(Duration::from_secs(30)).await;
    assert_eq!(wall.texts(), ["carl edits"]);
    assert_eq!(wall.refused, [Reason::NotMatching]);
    // What was taken once is edited, not refused.
    server.edit(&edited, |status| {
        status["tags"] = json!([]);
        status["content"] = json!("<p>carl edited</p>");
        status["edited_at"] = json!("2019-11-06T09:30:00Z");
    });
    wall.pass(Duration::from_mins(2)).await;
    assert_eq!(wall.texts(), ["carl edited", "carl edited"]);
}

#[tokio::test]
async fn many_accounts_stay_below_both_limits_and_none_is_forgotten() {
    let server = Server::start().await;
    let names: Vec<&'static str> = (0..30)
        .map(|n| -> &'static str { format!("person{n}").leak() })
        .collect();
    for (n, name) in names.iter().enumerate() {
        server.account(&format!("10{n}"), name, false);
        for post in 0..50 {
            server.push_by(name, &format!("{name} {post}"), &[], START);
        }
    }
    let mut wall = Setup {
        accounts: names.clone(),
        backfill: 100,
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_secs(1)).await;
    for quarter in 0..3 {
        for name in &names {
            server.push_by(name, &format!("{name} in {quarter}"), &[], &wall.now());
        }
        wall.pass(Duration::from_mins(15)).await;
        let requests = server.requests();
        let cursors = requests.iter().filter(|r| r.contains("_id=")).count();
        assert!(
            cursors <= 300,
            "{cursors} with a cursor in quarter {quarter}"
        );
        assert!(
            requests.len() <= 900,
            "{} in quarter {quarter}",
            requests.len()
        );
        assert_eq!(wall.live.len(), 30 * (quarter + 1), "in quarter {quarter}");
    }
    assert_eq!(wall.posts.len(), 30 * 53);
    wall.all_came_once();
}

// Failing servers.

/// Whether an error is the expected one.
type Check<'a> = Box<dyn Fn(&FeedError) -> bool + 'a>;

async fn failing(fault: Fault) -> (Server, Wall, FeedError) {
    let server = Server::start().await;
    let ids = push_many(&server, 0..3, START);
    let mut wall = Setup {
        // What never ends is given up soon.
        http: {
            drop(http::http_client(&http::agent(None)));
            reqwest::Client::builder()
                .user_agent("test")
                .timeout(Duration::from_millis(500))
                .build()
                .expect("a client")
        },
        ..Setup::new(&server)
    }
    .wall();
    wall.read().await;
    let now = wall.now();
    server.push("after", &[TAG], &now);
    server.fail(TIMELINE, fault, 1);
    wall.clock.advance(Duration::from_secs(11));
    let error = wall.fetch().await.expect_err("it fails");
    assert_eq!(ids.len(), wall.posts.len());
    (server, wall, error)
}

#[tokio::test]
async fn failures_are_told_apart_and_lose_nothing() {
    let transient = |error: &FeedError| matches!(error, FeedError::Transient { .. });
    let until = |seconds: u64| FeedError::RateLimited {
        until: time(START) + Duration::from_secs(11 + seconds),
    };
    let retry = |error: &FeedError, seconds| {
        let wait = Duration::from_secs(seconds);
        matches!(error, FeedError::Transient { retry_after: Some(w), .. } if *w == wait)
    };
    let cases: Vec<(Fault, Check<'_>)> = vec![
        (Fault::Status(500), Box::new(transient)),
        (
            Fault::RetryAfter(503, "30".to_owned()),
            Box::new(|e| retry(e, 30)),
        ),
        (
            Fault::RetryAfter(503, "Wed, 06 Nov 2019 09:01:11 GMT".to_owned()),
            Box::new(|e| retry(e, 60)),
        ),
        (
            Fault::RateLimited {
                reset: "2019-11-06T09:01:11.000000Z".to_owned(),
            },
            Box::new(|e| *e == until(60)),
        ),
        (
            Fault::RateLimited {
                reset: "1573030871".to_owned(),
            },
            Box::new(|e| *e == until(60)),
        ),
        (
            Fault::RateLimited {
                reset: "2029-11-06T09:01:11Z".to_owned(),
            },
            Box::new(|e| *e == until(900)),
        ),
        (
            Fault::RetryAfter(429, "7".to_owned()),
            Box::new(|e| *e == until(7)),
        ),
        (Fault::Cut, Box::new(transient)),
        (Fault::Slow, Box::new(transient)),
        (Fault::Garbage, Box::new(transient)),
        (Fault::Html(200), Box::new(transient)),
        (Fault::Html(404), Box::new(transient)),
        (
            Fault::Huge(20),
            Box::new(|e| transient(e) && e.to_string().contains("10 MiB")),
        ),
        (
            Fault::Status(401),
            Box::new(|e| matches!(e, FeedError::Unauthorised(_))),
        ),
        (
            Fault::Status(403),
            Box::new(|e| matches!(e, FeedError::Unauthorised(_))),
        ),
        (
            Fault::Status(422),
            Box::new(|e| matches!(e, FeedError::Unauthorised(_))),
        ),
        (
            Fault::Status(410),
            Box::new(|e| matches!(e, FeedError::Gone(_))),
        ),
    ];
    for (fault, expected) in cases {
        let (_server, mut wall, error) = failing(fault.clone()).await;
        assert!(expected(&error), "{fault:?}: {error:?}");
        wall.read().await;
        assert_eq!(wall.posts.len(), 4, "{fault:?}");
        wall.all_came_once();
    }
}

#[tokio::test]
async fn pages_that_are_too_long_are_asked_for_in_smaller_ones() {
    let server = Server::start().await;
    push_many(&server, 0..50, START);
    server.fail(TIMELINE, Fault::Huge(10), 100);
    let mut wall = Setup::new(&server).wall();
    let mut failures = 0;
    for _ in 0..60 {
        match wall.fetch().await {
            Ok(page) => wall.store(page),
            Err(error) => {
                failures += 1;
                assert!(matches!(error, FeedError::Transient { .. }), "{error}");
            }
        }
    }
    wall.all_came_once();
    assert_eq!(wall.posts.len(), 50);
    assert!(failures > 1);
}

#[tokio::test]
async fn a_text_that_is_no_utf8_spoils_only_itself() {
    let server = Server::start().await;
    push_many(&server, 0..3, START);
    server.fail(TIMELINE, Fault::InvalidUtf8, 1);
    let mut wall = Setup::new(&server).wall();
    wall.read().await;
    assert_eq!(wall.posts.len(), 3);
    assert!(wall.texts().iter().any(|text| text.contains('\u{fffd}')));
}

#[tokio::test]
async fn an_unknown_tag_is_empty() {
    let server = Server::start().await;
    server.fail(TIMELINE, Fault::Status(404), 2);
    let mut wall = Setup::new(&server).wall();
    wall.read().await;
    let now = wall.now();
    server.push("first", &[TAG], &now);
    wall.pass(Duration::from_secs(25)).await;
    assert_eq!(wall.live.len(), 1);
}

#[tokio::test]
async fn a_server_that_never_spoke_the_api_is_a_mistake_in_the_settings() {
    for fault in [Fault::Html(200), Fault::Html(404), Fault::Garbage] {
        let server = Server::start().await;
        server.fail("/", fault.clone(), 10);
        let mut wall = Setup::new(&server).wall();
        let error = wall.fetch().await.expect_err("it fails");
        assert!(
            matches!(error, FeedError::Misconfigured(_)),
            "{fault:?}: {error:?}"
        );
        assert!(error.to_string().contains(&server.url()), "{error}");
    }
}

#[tokio::test]
async fn a_server_for_members_only_says_what_it_needs() {
    let server = Server::start().await;
    server.push("members", &[TAG], START);
    server.require_token("right");
    let mut wall = Setup::new(&server).wall();
    let error = wall.fetch().await.expect_err("no token").to_string();
    for words in [
        "read:statuses",
        "MASTODON_TOKEN",
        "remote authenticated",
        "requires an authenticated user",
    ] {
        assert!(error.contains(words), "{words:?} is missing in: {error}");
    }
    let wrong = Setup {
        token: Some("wrong"),
        ..Setup::new(&server)
    };
    let error = wrong.wall().fetch().await.expect_err("wrong token");
    assert!(
        matches!(&error, FeedError::Unauthorised(words) if words.contains("revoked")),
        "{error}"
    );
    assert!(!error.to_string().contains("wrong"));
    let mut wall = Setup {
        token: Some("right"),
        ..Setup::new(&server)
    }
    .wall();
    wall.read().await;
    assert_eq!(wall.posts.len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_tried_again() {
    let server = Server::start().await;
    let setup = Setup::new(&server);
    drop(server);
    let error = setup.wall().fetch().await.expect_err("nobody listens");
    assert!(matches!(error, FeedError::Transient { .. }), "{error:?}");
}

#[tokio::test]
async fn what_the_source_says_of_its_limits_is_passed_on() {
    let server = Server::start().await;
    server.limit(300, "2030-01-01T00:00:00.399976Z");
    let mut wall = Setup::new(&server).wall();
    let page = wall.fetch().await.expect("the server answers");
    let rate = page.rate.expect("the server told");
    assert_eq!((rate.limit, rate.remaining), (300, 298));
    assert_eq!(rate.resets_at, Some(time("2030-01-01T00:00:00.399976Z")));
}

#[tokio::test]
async fn a_limit_that_runs_out_is_kept_for_new_posts() {
    let server = Server::start().await;
    push_many(&server, 0..60, START);
    server.limit(15, "2019-11-06T09:12:00Z");
    let mut wall = Setup::new(&server).wall();
    wall.pass(Duration::from_mins(11)).await;
    let by_id = |requests: Vec<String>| requests.iter().filter(|r| r.contains("/statuses")).count();
    assert_eq!(by_id(server.requests()), 0);
    server.limit(300, "2019-11-06T09:17:00Z");
    wall.pass(Duration::from_mins(2)).await;
    assert!(by_id(server.requests()) > 0);
}

// What real servers sent.

#[tokio::test]
async fn recorded_statuses_come_once_each_less_the_opted_out() {
    let file = "mastodon/rtoot/tag_ichbinhanna_4pages_mastodon.social.json";
    let Some(statuses) = recorded(file) else {
        return;
    };
    let server = Server::start().await;
    let wants_no_bots = |status: &&Value| {
        let note = status["account"]["note"].as_str().unwrap_or_default();
        note.to_lowercase().contains("<span>nobot</span>")
            || status["account"]["noindex"] == json!(true)
    };
    let opted_out = statuses.iter().filter(wants_no_bots).count();
    assert!(statuses.len() == 160 && opted_out > 0);
    for status in statuses {
        server.insert(status);
    }
    let mut wall = Setup {
        any: vec!["ichbinhanna".to_owned()],
        ..Setup::new(&server)
    }
    .wall();
    wall.pass(Duration::from_mins(25)).await;
    wall.all_came_once();
    assert_eq!(wall.refused, vec![Reason::OptedOut; opted_out]);
    assert_eq!(wall.posts.len(), 160 - opted_out);
    let tag = Tag::new("ichbinhanna").expect("a tag");
    for post in wall.posts.values() {
        let tags: Vec<Tag> = post
            .hashtags
            .iter()
            .filter_map(|t| Tag::new(t).ok())
            .collect();
        assert!(tags.contains(&tag), "{:?}", post.hashtags);
        assert!(
            !post.text.contains("</") && !post.text.contains("&amp;"),
            "{}",
            post.text
        );
    }
    assert!(wall.deleted.is_empty());
}
