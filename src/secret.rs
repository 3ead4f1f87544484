//! Values that are never printed, logged or served.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// A secret as the configuration names it: the value itself, an environment variable or a file.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a string, { env = \"NAME\" } or { file = \"PATH\" }"
)]
pub enum Secret {
    /// Written in the file.
    Plain(String),
    /// In an environment variable.
    Env {
        /// Its name.
        env: String,
    },
    /// In a file, whose last line break is left out.
    File {
        /// Its path.
        file: PathBuf,
    },
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set or not text.
    #[error("the environment variable {0} is not set; set it, or leave the key out")]
    Env(String),
    /// The file cannot be read.
    #[error("the file {} cannot be read: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Secret {
    /// Looks the value up.
    pub fn reveal(&self) -> Result<String, SecretError> {
        match self {
            Self::Plain(value) => Ok(value.clone()),
            Self::Env { env } => std::env::var(env).map_err(|_| SecretError::Env(env.clone())),
            Self::File { file } => std::fs::read_to_string(file)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|source| SecretError::File {
                    path: file.clone(),
                    source,
                }),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Secret(…)"),
            Self::Env { env } => write!(f, "Secret(env {env})"),
            Self::File { file } => write!(f, "Secret(file {})", file.display()),
        }
    }
}
