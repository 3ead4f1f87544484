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

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, from 1; absent for the command line.
    pub line: Option<usize>,
    /// `FILE:LINE: KEY` or an argument.
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
    /// Notes what is wrong with the key at `line` of `file`, unless it is settled.
    pub(super) fn at_key(
        &mut self,
        file: &str,
        line: usize,
        key: KeyPath,
        message: impl Into<String>,
    ) {
        if self.settled.iter().any(|settled| key.is_within(settled)) {
            return;
        }
        let place = if key == KeyPath::top() {
            format!("{file}:{line}")
        } else {
            format!("{file}:{line}: {key}")
        };
        self.settle(key);
        self.found.push(Problem {
            line: Some(line),
            place,
            message: message.into(),
        });
    }

    /// Says nothing more of `key`.
    pub(super) fn settle(&mut self, key: KeyPath) {
        self.settled.push(key);
    }

    /// Notes what is wrong at a line of which no key can be told.
    pub(super) fn at_line(&mut self, file: &str, line: usize, message: impl Into<String>) {
        self.found.push(Problem {
            line: Some(line),
            place: format!("{file}:{line}"),
            message: message.into(),
        });
    }

    /// Notes what is wrong with an argument of the command line.
    pub(super) fn at_argument(&mut self, argument: &str, message: impl Into<String>) {
        self.found.push(Problem {
            line: None,
            place: argument.to_owned(),
            message: message.into(),
        });
    }

    /// Gives `value` if nothing is wrong.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, ConfigError> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|problem| problem.line);
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
