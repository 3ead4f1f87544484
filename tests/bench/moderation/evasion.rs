//! What people do to a word so that no list finds it, and sentences to put it in. Seeded: every run makes the same.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const SEED: u64 = 2019;
/// Sentences for each word.
const PER_WORD: usize = 5;

/// Sentences of a conference's day; `{}` is the word.
const CARRIERS: [&str; 12] = [
    "The chair of this session is a {} really",
    "{} that was the talk everybody waited for",
    "Great keynote by @ada on single cells, {} indeed #conf2026",
    "So the wifi is down again, {}",
    "Who wrote this abstract? {}! Unbelievable",
    "Slides are at https://example.org/slides/42 you {}",
    "Poster 117: nothing but {} and coffee",
    "Looking forward to day two :) {} #genomics #conf2026",
    "Q: does it scale? A: {}",
    "I say {} to the third reviewer",
    "Meet us at booth 12, {} included",
    "Panel on open data (with {}) starts at 14:00",
];

/// Words without any malice, many of them with something in them that lists look for.
pub(crate) const HARMLESS: [&str; 30] = [
    "analysis",
    "assess",
    "assignment",
    "basement",
    "benchmark",
    "bioinformatics",
    "class",
    "cocktail",
    "conference",
    "constitution",
    "cucumber",
    "database",
    "document",
    "essex",
    "genome",
    "grape",
    "hancock",
    "institute",
    "keynote",
    "matsushita",
    "organiser",
    "panel",
    "peacock",
    "reviewer",
    "scunthorpe",
    "sequence",
    "statistics",
    "therapist",
    "university",
    "workshop",
];

macro_rules! kinds {
    ($($kind:ident = $name:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind,)+ }

        pub(crate) const KINDS: [Kind; 33] = [$(Kind::$kind,)+];

        impl Kind {
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }
        }
    };
}

kinds! {
    Plain = "plain",
    Upper = "upper case",
    Mixed = "mixed case",
    LeetOne = "one digit or sign",
    LeetAll = "all digits and signs",
    Censored = "self-censored",
    Repeated = "letter four times",
    Spaced = "spaced",
    Dotted = "dotted",
    Hyphens = "hyphens",
    Underscores = "underscores",
    EmojiBetween = "emoji between",
    ZeroWidthSpace = "zero-width space",
    ZeroWidthJoiner = "zero-width joiner",
    SoftHyphen = "soft hyphen",
    Strike = "struck through",
    Accents = "accents",
    HomoglyphOne = "one look-alike",
    HomoglyphAll = "all look-alikes",
    FullWidth = "full width",
    Mathematical = "mathematical",
    Circled = "circled",
    Squared = "squared",
    SmallCaps = "small capitals",
    RightToLeft = "right to left",
    UpsideDown = "upside down",
    Swapped = "letters swapped",
    Missing = "letter missing",
    Split = "split in two",
    Camel = "in a hashtag",
    Glued = "glued",
    Plural = "with -s",
    Ing = "with -ing",
}

impl Kind {
    /// Kinds of which less is asked.
    pub(crate) fn is_out_of_reach(self) -> bool {
        matches!(self, Self::UpsideDown | Self::Swapped | Self::Missing)
    }
}

/// Each word in this disguise, in some sentences.
pub(crate) fn cases(kind: Kind, words: &[String]) -> Vec<String> {
    let mut rng = StdRng::seed_from_u64(SEED ^ kind as u64);
    let mut cases = Vec::with_capacity(words.len() * PER_WORD);
    for word in words {
        for _ in 0..PER_WORD {
            let carrier = CARRIERS[rng.random_range(0..CARRIERS.len())];
            cases.push(carrier.replace("{}", &disguise(kind, word, &mut rng)));
        }
    }
    cases
}

/// The word of each case.
pub(crate) fn words_of_cases(words: &[String]) -> impl Iterator<Item = &String> {
    words
        .iter()
        .flat_map(|word| std::iter::repeat_n(word, PER_WORD))
}

fn each(word: &str, letter: impl Fn(char) -> String) -> String {
    word.chars().map(letter).collect()
}

fn shifted(word: &str, first: char) -> String {
    each(word, |c| {
        let nth = (c as u32).wrapping_sub(u32::from('a'));
        char::from_u32(first as u32 + nth).map_or_else(String::new, String::from)
    })
}

fn between(word: &str, between: &str) -> String {
    let letters: Vec<String> = word.chars().map(String::from).collect();
    letters.join(between)
}

fn leet(c: char) -> char {
    match c {
        'a' => '@',
        'b' => '8',
        'e' => '3',
        'i' => '1',
        'l' => '|',
        'o' => '0',
        's' => '5',
        't' => '7',
        other => other,
    }
}

