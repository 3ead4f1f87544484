//! A post's text as people read it: X gives it with shortened links and escaped marks, and counts in code points.

use crate::post::{Facet, FacetKind};
use crate::text::clean_line;
use crate::text::plain::{self, web_address};

use super::api::Entities;

/// A marked range of the text as it comes, in code points.
struct Mark {
    start: usize,
    end: usize,
    what: What,
}

enum What {
    Facet(FacetKind, String),
    /// A link, and how it is shown.
    Link {
        shown: String,
        target: String,
    },
    /// The link to what is attached, which is shown itself.
    Attached,
}

/// The text and its facets. `attached` says whether pictures or videos come with it.
pub(super) fn read(
    text: &str,
    entities: Option<&Entities>,
    attached: bool,
) -> (String, Vec<Facet>) {
    let Some(entities) = entities else {
        let text = unescaped(text);
        let facets = plain::facets(&text);
        return (text, facets);
    };
    let chars: Vec<char> = text.chars().collect();
    let mut marks = marks(entities, &chars, attached);
    marks.sort_by_key(|mark| mark.start);
    let mut output = String::with_capacity(text.len());
    let mut facets = Vec::with_capacity(marks.len());
    let mut reached = 0;
    for mark in marks {
        if mark.start < reached {
            continue;
        }
        write(&mut output, &chars[reached..mark.start]);
        reached = mark.end;
        let start = output.len();
        let (kind, target) = match mark.what {
            What::Attached => {
                output.truncate(output.trim_end().len());
                continue;
            }
            What::Link { shown, target } => {
                output.push_str(&shown);
                (FacetKind::Link, target)
            }
            What::Facet(kind, target) => {
                write(&mut output, &chars[mark.start..mark.end]);
                (kind, target)
            }
        };
        facets.push(Facet {
            start,
            end: output.len(),
            kind,
            target,
        });
    }
    write(&mut output, &chars[reached..]);
    output.truncate(output.trim_end().len());
    facets.retain(|facet| facet.start < facet.end && facet.end <= output.len());
    (output, facets)
}

/// The marks that lie where they say.
fn marks(entities: &Entities, chars: &[char], attached: bool) -> Vec<Mark> {
    let begins = |start: usize, end: usize, signs: [char; 2]| {
        start < end && end <= chars.len() && signs.contains(&chars[start])
    };
    let hashtags = entities
        .hashtags
        .iter()
        .filter(|tag| begins(tag.start, tag.end, ['#', '＃']))
        .map(|tag| Mark {
            start: tag.start,
            end: tag.end,
            what: What::Facet(FacetKind::Hashtag, tag.tag.clone()),
        });
    let mentions = entities
        .mentions
        .iter()
        .filter(|mention| begins(mention.start, mention.end, ['@', '＠']))
        .map(|mention| Mark {
            start: mention.start,
            end: mention.end,
            what: What::Facet(
                FacetKind::Mention,
                format!("https://x.com/{}", mention.username),
            ),
        });
    let links = entities.urls.iter().filter_map(|link| {
        let written = chars.get(link.start..link.end)?;
        if link.url.is_empty() || !written.iter().copied().eq(link.url.chars()) {
            return None;
        }
        let display = link.display_url.as_deref().unwrap_or_default();
        let is_attached = link.media_key.is_some()
            || display.starts_with("pic.twitter.com/")
            || display.starts_with("pic.x.com/");
        let what = if attached && is_attached {
            What::Attached
        } else {
            let target = [link.unwound_url.as_deref(), link.expanded_url.as_deref()]
                .into_iter()
                .flatten()
                .chain([link.url.as_str()])
                .find_map(web_address)?;
            let shown = clean_line(display);
            What::Link {
                shown: if shown.is_empty() {
                    target.clone()
                } else {
                    shown
                },
                target,
            }
        };
        Some(Mark {
            start: link.start,
            end: link.end,
            what,
        })
    });
    hashtags.chain(mentions).chain(links).collect()
}

/// What X escapes, as if its texts were HTML.
const ESCAPES: [(&str, char); 3] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];

fn write(output: &mut String, mut chars: &[char]) {
    while let [first, rest @ ..] = chars {
        let escape = ESCAPES.iter().find(|(escape, _)| {
            *first == '&'
                && escape.len() <= chars.len()
                && escape.chars().eq(chars[..escape.len()].iter().copied())
        });
        if let Some((escape, meant)) = escape {
            output.push(*meant);
            chars = &chars[escape.len()..];
        } else {
            output.push(*first);
            chars = rest;
        }
    }
}

