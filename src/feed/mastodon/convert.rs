//! From the API's statuses to posts: pure, so that it can be measured and fuzzed without a server.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::api::{self, Count, Maybe, Status, Text};
use crate::feed::{Item, Reason, Refusal, bridges, wishes};
use crate::post::{
    Author, AuthorId, Card, Counts, Emoji, FacetKind, Kind, MAX_TEXT_BYTES, Media, MediaKind, Poll,
    PollOption, Post, PostId, Source,
};
use crate::text::fold::{fold_accents, fold_case};
use crate::text::plain::web_address;
use crate::text::{clean, clean_line, emoji, html};

/// The source of all posts from here, and the head of their ids: the same post read from several servers has one id.
pub const SOURCE: &str = "mastodon";

/// Longest HTML that is read; a text at its bound with markup around each word stays below it.
const MAX_HTML_BYTES: usize = 3 * MAX_TEXT_BYTES;

/// A status as it was read.
#[derive(Debug)]
pub struct Read {
    /// The server's own id; empty where not even that could be read.
    pub id: String,
    /// What its timeline is paged by, where that is not its own id.
    pub place: Option<String>,
    /// The server's own id of the status that it answers.
    pub parent: Option<String>,
    /// When it was written and last edited; `None` where it was not taken.
    pub times: Option<(Timestamp, Option<Timestamp>)>,
    /// The post, or why it was not taken.
    pub item: Item,
}

/// Reads a page of statuses as a server sends it, in the server's order (newest first). A status that cannot be read
/// is refused by itself. `domain` is the server's, for the handles of its own people.
///
/// # Errors
/// Where the body is no JSON array, says what is wrong with it.
pub fn statuses(body: &[u8], domain: &str) -> Result<Vec<Read>, serde_json::Error> {
    let body = text(body);
    let page: Vec<&RawValue> = serde_json::from_str(&body)?;
    Ok(page.into_iter().map(|raw| read(raw, domain)).collect())
}

/// Reads a page of notifications as a server sends it: the statuses in which somebody was mentioned. What else comes along
/// keeps its place, since the list is paged by all of them.
///
/// # Errors
/// Where the body is no JSON array of notifications, says what is wrong with it.
pub(super) fn mentions(body: &[u8], domain: &str) -> Result<Vec<Read>, serde_json::Error> {
    let body = text(body);
    let page: Vec<api::Notification<'_>> = serde_json::from_str(&body)?;
    let mention = |it: api::Notification<'_>| {
        let place = it.id.as_str().to_owned();
        let read = match it.status {
            Some(status) if it.kind.as_str() == "mention" => read(status, domain),
            _ => refused(
                &format!("notification {place}"),
                Reason::NotMatching,
                "is no mention",
            ),
        };
        Read {
            place: Some(place).filter(|place| !place.is_empty()),
            ..read
        }
    };
    Ok(page.into_iter().map(mention).collect())
}

/// Reads one status as a server sends it.
///
/// # Errors
/// Where the body is no JSON, says what is wrong with it.
pub fn status(body: &[u8], domain: &str) -> Result<Read, serde_json::Error> {
    let body = text(body);
    Ok(read(serde_json::from_str(&body)?, domain))
}

/// A body as text: what is not UTF-8 becomes U+FFFD. Nearly all are, and checking is much faster than mending.
fn text(body: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
}

fn refused(id: &str, reason: Reason, what: &str) -> Read {
    Read {
        id: id.to_owned(),
        place: None,
        parent: None,
        times: None,
        item: Item::Refused(Refusal {
            reason,
            detail: format!("status {id}: {what}"),
        }),
    }
}

fn read(raw: &RawValue, domain: &str) -> Read {
    let status: Status<'_> = match serde_json::from_str(raw.get()) {
        Ok(status) => status,
        Err(error) => {
            let identity: api::Identity<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
            return refused(identity.id.as_str(), Reason::Malformed, &error.to_string());
        }
    };
    match post(&status, domain) {
        Ok(post) => Read {
            id: status.id.as_str().to_owned(),
            place: None,
            parent: status.in_reply_to_id.some().map(str::to_owned),
            times: Some((post.created_at, post.edited_at)),
            item: Item::Post(Box::new(post)),
        },
        Err((reason, what)) => refused(status.id.as_str(), reason, what),
    }
}

