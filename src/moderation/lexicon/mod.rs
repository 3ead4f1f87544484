//! Words and phrases, found whatever disguise they wear, with the place where they stand in the original.
//!
//! A text is read and taken apart once ([`Scan`]); each lexicon then looks every word of it up, as it is and without the
//! disguises that it seems to wear. A disguise is undone only where there is a sign of one: a digit within a word, a letter
//! three times in a row, letters that stand alone. So ordinary words stay what they are.

mod guise;
mod pattern;
mod scan;
mod search;
mod slip;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::fast::FixedState;
use regex::{Regex, RegexSet};

use self::pattern::Pattern;
pub(super) use self::pattern::PatternError;
pub(super) use self::scan::Scan;
use self::scan::Token;
use self::search::Search;
pub(super) use self::slip::Slips;
use super::list::{Listed, Section, Severity};

/// Fewest letters of a word that is looked for in two halves, read backwards or with letters masked: shorter ones arise by
/// chance.
const FEWEST_LETTERS: usize = 4;
/// Most findings in a text that are told; the gravest of them.
const MOST_FOUND: usize = 64;

/// What an entry brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    severity: Severity,
    source: u16,
}

/// What begins with a word.
#[derive(Debug, Clone, Default)]
struct Word {
    mark: Option<Mark>,
    /// The other words of phrases that begin with it.
    phrases: Vec<(Box<[Box<str>]>, Mark)>,
}

/// A word that may be part of another.
#[derive(Debug, Clone, Copy)]
struct Within {
    before: bool,
    after: bool,
    mark: Mark,
}

/// A list of words, phrases, wildcards and regular expressions.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexicon {
    sources: Vec<Arc<str>>,
    words: HashMap<Box<str>, Word, FixedState>,
    /// Most words of a text need no look-up.
    sieve: Sieve,
    /// Length of the longest word, in bytes.
    longest: usize,
    /// Words with doubled letters by what is left when every letter stands once.
    doubled: HashMap<Box<str>, Vec<Box<str>>, FixedState>,
    /// Words as they are read backwards.
    backwards: HashMap<Box<str>, Mark, FixedState>,
    parts: Option<AhoCorasick>,
    within: Vec<Within>,
    symbols: Option<AhoCorasick>,
    symbol_marks: Vec<Mark>,
    regexes: Vec<(Regex, Mark)>,
    any_regex: Option<RegexSet>,
}

/// Checks an entry as people write it.
pub(super) fn check(entry: &str) -> Result<(), PatternError> {
    Pattern::parse(entry).map(|_| ())
}

/// Where an entry was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The bytes of the original.
    pub(super) span: (usize, usize),
    pub(super) severity: Severity,
    source: u16,
}

/// A sieve that tells most words that are no entry by their edges and length, before they are hashed or even put together.
#[derive(Debug, Clone)]
struct Sieve(Box<[u64; 1024]>);

impl Default for Sieve {
    fn default() -> Self {
        Self(Box::new([0; 1024]))
    }
}

impl Sieve {
    fn place(first: [u8; 2], last: u8, length: usize) -> (usize, usize) {
        let [one, two] = first.map(usize::from);
        let hash = one * 0x9e5 + two * 0x3b + usize::from(last) * 0x1f7 + length * 0x1b1d;
        (hash >> 6 & 1023, hash & 63)
    }

    fn note(&mut self, word: &str) {
        if let [one, two, .., last] | [one, two @ last] = *word.as_bytes() {
            let (at, bit) = Self::place([one, two], last, word.len());
            self.0[at] |= 1 << bit;
        }
    }

    /// Whether there may be an entry of two bytes or more with these edges.
    fn may_have(&self, first: [u8; 2], last: u8, length: usize) -> bool {
        let (at, bit) = Self::place(first, last, length);
        self.0[at] >> bit & 1 == 1
    }
}

/// How entries are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// To excuse others: words and phrases as they are, so that `so me` excuses no `some`.
    AsExcuses,
    /// To find them: a phrase also written in one, as in a hashtag, and a word also read backwards: intake takes off what
    /// turns a text's direction, which leaves its letters in reverse.
    ToFind,
}

