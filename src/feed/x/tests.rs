use proptest::prelude::*;
use serde_json::{Value, json};

use super::Settings;
use super::convert::{answer, counts, made_at};
use crate::feed::{Item, Reason};
use crate::post::{Kind, MediaKind, Post, PostId};

fn settings(toml: &str) -> Settings {
    toml::from_str(toml).unwrap()
}

#[test]
fn nothing_is_read_without_a_token_and_an_end_to_the_money() {
    for (toml, what) in [
        ("budget = { posts = 100 }", "without a token"),
        ("token = \"a\"", "budget = {"),
        (
            "token = \"a\"\nbudget = { posts_per_day = 100 }",
            "say where it ends",
        ),
        ("token = \"a\"\nbudget = { usd = 0.01 }", "0.35"),
        (
            "token = \"a\"\nbudget = { posts = 100 }\nprice_per_post = -1.0",
            "no amount",
        ),
        (
            "token = \"a\"\nbudget = { posts = 100 }\napi = \"x\"",
            "no address",
        ),
        (
            "token = \"a\"\nbudget = { posts = 100 }\ninterval = \"1ms\"",
            "interval",
        ),
    ] {
        let error = settings(toml).validate().unwrap_err();
        assert!(error.contains(what), "{toml}: {error}");
    }
    let good = settings("token = \"a\"\nbudget = { posts = 100, usd_per_day = 2.5 }");
    assert_eq!(good.validate(), Ok(()));
    assert_eq!(good.target(), "api.x.com");
    assert!(!good.reposts && !good.recheck && good.counts);
    assert!(
        Settings::from_target("")
            .unwrap_err()
            .contains("[[walls.feeds]]")
    );
    assert!(toml::from_str::<Settings>("budget = { euros = 1 }").is_err());
}

fn user(id: &str, name: &str) -> Value {
    json!({"id": id, "username": name, "name": name.to_uppercase(), "protected": false,
        "profile_image_url": "https://pbs.twimg.com/profile_images/1/a_normal.jpg",
        "public_metrics": {"followers_count": 3}})
}

fn read(value: &Value) -> Vec<Item> {
    answer(value.to_string().as_bytes()).unwrap().items
}

fn post(value: &Value) -> Post {
    match read(value).remove(0) {
        Item::Post(post) => *post,
        other => panic!("a post is no {other:?}"),
    }
}

