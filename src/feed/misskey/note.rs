//! From Misskey's notes to posts: pure, so that it can be tested and fuzzed without a server.
//!
//! Unknown fields are skipped, absent and `null` mean the same.
//! Source: <https://misskey-hub.net/docs/for-developers/api/> and the schema of notes in Misskey's own repository.

use jiff::Timestamp;
use serde_json::Value;

use super::mfm::{self, Plain};
use crate::feed::mastodon::convert::SOURCE;
use crate::feed::{Item, Reason, Refusal, wishes};
use crate::post::{
    Author, AuthorId, Counts, Emoji, Kind, MAX_TEXT_BYTES, Media, MediaKind, Poll, PollOption,
    Post, PostId, Source,
};
use crate::text::plain::web_address;
use crate::text::{clean, clean_line, emoji};

/// A note as it was read.
#[derive(Debug)]
pub struct Read {
    /// The server's own id; empty where not even that could be read.
    pub id: String,
    /// When it was written and last edited; `None` where it was not taken.
    pub times: Option<(Timestamp, Option<Timestamp>)>,
    /// The post, or why it was not taken.
    pub item: Item,
}

/// Reads a note. `home` is the server's address, without a final slash.
pub fn read(note: &Value, home: &str) -> Read {
    let id = text(note, "id").to_owned();
    match post(note, home) {
        Ok(post) => Read {
            times: Some((post.created_at, post.edited_at)),
            item: Item::Post(Box::new(post)),
            id,
        },
        Err((reason, what)) => Read {
            times: None,
            item: Item::Refused(Refusal {
                reason,
                detail: format!("note {}: {what}", clean_line(&id)),
            }),
            id,
        },
    }
}

fn post(note: &Value, home: &str) -> Result<Post, (Reason, &'static str)> {
    permitted(note)?;
    if text(note, "id").is_empty() {
        return Err((Reason::Malformed, "has no id"));
    }
    let created_at = time(&note["createdAt"]).ok_or((Reason::Malformed, "has no createdAt"))?;
    let renote = &note["renote"];
    let bare = text(note, "text").is_empty()
        && note["cw"].is_null()
        && note["poll"].is_null()
        && note["files"].as_array().is_none_or(Vec::is_empty);
    let repost = bare && renote.is_object() && note["replyId"].is_null();
    let shown = if repost {
        // It shows the words of another, whose wishes count as much.
        permitted(renote)?;
        renote
    } else {
        note
    };
    if text(shown, "text").len() > MAX_TEXT_BYTES {
        return Err((Reason::TooLarge, "its text is too long"));
    }
    let (kind, of) = if repost {
        (Kind::Repost, Some(post_id(renote, home)))
    } else if !note["renoteId"].is_null() {
        (
            Kind::Quote,
            renote.is_object().then(|| post_id(renote, home)),
        )
    } else if !note["replyId"].is_null() {
        let reply = &note["reply"];
        (Kind::Reply, reply.is_object().then(|| post_id(reply, home)))
    } else {
        (Kind::Original, None)
    };
    let plain = mfm::read(text(shown, "text"), &home_of(&shown["user"], home));
    let tags: Vec<String> = list(&shown["tags"])
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let hashtags = mfm::hashtags(&tags, &plain);
    let Plain {
        text: words,
        mut facets,
    } = plain;
    let mut emojis = emojis(&shown["emojis"]);
    emoji::mark(&words, &mut facets, &emojis);
    let author = author(note, home)?;
    let in_name = self::emojis(&note["user"]["emojis"]);
    emojis.extend(
        in_name
            .into_iter()
            .filter(|emoji| emoji::uses(&author.name, &emoji.shortcode)),
    );
    let warning = clean(text(shown, "cw"));
    let files: Vec<&Value> = list(&shown["files"]).collect();
    let sensitive = files.iter().any(|file| file["isSensitive"] == true)
        || shown["channel"]["isSensitive"] == true;
    Ok(Post {
        id: post_id(note, home),
        same_as: Vec::new(),
        source: Source::new(SOURCE),
        feed: None,
        url: web_address(text(note, "url")).or_else(|| web_address(&address(note, home))),
        kind,
        of,
        author,
        text: words,
        facets,
        hashtags,
        warning: Some(warning).filter(|warning| !warning.is_empty()),
        sensitive,
        language: None,
        media: files.into_iter().map(media).collect(),
        emojis,
        poll: poll(&shown["poll"]),
        card: None,
        counts: Counts {
            likes: note["reactionCount"].as_u64().unwrap_or(0),
            reposts: note["renoteCount"].as_u64().unwrap_or(0),
            replies: note["repliesCount"].as_u64().unwrap_or(0),
        },
        created_at,
        // Misskey itself knows no edits; Sharkey, Firefish and others do.
        edited_at: time(&note["updatedAt"]).filter(|edited_at| *edited_at > created_at),
        received_at: None,
    })
}