fn unescaped(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    write(&mut output, &text.chars().collect::<Vec<_>>());
    output.truncate(output.trim_end().len());
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entities(json: serde_json::Value) -> Entities {
        serde_json::from_value(json).unwrap()
    }

    fn shown(
        text: &str,
        json: serde_json::Value,
        attached: bool,
    ) -> (String, Vec<(String, FacetKind, String)>) {
        let (text, facets) = read(text, Some(&entities(json)), attached);
        let facets = facets.into_iter();
        let facets = facets
            .map(|f| (text[f.start..f.end].to_owned(), f.kind, f.target))
            .collect();
        (text, facets)
    }

    #[test]
    fn code_points_become_bytes_links_are_spelled_out_and_escapes_are_undone() {
        // Beyond the basic plane a character is one code point, two of UTF-16 and four bytes.
        let raw = "🦀 a &lt; b &amp;amp; #Größe @ada https://t.co/abc https://t.co/pic";
        let at = |what: &str| {
            let byte = raw.find(what).unwrap();
            let start = raw[..byte].chars().count();
            (start, start + what.chars().count())
        };
        let (tag, mention) = (at("#Größe"), at("@ada"));
        let (link, picture) = (at("https://t.co/abc"), at("https://t.co/pic"));
        let json = serde_json::json!({
            "hashtags": [{"start": tag.0, "end": tag.1, "tag": "Größe"}],
            "mentions": [{"start": mention.0, "end": mention.1, "username": "ada"}],
            "urls": [
                {"start": picture.0, "end": picture.1, "url": "https://t.co/pic", "display_url": "pic.x.com/y",
                 "expanded_url": "https://x.com/ada/status/1/photo/1"},
                {"start": link.0, "end": link.1, "url": "https://t.co/abc", "display_url": "example.org/a…",
                 "expanded_url": "https://example.org/a/long/way"},
            ],
        });
        let (text, facets) = shown(raw, json, true);
        assert_eq!(text, "🦀 a < b &amp; #Größe @ada example.org/a…");
        assert_eq!(
            facets,
            [
                ("#Größe".to_owned(), FacetKind::Hashtag, "Größe".to_owned()),
                (
                    "@ada".to_owned(),
                    FacetKind::Mention,
                    "https://x.com/ada".to_owned()
                ),
                (
                    "example.org/a…".to_owned(),
                    FacetKind::Link,
                    "https://example.org/a/long/way".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn marks_that_lie_elsewhere_are_left_out() {
        let json = serde_json::json!({
            "hashtags": [{"start": 0, "end": 3, "tag": "x"}, {"start": 5, "end": 500, "tag": "y"}, {"start": 7, "end": 6, "tag": "z"}],
            "urls": [{"start": 0, "end": 4, "url": "https://t.co/x"}],
        });
        let (text, facets) = shown("no marks", json, false);
        assert_eq!((text.as_str(), facets.len()), ("no marks", 0));
    }

    #[test]
    fn a_text_without_marks_is_searched_for_them() {
        let (text, facets) = read("a &amp; #b", None, false);
        assert_eq!((text.as_str(), facets.len()), ("a & #b", 1));
    }

    proptest! {
        #[test]
        fn facets_are_sound(
            text in "(#|@|&amp;|&lt|https://t\\.co/a |\\PC| ){0,30}",
            ranges in prop::collection::vec((0_usize..40, 0_usize..40), 0..6),
        ) {
            let list = |extra: &dyn Fn() -> serde_json::Value| -> Vec<serde_json::Value> {
                let marked = ranges.iter().map(|(start, end)| {
                    let mut mark = extra();
                    mark["start"] = (*start).into();
                    mark["end"] = (*end).into();
                    mark
                });
                marked.collect()
            };
            let json = serde_json::json!({
                "hashtags": list(&|| serde_json::json!({"tag": "t"})),
                "mentions": list(&|| serde_json::json!({"username": "u"})),
                "urls": list(&|| serde_json::json!({"url": "https://t.co/a", "expanded_url": "https://e.org"})),
            });
            let (text, facets) = read(&text, Some(&entities(json)), true);
            let mut reached = 0;
            for facet in facets {
                prop_assert!(facet.start >= reached && facet.start < facet.end);
                prop_assert!(text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
        }
    }
}
