//! `[media]`: pictures of posts, which the service fetches, checks and keeps for the screens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use crate::invalid::Invalid;

/// Least room in which storing pictures makes sense.
const LEAST: u64 = 16_000_000;

/// `[media]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaSettings {
    /// Room on the disk for pictures; nothing switches storing off.
    pub cache: Size,
}

impl Default for MediaSettings {
    fn default() -> Self {
        Self {
            cache: Size(512_000_000),
        }
    }
}

impl MediaSettings {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Vec<Invalid> {
        let mut found = Vec::new();
        if (1..LEAST).contains(&self.cache.0) {
            found.push(Invalid::new(
                "cache",
                format!(
                    "{} is too little to be of use; write \"{}\" or more, or \"0\" to store no pictures",
                    self.cache,
                    Size(LEAST)
                ),
            ));
        }
        found
    }
}

/// An amount of bytes in settings: `512MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Size(pub u64);

/// The units, largest first.
const UNITS: [(&str, u64); 4] = [
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
];

/// A text that is no amount of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a size; write a whole number and KB, MB, GB or TB, such as \"512MB\", or \"0\""
)]
pub struct SizeError(String);

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let error = || SizeError(text.to_owned());
        let trimmed = text.trim();
        if trimmed == "0" {
            return Ok(Self(0));
        }
        let digits = trimmed
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(digits);
        let (_, bytes) = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit.trim_start()))
            .ok_or_else(error)?;
        let number: u64 = number.parse().map_err(|_| error())?;
        number.checked_mul(*bytes).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Size {
    /// In the largest unit that gives a whole number, so that it reads back as the same size.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS
            .iter()
            .find(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes));
        match unit {
            Some((name, bytes)) => write!(f, "{}{name}", self.0 / bytes),
            None => write!(f, "{}", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_people_write_them() {
        for (text, bytes) in [
            ("512MB", Some(512_000_000)),
            ("2 gb", Some(2_000_000_000)),
            ("0", Some(0)),
            ("0MB", Some(0)),
            ("512", None),
            ("MB", None),
            ("-1MB", None),
            ("1.5GB", None),
            ("99999999999999TB", None),
        ] {
            assert_eq!(text.parse().ok(), bytes.map(Size), "{text}");
        }
        assert_eq!(MediaSettings::default().cache.to_string(), "512MB");
    }
}
