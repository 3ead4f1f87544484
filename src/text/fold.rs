//! Folding: the form in which two spellings of the same word are equal.

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Compatibility form and case folded (NFKC, then full case folding, then NFKC): `ＲＵＳＴ` and `rust` are equal, `é` and `e` are not.
/// This is the comparison for hashtags and handles.
pub fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed: String = text.nfkc().collect();
    let folded = CaseMapper::new().fold_string(&composed);
    folded.nfkc().collect()
}

/// Case and accents folded: as [`fold_case`], with combining marks left out, so `é` and `e` are equal too.
/// This is the comparison for block words.
pub fn fold_accents(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposed: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    let folded = CaseMapper::new().fold_string(&decomposed);
    folded.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_folds_and_accents_stay() {
        for (text, expected) in [
            ("IchBinHanna", "ichbinhanna"),
            ("ＲＵＳＴ", "rust"),
            ("Straße", "strasse"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("Café", "café"),
            ("Cafe\u{301}", "café"),
        ] {
            assert_eq!(fold_case(text), expected);
        }
    }

    #[test]
    fn accents_fold_where_asked() {
        for (text, expected) in [
            ("CAFÉ", "cafe"),
            ("Cafe\u{301}", "cafe"),
            ("Ångström", "angstrom"),
        ] {
            assert_eq!(fold_accents(text), expected);
        }
    }
}
