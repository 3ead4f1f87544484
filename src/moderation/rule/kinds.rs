//! Rules on what kind of post it is, what it carries, where and when it was written.

use jiff::Timestamp;

use super::{MEDIA, OLDER_THAN, QUOTES, REPLIES, REPOSTS, SENSITIVE, SOURCES, WARNINGS};
use crate::moderation::{Action, Case, RepostsPolicy};
use crate::post::{Kind, Standing};

pub(super) fn kinds(case: &mut Case<'_>) {
    let settings = &case.rules.settings;
    match case.post.kind {
        Kind::Original => {}
        Kind::Repost if settings.reposts == RepostsPolicy::Show => {}
        Kind::Repost => case.fire(REPOSTS, Standing::Hidden, None),
        Kind::Reply => case.fire(REPLIES, settings.replies.standing(), None),
        Kind::Quote => case.fire(QUOTES, settings.quotes.standing(), None),
    }
}

pub(super) fn sensitive(case: &mut Case<'_>) {
    let settings = &case.rules.settings;
    if case.post.sensitive {
        case.fire(SENSITIVE, settings.sensitive.standing(), None);
    }
    if let Some(warning) = &case.post.warning {
        let place = Some(("warning", (0, warning.len())));
        case.fire(WARNINGS, settings.warnings.standing(), place);
    }
}

pub(super) fn media(case: &mut Case<'_>) {
    let strongest = case.post.media.iter();
    let strongest = strongest
        .filter_map(|media| case.rules.settings.media.get(&media.kind))
        .map(|action| action.standing())
        .max();
    if let Some(outcome) = strongest {
        case.fire(MEDIA, outcome, None);
    }
}

pub(super) fn sources(case: &mut Case<'_>) {
    let source = case.post.source.as_str();
    if let Some(action) = case.rules.settings.sources.get(source) {
        case.fire_with(SOURCES, action.standing(), None, source);
    }
}

/// `at` is when the post came.
pub(super) fn older_than(case: &mut Case<'_>, at: Timestamp) {
    let Some(rule) = &case.rules.settings.older_than else {
        return;
    };
    let age = at.duration_since(case.post.created_at);
    if rule.action != Action::Show && !age.is_negative() && age.unsigned_abs() > rule.age.0 {
        case.fire(OLDER_THAN, rule.action.standing(), None);
    }
}
