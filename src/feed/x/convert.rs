//! From the API's answers to posts: pure, so that it can be fuzzed without a server.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

pub use super::api::Meta;
use super::api::{self, Counts as Buckets, Problem, Tweet, User, each};
pub use super::budget::Goods;
use super::wording;
use crate::feed::{Item, Reason, Refusal, SourceCount, wishes};
use crate::post::{
    Author, AuthorId, Card, Counts, FacetKind, Kind, Media, MediaKind, Post, PostId, Source,
};
use crate::text::fold::fold_case;
use crate::text::plain::web_address;
use crate::text::{clean, clean_line};

/// The source of all posts from here, and the head of their ids.
pub const SOURCE: &str = "x";

/// When X began to count milliseconds in its ids (<https://docs.x.com/resources/fundamentals/x-ids>).
const EPOCH_MS: i64 = 1_288_834_974_657;

/// An answer of the search or the lookup.
#[derive(Debug, Default)]
pub struct Answer {
    /// Posts and refusals, in the server's order: newest first.
    pub items: Vec<Item>,
    /// What came and may have to be paid for.
    pub goods: Goods,
    /// About the page.
    pub meta: Meta,
    /// Ids of posts that were asked for and are gone or not for everybody.
    pub missing: Vec<String>,
}

/// When the thing with this id was made.
pub fn made_at(id: &str) -> Option<Timestamp> {
    let number: i64 = id.parse().ok()?;
    Timestamp::from_millisecond((number >> 22) + EPOCH_MS).ok()
}

/// Reads an answer.
///
/// # Errors
/// Where the body is no JSON object, says what is wrong with it.
pub fn answer(body: &[u8]) -> Result<Answer, serde_json::Error> {
    let body = String::from_utf8_lossy(body);
    let answer: api::Answer<'_> = serde_json::from_str(&body)?;
    let users: HashMap<String, User> = (each::<User>(&answer.includes.users).into_iter())
        .map(|user| (user.id.clone(), user))
        .collect();
    let media: HashMap<String, api::Media> = (each::<api::Media>(&answer.includes.media)
        .into_iter())
    .map(|media| (media.key.clone(), media))
    .collect();
    let others: HashMap<String, Tweet> = (each::<Tweet>(&answer.includes.tweets).into_iter())
        .map(|tweet| (tweet.id.clone(), tweet))
        .collect();
    let known = Known {
        users: &users,
        media: &media,
        others: &others,
    };
    let mut goods = Goods {
        posts: others.keys().cloned().collect(),
        users: users.keys().cloned().collect(),
        media: media.keys().cloned().collect(),
    };
    let mut items = Vec::with_capacity(answer.data.len());
    for (at, raw) in answer.data.iter().enumerate() {
        match serde_json::from_str::<Tweet>(raw.get()) {
            Ok(tweet) => {
                goods.posts.push(tweet.id.clone());
                items.extend(item(&tweet, known));
            }
            Err(error) => {
                // Paid for, whatever it is.
                goods
                    .posts
                    .push(format!("unreadable {at} {:?}", answer.meta.newest_id));
                items.push(refused("", Reason::Malformed, &error.to_string()));
            }
        }
    }
    goods.posts.sort_unstable();
    goods.posts.dedup();
    let missing = each::<Problem>(&answer.errors)
        .into_iter()
        .filter(|problem| {
            matches!(problem.resource_type.as_deref(), Some("tweet" | "post"))
                && (problem.kind.ends_with("/resource-not-found")
                    || problem.kind.ends_with("/not-authorized-for-resource"))
        })
        .filter_map(|problem| problem.resource_id)
        .collect();
    Ok(Answer {
        items,
        goods,
        meta: answer.meta,
        missing,
    })
}

/// Reads how often a hashtag was counted, on the days that were counted from their beginning.
///
/// # Errors
/// Where the body is not as it should be, says what is wrong with it.
pub fn counts(body: &[u8], tag: &str) -> Result<Vec<SourceCount>, serde_json::Error> {
    let counts: Buckets = serde_json::from_slice(body)?;
    let whole = counts.data.into_iter().filter_map(|bucket| {
        let start = bucket.start.to_zoned_datetime(TimeZone::UTC);
        (start.time() == Time::midnight()).then(|| SourceCount {
            place: "X".to_owned(),
            tag: tag.to_owned(),
            day: start.date(),
            posts: bucket.tweet_count,
            people: None,
        })
    });
    // Hours and minutes of a day are added up by nobody who asks for days.
    let mut days: Vec<SourceCount> = Vec::new();
    for count in whole {
        if days.last().is_none_or(|last| last.day != count.day) {
            days.push(count);
        }
    }
    Ok(days)
}

