//! Words of the wall's own and of lists, wherever a person reads them.

use std::ops::Range;

use super::{BLOCK_WORDS, BLOCKLISTS};
use crate::moderation::lexicon::Scan;
use crate::moderation::{Action, Case, Reason, Severity};
use crate::post::{FacetKind, Post, Standing};

/// Says of what is found by a slip what it is.
const SLIP: &str = "two letters swapped or one missing";

/// The texts of a post that a person reads, by field name.
fn texts(post: &Post) -> Vec<(&'static str, &str)> {
    let mut texts = vec![
        ("text", post.text.as_str()),
        ("name", post.author.name.as_str()),
        ("handle", post.author.handle.as_str()),
    ];
    texts.extend(post.warning.as_deref().map(|warning| ("warning", warning)));
    texts.extend(
        post.media
            .iter()
            .filter_map(|media| media.alt.as_deref())
            .map(|alt| ("alt", alt)),
    );
    if let Some(poll) = &post.poll {
        texts.extend(
            poll.options
                .iter()
                .map(|option| ("poll", option.text.as_str())),
        );
    }
    if let Some(card) = &post.card {
        texts.push(("card", card.title.as_str()));
        texts.push(("card", card.description.as_str()));
    }
    texts
}

/// Own words and those of the lists. Own allowed words excuse both; what a list calls innocent excuses lists alone.
pub(super) fn words(case: &mut Case<'_>) {
    let rules = case.rules;
    if rules.blocked_words.is_empty() && rules.listed_words.is_empty() {
        return;
    }
    let actions = rules.settings.actions;
    let own = actions
        .block_words
        .map_or(Standing::Hidden, Action::standing);
    // A list's entry does what the list says, or all do the same; one that is only held by its list is not hidden by that.
    let listed = |by_list: Standing| match actions.blocklists {
        None => by_list,
        Some(Action::Hold) => by_list.min(Standing::Held),
        Some(action) => action.standing(),
    };
    let links: Vec<Range<usize>> = case
        .post
        .facets
        .iter()
        .filter(|facet| facet.kind == FacetKind::Link)
        .map(|facet| facet.start..facet.end)
        .collect();
    for (field, text) in texts(case.post) {
        let scan = Scan::of(text, if field == "text" { &links } else { &[] });
        for found in rules.blocked_words.find(&scan, &[&rules.allowed_words]) {
            // What may be a chance likeness is a person's to decide.
            let doubtful = found.severity == Severity::Hold && own == Standing::Hidden;
            let outcome = if doubtful { Standing::Held } else { own };
            case.fire(BLOCK_WORDS, outcome, Some((field, found.span)));
        }
        if actions.blocklists == Some(Action::Show) {
            continue;
        }
        let reason = |list: &str, span, outcome| Reason {
            field: Some(field.to_owned()),
            span: Some(span),
            list: Some(list.to_owned()),
            ..Reason::of(BLOCKLISTS, listed(outcome))
        };
        let excuses = [&rules.allowed_words, &rules.listed_innocent];
        for found in rules.listed_words.find(&scan, &excuses) {
            let list = rules.listed_words.list(&found);
            let list = list.map(AsRef::as_ref).unwrap_or_default();
            case.fired.push(Reason {
                masked: found.severity == Severity::Mask,
                ..reason(list, found.span, found.severity.standing())
            });
        }
        // Names are spelled in every way there is.
        if !matches!(field, "name" | "handle") {
            for (span, list) in rules.slips.find(&scan, &excuses) {
                case.fired.push(Reason {
                    detail: Some(SLIP.to_owned()),
                    ..reason(list, span, Standing::Held)
                });
            }
        }
    }
}
