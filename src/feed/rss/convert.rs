//! From a feed's items to posts: pure, so that it can be fuzzed without a server.

use feed_rs::model::{Entry, Feed, FeedType, MediaContent, MediaObject, Text};
use jiff::Timestamp;
use url::Url;

use super::document::Document;
use super::images::images;
use super::state::{Mark, mark};
use crate::feed::{Item, Reason, Refusal};
use crate::post::{
    Author, AuthorId, Counts, Facet, FacetKind, Kind, MAX_HASHTAGS, MAX_MEDIA, MAX_TEXT_BYTES,
    Media, MediaKind, Post, PostId, Source,
};
use crate::text::fold::fold_case;
use crate::text::html::{self, Marked};
use crate::text::plain::{self, web_address};
use crate::text::{clean, clean_line, hashtag};

/// The source of all posts from here, and the head of their ids.
pub const SOURCE: &str = "rss";

/// Longest HTML that is read.
const MAX_HTML_BYTES: usize = 3 * MAX_TEXT_BYTES;
/// Most items read of one document, in its order.
const MAX_ITEMS: usize = 2000;
/// How much is shown of an article, in characters; what has no title is no article and is shown whole.
const ARTICLE_CHARS: usize = 1000;

/// What is known beside the document.
#[derive(Debug)]
pub struct About<'a> {
    /// Where the document came from.
    pub url: &'a Url,
    /// The address that it goes by, wherever it has moved to.
    pub feed: &'a Url,
    /// Hashtags that all its items are given.
    pub tags: &'a [String],
    /// The present.
    pub now: Timestamp,
}

/// An item as it was read.
#[derive(Debug)]
pub struct Read {
    /// Its identity.
    pub key: Mark,
    /// What it says.
    pub words: Mark,
    /// When it was written, where it says so.
    pub created_at: Option<Timestamp>,
    /// The post, or why it was not taken.
    pub item: Item,
}

/// Reads all items of a document.
pub fn items(document: Document, about: &About<'_>) -> Vec<Read> {
    let Document { feed, damaged, .. } = document;
    let mut reads: Vec<Read> = feed
        .entries
        .iter()
        .take(MAX_ITEMS)
        .map(|entry| item(&feed, entry, about))
        .collect();
    reads.extend(damaged.iter().map(|(bytes, what)| {
        let text = String::from_utf8_lossy(bytes);
        refused(
            &text,
            Reason::Malformed,
            &format!("an item of the feed cannot be read: {what}"),
        )
    }));
    reads
}

fn refused(identity: &str, reason: Reason, detail: &str) -> Read {
    Read {
        key: mark([identity]),
        words: mark([detail]),
        created_at: None,
        item: Item::Refused(Refusal {
            reason,
            detail: detail.to_owned(),
        }),
    }
}

fn item(feed: &Feed, entry: &Entry, about: &About<'_>) -> Read {
    let link = link(entry);
    let id = identity(entry, link.as_deref(), about.feed);
    let body = body(feed, entry);
    if body.text.len() > MAX_HTML_BYTES {
        return refused(
            &id,
            Reason::TooLarge,
            &format!("{id}: its content is too long"),
        );
    }
    let origin = Origin::of(feed, entry, link.as_deref(), about.url);
    let (warning, html) = match origin {
        Origin::Mastodon { .. } => warning(body.text),
        Origin::Site { .. } => (None, body.text),
    };
    let read = if body.is_html {
        html::read(html)
    } else {
        plain(clean(html))
    };
    let mut hashtags = hashtags(entry, &read, about.tags);
    let Marked { text, facets } = match title(feed, entry) {
        Some(title) => article(&title, read),
        None => read,
    };
    // Tags that stand in the title alone.
    add_tags(&mut hashtags, written_tags(&text));
    let mut media = media(entry);
    if media.is_empty() && body.is_html {
        let base = entry.base.as_deref().or(link.as_deref());
        let base = base.and_then(|base| Url::parse(base).ok());
        media = images(html, base.as_ref().or(Some(about.url)));
    }
    media.truncate(MAX_MEDIA);
    if text.is_empty() && media.is_empty() {
        return refused(&id, Reason::Malformed, &format!("{id}: says nothing"));
    }
    let sensitive = contents(entry).any(|content| {
        let rating = content.rating.as_ref();
        rating.is_some_and(|rating| rating.value.eq_ignore_ascii_case("adult"))
    });
    let time = |at: Option<i64>| at.and_then(|at| Timestamp::from_millisecond(at).ok());
    let published = time(entry.published.map(|at| at.timestamp_millis()));
    let updated = time(entry.updated.map(|at| at.timestamp_millis()));
    let created_at = published.or(updated);
    let edited_at = updated
        .filter(|at| created_at.is_some_and(|created_at| *at > created_at))
        .map(|at| at.min(about.now));
    let words = mark(
        [text.as_str(), warning.as_deref().unwrap_or_default()]
            .into_iter()
            .chain(media.iter().filter_map(|media| media.url.as_deref()))
            .chain(media.iter().filter_map(|media| media.alt.as_deref()))
            .chain([if sensitive { "sensitive" } else { "" }]),
    );
    Read {
        key: mark([id.as_str()]),
        words,
        created_at,
        item: Item::Post(Box::new(Post {
            same_as: origin.same_as(entry),
            id: PostId::new(format!("{SOURCE}:{id}")),
            source: Source::new(SOURCE),
            feed: None,
            url: link.clone(),
            kind: Kind::Original,
            of: None,
            author: origin.author(),
            text,
            facets,
            hashtags,
            warning,
            sensitive,
            language: entry
                .language
                .as_ref()
                .or(feed.language.as_ref())
                .map(|language| clean_line(language)),
            media,
            emojis: Vec::new(),
            poll: None,
            card: None,
            counts: Counts::default(),
            // A feed may announce what is to come; a wall shows what is there.
            created_at: created_at.unwrap_or(about.now).min(about.now),
            edited_at,
            received_at: None,
        })),
    }
}

