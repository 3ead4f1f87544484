//! Readings: a text as it is read, whatever clothes its letters wear, with the way back to the place of every letter in
//! the original.
//!
//! A reading is in lower case, without accents, marks and invisible characters; each character that is no letter or digit
//! is one ASCII character, so that whatever else stands in a reading is a letter. Most texts have one reading. A text with
//! letters of other scripts has another in which each is the Latin letter that it looks like, so that Greek and Russian
//! words are found as well as Latin ones in disguise; one with letters on their head has a third.

use std::ops::Range;

use super::letters::{alike, is_small_capital, is_turned, leaves_no_trace, plain, turn};

/// What stands in a reading for a symbol that is not ASCII, such as an emoji.
const SYMBOL: char = '\u{1}';
/// What stands in a reading for a link: nothing is read across it.
const LINK: char = '\n';

/// From so many letters on that stand on their head a text is taken to be turned over.
const FEWEST_TURNED: usize = 3;

/// A text, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    text: String,
    /// Where each byte comes from; `None`: from the same place.
    places: Option<Vec<(u32, u32)>>,
}

impl Reading {
    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that a range of bytes of the reading comes from.
    pub fn original(&self, range: Range<usize>) -> (usize, usize) {
        let Some(places) = &self.places else {
            return (range.start, range.end);
        };
        let places = places.get(range).unwrap_or_default();
        let from = places.iter().map(|place| place.0).min().unwrap_or(0);
        let to = places.iter().map(|place| place.1).max().unwrap_or(0);
        (from as usize, to as usize)
    }

    /// Where the byte at `at` comes from.
    pub fn place(&self, at: usize) -> usize {
        self.places.as_ref().map_or(at, |places| {
            places.get(at).map_or(0, |place| place.0 as usize)
        })
    }

    fn of_ascii(text: &str, links: &[Range<usize>]) -> Self {
        let mut bytes = text.to_ascii_lowercase().into_bytes();
        for byte in &mut bytes {
            if byte.is_ascii_control() && !byte.is_ascii_whitespace() {
                *byte = SYMBOL as u8;
            }
        }
        for link in links {
            if let Some(link) = bytes.get_mut(link.clone()) {
                link.fill(LINK as u8);
            }
        }
        Self {
            text: String::from_utf8(bytes).unwrap_or_default(),
            places: None,
        }
    }

    fn of_parts(
        parts: impl Iterator<Item = Part>,
        letters: &[char],
        chosen: impl Fn(&Part) -> Range<usize>,
    ) -> Self {
        let mut text = String::with_capacity(letters.len());
        let mut places = Vec::with_capacity(letters.len());
        for part in parts {
            text.extend(letters.get(chosen(&part)).unwrap_or_default());
            places.resize(text.len(), part.place);
        }
        Self {
            text,
            places: Some(places),
        }
    }
}

/// A character of the original with all it brings.
#[derive(Clone)]
struct Part {
    /// What it reads as, among all letters.
    plain: Range<usize>,
    /// What it looks like, where that is something else.
    alike: Range<usize>,
    place: (u32, u32),
    turned: bool,
}

/// The readings of a text, its own first. What lies in `links` (byte ranges, sorted) is not read.
pub fn readings(text: &str, links: &[Range<usize>]) -> Vec<Reading> {
    if text.is_ascii()
        && !text
            .bytes()
            .any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
    {
        return vec![Reading::of_ascii(text, links)];
    }
    let mut letters = Vec::with_capacity(text.len());
    let parts = parts(text, links, &mut letters);
    let plain = |part: &Part| part.plain.clone();
    let mut readings = vec![Reading::of_parts(parts.iter().cloned(), &letters, plain)];
    if parts.iter().any(|part| !part.alike.is_empty()) {
        // Where several letters stand on their head, the page is turned over, and none of them is a look-alike.
        let is_turned_over = parts.iter().filter(|part| part.turned).count() >= FEWEST_TURNED;
        let seen = |part: &Part| {
            if part.alike.is_empty() || (part.turned && is_turned_over) {
                part.plain.clone()
            } else {
                part.alike.clone()
            }
        };
        readings.push(Reading::of_parts(parts.iter().cloned(), &letters, seen));
    }
    if parts.iter().any(|part| part.turned) {
        let turned: Vec<char> = letters.iter().map(|c| turn(*c)).collect();
        readings.push(Reading::of_parts(parts.into_iter().rev(), &turned, plain));
    }
    readings
}

