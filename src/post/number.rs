//! Numbers by which events name posts and authors.

use serde::{Deserialize, Serialize};

/// A post's number on its wall: 0, 1, 2, … in the order they were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostNum(pub u32);

/// An author's number on its wall, in the order of first appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorNum(pub u32);

impl PostNum {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl AuthorNum {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
