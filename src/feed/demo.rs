//! To be written.

use serde::Deserialize;

use super::{Feed, FeedContext, FeedError};

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

impl Settings {
    /// Reads the target of `--feed KIND=TARGET`.
    pub fn from_target(_target: &str) -> Result<Self, String> {
        Ok(Self {})
    }

    /// What it reads, for its name.
    pub fn target(&self) -> String {
        String::new()
    }

    /// Checks the settings.
    pub fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Makes the feed.
pub fn build(_settings: &Settings, _context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    Err(FeedError::Misconfigured("not written yet".to_owned()))
}
