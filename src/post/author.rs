//! Who wrote a post.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AuthorId, null_as_default};

/// An account as it was when the post was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Author {
    /// Stable identity.
    pub id: AuthorId,
    /// The same person's ids elsewhere, where the bridge's own address says so and nobody else can.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub same_as: Vec<AuthorId>,
    /// Full handle, `@name@server` where the source has servers.
    #[serde(default, deserialize_with = "null_as_default")]
    pub handle: String,
    /// Display name; empty where the person gave none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Picture's address.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Profile page.
    #[serde(default)]
    pub url: Option<String>,
    /// Followers, where the source tells.
    #[serde(default)]
    pub followers: Option<u64>,
    /// Says of itself that it is automated.
    #[serde(default, deserialize_with = "null_as_default")]
    pub bot: bool,
    /// When the account was made, where the source tells.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// `Some(false)`: the person does not want posts found later. They are shown live, their text is
    /// kept only until the event ends, and they are never quoted in a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexable: Option<bool>,
    /// `Some(false)`: the person does not want to be recommended to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discoverable: Option<bool>,
}
