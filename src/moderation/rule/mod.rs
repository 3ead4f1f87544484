//! The rules on a post by itself, one file for each family, and the names of all rules.

mod kinds;
mod language;
mod links;
mod people;
mod shape;
mod words;

pub(super) use self::language::primary;
pub(super) use self::links::{Sites, host_of_name};
pub(super) use self::people::{People, home_of, server_of};

use jiff::Timestamp;

use super::Case;
use crate::post::{FacetKind, Post};

macro_rules! names {
    ($($(#[$doc:meta])* $rule:ident = $name:literal,)+) => {
        $($(#[$doc])* pub const $rule: &str = $name;)+

        /// All rules, in the order in which a verdict names them.
        pub const ORDER: &[&str] = &[$($name),+];
    };
}

names! {
    /// Words of the wall's own.
    BLOCK_WORDS = "block_words",
    /// Words of lists.
    BLOCKLISTS = "blocklists",
    /// Authors and servers that are never shown.
    BLOCKED = "blocked",
    /// Sites that are never shown.
    BLOCK_DOMAINS = "block_domains",
    /// A program's judgement.
    JUDGE = "judge",
    /// Says what a person took off the wall.
    LIKE_HIDDEN = "like_hidden",
    /// Has a picture like one that a person took off the wall.
    LIKE_HIDDEN_PICTURES = "like_hidden_pictures",
    /// The original of a copy that a person took off the wall.
    COPY_HIDDEN = "copy_hidden",
    /// Marked as sensitive.
    SENSITIVE = "sensitive",
    /// Has a content warning.
    WARNINGS = "warnings",
    /// Has pictures, videos or sound.
    MEDIA = "media",
    /// Has a link.
    LINKS = "links",
    /// Has a link that hides where it leads.
    SHORTENERS = "shorteners",
    /// Many links.
    MAX_LINKS = "max_links",
    /// Many hashtags.
    MAX_HASHTAGS = "max_hashtags",
    /// Many people addressed.
    MAX_MENTIONS = "max_mentions",
    /// Many emoji.
    MAX_EMOJI = "max_emoji",
    /// Nothing but hashtags, mentions and links.
    HASHTAGS_ONLY = "hashtags_only",
    /// In capitals.
    SHOUTING = "shouting",
    /// A repost.
    REPOSTS = "reposts",
    /// A reply.
    REPLIES = "replies",
    /// A quote.
    QUOTES = "quotes",
    /// By where it was written.
    SOURCES = "sources",
    /// In a language that does not pass.
    LANGUAGES = "languages",
    /// In a language that cannot be told.
    UNKNOWN_LANGUAGE = "unknown_language",
    /// By somebody who does not want to be recommended.
    NOT_DISCOVERABLE = "not_discoverable",
    /// By an account that was made just now.
    NEW_ACCOUNTS = "new_accounts",
    /// By somebody whom hardly anybody follows.
    FEW_FOLLOWERS = "few_followers",
    /// The author's first one here.
    FIRST_POSTS = "first_posts",
    /// By an automated account.
    BOTS = "bots",
    /// Written long before it came.
    OLDER_THAN = "older_than",
    /// One of many by its author.
    MAX_PER_AUTHOR = "max_per_author",
    /// One of many of its feed.
    FEED_LIMIT = "feed_limit",
    /// Says what another post says.
    DUPLICATES = "duplicates",
    /// Mode `held`.
    MODE = "mode",
    /// Mode `delayed`.
    DELAY = "delay",
    /// Came or was written outside the event's time. Not judged: the fold says it.
    OUTSIDE_EVENT = "outside_event",
    /// Has none of the wall's hashtags. Not judged: the fold says it.
    OTHER_HASHTAG = "other_hashtag",
    /// Another network's copy of a post that is here. Not judged: the fold says it.
    ORIGINAL_IS_HERE = "original_is_here",
}

/// A rule's place in [`ORDER`]; what is not known comes last.
pub(super) fn rank(rule: &str) -> usize {
    let place = ORDER.iter().position(|known| *known == rule);
    place.unwrap_or(ORDER.len())
}

/// All rules on a post by itself; `at` is when it came.
pub(super) fn content(case: &mut Case<'_>, at: Timestamp) {
    for nth in 0..=RULES.len() {
        ask(case, at, nth);
    }
}

/// Asks one rule; the one behind the table is the only one that minds when a post came.
fn ask(case: &mut Case<'_>, at: Timestamp, nth: usize) {
    match RULES.get(nth) {
        Some(rule) => rule(case),
        None => kinds::older_than(case, at),
    }
}

/// A rule looks at a case and fires or does not.
type Rule = fn(&mut Case<'_>);

/// The order in which they are asked changes nothing.
const RULES: [Rule; 18] = [
    words::words,
    people::blocked,
    people::not_discoverable,
    people::new_accounts,
    people::few_followers,
    people::first_posts,
    people::bots,
    kinds::kinds,
    kinds::sensitive,
    kinds::media,
    kinds::sources,
    links::links,
    shape::max_hashtags,
    shape::max_mentions,
    shape::max_emoji,
    shape::hashtags_only,
    shape::shouting,
    language::languages,
];

/// What is left of a text without hashtags, mentions and links, marked or not: archives mark nothing.
fn own_words(post: &Post) -> String {
    let unmarked = without_facets(post);
    let words = unmarked
        .split_whitespace()
        .filter(|word| !word.starts_with(['#', '＃', '@']) && !links::is_link(word));
    words.collect::<Vec<_>>().join(" ")
}

fn without_facets(post: &Post) -> String {
    let mut words = String::with_capacity(post.text.len());
    let mut reached = 0;
    for facet in &post.facets {
        if facet.kind == FacetKind::Emoji || facet.start < reached {
            continue;
        }
        words.push_str(post.text.get(reached..facet.start).unwrap_or_default());
        words.push(' ');
        reached = facet.end;
    }
    words.push_str(post.text.get(reached..).unwrap_or_default());
    words
}

/// `1 link`, `7 links`.
fn count_words(many: usize, one: &str, other: &str) -> String {
    format!("{many} {}", if many == 1 { one } else { other })
}

#[cfg(test)]
pub(super) fn shuffled(case: &mut Case<'_>, at: Timestamp, order: &[usize]) {
    for nth in order {
        ask(case, at, nth % (RULES.len() + 1));
    }
}
