//! What stands between a feed and its wall: bounds, clock sanity, the wall's query. Pure; runs in the feed's own task,
//! so that the wall's only has to decide.

mod content;
mod wash;

pub use content::Content;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::feed::{Item, Reason, Refusal, Sighting, SourceCount, Wanted};
use crate::moderation::same_words;
use crate::post::{AuthorId, Key, Post, PostId, Standing};
use crate::stats::Facts;
use crate::text::{Query, Tag, hashtag};

/// Oldest moment a post can be from: before it there was no hashtag (23 August 2007), and a post of 1970 is a broken clock.
const OLDEST: Timestamp = Timestamp::constant(1_167_609_600, 0);
/// A clock may be ahead by this much; the post then counts as written when it came.
const AHEAD_TAKEN: Duration = Duration::from_hours(24);

/// An item made ready for the wall.
#[derive(Debug)]
pub enum Prepared {
    /// A post that the wall asks for.
    Post(Box<Arrival>),
    /// A post gone at the source.
    Deleted {
        /// Its id's fingerprint.
        key: Key,
        /// Its item, for offering again.
        item: Item,
    },
    /// A post that somebody says to have taken back.
    Retracted {
        /// Its id's fingerprint.
        key: Key,
        /// The fingerprint of who says so.
        author_key: Key,
        /// Its item, for offering again.
        item: Item,
    },
    /// An account that is gone.
    AuthorGone {
        /// Its fingerprint.
        author_key: Key,
        /// Its item, for offering again.
        item: Item,
    },
    /// A look at a source's list of trends.
    Trending(Sighting),
    /// A source's own count.
    Counted(SourceCount),
    /// Something that is not taken.
    Refused {
        /// Fingerprint of what it was, so that it is counted once.
        key: Key,
        /// Why.
        refusal: Refusal,
    },
}

/// A post with all that the wall needs to know of it.
#[derive(Debug)]
pub struct Arrival {
    /// The post.
    pub post: Post,
    /// What is stored and sent.
    pub content: Arc<Content>,
    /// What is counted.
    pub facts: Arc<Facts>,
    /// Its id's fingerprint.
    pub key: Key,
    /// Its author's fingerprint.
    pub author_key: Key,
    /// Fingerprints of the original, where it is a bridge's copy.
    pub same_as: Vec<Key>,
    /// Other fingerprints of its author.
    pub author_same_as: Vec<Key>,
    /// Whether its feed was told to bring it although it does not carry what the wall asks for.
    pub picked: bool,
    /// Whether it was written so long ago that it is no news.
    pub late: bool,
    /// Fingerprint of what it says.
    pub words: Option<u64>,
    /// Where it stood before, for archives that are brought back.
    pub kept: Option<Kept>,
}

/// What an archive says of a post beside the post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Where it stood.
    pub standing: Standing,
    /// Whether it was pinned.
    pub pinned: bool,
    /// Whether it was highlighted.
    pub highlighted: bool,
    /// Whether a person had put it on the wall by its address.
    pub added: bool,
}

impl Prepared {
    /// The item it was made of.
    pub fn into_item(self) -> Item {
        match self {
            Self::Post(arrival) => Item::Post(Box::new(arrival.post)),
            Self::Deleted { item, .. }
            | Self::Retracted { item, .. }
            | Self::AuthorGone { item, .. } => item,
            Self::Trending(sighting) => Item::Trending(sighting),
            Self::Counted(count) => Item::Counted(count),
            Self::Refused { refusal, .. } => Item::Refused(refusal),
        }
    }
}

/// What items are made ready for.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What the wall asks for.
    pub query: &'a Query,
    /// What the feed was told to read instead.
    pub own: Option<&'a Wanted>,
    /// What was written before that is no news when it comes; `None` where the feed tells what was.
    pub news_since: Option<Timestamp>,
    /// The journal's epoch, for fingerprints.
    pub salt: &'a str,
    /// Who brings the items; equal troubles of two feeds are two.
    pub from: &'a str,
    /// Whether the wall has a post already: its edits are taken even where they drop the hashtag.
    pub is_known: &'a dyn Fn(Key) -> bool,
    /// The present moment.
    pub now: Timestamp,
}