/// What posts of an answer refer to.
#[derive(Clone, Copy)]
struct Known<'a> {
    users: &'a HashMap<String, User>,
    media: &'a HashMap<String, api::Media>,
    others: &'a HashMap<String, Tweet>,
}

fn refused(id: &str, reason: Reason, what: &str) -> Item {
    Item::Refused(Refusal {
        reason,
        detail: format!("post {id}: {what}"),
    })
}

/// A post; nothing where it is an old version, whose newest comes, or came, under an id of its own.
fn item(tweet: &Tweet, known: Known<'_>) -> Option<Item> {
    let newest = tweet.edit_history_tweet_ids.last();
    if newest.is_some_and(|newest| *newest != tweet.id) {
        return None;
    }
    Some(match post(tweet, known) {
        Ok(post) => Item::Post(Box::new(post)),
        Err((reason, what)) => refused(&tweet.id, reason, what),
    })
}

/// The id that stays: that of the first version.
fn stable(tweet: &Tweet) -> &str {
    tweet.edit_history_tweet_ids.first().unwrap_or(&tweet.id)
}

fn post_id(id: &str) -> PostId {
    PostId::new(format!("{SOURCE}:{id}"))
}

fn post(tweet: &Tweet, known: Known<'_>) -> Result<Post, (Reason, &'static str)> {
    if tweet.id.is_empty() || !tweet.id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((Reason::DamagedId, "its id is no number"));
    }
    permitted(tweet, known)?;
    let user = (tweet.author_id.as_ref())
        .and_then(|id| known.users.get(id))
        .ok_or((Reason::NotPublic, "its author is not shown"))?;
    let first = stable(tweet);
    let written = made_at(first).filter(|_| tweet.edit_history_tweet_ids.len() > 1);
    let created_at = written
        .or(tweet.created_at)
        .or_else(|| made_at(first))
        .ok_or((Reason::Malformed, "has no time"))?;
    let edited_at = (tweet.edit_history_tweet_ids.len() > 1)
        .then(|| tweet.created_at.or_else(|| made_at(&tweet.id)))
        .flatten();

    let (kind, reference) = relation(tweet);
    let other = reference.and_then(|id| known.others.get(id));
    // A repost shows the words of another, whose wishes count as much.
    let shown = match (kind, other) {
        (Kind::Repost, Some(other)) => {
            permitted(other, known)?;
            other
        }
        _ => tweet,
    };
    let media: Vec<Media> = (shown.attachments.media_keys.iter())
        .filter_map(|key| known.media.get(key))
        .map(attachment)
        .collect();
    let (raw, entities) = match &shown.note {
        Some(note) if !note.text.is_empty() => (&note.text, note.entities.as_ref()),
        _ => (&shown.text, shown.entities.as_ref()),
    };
    let (text, facets) = wording::read(raw, entities, !media.is_empty());
    let mut hashtags: Vec<String> = Vec::new();
    let marked = (facets
        .iter()
        .filter(|facet| facet.kind == FacetKind::Hashtag))
    .map(|facet| facet.target.as_str());
    // What is beyond the end of a shortened text is still a tag.
    let listed = shown
        .entities
        .iter()
        .flat_map(|entities| &entities.hashtags);
    for tag in marked.chain(listed.map(|tag| tag.tag.as_str())) {
        if !tag.is_empty()
            && !hashtags
                .iter()
                .any(|known| fold_case(known) == fold_case(tag))
        {
            hashtags.push(clean_line(tag));
        }
    }
    Ok(Post {
        id: post_id(first),
        same_as: Vec::new(),
        source: Source::new(SOURCE),
        feed: None,
        url: web_address(&format!(
            "https://x.com/{}/status/{}",
            username(user),
            tweet.id
        )),
        kind,
        of: reference.map(|id| post_id(other.map_or(id, stable))),
        author: author(user),
        text,
        facets,
        hashtags,
        warning: None,
        sensitive: shown.possibly_sensitive,
        language: shown.lang.clone().filter(|lang| is_language(lang)),
        media,
        emojis: Vec::new(),
        poll: None,
        card: entities.and_then(card),
        counts: Counts {
            likes: tweet.public_metrics.likes,
            reposts: tweet.public_metrics.retweets,
            replies: tweet.public_metrics.replies,
        },
        created_at,
        edited_at,
        received_at: None,
    })
}

