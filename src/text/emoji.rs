//! Custom emoji: the `:shortcodes:` of a text that its post has pictures for.

use crate::post::{Emoji, Facet, FacetKind};

/// Marks each `:shortcode:` of `text` that is among `emojis`, leaving what other facets mark to them. `facets` must be
/// sorted and stay so.
pub fn mark(text: &str, facets: &mut Vec<Facet>, emojis: &[Emoji]) {
    if emojis.is_empty() {
        return;
    }
    let before = facets.len();
    let mut other = 0;
    let mut reached = 0;
    for (start, end) in shortcodes(text) {
        let code = &text[start + 1..end - 1];
        if start < reached || !emojis.iter().any(|emoji| emoji.shortcode == code) {
            continue;
        }
        while other < before && facets[other].end <= start {
            other += 1;
        }
        if other < before && facets[other].start < end {
            continue;
        }
        facets.push(Facet {
            start,
            end,
            kind: FacetKind::Emoji,
            target: code.to_owned(),
        });
        reached = end;
    }
    if facets.len() > before {
        facets.sort_by_key(|facet| facet.start);
    }
}

/// Whether `text` uses the emoji.
pub fn uses(text: &str, shortcode: &str) -> bool {
    shortcodes(text).any(|(start, end)| &text[start + 1..end - 1] == shortcode)
}

/// The ranges from colon to colon with only shortcode characters between; neighbours share their colon.
fn shortcodes(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut open: Option<usize> = None;
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        if byte == b':' {
            let found = open.filter(|start| at > start + 1).map(|s| (s, at + 1));
            open = Some(at);
            return found;
        }
        if !byte.is_ascii_alphanumeric() && byte != b'_' && byte != b'-' {
            open = None;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn emojis(codes: &[&str]) -> Vec<Emoji> {
        let emoji = |code: &&str| Emoji {
            shortcode: (*code).to_owned(),
            url: format!("https://example.org/{code}.png"),
        };
        codes.iter().map(emoji).collect()
    }

    fn marked<'a>(text: &'a str, codes: &[&str]) -> Vec<&'a str> {
        let mut facets = Vec::new();
        mark(text, &mut facets, &emojis(codes));
        facets.iter().map(|f| &text[f.start..f.end]).collect()
    }

    #[test]
    fn known_shortcodes_are_marked() {
        for (text, expected) in [
            ("hi :cat: :dog:", vec![":cat:"]),
            (":cat::cat:", vec![":cat:", ":cat:"]),
            (":cat:cat:", vec![":cat:"]),
            ("10:30:cat:", vec![":cat:"]),
            ("ü:cat:ü", vec![":cat:"]),
            (":CAT: : cat : ::", vec![]),
        ] {
            assert_eq!(marked(text, &["cat"]), expected, "{text}");
        }
    }

    #[test]
    fn other_facets_keep_what_they_mark() {
        let text = "see :cat: and :cat:";
        let mut facets = vec![Facet {
            start: 2,
            end: 6,
            kind: FacetKind::Link,
            target: "https://example.org".to_owned(),
        }];
        mark(text, &mut facets, &emojis(&["cat"]));
        assert_eq!(facets.len(), 2);
        assert_eq!((facets[1].start, facets[1].end), (14, 19));
    }

    proptest! {
        #[test]
        fn marks_are_sound(text in "(:cat:|:|a|#b|é| ){0,20}") {
            let mut facets = crate::text::plain::facets(&text);
            mark(&text, &mut facets, &emojis(&["cat", "a"]));
            let mut reached = 0;
            for facet in facets {
                prop_assert!(facet.start >= reached && facet.start < facet.end);
                prop_assert!(text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
        }
    }
}
