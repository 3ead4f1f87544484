//! `[journal]`: where what happens is stored.

use serde::{Deserialize, Deserializer, de};

use crate::invalid::Invalid;
use crate::words::words;

words! {
    /// What stores the journal.
    #[derive(Default)]
    pub enum JournalKind is "a kind of journal" {
        /// One SQLite file per wall in the data folder.
        #[default]
        Sqlite = "sqlite",
    }
}

/// `[journal]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalSettings {
    /// What stores the journal.
    #[serde(deserialize_with = "kind")]
    pub kind: JournalKind,
    /// Servers of kind `jetstream`, which this version does not have.
    pub url: Option<String>,
    /// Copies that kind `jetstream` keeps.
    pub replicas: Option<u32>,
}

impl JournalSettings {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Vec<Invalid> {
        [
            ("url", self.url.is_some()),
            ("replicas", self.replicas.is_some()),
        ]
        .into_iter()
        .filter(|(_, set)| *set)
        .map(|(key, _)| {
            Invalid::new(
                key,
                "belongs to kind \"jetstream\", which this version does not have yet; leave it out",
            )
        })
        .collect()
    }
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JournalKind, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "jetstream" {
        return Err(de::Error::custom(
            "this version does not have \"jetstream\" yet; write \"sqlite\"",
        ));
    }
    text.parse().map_err(de::Error::custom)
}
