//! Whole words and phrases, found whatever their case and accents, with the place where they stand in the original.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::fold::{fold_accents, fold_accents_into};

/// A list of words and phrases.
#[derive(Debug, Clone, Default)]
pub struct WordList {
    /// Entries by their first word; each as its folded words.
    by_first: HashMap<String, Vec<Vec<String>>>,
    /// Finds whether any first word stands in a text at all, boundaries or not; `None` if there is no entry.
    anywhere: Option<AhoCorasick>,
}

impl WordList {
    /// Takes words and phrases as people write them; an entry without any letter or digit is left out.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let mut list = Self::default();
        for entry in entries {
            let words: Vec<String> = words(entry).map(|(_, word)| fold_accents(word)).collect();
            if let Some(first) = words.first() {
                list.by_first.entry(first.clone()).or_default().push(words);
            }
        }
        if !list.by_first.is_empty() {
            // A list too large for an automaton is searched word by word.
            list.anywhere = AhoCorasick::new(list.by_first.keys()).ok();
        }
        list
    }

    /// Whether some entry may stand in `text`: most texts have none and need not be taken apart into words.
    fn may_stand_in(&self, text: &str) -> bool {
        let Some(anywhere) = &self.anywhere else {
            return true;
        };
        let mut folded = String::with_capacity(text.len());
        fold_accents_into(text, &mut folded);
        anywhere.is_match(&folded)
    }

    /// Where entries stand in `text`, as byte ranges of it, in order. Of entries that begin at the same word the longest.
    pub fn find(&self, text: &str) -> Vec<(usize, usize)> {
        if self.by_first.is_empty() || !self.may_stand_in(text) {
            return Vec::new();
        }
        let words: Vec<(usize, &str, String)> = words(text)
            .map(|(at, word)| (at, word, fold_accents(word)))
            .collect();
        let mut found = Vec::new();
        let mut next = 0;
        while let Some((start, _, folded)) = words.get(next) {
            let longest = self
                .by_first
                .get(folded)
                .into_iter()
                .flatten()
                .filter(|entry| {
                    words.get(next..next + entry.len()).is_some_and(|run| {
                        run.iter()
                            .zip(*entry)
                            .all(|((_, _, word), wanted)| word == wanted)
                    })
                });
            let Some(length) = longest.map(Vec::len).max() else {
                next += 1;
                continue;
            };
            if let Some((last, word, _)) = words.get(next + length - 1) {
                found.push((*start, last + word.len()));
            }
            next += length;
        }
        found
    }
}

/// Words by UAX 29, with an underscore as a boundary, so that `#one_two` has two.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.unicode_word_indices().flat_map(|(at, word)| {
        let mut offset = at;
        word.split('_').filter_map(move |part| {
            let start = offset;
            offset += part.len() + 1;
            (!part.is_empty()).then_some((start, part))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found<'a>(entries: &[&str], text: &'a str) -> Vec<&'a str> {
        WordList::new(entries.iter().copied())
            .find(text)
            .into_iter()
            .map(|(start, end)| &text[start..end])
            .collect()
    }

    #[test]
    fn whole_words_in_any_case_and_accent() {
        for (entries, text, expected) in [
            (vec!["ass"], "an ASS and a class, assess Essex", vec!["ASS"]),
            (
                vec!["idiot"],
                "Idiot! idiots #idiot",
                vec!["Idiot", "idiot"],
            ),
            (
                vec!["crétin"],
                "Le CRETIN, la Crétine, cre\u{301}tin",
                vec!["CRETIN", "cre\u{301}tin"],
            ),
            (
                vec!["buy followers"],
                "Buy  FOLLOWERS now; buy more followers",
                vec!["Buy  FOLLOWERS"],
            ),
            (
                vec!["buy", "buy now"],
                "buy now or buy",
                vec!["buy now", "buy"],
            ),
            (
                vec!["bad"],
                "so_bad #very_bad_word bad_",
                vec!["bad", "bad", "bad"],
            ),
            (vec!["Ｓｐａｍ"], "spam ｓｐａｍ", vec!["spam", "ｓｐａｍ"]),
            (vec!["", "!!"], "nothing", vec![]),
            (vec!["Scheiße"], "SCHEISSE", vec!["SCHEISSE"]),
        ] {
            assert_eq!(found(&entries, text), expected, "{entries:?} in {text:?}");
        }
    }

    proptest! {
        #[test]
        fn spans_lie_on_the_original(text in "\\PC{0,80}", entry in "\\PC{1,8}") {
            let list = WordList::new([entry.as_str(), "a", "é"]);
            let mut reached = 0;
            for (start, end) in list.find(&text) {
                prop_assert!(text.get(start..end).is_some() && start >= reached && start < end);
                reached = end;
            }
        }

        #[test]
        fn a_blocked_word_is_found_wherever_it_stands(before in "[a-z ]{0,20}", after in "[ .,!a-z]{0,20}") {
            let text = format!("{before} Wörd {after}");
            prop_assert!(!WordList::new(["word"]).find(&text).is_empty());
        }
    }
}
