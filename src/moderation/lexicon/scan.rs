//! A text taken apart into words, once for all lists that are looked for in it.

use std::ops::Range;

use crate::text::reading::{Reading, readings};

/// A text, read and taken apart.
pub(in crate::moderation) struct Scan<'a> {
    pub(super) original: &'a str,
    pub(super) views: Vec<View>,
}

/// One reading of it.
pub(super) struct View {
    pub(super) reading: Reading,
    pub(super) tokens: Vec<Token>,
    /// Stretches without a space that have letters and also digits or signs that may stand for letters.
    pub(super) mixed: Vec<Range<usize>>,
}

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether some letter stands there three times in a row.
    pub(super) drawn_out: bool,
    /// Whether it may be words glued together, by its capitals or its digits.
    pub(super) glued: bool,
}

/// What a byte of a reading is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    /// A sign that may stand for a letter within a word.
    Sign,
    Other,
}

fn kind(byte: u8) -> Kind {
    match byte {
        b'a'..=b'z' | 0x80.. => Kind::Letter,
        b'0'..=b'9' => Kind::Digit,
        b'@' | b'$' | b'!' | b'|' | b'+' | b'*' => Kind::Sign,
        _ => Kind::Other,
    }
}

impl<'a> Scan<'a> {
    /// Takes a text apart. What lies in `links` is not read, nor is what begins like an address.
    pub(in crate::moderation) fn of(text: &'a str, links: &[Range<usize>]) -> Self {
        let addresses = addresses(text);
        let views = if addresses.is_empty() {
            readings(text, links)
        } else {
            let mut all = [links, &addresses].concat();
            all.sort_by_key(|range| (range.start, range.end));
            readings(text, &all)
        };
        Self {
            original: text,
            views: views
                .into_iter()
                .map(|reading| View::of(reading, text))
                .collect(),
        }
    }
}

/// Stretches that begin like an address of the web, up to the next white space.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in memchr::memmem::find_iter(text.as_bytes(), b"://") {
        if found.last().is_some_and(|before| start < before.end) {
            continue;
        }
        let begin = text[..start]
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |before| before + 1);
        let begin = (begin..=start)
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(start);
        let end = text[start..]
            .find(char::is_whitespace)
            .map_or(text.len(), |length| start + length);
        found.push(begin..end);
    }
    found
}

/// Where the words of a reading lie.
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let is_word = |byte: &u8| matches!(kind(*byte), Kind::Letter | Kind::Digit);
        let start = at + bytes.get(at..)?.iter().position(is_word)?;
        let length = bytes[start..].iter().position(|byte| !is_word(byte));
        at = length.map_or(bytes.len(), |length| start + length);
        Some(start..at)
    })
}

/// Whether a word is written in a script that puts no spaces between words.
pub(super) fn is_unspaced(word: &str) -> bool {
    word.chars().any(|c| {
        matches!(u32::from(c),
            0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x4dbf
            | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
    })
}

impl View {
    fn of(reading: Reading, original: &str) -> Self {
        let bytes = reading.as_str().as_bytes();
        let mut tokens = Vec::with_capacity(bytes.len() / 5 + 1);
        let mut mixed = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            if kind(bytes[at]) == Kind::Other {
                at += 1;
                continue;
            }
            let run = at;
            let (mut letters, mut digits, mut signs) = (false, false, false);
            let mut token = None;
            while at < bytes.len() {
                match kind(bytes[at]) {
                    Kind::Other => break,
                    Kind::Sign => {
                        signs = true;
                        tokens.extend(
                            token
                                .take()
                                .map(|start| Token::of(start, at, &reading, original)),
                        );
                    }
                    found => {
                        letters |= found == Kind::Letter;
                        digits |= found == Kind::Digit;
                        token.get_or_insert(at);
                    }
                }
                at += 1;
            }
            tokens.extend(token.map(|start| Token::of(start, at, &reading, original)));
            if letters && (digits || signs) {
                mixed.push(run..at);
            }
        }
        Self {
            reading,
            tokens,
            mixed,
        }
    }

    pub(super) fn text(&self) -> &str {
        self.reading.as_str()
    }

    /// Whether a word is somebody's handle, in which parts of words meet by chance.
    pub(super) fn is_name(&self, token: Token) -> bool {
        self.text()[..token.start].ends_with('@')
    }

    /// Whether a single sign ties a word to other letters, as in `c|ass`: the whole is one word.
    pub(super) fn is_cut_by_sign(&self, token: Token) -> bool {
        let bytes = self.text().as_bytes();
        let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied();
        // An @ or a + stands between words as often.
        let is_sign = |at| matches!(byte(at), Some(b'|' | b'*' | b'!' | b'$'));
        let is_letter =
            |at| byte(at).is_some_and(|byte| matches!(kind(byte), Kind::Letter | Kind::Digit));
        (is_sign(Some(token.end)) && is_letter(Some(token.end + 1)))
            || (is_sign(token.start.checked_sub(1)) && is_letter(token.start.checked_sub(2)))
    }

    pub(super) fn word(&self, token: Token) -> &str {
        &self.text()[token.start..token.end]
    }
}

impl Token {
    fn of(start: usize, end: usize, reading: &Reading, original: &str) -> Self {
        let bytes = &reading.as_str().as_bytes()[start..end];
        let drawn_out = bytes
            .windows(3)
            .any(|three| three[0] == three[1] && three[1] == three[2]);
        Self {
            start,
            end,
            drawn_out,
            glued: end - start > 3 && is_glued(start..end, reading, original),
        }
    }

    pub(super) fn len(self) -> usize {
        self.end - self.start
    }
}

/// How a byte of a word was written.
fn case(at: usize, reading: &Reading, original: &str) -> Case {
    match original.as_bytes().get(reading.place(at)) {
        Some(byte) if byte.is_ascii_uppercase() => Case::Upper,
        Some(byte) if byte.is_ascii_digit() => Case::Digit,
        _ => Case::Lower,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    Digit,
}

fn is_glued(mut range: Range<usize>, reading: &Reading, original: &str) -> bool {
    let first = range.next().map(|at| case(at, reading, original));
    let mut before = first;
    range.any(|at| {
        let now = Some(case(at, reading, original));
        let differs = now != before && now != Some(Case::Lower);
        before = now;
        differs
    })
}

/// The words that capitals and digits mark within a glued one: `BigFatWord2026` has four.
pub(super) fn pieces(token: Token, reading: &Reading, original: &str) -> Vec<Range<usize>> {
    let mut cases: Vec<Case> = (token.start..token.end)
        .map(|at| case(at, reading, original))
        .collect();
    // A single digit belongs to its word, as in the name of a gene.
    for at in 0..cases.len() {
        let is_digit = |at: Option<usize>| at.and_then(|at| cases.get(at)) == Some(&Case::Digit);
        if is_digit(Some(at)) && !is_digit(at.checked_sub(1)) && !is_digit(Some(at + 1)) {
            cases[at] = Case::Lower;
        }
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    for at in 1..cases.len() {
        let (before, now, next) = (cases[at - 1], cases[at], cases.get(at + 1));
        let begins = match (before, now) {
            (Case::Lower, Case::Upper) => true,
            // The last capital of `DNASample` begins a word.
            (Case::Upper, Case::Upper) => next == Some(&Case::Lower),
            (Case::Digit, other) | (other, Case::Digit) => other != Case::Digit,
            _ => false,
        };
        if begins {
            pieces.push(token.start + start..token.start + at);
            start = at;
        }
    }
    pieces.push(token.start + start..token.end);
    pieces
}
