//! Which language a text is written in, where that can be told.
//!
//! `whichlang` knows sixteen languages and always names one of them. So a text is asked about only if its letters are those
//! of a language that it knows, and the answer counts only if both halves of the text give it: the whole of two halves that agree says what they say.

use unicode_segmentation::UnicodeSegmentation as _;
use whichlang::{Lang, detect_language};

/// Fewest letters of which a language can be told: less is a name, a place or a greeting.
const FEWEST_LETTERS: usize = 24;
/// The same where a letter is a syllable or a word.
const FEWEST_SIGNS: usize = 8;
/// Letters beside a to z of the languages with Latin letters that are known: German, French, Italian, Dutch, Portuguese,
/// Spanish, Swedish, Turkish; those of Vietnamese lie in a block of their own.
const LATIN: &str = "àâæçéèêëîïôœùûüÿñáíóúäößåãõìòğışđăơưĩũýİ";
/// Cyrillic letters that Russian does not have, and Arabic ones that Arabic does not have.
const FOREIGN: &str = "іїєґўјљњћђџѓќѕპپچژگکیٹڈڑںے";

/// The language of a text as a BCP 47 tag; nothing where it is too short, written in other letters, or not clear.
pub fn detect(text: &str) -> Option<&'static str> {
    let (mut letters, mut signs) = (0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        match c {
            'a'..='z' | 'A'..='Z' => letters += 1,
            // Kana, CJK, Hangul.
            '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => {
                signs += 1;
            }
            // Cyrillic, Arabic, Devanagari, Vietnamese.
            '\u{400}'..='\u{4ff}'
            | '\u{600}'..='\u{6ff}'
            | '\u{900}'..='\u{97f}'
            | '\u{1ea0}'..='\u{1ef9}'
                if !FOREIGN.contains(c) =>
            {
                letters += 1;
            }
            c if c.to_lowercase().all(|c| LATIN.contains(c)) => letters += 1,
            _ => return None,
        }
    }
    if letters < FEWEST_LETTERS && signs < FEWEST_SIGNS {
        return None;
    }
    let middle = halfway(text)?;
    let (first, second) = text.split_at(middle);
    let language = detect_language(first);
    (detect_language(second) == language).then(|| tag(language))
}

/// Whether a language, by the first subtag of its tag, is one that [`detect`] may find.
pub fn is_known(tag: &str) -> bool {
    whichlang::LANGUAGES
        .iter()
        .any(|language| self::tag(*language) == tag)
}

/// The end of the word at which half of a text is over.
fn halfway(text: &str) -> Option<usize> {
    text.unicode_word_indices()
        .map(|(at, _)| at)
        .find(|at| *at >= text.len() / 2)
}

fn tag(language: Lang) -> &'static str {
    match language {
        Lang::Ara => "ar",
        Lang::Cmn => "zh",
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Hin => "hi",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Rus => "ru",
        Lang::Spa => "es",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sentence_has_a_language_and_a_word_has_none() {
        for (text, expected) in [
            (
                "The keynote about single cells begins in the large hall at nine",
                Some("en"),
            ),
            (
                "Der Vortrag über einzelne Zellen beginnt um neun im großen Saal",
                Some("de"),
            ),
            (
                "La conférence sur les cellules commence à neuf heures dans la grande salle",
                Some("fr"),
            ),
            (
                "次の講演は大ホールで九時に始まります、お楽しみに",
                Some("ja"),
            ),
            ("Great!", None),
            ("", None),
            // Polish and Ukrainian are not known.
            (
                "Wykład o pojedynczych komórkach zaczyna się o dziewiątej w dużej sali",
                None,
            ),
            (
                "Лекція про клітини починається о дев'ятій у великій залі їх",
                None,
            ),
            // Half and half.
            (
                "Der Vortrag beginnt um neun im großen Saal, the keynote begins at nine in the hall",
                None,
            ),
        ] {
            assert_eq!(detect(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,200}") {
            detect(&text);
        }
    }
}
