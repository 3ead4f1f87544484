//! From events to posts: pure, so that it can be tested and fuzzed without a relay.

use jiff::Timestamp;
use nostr::nips::nip19::{Nip19Event, ToBech32 as _};
use nostr::{Event, EventId, JsonUtil as _, PublicKey};

use super::content::{self, Content, page};
use super::frame::{self, Frame, Head};
use super::profile::{Profile, npub, short};
use crate::feed::{Reason, bridges};
use crate::post::{
    Author, AuthorId, Counts, Emoji, FacetKind, Kind, MAX_TEXT_BYTES, Media, MediaKind, Post,
    PostId, Source,
};
use crate::text::fold::fold_case;
use crate::text::plain::web_address;
use crate::text::{clean, clean_line, emoji};

/// The source of all posts from here, and the head of their ids.
pub(super) const SOURCE: &str = "nostr";
/// What is said where an author warns of a note without saying why.
const WARNING: &str = "Sensitive content";
/// People whose names are looked up for one note, beside its author's.
const MOST_PEOPLE: usize = 8;

/// The post's id of an event.
pub(super) fn post_id(id: &EventId) -> PostId {
    PostId::new(format!("{SOURCE}:{id}"))
}

/// The author's id of a public key.
pub(super) fn author_id(key: &PublicKey) -> AuthorId {
    AuthorId::new(format!("{SOURCE}:{key}"))
}

/// Whose profiles a note is shown with, its author first.
pub(super) fn people(event: &Event) -> Vec<PublicKey> {
    let mut people = vec![event.pubkey];
    for key in content::people(&event.content) {
        if people.len() > MOST_PEOPLE {
            break;
        }
        if !people.contains(&key) {
            people.push(key);
        }
    }
    people
}

/// When an event is no longer to be shown (NIP-40), in seconds since 1970.
pub(super) fn expiration(event: &Event) -> Option<i64> {
    values(event, "expiration").next()?.parse().ok()
}

/// Reads an event whose signature nobody looked at, for fuzzing and tests: nothing of it is to be believed. Its author is
/// whoever it says to be, should it be a profile too.
///
/// # Errors
/// Says what is wrong with it.
pub fn unverified(json: &[u8]) -> Result<Post, String> {
    let event = Event::from_json(json).map_err(|error| error.to_string())?;
    let own = Profile::read(&event);
    post(&event, |_| Some(&own)).map_err(|(_, why)| why.to_owned())
}

/// The post in a relay's message, as unverified; `None` where there is none.
pub fn unverified_message(text: &str) -> Option<Post> {
    let Frame::Event(_, event) = frame::read(text)? else {
        return None;
    };
    let head: Head<'_> = serde_json::from_str(event.get()).ok()?;
    let post = unverified(event.get().as_bytes()).ok()?;
    debug_assert_eq!(head.pubkey.len(), 64, "what the event has, its head has");
    Some(post)
}