/// Makes an item ready.
pub fn prepare(item: Item, asked: Context<'_>) -> Prepared {
    let salt = asked.salt;
    let refuse = |reason: Reason, detail: String| Prepared::Refused {
        key: Key::of(
            salt,
            &format!("{}\u{0}{}\u{0}{detail}", reason.as_str(), asked.from),
        ),
        refusal: Refusal { reason, detail },
    };
    match item {
        Item::Deleted(id) => Prepared::Deleted {
            key: Key::of(salt, id.as_str()),
            item: Item::Deleted(id),
        },
        Item::Retracted { post, author } => Prepared::Retracted {
            key: Key::of(salt, post.as_str()),
            author_key: Key::of(salt, author.as_str()),
            item: Item::Retracted { post, author },
        },
        Item::AuthorGone(author) => Prepared::AuthorGone {
            author_key: Key::of(salt, author.as_str()),
            item: Item::AuthorGone(author),
        },
        Item::Trending(sighting) => Prepared::Trending(sighting),
        Item::Counted(count) => Prepared::Counted(count),
        Item::Refused(refusal) => refuse(refusal.reason, refusal.detail),
        Item::Post(post) => {
            let key = Key::of(salt, post.id.as_str());
            let (post, picked) = match check(*post, key, asked) {
                Err(refusal) => return refuse(refusal.reason, refusal.detail),
                Ok(checked) => checked,
            };
            match Content::of(&post) {
                Err(error) => refuse(Reason::Malformed, format!("{}: {error}", post.id)),
                Ok(content) => Prepared::Post(Box::new(Arrival {
                    key,
                    author_key: Key::of(salt, post.author.id.as_str()),
                    same_as: keys(salt, post.same_as.iter().map(PostId::as_str)),
                    author_same_as: keys(salt, post.author.same_as.iter().map(AuthorId::as_str)),
                    picked,
                    late: (asked.news_since).is_some_and(|since| post.created_at < since),
                    words: same_words(&post),
                    content: Arc::new(content),
                    facts: Arc::new(Facts::of(&post)),
                    kept: None,
                    post,
                })),
            }
        }
    }
}

fn keys<'a>(salt: &str, ids: impl Iterator<Item = &'a str>) -> Vec<Key> {
    ids.map(|id| Key::of(salt, id)).collect()
}

