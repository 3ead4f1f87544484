//! Tokens: secrets that the service makes up itself.

use std::fmt;

use sha2::{Digest, Sha256};

use super::PeopleError;

/// 256 random bits as 64 hexadecimal digits. Whoever has it is let in, so it is never logged: its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What is kept of a token. Its bits are random, so a fast hash is enough, and looking it up by its hash tells
/// nothing by the time it takes.
pub(super) type TokenHash = [u8; 32];

impl Token {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bits = [0_u8; 32];
        getrandom::fill(&mut bits)?;
        let mut text = String::with_capacity(64);
        for byte in bits {
            for half in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(u32::from(half), 16));
            }
        }
        Ok(Self(text))
    }

    /// One that lies in the store as it is.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to hand over.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> TokenHash {
        hash(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The hash of what somebody hands in as a token; refused at once where it has not a token's shape.
pub(super) fn hash_of(text: &str) -> Result<TokenHash, PeopleError> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(hash(text))
    } else {
        Err(PeopleError::Refused)
    }
}

fn hash(text: &str) -> TokenHash {
    Sha256::digest(text.as_bytes()).into()
}