/// Whether it may be shown to everybody, everywhere, and its author does not mind.
fn permitted(tweet: &Tweet, known: Known<'_>) -> Result<(), (Reason, &'static str)> {
    if let Some(withheld) = &tweet.withheld
        && (withheld.copyright || !withheld.country_codes.is_empty())
    {
        return Err((Reason::NotPublic, "is withheld in some countries"));
    }
    let Some(user) = tweet.author_id.as_ref().and_then(|id| known.users.get(id)) else {
        return Ok(());
    };
    if user.protected {
        return Err((Reason::NotPublic, "its author is protected"));
    }
    let bio = user.description.as_deref().unwrap_or_default();
    if wishes::opted_out(bio) {
        return Err((Reason::OptedOut, "its author opted out"));
    }
    Ok(())
}

fn relation(tweet: &Tweet) -> (Kind, Option<&str>) {
    [
        ("retweeted", Kind::Repost),
        ("quoted", Kind::Quote),
        ("replied_to", Kind::Reply),
    ]
    .into_iter()
    .find_map(|(word, kind)| {
        let reference = tweet
            .referenced_tweets
            .iter()
            .find(|other| other.kind == word)?;
        Some((kind, Some(reference.id.as_str())))
    })
    .unwrap_or((Kind::Original, None))
}

/// A name that can stand in an address.
fn username(user: &User) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !user.username.is_empty() && user.username.bytes().all(plain) {
        &user.username
    } else {
        "i"
    }
}

fn author(user: &User) -> Author {
    // The small size is the one given; the others have the same address but for this word.
    let avatar = user
        .profile_image_url
        .as_deref()
        .map(|url| url.replace("_normal.", "_400x400."));
    Author {
        id: AuthorId::new(format!("{SOURCE}:{}", user.id)),
        same_as: Vec::new(),
        handle: format!("@{}", clean_line(&user.username)),
        name: clean_line(&user.name),
        avatar: avatar.as_deref().and_then(web_address),
        url: web_address(&format!("https://x.com/{}", username(user))),
        followers: user
            .public_metrics
            .as_ref()
            .and_then(|metrics| metrics.followers_count),
        bot: false,
        created_at: user.created_at,
        indexable: None,
        discoverable: None,
    }
}

fn attachment(media: &api::Media) -> Media {
    let best = (media.variants.iter())
        .filter(|variant| variant.content_type == "video/mp4")
        .max_by_key(|variant| variant.bit_rate);
    let url = media
        .url
        .as_deref()
        .or(best.map(|variant| variant.url.as_str()));
    Media {
        kind: match media.kind.as_str() {
            "photo" => MediaKind::Image,
            "video" => MediaKind::Video,
            "animated_gif" => MediaKind::Gif,
            _ => MediaKind::Unknown,
        },
        url: url.and_then(web_address),
        preview: media.preview_image_url.as_deref().and_then(web_address),
        alt: media
            .alt_text
            .as_deref()
            .map(clean)
            .filter(|alt| !alt.is_empty()),
        width: media.width.filter(|pixels| *pixels > 0),
        height: media.height.filter(|pixels| *pixels > 0),
        blurhash: None,
    }
}

/// The preview of the first page that is linked with one.
fn card(entities: &api::Entities) -> Option<Card> {
    entities.urls.iter().find_map(|link| {
        let title = clean_line(link.title.as_deref()?);
        let url = link
            .unwound_url
            .as_deref()
            .or(link.expanded_url.as_deref())?;
        Some(Card {
            url: web_address(url).filter(|_| !title.is_empty())?,
            title,
            description: clean(link.description.as_deref().unwrap_or_default()),
            image: link
                .images
                .first()
                .and_then(|image| web_address(&image.url)),
        })
    })
}

/// Whether it is a language and none of X's words for texts without one (`und`, `zxx`, `qme`, …).
fn is_language(lang: &str) -> bool {
    let private = lang.len() == 3 && lang.starts_with('q');
    !lang.is_empty() && !private && !matches!(lang, "und" | "zxx" | "art")
}