/// The item's page for people.
fn link(entry: &Entry) -> Option<String> {
    let page = |rel: Option<&str>| {
        let mut links = entry.links.iter();
        links.find_map(|link| {
            let fits =
                link.rel.as_deref() == rel && link.target.is_none() && link.media_type.is_none();
            web_address(&link.href).filter(|_| fits)
        })
    };
    let any = || {
        let typed = entry.links.iter().find(|link| {
            link.rel.as_deref() == Some("alternate")
                && link
                    .media_type
                    .as_deref()
                    .is_none_or(|kind| kind.contains("html"))
        });
        typed.and_then(|link| web_address(&link.href))
    };
    page(Some("alternate"))
        .or_else(|| page(None))
        .or_else(any)
        .or_else(|| web_address(&entry.id))
}

/// What tells an item from all others and stays when it is edited: its id, which is taken as the world's where it is an
/// address or a name of some scheme and as the feed's own where not; else its link; else what it says.
fn identity(entry: &Entry, link: Option<&str>, feed: &Url) -> String {
    let own = |id: &str| format!("{feed}#{id}");
    let id = entry.id.trim();
    if !id.is_empty() {
        // An id as long as a text is known by its fingerprint.
        return match id.len() {
            1001.. => own(&format!("{:016x}", mark([id]))),
            _ if Url::parse(id).is_ok() => id.to_owned(),
            _ => own(id),
        };
    }
    if let Some(link) = link.filter(|link| link.len() <= 1000) {
        return link.to_owned();
    }
    let title = entry.title.as_ref().map_or("", |title| &title.content);
    let summary = entry.summary.as_ref().map_or("", |text| &text.content);
    let content = entry
        .content
        .as_ref()
        .and_then(|content| content.body.as_deref());
    own(&format!(
        "{:016x}",
        mark([title, summary, content.unwrap_or_default()])
    ))
}

/// What an item says beside its title.
struct Body<'a> {
    text: &'a str,
    is_html: bool,
}

/// The summary of an article, the content of anything else, and the description of a video that has neither.
fn body<'a>(feed: &Feed, entry: &'a Entry) -> Body<'a> {
    // RSS does not say what a description is, and nearly all are HTML.
    let untyped = matches!(
        feed.feed_type,
        FeedType::RSS0 | FeedType::RSS1 | FeedType::RSS2
    );
    let is_html = |kind: &str| kind.contains("html") || kind.contains("xml") || untyped;
    let of_text = |text: &'a Text| Body {
        text: &text.content,
        is_html: is_html(text.content_type.as_str()),
    };
    let summary = (entry.summary.as_ref())
        .filter(|text| !text.content.trim().is_empty())
        .map(of_text);
    let content = entry.content.as_ref().and_then(|content| {
        let kind = content.content_type.as_str();
        let readable = kind.starts_with("text/") || kind.contains("html") || kind.contains("xml");
        let text = content
            .body
            .as_deref()
            .filter(|text| readable && !text.trim().is_empty())?;
        Some(Body {
            text,
            is_html: is_html(kind),
        })
    });
    let titled = entry
        .title
        .as_ref()
        .is_some_and(|title| !title.content.trim().is_empty());
    let said = if titled {
        summary.or(content)
    } else {
        content.or(summary)
    };
    let described = || {
        let description = entry
            .media
            .iter()
            .find_map(|media| media.description.as_ref())?;
        Some(Body {
            text: &description.content,
            is_html: description.content_type.as_str().contains("html"),
        })
    };
    said.or_else(described).unwrap_or(Body {
        text: "",
        is_html: false,
    })
}

