//! What `bluesky` makes of posts and of people's wishes.

use buzzwall::feed::Reason;
use buzzwall::post::{FacetKind, Kind, MediaKind};
use serde_json::{Value, json};

use super::{Bluesky, Wire, reading, uri};
use crate::rig::TAG;
use crate::support::bluesky::{blob, ids, record};

#[tokio::test]
async fn who_is_not_to_be_shown_to_strangers_is_not_shown() {
    let mut rig = reading(Bluesky::without_account(Wire::Second).await).await;
    let bea = rig.server().join("bea", "Bea");
    rig.server().opt_out(&bea);
    for (name, bio) in [
        ("carl", "I read. #NoBot"),
        ("dora", "#noindex"),
        ("emil", "no robots #noarchive"),
    ] {
        let did = rig.server().join(name, name);
        rig.server().profile(&did, &json!({"description": bio}));
        rig.put_by(&did, &format!("do not show me #{TAG}"), &json!({}));
    }
    rig.put_by(&bea, &format!("do not show me #{TAG}"), &json!({}));
    let id = rig.put(&format!("show me #{TAG}"), &json!({}));
    rig.until("all are seen", |rig| {
        rig.refused.len() == 4 && rig.posts.len() == 1
    })
    .await;
    assert!(rig.posts.contains_key(&id));
    for refusal in &rig.refused {
        assert_eq!(refusal.reason, Reason::OptedOut);
        let shown = ["do not show me", "bea.test", "Bea"]
            .iter()
            .any(|words| refusal.detail.contains(words));
        assert!(!shown, "{}", refusal.detail);
    }
}

#[tokio::test]
async fn marks_that_make_no_sense_disturb_nothing() {
    let mut rig = reading(Bluesky::without_account(Wire::First).await).await;
    let text = "Größe 🎉 #Expert2019";
    let tag = json!([{"$type": "app.bsky.richtext.facet#tag", "tag": "Expert2019"}]);
    let marks = [
        json!({"index": {"byteStart": 3, "byteEnd": 3}, "features": tag}),
        json!({"index": {"byteStart": 9, "byteEnd": 2}, "features": tag}),
        json!({"index": {"byteStart": 3, "byteEnd": 10}, "features": tag}),
        json!({"index": {"byteStart": -4, "byteEnd": 4}, "features": tag}),
        json!({"index": {"byteStart": 0, "byteEnd": 9_000_000_000_000_u64}, "features": tag}),
        json!({"index": {"byteStart": "0", "byteEnd": null}, "features": tag}),
        json!({"features": tag}),
        json!({"index": {"byteStart": 0, "byteEnd": 4}}),
        json!({"index": {"byteStart": 0, "byteEnd": 4}, "features": [{"$type": "x#y"}, 7, null]}),
        json!(null),
    ];
    for mark in marks {
        let good = record(text, rig.now())["facets"][0].clone();
        let id = rig.put(text, &json!({"facets": [mark, good]}));
        let post = rig.post(&id).await;
        assert_eq!(post.text, text);
        assert!(
            post.facets
                .iter()
                .all(|facet| post.text.get(facet.start..facet.end).is_some()),
            "{mark}"
        );
        post.bounded().expect("it is within bounds");
        rig.posts.clear();
    }
}

#[tokio::test]
async fn a_hashtag_beside_the_text_is_found() {
    let mut rig = reading(Bluesky::without_account(Wire::Second).await).await;
    let id = rig.put("no mark in sight", &json!({"tags": ["rust", "expert2019"]}));
    let post = rig.post(&id).await;
    assert!(
        post.hashtags
            .iter()
            .any(|tag| tag.eq_ignore_ascii_case(TAG)),
        "{:?}",
        post.hashtags
    );
    assert!(post.facets.is_empty());
    let spelled = rig.put("in capitals #EXPERT2019", &json!({}));
    rig.post(&spelled).await;
}

