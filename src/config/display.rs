//! `[walls.display]`: how a wall looks, and the same keys over the API.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// A set of colours and shapes; every one keeps text at a contrast of 7:1 or more.
    #[derive(Default)]
    pub enum Theme is "a theme" {
        /// Deep blue, warm white, amber: for dark rooms.
        #[default]
        Midnight = "midnight",
        /// Paper, ink, pine: for bright foyers.
        Daylight = "daylight",
        /// Two-colour print, square.
        Press = "press",
        /// Soft green, plum, round.
        Meadow = "meadow",
        /// Black, white, yellow, outlined: the most legible.
        Signal = "signal",
    }
}

/// How a wall looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DisplaySettings {
    /// Colours and shapes.
    pub theme: Theme,
    /// Whether the wall says where the hashtag stands in a source's own list of trends.
    pub source_trends: bool,
}

impl Default for DisplaySettings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            source_trends: true,
        }
    }
}