/// Whether it may be shown at all: public, and by somebody who does not mind.
fn permitted(note: &Value) -> Result<(), (Reason, &'static str)> {
    let user = &note["user"];
    if user["requireSigninToViewContents"] == true {
        return Err((
            Reason::OptedOut,
            "its author shows notes only to people who are signed in",
        ));
    }
    // Only some answers carry the bio.
    if user["description"].as_str().is_some_and(wishes::opted_out) || user["noindex"] == true {
        return Err((Reason::OptedOut, "its author opted out"));
    }
    if note["visibility"] != "public" || note["localOnly"] == true || note["isHidden"] == true {
        return Err((Reason::NotPublic, "is not public"));
    }
    Ok(())
}

/// The note's id in `ActivityPub`, under which every server knows it.
fn address(note: &Value, home: &str) -> String {
    match text(note, "uri") {
        "" => format!("{home}/notes/{}", text(note, "id")),
        uri => uri.to_owned(),
    }
}

/// The same id that a server of Mastodon gives it, so that one note read at both counts once.
fn post_id(note: &Value, home: &str) -> PostId {
    PostId::new(format!("{SOURCE}:{}", address(note, home)))
}

/// The server's own id of a post, where it was written there.
pub(super) fn local_id<'a>(post: &'a PostId, home: &str) -> Option<&'a str> {
    let uri = post.as_str().strip_prefix(SOURCE)?.strip_prefix(':')?;
    let id = uri.strip_prefix(home)?.strip_prefix("/notes/")?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// The address of somebody's server.
fn home_of(user: &Value, home: &str) -> String {
    match text(user, "host") {
        "" => home.to_owned(),
        host => format!("https://{}", clean_line(host)),
    }
}

fn author(note: &Value, home: &str) -> Result<Author, (Reason, &'static str)> {
    let user = &note["user"];
    let username = clean_line(text(user, "username"));
    if username.is_empty() {
        return Err((Reason::Malformed, "its author has no name"));
    }
    let server = home_of(user, home);
    let domain = server
        .split_once("://")
        .map_or(server.as_str(), |(_, domain)| domain);
    let handle = format!("@{username}@{domain}");
    let uri = match (text(user, "host"), text(user, "id")) {
        ("", id) if !id.is_empty() => Some(format!("{home}/users/{id}")),
        // The address of an account elsewhere is not told, but Mastodon's notes have it in theirs.
        (host, _) if !host.is_empty() => {
            let whose = text(note, "uri")
                .split_once("/statuses/")
                .map(|(whose, _)| whose);
            whose
                .filter(|whose| whose.eq_ignore_ascii_case(&format!("{server}/users/{username}")))
                .map(str::to_owned)
        }
        _ => None,
    };
    let id = uri.map_or_else(
        || format!("misskey:{handle}"),
        |uri| format!("{SOURCE}:{uri}"),
    );
    Ok(Author {
        id: AuthorId::new(id),
        same_as: Vec::new(),
        name: clean_line(text(user, "name")),
        avatar: web_address(text(user, "avatarUrl")),
        url: web_address(&format!("{server}/@{username}")),
        handle,
        followers: None,
        bot: user["isBot"] == true,
        created_at: None,
        indexable: None,
        discoverable: None,
    })
}

/// Emoji of other servers come with their pictures, by name.
fn emojis(map: &Value) -> Vec<Emoji> {
    let Some(map) = map.as_object() else {
        return Vec::new();
    };
    map.iter()
        .take(crate::post::MAX_MEDIA)
        .filter_map(|(shortcode, url)| {
            let url = web_address(url.as_str()?)?;
            Some(Emoji {
                shortcode: shortcode.clone(),
                url,
            })
        })
        .collect()
}

fn media(file: &Value) -> Media {
    let pixels = |key: &str| {
        file["properties"][key]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
    };
    let alt = clean(text(file, "comment"));
    Media {
        kind: match text(file, "type").split('/').next() {
            Some("image") => MediaKind::Image,
            Some("video") => MediaKind::Video,
            Some("audio") => MediaKind::Audio,
            _ => MediaKind::Unknown,
        },
        url: web_address(text(file, "url")),
        preview: web_address(text(file, "thumbnailUrl")),
        alt: Some(alt).filter(|alt| !alt.is_empty()),
        width: pixels("width"),
        height: pixels("height"),
        blurhash: Some(text(file, "blurhash").to_owned()).filter(|hash| !hash.is_empty()),
    }
}

fn poll(poll: &Value) -> Option<Poll> {
    let options = poll["choices"].as_array()?.iter().map(|choice| PollOption {
        text: clean_line(text(choice, "text")),
        votes: choice["votes"].as_u64(),
    });
    Some(Poll {
        options: options.collect(),
        ends_at: time(&poll["expiresAt"]),
        multiple: poll["multiple"] == true,
    })
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_default()
}

fn list(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().into_iter().flatten()
}