#[tokio::test]
async fn everything_that_a_post_says_is_taken() {
    let mut rig = reading(Bluesky::without_account(Wire::Second).await).await;
    let other = rig.put("the first, about nothing", &json!({}));
    let strong = json!({"uri": uri(&other), "cid": ids::cid("any")});
    let text = format!("see #{TAG}");

    let quote = rig.put(
        &text,
        &json!({"embed": {"$type": "app.bsky.embed.record", "record": strong}}),
    );
    let quote = rig.post(&quote).await;
    assert_eq!(
        (quote.kind, quote.of.as_ref().unwrap().as_str()),
        (Kind::Quote, other.as_str())
    );
    assert_eq!(quote.facets[0].kind, FacetKind::Hashtag);

    let reply = rig.put(&text, &json!({"reply": {"root": strong, "parent": strong}}));
    let reply = rig.post(&reply).await;
    assert_eq!(
        (reply.kind, reply.of.as_ref().unwrap().as_str()),
        (Kind::Reply, other.as_str())
    );

    let picture = |n: u32| {
        json!({"alt": format!("picture {n}"), "image": blob(&n.to_string(), "image/jpeg"),
        "aspectRatio": {"width": 1600, "height": 900}})
    };
    let images = json!({"$type": "app.bsky.embed.images", "images": (0..4).map(picture).collect::<Vec<_>>()});
    let id = rig.put(&text, &json!({"embed": images}));
    let post = rig.post(&id).await;
    assert_eq!(post.media.len(), 4);
    let first = &post.media[0];
    assert_eq!(
        (first.kind, first.alt.as_deref()),
        (MediaKind::Image, Some("picture 0"))
    );
    assert_eq!((first.width, first.height), (Some(1600), Some(900)));
    assert!(
        first
            .url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://cdn.bsky.app/img/")),
        "{first:?}"
    );

    let both = json!({"$type": "app.bsky.embed.recordWithMedia", "media": images,
        "record": {"$type": "app.bsky.embed.record", "record": strong}});
    let id = rig.put(&text, &json!({"embed": both}));
    let post = rig.post(&id).await;
    assert_eq!((post.kind, post.media.len()), (Kind::Quote, 4));

    let mut items: Vec<Value> = (0..6).map(picture).collect();
    for item in &mut items {
        item["$type"] = json!("app.bsky.embed.gallery#image");
    }
    let id = rig.put(
        &text,
        &json!({"embed": {"$type": "app.bsky.embed.gallery", "items": items}}),
    );
    let post = rig.post(&id).await;
    assert_eq!(
        (post.media.len(), post.media[5].alt.as_deref()),
        (6, Some("picture 5"))
    );

    let film = json!({"$type": "app.bsky.embed.video", "video": blob("film", "video/mp4"), "alt": "A talk",
        "aspectRatio": {"width": 1268, "height": 764}});
    let id = rig.put(&text, &json!({"embed": film}));
    let post = rig.post(&id).await;
    assert_eq!(
        (post.media[0].kind, post.media[0].alt.as_deref()),
        (MediaKind::Video, Some("A talk"))
    );

    let card = json!({"uri": "https://example.org/talk", "title": "The talk", "description": "About it",
        "thumb": blob("thumb", "image/jpeg")});
    let id = rig.put(
        &text,
        &json!({"embed": {"$type": "app.bsky.embed.external", "external": card}}),
    );
    let post = rig.post(&id).await;
    let card = post.card.expect("a card");
    assert_eq!(
        (card.url.as_str(), card.title.as_str()),
        ("https://example.org/talk", "The talk")
    );
    assert!(!post.sensitive && post.warning.is_none());
}

#[tokio::test]
async fn what_is_labelled_is_sensitive_whoever_says_so() {
    let mut rig = reading(Bluesky::without_account(Wire::First).await).await;
    for value in ["graphic-media", "porn", "sexual", "nudity"] {
        let labels =
            json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": value}]});
        let id = rig.put(&format!("careful #{TAG}"), &json!({"labels": labels}));
        let post = rig.post(&id).await;
        assert!(post.sensitive || post.warning.is_some(), "{value}");
    }
    let id = rig.put(&format!("innocent #{TAG}"), &json!({}));
    rig.server().label(uri(&id), "porn");
    assert!(rig.post(&id).await.sensitive);
    let hidden = rig.put(&format!("against the rules #{TAG}"), &json!({}));
    rig.server().label(uri(&hidden), "!takedown");
    let later = rig.publish(1).await;
    rig.all_of("a later one", &later).await;
    assert!(!rig.came.contains_key(&hidden));
}
