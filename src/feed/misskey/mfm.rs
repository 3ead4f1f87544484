//! Misskey's markup (MFM) as plain text with marks. Decoration is left out, what it decorates stays.

use std::ops::Range;

use crate::post::{Facet, FacetKind};
use crate::text::plain::{self, web_address};
use crate::text::{clean, hashtag};

/// Tags that only decorate.
const TAGS: [&str; 12] = [
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<s>",
    "</s>",
    "<small>",
    "</small>",
    "<center>",
    "</center>",
    "<plain>",
    "</plain>",
];
/// Marks that decorate what stands between two of them.
const PAIRS: [&str; 3] = ["**", "~~", "__"];
/// Longest link with a text of its own, in bytes.
const LONGEST_LINK: usize = 2_000;

/// A text for people.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) text: String,
    pub(super) facets: Vec<Facet>,
}

/// Reads a text. `home` is the address of its author's server, for mentions without one.
pub(super) fn read(text: &str, home: &str) -> Plain {
    let (text, mut facets) = undecorated(&clean(text));
    let named = facets.len();
    let free = |facets: &[Facet], range: &Range<usize>| {
        !facets
            .iter()
            .any(|facet| range.start < facet.end && facet.start < range.end)
    };
    for facet in plain::facets(&text) {
        if free(&facets[..named], &(facet.start..facet.end)) {
            facets.push(facet);
        }
    }
    let marked = facets.len();
    for (range, target) in mentions(&text, home) {
        if free(&facets[..marked], &range) {
            let kind = FacetKind::Mention;
            facets.push(Facet {
                start: range.start,
                end: range.end,
                kind,
                target,
            });
        }
    }
    facets.sort_by_key(|facet| facet.start);
    Plain { text, facets }
}

/// The text without decoration, and its links with a text of their own.
fn undecorated(text: &str) -> (String, Vec<Facet>) {
    let mut out = String::with_capacity(text.len());
    let mut links = Vec::new();
    let mut functions = 0_u32;
    let mut open = [false; PAIRS.len()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(tag) = TAGS.iter().find(|tag| rest.starts_with(**tag)) {
            rest = &rest[tag.len()..];
        } else if let Some(at) = PAIRS.iter().position(|pair| rest.starts_with(pair))
            && (open[at] || rest[2..].contains(PAIRS[at]))
        {
            open[at] = !open[at];
            rest = &rest[2..];
        } else if let Some(header) = function(rest) {
            functions += 1;
            rest = &rest[header..];
        } else if c == ']' && functions > 0 {
            functions -= 1;
            rest = &rest[1..];
        } else if let Some((label, target, length)) = link(rest) {
            let start = out.len();
            out.push_str(label);
            links.push(Facet {
                start,
                end: out.len(),
                kind: FacetKind::Link,
                target,
            });
            rest = &rest[length..];
        } else if rest.starts_with("http://") || rest.starts_with("https://") {
            let end = rest.find(|c: char| c.is_whitespace() || (c == ']' && functions > 0));
            let (address, after) = rest.split_at(end.unwrap_or(rest.len()));
            out.push_str(address);
            rest = after;
        } else {
            if !(out.is_empty() && c.is_whitespace()) {
                out.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out.truncate(out.trim_end().len());
    links.retain(|link| link.end <= out.len() && link.start < link.end);
    (out, links)
}

/// Length of the head of a function, `$[name.option=1 `.
fn function(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix("$[")?;
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ',' | '=' | '-');
    let end = body.find(|c| !named(c)).filter(|end| *end > 0)?;
    body[end..].starts_with([' ', '\n']).then_some(2 + end + 1)
}

/// A link with a text of its own, `[text](address)` or `?[text](address)`: text, address, length.
fn link(rest: &str) -> Option<(&str, String, usize)> {
    let silent = usize::from(rest.starts_with('?'));
    let body = rest[silent..].strip_prefix('[')?;
    let window = body
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|at| *at < LONGEST_LINK)
        .last()?;
    let window = &body[..window + body[window..].chars().next().map_or(0, char::len_utf8)];
    let (label, after) = window.split_once("](")?;
    let (address, _) = after.split_once(')')?;
    if label.trim().is_empty()
        || label.contains(['\n', '['])
        || address.contains(char::is_whitespace)
    {
        return None;
    }
    let target = web_address(address)?;
    Some((
        label,
        target,
        silent + 1 + label.len() + 2 + address.len() + 1,
    ))
}

/// `@name` and `@name@server`, with the address of whom they mean.
fn mentions(text: &str, home: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    for (at, _) in text.match_indices('@') {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '/' | '.')) {
            continue;
        }
        let body = &text[at + 1..];
        let user = &body[..body.find(|c| !name(c)).unwrap_or(body.len())];
        let host = body[user.len()..].strip_prefix('@').map_or("", |host| {
            &host[..host.find(|c| !name(c)).unwrap_or(host.len())]
        });
        let host = host.trim_end_matches(['.', '-']);
        let user = if host.is_empty() {
            user.trim_end_matches(['.', '-'])
        } else {
            user
        };
        if user.is_empty() {
            continue;
        }
        let (length, target) = if host.contains('.') {
            (
                1 + user.len() + 1 + host.len(),
                format!("https://{host}/@{user}"),
            )
        } else {
            (1 + user.len(), format!("{home}/@{user}"))
        };
        found.push((at..at + length, target));
    }
    found
}