/// The characters of a text in the order in which they are read; their letters are put behind `letters`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a post's text is far below four gigabytes; intake bounds it"
)]
fn parts(text: &str, links: &[Range<usize>], letters: &mut Vec<char>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::with_capacity(text.len());
    let mut links = links.iter().peekable();
    // Where a stretch began that is to be read from right to left.
    let mut overridden: Option<usize> = None;
    for (at, c) in text.char_indices() {
        let end = (at + c.len_utf8()) as u32;
        while links.next_if(|link| link.end <= at).is_some() {}
        let linked = links.peek().is_some_and(|link| link.start <= at);
        match c {
            '\u{202e}' if overridden.is_none() => overridden = Some(parts.len()),
            '\u{202a}'..='\u{202d}' | '\u{2066}'..='\u{2069}' | '\n' => {
                if let Some(begun) = overridden.take() {
                    parts[begun..].reverse();
                }
            }
            _ => {}
        }
        if !linked && leaves_no_trace(c) {
            if let Some(before) = parts.last_mut() {
                before.place.1 = before.place.1.max(end);
            }
            continue;
        }
        let begun = letters.len();
        let mut turned = false;
        if linked {
            letters.push(LINK);
        } else if c.is_ascii() {
            letters.push(c.to_ascii_lowercase());
        } else {
            plain(c, letters);
            if letters.len() == begun {
                letters.push(symbol(c));
            } else {
                turned = is_turned(c);
            }
        }
        let plain_end = letters.len();
        if letters[begun..].iter().any(|c| !c.is_ascii()) || is_small_capital(c) {
            alike(c, letters);
        }
        parts.push(Part {
            plain: begun..plain_end,
            alike: plain_end..letters.len(),
            place: (at as u32, end),
            turned,
        });
    }
    if let Some(begun) = overridden {
        parts[begun..].reverse();
    }
    parts
}

/// The ASCII character that a symbol is read as.
fn symbol(c: char) -> char {
    match c {
        c if c.is_whitespace() => ' ',
        '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{b4}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2217}' | '\u{ff0a}' | '\u{2731}' | '\u{22c6}' | '\u{204e}' | '\u{2022}' => '*',
        '\u{ff20}' => '@',
        '\u{ff04}' | '\u{1f4b2}' => '$',
        '\u{ff01}' | '\u{2757}' | '\u{2755}' | '\u{a1}' => '!',
        '\u{20ac}' => 'e',
        '\u{2b55}' => 'o',
        _ => SYMBOL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<String> {
        readings(text, &[])
            .iter()
            .map(|reading| reading.as_str().to_owned())
            .collect()
    }

    #[test]
    fn letters_are_read_in_any_clothes() {
        for (text, expected) in [
            ("Plain TEXT", "plain text"),
            ("Crème Brûlée", "creme brulee"),
            ("Straße, Łódź, Ærø", "strasse, lodz, aero"),
            ("ｆｕｌｌ 𝖜𝖎𝖉𝖊 𝕞𝕒𝕥𝕙", "full wide math"),
            ("ⓒⓘⓡⓒⓛⓔⓢ 🄱🄾🅇 🅗🅐🅣", "circles box hat"),
            ("🇨🇦🇷🇩", "card"),
            ("z\u{200b}e\u{ad}r\u{2060}o", "zero"),
            ("z\u{336}e\u{336}r\u{336}o\u{336}", "zero"),
            ("\u{202e}drow a\u{202c} end", "a word end"),
            ("it’s — a★b", "it's - a\u{1}b"),
        ] {
            assert_eq!(read(text)[0], expected, "{text:?}");
        }
    }

    #[test]
    fn what_looks_like_latin_is_read_as_latin_too() {
        for (text, expected) in [
            ("сорус", "copyc"),
            ("ΤΟΡ", "top"),
            ("ᴛɪɴʏ", "tiny"),
            ("pɹoʍ", "prow"),
        ] {
            assert!(
                read(text).contains(&expected.to_owned()),
                "{text:?}: {:?}",
                read(text)
            );
        }
        assert!(read("pɹoʍ").contains(&"word".to_owned()));
    }

    #[test]
    fn links_are_not_read() {
        let text = "see https://example.org/word é";
        let link = 4..28;
        for reading in readings(text, std::slice::from_ref(&link)) {
            assert!(!reading.as_str().contains("word"));
        }
        assert!(
            !readings(&text.replace('é', "e"), &[link])[0]
                .as_str()
                .contains("word")
        );
    }

    proptest! {
        #[test]
        fn every_byte_of_a_reading_comes_from_whole_characters(text in "\\PC{0,60}|[a-zé\u{200b}\u{202e}\u{202c}ɐ🇦𝐀 ]{0,40}") {
            for reading in readings(&text, &[]) {
                let bytes = reading.as_str().len();
                for at in 0..bytes {
                    let (start, end) = reading.original(at..at + 1);
                    prop_assert!(start < end && text.get(start..end).is_some(), "{start}..{end} in {text:?}");
                }
                let (start, end) = reading.original(0..bytes);
                prop_assert!(text.get(start..end).is_some());
            }
        }

        #[test]
        fn what_is_invisible_changes_no_reading(before in "[a-z ]{0,10}", after in "[a-zé ]{0,10}") {
            let hidden = read(&format!("{before}\u{200b}{after}"));
            prop_assert_eq!(&hidden[0], &read(&format!("{before}{after}"))[0]);
        }
    }
}
