//! From a Mastodon server to the wall, end to end.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use buzzwall::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use support::binary::{Place, Service};
use support::mastodon::{Server, fixtures, recorded, status};
use support::stream::Page;

/// Wishes by which a person is left out, as they stand in a profile.
const WISHES: [&str; 3] = ["nobot", "noindex", "noarchive"];

/// Waits until the first read of every feed is over: everything is there.
async fn all_read(service: &Service, wall: &str, posts: usize) {
    let mut stream = service.anybody().watch(wall).await;
    let enough = |frame: &Value| frame["tallies"]["total"].as_u64() >= Some(posts as u64);
    stream.until(enough).await;
}

fn by_id(posts: Vec<Value>) -> BTreeMap<String, Value> {
    let count = posts.len();
    let map: BTreeMap<String, Value> = posts
        .into_iter()
        .map(|post| (post["id"].as_str().expect("an id").to_owned(), post))
        .collect();
    assert_eq!(map.len(), count, "each once");
    map
}

fn opted_out(status: &Value) -> bool {
    let account = &status["account"];
    let note = account["note"].as_str().unwrap_or_default().to_lowercase();
    // Profiles are HTML: the mark and the word may be apart by a tag.
    let plain: String = {
        let mut inside = false;
        let keep = |c: &char| {
            inside = (inside || *c == '<') && *c != '>';
            !inside && *c != '>'
        };
        note.chars().filter(keep).collect()
    };
    account["noindex"] == true
        || WISHES
            .iter()
            .any(|wish| plain.contains(&format!("#{wish}")))
}

#[tokio::test]
async fn the_recorded_statuses_are_shown_each_once_with_all_they_carry() {
    let Some(statuses) = recorded("mastodon/rtoot/tag_ichbinhanna_4pages_mastodon.social.json")
    else {
        return;
    };
    let wall = "ichbinhanna";
    let server = Server::start().await;
    for status in &statuses {
        server.insert(status.clone());
    }
    let uri = |status: &Value| format!("mastodon:{}", status["uri"].as_str().expect("a uri"));
    let distinct: BTreeSet<String> = statuses.iter().map(uri).collect();
    let left_out: BTreeSet<String> = statuses
        .iter()
        .filter(|it| opted_out(it))
        .map(uri)
        .collect();
    assert!(distinct.len() >= 160 && !left_out.is_empty());

    let place = Place::new();
    let feed = format!("mastodon={}", server.url());
    let service = place.serve(&["--hashtag", wall, "--feed", &feed]).await;
    let operator = service.operator().await;
    all_read(&service, wall, distinct.len() - left_out.len()).await;
    let posts = by_id(operator.posts(wall, "view=staff").await);
    let expected: BTreeSet<String> = distinct.difference(&left_out).cloned().collect();
    assert_eq!(posts.keys().cloned().collect::<BTreeSet<_>>(), expected);
    let feeds = operator.get(&format!("/walls/{wall}/feeds")).await.ok();
    let told = &feeds["feeds"][0];
    assert_eq!(
        told["refused"],
        json!({"opted_out": left_out.len()}),
        "{told}"
    );
    assert_eq!(
        (&told["taken"], &told["state"]),
        (&json!(expected.len()), &json!("reading"))
    );

    // What they carry arrives.
    let (mut alts, mut warnings, mut emoji, mut replies, mut edits) = (0, 0, 0, 0, 0);
    for status in statuses.iter().filter(|status| !opted_out(status)) {
        let post = &posts[&uri(status)];
        let list = |key: &str| {
            status[key]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
        };
        for (attachment, media) in list("media_attachments")
            .iter()
            .zip(post["media"].as_array().expect("a list"))
        {
            let alt = attachment["description"].as_str().map(str::trim);
            let alt = alt.filter(|alt| !alt.is_empty());
            assert_eq!(media["alt"].as_str(), alt, "{post}");
            alts += usize::from(media["alt"].is_string());
        }
        assert_eq!(
            list("media_attachments").len(),
            post["media"].as_array().map_or(0, Vec::len)
        );
        let warning = status["spoiler_text"].as_str().unwrap_or_default();
        assert_eq!(post["warning"].as_str().unwrap_or_default(), warning);
        warnings += usize::from(!warning.is_empty());
        for known in list("emojis") {
            let has = |it: &Value| it["shortcode"] == known["shortcode"];
            assert!(
                post["emojis"].as_array().expect("a list").iter().any(has),
                "{post}"
            );
            emoji += 1;
        }
        let reply = status["in_reply_to_id"].is_string();
        assert_eq!(post["kind"] == "reply", reply, "{post}");
        replies += usize::from(reply);
        assert_eq!(
            post["edited_at"].is_string(),
            status["edited_at"].is_string()
        );
        edits += usize::from(status["edited_at"].is_string());
        assert!(post["author"]["name"].is_string());
        let text = post["text"].as_str().expect("a text");
        assert!(!text.contains("</p>") && !text.contains("<br"), "{text}");
        let sensitive = status["sensitive"] == true;
        assert_eq!(post["standing"] == "held", sensitive, "{post}");
    }
    eprintln!(
        "{} shown or held, {} left out; {alts} media descriptions, {warnings} warnings, {emoji} emoji, {replies} replies, {edits} edits",
        posts.len(),
        left_out.len()
    );
    assert!(alts > 0 && warnings > 0 && replies > 0 && edits > 0);

    // What the left-out wrote is nowhere: not in what the public gets, not in an export.
    let export = place.run(&["export", "--wall", wall]).await.done();
    for id in &left_out {
        assert!(!export.contains(id.as_str()), "{id}");
    }
    // A restart reads nothing twice.
    let before = operator.tallies(wall).await;
    service.stop().await;
    let service = place.serve(&["--hashtag", wall, "--feed", &feed]).await;
    server.push("One more", &["IchBinHanna"], "2025-07-16T08:00:00Z");
    all_read(&service, wall, posts.len() + 1).await;
    let after = service.anybody().tallies(wall).await;
    assert_eq!(
        after["posts"].as_u64(),
        before["posts"].as_u64().map(|posts| posts + 1)
    );
}

