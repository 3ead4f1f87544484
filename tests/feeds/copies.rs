//! One post that several sources have: shown once, counted once, the original in place of its copies.

use std::collections::HashMap;
use std::sync::Arc;

use buzzwall::clock::ManualClock;
use buzzwall::feed::{FeedName, Item, Sighting, Wanted};
use buzzwall::journal::{Action, Who};
use buzzwall::moderation::{Action as Ruled, FeedRules, MaxPosts, Mode};
use buzzwall::post::{AuthorId, Post, PostId, Standing};
use buzzwall::text::{Query, Tag};
use buzzwall::wall::command::Act;
use buzzwall::wall::{Brief, WallState};
use proptest::prelude::*;
use serde_json::json;

use super::hall::Hall;
use super::rig::{START, TAG};

const STATUS: &str = "mastodon:https://a.example/users/ada/statuses/1";

fn post(id: &str, author: &str, same_as: &[&str], author_same_as: &[&str]) -> Post {
    serde_json::from_value(json!({
        "id": id, "source": id.split(':').next(), "same_as": same_as,
        "author": {"id": author, "same_as": author_same_as},
        "text": format!("One thing said once #{TAG}"), "created_at": START,
    }))
    .expect("it is a post")
}

/// The status itself, as two servers tell it, and its copies on two other networks.
fn everywhere() -> Vec<Post> {
    let ada = "mastodon:https://a.example/users/ada";
    vec![
        post(STATUS, ada, &[], &[]),
        post(STATUS, ada, &[], &[]),
        post(
            "bluesky:at://did:plc:copy/app.bsky.feed.post/1",
            "bluesky:did:plc:copy",
            &["mastodon:https://a.example/@ada/1", STATUS],
            &[],
        ),
        post("nostr:00aa", "nostr:ff00", &[STATUS], &[]),
    ]
}

async fn hall() -> Hall {
    let clock = Arc::new(ManualClock::new(START.parse().expect("a time")));
    let own = Wanted {
        tags: Query {
            any: vec![Tag::new("OtherTag").expect("a tag")],
            ..Query::default()
        },
        ..Wanted::default()
    };
    let briefs = HashMap::from([
        (
            FeedName("exec own".to_owned()),
            Brief {
                wanted: Some(own),
                rules: FeedRules {
                    mode: Some(Mode::Held),
                    limit: None,
                },
            },
        ),
        (
            FeedName("exec loud".to_owned()),
            Brief {
                wanted: None,
                rules: FeedRules {
                    mode: None,
                    limit: Some(MaxPosts {
                        posts: 2,
                        per: "1m".parse().expect("a span"),
                        action: Ruled::Hold,
                    }),
                },
            },
        ),
    ]);
    Hall::open(clock, briefs).await
}

fn item(post: Post) -> Item {
    Item::Post(Box::new(post))
}

