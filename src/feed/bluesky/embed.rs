//! What a post carries besides its text: pictures, a video, a link's preview, another post. Read from the `AppView`'s view,
//! where addresses are whole.

use serde_json::Value;

use crate::post::{Card, Media, MediaKind};
use crate::text::plain::web_address;
use crate::text::{clean, clean_line};

/// Most attachments looked at.
const MOST: usize = 32;

/// What is carried.
#[derive(Debug, Default)]
pub(super) struct Embedded {
    pub(super) media: Vec<Media>,
    pub(super) card: Option<Card>,
    /// The post that is shown within, by its at-uri.
    pub(super) quoted: Option<String>,
}

/// Reads a view's `embed`.
pub(super) fn read(embed: &Value) -> Embedded {
    let mut embedded = Embedded::default();
    take(embed, &mut embedded);
    embedded
}

fn take(embed: &Value, embedded: &mut Embedded) {
    let kind = embed["$type"].as_str().unwrap_or_default();
    let kind = kind.strip_prefix("app.bsky.embed.").unwrap_or_default();
    match kind.strip_suffix("#view").unwrap_or(kind) {
        "images" => pictures(&embed["images"], embedded),
        // Its list was renamed while it was new.
        "gallery" if embed["media"].is_array() => pictures(&embed["media"], embedded),
        "gallery" => pictures(&embed["items"], embedded),
        "video" => {
            let (width, height) = size(embed);
            embedded.media.push(Media {
                kind: match embed["presentation"].as_str() {
                    Some("gif") => MediaKind::Gif,
                    _ => MediaKind::Video,
                },
                url: address(&embed["playlist"]),
                preview: address(&embed["thumbnail"]),
                alt: words(&embed["alt"]),
                width,
                height,
                blurhash: None,
            });
        }
        "external" => {
            let external = &embed["external"];
            embedded.card = address(&external["uri"]).map(|url| Card {
                url,
                title: clean_line(external["title"].as_str().unwrap_or_default()),
                description: clean(external["description"].as_str().unwrap_or_default()),
                image: address(&external["thumb"]),
            });
        }
        "record" => quote(&embed["record"], embedded),
        "recordWithMedia" => {
            quote(&embed["record"]["record"], embedded);
            if embed["media"]["$type"] != embed["$type"] {
                take(&embed["media"], embedded);
            }
        }
        _ => {}
    }
}

fn pictures(list: &Value, embedded: &mut Embedded) {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    embedded.media.extend(list.iter().take(MOST).map(|picture| {
        let (width, height) = size(picture);
        let preview = ["thumb", "thumbnail"].map(|name| address(&picture[name]));
        Media {
            kind: MediaKind::Image,
            url: address(&picture["fullsize"]),
            preview: preview.into_iter().flatten().next(),
            alt: words(&picture["alt"]),
            width,
            height,
            blurhash: None,
        }
    }));
}

/// A post that is quoted; feeds, lists and starter packs are shown the same way and are none.
fn quote(record: &Value, embedded: &mut Embedded) {
    let uri = record["uri"].as_str().unwrap_or_default();
    if uri.starts_with("at://") && uri.contains("/app.bsky.feed.post/") {
        embedded.quoted = Some(uri.to_owned());
    }
}

fn address(value: &Value) -> Option<String> {
    value.as_str().and_then(web_address)
}

/// Alt text; clients that ask for none write an empty one.
fn words(value: &Value) -> Option<String> {
    value.as_str().map(clean).filter(|words| !words.is_empty())
}

fn size(media: &Value) -> (Option<u32>, Option<u32>) {
    let pixels = |name: &str| {
        let pixels = media["aspectRatio"][name].as_u64();
        pixels
            .and_then(|pixels| u32::try_from(pixels).ok())
            .filter(|pixels| *pixels > 0)
    };
    (pixels("width"), pixels("height"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_embed() {
        let picture = |n: u32| {
            json!({"thumb": format!("https://cdn.example/t{n}"), "fullsize": format!("https://cdn.example/f{n}"),
                "alt": if n == 1 { "A hall" } else { "" }, "aspectRatio": {"width": 1600, "height": 900}})
        };
        let images = read(
            &json!({"$type": "app.bsky.embed.images#view", "images": [picture(1), picture(2)]}),
        );
        assert_eq!(images.media.len(), 2);
        let first = &images.media[0];
        assert_eq!(
            (
                first.url.as_deref(),
                first.preview.as_deref(),
                first.alt.as_deref(),
                first.width
            ),
            (
                Some("https://cdn.example/f1"),
                Some("https://cdn.example/t1"),
                Some("A hall"),
                Some(1600)
            )
        );
        assert_eq!(images.media[1].alt, None);

        for list in ["media", "items"] {
            let gallery = read(&json!({"$type": "app.bsky.embed.gallery#view", list: [
                {"thumbnail": "https://cdn.example/t", "fullsize": "https://cdn.example/f", "alt": "x"}]}));
            assert_eq!(
                gallery.media[0].preview.as_deref(),
                Some("https://cdn.example/t")
            );
        }

        let video = read(
            &json!({"$type": "app.bsky.embed.video#view", "playlist": "https://v.example/p.m3u8",
            "thumbnail": "https://v.example/t.jpg", "alt": "A talk"}),
        );
        assert_eq!(video.media[0].kind, MediaKind::Video);

        let card = read(&json!({"$type": "app.bsky.embed.external#view", "external":
            {"uri": "https://example.org", "title": "T\n", "description": "D", "thumb": "javascript:x"}}));
        let card = card.card.unwrap();
        assert_eq!((card.title.as_str(), card.image), ("T", None));

        let post = "at://did:plc:b/app.bsky.feed.post/3k";
        let both = read(&json!({"$type": "app.bsky.embed.recordWithMedia#view",
            "record": {"record": {"uri": post}}, "media": {"$type": "app.bsky.embed.images#view", "images": [picture(1)]}}));
        assert_eq!((both.quoted.as_deref(), both.media.len()), (Some(post), 1));
        let list = read(
            &json!({"$type": "app.bsky.embed.record#view", "record": {"uri": "at://did:plc:b/app.bsky.graph.list/3k"}}),
        );
        assert_eq!(list.quoted, None);

        let mut nested = json!({"$type": "app.bsky.embed.recordWithMedia#view"});
        for _ in 0..50 {
            nested = json!({"$type": "app.bsky.embed.recordWithMedia#view", "media": nested});
        }
        assert!(read(&nested).media.is_empty());
    }
}