fn post(status: &Status<'_>, domain: &str) -> Result<Post, (Reason, &'static str)> {
    permitted(status)?;
    let uri = (status.uri.some())
        .or(status.url.some())
        .ok_or((Reason::Malformed, "has no uri"))?;
    let created_at = time(&status.created_at).ok_or((Reason::Malformed, "has no created_at"))?;
    let author = author(&status.account, domain)?;

    // A boost shows the words of another; whose wishes count as much as the booster's.
    let shown = match &status.reblog {
        Some(original) => {
            permitted(original)?;
            original
        }
        None => status,
    };
    if shown.content.as_str().len() > MAX_HTML_BYTES {
        return Err((Reason::TooLarge, "its content is too long"));
    }
    let (kind, of) = relation(status);
    let html::Marked { text, mut facets } = html::read(shown.content.as_str());
    let hashtags = hashtags(&shown.tags, &facets);
    let warning = clean(shown.spoiler_text.as_str());
    let poll = shown.poll.0.as_ref().map(poll);
    let emojis = emojis(status, shown, &author.name);
    emoji::mark(&text, &mut facets, &emojis);

    Ok(Post {
        same_as: bridges::original_of(uri).into_iter().collect(),
        id: post_id(uri),
        source: Source::new(SOURCE),
        feed: None,
        url: web_address(status.url.as_str()).or_else(|| web_address(uri)),
        kind,
        of,
        author,
        text,
        facets,
        hashtags,
        warning: Some(warning).filter(|warning| !warning.is_empty()),
        sensitive: shown.sensitive,
        language: shown.language.some().map(str::to_owned),
        media: present(&shown.media_attachments).map(media).collect(),
        emojis,
        poll,
        card: shown.card.0.as_ref().and_then(card),
        counts: Counts {
            likes: status.favourites_count.0,
            reposts: status.reblogs_count.0,
            replies: status.replies_count.0,
        },
        created_at,
        edited_at: time(&shown.edited_at),
        received_at: None,
    })
}

/// Whether it may be shown at all: public, and by somebody who does not mind.
fn permitted(status: &Status<'_>) -> Result<(), (Reason, &'static str)> {
    // A server that does not say how visible its statuses are still put it on a timeline for everybody.
    if !matches!(status.visibility.as_str(), "public" | "") {
        return Err((Reason::NotPublic, "is not public"));
    }
    let account = &status.account;
    let what = if account.suspended || account.limited {
        "its author is suspended or limited"
    } else if account.noindex || account.note.is_some_and(opted_out) {
        "its author opted out"
    } else {
        return Ok(());
    };
    Err((Reason::OptedOut, what))
}

/// Whether a bio carries one of the opt-out tags.
fn opted_out(note: &RawValue) -> bool {
    // Nearly no bio does, so look for the bare words before decoding JSON and reading HTML.
    let bytes = note.get().as_bytes();
    let hinted = bytes.iter().enumerate().any(|(at, byte)| {
        byte.eq_ignore_ascii_case(&b'n')
            && wishes::OPT_OUTS.iter().any(|word| {
                bytes
                    .get(at..at + word.len())
                    .is_some_and(|slice| slice.eq_ignore_ascii_case(word.as_bytes()))
            })
    });
    if !hinted {
        return false;
    }
    let note: Text<'_> = serde_json::from_str(note.get()).unwrap_or_default();
    wishes::opted_out(&html::strip(note.as_str()))
}

pub(super) fn post_id(uri: &str) -> PostId {
    PostId::new(format!("{SOURCE}:{uri}"))
}

/// What it is in relation to which other post. Of a reply the server tells only its own id of the other, which the feed
/// knows if it brought it.
fn relation(status: &Status<'_>) -> (Kind, Option<PostId>) {
    if let Some(original) = &status.reblog {
        return (Kind::Repost, original.uri.some().map(post_id));
    }
    if let Some(quote) = &status.quote.0 {
        let quoted = quote.quoted_status.0.as_ref().map(|quoted| &quoted.uri);
        let uri = quoted.unwrap_or(&quote.uri);
        return (Kind::Quote, uri.some().map(post_id));
    }
    if status.in_reply_to_id.some().is_some() {
        return (Kind::Reply, None);
    }
    (Kind::Original, None)
}

fn author(account: &api::Account<'_>, domain: &str) -> Result<Author, (Reason, &'static str)> {
    let acct = (account.acct.some())
        .or(account.username.some())
        .map(|acct| clean_line(acct.trim_start_matches('@')))
        .filter(|acct| !acct.is_empty())
        .ok_or((Reason::Malformed, "its author has no name"))?;
    let handle = if acct.contains('@') {
        format!("@{acct}")
    } else {
        format!("@{acct}@{domain}")
    };
    let id = (account.uri.some().map(str::to_owned)).or(account.url.some().map(profile_uri));
    let name = html::strip(account.display_name.as_str());
    Ok(Author {
        same_as: (id.as_deref().and_then(bridges::person_of))
            .into_iter()
            .collect(),
        id: AuthorId::new(format!("{SOURCE}:{}", id.as_deref().unwrap_or(&handle))),
        handle,
        name: clean_line(&name),
        avatar: web_address(account.avatar_static.as_str())
            .or_else(|| web_address(account.avatar.as_str())),
        url: web_address(account.url.as_str()),
        followers: account.followers_count.map(|Count(number)| number),
        bot: account.bot,
        created_at: time(&account.created_at),
        indexable: account.indexable,
        discoverable: account.discoverable,
    })
}

