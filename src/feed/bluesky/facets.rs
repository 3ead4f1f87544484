//! A record's text and what it marks. Facets count bytes of UTF-8 (<https://docs.bsky.app/docs/advanced-guides/post-richtext>);
//! clients make them, so they may point anywhere.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use crate::post::{Facet, FacetKind};
use crate::text::fold::fold_case;
use crate::text::plain::{self, web_address};
use crate::text::{clean_line, hashtag};

/// Most features and hashtags looked at.
const MOST: usize = 500;

/// What a facet's features say: each with the range that it marks, wherever that is.
fn features(record: &Value) -> impl Iterator<Item = (Range<usize>, &Value)> {
    let facets = record["facets"].as_array().map_or(&[][..], Vec::as_slice);
    let each = facets.iter().flat_map(|facet| {
        let offset = |name: &str| {
            let offset = facet["index"][name].as_u64().unwrap_or(u64::MAX);
            usize::try_from(offset).unwrap_or(usize::MAX)
        };
        let range = offset("byteStart")..offset("byteEnd");
        let features = facet["features"].as_array().map_or(&[][..], Vec::as_slice);
        features.iter().map(move |feature| (range.clone(), feature))
    });
    each.take(MOST)
}

fn of_kind<'a>(feature: &'a Value, kind: &str, key: &str) -> Option<&'a str> {
    let named = feature["$type"]
        .as_str()?
        .strip_prefix("app.bsky.richtext.facet#")?;
    feature[key].as_str().filter(|_| named == kind)
}

/// Whom a record mentions.
pub(super) fn mentions(record: &Value) -> impl Iterator<Item = &str> {
    features(record).filter_map(|(_, feature)| of_kind(feature, "mention", "did"))
}

/// The hashtags of a record, as written, each once: those that it marks, those that it carries unseen (`tags`), and those
/// that stand in its text although its client did not mark them.
pub(super) fn hashtags(record: &Value) -> Vec<String> {
    let marked = features(record).filter_map(|(_, feature)| of_kind(feature, "tag", "tag"));
    let carried = record["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let carried = carried.iter().filter_map(Value::as_str);
    let text = record["text"].as_str().unwrap_or_default();
    let written = hashtag::find(text);
    let written = written.iter().map(|range| hashtag::written(text, range));
    let mut tags: Vec<String> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for tag in marked.chain(carried).chain(written).take(MOST) {
        let tag = clean_line(tag.trim_start_matches(['#', '＃']));
        let folded = fold_case(&tag);
        if !folded.is_empty() && known.insert(folded) {
            tags.push(tag);
        }
    }
    tags
}

/// The text and its facets.
pub(super) fn read(record: &Value) -> (String, Vec<Facet>) {
    let text = record["text"].as_str().unwrap_or_default().to_owned();
    let mut facets: Vec<Facet> = features(record)
        .filter(|(range, _)| range.start < range.end && text.get(range.clone()).is_some())
        .filter_map(|(range, feature)| {
            let (kind, target) = of_kind(feature, "tag", "tag")
                .map(|tag| {
                    (
                        FacetKind::Hashtag,
                        tag.trim_start_matches(['#', '＃']).to_owned(),
                    )
                })
                .or_else(|| {
                    let did = of_kind(feature, "mention", "did")?;
                    Some((FacetKind::Mention, web_address(&profile_page(did))?))
                })
                .or_else(|| {
                    let uri = of_kind(feature, "link", "uri")?;
                    Some((FacetKind::Link, web_address(uri)?))
                })?;
            Some(Facet {
                start: range.start,
                end: range.end,
                kind,
                target,
            })
        })
        .collect();
    // What a client did not mark.
    let marked = facets.len();
    for found in plain::facets(&text).into_iter().take(MOST) {
        let overlaps = |facet: &Facet| facet.start < found.end && found.start < facet.end;
        if !facets[..marked].iter().any(overlaps) {
            facets.push(found);
        }
    }
    facets.sort_by_key(|facet| (facet.start, facet.end));
    let mut reached = 0;
    facets.retain(|facet| {
        let free = facet.start >= reached;
        if free {
            reached = facet.end;
        }
        free
    });
    (text, facets)
}

/// The page of an account.
pub(super) fn profile_page(did: &str) -> String {
    format!("https://bsky.app/profile/{did}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn facet(start: i64, end: i64, kind: &str, key: &str, value: &str) -> Value {
        json!({"index": {"byteStart": start, "byteEnd": end},
            "features": [{"$type": format!("app.bsky.richtext.facet#{kind}"), key: value}]})
    }

    #[test]
    fn bytes_are_bytes_and_nonsense_is_left_out() {
        let text = "Grüße 🎉 #Expert2019 @ada see example.org #later";
        let at = |word: &str| {
            let start = i64::try_from(text.find(word).unwrap()).unwrap();
            (start, start + i64::try_from(word.len()).unwrap())
        };
        let (tag, mention, link) = (at("#Expert2019"), at("@ada"), at("example.org"));
        let record = json!({"text": text, "tags": ["Hidden", "expert2019", 7], "facets": [
            facet(tag.0, tag.1, "tag", "tag", "Expert2019"),
            facet(mention.0, mention.1, "mention", "did", "did:plc:ada"),
            facet(link.0, link.1, "link", "uri", "https://example.org/x"),
            facet(3, 4, "link", "uri", "https://cuts.a.letter/"),
            facet(0, 3, "link", "uri", "javascript:alert(1)"),
            facet(-5, 900, "tag", "tag", "far"),
            facet(9, 2, "tag", "tag", "backwards"),
            {"index": 1}, 7,
        ]});
        let (read, facets) = read(&record);
        assert_eq!(read, text);
        let facets: Vec<_> = facets
            .iter()
            .map(|f| (&text[f.start..f.end], f.kind, f.target.as_str()))
            .collect();
        assert_eq!(
            facets,
            [
                ("#Expert2019", FacetKind::Hashtag, "Expert2019"),
                (
                    "@ada",
                    FacetKind::Mention,
                    "https://bsky.app/profile/did:plc:ada"
                ),
                ("example.org", FacetKind::Link, "https://example.org/x"),
                ("#later", FacetKind::Hashtag, "later"),
            ]
        );
        let tags = hashtags(&record);
        assert_eq!(tags, ["Expert2019", "far", "backwards", "Hidden", "later"]);
        assert_eq!(mentions(&record).collect::<Vec<_>>(), ["did:plc:ada"]);
    }

    proptest! {
        #[test]
        fn facets_lie_in_the_text_and_never_overlap(text in "\\PC{0,30}", ranges in proptest::collection::vec((0..40_i64, 0..40_i64), 0..6)) {
            let marks: Vec<Value> = ranges.iter().map(|(start, end)| facet(*start, *end, "tag", "tag", "x")).collect();
            let (text, facets) = read(&json!({"text": text, "facets": marks}));
            let mut reached = 0;
            for facet in facets {
                prop_assert!(facet.start >= reached && facet.start < facet.end);
                prop_assert!(text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
        }
    }
}
