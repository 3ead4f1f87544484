//! Facets of plain text: the hashtags and links that a source does not mark itself.

use std::ops::Range;

use url::Url;

use super::hashtag;
use crate::post::{Facet, FacetKind};

/// Finds hashtags and http(s) links in a plain text: sorted, never overlapping. A `#` within a link is the link's.
pub fn facets(text: &str) -> Vec<Facet> {
    let mut found: Vec<Facet> = links(text);
    let links = found.len();
    for range in hashtag::find(text) {
        let within_link = found[..links]
            .iter()
            .any(|link| range.start < link.end && link.start < range.end);
        if !within_link {
            found.push(Facet {
                target: hashtag::written(text, &range).to_owned(),
                start: range.start,
                end: range.end,
                kind: FacetKind::Hashtag,
            });
        }
    }
    found.sort_by_key(|facet| facet.start);
    found
}

/// An address as a link's target, if it leads to the web: http or https, with a host. An address with characters that
/// have no place in one is written as a browser would write it.
pub fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    if rest.strip_prefix("//").is_some_and(is_common) {
        return Some(text.to_owned());
    }
    let url = Url::parse(text).ok()?;
    Some(if text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        url.into()
    })
}

/// Whether a byte has its place in an address: all that ASCII prints but `"`, `'`, `<`, `>`, `\\`, `^`, `` ` ``, `{`,
/// `|` and `}`.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'&' | b'('..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~')
}

/// Whether what follows the scheme is a plain host name and a plain path, as in nearly all addresses: those need no
/// thorough parser, which takes a microsecond, ten times per status.
fn is_common(rest: &str) -> bool {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let label = |label: &str| {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(named) && !label.contains("--")
    };
    // A last label with a digit may be an IPv4 address in one of its many spellings.
    let last = host.rsplit('.').next().unwrap_or_default();
    host.split('.').all(label)
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && path.bytes().all(is_plain)
}

/// Finds the addresses that stand in a text by themselves.
fn links(text: &str) -> Vec<Facet> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(range) = next_address(text, from) {
        from = range.end.max(range.start + 1);
        let Some(target) = text.get(range.clone()).and_then(web_address) else {
            continue;
        };
        found.push(Facet {
            start: range.start,
            end: range.end,
            kind: FacetKind::Link,
            target,
        });
    }
    found
}

/// The next `http://…` or `https://…` at or after `from`, without the punctuation that ends its sentence.
fn next_address(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = from;
    let (start, body) = loop {
        let mark = at + text.get(at..)?.find("://")?;
        at = mark + 3;
        let scheme = ["https", "http"].into_iter().find_map(|scheme| {
            let start = mark.checked_sub(scheme.len()).filter(|s| *s >= from)?;
            bytes[start..mark]
                .eq_ignore_ascii_case(scheme.as_bytes())
                .then_some(start)
        });
        match scheme {
            Some(start) if start == 0 || !bytes[start - 1].is_ascii_alphanumeric() => {
                break (start, at);
            }
            _ => {}
        }
    };
    let stop = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let rest = &text[body..];
    let mut address = &text[start..body + rest.find(stop).unwrap_or(rest.len())];
    while let Some(last) = address.chars().next_back() {
        let dangling = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '}' | '…' | '’' | '”' | '。' | '、' => {
                true
            }
            ')' => address.matches(')').count() > address.matches('(').count(),
            ']' => address.matches(']').count() > address.matches('[').count(),
            _ => false,
        };
        if !dangling {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    Some(start..start + address.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(&str, FacetKind, String)> {
        facets(text)
            .into_iter()
            .map(|f| (&text[f.start..f.end], f.kind, f.target))
            .collect()
    }

    #[test]
    fn links_and_hashtags_are_found() {
        use FacetKind::{Hashtag, Link};
        for (text, expected) in [
            (
                "See https://example.org/a(b)#frag. #Rust!",
                vec![
                    (
                        "https://example.org/a(b)#frag",
                        Link,
                        "https://example.org/a(b)#frag",
                    ),
                    ("#Rust", Hashtag, "Rust"),
                ],
            ),
            (
                "(HTTP://EXAMPLE.ORG/x) é http://ex.org/日本",
                vec![
                    ("HTTP://EXAMPLE.ORG/x", Link, "HTTP://EXAMPLE.ORG/x"),
                    (
                        "http://ex.org/日本",
                        Link,
                        "http://ex.org/%E6%97%A5%E6%9C%AC",
                    ),
                ],
            ),
            ("javascript://x ftp://y xhttp://z https:// https://", vec![]),
            ("＃日本語", vec![("＃日本語", Hashtag, "日本語")]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(t, k, target)| (t, k, target.to_owned()))
                .collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn only_the_web_is_an_address() {
        for (text, expected) in [
            ("https://example.org", Some("https://example.org")),
            (" HTTPS://example.org/a ", Some("HTTPS://example.org/a")),
            ("https://example.org/a b", Some("https://example.org/a%20b")),
            ("https://", None),
            ("javascript:alert(1)", None),
            ("java\tscript:alert(1)", None),
            ("data:text/html,x", None),
            ("//example.org", None),
            ("", None),
        ] {
            assert_eq!(web_address(text).as_deref(), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_takes_nothing_that_the_parser_would_not(
            rest in "[a-zA-Z0-9.-]{0,12}(:[0-9]{1,6})?[/?#]?[!-~é ]{0,8}",
        ) {
            if is_common(&rest) {
                let parsed = Url::parse(&format!("https://{rest}"));
                prop_assert!(parsed.is_ok_and(|url| url.host_str().is_some()), "{}", rest);
            }
        }

        #[test]
        fn ranges_are_sound(text in "(https?://|#|\\PC|[a-z.(]){0,40}") {
            let mut reached = 0;
            for facet in facets(&text) {
                prop_assert!(facet.start >= reached && facet.start < facet.end);
                prop_assert!(text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
        }
    }
}