fn title(feed: &Feed, entry: &Entry) -> Option<String> {
    let title = entry.title.as_ref()?;
    let text = title.content.as_str();
    let typed = title.content_type.as_str().contains("html");
    // RSS does not say whether a title is HTML: `Vec<u8>` is not, `AT&amp;T` and `<i>x</i>` are.
    let untyped = matches!(
        feed.feed_type,
        FeedType::RSS0 | FeedType::RSS1 | FeedType::RSS2
    ) && (text.contains("</") || text.contains('&'));
    let text = if typed || untyped {
        html::strip(text)
    } else {
        text.to_owned()
    };
    Some(clean_line(&text)).filter(|title| !title.is_empty())
}

fn plain(text: String) -> Marked {
    Marked {
        facets: plain::facets(&text),
        text,
    }
}

/// A title above a text, which is cut where it is long. A title that only repeats the text's beginning is left out.
fn article(title: &str, body: Marked) -> Marked {
    let body = cut(body);
    let begins = title.trim_end_matches(['…', '.']).trim_end();
    if body.text.starts_with(begins) {
        return body;
    }
    let Marked {
        mut text,
        mut facets,
    } = plain(title.to_owned());
    if body.text.is_empty() {
        return Marked { text, facets };
    }
    text.push_str("\n\n");
    let by = text.len();
    text.push_str(&body.text);
    facets.extend(body.facets.into_iter().map(|facet| Facet {
        start: facet.start + by,
        end: facet.end + by,
        ..facet
    }));
    Marked { text, facets }
}

/// The beginning of a long text, up to a word's end.
fn cut(body: Marked) -> Marked {
    let Some((limit, _)) = body.text.char_indices().nth(ARTICLE_CHARS) else {
        return body;
    };
    let head = &body.text[..limit];
    let end = head.rfind(char::is_whitespace).unwrap_or(limit);
    let head = head[..end].trim_end();
    let reached = head.len();
    let mut facets = body.facets;
    facets.retain(|facet| facet.end <= reached);
    Marked {
        text: format!("{head} …"),
        facets,
    }
}

/// Parts the warning of a post from its content: Mastodon puts it into a paragraph above a rule, and no post has a rule of its
/// own.
fn warning(html: &str) -> (Option<String>, &str) {
    let split = ["<hr>", "<hr />", "<hr/>"]
        .into_iter()
        .find_map(|rule| html.split_once(rule));
    let Some((before, content)) = split else {
        return (None, html);
    };
    // "Content warning:" in the post's language, if it is there at all.
    let label = before.split_once("<strong>").and_then(|(head, rest)| {
        let (_, rest) = rest.split_once("</strong>")?;
        Some(format!("{head}{rest}"))
    });
    let text = html::strip(label.as_deref().unwrap_or(before));
    (Some(clean(&text)).filter(|text| !text.is_empty()), content)
}

/// The item's categories, the tags in its text, and those that all items are given; each once.
fn hashtags(entry: &Entry, body: &Marked, given: &[String]) -> Vec<String> {
    let mut tags = Vec::new();
    let marked = body
        .facets
        .iter()
        .filter(|facet| facet.kind == FacetKind::Hashtag);
    add_tags(&mut tags, marked.map(|facet| facet.target.clone()));
    add_tags(&mut tags, written_tags(&body.text));
    let categories = entry
        .categories
        .iter()
        .map(|category| category.term.trim_start_matches('#'));
    add_tags(&mut tags, categories.map(clean_line));
    add_tags(&mut tags, given.iter().cloned());
    tags
}

fn written_tags(text: &str) -> impl Iterator<Item = String> {
    let found = hashtag::find(text).into_iter();
    found.map(|range| hashtag::written(text, &range).to_owned())
}

