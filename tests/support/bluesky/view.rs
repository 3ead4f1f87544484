//! What the `AppView` makes of records and accounts.

use serde_json::{Value, json};

use super::network::{Account, Held, Post, moment};

/// A post as `getPosts` and `searchPosts` show it.
pub fn post(held: &Held, post: &Post, record: &Value, cid: &str) -> Value {
    let mut labels = own_labels(post, record, cid);
    labels.extend(post.labels.iter().cloned());
    let mut view = json!({
        "uri": post.uri,
        "cid": cid,
        "author": basic(&held.accounts[&post.did]),
        "record": record,
        "bookmarkCount": 0,
        "replyCount": post.counts["replyCount"],
        "repostCount": post.counts["repostCount"],
        "likeCount": post.counts["likeCount"],
        "quoteCount": post.counts["quoteCount"],
        "indexedAt": format!("{:.3}", moment(post.indexed)),
        "labels": labels,
    });
    if let Some(embed) = embed(held, &post.did, &record["embed"]) {
        view["embed"] = embed;
    }
    view
}

/// What the author says of the post, in the form of labels.
fn own_labels(post: &Post, record: &Value, cid: &str) -> Vec<Value> {
    let values = record["labels"]["values"].as_array().into_iter().flatten();
    values
        .map(|label| {
            json!({"src": post.did, "uri": post.uri, "cid": cid, "val": label["val"], "cts": record["createdAt"]})
        })
        .collect()
}

/// An account beside a post.
pub fn basic(account: &Account) -> Value {
    let mut view = account.view.clone();
    let fields = view.as_object_mut().expect("a view is an object");
    for detail in [
        "description",
        "followersCount",
        "followsCount",
        "postsCount",
        "banner",
        "indexedAt",
    ] {
        fields.remove(detail);
    }
    view
}

/// The view of a record's embed.
fn embed(held: &Held, did: &str, embed: &Value) -> Option<Value> {
    let kind = embed["$type"].as_str()?;
    let mut view = match kind {
        "app.bsky.embed.images" => json!({"images": each(&embed["images"], |image| {
            pictured(image, "thumb", did)
        })}),
        "app.bsky.embed.gallery" => json!({"items": each(&embed["items"], |image| {
            let mut view = pictured(image, "thumbnail", did);
            view["$type"] = json!("app.bsky.embed.gallery#viewImage");
            view
        })}),
        "app.bsky.embed.video" => video(embed, did),
        "app.bsky.embed.external" => {
            let mut card = embed["external"].clone();
            if card["thumb"].is_object() {
                card["thumb"] = json!(picture("feed_thumbnail", did, &card["thumb"]));
            }
            json!({"external": card})
        }
        "app.bsky.embed.record" => json!({"record": quoted(held, &embed["record"])}),
        "app.bsky.embed.recordWithMedia" => json!({
            "record": {"record": quoted(held, &embed["record"]["record"])},
            "media": self::embed(held, did, &embed["media"])?,
        }),
        _ => return None,
    };
    view["$type"] = json!(format!("{kind}#view"));
    Some(view)
}

fn each(list: &Value, view: impl Fn(&Value) -> Value) -> Vec<Value> {
    list.as_array().into_iter().flatten().map(view).collect()
}

fn pictured(image: &Value, small: &str, did: &str) -> Value {
    let mut view = json!({"alt": image["alt"]});
    view[small] = json!(picture("feed_thumbnail", did, &image["image"]));
    view["fullsize"] = json!(picture("feed_fullsize", did, &image["image"]));
    with_ratio(view, image)
}

fn video(embed: &Value, did: &str) -> Value {
    let cid = embed["video"]["ref"]["$link"].as_str().expect("a blob");
    let place = format!(
        "https://video.bsky.app/watch/{}/{cid}",
        did.replace(':', "%3A")
    );
    let mut view = json!({
        "cid": cid,
        "playlist": format!("{place}/playlist.m3u8"),
        "thumbnail": format!("{place}/thumbnail.jpg"),
    });
    if let Some(alt) = embed["alt"].as_str() {
        view["alt"] = json!(alt);
    }
    with_ratio(view, embed)
}

fn with_ratio(mut view: Value, of: &Value) -> Value {
    if of["aspectRatio"].is_object() {
        view["aspectRatio"] = of["aspectRatio"].clone();
    }
    view
}

fn picture(preset: &str, did: &str, blob: &Value) -> String {
    let cid = blob["ref"]["$link"].as_str().expect("a blob");
    format!("https://cdn.bsky.app/img/{preset}/plain/{did}/{cid}")
}

fn quoted(held: &Held, strong: &Value) -> Value {
    let uri = strong["uri"].as_str().expect("a strong reference");
    let Some(post) = held.posts.get(uri) else {
        return json!({"$type": "app.bsky.embed.record#viewNotFound", "uri": uri, "notFound": true});
    };
    let whole = self::post(held, post, &post.record, &post.cid);
    json!({
        "$type": "app.bsky.embed.record#viewRecord",
        "uri": uri,
        "cid": whole["cid"],
        "author": whole["author"],
        "value": whole["record"],
        "labels": whole["labels"],
        "likeCount": whole["likeCount"],
        "replyCount": whole["replyCount"],
        "repostCount": whole["repostCount"],
        "quoteCount": whole["quoteCount"],
        "indexedAt": whole["indexedAt"],
        "embeds": whole.get("embed").into_iter().collect::<Vec<_>>(),
    })
}
