//! Cleaning: the characters that a stranger's text may not bring onto the wall.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

/// Most marks that may stand on one letter. Written languages need up to five; towers of them grow over the
/// neighbouring posts.
const MAX_MARKS: usize = 8;

/// Whether a character has no place in a post's text.
///
/// - Control characters, but for the line break, mean nothing in text.
/// - The bidirectional embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069) are removed rather than
///   balanced: an override makes the reader see other words than the rules read, balanced or not, and whatever cuts a
///   text at a facet would unbalance it again. Right-to-left text needs none of them: its letters carry their direction,
///   and pages isolate each text with `dir="auto"`. The marks U+200E, U+200F and U+061C change nothing beyond their
///   place and stay.
/// - The deprecated format characters (U+206A to U+206F), annotations (U+FFF9 to U+FFFB) and the byte order mark are
///   invisible and split words.
fn is_unwanted(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            c,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{feff}'
        )
}

/// Decides character by character what stays; knows how many marks stand on the present letter.
#[derive(Debug, Default)]
pub(super) struct Cleaner {
    marks: usize,
}

impl Cleaner {
    /// The character as it may stand in a text, `None` where it may not.
    pub(super) fn pass(&mut self, c: char) -> Option<char> {
        if c.is_ascii() {
            self.marks = 0;
            return (c == '\n' || !c.is_ascii_control()).then_some(c);
        }
        if is_unwanted(c) {
            return None;
        }
        if matches!(c, '\u{2028}' | '\u{2029}') {
            self.marks = 0;
            return Some('\n');
        }
        if c >= '\u{300}' && is_combining_mark(c) {
            self.marks += 1;
            return (self.marks <= MAX_MARKS).then_some(c);
        }
        self.marks = 0;
        Some(c)
    }
}

/// Cleans a plain text and trims it. Line breaks stay, tabs become spaces.
pub fn clean(text: &str) -> String {
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let mut cleaner = Cleaner::default();
    let kept: String = text
        .chars()
        .filter_map(|c| cleaner.pass(if c == '\t' { ' ' } else { c }))
        .collect();
    let trimmed = kept.trim();
    if trimmed.len() == kept.len() {
        kept
    } else {
        trimmed.to_owned()
    }
}

/// Cleans a text that stands on one line, such as a name: as [`clean`], each run of white space being one space.
pub fn clean_line(text: &str) -> String {
    let text = clean(text);
    if !text.contains(['\n', ' ']) {
        return text;
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaks_out_of_a_post_is_removed() {
        for (text, expected) in [
            ("a\u{0}b\u{7}c\u{9f}d", "abcd"),
            ("\u{202e}evil\u{202c}", "evil"),
            ("x\u{2066}y\u{2069}z", "xyz"),
            ("\u{feff}bom", "bom"),
            ("one\u{2028}two", "one\ntwo"),
            ("a\r\nb\rc\td", "a\nb\nc d"),
            ("שלום\u{200f}!", "שלום\u{200f}!"),
            ("  trimmed\n ", "trimmed"),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
        assert_eq!(clean_line(" Ada\n\t Lovelace "), "Ada Lovelace");
    }

    #[test]
    fn towers_of_marks_are_cut() {
        let tower = format!("e{}x\u{301}", "\u{301}".repeat(100));
        assert_eq!(
            clean(&tower),
            format!("e{}x\u{301}", "\u{301}".repeat(MAX_MARKS))
        );
    }
}