/// Makes a post of an event whose signature was verified. `profile` tells what is known of somebody.
pub(super) fn post<'a>(
    event: &Event,
    profile: impl Fn(&PublicKey) -> Option<&'a Profile>,
) -> Result<Post, (Reason, &'static str)> {
    let nobody = Profile::default();
    let by = profile(&event.pubkey).unwrap_or(&nobody);
    if by.opted_out {
        return Err((Reason::OptedOut, "its author opted out"));
    }
    if event.content.len() > MAX_TEXT_BYTES {
        return Err((Reason::TooLarge, "its content is too long"));
    }
    let seconds = i64::try_from(event.created_at.as_secs()).unwrap_or(i64::MAX);
    let created_at =
        Timestamp::from_second(seconds).map_err(|_| (Reason::BadTime, "is not dated"))?;

    let described: Vec<Media> = event
        .tags
        .iter()
        .filter_map(|tag| described(tag.as_slice()))
        .collect();
    let is_described = |address: &str| {
        described
            .iter()
            .any(|media| media.url.as_deref() == Some(address))
    };
    let name = |key: &PublicKey| {
        let known = profile(key).filter(|known| !known.opted_out)?;
        Some(known.name.clone())
    };
    let written = match values(event, "title").next() {
        // Pictures (NIP-68) have a title; notes have none.
        Some(title) if event.kind.as_u16() == 20 && !title.trim().is_empty() => {
            format!("{title}\n{}", event.content)
        }
        _ => event.content.clone(),
    };
    let Content {
        text,
        mut facets,
        media,
    } = content::read(
        &written,
        |address| kind_by_name(address).is_some() || is_described(address),
        name,
    );
    let mut all: Vec<Media> = Vec::new();
    let bare = media
        .into_iter()
        .filter(|address| !is_described(address))
        .map(|address| Media {
            kind: kind_by_name(&address).unwrap_or_default(),
            url: Some(address),
            ..no_media()
        });
    for media in described.iter().cloned().chain(bare) {
        if !all.iter().any(|known| known.url == media.url) {
            all.push(media);
        }
    }

    let mut emojis = emojis(event);
    emoji::mark(&text, &mut facets, &emojis);
    let in_name = by
        .emojis
        .iter()
        .filter(|emoji| emoji::uses(&by.name, &emoji.shortcode));
    emojis.extend(in_name.cloned());
    let written = facets
        .iter()
        .filter(|facet| facet.kind == FacetKind::Hashtag)
        .map(|facet| facet.target.as_str());
    let hashtags = hashtags(values(event, "t"), &written);
    let warning = warning(event);
    let (kind, of) = relation(event);
    let address = Nip19Event::new(event.id).author(event.pubkey).to_bech32();
    Ok(Post {
        id: post_id(&event.id),
        same_as: event
            .tags
            .iter()
            .flat_map(|tag| originals(tag.as_slice()))
            .collect(),
        source: Source::new(SOURCE),
        feed: None,
        url: address.ok().map(|address| page(&address)),
        kind,
        of,
        author: author(&event.pubkey, by),
        text,
        facets,
        hashtags,
        sensitive: warning.is_some(),
        warning,
        language: labels(event, "ISO-639-1").next().map(str::to_owned),
        media: all,
        emojis,
        poll: None,
        card: None,
        counts: Counts::default(),
        created_at,
        edited_at: None,
        received_at: None,
    })
}

/// The address that somebody verified elsewhere (`nip05`) is not shown: nobody here looked whether it is true.
fn author(key: &PublicKey, profile: &Profile) -> Author {
    Author {
        id: author_id(key),
        same_as: Vec::new(),
        handle: short(key),
        name: profile.name.clone(),
        avatar: profile.picture.clone(),
        url: Some(page(&npub(key))),
        followers: None,
        bot: profile.bot,
        created_at: None,
        indexable: None,
        discoverable: None,
    }
}

/// The first values of the tags of that name.
pub(super) fn values<'a>(event: &'a Event, name: &'a str) -> impl Iterator<Item = &'a str> {
    event
        .tags
        .iter()
        .filter_map(move |tag| match tag.as_slice() {
            [key, value, ..] if key == name => Some(value.as_str()),
            _ => None,
        })
}

/// The labels of a namespace (NIP-32).
fn labels<'a>(event: &'a Event, space: &'a str) -> impl Iterator<Item = &'a str> {
    event
        .tags
        .iter()
        .filter_map(move |tag| match tag.as_slice() {
            [l, value, of, ..] if l == "l" && of == space => Some(value.as_str()),
            _ => None,
        })
}

/// The author's warning (NIP-36), as a tag of its own or as a label.
fn warning(event: &Event) -> Option<String> {
    let tag = event.tags.iter().find(|tag| {
        tag.as_slice()
            .first()
            .is_some_and(|key| key == "content-warning")
    });
    let reason = match tag {
        Some(tag) => tag.as_slice().get(1).map_or("", String::as_str),
        None => labels(event, "content-warning").next()?,
    };
    let reason = clean(reason);
    Some(if reason.is_empty() {
        WARNING.to_owned()
    } else {
        reason
    })
}

