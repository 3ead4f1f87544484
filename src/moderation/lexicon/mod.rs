//! Words and phrases, found whatever disguise they wear, with the place where they stand in the original.
//!
//! A text is read and taken apart once ([`Scan`]); each lexicon then looks every word of it up, as it is and without the
//! disguises that it seems to wear. A disguise is undone only where there is a sign of one: a digit within a word, a letter
//! three times in a row, letters that stand alone. So ordinary words stay what they are.

mod guise;
mod pattern;
mod scan;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::fast::FixedState;
use regex::{Regex, RegexSet};

use self::guise::Guise;
use self::pattern::Pattern;
pub(super) use self::pattern::PatternError;
pub(super) use self::scan::Scan;
use self::scan::{Token, View};
use super::list::{Listed, Severity};

/// Fewest letters of a word that is looked for in two halves, read backwards or with letters masked: shorter ones arise by
/// chance.
const FEWEST_LETTERS: usize = 4;
/// Longest gap between two halves of a word, or between letters that stand alone, in bytes of a reading.
const WIDEST_GAP: usize = 3;
/// Most letters that are spelled one by one and looked at together.
const LONGEST_SPELLING: usize = 64;

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
    /// The lengths of all words, as bits, by their first byte: most words of a text need no look-up.
    lengths: Lengths,
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

#[derive(Debug, Clone)]
struct Lengths(Box<[u64; 256]>);

impl Default for Lengths {
    fn default() -> Self {
        Self(Box::new([0; 256]))
    }
}

impl Lengths {
    fn note(&mut self, word: &str) {
        if let Some(first) = word.bytes().next() {
            self.0[usize::from(first)] |= 1 << word.len().min(63);
        }
    }

    fn may_have(&self, first: u8, length: usize) -> bool {
        self.0[usize::from(first)] >> length.min(63) & 1 == 1
    }
}

/// How entries are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// To excuse others: words and phrases as they are, so that `so me` excuses no `some`.
    AsExcuses,
    /// To find them: a phrase also written in one, as in a hashtag.
    Plainly,
    /// The same, and also read backwards: intake takes off what turns a text's direction, which leaves its letters in reverse.
    BackwardsToo,
}

impl Lexicon {
    /// Takes entries as people write them. One that cannot be understood is left out: settings and lists are checked where
    /// they are given.
    pub(super) fn new<'a>(entries: impl IntoIterator<Item = &'a Listed>, taken: Taken) -> Self {
        let mut lexicon = Self::default();
        let mut parts = Vec::new();
        let mut symbols = Vec::new();
        for entry in entries {
            let mark = Mark {
                severity: entry.severity.unwrap_or(Severity::Hold),
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
        if taken == Taken::BackwardsToo {
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
                self.lengths.note(first);
                let phrases = &mut self.words.entry(first.clone()).or_default().phrases;
                phrases.push((rest.into(), mark));
            }
        }
    }

    fn add_word(&mut self, word: &str, mark: Mark) {
        self.lengths.note(word);
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
            self.lengths.note(&word);
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
        let mut search = Search {
            lexicon: self,
            original: scan.original,
            allowed,
            found: Vec::new(),
        };
        for view in &scan.views {
            search.plain(view);
            search.disguised(view);
        }
        let mut found = search.found;
        self.find_as_written(scan.original, &mut found);
        if found.is_empty() {
            return found;
        }
        let excused: Vec<(usize, usize)> =
            allowed.iter().flat_map(|list| list.plain(scan)).collect();
        found.retain(|it| !excused.iter().any(|span| contains(*span, it.span)));
        outermost(found)
    }

    /// Where entries stand undisguised: whole words, even where only a part of one is looked for.
    fn plain(&self, scan: &Scan<'_>) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        for view in &scan.views {
            let mut search = Search {
                lexicon: self,
                original: scan.original,
                allowed: &[],
                found: Vec::new(),
            };
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
        let first = word.bytes().next();
        first.is_some_and(|first| self.lengths.may_have(first, word.len()))
    }

    fn entry(&self, word: &str) -> Option<&Word> {
        self.may_have(word).then(|| self.words.get(word)).flatten()
    }

    fn marked(&self, word: &str) -> Option<Mark> {
        self.entry(word)?.mark
    }
}

