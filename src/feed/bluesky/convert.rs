//! From an `AppView`'s view of a post to ours: pure, so that it can be fuzzed without a server.

use jiff::Timestamp;
use serde_json::Value;

use super::SOURCE;
use super::embed::{self, Embedded};
use super::facets::{self, profile_page};
use super::labels;
use crate::feed::bridges;
use crate::feed::{Reason, wishes};
use crate::post::{Author, AuthorId, Counts, Kind, Post, PostId, Source};
use crate::text::clean_line;
use crate::text::plain::web_address;

/// A post and all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The `AppView`'s view of the post (`app.bsky.feed.defs#postView`).
    pub view: &'a Value,
    /// Its view of the author (`app.bsky.actor.defs#profileViewDetailed`).
    pub profile: &'a Value,
    /// The record, where the stream told of a later one than the view has.
    pub record: Option<&'a Value>,
    /// When the record was written anew, where it was.
    pub edited_at: Option<Timestamp>,
}

/// The id of the post with this at-uri.
pub fn post_id(uri: &str) -> PostId {
    PostId::new(format!("{SOURCE}:{uri}"))
}

/// The id of the account with this DID.
pub fn author_id(did: &str) -> AuthorId {
    AuthorId::new(format!("{SOURCE}:{did}"))
}

/// The at-uri of a post.
pub(super) fn uri(did: &str, rkey: &str) -> String {
    format!("at://{did}/app.bsky.feed.post/{rkey}")
}