fn add_tags(tags: &mut Vec<String>, more: impl Iterator<Item = String>) {
    for tag in more {
        if tags.len() >= MAX_HASHTAGS {
            break;
        }
        let folded = fold_case(&tag);
        if !folded.is_empty() && !tags.iter().any(|known| fold_case(known) == folded) {
            tags.push(tag);
        }
    }
}

/// All files that an item's media name.
fn contents(entry: &Entry) -> impl Iterator<Item = &MediaContent> {
    entry.media.iter().flat_map(|object| &object.content)
}

fn media(entry: &Entry) -> Vec<Media> {
    let mut found: Vec<Media> = entry.media.iter().flat_map(of_object).collect();
    let enclosures = entry.links.iter().filter(|link| {
        // JSON Feed's attachments come without a relation.
        matches!(link.rel.as_deref(), Some("enclosure") | None) && link.media_type.is_some()
    });
    found.extend(
        enclosures
            .filter_map(|link| {
                let kind = media_kind(link.media_type.as_deref(), &link.href)?;
                Some(file(kind, web_address(&link.href)?))
            })
            .take(MAX_MEDIA),
    );
    let mut seen: Vec<Option<String>> = Vec::new();
    found.retain(|media| {
        let new = !seen.contains(&media.url);
        seen.push(media.url.clone());
        new
    });
    found
}

/// The media of one group, which may be several pictures or one in several sizes.
fn of_object(object: &MediaObject) -> Vec<Media> {
    let still = object
        .thumbnails
        .first()
        .and_then(|still| web_address(&still.image.uri));
    let mut shown: Vec<(MediaKind, &MediaContent)> = object
        .content
        .iter()
        .filter_map(|content| {
            let url = content.url.as_ref()?.as_str();
            let kind = content.content_type.as_ref().map(ToString::to_string);
            Some((media_kind(kind.as_deref(), url)?, content))
        })
        .collect();
    let mut widths: Vec<u32> = shown
        .iter()
        .filter_map(|(_, content)| content.width)
        .collect();
    widths.sort_unstable();
    widths.dedup();
    if shown.len() > 1 && widths.len() == shown.len() {
        // All tell their widths, and no two are the same: the same picture in several sizes.
        shown.sort_by_key(|(_, content)| std::cmp::Reverse(content.width));
        shown.truncate(1);
    }
    // Which of several a description is of, the parser does not tell.
    let alone = shown.len() == 1;
    let alt = object
        .description
        .as_ref()
        .filter(|_| alone)
        .map(|text| clean(&html::strip(&text.content)))
        .filter(|alt| !alt.is_empty() && alt.chars().count() <= ARTICLE_CHARS);
    let files = shown.into_iter().filter_map(|(kind, content)| {
        Some(Media {
            preview: still.clone().filter(|_| alone),
            alt: alt.clone(),
            width: content.width.filter(|pixels| *pixels > 0),
            height: content.height.filter(|pixels| *pixels > 0),
            ..file(kind, web_address(content.url.as_ref()?.as_str())?)
        })
    });
    let files: Vec<Media> = files.collect();
    if files.is_empty() {
        // A player in a page of its own, as YouTube's: its still is what can be shown.
        return still
            .map(|url| file(MediaKind::Image, url))
            .into_iter()
            .collect();
    }
    files
}

fn file(kind: MediaKind, url: String) -> Media {
    Media {
        kind,
        url: Some(url),
        preview: None,
        alt: None,
        width: None,
        height: None,
        blurhash: None,
    }
}

/// What a file is, by its type or else by the end of its name; `None` where it is nothing to show.
fn media_kind(kind: Option<&str>, url: &str) -> Option<MediaKind> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let end = path
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match kind.map(|kind| kind.split('/').next().unwrap_or_default()) {
        Some("image") => Some(MediaKind::Image),
        Some("video") => Some(MediaKind::Video),
        Some("audio") => Some(MediaKind::Audio),
        Some(_) => None,
        None => match end.as_str() {
            "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif" => Some(MediaKind::Image),
            "mp4" | "webm" | "mov" | "m4v" => Some(MediaKind::Video),
            "mp3" | "m4a" | "ogg" | "opus" | "wav" => Some(MediaKind::Audio),
            _ => None,
        },
    }
}

