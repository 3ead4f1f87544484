//! Lengths of time as people write them: `500ms`, `10s`, `1m`, `12h`, `1d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time in settings. Whole milliseconds: a finer part is left out where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span(pub Duration);

/// The units, longest first, in milliseconds. A day is 24 hours.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// A text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a length of time; write a whole number and ms, s, m, h or d, such as \"10s\" or \"1m\""
)]
pub struct SpanError(String);

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let error = || SpanError(text.to_owned());
        let trimmed = text.trim();
        let digits = trimmed
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(digits);
        let (_, millis) = UNITS
            .iter()
            .find(|(name, _)| *name == unit.trim_start())
            .ok_or_else(error)?;
        let number: u64 = number.parse().map_err(|_| error())?;
        let total = number.checked_mul(*millis).ok_or_else(error)?;
        Ok(Self(Duration::from_millis(total)))
    }
}

impl fmt::Display for Span {
    /// In the longest unit that gives a whole number, so that it reads back as the same length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if millis == 0 {
            return f.write_str("0s");
        }
        let (unit, length) = UNITS
            .iter()
            .find(|(_, length)| millis.is_multiple_of(*length))
            .unwrap_or(&("ms", 1));
        write!(f, "{}{unit}", millis / length)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time such as \"10s\" or \"1m\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_are_read() {
        for (text, millis) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("1m", 60_000),
            (" 2 h ", 7_200_000),
            ("1d", 86_400_000),
            ("0s", 0),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0, Duration::from_millis(millis), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in [
            "",
            "10",
            "s",
            "-1s",
            "1.5s",
            "1w",
            "1m30s",
            "99999999999999999999d",
            "300000000000d",
            "１s",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        let error = "10".parse::<Span>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"10\" is not a length of time; write a whole number and ms, s, m, h or d, such as \"10s\" or \"1m\""
        );
    }

    #[test]
    fn json_is_the_text() {
        let span: Span = serde_json::from_str("\"90s\"").unwrap();
        assert_eq!(serde_json::to_string(&span).unwrap(), "\"90s\"");
        assert!(serde_json::from_str::<Span>("10").is_err());
    }

    proptest! {
        #[test]
        fn written_and_read_back_is_the_same(millis in 0_u64..=u64::MAX) {
            let span = Span(Duration::from_millis(millis));
            prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
    }
}