/// The parts of a post's at-uri: whose it is, and its key. Anything else in it is nothing that can be asked for
/// (<https://atproto.com/specs/did>, <https://atproto.com/specs/record-key>).
pub(super) fn parts(uri: &str) -> Option<(&str, &str)> {
    let (did, rest) = uri.strip_prefix("at://")?.split_once('/')?;
    let rkey = rest.strip_prefix("app.bsky.feed.post/")?;
    let plain = |text: &str, others: &[u8]| {
        (1..=512).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    let sound = did.starts_with("did:") && plain(did, b".-_:%") && plain(rkey, b".-_:~");
    sound.then_some((did, rkey))
}

/// Makes a post of it.
///
/// # Errors
/// Where it is not to be taken, says why.
pub fn post(seen: Seen<'_>, now: Timestamp) -> Result<Post, (Reason, &'static str)> {
    let Seen {
        view,
        profile,
        edited_at,
        ..
    } = seen;
    let record = seen.record.unwrap_or(&view["record"]);
    let uri = view["uri"].as_str().unwrap_or_default();
    let (did, rkey) = parts(uri).ok_or((Reason::DamagedId, "its uri is none of a post"))?;
    if !record["text"].is_string() {
        return Err((Reason::Malformed, "has no text"));
    }
    let labelled = labels::read(view, profile, record, now);
    if labelled.signed_in_only {
        return Err((
            Reason::OptedOut,
            "its author is shown only to those who are signed in",
        ));
    }
    if wishes::opted_out(profile["description"].as_str().unwrap_or_default()) {
        return Err((Reason::OptedOut, "its author opted out"));
    }
    if labelled.hidden {
        return Err((Reason::NotPublic, "was taken down by moderators"));
    }
    let time = |value: &Value| value.as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let seen_at = time(&view["indexedAt"]);
    // Authors' clocks may be wrong, and their words about it: nothing was written after it was seen.
    let created_at = match (time(&record["createdAt"]), seen_at) {
        (Some(written), Some(seen)) => written.min(seen),
        (written, seen) => written.or(seen).ok_or((Reason::BadTime, "has no time"))?,
    };
    let (text, facets) = facets::read(record);
    let Embedded {
        media,
        card,
        quoted,
    } = embed::read(&view["embed"]);
    let parent = record["reply"]["parent"]["uri"].as_str();
    let (kind, of) = match (quoted, parent) {
        (Some(quoted), _) => (Kind::Quote, Some(quoted)),
        (None, Some(parent)) => (Kind::Reply, Some(parent.to_owned())),
        (None, None) => (Kind::Original, None),
    };
    let number = |name: &str| view[name].as_u64().unwrap_or(0);
    let author = author(view, profile, labelled.bot);
    // Handles are verified by the AppView, and only the bridge can give one of its own.
    let bridged = author.handle.ends_with(".brid.gy");
    let original = record["bridgyOriginalUrl"].as_str().filter(|_| bridged);
    Ok(Post {
        id: post_id(uri),
        same_as: original.map(bridges::activitypub_ids).unwrap_or_default(),
        source: Source::new(SOURCE),
        feed: None,
        url: web_address(&format!("{}/post/{rkey}", profile_page(did))),
        kind,
        of: of.map(|uri| post_id(&uri)),
        author,
        text,
        facets,
        hashtags: facets::hashtags(record),
        sensitive: !labelled.warnings.is_empty(),
        warning: Some(labelled.warnings.join(", ")).filter(|words| !words.is_empty()),
        language: record["langs"][0].as_str().map(str::to_owned),
        media,
        emojis: Vec::new(),
        poll: None,
        card,
        counts: Counts {
            likes: number("likeCount"),
            reposts: number("repostCount"),
            replies: number("replyCount"),
        },
        created_at,
        edited_at,
        received_at: None,
    })
}

/// When a post was last given a label, where it has any that warns.
pub(super) fn warned_at(seen: Seen<'_>, now: Timestamp) -> Option<Timestamp> {
    let record = seen.record.unwrap_or(&seen.view["record"]);
    let labelled = labels::read(seen.view, seen.profile, record, now);
    labelled.latest.filter(|_| !labelled.warnings.is_empty())
}

fn author(view: &Value, profile: &Value, bot: bool) -> Author {
    let basic = &view["author"];
    let told = |name: &str| basic[name].as_str().or(profile[name].as_str());
    let did = told("did").unwrap_or_default();
    // What stands in place of a handle that leads nowhere.
    let handle = told("handle")
        .filter(|handle| *handle != "handle.invalid")
        .unwrap_or(did);
    Author {
        id: author_id(did),
        same_as: Vec::new(),
        handle: format!("@{}", clean_line(handle)),
        name: clean_line(told("displayName").unwrap_or_default()),
        avatar: told("avatar").and_then(web_address),
        url: web_address(&profile_page(did)),
        followers: profile["followersCount"].as_u64(),
        bot,
        created_at: told("createdAt").and_then(|at| at.parse().ok()),
        indexable: None,
        discoverable: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-23T20:00:00Z".parse().unwrap()
    }

    fn view(record: &Value) -> Value {
        json!({"uri": "at://did:plc:ada/app.bsky.feed.post/3k", "cid": "baf", "record": record,
            "author": {"did": "did:plc:ada", "handle": "ada.example.org", "displayName": "Ada", "labels": []},
            "likeCount": 3, "indexedAt": "2026-11-23T18:36:14Z", "labels": []})
    }

    fn record() -> Value {
        json!({"$type": "app.bsky.feed.post", "text": "Hello #Expert2019", "langs": ["en"],
            "createdAt": "2026-11-23T18:36:12.760620Z"})
    }

    fn read(view: &Value, profile: &Value) -> Result<Post, (Reason, &'static str)> {
        post(
            Seen {
                view,
                profile,
                record: None,
                edited_at: None,
            },
            now(),
        )
    }

    #[test]
    fn a_view_becomes_a_post() {
        let profile = json!({"did": "did:plc:ada", "followersCount": 12, "createdAt": "2024-01-01T00:00:00Z"});
        let post = read(&view(&record()), &profile).unwrap();
        assert_eq!(
            post.id.as_str(),
            "bluesky:at://did:plc:ada/app.bsky.feed.post/3k"
        );
        assert_eq!(
            post.url.as_deref(),
            Some("https://bsky.app/profile/did:plc:ada/post/3k")
        );
        assert_eq!(post.author.id.as_str(), "bluesky:did:plc:ada");
        assert_eq!(
            (post.author.handle.as_str(), post.author.followers),
            ("@ada.example.org", Some(12))
        );
        assert_eq!(
            (post.hashtags.as_slice(), post.counts.likes),
            (&["Expert2019".to_owned()][..], 3)
        );
        assert_eq!(post.created_at.to_string(), "2026-11-23T18:36:12.76062Z");
        assert_eq!(post.kind, Kind::Original);
    }

    #[test]
    fn wishes_are_heard_and_clocks_doubted() {
        let mut private = view(&record());
        private["author"]["labels"] = json!([{"src": "did:plc:ada", "val": "!no-unauthenticated"}]);
        assert_eq!(read(&private, &json!({})).unwrap_err().0, Reason::OptedOut);
        let bio = json!({"description": "I write. #NoBot"});
        assert_eq!(
            read(&view(&record()), &bio).unwrap_err().0,
            Reason::OptedOut
        );
        let mut early = record();
        early["createdAt"] = json!("2031-01-01T00:00:00Z");
        let post = read(&view(&early), &json!({})).unwrap();
        assert_eq!(post.created_at.to_string(), "2026-11-23T18:36:14Z");
        for damaged in [json!({"uri": "at://x/y/z"}), json!(null), json!([])] {
            assert!(read(&damaged, &json!({})).is_err());
        }
    }

    #[test]
    fn a_bridges_copy_names_its_original() {
        let mut copy = record();
        copy["bridgyOriginalUrl"] = json!("https://a.example/@ada/1");
        let own_word = read(&view(&copy), &json!({})).unwrap();
        assert!(own_word.same_as.is_empty());
        let mut bridged = view(&copy);
        bridged["author"]["handle"] = json!("ada.a.example.ap.brid.gy");
        let post = read(&bridged, &json!({})).unwrap();
        let same: Vec<&str> = post.same_as.iter().map(PostId::as_str).collect();
        assert_eq!(
            same,
            [
                "mastodon:https://a.example/@ada/1",
                "mastodon:https://a.example/users/ada/statuses/1"
            ]
        );
    }

    #[test]
    fn recorded_views_are_read() {
        let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
            Into::into,
        );
        let mut read_posts = 0;
        for name in [
            "bluesky/atrrr/searchPosts_0e3ec.json",
            "bluesky/atrrr/searchPosts_bb16d.json",
            "own_recordings/bsky_devenv_searchPosts.json",
        ] {
            let Ok(body) = std::fs::read(folder.join(name)) else {
                eprintln!(
                    "skipped: no recorded data at {}",
                    folder.join(name).display()
                );
                return;
            };
            let body: Value = serde_json::from_slice(&body).unwrap();
            let body = if body["posts"].is_array() {
                &body
            } else {
                &body["body"]
            };
            for view in body["posts"].as_array().unwrap() {
                match read(view, &json!({})) {
                    Ok(post) => {
                        assert!(!post.author.handle.is_empty() && post.bounded().is_ok());
                        read_posts += 1;
                    }
                    Err((reason, why)) => assert_eq!(reason, Reason::OptedOut, "{why}"),
                }
            }
        }
        assert!(read_posts > 150, "{read_posts}");
    }
}
