//! Disguises within a word: digits and signs for letters, letters drawn out, spelling letter by letter.

use std::ops::Range;

/// A word without its disguise, with where each of its bytes stands in the reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Guise {
    pub(super) text: String,
    places: Places,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Places {
    /// One after the other, from here on.
    From(usize),
    /// Each by itself.
    Each(Vec<usize>),
}

impl Default for Places {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

impl Guise {
    /// A stretch of a reading as it is.
    pub(super) fn of(text: &str, range: Range<usize>) -> Self {
        let places = Places::From(range.start);
        Self {
            text: text[range].to_owned(),
            places,
        }
    }

    fn place_of(&self, at: usize) -> usize {
        match &self.places {
            Places::From(start) => start + at,
            Places::Each(places) => places.get(at).copied().unwrap_or_default(),
        }
    }

    /// Puts another stretch of the reading behind it.
    pub(super) fn push(&mut self, text: &str, range: Range<usize>) {
        let mut places: Vec<usize> = (0..self.text.len()).map(|at| self.place_of(at)).collect();
        self.text.push_str(&text[range.clone()]);
        places.extend(range);
        self.places = Places::Each(places);
    }

    /// A part of it.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        Self {
            text: self.text[range.clone()].to_owned(),
            places: Places::Each(range.map(|at| self.place_of(at)).collect()),
        }
    }

    /// Where a range of its bytes, which is not empty, stands in the reading.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        self.place_of(range.start)..self.place_of(range.end.saturating_sub(1)) + 1
    }

    /// The same with digits and signs read as letters, in each way that a one and a bar may be meant.
    pub(super) fn decoded(&self) -> Vec<Self> {
        let has = |signs: &[u8]| self.text.bytes().any(|byte| signs.contains(&byte));
        let ways: &[(u8, u8)] = match (has(b"1"), has(b"|")) {
            (true, true) => &[(b'i', b'l'), (b'l', b'l'), (b'i', b'i')],
            (true, false) | (false, true) => &[(b'i', b'l'), (b'l', b'i')],
            (false, false) if has(b"023456789@$!+") => &[(b'i', b'l')],
            (false, false) => &[],
        };
        let read = |&(one, bar): &(u8, u8)| {
            let bytes = self
                .text
                .bytes()
                .map(|byte| letter(byte, one, bar))
                .collect();
            let text = String::from_utf8(bytes).ok()?;
            let places = self.places.clone();
            Some(Self { text, places })
        };
        ways.iter().filter_map(read).collect()
    }

    /// Whether some letter stands there three times in a row.
    pub(super) fn is_drawn_out(&self) -> bool {
        let bytes = self.text.as_bytes();
        bytes
            .windows(3)
            .any(|three| three[0] == three[1] && three[1] == three[2])
    }

    /// The same with each run of three or more equal letters cut to `keep`.
    pub(super) fn shortened(&self, keep: usize) -> Self {
        let mut text = String::with_capacity(self.text.len());
        let mut places = Vec::with_capacity(self.text.len());
        for run in runs(&self.text) {
            let kept = if is_drawn(&self.text, &run) {
                keep
            } else {
                run.len()
            };
            let kept = run.start..run.start + kept;
            text.push_str(&self.text[kept.clone()]);
            places.extend(kept.map(|at| self.place_of(at)));
        }
        let places = Places::Each(places);
        Self { text, places }
    }
}

/// The letter that a digit or sign stands for; anything else as it is.
fn letter(byte: u8, one: u8, bar: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' => one,
        b'|' => bar,
        b'!' => b'i',
        b'2' => b'z',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'6' | b'9' => b'g',
        b'7' | b'+' => b't',
        b'8' => b'b',
        other => other,
    }
}

/// Runs of the same ASCII letter; other bytes one by one, characters together.
fn runs(text: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    for (at, c) in text.char_indices() {
        match runs.last_mut() {
            Some(run) if before == Some(c) && c.is_ascii() => run.end = at + 1,
            _ => runs.push(at..at + c.len_utf8()),
        }
        before = Some(c);
    }
    runs
}

/// Whether a run is three or more of the same letter.
fn is_drawn(text: &str, run: &Range<usize>) -> bool {
    run.len() >= 3 && text.as_bytes().get(run.start).is_some_and(u8::is_ascii)
}

/// A word with every letter once in a row.
pub(super) fn squeezed(word: &str) -> String {
    let mut squeezed = String::with_capacity(word.len());
    for run in runs(word) {
        squeezed.extend(word[run].chars().take(1));
    }
    squeezed
}

/// Whether `drawn` is `word` with some letters drawn out to three or more.
pub(super) fn is_drawn_from(drawn: &str, word: &str) -> bool {
    let (drawn_runs, word_runs) = (runs(drawn), runs(word));
    let is_same = |drawn_run: &Range<usize>, word_run: &Range<usize>| {
        let meant = &word[word_run.clone()];
        let seen = &drawn[drawn_run.clone()];
        seen == meant || (is_drawn(drawn, drawn_run) && seen.starts_with(meant))
    };
    drawn_runs.len() == word_runs.len()
        && std::iter::zip(&drawn_runs, &word_runs).all(|(drawn, word)| is_same(drawn, word))
}

/// Whether a word in which each `*` hides one letter may be `word`.
pub(super) fn may_be(masked: &str, word: &str) -> bool {
    let is_meant = |(seen, meant): (u8, u8)| {
        seen == b'*' || letter(seen, b'i', b'l') == meant || letter(seen, b'l', b'i') == meant
    };
    masked.len() == word.len() && std::iter::zip(masked.bytes(), word.bytes()).all(is_meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guise(text: &str) -> Guise {
        Guise::of(text, 0..text.len())
    }

    #[test]
    fn digits_and_signs_are_read_as_letters() {
        let read: Vec<String> = guise("p1n34pp|3")
            .decoded()
            .into_iter()
            .map(|it| it.text)
            .collect();
        assert_eq!(read, ["pineapple", "plneapple", "pineappie"]);
        assert_eq!(guise("plain").decoded(), []);
    }

    #[test]
    fn drawn_out_letters_are_shortened_and_keep_their_places() {
        let short = guise("cooool").shortened(2);
        assert_eq!(short.text, "cool");
        assert_eq!(short.place(1..3), 1..3);
        assert_eq!(short.place(0..4), 0..6);
        assert_eq!(squeezed("cooool"), "col");
        assert!(is_drawn_from("cccooolll", "cool"));
        assert!(!is_drawn_from("coool", "col1"));
        assert!(!is_drawn_from("cool", "col"));
        assert_eq!(guise("a字字字aaa").shortened(1).text, "a字字字a");
    }

    #[test]
    fn a_star_is_one_letter() {
        assert!(may_be("m*r*y", "merry") && may_be("m3*ry", "merry"));
        assert!(!may_be("m*ry", "merry"));
    }
}
