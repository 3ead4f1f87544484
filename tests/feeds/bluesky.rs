//! `bluesky`, on both of Jetstream's wires.

mod content;

use std::time::Duration;

use async_trait::async_trait;
use buzzwall::clock::SharedClock;
use buzzwall::feed::Reason;
use buzzwall::post::Post;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Rig, START, Source, TAG};
use super::support::bluesky::{self, ACCOUNT, PASSWORD, Part, Server, Service, ids, record};

/// How a server's stream is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    First,
    Second,
}

/// An invented Bluesky, read through one server or several; the first is asked for everything that is no stream.
struct Bluesky {
    servers: Vec<(Server, Wire)>,
    password: Option<&'static str>,
    lookback: &'static str,
    compress: bool,
}

impl Bluesky {
    /// One server, whose posts can be searched.
    async fn on(wire: Wire) -> Self {
        Self {
            servers: vec![(Server::start().await, wire)],
            password: Some(PASSWORD),
            lookback: "15m",
            compress: false,
        }
    }

    /// The same without an account that may search.
    async fn without_account(wire: Wire) -> Self {
        Self {
            password: None,
            lookback: "15m",
            ..Self::on(wire).await
        }
    }

    async fn compressed(wire: Wire) -> Self {
        Self {
            compress: true,
            ..Self::on(wire).await
        }
    }

    /// Adds a server of the same network to go to when the first cannot be read.
    async fn and(mut self, service: Service, wire: Wire) -> Self {
        let another = self.server().another(service).await;
        self.servers.push((another, wire));
        self
    }

    fn server(&self) -> &Server {
        &self.servers[0].0
    }
}

fn uri(id: &str) -> &str {
    id.trim_start_matches("bluesky:")
}

#[async_trait]
impl Source for Bluesky {
    fn can(&self) -> Can {
        Can::ALL
    }

    fn settings(&self) -> Value {
        let addresses = self.servers.iter().map(|(server, wire)| match wire {
            Wire::First => server.first_wire(),
            Wire::Second => server.second_wire(),
        });
        let mut settings = json!({
            "kind": "bluesky", "jetstream": addresses.collect::<Vec<_>>(), "appview": self.server().url(),
            "pds": self.server().url(), "silence": "500ms", "backfill": 400, "compress": self.compress,
            "lookback": self.lookback,
        });
        if let Some(password) = self.password {
            settings["account"] = json!(ACCOUNT);
            settings["app_password"] = json!(password);
        }
        settings
    }

    fn follow(&self, clock: SharedClock) {
        self.server().follow(clock);
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        format!("bluesky:{}", self.server().publish(text, at))
    }

    async fn delete(&self, id: &str) {
        self.server().delete(uri(id));
    }

    async fn edit(&self, id: &str, text: &str, _: Timestamp) {
        self.server().edit(uri(id), |old| {
            let created = old["createdAt"].as_str().expect("posts have times");
            *old = record(text, created.parse().expect("a time"));
        });
    }

    async fn fail(&self, fault: Fault) {
        for (server, _) in &self.servers {
            server.fail(match fault {
                Fault::RateLimited => bluesky::Fault::RateLimited,
                Fault::Unauthorised => bluesky::Fault::Unauthorised,
                Fault::Garbage => bluesky::Fault::Garbage,
                Fault::Cut => bluesky::Fault::Cut,
                Fault::Slow => bluesky::Fault::Slow,
                Fault::Down => bluesky::Fault::Down,
            });
        }
    }

    async fn recover(&self) {
        for (server, _) in &self.servers {
            server.recover();
        }
    }
}

mod first {
    use super::{Bluesky, Wire};
    use crate::suite::conforms;

    conforms!(Bluesky::on(Wire::First));
}

mod second {
    use super::{Bluesky, Wire};
    use crate::suite::conforms;

    conforms!(Bluesky::on(Wire::Second));
}