/// Where an item comes from, as far as its feed is to be believed.
enum Origin<'a> {
    /// A post of the fediverse in a Mastodon server's feed of a hashtag or of its own people.
    Mastodon {
        /// The server where it was written.
        host: String,
        /// Who wrote it, and the id that the server gave it, where its address tells.
        person: Option<(&'a str, &'a str)>,
    },
    /// Anything else.
    Site {
        /// Whose site it is.
        host: String,
        /// The author's name, where one is given.
        name: Option<String>,
        /// The author's own page.
        page: Option<String>,
        /// What the feed calls itself.
        title: String,
    },
}

impl<'a> Origin<'a> {
    fn of(feed: &Feed, entry: &Entry, link: Option<&'a str>, address: &Url) -> Self {
        let host = |url: &str| {
            let url = Url::parse(url).ok()?;
            let host = url.host_str()?;
            Some(match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            })
        };
        let feed_host = host(address.as_str()).unwrap_or_default();
        let linked = link.and_then(host);
        let is_mastodon = feed
            .generator
            .as_ref()
            .is_some_and(|generator| generator.content.starts_with("Mastodon"));
        // Who wrote the posts of other servers is a server's word, which is taken where it answers for a hashtag.
        let answers = address.path().starts_with("/tags/") || linked.as_ref() == Some(&feed_host);
        if let Some(host) = linked.clone().filter(|_| is_mastodon && answers) {
            return Self::Mastodon {
                person: link.and_then(person),
                host,
            };
        }
        let author = entry.authors.first().or(feed.authors.first());
        let bare = |host: String| {
            host.strip_prefix("www.")
                .map_or(host.clone(), str::to_owned)
        };
        Self::Site {
            host: bare(linked.unwrap_or(feed_host)),
            name: author
                .and_then(|author| author.name.as_deref())
                .map(|name| clean_line(&html::strip(name)))
                .filter(|name| !name.is_empty()),
            page: author.and_then(|author| web_address(author.uri.as_deref()?)),
            title: feed
                .title
                .as_ref()
                .map(|title| clean_line(&html::strip(&title.content)))
                .unwrap_or_default(),
        }
    }

    fn author(&self) -> Author {
        let (id, handle, name, url) = match self {
            Self::Mastodon {
                host,
                person: Some((user, _)),
            } => (
                format!("mastodon:https://{host}/users/{user}"),
                format!("@{user}@{host}"),
                (*user).to_owned(),
                Some(format!("https://{host}/@{user}")),
            ),
            Self::Mastodon { host, person: None } => {
                (format!("{SOURCE}:{host}"), host.clone(), host.clone(), None)
            }
            Self::Site {
                host,
                name: Some(name),
                page,
                ..
            } => {
                let handle = format!("{name}@{host}");
                let id = page
                    .as_deref()
                    .filter(|page| page.len() <= 1000)
                    .unwrap_or(&handle);
                (
                    format!("{SOURCE}:{id}"),
                    handle.clone(),
                    name.clone(),
                    page.clone(),
                )
            }
            Self::Site { host, title, .. } => (
                format!("{SOURCE}:{host}"),
                host.clone(),
                title.clone(),
                None,
            ),
        };
        Author {
            id: AuthorId::new(id),
            same_as: Vec::new(),
            handle: clean_line(&handle),
            name,
            avatar: None,
            url: url.as_deref().and_then(web_address),
            followers: None,
            bot: false,
            created_at: None,
            indexable: None,
            discoverable: None,
        }
    }

    /// The ids under which a feed of the Mastodon API knows the post: those of its address and of the two forms that
    /// Mastodon's own ids have behind it.
    fn same_as(&self, entry: &Entry) -> Vec<PostId> {
        let Self::Mastodon { host, person } = self else {
            return Vec::new();
        };
        let mut ids = vec![format!("mastodon:{}", entry.id)];
        if let Some((user, id)) = person {
            ids.push(format!(
                "mastodon:https://{host}/users/{user}/statuses/{id}"
            ));
        }
        ids.into_iter().map(PostId::new).collect()
    }
}

/// Person and id in an address such as `https://host/@ada/1` or `https://host/@ada/statuses/1`.
fn person(link: &str) -> Option<(&str, &str)> {
    let (_, path) = link.split_once("/@")?;
    let (user, rest) = path.split_once('/')?;
    let id = rest.strip_prefix("statuses/").unwrap_or(rest);
    let word = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        !text.is_empty() && text.bytes().all(plain)
    };
    (word(user) && word(id)).then_some((user, id))
}
