//! Identities: newtypes, so that a post's id is never taken for an author's.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is; ids are opaque.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

string_id! {
    /// A post's identity: `source:` and what the source itself uses everywhere
    /// (an `ActivityPub` `uri`, an at-uri, an event id), never a display address.
    PostId
}

string_id! {
    /// An author's identity: `source:` and the account's stable id at the source.
    AuthorId
}

string_id! {
    /// Where posts are written: `mastodon`, `bluesky`, `archive`, `demo`, …
    Source
}