/// The account's `uri`, from its profile's address where a server (older than Mastodon 4.2) gives no other: Mastodon's is
/// `/@ada` for people and `/users/ada` for programs, and one person must not count as two.
fn profile_uri(url: &str) -> String {
    match url.split_once("/@") {
        Some((host, name)) if !name.is_empty() && !name.contains(['/', '@']) => {
            format!("{host}/users/{name}")
        }
        _ => url.to_owned(),
    }
}

/// The source's own tags, spelled as the text spells them: servers give them in lower case, and some without accents.
/// Where the source gives none, those that its text links.
fn hashtags(tags: &[Maybe<api::Tag<'_>>], facets: &[crate::post::Facet]) -> Vec<String> {
    let written: Vec<(String, &str)> = facets
        .iter()
        .filter(|facet| facet.kind == FacetKind::Hashtag)
        .map(|facet| (fold_case(&facet.target), facet.target.as_str()))
        .collect();
    let spelled = |name: &str| {
        let folded = fold_case(name);
        let same = written.iter().find(|(text, _)| *text == folded);
        same.or_else(|| {
            let bare = fold_accents(name);
            written.iter().find(|(text, _)| fold_accents(text) == bare)
        })
        .map(|(_, text)| (*text).to_owned())
    };
    let mut names: Vec<String> = present(tags)
        .filter_map(|tag| tag.name.some())
        .map(|name| name.trim_start_matches('#'))
        .map(|name| spelled(name).unwrap_or_else(|| clean_line(name)))
        .collect();
    if names.is_empty() {
        names = written.iter().map(|(_, text)| (*text).to_owned()).collect();
    }
    let mut seen: Vec<String> = Vec::with_capacity(names.len());
    names.retain(|name| {
        let folded = fold_case(name);
        let new = !folded.is_empty() && !seen.contains(&folded);
        if new {
            seen.push(folded);
        }
        new
    });
    names
}

/// The post's emoji and those of the name, each once.
fn emojis(status: &Status<'_>, shown: &Status<'_>, name: &str) -> Vec<Emoji> {
    let in_name =
        present(&status.account.emojis).filter(|emoji| emoji::uses(name, emoji.shortcode.as_str()));
    let mut emojis: Vec<Emoji> = Vec::new();
    for emoji in present(&shown.emojis).chain(in_name) {
        let shortcode = emoji.shortcode.as_str();
        if emojis.iter().any(|known| known.shortcode == shortcode) {
            continue;
        }
        let url =
            web_address(emoji.static_url.as_str()).or_else(|| web_address(emoji.url.as_str()));
        if let Some(url) = url.filter(|_| !shortcode.is_empty()) {
            emojis.push(Emoji {
                shortcode: shortcode.to_owned(),
                url,
            });
        }
    }
    emojis
}

fn media(media: &api::Media<'_>) -> Media {
    let pixels = |count: Count| u32::try_from(count.0).ok().filter(|pixels| *pixels > 0);
    let meta = media.meta.0.as_ref();
    let original = meta.and_then(|meta| meta.original.0.as_ref());
    let width = original.and_then(|size| size.width);
    let height = original.and_then(|size| size.height);
    let alt = clean(media.description.as_str());
    Media {
        kind: match media.kind.as_str() {
            "image" => MediaKind::Image,
            "gifv" => MediaKind::Gif,
            "video" => MediaKind::Video,
            "audio" => MediaKind::Audio,
            _ => MediaKind::Unknown,
        },
        url: web_address(media.url.as_str()).or_else(|| web_address(media.remote_url.as_str())),
        preview: web_address(media.preview_url.as_str()),
        alt: Some(alt).filter(|alt| !alt.is_empty()),
        width: width.or(meta.and_then(|meta| meta.width)).and_then(pixels),
        height: height
            .or(meta.and_then(|meta| meta.height))
            .and_then(pixels),
        blurhash: media.blurhash.some().map(str::to_owned),
    }
}

fn poll(poll: &api::Poll<'_>) -> Poll {
    let option = |option: &api::PollOption<'_>| PollOption {
        text: clean_line(option.title.as_str()),
        votes: option.votes_count.map(|Count(votes)| votes),
    };
    Poll {
        options: poll.options.iter().map(option).collect(),
        ends_at: time(&poll.expires_at),
        multiple: poll.multiple,
    }
}

fn card(card: &api::Card<'_>) -> Option<Card> {
    Some(Card {
        url: web_address(card.url.as_str())?,
        title: clean_line(card.title.as_str()),
        description: clean(card.description.as_str()),
        image: web_address(card.image.as_str()),
    })
}

fn time(text: &Text<'_>) -> Option<Timestamp> {
    text.some()?.parse().ok()
}

fn present<T>(list: &[Maybe<T>]) -> impl Iterator<Item = &T> {
    list.iter().filter_map(|maybe| maybe.0.as_ref())
}