fn homoglyph(c: char) -> char {
    match c {
        'a' => 'а',
        'b' => 'Ь',
        'c' => 'с',
        'd' => 'ԁ',
        'e' => 'е',
        'g' => 'ɡ',
        'h' => 'һ',
        'i' => 'і',
        'j' => 'ј',
        'k' => 'κ',
        'l' => 'ӏ',
        'm' => 'м',
        'n' => 'ո',
        'o' => 'ο',
        'p' => 'р',
        'q' => 'ԛ',
        'r' => 'г',
        's' => 'ѕ',
        't' => 'т',
        'u' => 'υ',
        'v' => 'ν',
        'w' => 'ѡ',
        'x' => 'х',
        'y' => 'у',
        other => other,
    }
}

/// A position whose letter `changed` changes, else any within the word.
fn position(word: &str, rng: &mut StdRng, changed: impl Fn(char) -> bool) -> usize {
    let fit: Vec<usize> = word
        .char_indices()
        .filter(|(_, c)| changed(*c))
        .map(|(at, _)| at)
        .collect();
    if fit.is_empty() {
        rng.random_range(0..word.len())
    } else {
        fit[rng.random_range(0..fit.len())]
    }
}

fn replaced(word: &str, at: usize, letter: char) -> String {
    word.char_indices()
        .map(|(place, c)| if place == at { letter } else { c })
        .collect()
}

fn turned(c: char) -> char {
    const LETTERS: &str = "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz";
    let nth = (c as usize).wrapping_sub('a' as usize);
    LETTERS.chars().nth(nth).unwrap_or(c)
}

fn disguise(kind: Kind, word: &str, rng: &mut StdRng) -> String {
    match kind {
        Kind::Plain => word.to_owned(),
        Kind::Upper => word.to_uppercase(),
        Kind::Mixed => word
            .char_indices()
            .map(|(at, c)| {
                if at % 2 == 1 {
                    c.to_ascii_uppercase()
                } else {
                    c
                }
            })
            .collect(),
        Kind::LeetOne => {
            let at = position(word, rng, |c| leet(c) != c);
            replaced(word, at, leet(word.as_bytes()[at].into()))
        }
        Kind::LeetAll => each(word, |c| leet(c).to_string()),
        Kind::Censored => {
            let at = rng.random_range(1..word.len() - 1);
            replaced(word, at, '*')
        }
        Kind::Repeated => {
            let at = rng.random_range(0..word.len());
            format!(
                "{}{}{}",
                &word[..at],
                word[at..=at].repeat(4),
                &word[at + 1..]
            )
        }
        Kind::Spaced => between(word, " "),
        Kind::Dotted => between(word, "."),
        Kind::Hyphens => between(word, "-"),
        Kind::Underscores => between(word, "_"),
        Kind::EmojiBetween => between(word, "🔥"),
        Kind::ZeroWidthSpace => between(word, "\u{200b}"),
        Kind::ZeroWidthJoiner => between(word, "\u{200d}"),
        Kind::SoftHyphen => between(word, "\u{ad}"),
        Kind::Strike => each(word, |c| format!("{c}\u{336}")),
        Kind::Accents => each(word, |c| match c {
            'a' => "á".to_owned(),
            'c' => "ç".to_owned(),
            'e' => "ê".to_owned(),
            'i' => "ï".to_owned(),
            'o' => "ö".to_owned(),
            'u' => "ù".to_owned(),
            other => format!("{other}\u{301}"),
        }),
        Kind::HomoglyphOne => {
            let at = position(word, rng, |c| homoglyph(c) != c);
            replaced(word, at, homoglyph(word.as_bytes()[at].into()))
        }
        Kind::HomoglyphAll => each(word, |c| homoglyph(c).to_string()),
        Kind::FullWidth => shifted(word, 'ａ'),
        Kind::Mathematical => shifted(word, '𝗮'),
        Kind::Circled => shifted(word, 'ⓐ'),
        Kind::Squared => shifted(word, '🅰'),
        Kind::SmallCaps => each(word, |c| {
            "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ"
                .chars()
                .nth(c as usize - 'a' as usize)
                .map_or_else(String::new, String::from)
        }),
        Kind::RightToLeft => format!("\u{202e}{}\u{202c}", word.chars().rev().collect::<String>()),
        Kind::UpsideDown => word.chars().rev().map(turned).collect(),
        Kind::Swapped => {
            let at = rng.random_range(0..word.len() - 1);
            let mut letters: Vec<char> = word.chars().collect();
            letters.swap(at, at + 1);
            letters.into_iter().collect()
        }
        Kind::Missing => {
            let at = rng.random_range(0..word.len());
            format!("{}{}", &word[..at], &word[at + 1..])
        }
        Kind::Split => {
            let at = word.len() / 2;
            format!("{} {}", &word[..at], &word[at..])
        }
        Kind::Camel => format!("#{}{}Conf2026", word[..1].to_uppercase(), &word[1..]),
        Kind::Glued => format!("{word}conference"),
        Kind::Plural => format!("{word}s"),
        Kind::Ing => format!("{word}ing"),
    }
}