/// A feed that reads what happens from now on.
async fn reading(source: Bluesky) -> Rig<Bluesky> {
    let mut rig = Rig::new(source);
    rig.until("it reads", |rig| rig.pages > 0).await;
    rig
}

impl Rig<Bluesky> {
    fn server(&self) -> &Server {
        self.source.server()
    }

    /// Puts up a post of the same person, with fields laid over its record; gives the id that it will have.
    fn put(&self, text: &str, fields: &Value) -> String {
        self.put_by(&ids::did("ada"), text, fields)
    }

    fn put_by(&self, did: &str, text: &str, fields: &Value) -> String {
        let mut record = record(text, self.now());
        for (key, value) in fields.as_object().expect("an object") {
            record[key] = value.clone();
        }
        format!("bluesky:{}", self.server().publish_record(did, record))
    }

    /// Lets the feed work until this post came, and gives it.
    async fn post(&mut self, id: &str) -> Post {
        self.all_of("the post", &[id.to_owned()]).await;
        self.posts[id].clone()
    }

    /// How often the API was asked this.
    fn asked(&self, what: &str) -> usize {
        let requests = self.server().requests();
        requests.iter().filter(|asked| asked.contains(what)).count()
    }

    fn nothing_came_twice(&self) {
        assert!(
            self.came.values().all(|times| *times == 1),
            "{:?}",
            self.came
        );
    }
}

