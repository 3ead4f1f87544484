//! How sure somebody is, from 0 to 1.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A score from 0 to 1, in thousandths; written as a number such as 0.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u16);

impl Score {
    /// The score, where it is one.
    pub fn new(value: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&value) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 0 and 1000"
        )]
        let thousandths = (value * 1000.0).round() as u16;
        Some(Self(thousandths))
    }

    /// From 0 to 1.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::new(value)
            .ok_or_else(|| de::Error::custom(format!("{value} is no score; write 0 to 1")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_lies_between_none_and_all() {
        assert_eq!(serde_json::to_string(&Score::new(0.8)).unwrap(), "0.8");
        assert_eq!(serde_json::from_str::<Score>("1").ok(), Score::new(1.0));
        for wrong in ["-0.1", "7", "1.001", "\"x\""] {
            assert!(serde_json::from_str::<Score>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Score::new(f64::NAN), None);
    }
}
