//! Several networks at once: what is seen by more than one of them, or comes over a bridge, is one post.

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use buzzwall::clock::{Clock as _, SystemClock};
use jiff::Timestamp;
use serde_json::{Value, json};
use support::binary::Place;
use support::bluesky;
use support::mastodon::{self, status};
use support::nostr::{Relay, keys, signed};

const TAG: &str = "Expert2019";

/// A status of somebody on a server, known by this id everywhere.
fn written(by: &str, host: &str, uri: &str, text: &str, at: Timestamp) -> Value {
    let mut status = status("1", text, &[TAG], &at.to_string());
    status["uri"] = json!(uri);
    status["url"] = json!(uri);
    status["account"]["acct"] = json!(format!("{by}@{host}"));
    status["account"]["username"] = json!(by);
    status["account"]["uri"] = json!(format!("https://{host}/users/{by}"));
    status["account"]["url"] = json!(format!("https://{host}/@{by}"));
    status
}

#[tokio::test]
async fn one_post_over_four_sources_is_shown_and_counted_once() {
    let now = SystemClock.now();
    let (here, there) = (
        mastodon::Server::start().await,
        mastodon::Server::start().await,
    );
    let relay = Relay::start().await;
    let sky = bluesky::Server::start().await;
    sky.follow(Arc::new(SystemClock));
    let second = now.as_second();

    // Ada's status: on both servers, bridged to Bluesky and to Nostr.
    let ada = "https://a.example/users/ada/statuses/1";
    let said = "Everybody should hear this";
    here.insert(written("ada", "a.example", ada, said, now));
    there.insert({
        let mut seen = written("ada", "a.example", ada, said, now);
        seen["id"] = json!("77");
        seen
    });
    let bridged = sky.join("ada-bridged", "Ada");
    sky.profile(&bridged, &json!({"handle": "ada.a.example.ap.brid.gy"}));
    let mut copy = bluesky::record(&format!("{said} #{TAG}"), now);
    copy["bridgyOriginalUrl"] = json!("https://a.example/@ada/1");
    sky.publish_record(&bridged, copy);
    relay.publish(signed(
        &keys(1),
        1,
        second,
        &[&["t", "expert2019"], &["proxy", ada, "activitypub"]],
        &format!("{said} #{TAG}"),
    ));

    // Bea's post on Bluesky, which a server of the fediverse has by the bridge.
    let bea = sky.join("bea", "Bea");
    let post = sky.publish_record(
        &bea,
        bluesky::record(&format!("Hello from here #{TAG}"), now),
    );
    there.insert(written(
        "bea.test",
        "bsky.brid.gy",
        &format!("https://bsky.brid.gy/convert/ap/{post}"),
        "Hello from here",
        now,
    ));
    // Cy's note on Nostr, which the other server has by another bridge.
    let note = signed(
        &keys(2),
        1,
        second,
        &[&["t", "expert2019"]],
        &format!("Signed by me #{TAG}"),
    );
    let note_id = note["id"].as_str().expect("an id").to_owned();
    here.insert(written(
        "cy",
        "mostr.pub",
        &format!("https://mostr.pub/objects/{note_id}"),
        "Signed by me",
        now,
    ));
    relay.publish(note);
    // And what only one of them has.
    let mut own = written(
        "dee",
        "b.example",
        "https://b.example/users/dee/statuses/2",
        "Only there",
        now,
    );
    own["id"] = json!("88");
    there.insert(own);

    let place = Place::configured(&format!(
        r#"
        [[walls]]
        id = "hall"
        hashtags = ["{TAG}"]
        [[walls.feeds]]
        kind = "mastodon"
        server = "{}"
        [[walls.feeds]]
        kind = "mastodon"
        server = "{}"
        [[walls.feeds]]
        kind = "nostr"
        relays = ["{}"]
        [[walls.feeds]]
        kind = "bluesky"
        jetstream = ["{}"]
        appview = "{}"
        "#,
        here.url(),
        there.url(),
        relay.url(),
        sky.second_wire(),
        sky.url(),
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let mut stream = operator.watch_as_staff("hall").await;
    for feed in [
        format!("mastodon {}", here.url()),
        format!("mastodon {}", there.url()),
        format!("nostr {}", relay.url()),
        format!(
            "bluesky {}",
            sky.second_wire()
                .replace("ws://", "")
                .split('/')
                .next()
                .expect("a host")
        ),
    ] {
        stream.feed_is(&feed, "reading").await;
    }
    let expected: BTreeSet<String> = [
        format!("mastodon:{ada}"),
        format!("bluesky:{post}"),
        format!("nostr:{note_id}"),
        "mastodon:https://b.example/users/dee/statuses/2".to_owned(),
    ]
    .into();
    // Last of all comes one that is written when all the others were there: behind it nothing is under way any more.
    let last = [sky.publish(&format!("The last of Bluesky #{TAG}"), now), {
        let note = signed(
            &keys(3),
            1,
            second + 1,
            &[&["t", "expert2019"]],
            &format!("The last note #{TAG}"),
        );
        relay.publish(note.clone());
        note["id"].as_str().expect("an id").to_owned()
    }];
    let last = [format!("bluesky:{}", last[0]), format!("nostr:{}", last[1])];
    let all = |posts: &[Value]| -> BTreeSet<String> {
        posts
            .iter()
            .map(|post| post["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let whole: BTreeSet<String> = expected.iter().cloned().chain(last).collect();
    loop {
        let posts = service.anybody().posts("hall", "").await;
        if whole.is_subset(&all(&posts)) && posts.len() == whole.len() {
            assert_eq!(all(&posts), whole);
            break;
        }
        stream.next().await;
    }
    let tallies = service.anybody().tallies("hall").await;
    let figure = |name: &str| tallies[name].as_u64().expect("a figure");
    assert_eq!(
        (figure("posts"), figure("shown"), figure("total")),
        (6, 6, 6)
    );
    // Ada, Bea, Cy, Dee, and those of the two last posts.
    assert_eq!(figure("participants"), 6);
    let report = operator.get("/walls/hall/report?format=json").await.ok();
    assert_eq!(report["figures"]["posts"], 6);
    assert_eq!(report["figures"]["participants"], 6);
    service.stop().await;
    drop((here, there, sky));
}