/// What it is in relation to which other note (NIP-10, NIP-18).
fn relation(event: &Event) -> (Kind, Option<PostId>) {
    let id = |text: &str| EventId::from_hex(text).ok().map(|id| post_id(&id));
    if let Some(quoted) = values(event, "q").next() {
        return (Kind::Quote, id(quoted));
    }
    let mut root = None;
    let mut last = None;
    for tag in event.tags.iter() {
        let [e, other, rest @ ..] = tag.as_slice() else {
            continue;
        };
        if e != "e" {
            continue;
        }
        match rest.get(1).map(String::as_str) {
            Some("reply") => return (Kind::Reply, id(other)),
            Some("root") => root = Some(other),
            Some("mention") => {}
            // Without marks, as it was first: the last one is what is answered.
            _ => last = Some(other),
        }
    }
    match root.or(last) {
        Some(other) => (Kind::Reply, id(other)),
        None => (Kind::Original, None),
    }
}

/// The original's ids elsewhere, where a bridge says that this is a copy (NIP-48).
fn originals(tag: &[String]) -> Vec<PostId> {
    match tag {
        [proxy, id, protocol, ..] if proxy == "proxy" && !id.is_empty() => {
            match protocol.as_str() {
                "activitypub" => bridges::activitypub_ids(id),
                "atproto" => vec![PostId::new(format!("bluesky:{id}"))],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The tags that the event carries, spelled as its text spells them, and those of its text; each once.
fn hashtags<'a>(
    tags: impl Iterator<Item = &'a str>,
    written: &(impl Iterator<Item = &'a str> + Clone),
) -> Vec<String> {
    let mut all: Vec<(String, String)> = Vec::new();
    let spelled = |tag: &str, folded: &str| {
        let same = written.clone().find(|written| fold_case(written) == folded);
        same.map_or_else(|| clean_line(tag), str::to_owned)
    };
    for tag in tags.chain(written.clone()) {
        let tag = tag.trim_start_matches('#');
        let folded = fold_case(tag);
        if !folded.is_empty() && !all.iter().any(|(known, _)| *known == folded) {
            let spelled = spelled(tag, &folded);
            all.push((folded, spelled));
        }
        if all.len() > crate::post::MAX_HASHTAGS {
            break;
        }
    }
    all.into_iter().map(|(_, spelled)| spelled).collect()
}

/// The custom emoji of an event (NIP-30).
pub(super) fn emojis(event: &Event) -> Vec<Emoji> {
    let mut emojis: Vec<Emoji> = Vec::new();
    for tag in event.tags.iter() {
        if let [name, shortcode, url, ..] = tag.as_slice()
            && name == "emoji"
            && !shortcode.is_empty()
            && emojis.len() < crate::post::MAX_MEDIA
            && let Some(url) = web_address(url)
        {
            emojis.push(Emoji {
                shortcode: shortcode.clone(),
                url,
            });
        }
    }
    emojis
}

/// An attachment as its author describes it (NIP-92): `url …`, `alt …` and so on, in any order.
fn described(tag: &[String]) -> Option<Media> {
    let [name, parts @ ..] = tag else { return None };
    if name != "imeta" {
        return None;
    }
    let part = |key: &str| {
        let (_, value) = parts
            .iter()
            .filter_map(|part| part.split_once(' '))
            .find(|(name, _)| *name == key)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    };
    let url = web_address(part("url")?)?;
    let pixels = |text: &str| text.parse().ok().filter(|pixels| *pixels > 0);
    let (width, height) = part("dim")
        .and_then(|dim| dim.split_once('x'))
        .unwrap_or_default();
    let kind = part("m").map(kind_by_type).or_else(|| kind_by_name(&url));
    Some(Media {
        kind: kind.unwrap_or_default(),
        preview: part("thumb").or(part("image")).and_then(web_address),
        alt: part("alt").map(clean).filter(|alt| !alt.is_empty()),
        width: pixels(width),
        height: pixels(height),
        blurhash: part("blurhash").map(str::to_owned),
        url: Some(url),
    })
}

fn no_media() -> Media {
    Media {
        kind: MediaKind::Unknown,
        url: None,
        preview: None,
        alt: None,
        width: None,
        height: None,
        blurhash: None,
    }
}

fn kind_by_type(mime: &str) -> MediaKind {
    match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Unknown,
    }
}

/// What an address shows, by how its path ends.
fn kind_by_name(address: &str) -> Option<MediaKind> {
    let path = address.split(['?', '#']).next()?;
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif" => Some(MediaKind::Image),
        "mp4" | "webm" | "mov" | "m4v" => Some(MediaKind::Video),
        "mp3" | "ogg" | "m4a" | "flac" | "wav" => Some(MediaKind::Audio),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(tags: &str, content: &str) -> String {
        let content = serde_json::to_string(content).unwrap();
        format!(
            r#"{{"id":"{0}","pubkey":"{0}","created_at":1700000000,"kind":1,"tags":{tags},"content":{content},"sig":"{0}{0}"}}"#,
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        )
    }

    fn read(tags: &str, content: &str) -> Post {
        unverified(event(tags, content).as_bytes()).unwrap()
    }

    #[test]
    fn answers_are_told_by_their_marks_or_their_place() {
        let (a, b) = ("aa".repeat(32), "bb".repeat(32));
        for (tags, kind, of) in [
            ("[]".to_owned(), Kind::Original, None),
            (
                format!(r#"[["e","{a}"],["e","{b}"]]"#),
                Kind::Reply,
                Some(&b),
            ),
            (
                format!(r#"[["e","{a}","","root"],["e","{b}","","mention"]]"#),
                Kind::Reply,
                Some(&a),
            ),
            (
                format!(r#"[["e","{a}","","mention"]]"#),
                Kind::Original,
                None,
            ),
            (
                format!(r#"[["e","{a}","","root"],["q","{b}"]]"#),
                Kind::Quote,
                Some(&b),
            ),
            (r#"[["q","30023:x:y"]]"#.to_owned(), Kind::Quote, None),
        ] {
            let post = read(&tags, "x");
            let expected = of.map(|id| format!("nostr:{id}"));
            assert_eq!(
                (post.kind, post.of.map(|of| of.to_string())),
                (kind, expected),
                "{tags}"
            );
        }
    }

    #[test]
    fn bridges_say_of_what_it_is_a_copy() {
        for (tag, expected) in [
            (
                r#"["proxy","at://did:plc:a/app.bsky.feed.post/b","atproto"]"#,
                vec!["bluesky:at://did:plc:a/app.bsky.feed.post/b"],
            ),
            (
                r#"["proxy","https://a.example/notes/9","activitypub"]"#,
                vec!["mastodon:https://a.example/notes/9"],
            ),
            (r#"["proxy","https://a.example/feed","rss"]"#, vec![]),
            (r#"["proxy","x"]"#, vec![]),
        ] {
            let same = read(&format!("[{tag}]"), "x").same_as;
            assert_eq!(
                same.iter().map(PostId::as_str).collect::<Vec<_>>(),
                expected,
                "{tag}"
            );
        }
    }

    #[test]
    fn warnings_are_tags_or_labels() {
        for (tags, expected) in [
            (r#"[["content-warning","gore"]]"#, Some("gore")),
            (r#"[["content-warning"]]"#, Some(WARNING)),
            (r#"[["l","nudity","content-warning"]]"#, Some("nudity")),
            (r#"[["l","en","ISO-639-1"]]"#, None),
        ] {
            assert_eq!(read(tags, "x").warning.as_deref(), expected, "{tags}");
        }
    }

    proptest! {
        #[test]
        fn any_tags_make_a_sound_post(
            tags in proptest::collection::vec(proptest::collection::vec(
                "t|e|q|imeta|emoji|proxy|l|title|content-warning|url \\PC{0,9}|dim [0-9x]{0,9}|https://e.org/a.png|\\PC{0,9}", 0..5), 0..8),
            content in "(https://e.org/a.png|#a|:x:|\\PC|[ \n]){0,12}",
        ) {
            let tags = serde_json::to_string(&tags).unwrap();
            if let Ok(post) = unverified(event(&tags, &content).as_bytes()) {
                for facet in &post.facets {
                    prop_assert!(post.text.get(facet.start..facet.end).is_some());
                }
                prop_assert!(post.bounded().is_ok());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            let _read = unverified(&bytes);
        }
    }
}
