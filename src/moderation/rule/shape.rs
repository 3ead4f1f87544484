//! Rules on how a post is written: stuffed with tags, mentions or emoji, empty of words, in capitals.

use std::collections::HashSet;

use unicode_properties::{EmojiStatus, UnicodeEmoji as _};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    HASHTAGS_ONLY, MAX_EMOJI, MAX_HASHTAGS, MAX_MENTIONS, SHOUTING, count_words, own_words,
    without_facets,
};
use crate::moderation::{Action, AtMost, Case};
use crate::post::{FacetKind, Post};

/// Fewest words in capitals that are shouted: titles and acronyms are fewer.
const LOUD_WORDS: usize = 4;
/// Shortest word that is no acronym, in letters.
const LOUD_LETTERS: usize = 4;
/// Share of capitals among all letters, in hundredths, from which a post is shouted.
const LOUD_PERCENT: usize = 75;

pub(super) fn max_hashtags(case: &mut Case<'_>) {
    let marked = case.post.facets.iter();
    let marked = marked.filter(|facet| facet.kind == FacetKind::Hashtag);
    let many = case.post.hashtags.len().max(marked.count());
    let bound = case.rules.settings.max_hashtags.as_ref();
    at_most(case, MAX_HASHTAGS, bound, many, ["hashtag", "hashtags"]);
}

pub(super) fn max_mentions(case: &mut Case<'_>) {
    let marked = case.post.facets.iter();
    let mentioned: HashSet<&str> = marked
        .filter(|facet| facet.kind == FacetKind::Mention)
        .map(|facet| facet.target.as_str())
        .collect();
    let bound = case.rules.settings.max_mentions.as_ref();
    if bound.is_none() {
        return;
    }
    // Archives mark nobody: there the words that begin with an @ count.
    let unmarked = if case.post.text.contains('@') {
        without_facets(case.post)
    } else {
        String::new()
    };
    let named = unmarked.split_whitespace().filter_map(|word| {
        let name = word.trim_start_matches(['.', '(', '"']).strip_prefix('@')?;
        name.starts_with(char::is_alphanumeric)
            .then(|| name.trim_end_matches(|c: char| !c.is_alphanumeric()))
    });
    let mentioned: HashSet<&str> = mentioned.into_iter().chain(named).collect();
    let words = ["person addressed", "people addressed"];
    at_most(case, MAX_MENTIONS, bound, mentioned.len(), words);
}

pub(super) fn max_emoji(case: &mut Case<'_>) {
    let bound = case.rules.settings.max_emoji.as_ref();
    if bound.is_none() {
        return;
    }
    let custom = case.post.facets.iter();
    let custom = custom.filter(|facet| facet.kind == FacetKind::Emoji);
    let many = drawn(&case.post.text) + custom.count();
    at_most(case, MAX_EMOJI, bound, many, ["emoji", "emoji"]);
}

fn at_most(
    case: &mut Case<'_>,
    rule: &str,
    bound: Option<&AtMost>,
    many: usize,
    [one, other]: [&str; 2],
) {
    if let Some(bound) = bound
        && many > bound.most as usize
    {
        let detail = count_words(many, one, other);
        case.fire_with(rule, bound.action.standing(), None, &detail);
    }
}

/// How many pictures a text is written with.
fn drawn(text: &str) -> usize {
    // Each has a sign outside ASCII, digits in a box too; letters and quotes are none.
    let may_be = |c: char| !c.is_ascii() && (c == '\u{fe0f}' || c.is_emoji_char());
    if !text.chars().any(may_be) {
        return 0;
    }
    text.graphemes(true).filter(|it| is_emoji(it)).count()
}

/// Whether a character as people see it is drawn as a picture, by Unicode's own properties (UTS 51): it is one by itself, or
/// is one that can be and is asked to (`❤️`, `1️⃣`). A lone letter of a flag is none.
fn is_emoji(grapheme: &str) -> bool {
    let mut chars = grapheme.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    match first.emoji_status() {
        // Letters of flags; nothing else is a part and drawn by itself but colours of skin.
        EmojiStatus::EmojiPresentationAndEmojiComponent => chars.next().is_some(),
        EmojiStatus::EmojiPresentation
        | EmojiStatus::EmojiPresentationAndModifierBase
        | EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent => {
            !grapheme.contains('\u{fe0e}')
        }
        // A colour of skin asks for it as well.
        EmojiStatus::EmojiModifierBase => {
            chars.any(|c| matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'))
        }
        EmojiStatus::EmojiOther | EmojiStatus::EmojiOtherAndEmojiComponent => {
            grapheme.contains('\u{fe0f}')
        }
        // No emoji.
        _ => false,
    }
}

/// Nothing but hashtags, mentions and links, and nothing to look at either.
pub(super) fn hashtags_only(case: &mut Case<'_>) {
    let outcome = case.rules.settings.hashtags_only;
    let post = case.post;
    if outcome == Action::Show
        || !post.media.is_empty()
        || post.poll.is_some()
        || post.text.is_empty()
    {
        return;
    }
    if own_words(post).unicode_words().next().is_none() && !has_drawing(post) {
        case.fire(HASHTAGS_ONLY, outcome.standing(), None);
    }
}

/// A post of emoji says something.
fn has_drawing(post: &Post) -> bool {
    drawn(&own_words(post)) > 0
}

pub(super) fn shouting(case: &mut Case<'_>) {
    let outcome = case.rules.settings.shouting;
    if outcome == Action::Show {
        return;
    }
    let words = own_words(case.post);
    // Few are, and to part a text into words is dear.
    let (capitals, letters) = capitals(&words);
    if capitals * 100 < letters * LOUD_PERCENT {
        return;
    }
    let mut loud = 0;
    for word in words.unicode_words() {
        let (mut upper, mut lower, mut other) = (0, 0, 0);
        for c in word.chars() {
            if c.is_uppercase() {
                upper += 1;
            } else if c.is_lowercase() {
                lower += 1;
            } else {
                other += 1;
            }
        }
        // A number in it makes it the name of something.
        loud += usize::from(lower == 0 && other == 0 && upper >= LOUD_LETTERS);
    }
    if loud >= LOUD_WORDS {
        let detail = count_words(loud, "word in capitals", "words in capitals");
        case.fire_with(SHOUTING, outcome.standing(), None, &detail);
    }
}

/// How many letters of a text are capitals, and how many are capitals or small.
fn capitals(text: &str) -> (usize, usize) {
    let (mut upper, mut lower) = (0, 0);
    for c in text.chars() {
        upper += usize::from(c.is_uppercase());
        lower += usize::from(c.is_lowercase());
    }
    (upper, upper + lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_what_is_drawn_as_a_picture() {
        for (text, many) in [
            ("😀🎉⏰✨🫠", 5),
            ("👩🏽\u{200d}🚀 ☝🏽 🇬🇧 ❤\u{fe0f} 1\u{fe0f}\u{20e3}", 5),
            // Written as signs: a heart, a card's suit, digits, arrows, a clock that is asked to be one, half a flag.
            ("❤ ♠ 1 # * ↔ © ™ ⏰\u{fe0e} 🇬", 0),
            ("plain words, é, 漢字, й\u{fe0f}", 0),
        ] {
            assert_eq!(drawn(text), many, "{text}");
        }
    }
}