fn shown(state: &WallState) -> Vec<String> {
    let posts = state.public_posts();
    let id = |num| state.post(num)?.content.as_ref().map(|c| c.id.to_string());
    posts.into_iter().filter_map(id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// In whatever order and batches they come, and however often.
    #[test]
    fn copies_and_original_are_one(order in proptest::collection::vec(0..4_usize, 1..10), together in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let hall = hall().await;
            let posts = everywhere();
            if together {
                hall.bring("mastodon test", order.iter().map(|n| item(posts[*n].clone())).collect()).await;
            } else {
                for n in &order {
                    hall.bring("mastodon test", vec![item(posts[*n].clone())]).await;
                }
            }
            let state = hall.wall.read();
            let figures = state.tallies.figures();
            prop_assert_eq!((figures.posts, figures.shown, figures.participants), (1, 1, 1));
            prop_assert_eq!(state.recount().figures(), figures);
            let shown = shown(&state);
            prop_assert_eq!(shown.len(), 1);
            let original_came = order.iter().any(|n| *n < 2);
            prop_assert_eq!(shown[0] == STATUS, original_came);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn the_original_of_a_hidden_copy_stays_off_the_wall() {
    let hall = hall().await;
    let posts = everywhere();
    hall.bring("nostr test", vec![item(posts[3].clone())]).await;
    let hide = Act::Decide {
        action: Action::Hide,
        posts: vec!["nostr:00aa".to_owned()],
        reason: None,
        seen: None,
    };
    let by = Who("moderator".to_owned());
    hall.wall.act(by, hide).await.expect("it can be hidden");
    hall.bring("mastodon test", vec![item(posts[0].clone())])
        .await;
    let state = hall.wall.read();
    assert!(shown(&state).is_empty());
    let figures = state.tallies.figures();
    assert_eq!((figures.posts, figures.hidden), (1, 1));
}

#[tokio::test]
async fn the_originals_deletion_takes_a_lone_copy_along() {
    let hall = hall().await;
    hall.bring("nostr test", vec![item(everywhere()[3].clone())])
        .await;
    hall.bring("mastodon test", vec![Item::Deleted(PostId::new(STATUS))])
        .await;
    let state = hall.wall.read();
    assert!(shown(&state).is_empty());
    assert_eq!(state.tallies.figures().deleted, 1);
}

#[tokio::test]
async fn one_person_through_a_bridge_is_one_participant() {
    let hall = hall().await;
    let did = "bluesky:did:plc:ada";
    let bridged = "mastodon:https://bsky.brid.gy/ap/did:plc:ada";
    let other = |n: u32| {
        let mut post = post(&format!("mastodon:https://x/{n}"), bridged, &[], &[did]);
        post.text = format!("Thing number {n} #{TAG}");
        item(post)
    };
    hall.bring("mastodon test", vec![other(1)]).await;
    let mut own = post(
        "bluesky:at://did:plc:ada/app.bsky.feed.post/2",
        did,
        &[],
        &[],
    );
    own.text = format!("Said at home #{TAG}");
    hall.bring("bluesky test", vec![item(own)]).await;
    hall.bring("mastodon test", vec![other(3)]).await;
    let figures = hall.wall.read().tallies.figures();
    assert_eq!((figures.posts, figures.participants), (3, 1));
}

#[tokio::test]
async fn a_retraction_holds_only_from_who_wrote_it() {
    let hall = hall().await;
    hall.bring("nostr test", vec![item(everywhere()[3].clone())])
        .await;
    let retract = |author: &str| Item::Retracted {
        post: PostId::new("nostr:00aa"),
        author: AuthorId::new(author),
    };
    hall.bring("nostr test", vec![retract("nostr:someone-else")])
        .await;
    assert_eq!(hall.wall.read().tallies.figures().deleted, 0);
    hall.bring("nostr test", vec![retract("nostr:ff00")]).await;
    assert_eq!(hall.wall.read().tallies.figures().deleted, 1);
}

#[tokio::test]
async fn an_account_that_is_gone_takes_its_posts_along() {
    let hall = hall().await;
    let theirs = |n: u32| {
        let mut post = post(
            &format!("bluesky:at://x/{n}"),
            "bluesky:did:plc:x",
            &[],
            &[],
        );
        post.text = format!("Thing number {n} #{TAG}");
        item(post)
    };
    hall.bring("bluesky test", vec![theirs(1), theirs(2)]).await;
    let gone = Item::AuthorGone(AuthorId::new("bluesky:did:plc:x"));
    // The last one comes in the same page, before the account is gone.
    hall.bring("bluesky test", vec![theirs(3), gone]).await;
    let figures = hall.wall.read().tallies.figures();
    assert_eq!((figures.posts, figures.deleted), (0, 3));
}

#[tokio::test]
async fn a_feed_with_its_own_hashtags_mode_and_limit() {
    let hall = hall().await;
    let said = |n: u32, tag: &str| {
        let mut post = post(&format!("exec:{n}"), &format!("exec:author{n}"), &[], &[]);
        post.text = format!("Thing number {n} #{tag}");
        item(post)
    };
    let outcome = hall
        .bring("exec own", vec![said(1, "OtherTag"), said(2, TAG)])
        .await;
    assert_eq!((outcome.taken, outcome.refused.len()), (1, 1));
    hall.bring("exec loud", (10..15).map(|n| said(n, TAG)).collect())
        .await;
    let state = hall.wall.read();
    let figures = state.tallies.figures();
    // Its own hashtag counts as asked for; its mode holds it; of the loud feed two are shown.
    assert_eq!((figures.posts, figures.held, figures.shown), (6, 4, 2));
    let own = state
        .find("exec:1")
        .and_then(|num| state.post(num))
        .expect("it was taken");
    assert_eq!(own.standing, Standing::Held);
    assert_eq!(state.recount().figures(), figures);
}

#[tokio::test]
async fn trends_at_the_source_are_told_and_reported() {
    let hall = hall().await;
    let seen = |rank| {
        Item::Trending(Sighting {
            place: "a.example".to_owned(),
            tag: TAG.to_owned(),
            rank,
            of: 20,
        })
    };
    for rank in [None, Some(5), Some(5), Some(3), Some(8)] {
        hall.bring("trends a.example", vec![seen(rank)]).await;
    }
    let now = buzzwall::wall::frames::trends_json(&hall.wall.read());
    assert_eq!(now["at_source"][0]["rank"], 8);
    assert_eq!(now["at_source"][0]["best_rank"], 3);
    hall.bring("trends a.example", vec![seen(None)]).await;
    let now = buzzwall::wall::frames::trends_json(&hall.wall.read());
    assert_eq!(now["at_source"], json!([]));
    let report = hall.report();
    let [run] = &report.trending_at_source[..] else {
        panic!("one run, not {:?}", report.trending_at_source)
    };
    assert_eq!((run.best_rank, run.of, run.ranks.len()), (3, 20, 3));
    assert!(run.to.is_some());
}