fn contains(outer: (usize, usize), inner: (usize, usize)) -> bool {
    outer.0 <= inner.0 && inner.1 <= outer.1
}

/// Leaves out what lies within something at least as severe, and sorts by place.
fn outermost(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|it| {
        let (start, end) = it.span;
        (
            start,
            std::cmp::Reverse(end),
            std::cmp::Reverse(it.severity),
            it.source,
        )
    });
    let mut kept: Vec<Found> = Vec::new();
    for it in found {
        let is_known =
            |other: &Found| contains(other.span, it.span) && other.severity >= it.severity;
        if !kept.iter().any(is_known) {
            kept.push(it);
        }
    }
    kept
}

/// A lexicon being looked for in a text.
struct Search<'a> {
    lexicon: &'a Lexicon,
    original: &'a str,
    allowed: &'a [&'a Lexicon],
    found: Vec<Found>,
}

impl Search<'_> {
    fn note(&mut self, view: &View, range: Range<usize>, mark: Mark) {
        self.found.push(Found {
            span: view.reading.original(range),
            severity: mark.severity,
            source: mark.source,
        });
    }

    fn is_allowed(&self, word: &str) -> bool {
        self.allowed.iter().any(|list| list.covers(word))
    }

    /// Whether a word is allowed, if need be without its disguise.
    fn is_excused(&self, view: &View, token: Token) -> bool {
        if self.allowed.is_empty() {
            return false;
        }
        if self.is_allowed(view.word(token)) {
            return true;
        }
        let at = view.mixed.partition_point(|run| run.end <= token.start);
        let mixed = view.mixed.get(at).filter(|run| run.start <= token.start);
        let whole = Guise::of(
            view.text(),
            mixed.cloned().unwrap_or(token.start..token.end),
        );
        if token.glued {
            let pieces = scan::pieces(token, &view.reading, self.original);
            if pieces
                .into_iter()
                .any(|piece| self.is_allowed(&view.text()[piece]))
            {
                return true;
            }
        }
        let mut guises = whole.decoded();
        guises.push(whole);
        guises.iter().any(|guise| {
            let shortened = guise
                .is_drawn_out()
                .then(|| [1, 2].map(|keep| guise.shortened(keep)));
            self.is_allowed(&guise.text)
                || shortened
                    .into_iter()
                    .flatten()
                    .any(|short| self.is_allowed(&short.text))
        })
    }

    /// Words, phrases and parts of words as they stand.
    fn plain(&mut self, view: &View) {
        let lexicon = self.lexicon;
        let text = view.text();
        for (at, token) in view.tokens.iter().enumerate() {
            let Some(entry) = lexicon.entry(view.word(*token)) else {
                continue;
            };
            if let Some(mark) = entry.mark
                && !(mark.severity == Severity::Hold && self.is_half_of_innocent(view, at))
                && !view.is_cut_by_sign(*token)
            {
                self.note(view, token.start..token.end, mark);
            }
            for (rest, mark) in &entry.phrases {
                let words = view.tokens.get(at + 1..at + 1 + rest.len());
                if let Some(words) = words
                    && words
                        .iter()
                        .zip(rest)
                        .all(|(token, wanted)| view.word(*token) == &**wanted)
                    && let Some(last) = words.last()
                {
                    self.note(view, token.start..last.end, *mark);
                }
            }
        }
        let Some(parts) = &lexicon.parts else {
            return;
        };
        for part in parts.find_overlapping_iter(text) {
            let Some(within) = lexicon.within.get(part.pattern().as_usize()) else {
                continue;
            };
            let at = view
                .tokens
                .partition_point(|token| token.end <= part.start());
            let Some(token) = view.tokens.get(at) else {
                continue;
            };
            if (within.before || part.start() == token.start)
                && (within.after || part.end() == token.end)
                && !self.is_excused(view, *token)
            {
                self.note(view, part.range(), within.mark);
            }
        }
    }

    /// Whether a word and its neighbour are the halves of an innocent one.
    fn is_half_of_innocent(&self, view: &View, at: usize) -> bool {
        let is_innocent =
            |one: usize, other: usize| match (view.tokens.get(one), view.tokens.get(other)) {
                (Some(one), Some(other)) if is_near(&view.text()[one.end..other.start]) => {
                    self.is_allowed(&[view.word(*one), view.word(*other)].concat())
                }
                _ => false,
            };
        !self.allowed.is_empty()
            && (is_innocent(at, at + 1)
                || at
                    .checked_sub(1)
                    .is_some_and(|before| is_innocent(before, at)))
    }

    /// What is there once disguises are undone.
    fn disguised(&mut self, view: &View) {
        let text = view.text();
        for token in view.tokens.iter().filter(|token| token.drawn_out) {
            self.drawn_out(view, &Guise::of(text, token.start..token.end));
        }
        for token in view.tokens.iter().filter(|token| token.glued) {
            for piece in scan::pieces(*token, &view.reading, self.original) {
                if let Some(mark) = text
                    .get(piece.clone())
                    .and_then(|word| self.lexicon.marked(word))
                    && piece.len() > 2
                {
                    self.note(view, piece, mark);
                }
            }
        }
        for run in &view.mixed {
            self.mixed(view, run.clone());
        }
        if !self.lexicon.backwards.is_empty() {
            self.backwards(view);
        }
        self.spelled(view);
        self.halves(view);
    }

    /// A word without its disguise: whole, or with an entry within.
    fn undisguised(&mut self, view: &View, guise: &Guise, at_most: Severity) {
        let lexicon = self.lexicon;
        let capped = |mark: Mark| Mark {
            severity: mark.severity.min(at_most),
            ..mark
        };
        if self.is_allowed(&guise.text) {
            return;
        }
        if let Some(mark) = lexicon.marked(&guise.text) {
            self.note(view, guise.place(0..guise.text.len()), capped(mark));
        }
        let Some(parts) = &lexicon.parts else {
            return;
        };
        for part in parts.find_overlapping_iter(&guise.text) {
            if let Some(within) = lexicon.within.get(part.pattern().as_usize())
                && (within.before || part.start() == 0)
                && (within.after || part.end() == guise.text.len())
            {
                self.note(view, guise.place(part.range()), capped(within.mark));
            }
        }
    }

    fn drawn_out(&mut self, view: &View, guise: &Guise) {
        let shortened = [1, 2].map(|keep| guise.shortened(keep));
        if shortened.iter().any(|short| self.is_allowed(&short.text)) {
            return;
        }
        for short in shortened {
            self.undisguised(view, &short, Severity::Mask);
        }
        let lexicon = self.lexicon;
        let same = lexicon.doubled.get(&*guise::squeezed(&guise.text));
        for word in same.into_iter().flatten() {
            if guise::is_drawn_from(&guise.text, word)
                && !self.is_allowed(word)
                && let Some(mark) = lexicon.marked(word)
            {
                self.note(view, guise.place(0..guise.text.len()), mark);
            }
        }
    }

    /// Words from their end: intake takes off what turns a text's direction, which leaves its letters in reverse.
    fn backwards(&mut self, view: &View) {
        let lexicon = self.lexicon;
        for token in &view.tokens {
            let word = view.word(*token);
            if lexicon.may_have(word)
                && let Some(mark) = lexicon.backwards.get(word)
            {
                self.note(view, token.start..token.end, *mark);
            }
        }
    }

    /// Letters with digits and signs among them.
    fn mixed(&mut self, view: &View, run: Range<usize>) {
        let text = view.text();
        let word = &text[run.clone()];
        // Signs at the edges belong to the sentence as often as to the word.
        let sentence = |c: char| matches!(c, '!' | '|' | '+' | '*');
        let start = run.start + (word.len() - word.trim_start_matches(sentence).len());
        let end = run.end - (word.len() - word.trim_end_matches(sentence).len());
        if start >= end {
            return;
        }
        let word = &text[start..end];
        if word.contains('*') {
            self.masked(view, start..end);
            return;
        }
        let year = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let mut ends = vec![end];
        if start + year < end && word[..year].bytes().any(|byte| !byte.is_ascii_lowercase()) {
            ends.push(start + year);
        }
        for end in ends {
            let guise = Guise::of(text, start..end);
            let letters = guise
                .text
                .bytes()
                .filter(|byte| !byte.is_ascii_digit())
                .count();
            // Short names of genes, rooms and roads arise by chance.
            let at_most = if guise.text.len() <= FEWEST_LETTERS && letters * 2 < guise.text.len() {
                Severity::Hold
            } else {
                Severity::Mask
            };
            for decoded in guise.decoded() {
                self.undisguised(view, &decoded, at_most);
                if guise.is_drawn_out() {
                    self.drawn_out(view, &decoded);
                }
            }
        }
    }

    /// Letters with stars among them.
    fn masked(&mut self, view: &View, range: Range<usize>) {
        let masked = &view.text()[range.clone()];
        let stars = masked.bytes().filter(|byte| *byte == b'*').count();
        if masked.len() < FEWEST_LETTERS || stars * 2 > masked.len() || masked.starts_with('*') {
            return;
        }
        let lexicon = self.lexicon;
        let meant = lexicon
            .words
            .iter()
            .filter(|(word, _)| guise::may_be(masked, word))
            .filter_map(|(_, entry)| entry.mark)
            .max_by_key(|mark| (mark.severity, std::cmp::Reverse(mark.source)));
        if let Some(mark) = meant {
            self.note(view, range, mark);
        }
    }

    /// Letters that stand alone, three or more one after the other.
    fn spelled(&mut self, view: &View) {
        let text = view.text();
        let is_single = |token: &Token| token.len() <= 4 && view.word(*token).chars().count() == 1;
        let mut at = 0;
        while at < view.tokens.len() {
            let mut end = at;
            while end < view.tokens.len()
                && end - at < LONGEST_SPELLING
                && is_single(&view.tokens[end])
                && (end == at || is_near(&text[view.tokens[end - 1].end..view.tokens[end].start]))
            {
                end += 1;
            }
            if end - at >= 3 {
                let mut whole = Guise::default();
                for token in &view.tokens[at..end] {
                    whole.push(text, token.start..token.end);
                }
                self.spelling(view, &whole);
            }
            at = end.max(at + 1);
        }
    }

    fn spelling(&mut self, view: &View, whole: &Guise) {
        if !whole.text.bytes().any(|byte| !byte.is_ascii_digit()) {
            return;
        }
        let first = whole.text.chars().next().map_or(0, char::len_utf8);
        let last = whole.text.chars().next_back().map_or(0, char::len_utf8);
        let end = whole.text.len();
        // "a" and "I" before it, a letter of the next word behind it.
        let parts = [0..end, first..end, 0..end - last].map(|part| whole.part(part));
        let guises: Vec<Guise> = parts
            .iter()
            .flat_map(Guise::decoded)
            .chain(parts.clone())
            .collect();
        if guises.iter().any(|guise| self.is_allowed(&guise.text)) {
            return;
        }
        for guise in &guises {
            self.undisguised(view, guise, Severity::Mask);
        }
    }

    /// Two neighbours that are one word together: a person decides.
    fn halves(&mut self, view: &View) {
        let lexicon = self.lexicon;
        let text = view.text();
        let mut joined = String::new();
        for two in view.tokens.windows(2) {
            let [one, other] = *two else { continue };
            let length = one.len() + other.len();
            let first = text.as_bytes()[one.start];
            if length < FEWEST_LETTERS || !lexicon.lengths.may_have(first, length) {
                continue;
            }
            let gap = &text[one.end..other.start];
            // What stands behind an apostrophe is an ending: "it's hit".
            if !is_near(gap) || (gap == "'" && other.len() <= 2) {
                continue;
            }
            joined.clear();
            joined.push_str(view.word(one));
            joined.push_str(view.word(other));
            if let Some(mark) = lexicon.marked(&joined) {
                let severity = mark.severity.min(Severity::Hold);
                self.note(view, one.start..other.end, Mark { severity, ..mark });
            }
        }
    }
}

/// Whether a gap is narrow enough to stand within a word: a space, or some signs without one.
fn is_near(gap: &str) -> bool {
    gap.len() <= WIDEST_GAP
        && !gap.contains('\n')
        && (gap == " " || !gap.contains(char::is_whitespace) || is_framed(gap))
}

/// A sign with a space on both sides.
fn is_framed(gap: &str) -> bool {
    gap.len() == 3
        && gap.starts_with(' ')
        && gap.ends_with(' ')
        && !gap[1..2].contains([' ', ',', '.', ';', ':', '&', '+'])
}

#[cfg(test)]
mod tests;