/// A wall over servers that are asked often.
fn config(servers: &[&Server]) -> String {
    let feeds: Vec<String> = servers
        .iter()
        .map(|server| {
            let url = server.url();
            format!(
                "[[walls.feeds]]\nkind = \"mastodon\"\nserver = \"{url}\"\ninterval = \"100ms\"\n"
            )
        })
        .collect();
    let feeds = feeds.concat();
    format!("[[walls]]\nid = \"expert2019\"\nhashtags = [\"Expert2019\"]\n{feeds}")
}

#[tokio::test]
async fn the_invented_statuses_are_treated_each_in_its_way() {
    let wall = "expert2019";
    let (server, other) = (Server::start().await, Server::start().await);
    let fixtures = fixtures();
    for (name, status) in &fixtures {
        // One kind of server has ids of another kind.
        let from = if name == "snac" { &other } else { &server };
        from.insert(status.clone());
    }
    let refused: BTreeMap<&str, &str> = [
        ("nobot", "opted_out"),
        ("noindex", "opted_out"),
        ("limited", "opted_out"),
        ("boost_of_nobot", "opted_out"),
        ("unlisted", "not_public"),
        ("malformed", "malformed"),
        ("no_account", "malformed"),
        ("year_1970", "bad_time"),
        ("far_future", "bad_time"),
    ]
    .into();
    // Not under the tag, as the server sees it.
    let unseen = ["boost_of_nobot", "nulls"];
    let place = Place::configured(&config(&[&server, &other]));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let expected: Vec<&str> = fixtures
        .keys()
        .map(String::as_str)
        .filter(|name| !refused.contains_key(name) && !unseen.contains(name))
        .collect();
    all_read(&service, wall, expected.len()).await;
    let posts = by_id(operator.posts(wall, "view=staff").await);
    assert_eq!(
        posts.len(),
        expected.len(),
        "{:?} of {expected:?}",
        posts.keys()
    );
    let of = |name: &str| -> &Value {
        let uri = fixtures[name]["uri"].as_str().expect("a uri");
        &posts[&format!("mastodon:{uri}")]
    };
    for (name, standing) in [
        ("plain", "shown"),
        ("warning", "held"),
        ("reply", "shown"),
        ("boost", "hidden"),
    ] {
        assert_eq!(of(name)["standing"], standing, "{}", of(name));
    }
    assert!(of("media")["media"][0]["alt"].is_string() && of("poll")["poll"].is_object());
    assert!(of("warning")["warning"].is_string() && of("edited")["edited_at"].is_string());
    assert_eq!(
        (
            &of("reply")["kind"],
            &of("quote")["kind"],
            &of("boost")["kind"]
        ),
        (&json!("reply"), &json!("quote"), &json!("repost"))
    );
    assert!(!of("emoji")["emojis"].as_array().expect("a list").is_empty());
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, reason) in &refused {
        if !unseen.contains(name) {
            *counts.entry(reason).or_default() += 1;
        }
    }
    let feeds = operator.get(&format!("/walls/{wall}/feeds")).await.ok();
    let name = format!("mastodon {}", server.url());
    let feeds = feeds["feeds"].as_array().expect("a list");
    let told = feeds.iter().find(|feed| feed["name"] == name.as_str());
    assert_eq!(told.expect("the feed is there")["refused"], json!(counts));

    // A new one is on the wall while it is asked.
    let mut public = service.anybody().watch(wall).await;
    public.of_type("snapshot").await;
    let now = SystemClock.now().to_string();
    let id = server.push("Hello from the back", &["Expert2019"], &now);
    let live = public
        .post(
            &format!("mastodon:https://social.example.org/users/ada/statuses/{id}"),
            |_| true,
        )
        .await;
    assert_eq!(live["text"], "Hello from the back #Expert2019");
    assert_eq!(live["history"], Value::Null);
    assert_eq!(live["facets"][0]["kind"], "hashtag");
    // What was written long before it came is no news.
    let id = server.push("Sent yesterday", &["Expert2019"], "2019-11-06T12:00:00Z");
    let late = public
        .post(
            &format!("mastodon:https://social.example.org/users/ada/statuses/{id}"),
            |_| true,
        )
        .await;
    assert_eq!(late["history"], true);
}

