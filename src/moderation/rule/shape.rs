//! Rules on how a post is written: stuffed with tags, mentions or emoji, empty of words, in capitals.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    HASHTAGS_ONLY, MAX_EMOJI, MAX_HASHTAGS, MAX_MENTIONS, SHOUTING, count_words, own_words,
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
    let drawn = case.post.text.graphemes(true);
    let many = drawn.filter(|it| is_emoji(it)).count() + custom.count();
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

/// Whether a character as people see it is drawn as a picture: one of the blocks of pictographs, or a sign that is asked to
/// be drawn as one (UTS 51, emoji presentation).
fn is_emoji(grapheme: &str) -> bool {
    grapheme.contains('\u{fe0f}')
        || grapheme.chars().next().is_some_and(|c| {
            matches!(c, '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1faff}' | '\u{231a}'..='\u{231b}' | '\u{23e9}'..='\u{23f3}'
                | '\u{2614}'..='\u{2615}' | '\u{2648}'..='\u{2653}' | '\u{26a1}' | '\u{26bd}'..='\u{26be}' | '\u{26c4}'..='\u{26c5}'
                | '\u{2705}' | '\u{270a}'..='\u{270b}' | '\u{2728}' | '\u{274c}' | '\u{2753}'..='\u{2757}' | '\u{2b50}' | '\u{2b55}')
        })
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
    own_words(post).graphemes(true).any(is_emoji)
}

pub(super) fn shouting(case: &mut Case<'_>) {
    let outcome = case.rules.settings.shouting;
    if outcome == Action::Show {
        return;
    }
    let words = own_words(case.post);
    let (mut loud, mut capitals, mut letters) = (0, 0, 0);
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
        capitals += upper;
        letters += upper + lower;
        // A number in it makes it the name of something.
        loud += usize::from(lower == 0 && other == 0 && upper >= LOUD_LETTERS);
    }
    if loud >= LOUD_WORDS && capitals * 100 >= letters * LOUD_PERCENT {
        let detail = count_words(loud, "word in capitals", "words in capitals");
        case.fire_with(SHOUTING, outcome.standing(), None, &detail);
    }
}