fn local(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[tokio::test]
async fn a_post_comes_whole_or_not_at_all_however_late_the_appview_is() {
    let mut rig = reading(Bluesky::without_account(Wire::First).await).await;
    rig.server().lag(3);
    let id = rig.put(&format!("patience #{TAG}"), &json!({}));
    let post = rig.post(&id).await;
    assert!(rig.asked(local(&id)) >= 4, "it was not known before");
    assert_eq!(post.author.name, "Ada");
    assert!(
        post.author.handle.contains("ada.test"),
        "{}",
        post.author.handle
    );
    assert_eq!(
        post.author.id.as_str(),
        format!("bluesky:{}", ids::did("ada"))
    );
    assert!(post.author.avatar.is_some());
    let page = format!(
        "https://bsky.app/profile/{}/post/{}",
        ids::did("ada"),
        local(&id)
    );
    assert_eq!(post.url.as_deref(), Some(page.as_str()));
    assert_eq!(post.language.as_deref(), Some("en"));
    rig.nothing_came_twice();
}

#[tokio::test]
async fn what_was_deleted_before_the_appview_had_it_never_comes() {
    for wire in [Wire::First, Wire::Second] {
        let mut rig = reading(Bluesky::without_account(wire).await).await;
        rig.server().lag(3);
        let regretted = rig.put(&format!("regretted #{TAG}"), &json!({}));
        rig.server().delete(uri(&regretted));
        let kept = rig.put(&format!("kept #{TAG}"), &json!({}));
        rig.post(&kept).await;
        rig.server().lag(0);
        let later = rig.publish(1).await;
        rig.all_of("a later one", &later).await;
        assert!(!rig.came.contains_key(&regretted));
    }
}

#[tokio::test]
async fn an_account_that_is_deleted_takes_its_posts_along() {
    for wire in [Wire::First, Wire::Second] {
        let mut rig = reading(Bluesky::without_account(wire).await).await;
        let bea = rig.server().join("bea", "Bea");
        let mut ids = rig.publish(2).await;
        ids.push(rig.put_by(&bea, &format!("I stay #{TAG}"), &json!({})));
        rig.all_of("the posts", &ids).await;
        rig.server().leave(&ids::did("ada"), "deleted");
        rig.until("both are gone", |rig| {
            ids[..2].iter().all(|id| rig.deleted.contains(id))
        })
        .await;
        assert!(!rig.deleted.contains(&ids[2]));
    }
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_is_left() {
    let source = Bluesky::without_account(Wire::Second).await;
    let mut rig = reading(source.and(Service::Both, Wire::Second).await).await;
    let before = rig.publish(2).await;
    rig.all_of("the posts before", &before).await;
    rig.server().fail_in(Part::Stream, bluesky::Fault::Mute);
    let during = rig.publish(3).await;
    rig.all_of("the other is read", &during).await;
    // The first one's numbers mean nothing to it: it is asked by time, in microseconds.
    let asked = rig.source.servers[1].0.connects();
    let cursor = asked[0].split_once("cursor=").expect("a cursor").1;
    assert_eq!(cursor.len(), 16, "{cursor}");
    rig.nothing_came_twice();
    // The same when it is so from the start.
    let source = Bluesky::without_account(Wire::First).await;
    let source = source.and(Service::First, Wire::First).await;
    source.server().fail_in(Part::Stream, bluesky::Fault::Mute);
    let other = source.servers[1].0.url();
    let mut rig = Rig::new(source);
    rig.until(&other, |rig| {
        !rig.source.servers[1].0.connects().is_empty() && rig.pages > 0
    })
    .await;
    let ids = rig.publish(2).await;
    rig.all_of("the other is read from the start", &ids).await;
}

#[tokio::test]
async fn going_from_one_wire_to_the_other_loses_and_doubles_nothing() {
    let source = Bluesky::without_account(Wire::Second).await;
    let mut rig = reading(source.and(Service::First, Wire::First).await).await;
    let mut ids = rig.publish(3).await;
    rig.all_of("the posts of the first", &ids).await;
    for round in 0..3 {
        let (down, up) = (round % 2, (round + 1) % 2);
        rig.source.servers[up].0.recover();
        rig.source.servers[down]
            .0
            .fail_in(Part::Stream, bluesky::Fault::Down);
        ids.extend(rig.publish(5).await);
        rig.all_of("the posts of the other", &ids).await;
    }
    rig.restart();
    ids.extend(rig.publish(2).await);
    rig.all_of("the posts after a restart", &ids).await;
    assert_eq!(rig.came.len(), 20);
    rig.nothing_came_twice();
    assert!(rig.deleted.is_empty() && rig.refused.is_empty());
}

#[tokio::test]
async fn compressed_streams_are_read_on_both_wires() {
    for (wire, word) in [
        (Wire::First, "compress=true"),
        (Wire::Second, "zstdDictionary="),
    ] {
        let mut rig = reading(Bluesky::compressed(wire).await).await;
        let ids = rig.publish(3).await;
        rig.all_of("the posts", &ids).await;
        let connects = rig.server().connects();
        assert!(connects.last().unwrap().contains(word), "{connects:?}");
        rig.server().delete(uri(&ids[0]));
        rig.until("the deletion", |rig| rig.deleted.contains(&ids[0]))
            .await;
        rig.nothing_came_twice();
    }
}

#[tokio::test]
async fn a_stream_whose_dictionary_is_not_to_be_had_is_read_as_it_is() {
    let source = Bluesky::compressed(Wire::First).await;
    source.server().use_other_dictionary();
    let mut rig = Rig::new(source);
    rig.until("it reads", |rig| {
        rig.server()
            .connects()
            .iter()
            .any(|query| !query.contains("compress=true"))
    })
    .await;
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
}

#[tokio::test]
async fn what_came_before_is_searched_for_and_marked_as_history() {
    let mut source = Bluesky::on(Wire::Second).await;
    let start: Timestamp = START.parse().unwrap();
    source.lookback = "0s";
    source.server().expire_after(2);
    for n in 0..450 {
        let at = start - Duration::from_secs(450 - n);
        source.publish(&format!("post {n} #{TAG}"), at).await;
    }
    let mut rig = Rig::new(source);
    rig.until("it caught up", |rig| !rig.complete_since.is_empty())
        .await;
    assert_eq!((rig.posts.len(), rig.history.len()), (400, 400));
    assert_eq!(rig.asked("createSession"), 1);
    assert!(
        rig.asked("refreshSession") > 0,
        "a token that expired is refreshed"
    );
    let live = rig.publish(1).await;
    rig.all_of("a new one", &live).await;
    assert!(!rig.history.contains(&live[0]));
    rig.nothing_came_twice();
}

#[tokio::test]
async fn a_wrong_password_stops_the_search_alone() {
    let mut source = Bluesky::on(Wire::Second).await;
    source.password = Some("not-this-one");
    let mut rig = Rig::new(source);
    rig.until("it is said", |rig| rig.note.is_some()).await;
    let note = rig.note.clone().unwrap();
    assert!(
        note.contains("password") && !note.contains("not-this-one"),
        "{note}"
    );
    let ids = rig.publish(2).await;
    rig.all_of("the stream goes on", &ids).await;
    assert!(rig.asked("createSession") <= 2, "nobody is locked out");
}

#[tokio::test]
async fn a_search_that_is_away_stops_nothing_else() {
    for fault in [
        bluesky::Fault::RateLimited,
        bluesky::Fault::Down,
        bluesky::Fault::Garbage,
    ] {
        let source = Bluesky::on(Wire::First).await;
        source.server().fail_in(Part::Pds, fault);
        let mut rig = Rig::new(source);
        rig.until("it reads", |rig| !rig.server().connects().is_empty())
            .await;
        let ids = rig.publish(2).await;
        rig.all_of("the stream goes on", &ids).await;
    }
}

#[tokio::test]
async fn what_jetstream_no_longer_has_is_searched_for() {
    let mut rig = reading(Bluesky::on(Wire::Second).await).await;
    let before = rig.publish(2).await;
    rig.all_of("the posts before", &before).await;
    rig.source.fail(Fault::Down).await;
    rig.failure("it is away").await;
    let during = rig.publish(3).await;
    rig.server().forget();
    rig.source.recover().await;
    rig.all_of("what was written meanwhile", &during).await;
    let after = rig.publish(1).await;
    rig.all_of("what was written afterwards", &after).await;
    rig.nothing_came_twice();
}

#[tokio::test]
async fn a_stream_that_is_ended_for_slowness_goes_on_where_it_was() {
    let mut rig = reading(Bluesky::without_account(Wire::Second).await).await;
    let mut ids = rig.publish(2).await;
    rig.all_of("the posts before", &ids).await;
    rig.server().too_slow();
    ids.extend(rig.publish(3).await);
    rig.all_of("the posts after", &ids).await;
    rig.nothing_came_twice();
}

#[tokio::test]
async fn a_post_that_is_changed_is_followed_on_both_wires_though_the_appview_is_late() {
    for wire in [Wire::First, Wire::Second] {
        let mut rig = reading(Bluesky::without_account(wire).await).await;
        let id = rig.put(&format!("hall B #{TAG}"), &json!({}));
        rig.post(&id).await;
        rig.clock.advance(Duration::from_secs(5));
        rig.server().lag(2);
        rig.source
            .edit(&id, &format!("hall C #{TAG}"), rig.now())
            .await;
        rig.until("the change", |rig| {
            rig.posts[&id].text.starts_with("hall C")
        })
        .await;
        let post = &rig.posts[&id];
        assert!(post.edited_at.is_some());
        assert_eq!(post.author.name, "Ada");
    }
}

#[tokio::test]
async fn what_moderators_do_later_is_followed() {
    let mut rig = reading(Bluesky::without_account(Wire::Second).await).await;
    let ids = rig.publish(15).await;
    rig.all_of("the posts", &ids).await;
    rig.clock.advance(Duration::from_mins(6));
    rig.server().label(uri(&ids[0]), "!hide");
    rig.server().label(uri(&ids[1]), "spam");
    // A wave of them at once is no trouble of the AppView's.
    for id in &ids[2..14] {
        rig.server().take_down(uri(id));
    }
    rig.until("they are gone", |rig| rig.deleted.len() == 13)
        .await;
    assert!(!rig.deleted.contains(&ids[1]) && !rig.deleted.contains(&ids[14]));
    let spam = &rig.posts[&ids[1]];
    assert!(spam.sensitive && spam.edited_at.is_some());
    assert_eq!(spam.warning.as_deref(), Some("spam"));
    assert_eq!(rig.came[&ids[14]], 1);
}

#[tokio::test]
async fn what_a_search_found_is_not_given_up_while_it_waits() {
    let mut source = Bluesky::on(Wire::Second).await;
    source.lookback = "0s";
    let start: Timestamp = START.parse().unwrap();
    let mut ids = Vec::new();
    for n in 0..250 {
        let author = source.server().join(&format!("person{n}"), "Somebody");
        let at = start - Duration::from_secs(250 - n);
        let record = record(&format!("post {n} #{TAG}"), at);
        ids.push(format!(
            "bluesky:{}",
            source.server().publish_record(&author, record)
        ));
    }
    let mut rig = reading(source).await;
    // Who wrote them cannot be asked any more.
    rig.server().fail_in(Part::AppView, bluesky::Fault::Down);
    rig.until("all is searched for", |rig| rig.asked("searchPosts") == 3)
        .await;
    let pages = rig.pages + 3;
    rig.until("it goes on", |rig| rig.pages >= pages).await;
    assert!(rig.came.len() < 250 && rig.complete_since.is_empty());
    rig.restart();
    rig.server().recover();
    rig.all_of("what was found", &ids).await;
}

#[tokio::test]
async fn a_post_that_waits_hides_no_outage() {
    let mut rig = reading(Bluesky::without_account(Wire::Second).await).await;
    let before = rig.publish(1).await;
    rig.all_of("the first", &before).await;
    rig.server().lag(1_000);
    let waiting = rig.publish(1).await;
    rig.until("it is asked for", |rig| {
        rig.asked(uri(&waiting[0]).rsplit('/').next().unwrap_or_default()) > 0
    })
    .await;
    rig.server().fail_in(Part::Stream, bluesky::Fault::Down);
    rig.failure("the outage").await;
}

#[tokio::test]
async fn a_break_while_catching_up_leaves_no_gap() {
    let mut rig = reading(Bluesky::without_account(Wire::First).await).await;
    let before = rig.publish(3).await;
    rig.all_of("the posts before", &before).await;
    let left = rig.now();
    rig.source.fail(Fault::Down).await;
    rig.failure("the outage").await;
    rig.clock.advance(Duration::from_mins(10));
    let during = rig.publish(100).await;
    rig.source.recover().await;
    rig.complete_since.clear();
    rig.until("some are filled in", |rig| rig.came.len() > 3)
        .await;
    rig.server().break_streams();
    rig.all_of("the others", &during).await;
    rig.until("it says that nothing is missing", |rig| {
        rig.complete_since.iter().any(|since| *since <= left)
    })
    .await;
    rig.nothing_came_twice();
}

#[tokio::test]
async fn a_record_beyond_measure_is_refused_alone() {
    let mut rig = reading(Bluesky::without_account(Wire::Second).await).await;
    rig.put(&format!("#{TAG} {}", "x".repeat(100_000)), &json!({}));
    let ids = rig.publish(2).await;
    rig.all_of("the others", &ids).await;
    assert_eq!(rig.refused.len(), 1);
    assert_eq!(rig.refused[0].reason, Reason::TooLarge);
}

#[tokio::test]
async fn a_flood_of_other_matters_costs_nothing() {
    for wire in [Wire::First, Wire::Second] {
        let mut rig = reading(Bluesky::without_account(wire).await).await;
        rig.server().flood(10_000);
        let ids = rig.publish(1).await;
        rig.all_of("the one that matters", &ids).await;
        assert_eq!((rig.came.len(), rig.refused.len()), (1, 0));
        assert!(rig.asked("getPosts") <= 3, "{:?}", rig.server().requests());
        assert_eq!(
            rig.asked(ids::did("stranger").trim_start_matches("did:plc:")),
            0
        );
    }
}
