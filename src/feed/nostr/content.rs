//! The text of a note: plain, with addresses, hashtags and people (NIP-27) in it.

use std::ops::Range;

use nostr::PublicKey;
use nostr::nips::nip19::ToBech32 as _;
use nostr::nips::nip21::Nip21;

use super::profile::{npub, short};
use crate::post::{Facet, FacetKind};
use crate::text::{clean, plain};

/// Where notes and people are shown on the web.
const PAGES: &str = "https://njump.me/";
/// Addresses of Nostr that are looked at in one text.
const MOST_ADDRESSES: usize = 50;
/// Longest address of Nostr that is looked at, in bytes.
const LONGEST_ADDRESS: usize = 1_000;
/// Longest name shown in the middle of somebody else's text, in characters.
const LONGEST_NAME: usize = 50;

/// A text for people.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) facets: Vec<Facet>,
    /// Addresses of pictures and videos that stood in the text and are shown beside it instead.
    pub(super) media: Vec<String>,
}

/// What becomes of a range.
enum Mark {
    Keep(FacetKind, String),
    Put(FacetKind, String, String),
    Take(String),
}

/// Reads a note's text. `is_media` tells addresses that are shown as pictures, `name` what somebody calls themselves.
pub(super) fn read(
    content: &str,
    is_media: impl Fn(&str) -> bool,
    name: impl Fn(&PublicKey) -> Option<String>,
) -> Content {
    let text = clean(content);
    let mut marks: Vec<(Range<usize>, Mark)> = Vec::new();
    for facet in plain::facets(&text) {
        let mark = match facet.kind {
            FacetKind::Link if is_media(&facet.target) => Mark::Take(facet.target),
            kind => Mark::Keep(kind, facet.target),
        };
        marks.push((facet.start..facet.end, mark));
    }
    let known = marks.len();
    for (range, address) in addresses(&text) {
        let taken =
            |(other, _): &(Range<usize>, Mark)| range.start < other.end && other.start < range.end;
        if !marks[..known].iter().any(taken) {
            marks.push((range, put(&address, &name)));
        }
    }
    marks.sort_by_key(|(range, _)| range.start);

    let mut read = Content::default();
    let mut reached = 0;
    for (range, mark) in marks {
        read.append(&text[reached..range.start]);
        reached = range.end;
        let (kind, shown, target) = match mark {
            Mark::Take(address) => {
                read.media.push(address);
                continue;
            }
            Mark::Keep(kind, target) => (kind, &text[range], target),
            Mark::Put(kind, ref shown, target) => (kind, shown.as_str(), target),
        };
        let start = read.text.len();
        read.text.push_str(shown);
        read.facets.push(Facet {
            start,
            end: read.text.len(),
            kind,
            target,
        });
    }
    read.append(&text[reached..]);
    // What stands at the end is never marked: no mark ends with white space.
    read.text.truncate(read.text.trim_end().len());
    read
}

impl Content {
    /// Appends a piece; where something was taken out, the white space around it becomes one.
    fn append(&mut self, piece: &str) {
        let gap = self.text.is_empty()
            || (!self.media.is_empty() && self.text.ends_with(char::is_whitespace));
        self.text
            .push_str(if gap { piece.trim_start() } else { piece });
    }
}

/// The people that a text names.
pub(super) fn people(content: &str) -> impl Iterator<Item = PublicKey> + '_ {
    addresses(content)
        .into_iter()
        .filter_map(|(_, address)| match address {
            Nip21::Pubkey(key) => Some(key),
            Nip21::Profile(profile) => Some(profile.public_key),
            _ => None,
        })
}

/// The `nostr:` addresses of a text (NIP-21), and `@npub1…` as older programs wrote it.
fn addresses(text: &str) -> Vec<(Range<usize>, Nip21)> {
    let marks = text
        .match_indices("nostr:")
        .map(|(at, mark)| (at, at + mark.len()));
    let old = text.match_indices("@npub1").map(|(at, _)| (at, at + 1));
    marks
        .chain(old)
        .take(MOST_ADDRESSES)
        .filter_map(|(start, body)| {
            let rest = &text[body..];
            let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let entity = rest.get(..length).filter(|_| length <= LONGEST_ADDRESS)?;
            let address = Nip21::parse(&format!("nostr:{entity}")).ok()?;
            Some((start..body + length, address))
        })
        .collect()
}

