//! Hashtags: what counts as one in plain text, and when two are the same.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use serde::{Serialize, Serializer};
use unicode_normalization::char::is_combining_mark;

use super::fold::fold_case;

/// Longest tag taken, in characters.
const MAX_CHARS: usize = 150;

/// A hashtag without its mark, folded: two tags are the same if these are equal.
#[derive(Clone)]
pub struct Tag {
    folded: String,
    /// As it was written, where that is another spelling.
    written: Option<Box<str>>,
}

/// Why a text is not a hashtag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Nothing is left beside the mark.
    #[error("a hashtag needs at least one letter or digit after its #")]
    Empty,
    /// A character that no hashtag has.
    #[error("{0:?} cannot stand in a hashtag; letters, digits and _ can")]
    Character(char),
    /// Longer than any source allows.
    #[error("a hashtag of {0} characters is longer than {MAX_CHARS}")]
    Long(usize),
}

impl Tag {
    /// Reads a tag, with or without its mark.
    pub fn new(text: &str) -> Result<Self, TagError> {
        let bare = text.trim().trim_start_matches(is_mark);
        if let Some(other) = bare.chars().find(|c| !is_tag_char(*c)) {
            return Err(TagError::Character(other));
        }
        let chars = bare.chars().count();
        if chars > MAX_CHARS {
            return Err(TagError::Long(chars));
        }
        let folded = fold_case(bare);
        if !folded.chars().any(char::is_alphanumeric) {
            return Err(TagError::Empty);
        }
        let written = (folded != bare).then(|| bare.into());
        Ok(Self { folded, written })
    }

    /// The folded tag without its mark.
    pub fn as_str(&self) -> &str {
        &self.folded
    }

    /// The tag without its mark as it was written, for sources that tell spellings apart.
    pub fn as_written(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.folded)
    }
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Tag {}

impl Hash for Tag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:?})", self.folded)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.folded)
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.folded)
    }
}

/// `#` or its full-width form.
fn is_mark(c: char) -> bool {
    c == '#' || c == '＃'
}

/// What a tag is made of: letters, digits, underscore, and the marks and joiners that scripts need
/// (vowel signs of Indic scripts, U+200C and U+200D, the middle dot and the katakana mark).
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric()
        || c == '_'
        || is_combining_mark(c)
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{b7}' | '\u{30fb}' | '\u{30fc}'
        )
}

/// Finds the hashtags of a plain text: a mark that follows anything but a letter, digit or underscore, and the tag
/// characters after it. Ranges are bytes and include the mark.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let free = before.is_none_or(|b| !(b.is_alphanumeric() || b == '_'));
        before = Some(c);
        if !is_mark(c) || !free {
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut worded = false;
        while let Some((at, next)) = chars.next_if(|(_, next)| is_tag_char(*next)) {
            end = at + next.len_utf8();
            worded |= next.is_alphanumeric();
            before = Some(next);
        }
        if worded {
            found.push(start..end);
        }
    }
    found
}

/// The tag that stands at a range that [`find`] gave, as written, without its mark.
pub fn written<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone())
        .map_or("", |tag| tag.trim_start_matches(is_mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        find(text)
            .iter()
            .map(|range| written(text, range))
            .collect()
    }

    #[test]
    fn tags_stand_after_anything_but_a_word() {
        for (text, expected) in [
            ("Hello #Expert2019!", vec!["Expert2019"]),
            ("(#a) /#b .#c,#d", vec!["a", "b", "c", "d"]),
            ("x#no _#no 9#no é#no", vec![]),
            ("＃日本語 です", vec!["日本語"]),
            ("#a#b", vec!["a"]),
            ("##twice # alone #_ #1", vec!["twice", "1"]),
            ("#हिन्दी #Größe", vec!["हिन्दी", "Größe"]),
            ("", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn same_tag_in_other_clothes() {
        let tag = Tag::new("#IchBinHanna").unwrap();
        assert_eq!(tag, Tag::new("ＩｃｈBinHanna").unwrap());
        assert_eq!(tag.as_str(), "ichbinhanna");
        assert_eq!(tag.as_written(), "IchBinHanna");
        assert_ne!(Tag::new("cafe").unwrap(), Tag::new("café").unwrap());
    }

    #[test]
    fn what_is_no_tag_says_why() {
        assert_eq!(Tag::new("#"), Err(TagError::Empty));
        assert_eq!(Tag::new("two words"), Err(TagError::Character(' ')));
        assert_eq!(Tag::new(&"x".repeat(200)), Err(TagError::Long(200)));
    }

    proptest! {
        #[test]
        fn ranges_are_sound_and_every_found_tag_reads(text in "\\PC{0,60}") {
            for range in find(&text) {
                prop_assert!(text.get(range.clone()).is_some());
                let long = written(&text, &range).chars().count() > MAX_CHARS;
                prop_assert!(long || Tag::new(written(&text, &range)).is_ok());
            }
        }
    }
}
