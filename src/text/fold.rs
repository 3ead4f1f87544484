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
/// This is the comparison for names and for what two posts say; blocked words are looked for by [`super::reading`].
pub fn fold_accents(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_accents_into(text, &mut folded);
    folded
}

/// Appends what [`fold_accents`] would return. Runs of ASCII, which most text is made of, take the short way; that is sound because
/// marks are left out, so nothing is ever composed across a run's edge.
pub fn fold_accents_into(text: &str, folded: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest
            .bytes()
            .position(|byte| !byte.is_ascii())
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(plain);
        folded.extend(run.chars().map(|c| c.to_ascii_lowercase()));
        let other = after
            .bytes()
            .position(|byte| byte.is_ascii())
            .unwrap_or(after.len());
        let (run, after) = after.split_at(other);
        if !run.is_empty() {
            let decomposed: String = run.nfkd().filter(|c| !is_combining_mark(*c)).collect();
            let lower = CaseMapper::new().fold_string(&decomposed);
            folded.extend(lower.nfkd().filter(|c| !is_combining_mark(*c)));
        }
        rest = after;
    }
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

    proptest::proptest! {
        #[test]
        fn folding_in_runs_is_folding_as_a_whole(text in "[a-zA-Zéß\u{301}ﬁÅＡİσς ]{0,20}") {
            let decomposed: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
            let lower = CaseMapper::new().fold_string(&decomposed);
            let whole: String = lower.nfkd().filter(|c| !is_combining_mark(*c)).collect();
            proptest::prop_assert_eq!(fold_accents(&text), whole);
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
