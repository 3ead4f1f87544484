//! How an entry of a list is written: a word or phrase, `cat*`, `*cat`, `*cat*`, or a regular expression `/…/`.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::scan;
use crate::text::reading::readings;

/// Largest compiled regular expression, in bytes; a hundred words with Unicode classes fit.
const REGEX_BYTES: usize = 256 << 10;
/// Deepest nesting of a regular expression.
const REGEX_DEPTH: u32 = 24;
/// Shortest word that may be looked for within others, in characters: a single letter stands in every post.
const LEAST_WITHIN: usize = 2;

/// An entry, understood.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// Whole words one after the other, folded.
    Words(Vec<Box<str>>),
    /// A word that may be part of another, folded.
    Within {
        /// The part that is looked for.
        part: Box<str>,
        /// Whether more may stand before it.
        before: bool,
        /// Whether more may stand after it.
        after: bool,
    },
    /// Emoji and other symbols, as they are.
    Symbols(Box<str>),
    /// A regular expression over the original text.
    Regex(Box<Regex>),
}

/// Why an entry cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::moderation) struct PatternError {
    /// Where in the entry, in characters from 1.
    pub(in crate::moderation) column: usize,
    /// What is wrong, and what to write instead.
    pub(in crate::moderation) message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (column {})", self.message, self.column)
    }
}

impl Pattern {
    /// Understands an entry; `None` if there is nothing in it to look for.
    pub(super) fn parse(entry: &str) -> Result<Option<Self>, PatternError> {
        let entry = entry.trim();
        if let Some(expression) = entry
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
        {
            return regex(expression).map(|regex| Some(Self::Regex(Box::new(regex))));
        }
        let bare = entry.trim_start_matches('*');
        let before = bare.len() < entry.len();
        let core = bare.trim_end_matches('*');
        let after = core.len() < bare.len();
        let wrong = |at: usize, message: &str| PatternError {
            column: entry.get(..at).unwrap_or(entry).chars().count() + 1,
            message: message.to_owned(),
        };
        if let Some(star) = core.find('*') {
            return Err(wrong(
                entry.len() - bare.len() + star,
                "a * stands before or after a word only; for more write a regular expression such as /c.t/",
            ));
        }
        let words = words(core);
        match words.as_slice() {
            [] if core.chars().any(|c| !c.is_ascii() && !c.is_whitespace()) => {
                Ok(Some(Self::Symbols(core.into())))
            }
            [] if before || after => Err(wrong(
                0,
                "a * alone would stand for every word; write a word beside it",
            )),
            [] => Ok(None),
            [_] if before || after => {
                if core.chars().count() < LEAST_WITHIN {
                    return Err(wrong(
                        0,
                        "a single letter with a * stands in every post; write a longer word",
                    ));
                }
                let part = words.into_iter().next().unwrap_or_default();
                Ok(Some(Self::Within {
                    part,
                    before,
                    after,
                }))
            }
            [word] if scan::is_unspaced(word) => Ok(Some(Self::Within {
                part: word.clone(),
                before: true,
                after: true,
            })),
            _ if before || after => Err(wrong(
                0,
                "a * stands before or after a single word; write the phrase without it",
            )),
            _ => Ok(Some(Self::Words(words))),
        }
    }
}

/// The folded words of an entry.
fn words(entry: &str) -> Vec<Box<str>> {
    readings(entry, &[])
        .first()
        .map(|reading| {
            let words = scan::words(reading.as_str());
            words.map(|range| reading.as_str()[range].into()).collect()
        })
        .unwrap_or_default()
}

fn regex(expression: &str) -> Result<Regex, PatternError> {
    let wrong = |column: usize, message: String| PatternError {
        // The slash stands before it.
        column: column + 1,
        message,
    };
    let parsed = regex_syntax::ParserBuilder::new()
        .nest_limit(REGEX_DEPTH)
        .build()
        .parse(expression);
    if let Err(error) = parsed {
        let (column, said) = match &error {
            regex_syntax::Error::Parse(error) => {
                (error.span().start.column, error.kind().to_string())
            }
            regex_syntax::Error::Translate(error) => {
                (error.span().start.column, error.kind().to_string())
            }
            other => (1, other.to_string()),
        };
        return Err(wrong(column, format!("not a regular expression: {said}")));
    }
    let regex = RegexBuilder::new(expression)
        .case_insensitive(true)
        .nest_limit(REGEX_DEPTH)
        .size_limit(REGEX_BYTES)
        .build()
        .map_err(|_| {
            wrong(
                1,
                "the regular expression grows too large; write shorter repetitions".to_owned(),
            )
        })?;
    if regex.is_match("") {
        return Err(wrong(
            1,
            "the regular expression matches an empty text, and so every post".to_owned(),
        ));
    }
    Ok(regex)
}
