//! Lists of words as files: one word or phrase a line, in sections by how grave they are.

use std::sync::Arc;

use super::lexicon::{PatternError, check};
use crate::post::Standing;

/// How grave it is that an entry stands in a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A person has to decide.
    Hold,
    /// It is not shown.
    Hide,
    /// It is not shown, and masked where staff read it.
    Mask,
}

impl Severity {
    /// Where it puts a post.
    pub fn standing(self) -> Standing {
        match self {
            Self::Hold => Standing::Held,
            Self::Hide | Self::Mask => Standing::Hidden,
        }
    }
}

/// What stands in a section of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Words to look for.
    Bad(Severity),
    /// Words that are allowed, whatever entry they contain.
    Allow,
    /// Words that look like an entry with two letters swapped or one missing, and mean something else. A list that names
    /// some is looked for with such slips as well.
    Ordinary,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As written.
    pub text: Arc<str>,
    /// What its section says of it.
    pub section: Section,
    /// The name of its list.
    pub list: Arc<str>,
}

/// What is wrong with a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct ListError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Reads a list. Lines that begin with `#` say something to people; `[hold]`, `[hide]`, `[mask]`, `[allow]` and
/// `[ordinary]` say what holds for the lines below, which before the first of them is `hide`.
pub fn parse(text: &str, name: &str) -> Result<Vec<Listed>, ListError> {
    let list: Arc<str> = name.into();
    let mut current = Section::Bad(Severity::Hide);
    let mut entries = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let entry = line.trim();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let wrong = |column: usize, message: String| ListError {
            line: at + 1,
            column: indent + column,
            message,
        };
        if let Some(section) = entry.strip_prefix('[') {
            current = match section {
                "hold]" => Section::Bad(Severity::Hold),
                "hide]" => Section::Bad(Severity::Hide),
                "mask]" => Section::Bad(Severity::Mask),
                "allow]" => Section::Allow,
                "ordinary]" => Section::Ordinary,
                _ => {
                    return Err(wrong(
                        1,
                        format!(
                            "there is no section {entry}; write [hold], [hide], [mask], [allow] or [ordinary]"
                        ),
                    ));
                }
            };
            continue;
        }
        check(entry).map_err(|PatternError { column, message }| wrong(column, message))?;
        entries.push(Listed {
            text: entry.into(),
            section: current,
            list: list.clone(),
        });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_say_how_grave_an_entry_is() {
        let text = "\u{feff}# words\nfoo\n\n[hold]\n  two words \r\n*bar*\n[mask]\nbaz\n[allow]\nbarn\n[ordinary]\nbarm\n";
        let read: Vec<(String, Section)> = parse(text, "x")
            .unwrap()
            .iter()
            .map(|entry| (entry.text.to_string(), entry.section))
            .collect();
        assert_eq!(
            read,
            [
                ("foo".to_owned(), Section::Bad(Severity::Hide)),
                ("two words".to_owned(), Section::Bad(Severity::Hold)),
                ("*bar*".to_owned(), Section::Bad(Severity::Hold)),
                ("baz".to_owned(), Section::Bad(Severity::Mask)),
                ("barn".to_owned(), Section::Allow),
                ("barm".to_owned(), Section::Ordinary),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, said) in [
            (
                "fine\n [hiden]",
                "2:2: there is no section [hiden]; write [hold], [hide], [mask], [allow] or [ordinary]",
            ),
            (
                "a\nb\n  c*t",
                "3:4: a * stands before or after a word only; for more write a regular expression such as /c.t/",
            ),
            ("/a(b/", "1:3: not a regular expression: unclosed group"),
            (
                "*",
                "1:1: a * alone would stand for every word; write a word beside it",
            ),
        ] {
            assert_eq!(parse(text, "x").unwrap_err().to_string(), said, "{text:?}");
        }
    }
}