fn time(of: &Value) -> Option<Timestamp> {
    of.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const HOME: &str = "https://home.example";

    fn note(extra: &Value) -> Value {
        let mut note = json!({
            "id": "9x", "createdAt": "2025-01-01T10:00:00.000Z", "visibility": "public", "localOnly": false, "text": "Hello #Rust",
            "cw": null, "tags": ["rust"], "user": {"id": "u1", "username": "ada", "host": null, "name": "Ada"},
        });
        for (key, value) in extra.as_object().unwrap() {
            note[key] = value.clone();
        }
        note
    }

    fn taken(extra: &Value) -> Post {
        post(&note(extra), HOME).unwrap()
    }

    #[test]
    fn ids_are_those_of_activitypub() {
        let here = taken(&json!({}));
        assert_eq!(here.id.as_str(), "mastodon:https://home.example/notes/9x");
        assert_eq!(
            here.author.id.as_str(),
            "mastodon:https://home.example/users/u1"
        );
        assert_eq!(
            (here.author.handle.as_str(), local_id(&here.id, HOME)),
            ("@ada@home.example", Some("9x"))
        );
        let uri = "https://m.example/users/Bea/statuses/7";
        let there = taken(
            &json!({"uri": uri, "user": {"id": "u2", "username": "Bea", "host": "m.example"}}),
        );
        assert_eq!(there.id.as_str(), format!("mastodon:{uri}"));
        assert_eq!(
            there.author.id.as_str(),
            "mastodon:https://m.example/users/Bea"
        );
        assert_eq!(local_id(&there.id, HOME), None);
        let other = taken(
            &json!({"uri": "https://k.example/notes/1", "user": {"id": "u3", "username": "eve", "host": "k.example"}}),
        );
        assert_eq!(other.author.id.as_str(), "misskey:@eve@k.example");
        // Another server cannot name its people as somebody else's.
        let liar = taken(
            &json!({"uri": uri, "user": {"id": "u4", "username": "Bea", "host": "evil.example"}}),
        );
        assert_eq!(liar.author.id.as_str(), "misskey:@Bea@evil.example");
    }

    #[test]
    fn wishes_are_heeded() {
        for (extra, reason) in [
            (json!({"visibility": "home"}), Reason::NotPublic),
            (json!({"visibility": null}), Reason::NotPublic),
            (json!({"localOnly": true}), Reason::NotPublic),
            (json!({"isHidden": true}), Reason::NotPublic),
            (
                json!({"user": {"username": "a", "requireSigninToViewContents": true}}),
                Reason::OptedOut,
            ),
            (
                json!({"user": {"username": "a", "description": "no thanks #nobot"}}),
                Reason::OptedOut,
            ),
            (
                json!({"text": null, "renoteId": "1", "renote": note(&json!({"visibility": "followers"}))}),
                Reason::NotPublic,
            ),
            (json!({"createdAt": 5}), Reason::Malformed),
            (json!({"user": null}), Reason::Malformed),
        ] {
            assert_eq!(post(&note(&extra), HOME).unwrap_err().0, reason, "{extra}");
        }
    }

    #[test]
    fn relations_pictures_and_warnings_are_taken() {
        let other = note(
            &json!({"id": "8", "uri": "https://m.example/users/b/statuses/8", "text": "other"}),
        );
        let repost = taken(&json!({"text": null, "renoteId": "8", "renote": other}));
        assert_eq!((repost.kind, repost.text.as_str()), (Kind::Repost, "other"));
        assert_eq!(
            repost.of.unwrap().as_str(),
            "mastodon:https://m.example/users/b/statuses/8"
        );
        assert_eq!(
            taken(&json!({"renoteId": "8", "renote": other})).kind,
            Kind::Quote
        );
        assert_eq!(taken(&json!({"replyId": "8"})).kind, Kind::Reply);
        let post = taken(
            &json!({"cw": "food", "text": "look :cat:", "emojis": {"cat": "https://e.org/c.png"}, "files": [
            {"type": "image/png", "url": "https://e.org/a.png", "thumbnailUrl": "https://e.org/t.png", "comment": "a cake",
             "isSensitive": true, "properties": {"width": 5, "height": 6}}]}),
        );
        assert_eq!(
            (post.warning.as_deref(), post.sensitive),
            (Some("food"), true)
        );
        assert_eq!(
            (post.media[0].alt.as_deref(), post.media[0].width),
            (Some("a cake"), Some(5))
        );
        assert_eq!(post.facets.len(), 1);
        let poll =
            json!({"choices": [{"text": "yes", "votes": 3}], "multiple": true, "expiresAt": null});
        assert_eq!(
            taken(&json!({"poll": poll})).poll.unwrap().options[0].votes,
            Some(3)
        );
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(text in "\\PC{0,40}", key in "(id|createdAt|user|renote|files|text|poll|emojis|uri)") {
            for value in [json!(text), json!([text]), json!({"username": text, "host": text}), json!(5), Value::Null] {
                let mut note = note(&json!({}));
                note[&key] = value;
                let _read = read(&note, HOME);
            }
        }
    }
}