fn put(address: &Nip21, name: &impl Fn(&PublicKey) -> Option<String>) -> Mark {
    let person = |key: &PublicKey| {
        // A name is somebody else's word: it must not bring a hashtag into this text.
        let name: Option<String> = name(key).map(|name| {
            name.chars()
                .filter(|c| !matches!(c, '#' | '＃'))
                .take(LONGEST_NAME)
                .collect()
        });
        let shown = name
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| short(key));
        Mark::Put(
            FacetKind::Mention,
            format!("@{}", shown.trim()),
            format!("{PAGES}{}", npub(key)),
        )
    };
    let page = |bech32: String| {
        let head: String = bech32.chars().take(12).collect();
        Mark::Put(
            FacetKind::Link,
            format!("{head}…"),
            format!("{PAGES}{bech32}"),
        )
    };
    match address {
        Nip21::Pubkey(key) => person(key),
        Nip21::Profile(profile) => person(&profile.public_key),
        Nip21::EventId(id) => page(id.to_bech32().unwrap_or_default()),
        Nip21::Event(event) => page(event.to_bech32().unwrap_or_default()),
        Nip21::Coordinate(coordinate) => page(coordinate.to_bech32().unwrap_or_default()),
    }
}

/// The page of a note or of somebody.
pub(super) fn page(bech32: &str) -> String {
    format!("{PAGES}{bech32}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NPUB: &str = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";

    fn shown(content: &str) -> Content {
        let media = |address: &str| {
            std::path::Path::new(address)
                .extension()
                .is_some_and(|e| e == "jpg")
        };
        read(content, media, |_| Some("Ada #ads".to_owned()))
    }

    #[test]
    fn people_have_names_and_bring_no_hashtags() {
        let content = shown(&format!("Thanks nostr:{NPUB}! and @{NPUB} #Rust"));
        assert_eq!(content.text, "Thanks @Ada ads! and @Ada ads #Rust");
        let marked: Vec<_> = content
            .facets
            .iter()
            .map(|f| (&content.text[f.start..f.end], f.kind))
            .collect();
        let ada = ("@Ada ads", FacetKind::Mention);
        assert_eq!(marked, [ada, ada, ("#Rust", FacetKind::Hashtag)]);
        assert_eq!(content.facets[0].target, format!("https://njump.me/{NPUB}"));
        let nobody = read(&format!("nostr:{NPUB}"), |_| false, |_| None);
        assert_eq!(
            nobody.text,
            format!("@{}…{}", &NPUB[..13], &NPUB[NPUB.len() - 8..])
        );
    }

    #[test]
    fn pictures_are_taken_out_of_the_text() {
        let content = shown(
            "One\nhttps://example.org/a.jpg\nhttps://example.org/b.jpg\n\nTwo https://example.org/c #x",
        );
        assert_eq!(content.text, "One\nTwo https://example.org/c #x");
        assert_eq!(
            content.media,
            ["https://example.org/a.jpg", "https://example.org/b.jpg"]
        );
        assert_eq!(shown("https://example.org/a.jpg").text, "");
        assert_eq!(shown("Look https://example.org/a.jpg").text, "Look");
    }

    #[test]
    fn other_addresses_are_short_links_and_broken_ones_stay() {
        let note = "note1fntxtkcy9pjwucqwa9mddn7v03wwwsu9j330jj350nvhpky2tuaspk6nqc";
        let content = shown(&format!(
            "see nostr:{note} nostr:npub1broken https://x.org/nostr:{NPUB}"
        ));
        assert!(
            content
                .text
                .starts_with("see note1fntxtkc… nostr:npub1broken https://x.org/nostr:")
        );
        assert_eq!(content.facets[0].target, format!("https://njump.me/{note}"));
        assert_eq!(content.facets.len(), 2);
    }

    proptest! {
        #[test]
        fn ranges_are_sound(parts in proptest::collection::vec(
            prop_oneof![
                Just(format!("nostr:{NPUB}")), Just(format!("@{NPUB}")), Just("https://e.org/a.jpg".to_owned()),
                Just("#a".to_owned()), "\\PC{0,6}", "[ \\n]{1,3}", Just("é".to_owned()),
            ], 0..12))
        {
            let content = shown(&parts.concat());
            let mut reached = 0;
            for facet in &content.facets {
                prop_assert!(facet.start >= reached && facet.start < facet.end);
                prop_assert!(content.text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
        }
    }
}
