//! Looking for the entries of a lexicon in one reading of a text: as they stand, and without the disguises they seem to wear.

use std::ops::Range;

use super::guise::{self, Guise};
use super::scan::{self, Token, View};
use super::slip;
use super::{FEWEST_LETTERS, Found, Lexicon, Mark};
use crate::moderation::list::Severity;

/// Longest gap between two halves of a word, or between letters that stand alone, in bytes of a reading.
const WIDEST_GAP: usize = 3;
/// Longest word around an entry that may be innocent, and longest one that is looked at without its disguise, in bytes.
const LONGEST_WORD: usize = 64;
/// Most words with masked letters that are made out in a text: each is compared with every entry.
const MOST_MASKED: usize = 32;
/// Most letters that are spelled one by one and looked at together.
const LONGEST_SPELLING: usize = 64;

/// A lexicon being looked for in a text.
pub(super) struct Search<'a> {
    lexicon: &'a Lexicon,
    original: &'a str,
    allowed: &'a [&'a Lexicon],
    pub(super) found: Vec<Found>,
}

impl<'a> Search<'a> {
    /// Begins with nothing found.
    pub(super) fn new(lexicon: &'a Lexicon, original: &'a str, allowed: &'a [&'a Lexicon]) -> Self {
        Self {
            lexicon,
            original,
            allowed,
            found: Vec::new(),
        }
    }

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

    /// Whether an innocent word lies around a part of a word.
    fn is_within_innocent(&self, word: &str, part: Range<usize>) -> bool {
        if self.allowed.is_empty() {
            return false;
        }
        let bounds = |at: &usize| word.is_char_boundary(*at);
        let wildcards = self.allowed.iter().any(|list| list.parts.is_some());
        let longest = self
            .allowed
            .iter()
            .map(|list| list.longest)
            .max()
            .unwrap_or(0);
        let longest = if wildcards {
            LONGEST_WORD
        } else {
            longest.min(LONGEST_WORD)
        };
        let earliest = part.end.saturating_sub(longest);
        (earliest..=part.start).filter(bounds).any(|start| {
            let latest = word.len().min(start + longest);
            let mut ends = (part.end..=latest).filter(bounds);
            ends.any(|end| self.is_allowed(&word[start..end]))
        })
    }

    /// Whether a part of a word belongs to an innocent one, if need be without its disguise.
    fn is_excused(&self, view: &View, at: usize, part: Range<usize>) -> bool {
        let token = view.tokens[at];
        let text = view.text();
        if self.allowed.is_empty() {
            return false;
        }
        if self.is_within_innocent(
            &text[token.start..token.end],
            part.start - token.start..part.end - token.start,
        ) {
            return true;
        }
        let run = view.mixed.partition_point(|run| run.end <= token.start);
        let mixed = view.mixed.get(run).filter(|run| run.start <= token.start);
        let range = mixed.cloned().unwrap_or(token.start..token.end);
        let within = part.start - range.start..part.end - range.start;
        if range.len() > LONGEST_WORD {
            return false;
        }
        if self.is_innocent_but_for_a_slip(&text[token.start..token.end], &text[range.clone()]) {
            return true;
        }
        let whole = Guise::of(text, range);
        whole
            .decoded()
            .iter()
            .any(|guise| self.is_within_innocent(&guise.text, within.clone()))
            || (token.drawn_out
                && [1, 2]
                    .iter()
                    .any(|keep| self.is_allowed(&whole.shortened(*keep).text)))
    }

    /// Whether a word is an innocent one with two letters swapped or one missing, or with stars for some.
    fn is_innocent_but_for_a_slip(&self, word: &str, masked: &str) -> bool {
        let has = |word: &str| self.allowed.iter().any(|list| list.marked(word).is_some());
        let may_be = |list: &&&Lexicon| list.words.keys().any(|word| guise::may_be(masked, word));
        slip::meant(word).any(|meant| has(&meant))
            // In a post that is found out anyway it is not worth comparing with every word.
            || (masked.contains('*') && self.found.len() < MOST_MASKED && self.allowed.iter().any(|list| may_be(&list)))
    }

    /// Words, phrases and parts of words as they stand.
    pub(super) fn plain(&mut self, view: &View) {
        let lexicon = self.lexicon;
        let text = view.text();
        for (at, token) in view.tokens.iter().enumerate() {
            let Some(entry) = lexicon.entry(view.word(*token)) else {
                continue;
            };
            if let Some(mark) = entry.mark
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
                && !(within.mark.severity == Severity::Hold && view.is_name(*token))
                && !self.is_excused(view, at, part.range())
            {
                self.note(view, part.range(), within.mark);
            }
        }
    }

    /// What is there once disguises are undone.
    pub(super) fn disguised(&mut self, view: &View) {
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
        let mut masked = 0;
        for run in &view.mixed {
            masked += usize::from(text[run.clone()].contains('*'));
            if masked <= MOST_MASKED {
                self.mixed(view, run.clone());
            }
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
                && !self.is_within_innocent(&guise.text, part.range())
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
        let whole = Guise::of(text, start..end);
        let decoded = whole.decoded();
        if decoded.iter().any(|guise| self.is_allowed(&guise.text)) {
            return;
        }
        let letters = word.bytes().filter(|byte| !byte.is_ascii_digit()).count();
        // Short names of genes, rooms and roads arise by chance.
        let at_most = if word.len() <= FEWEST_LETTERS && letters * 2 < word.len() {
            Severity::Hold
        } else {
            Severity::Mask
        };
        for guise in &decoded {
            self.undisguised(view, guise, at_most);
            if whole.is_drawn_out() {
                self.drawn_out(view, guise);
            }
        }
        // A year or a number behind it is no letter.
        let number = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        if number < word.len()
            && word[..number]
                .bytes()
                .any(|byte| !byte.is_ascii_lowercase())
        {
            for guise in Guise::of(text, start..start + number).decoded() {
                self.undisguised(view, &guise, at_most);
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
        let parts = [0..end, first..end, 0..end - last];
        for guise in whole.decoded().into_iter().chain([whole.clone()]) {
            for part in &parts {
                if part.len() == end || !self.is_within_innocent(&guise.text, part.clone()) {
                    self.undisguised(view, &guise.part(part.clone()), Severity::Mask);
                }
            }
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
            let bytes = text.as_bytes();
            let second = if one.len() > 1 {
                bytes[one.start + 1]
            } else {
                bytes[other.start]
            };
            let last = bytes[other.end - 1];
            if length < FEWEST_LETTERS
                || !lexicon
                    .sieve
                    .may_have([bytes[one.start], second], last, length)
            {
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
