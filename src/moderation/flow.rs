//! Rules on how a post comes: the wall's mode, floods, copies. They depend on the moment it came.

use sha2::{Digest as _, Sha256};

use super::near::Saying;
use super::{Action, Case, Duplicates, MaxPosts, Mode, rule};
use crate::post::{Kind, Standing};

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

/// Copies of what was said before, and of what a person took off the wall.
pub(super) fn copies(case: &mut Case<'_>) {
    let settings = &case.rules.settings;
    let outcome = match settings.duplicates {
        Duplicates::Show => Standing::Shown,
        Duplicates::Hold => Standing::Held,
        Duplicates::Collapse | Duplicates::Hide => Standing::Hidden,
    };
    if case.post.kind == Kind::Repost {
        return;
    }
    let Some(saying) = Saying::of(case.post) else {
        return;
    };
    let at = case.post.created_at;
    let place = Some(("text", (0, case.post.text.len())));
    if settings.like_hidden != Action::Show && case.history.hidden_before(&saying, at) {
        case.fire(rule::LIKE_HIDDEN, settings.like_hidden.standing(), place);
    }
    if outcome != Standing::Shown
        && let Some(first) = case.history.said_before(&saying, at)
    {
        case.copy_of = Some(first);
        case.fire(rule::DUPLICATES, outcome, place);
    }
    case.saying = Some(saying);
}

/// A fingerprint of folded words; 53 bits are exact in every JSON reader.
pub(super) fn fingerprint(folded: &str) -> u64 {
    let digest = Sha256::digest(folded);
    let half: [u8; 8] = digest.first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(half) >> 11
}
