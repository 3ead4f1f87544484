//! Where a post stands on the wall.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the public may see of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// On the wall.
    Shown,
    /// Waits for a person, or for its delay to run out.
    Held,
    /// Kept off by a person, a rule or a display setting.
    Hidden,
    /// Deleted at the source, or erased.
    Deleted,
}

impl Standing {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Held => "held",
            Self::Hidden => "hidden",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
