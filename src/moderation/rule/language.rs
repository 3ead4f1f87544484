//! Rules on the language of a post: what its source says, or what its words say.

use super::{LANGUAGES, UNKNOWN_LANGUAGE, own_words};
use crate::moderation::{Action, Case};
use crate::post::Standing;
use crate::text::language::{detect, is_known};

/// The first subtag of a BCP 47 tag, in lower case.
pub(in crate::moderation) fn primary(tag: &str) -> String {
    let first = tag.split(['-', '_']).next().unwrap_or_default();
    first.trim().to_ascii_lowercase()
}

/// A post passes if its source or its words name a language that passes: sources are told the language of the app as often as
/// that of the post.
pub(super) fn languages(case: &mut Case<'_>) {
    let rules = case.rules;
    if rules.languages.is_empty() {
        return;
    }
    let passes = |tag: &str| rules.languages.iter().any(|wanted| wanted == tag);
    let said = case.post.language.as_deref().map(primary);
    let said = said.filter(|tag| tag != "und" && !tag.is_empty());
    if said.as_deref().is_some_and(passes) {
        return;
    }
    let found = detect(&own_words(case.post));
    if found.is_some_and(passes) {
        return;
    }
    // Welsh is taken for some language that is known. Where one passes that nobody here can read, words prove nothing.
    let proves = rules.languages.iter().all(|wanted| is_known(wanted));
    let found = found.filter(|_| proves).map(str::to_owned);
    match found.or(said) {
        Some(tag) => {
            let outcome = rules.settings.actions.languages;
            let outcome = outcome.map_or(Standing::Hidden, Action::standing);
            case.fire_with(LANGUAGES, outcome, None, &tag);
        }
        None => case.fire(
            UNKNOWN_LANGUAGE,
            rules.settings.unknown_language.standing(),
            None,
        ),
    }
}