#[tokio::test]
async fn two_servers_give_the_same_post_once() {
    let wall = "expert2019";
    let (one, two) = (Server::start().await, Server::start().await);
    // The same status under each server's own id; and one that only one of them has.
    let mut same = status(
        "103000000000000900",
        "Seen on both",
        &["Expert2019"],
        "2019-11-06T10:00:00Z",
    );
    one.insert(same.clone());
    same["id"] = json!("777000000000000001");
    two.insert(same);
    let alone = two.push("Seen on one", &["Expert2019"], "2019-11-06T10:01:00Z");
    let place = Place::configured(&config(&[&one, &two]));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    all_read(&service, wall, 2).await;
    // A later one from each shows that both have been read behind it.
    for (server, text) in [(&one, "Later on one"), (&two, "Later on two")] {
        let id = if text.ends_with("one") {
            "103000000000000950"
        } else {
            "777000000000000950"
        };
        let mut later = status(id, text, &["Expert2019"], "2019-11-06T11:00:00Z");
        later["uri"] = json!(format!("https://social.example.org/later/{id}"));
        server.insert(later);
    }
    all_read(&service, wall, 4).await;
    let posts = by_id(operator.posts(wall, "view=staff").await);
    assert_eq!(posts.len(), 4);
    let tallies = operator.tallies(wall).await;
    assert_eq!(
        (&tallies["posts"], &tallies["participants"]),
        (&json!(4), &json!(1))
    );
    assert!(posts.keys().any(|id| id.ends_with(&alone)));
}

/// Takes a good minute: so often the source is asked what became of what is shown.
#[tokio::test]
async fn deletions_and_edits_are_followed_while_on_screen() {
    let wall = "expert2019";
    let server = Server::start().await;
    let edited = server.push("Before the edit", &["Expert2019"], "2019-11-06T10:00:00Z");
    let deleted = server.push("Soon gone", &["Expert2019"], "2019-11-06T10:01:00Z");
    for n in 0..5 {
        server.push(
            &format!("Stays {n}"),
            &["Expert2019"],
            "2019-11-06T10:02:00Z",
        );
    }
    let place = Place::configured(&config(&[&server]));
    let service = place.serve(&[]).await;
    all_read(&service, wall, 7).await;
    let mut public = service.anybody().watch(wall).await;
    let mut page = Page::default();
    page.draw(&public.next().await);
    assert_eq!(page.posts.len(), 7);
    server.edit(&edited, |status| {
        status["content"] = json!("<p>After the edit #Expert2019</p>");
        status["edited_at"] = json!("2019-11-06T10:30:00.000Z");
    });
    server.delete(&deleted);
    let began = std::time::Instant::now();
    let id = |id: &str| format!("mastodon:https://social.example.org/users/ada/statuses/{id}");
    while page.posts.contains_key(&id(&deleted))
        || page.posts[&id(&edited)]["text"] != "After the edit #Expert2019"
    {
        page.draw(
            &public
                .next_within(std::time::Duration::from_secs(100))
                .await,
        );
    }
    eprintln!("followed after {:?}", began.elapsed());
    assert_eq!(page.posts.len(), 6);
    let tallies = service.anybody().tallies(wall).await;
    assert_eq!(
        (&tallies["posts"], &tallies["deleted"]),
        (&json!(6), &json!(1))
    );
    // Its words are gone from the house as well.
    let export = place.run(&["export", "--wall", wall]).await.done();
    assert!(
        !export.contains("Soon gone") && !export.contains("Before the edit"),
        "{export}"
    );
}