#[test]
fn a_post_is_joined_with_what_it_refers_to() {
    let value = json!({
        "data": [{"id": "1192000000000000000", "author_id": "7", "text": "Hi #Rust https://t.co/p", "lang": "qme",
            "created_at": "2019-11-06T08:00:00.000Z", "possibly_sensitive": true,
            "public_metrics": {"retweet_count": 1, "reply_count": 2, "like_count": 3, "quote_count": 4},
            "edit_history_tweet_ids": ["1192000000000000000"],
            "referenced_tweets": [{"type": "replied_to", "id": "5"}, {"type": "quoted", "id": "6"}],
            "attachments": {"media_keys": ["3_1", "7_2", "9_missing"]},
            "entities": {"hashtags": [{"start": 3, "end": 8, "tag": "Rust"}],
                "urls": [{"start": 9, "end": 23, "url": "https://t.co/p", "display_url": "pic.x.com/p", "expanded_url": "https://x.com/a/status/1/photo/1"}]}}],
        "includes": {"users": [user("7", "ada"), {"odd": true}], "media": [
            {"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/a.jpg", "alt_text": "A cake", "width": 10, "height": 20},
            {"media_key": "7_2", "type": "video", "preview_image_url": "https://pbs.twimg.com/b.jpg", "variants": [
                {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/b.m3u8"},
                {"bit_rate": 1, "content_type": "video/mp4", "url": "https://video.twimg.com/low.mp4"},
                {"bit_rate": 2, "content_type": "video/mp4", "url": "https://video.twimg.com/high.mp4"}]}]},
        "errors": [{"resource_type": "user", "resource_id": "x", "type": "https://api.x.com/2/problems/resource-not-found"}],
    });
    let post = post(&value);
    assert_eq!(post.id.as_str(), "x:1192000000000000000");
    assert_eq!(
        post.url.as_deref(),
        Some("https://x.com/ada/status/1192000000000000000")
    );
    assert_eq!(
        (post.author.id.as_str(), post.author.handle.as_str()),
        ("x:7", "@ada")
    );
    assert_eq!(
        post.author.avatar.as_deref(),
        Some("https://pbs.twimg.com/profile_images/1/a_400x400.jpg")
    );
    assert_eq!(
        (post.text.as_str(), post.hashtags.as_slice()),
        ("Hi #Rust", ["Rust".to_owned()].as_slice())
    );
    assert_eq!(
        (post.kind, post.of.as_ref().map(PostId::as_str)),
        (Kind::Quote, Some("x:6"))
    );
    assert!(post.sensitive && post.language.is_none() && post.edited_at.is_none());
    assert_eq!(post.media.len(), 2);
    assert_eq!(post.media[0].alt.as_deref(), Some("A cake"));
    assert_eq!(post.media[1].kind, MediaKind::Video);
    assert_eq!(
        post.media[1].url.as_deref(),
        Some("https://video.twimg.com/high.mp4")
    );
    assert_eq!(post.counts.likes, 3);
}

#[test]
fn an_edit_is_the_same_post_and_old_versions_are_left_out() {
    let (first, last) = ("1576994746135764992", "1576994789110992896");
    let version = |id: &str, text: &str, at: &str| json!({"id": id, "author_id": "7", "text": text, "created_at": at, "edit_history_tweet_ids": [first, last]});
    let value = json!({
        "data": [version(last, "new", "2022-10-03T17:57:11.000Z"), version(first, "old", "2022-10-03T17:57:01.000Z")],
        "includes": {"users": [user("7", "ada")]},
    });
    assert_eq!(read(&value).len(), 1);
    let post = post(&value);
    assert_eq!(
        (post.id.as_str(), post.text.as_str()),
        ("x:1576994746135764992", "new")
    );
    assert_eq!(post.created_at, made_at(first).unwrap());
    assert_eq!(
        post.created_at.as_second(),
        "2022-10-03T17:57:01Z"
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_second()
    );
    assert_eq!(post.edited_at, "2022-10-03T17:57:11Z".parse().ok());
}

#[test]
fn a_repost_shows_the_whole_of_what_it_passes_on() {
    let value = json!({
        "data": [{"id": "20", "author_id": "7", "text": "RT @bob: cut…", "created_at": "2019-11-06T08:00:00.000Z",
            "referenced_tweets": [{"type": "retweeted", "id": "10"}]}],
        "includes": {"users": [user("7", "ada")], "tweets": [{"id": "10", "author_id": "8", "text": "not cut off at all #Rust",
            "entities": {"hashtags": [{"start": 19, "end": 24, "tag": "Rust"}]}}]},
    });
    let post = post(&value);
    assert_eq!(
        (post.kind, post.text.as_str()),
        (Kind::Repost, "not cut off at all #Rust")
    );
    assert_eq!(post.author.handle, "@ada");
    assert_eq!(post.hashtags, ["Rust"]);
    let goods = answer(value.to_string().as_bytes()).unwrap().goods;
    assert_eq!((goods.posts.len(), goods.users.len()), (2, 1));
}

#[test]
fn what_is_not_for_everybody_is_refused_with_its_reason() {
    let with = |tweet: Value, change: Value| {
        let mut person = user("7", "ada");
        let mut data = json!({"id": "20", "author_id": "7", "text": "a", "created_at": "2019-11-06T08:00:00.000Z"});
        for (key, value) in tweet.as_object().unwrap() {
            data[key] = value.clone();
        }
        for (key, value) in change.as_object().unwrap() {
            person[key] = value.clone();
        }
        json!({"data": [data], "includes": {"users": [person]}})
    };
    for (tweet, person, reason) in [
        (json!({}), json!({"protected": true}), Reason::NotPublic),
        (
            json!({}),
            json!({"description": "me #NoBot"}),
            Reason::OptedOut,
        ),
        (
            json!({"withheld": {"country_codes": ["DE"]}}),
            json!({}),
            Reason::NotPublic,
        ),
        (json!({"author_id": "9"}), json!({}), Reason::NotPublic),
        (json!({"id": "1.2e18"}), json!({}), Reason::DamagedId),
        (json!({"text": 7}), json!({}), Reason::Malformed),
    ] {
        let value = with(tweet, person);
        let Item::Refused(refusal) = read(&value).remove(0) else {
            panic!("{value}");
        };
        assert_eq!(refusal.reason, reason, "{value}");
        assert_eq!(
            answer(value.to_string().as_bytes())
                .unwrap()
                .goods
                .posts
                .len(),
            1
        );
    }
}

#[test]
fn days_that_were_not_counted_from_their_beginning_are_left_out() {
    let body = json!({"data": [
        {"start": "2025-01-01T13:20:00.000Z", "end": "2025-01-02T00:00:00.000Z", "tweet_count": 5},
        {"start": "2025-01-02T00:00:00.000Z", "end": "2025-01-03T00:00:00.000Z", "tweet_count": 7},
        {"start": "2025-01-03T00:00:00.000Z", "end": "2025-01-03T11:00:00.000Z", "tweet_count": 1},
    ], "meta": {"total_tweet_count": 13}});
    let counts = counts(body.to_string().as_bytes(), "rust").unwrap();
    let days: Vec<(String, u64)> = counts
        .iter()
        .map(|count| (count.day.to_string(), count.posts))
        .collect();
    assert_eq!(
        days,
        [("2025-01-02".to_owned(), 7), ("2025-01-03".to_owned(), 1)]
    );
    assert_eq!(
        (counts[0].place.as_str(), counts[0].tag.as_str()),
        ("X", "rust")
    );
}

#[test]
fn recorded_answers_are_read() {
    let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        Into::into,
    );
    let folder = folder.join("x_v2/twarc-csv");
    let (mut posts, mut marked, mut replies) = (0, 0, 0);
    for name in [
        "2sets",
        "kpop",
        "noflat",
        "entities_test",
        "edited_after",
        "edited_before",
        "quoted_edit",
        "mentions_tweet",
        "media_tweet",
        "two_tweets",
    ] {
        let path = folder.join(format!("{name}.jsonl"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: no recorded data at {}", path.display());
            return;
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let read = answer(line.as_bytes()).unwrap();
            let value: Value = serde_json::from_str(line).unwrap();
            assert!(read.goods.posts.len() >= read.items.len());
            let data = value["data"].as_array().unwrap();
            let mut tagged = 0;
            for item in read.items {
                let Item::Post(post) = item else {
                    panic!("{name}: {item:?}");
                };
                assert!(
                    !post.text.contains("&amp;") && !post.text.contains("&lt;"),
                    "{name}: {}",
                    post.text
                );
                assert!(!post.author.handle.is_empty());
                for facet in &post.facets {
                    let shown = post.text.get(facet.start..facet.end).unwrap();
                    let first = shown.chars().next().unwrap();
                    match facet.kind {
                        crate::post::FacetKind::Hashtag => {
                            assert!("#＃".contains(first), "{shown}");
                        }
                        crate::post::FacetKind::Mention => {
                            assert!("@＠".contains(first), "{shown}");
                        }
                        _ => assert!(!shown.starts_with("https://t.co/"), "{shown}"),
                    }
                    marked += 1;
                }
                tagged += usize::from(!post.hashtags.is_empty());
                replies += usize::from(post.kind == Kind::Reply);
                posts += 1;
            }
            assert!(data.len() < 50 || tagged > 0, "{name}");
        }
    }
    assert!(
        posts > 500 && marked > 1000 && replies > 20,
        "{posts} {marked} {replies}"
    );
}

proptest! {
    #[test]
    fn whatever_the_bytes_nothing_breaks(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _read = answer(&bytes);
        let _counted = counts(&bytes, "x");
    }

    #[test]
    fn whatever_stands_in_a_post_nothing_breaks(
        id in "[0-9]{1,22}|\\PC{0,4}", text in "\\PC{0,40}", start in any::<usize>(), end in 0_usize..60, time in "\\PC{0,5}|2025-01-01T00:00:00Z",
    ) {
        let value = json!({
            "data": [{"id": id, "author_id": "7", "text": text, "created_at": time, "edit_history_tweet_ids": [id],
                "entities": {"hashtags": [{"start": start, "end": end, "tag": "t"}, {"start": 0, "end": end, "tag": "t"}]}}],
            "includes": {"users": [user("7", "ada")]}, "meta": {"newest_id": id},
        });
        for item in read(&value) {
            if let Item::Post(post) = item {
                for facet in &post.facets {
                    prop_assert!(post.text.get(facet.start..facet.end).is_some());
                }
            }
        }
    }
}
