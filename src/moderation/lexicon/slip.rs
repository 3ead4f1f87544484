//! Words of lists with two neighbouring letters swapped, or with one letter missing.
//!
//! Many ordinary words are one slip away from a bad one, so a list has to name those that are: slips are looked for only in
//! lists with a section `[ordinary]`, as whole words, and a person decides.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::pattern::Pattern;
use super::{FEWEST_LETTERS, Lexicon, Scan};
use crate::moderation::list::{Listed, Section};

/// The slips of all words of some lists, by their hash: thousands of words in some hundred kilobytes.
#[derive(Debug, Clone, Default)]
pub(in crate::moderation) struct Slips {
    lists: HashMap<u64, Arc<str>, FixedState>,
    hasher: FixedState,
}

impl Slips {
    /// Makes them of the entries of lists.
    pub(in crate::moderation) fn of(listed: &[&Listed]) -> Self {
        let ordinary = listed
            .iter()
            .filter(|entry| entry.section == Section::Ordinary);
        let with_slips: HashSet<&str> = ordinary.map(|entry| &*entry.list).collect();
        let mut slips = Self::default();
        if with_slips.is_empty() {
            return slips;
        }
        let words: Vec<(Box<str>, &Listed)> = listed
            .iter()
            .filter_map(|entry| Some((only_word(&entry.text)?, *entry)))
            .collect();
        for (word, entry) in &words {
            if matches!(entry.section, Section::Bad(_)) && with_slips.contains(&*entry.list) {
                for slip in of_word(word) {
                    let known = slips.hasher.hash_one(slip.as_str());
                    slips
                        .lists
                        .entry(known)
                        .or_insert_with(|| entry.list.clone());
                }
            }
        }
        // What stands in a list itself is no slip, whatever it is there for.
        for (word, _) in &words {
            slips.lists.remove(&slips.hasher.hash_one(&**word as &str));
        }
        slips
    }

    /// Where slips stand in a text, each with the list of the word that is meant; what `allowed` has is left out.
    pub(in crate::moderation) fn find<'a>(
        &'a self,
        scan: &'a Scan<'_>,
        allowed: &'a [&Lexicon],
    ) -> impl Iterator<Item = ((usize, usize), &'a Arc<str>)> {
        // Not where letters had to be made out: two guesses in a row find anything.
        let views = scan.views.iter().take(1);
        views.flat_map(move |view| {
            let tokens = &view.tokens;
            tokens.iter().enumerate().filter_map(move |(at, token)| {
                let word = view.word(*token);
                if self.lists.is_empty() || word.len() < FEWEST_LETTERS || view.is_name(*token) {
                    return None;
                }
                let list = self.lists.get(&self.hasher.hash_one(word))?;
                // An innocent word may have been cut in two.
                let near = tokens.get(at.saturating_sub(1)..tokens.len().min(at + 2))?;
                let mut pairs = near
                    .windows(2)
                    .map(|two| two.iter().map(|it| view.word(*it)));
                let is_allowed = |word: &str| allowed.iter().any(|list| list.covers(word));
                if is_allowed(word) || pairs.any(|two| is_allowed(&two.collect::<String>())) {
                    return None;
                }
                Some((view.reading.original(token.start..token.end), list))
            })
        })
    }
}

/// An entry's word, whatever may stand around it; nothing for phrases, signs and regular expressions.
fn only_word(entry: &str) -> Option<Box<str>> {
    match Pattern::parse(entry) {
        Ok(Some(Pattern::Words(words))) => match <[Box<str>; 1]>::try_from(words) {
            Ok([word]) => Some(word),
            Err(_) => None,
        },
        Ok(Some(Pattern::Within { part, .. })) => Some(part),
        _ => None,
    }
}

/// What becomes of a word of plain letters by one slip; what is left has as many letters as a word has to have.
fn of_word(word: &str) -> impl Iterator<Item = String> {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase());
    let missing = (0..word.len()).filter_map(move |at| {
        let rest = word.get(at + 1..)?;
        Some(format!("{}{rest}", word.get(..at)?))
    });
    let slips = swapped(word).chain(missing);
    slips.filter(move |slip| plain && slip.len() >= FEWEST_LETTERS)
}

fn swapped(word: &str) -> impl Iterator<Item = String> {
    (1..word.len()).filter_map(move |at| {
        let (before, rest) = (word.get(..at - 1)?, word.get(at - 1..)?);
        let two: String = rest.get(..2)?.chars().rev().collect();
        let slip = format!("{before}{two}{}", rest.get(2..)?);
        (slip != word).then_some(slip)
    })
}

/// The words of plain letters of which this one may be a slip.
pub(super) fn meant(word: &str) -> impl Iterator<Item = String> {
    let missing = (0..=word.len()).flat_map(move |at| {
        ('a'..='z').filter_map(move |letter| {
            Some(format!("{}{letter}{}", word.get(..at)?, word.get(at..)?))
        })
    });
    swapped(word).chain(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::Severity;
    use crate::moderation::lexicon::Taken;

    fn entry(text: &str, section: Section, list: &str) -> Listed {
        Listed {
            text: text.into(),
            section,
            list: list.into(),
        }
    }

    fn found<'a>(listed: &[Listed], text: &'a str) -> Vec<&'a str> {
        let slips = Slips::of(&listed.iter().collect::<Vec<_>>());
        let allowed = listed
            .iter()
            .filter(|entry| entry.section == Section::Allow);
        let allowed = Lexicon::new(allowed, Taken::AsExcuses);
        let scan = Scan::of(text, &[]);
        slips
            .find(&scan, &[&allowed])
            .map(|((start, end), _)| &text[start..end])
            .collect()
    }

    #[test]
    fn two_letters_swapped_or_one_missing_are_found_as_whole_words() {
        let listed = [
            entry("*daftie*", Section::Bad(Severity::Hide), "x"),
            entry("dafty", Section::Bad(Severity::Hold), "x"),
            entry("drafty", Section::Ordinary, "x"),
            entry("datie", Section::Ordinary, "x"),
            entry("aftie", Section::Allow, "x"),
            entry("overdfatie", Section::Allow, "x"),
        ];
        for (text, expected) in [
            ("a Dfatie, yes", vec!["Dfatie"]),
            ("DAFTEI!", vec!["DAFTEI"]),
            ("dafie dftie", vec!["dafie", "dftie"]),
            ("dfaty dfty", vec!["dfaty", "dfty"]),
            // Ordinary, allowed, an entry itself, a part of another word, somebody's handle.
            ("datie aftie dafty", vec![]),
            // Cut out of an innocent word.
            ("over dfatie or dfatie ness", vec!["dfatie"]),
            ("dfatieness @dfatie", vec![]),
            ("dat", vec![]),
        ] {
            assert_eq!(found(&listed, text), expected, "{text}");
        }
    }

    #[test]
    fn a_list_that_names_no_ordinary_words_is_taken_as_it_is() {
        let listed = [
            entry("daftie", Section::Bad(Severity::Hide), "own"),
            entry("drafty", Section::Ordinary, "x"),
            entry("spoony", Section::Bad(Severity::Hide), "x"),
        ];
        assert_eq!(found(&listed, "dfatie psoony"), ["psoony"]);
    }
}