/// Bounds, clock and query; the second answer is whether only the feed's own orders make it wanted.
fn check(post: Post, key: Key, context: Context<'_>) -> Result<(Post, bool), Refusal> {
    let Context { query, now, .. } = context;
    let id = post.id.clone();
    let refusal = |reason: Reason, why: &str| Refusal {
        reason,
        detail: format!("{id}: {why}"),
    };
    let post = post
        .bounded()
        .map_err(|limit| refusal(Reason::TooLarge, &limit.to_string()))?;
    let mut post = wash::wash(post);
    let latest = now.checked_add(AHEAD_TAKEN).unwrap_or(Timestamp::MAX);
    if post.created_at < OLDEST || post.created_at > latest {
        return Err(refusal(
            Reason::BadTime,
            &format!("dated {}", post.created_at),
        ));
    }
    // The journal keeps milliseconds; a replay must not see another order.
    post.created_at =
        Timestamp::from_millisecond(post.created_at.min(now).as_millisecond()).unwrap_or(now);
    post.received_at = Some(now);
    let mut tags: Vec<Tag> = post
        .hashtags
        .iter()
        .filter_map(|tag| Tag::new(tag).ok())
        .collect();
    let wanted = |tags: &[Tag]| match context.own {
        Some(own) => own.takes(tags, own.by_people()),
        None => query.matches(tags),
    };
    if !wanted(&tags) || (context.own.is_some() && !query.matches(&tags)) {
        let found = hashtag::find(&post.text);
        tags.extend(
            found
                .iter()
                .filter_map(|range| Tag::new(hashtag::written(&post.text, range)).ok()),
        );
        if !wanted(&tags) && !(context.is_known)(key) {
            return Err(refusal(
                Reason::NotMatching,
                "does not carry the wall's hashtags",
            ));
        }
    }
    Ok((post, context.own.is_some() && !query.matches(&tags)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(json: &serde_json::Value) -> Item {
        let mut whole = serde_json::json!({
            "id": "demo:1", "source": "demo", "text": "Hello #Rust", "created_at": "2024-05-01T10:00:00Z",
            "author": {"id": "demo:ada"},
        });
        for (key, value) in json.as_object().unwrap() {
            whole[key] = value.clone();
        }
        Item::Post(serde_json::from_value(whole).unwrap())
    }

    fn query(any: &[&str], none: &[&str]) -> Query {
        let tags = |words: &[&str]| words.iter().map(|word| Tag::new(word).unwrap()).collect();
        Query {
            any: tags(any),
            all: Vec::new(),
            none: tags(none),
        }
    }

    fn outcome(item: Item, query: &Query) -> Result<Post, Reason> {
        let now = "2024-05-01T10:00:30Z".parse().unwrap();
        match prepare(
            item,
            Context {
                query,
                own: None,
                news_since: None,
                salt: "salt",
                from: "test",
                is_known: &|_| false,
                now,
            },
        ) {
            Prepared::Post(arrival) => Ok(arrival.post),
            Prepared::Refused { refusal, .. } => Err(refusal.reason),
            other => panic!("a post is no {other:?}"),
        }
    }

    #[test]
    fn what_the_wall_asks_for_is_taken() {
        let rust = query(&["rust"], &["ads"]);
        for (json, expected) in &[
            (serde_json::json!({}), None),
            (
                serde_json::json!({"text": "no tag in the text", "hashtags": ["RUST"]}),
                None,
            ),
            (serde_json::json!({"text": "＃ｒｕｓｔ"}), None),
            (
                serde_json::json!({"text": "about rust"}),
                Some(Reason::NotMatching),
            ),
            (
                serde_json::json!({"text": "#rust #ads"}),
                Some(Reason::NotMatching),
            ),
            (
                serde_json::json!({"text": "#rustlang"}),
                Some(Reason::NotMatching),
            ),
            (
                serde_json::json!({"created_at": "1970-01-01T00:00:00Z"}),
                Some(Reason::BadTime),
            ),
            (
                serde_json::json!({"created_at": "2025-05-01T00:00:00Z"}),
                Some(Reason::BadTime),
            ),
            (serde_json::json!({"id": ""}), Some(Reason::TooLarge)),
            (
                serde_json::json!({"text": "x".repeat(300_000)}),
                Some(Reason::TooLarge),
            ),
        ] {
            assert_eq!(outcome(post(json), &rust).err(), *expected, "{json}");
        }
    }

    #[test]
    fn a_clock_that_is_ahead_does_not_date_a_post_into_the_future() {
        let taken = outcome(
            post(&serde_json::json!({"created_at": "2024-05-01T12:00:00Z"})),
            &Query::default(),
        )
        .unwrap();
        assert_eq!(taken.created_at, "2024-05-01T10:00:30Z".parse().unwrap());
    }

    #[test]
    fn facets_that_point_nowhere_are_dropped_and_the_post_is_kept() {
        let facet = |start: usize, end: usize| serde_json::json!({"start": start, "end": end, "kind": "link", "target": "x"});
        let mut facets = vec![
            facet(0, 1),
            facet(1, 3),
            facet(2, 4),
            facet(4, 4),
            facet(5, 99),
        ];
        facets.extend((0..100_000).map(|_| facet(0, 1)));
        let taken = outcome(
            post(&serde_json::json!({"text": "aé #rust", "facets": facets})),
            &Query::default(),
        )
        .unwrap();
        let kept: Vec<(usize, usize)> = taken
            .facets
            .iter()
            .map(|facet| (facet.start, facet.end))
            .collect();
        assert_eq!(kept, [(0, 1), (1, 3)]);
    }

    #[test]
    fn stored_content_reads_back_as_it_was() {
        let taken = outcome(
            post(&serde_json::json!({"hashtags": ["Rust", "RUST", "Über"], "language": "de"})),
            &Query::default(),
        )
        .unwrap();
        let content = Content::of(&taken).unwrap();
        assert_eq!(Content::parse(&content.json).unwrap(), content);
        assert_eq!(content.post().unwrap(), taken);
        let facts = Facts::of(&taken);
        let tags: Vec<&str> = facts.hashtags.iter().map(|tag| &**tag).collect();
        assert_eq!(tags, ["rust", "über"]);
    }

    #[test]
    fn a_strangers_post_is_washed() {
        let taken = outcome(
            post(&serde_json::json!({
                "text": "#rust \u{202e}live\u{202c}\u{7}", "url": "javascript:alert(1)",
                "author": {"id": "demo:ada", "name": format!("A\n{}", "b".repeat(5_000)), "avatar": "data:image/png,x"},
                "media": [{"kind": "image", "url": "/assets/demo/cake.svg", "preview": "ftp://x", "alt": "a\u{202e}b"}],
                "card": {"url": "file:///etc/passwd", "title": "x"},
            })),
            &Query::default(),
        )
        .unwrap();
        assert_eq!(taken.text, "#rust live");
        assert_eq!((taken.facets[0].start, taken.facets[0].end), (0, 5));
        assert_eq!(taken.url, None);
        assert_eq!(taken.author.name.chars().count(), 500);
        assert!(taken.author.name.starts_with("A bb"));
        assert_eq!(taken.author.avatar, None);
        assert_eq!(taken.media[0].url.as_deref(), Some("/assets/demo/cake.svg"));
        assert_eq!(
            (
                taken.media[0].preview.as_deref(),
                taken.media[0].alt.as_deref()
            ),
            (None, Some("ab"))
        );
        assert_eq!(taken.card, None);
    }
}
