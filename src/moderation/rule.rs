//! Rules on what a post says and who says it: they need nothing but the post itself.

use std::ops::Range;

use super::lexicon::Scan;
use super::{Action, Case, Reason, RepostsPolicy, Rules, Severity};
use crate::post::{FacetKind, Kind, Post, Standing};
use crate::text::fold::fold_case;

/// Name of the rule of mode `held`.
pub const MODE: &str = "mode";
/// Name of the rule that keeps off the original of a copy that a person took off the wall.
pub(super) const COPY_HIDDEN: &str = "copy_hidden";
/// Name of the rule on words of block lists.
const BLOCKLISTS: &str = "blocklists";
/// Name of the rule of mode `delayed`.
pub const DELAY: &str = "delay";

/// All of them.
pub(super) fn content(case: &mut Case<'_>) {
    block_words(case);
    blocked(case);
    reposts(case);
    replies(case);
    sensitive(case);
    not_discoverable(case);
    links(case);
    languages(case);
    new_accounts(case);
}

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
fn block_words(case: &mut Case<'_>) {
    let rules = case.rules;
    if rules.blocked_words.is_empty() && rules.listed_words.is_empty() {
        return;
    }
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
            case.fire(
                "block_words",
                found.severity.standing(),
                Some((field, found.span)),
            );
        }
        let excuses = [&rules.allowed_words, &rules.listed_innocent];
        for found in rules.listed_words.find(&scan, &excuses) {
            case.fired.push(Reason {
                field: Some(field.to_owned()),
                span: Some(found.span),
                list: rules
                    .listed_words
                    .list(&found)
                    .map(|list| list.as_ref().to_owned()),
                masked: found.severity == Severity::Mask,
                ..Reason::of(BLOCKLISTS, found.severity.standing())
            });
        }
        // Names are spelled in every way there is.
        if !matches!(field, "name" | "handle") {
            for (span, list) in rules.slips.find(&scan, &excuses) {
                case.fired.push(Reason {
                    field: Some(field.to_owned()),
                    span: Some(span),
                    list: Some(list.as_ref().to_owned()),
                    ..Reason::of(BLOCKLISTS, Standing::Held)
                });
            }
        }
    }
}

/// A handle as it is compared: without the first `@`, case folded.
pub(super) fn fold_handle(handle: &str) -> String {
    fold_case(handle.trim().trim_start_matches('@'))
}

fn is_listed(post: &Post, handles: &[String]) -> bool {
    !handles.is_empty() && handles.contains(&fold_handle(&post.author.handle))
}

/// Whether the author's handle is on the list of trusted ones.
pub(super) fn is_trusted(post: &Post, rules: &Rules) -> bool {
    is_listed(post, &rules.trusted_handles)
}

fn blocked(case: &mut Case<'_>) {
    if is_listed(case.post, &case.rules.blocked_handles) {
        case.fire(
            "blocked",
            Standing::Hidden,
            Some(("handle", (0, case.post.author.handle.len()))),
        );
    }
}

fn reposts(case: &mut Case<'_>) {
    if case.post.kind == Kind::Repost && case.rules.settings.reposts != RepostsPolicy::Show {
        case.fire("reposts", Standing::Hidden, None);
    }
}

fn replies(case: &mut Case<'_>) {
    if case.post.kind == Kind::Reply {
        case.fire("replies", case.rules.settings.replies.standing(), None);
    }
}

fn sensitive(case: &mut Case<'_>) {
    if case.post.sensitive {
        case.fire("sensitive", case.rules.settings.sensitive.standing(), None);
    }
}

fn not_discoverable(case: &mut Case<'_>) {
    if case.post.author.discoverable == Some(false) {
        let outcome = case.rules.settings.not_discoverable.standing();
        case.fire("not_discoverable", outcome, None);
    }
}

/// The host of an address, without `www.`.
fn host(address: &str) -> Option<String> {
    let host = url::Url::parse(address).ok()?.host_str()?.to_owned();
    Some(host.strip_prefix("www.").map(str::to_owned).unwrap_or(host))
}

fn links(case: &mut Case<'_>) {
    let post = case.post;
    let settings = &case.rules.settings;
    if settings.links == Action::Show && settings.block_domains.is_empty() {
        return;
    }
    let blocked: Vec<String> = settings
        .block_domains
        .iter()
        .filter_map(|domain| host(&format!("http://{domain}")))
        .collect();
    let marked = post
        .facets
        .iter()
        .filter(|facet| facet.kind == FacetKind::Link);
    let places = marked.map(|facet| {
        (
            facet.target.as_str(),
            Some(("text", (facet.start, facet.end))),
        )
    });
    let card = post.card.iter().map(|card| (card.url.as_str(), None));
    let mut fired = Vec::new();
    for (address, place) in places.chain(card) {
        fired.push(("links", settings.links.standing(), place));
        let under = |host: &str| {
            blocked.iter().any(|blocked| {
                host == blocked
                    || host
                        .strip_suffix(blocked.as_str())
                        .is_some_and(|rest| rest.ends_with('.'))
            })
        };
        if host(address).is_some_and(|host| under(&host)) {
            fired.push(("block_domains", Standing::Hidden, place));
        }
    }
    for (rule, outcome, place) in fired {
        case.fire(rule, outcome, place);
    }
}

/// The first subtag of a BCP 47 tag, in lower case.
fn primary(tag: &str) -> String {
    tag.split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn languages(case: &mut Case<'_>) {
    let wanted = &case.rules.settings.languages;
    let Some(language) = case
        .post
        .language
        .as_deref()
        .map(primary)
        .filter(|_| !wanted.is_empty())
    else {
        return;
    };
    if !wanted.iter().any(|tag| primary(tag) == language) {
        case.fire("languages", Standing::Hidden, None);
    }
}

fn new_accounts(case: &mut Case<'_>) {
    let (Some(rule), Some(made)) = (
        &case.rules.settings.new_accounts,
        case.post.author.created_at,
    ) else {
        return;
    };
    let age = case.post.created_at.duration_since(made);
    if age.is_negative() || age.unsigned_abs() < rule.younger_than.0 {
        case.fire("new_accounts", rule.action.standing(), None);
    }
}
