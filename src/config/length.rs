//! Lengths as people write them: `2m`, `250cm`, `80in`, `6ft`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length in a room, in whole millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Length {
    /// So many.
    pub millimetres: u32,
}

/// The units in millimetres.
const UNITS: [(&str, f64); 5] = [
    ("mm", 1.0),
    ("cm", 10.0),
    ("m", 1000.0),
    ("in", 25.4),
    ("ft", 304.8),
];
/// No room is longer, in millimetres.
const LONGEST: f64 = 1_000_000.0;

/// A text that is no length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a length; write a number and mm, cm, m, in or ft, such as \"2m\" or \"80in\""
)]
pub struct LengthError(String);

impl Length {
    /// Whole metres.
    pub const fn metres(metres: u32) -> Self {
        Self {
            millimetres: metres * 1000,
        }
    }

    /// The same in metres.
    pub fn in_metres(self) -> f64 {
        f64::from(self.millimetres) / 1000.0
    }
}

impl FromStr for Length {
    type Err = LengthError;

    fn from_str(text: &str) -> Result<Self, LengthError> {
        let error = || LengthError(text.to_owned());
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let known = |(name, _): &&(&str, f64)| *name == unit.trim_start();
        let (_, each) = UNITS.iter().find(known).ok_or_else(error)?;
        let number: f64 = number.parse().map_err(|_| error())?;
        let millimetres = (number * each).round();
        if !(0.0..=LONGEST).contains(&millimetres) {
            return Err(error());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number within bounds"
        )]
        let millimetres = millimetres as u32;
        Ok(Self { millimetres })
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}m", self.in_metres())
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_are_read() {
        for (text, millimetres) in [
            ("2m", 2000),
            ("2.5 m", 2500),
            (" 80in", 2032),
            ("6ft", 1829),
            ("250cm", 2500),
            ("15mm", 15),
        ] {
            assert_eq!(text.parse(), Ok(Length { millimetres }), "{text}");
        }
        for text in [
            "", "2", "m", "-2m", "2 km", "1e3m", "2,5m", "..m", "9999999m",
        ] {
            assert!(text.parse::<Length>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_and_read_back_is_the_same(millimetres in 0_u32..1_000_000) {
            let length = Length { millimetres };
            prop_assert_eq!(length.to_string().parse(), Ok(length));
        }
    }
}