impl Lexicon {
    /// Takes entries as people write them. One that cannot be understood is left out: settings and lists are checked where
    /// they are given.
    pub(super) fn new<'a>(entries: impl IntoIterator<Item = &'a Listed>, taken: Taken) -> Self {
        let mut lexicon = Self::default();
        let mut parts = Vec::new();
        let mut symbols = Vec::new();
        for entry in entries {
            let severity = match (entry.section, taken) {
                (Section::Bad(severity), _) => severity,
                (Section::Allow, Taken::AsExcuses) => Severity::Hold,
                _ => continue,
            };
            let mark = Mark {
                severity,
                source: lexicon.source(&entry.list),
            };
            match Pattern::parse(&entry.text) {
                Ok(Some(Pattern::Words(words))) => {
                    lexicon.add_words(&words, mark);
                    if words.len() > 1 && taken != Taken::AsExcuses {
                        lexicon.add_word(&words.concat(), mark);
                    }
                }
                Ok(Some(Pattern::Within {
                    part,
                    before,
                    after,
                })) => {
                    lexicon.add_words(std::slice::from_ref(&part), mark);
                    parts.push(part.into_string());
                    lexicon.within.push(Within {
                        before,
                        after,
                        mark,
                    });
                }
                Ok(Some(Pattern::Symbols(found))) => {
                    symbols.push(found.into_string());
                    lexicon.symbol_marks.push(mark);
                }
                Ok(Some(Pattern::Regex(regex))) => lexicon.regexes.push((*regex, mark)),
                Ok(None) | Err(_) => {}
            }
        }
        if taken == Taken::ToFind {
            lexicon.add_backwards();
        }
        if !parts.is_empty() {
            // A table of all states is several times as fast and takes some megabytes; what is too large for it goes
            // without.
            lexicon.parts = AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .build(&parts)
                .or_else(|_| AhoCorasick::new(&parts))
                .ok();
        }
        if !symbols.is_empty() {
            lexicon.symbols = AhoCorasick::new(&symbols).ok();
        }
        if !lexicon.regexes.is_empty() {
            let all = lexicon.regexes.iter().map(|(regex, _)| regex.as_str());
            lexicon.any_regex = regex::RegexSetBuilder::new(all)
                .case_insensitive(true)
                .build()
                .ok();
        }
        lexicon
    }

    fn source(&mut self, list: &Arc<str>) -> u16 {
        let known = self.sources.iter().position(|source| source == list);
        let at = known.unwrap_or_else(|| {
            self.sources.push(list.clone());
            self.sources.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Where an entry that was found is from.
    pub(super) fn list(&self, found: &Found) -> Option<&Arc<str>> {
        self.sources.get(usize::from(found.source))
    }

    fn add_words(&mut self, words: &[Box<str>], mark: Mark) {
        match words {
            [] => {}
            [word] => self.add_word(word, mark),
            [first, rest @ ..] => {
                self.sieve.note(first);
                let phrases = &mut self.words.entry(first.clone()).or_default().phrases;
                phrases.push((rest.into(), mark));
            }
        }
    }

    fn add_word(&mut self, word: &str, mark: Mark) {
        self.sieve.note(word);
        self.longest = self.longest.max(word.len());
        let known = &mut self.words.entry(word.into()).or_default().mark;
        if known.is_none_or(|known| known.severity < mark.severity) {
            *known = Some(mark);
        }
        let once = guise::squeezed(word);
        if once.len() < word.len() {
            let same = self.doubled.entry(once.into()).or_default();
            if !same.iter().any(|known| &**known == word) {
                same.push(word.into());
            }
        }
    }

    fn add_backwards(&mut self) {
        let long = self
            .words
            .iter()
            .filter(|(word, _)| word.len() > FEWEST_LETTERS);
        let backwards: Vec<(Box<str>, Mark)> = long
            .filter_map(|(word, found)| {
                Some((word.chars().rev().collect::<String>().into(), found.mark?))
            })
            .collect();
        for (word, mark) in backwards {
            self.sieve.note(&word);
            let severity = Severity::Hold;
            self.backwards.insert(word, Mark { severity, ..mark });
        }
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.symbols.is_none() && self.regexes.is_empty()
    }

    /// Where entries stand in a text, in order; of what lies within another only what is more severe. What stands in
    /// `allowed` is left out.
    pub(super) fn find(&self, scan: &Scan<'_>, allowed: &[&Lexicon]) -> Vec<Found> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut search = Search::new(self, scan.original, allowed);
        for view in &scan.views {
            search.plain(view);
            search.disguised(view);
        }
        let mut found = search.found;
        self.find_as_written(scan.original, &mut found);
        if found.is_empty() {
            return found;
        }
        let mut excused: Vec<(usize, usize)> =
            allowed.iter().flat_map(|list| list.plain(scan)).collect();
        excused.sort_unstable();
        // How far what begins up to there reaches.
        let reach: Vec<usize> = excused
            .iter()
            .scan(0, |furthest, span| {
                *furthest = span.1.max(*furthest);
                Some(*furthest)
            })
            .collect();
        found.retain(|it| {
            let before = excused.partition_point(|span| span.0 <= it.span.0);
            let reached = before.checked_sub(1).and_then(|last| reach.get(last));
            reached.is_none_or(|reached| *reached < it.span.1)
        });
        outermost(found)
    }

    /// Where entries stand undisguised: whole words, even where only a part of one is looked for.
    fn plain(&self, scan: &Scan<'_>) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        for view in &scan.views {
            let mut search = Search::new(self, scan.original, &[]);
            search.plain(view);
            spans.extend(search.found.into_iter().map(|found| found.span));
            let whole = |token: &&Token| self.covers(view.word(**token));
            spans.extend(
                view.tokens
                    .iter()
                    .filter(whole)
                    .map(|token| view.reading.original(token.start..token.end)),
            );
        }
        let mut found = Vec::new();
        self.find_as_written(scan.original, &mut found);
        spans.extend(found.into_iter().map(|found| found.span));
        spans
    }

    /// Whether a whole word is an entry, or an entry with a `*` takes it in.
    fn covers(&self, word: &str) -> bool {
        if self.marked(word).is_some() {
            return true;
        }
        let Some(parts) = &self.parts else {
            return false;
        };
        parts.find_overlapping_iter(word).any(|part| {
            self.within
                .get(part.pattern().as_usize())
                .is_some_and(|within| {
                    (within.before || part.start() == 0)
                        && (within.after || part.end() == word.len())
                })
        })
    }

    fn find_as_written(&self, text: &str, found: &mut Vec<Found>) {
        let mut note = |range: Range<usize>, mark: Mark| {
            found.push(Found {
                span: (range.start, range.end),
                severity: mark.severity,
                source: mark.source,
            });
        };
        if let Some(symbols) = &self.symbols {
            for symbol in symbols.find_overlapping_iter(text) {
                if let Some(mark) = self.symbol_marks.get(symbol.pattern().as_usize()) {
                    note(symbol.range(), *mark);
                }
            }
        }
        let candidates: Vec<usize> = match &self.any_regex {
            Some(set) => set.matches(text).into_iter().collect(),
            // Together they are too large for one machine.
            None => (0..self.regexes.len()).collect(),
        };
        for (regex, mark) in candidates.into_iter().filter_map(|at| self.regexes.get(at)) {
            for place in regex.find_iter(text).filter(|place| !place.is_empty()) {
                note(place.range(), *mark);
            }
        }
    }

    fn may_have(&self, word: &str) -> bool {
        match *word.as_bytes() {
            [one, two, .., last] | [one, two @ last] => {
                self.sieve.may_have([one, two], last, word.len())
            }
            // A single letter.
            _ => true,
        }
    }

    fn entry(&self, word: &str) -> Option<&Word> {
        self.may_have(word).then(|| self.words.get(word)).flatten()
    }

    fn marked(&self, word: &str) -> Option<Mark> {
        self.entry(word)?.mark
    }
}

/// Leaves out what lies within something at least as grave, and sorts by place.
fn outermost(mut found: Vec<Found>) -> Vec<Found> {
    let by_place = |it: &Found| {
        let (start, end) = it.span;
        (start, Reverse(end), Reverse(it.severity), it.source)
    };
    found.sort_by_key(by_place);
    // How far what is at least as grave reaches, of all that begin earlier.
    let mut reach = BTreeMap::new();
    found.retain(|it| {
        let is_known = reach.range(it.severity..).any(|(_, end)| *end >= it.span.1);
        let furthest = reach.entry(it.severity).or_insert(0);
        *furthest = it.span.1.max(*furthest);
        !is_known
    });
    if found.len() > MOST_FOUND {
        found.sort_by_key(|it| (Reverse(it.severity), it.span));
        found.truncate(MOST_FOUND);
        found.sort_by_key(by_place);
    }
    found
}

#[cfg(test)]
mod tests;