/// The tags of a note, spelled as its text spells them; each once.
pub(super) fn hashtags(tags: &[String], plain: &Plain) -> Vec<String> {
    use crate::text::fold::fold_case;
    let written: Vec<&str> = hashtag::find(&plain.text)
        .iter()
        .map(|range| hashtag::written(&plain.text, range))
        .collect();
    let mut all: Vec<(String, String)> = Vec::new();
    for tag in tags
        .iter()
        .map(String::as_str)
        .chain(written.iter().copied())
    {
        let folded = fold_case(tag);
        if folded.is_empty()
            || all.iter().any(|(known, _)| *known == folded)
            || all.len() >= crate::post::MAX_HASHTAGS
        {
            continue;
        }
        let spelled = written.iter().find(|written| fold_case(written) == folded);
        let spelled = spelled.map_or_else(|| crate::text::clean_line(tag), ToString::to_string);
        all.push((folded, spelled));
    }
    all.into_iter().map(|(_, spelled)| spelled).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decoration_goes_and_words_stay() {
        for (text, expected) in [
            ("**bold** ~~gone~~ <small>small</small>", "bold gone small"),
            (
                "$[x2 big] and $[tada.speed=2s $[spin nested]]!",
                "big and nested!",
            ),
            ("2 ** 3 [no link] $[ x] $5", "2 ** 3 [no link] $[ x] $5"),
            (
                "[the page](https://example.org/a) ?[silent](https://e.org)",
                "the page silent",
            ),
            ("[x](javascript:alert)", "[x](javascript:alert)"),
            (
                "https://example.org/__a__/b ~~x~~",
                "https://example.org/__a__/b x",
            ),
            ("<center>mid</center>\n<script>", "mid\n<script>"),
        ] {
            assert_eq!(read(text, "https://home.example").text, expected, "{text}");
        }
    }

    #[test]
    fn links_people_and_tags_are_marked() {
        let plain = read(
            "[page](https://example.org/p) @ada @bea@b.example, mail@x.org #Rust",
            "https://home.example",
        );
        let marked: Vec<_> = plain
            .facets
            .iter()
            .map(|f| (&plain.text[f.start..f.end], f.kind, f.target.as_str()))
            .collect();
        assert_eq!(
            marked,
            [
                ("page", FacetKind::Link, "https://example.org/p"),
                ("@ada", FacetKind::Mention, "https://home.example/@ada"),
                (
                    "@bea@b.example",
                    FacetKind::Mention,
                    "https://b.example/@bea"
                ),
                ("#Rust", FacetKind::Hashtag, "Rust"),
            ]
        );
        assert_eq!(
            hashtags(&["rust".to_owned(), "wall".to_owned()], &plain),
            ["Rust", "wall"]
        );
    }

    proptest! {
        #[test]
        fn ranges_are_sound(text in "(\\$\\[x2 |\\]|\\*\\*|\\[é\\]\\(https://e.org\\)|@a@b.c|#x|<b>|https://e.org|\\PC|[ \\n]){0,20}") {
            let plain = read(&text, "https://home.example");
            let mut reached = 0;
            for facet in &plain.facets {
                prop_assert!(facet.start >= reached && facet.start < facet.end);
                prop_assert!(plain.text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
        }
    }
}
