//! What is wrong with a configuration: everything, one line each, with its place.

use std::fmt;
use std::path::PathBuf;

use super::key::KeyPath;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file or the command line says something that cannot be.
    #[error("{0}")]
    Invalid(Problems),
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place that follows these bytes.
    pub(super) fn after(before: &[u8]) -> Self {
        let last = before.rsplit(|byte| *byte == b'\n').next();
        Self {
            line: before.split(|byte| *byte == b'\n').count(),
            column: String::from_utf8_lossy(last.unwrap_or_default())
                .chars()
                .count()
                + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the file; absent for the command line.
    pub at: Option<Place>,
    /// The key, where one can be told: `walls[0].feeds[1].server`.
    pub key: Option<String>,
    /// `FILE:LINE:COLUMN: KEY` or an argument.
    place: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Everything that is wrong, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    found: Vec<Problem>,
    /// Keys of which nothing more needs to be said: what follows from a mistake is not another one.
    settled: Vec<KeyPath>,
}

impl Problems {
    /// Notes what is wrong with the key at a place of `file`, unless it is settled.
    pub(super) fn at_key(
        &mut self,
        file: &str,
        at: Place,
        key: KeyPath,
        message: impl Into<String>,
    ) {
        if self.settled.iter().any(|settled| key.is_within(settled)) {
            return;
        }
        let place = if key == KeyPath::top() {
            format!("{file}:{at}")
        } else {
            format!("{file}:{at}: {key}")
        };
        let name = (key != KeyPath::top()).then(|| key.to_string());
        self.settle(key);
        self.found.push(Problem {
            at: Some(at),
            key: name,
            place,
            message: message.into(),
        });
    }

    /// Says nothing more of `key`.
    pub(super) fn settle(&mut self, key: KeyPath) {
        self.settled.push(key);
    }

    /// Notes what is wrong at a place of which no key can be told.
    pub(super) fn at_place(&mut self, file: &str, at: Place, message: impl Into<String>) {
        self.found.push(Problem {
            at: Some(at),
            key: None,
            place: format!("{file}:{at}"),
            message: message.into(),
        });
    }

    /// Notes what is wrong with an argument of the command line.
    pub(super) fn at_argument(&mut self, argument: &str, message: impl Into<String>) {
        self.found.push(Problem {
            at: None,
            key: None,
            place: argument.to_owned(),
            message: message.into(),
        });
    }

    /// Notes what is wrong with a key of what was asked for, where there is no file.
    pub(super) fn at_asked(&mut self, key: String, message: impl Into<String>) {
        self.found.push(Problem {
            at: None,
            place: key.clone(),
            key: Some(key),
            message: message.into(),
        });
    }

    /// Gives `value` if nothing is wrong.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, ConfigError> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|problem| problem.at);
        Err(ConfigError::Invalid(self))
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Each thing that is wrong.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.found.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.found.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}
