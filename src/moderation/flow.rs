//! Rules on how a post comes: the wall's mode, floods, copies. They depend on the moment it came.

use sha2::{Digest as _, Sha256};
use unicode_segmentation::UnicodeSegmentation;

use super::{Case, Duplicates, MaxPosts, Mode, rule};
use crate::post::{FacetKind, Kind, Post, Standing};
use crate::text::fold::fold_accents_into;

/// Fewest words of which a copy is made; "yes" and "thank you" are said by many.
const FEWEST_WORDS: usize = 4;

pub(super) fn mode(case: &mut Case<'_>) {
    match case.feed.mode.unwrap_or(case.rules.settings.mode) {
        Mode::Open => {}
        Mode::Delayed => case.fire(rule::DELAY, Standing::Held, None),
        Mode::Held => case.fire(rule::MODE, Standing::Held, None),
    }
}

pub(super) fn flood(case: &mut Case<'_>) {
    if !case.post.kind.is_authored() {
        return;
    }
    let until = case.post.created_at;
    let after = |bound: &MaxPosts| until.checked_sub(bound.per.0).unwrap_or(until);
    if let Some(bound) = &case.rules.settings.max_per_author
        && case.history.posts_between(case.post, after(bound), until) >= bound.posts as usize
    {
        case.fire(rule::MAX_PER_AUTHOR, bound.action.standing(), None);
    }
    if let Some(bound) = &case.feed.limit
        && case.history.of_feed_between(after(bound), until) >= bound.posts as usize
    {
        case.fire(rule::FEED_LIMIT, bound.action.standing(), None);
    }
}

pub(super) fn duplicates(case: &mut Case<'_>) {
    let outcome = match case.rules.settings.duplicates {
        Duplicates::Show => return,
        Duplicates::Hold => Standing::Held,
        Duplicates::Collapse | Duplicates::Hide => Standing::Hidden,
    };
    if case.post.kind == Kind::Repost {
        return;
    }
    if let Some(first) = same_words(case.post).and_then(|words| case.history.said_before(words)) {
        case.copy_of = Some(first);
        case.fire(
            rule::DUPLICATES,
            outcome,
            Some(("text", (0, case.post.text.len()))),
        );
    }
}

pub(super) fn same_words(post: &Post) -> Option<u64> {
    let mut marks = post
        .facets
        .iter()
        .filter(|facet| matches!(facet.kind, FacetKind::Link | FacetKind::Mention))
        .peekable();
    let mut hasher = Sha256::new();
    let mut folded = String::new();
    let mut count = 0;
    for (at, word) in post.text.unicode_word_indices() {
        while marks.next_if(|mark| mark.end <= at).is_some() {}
        if marks.peek().is_some_and(|mark| mark.start <= at) {
            continue;
        }
        fold_accents_into(word, &mut folded);
        folded.push('\0');
        count += 1;
    }
    hasher.update(&folded);
    let digest = hasher.finalize();
    let half: [u8; 8] = digest.first_chunk().copied()?;
    // 53 bits are exact in every JSON reader.
    (count >= FEWEST_WORDS).then(|| u64::from_be_bytes(half) >> 11)
}
