//! What validation says: which key, what is wrong with it, what to write instead.

use std::fmt;

/// One thing that is wrong with a section of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The key, seen from its section: `delay`, `block_words[3]`, `max_per_author.per`.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Invalid {
    /// Names a key and says what is wrong with it.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}
