//! What a picture looks like, in 64 bits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Fingerprint of what a picture looks like: pictures that look alike have fingerprints of which few bits differ. Sixteen
/// hexadecimal digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureHash(pub u64);

impl PictureHash {
    /// How many of the 64 bits differ.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is no fingerprint of a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no fingerprint of a picture: 16 hexadecimal digits")]
pub struct NoPictureHash(String);

impl FromStr for PictureHash {
    type Err = NoPictureHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = digits.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        bits.map(Self).ok_or_else(|| NoPictureHash(text.to_owned()))
    }
}

impl Serialize for PictureHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PictureHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_bit() {
        for bits in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let json = serde_json::to_string(&PictureHash(bits)).unwrap();
            assert_eq!(
                serde_json::from_str::<PictureHash>(&json).unwrap(),
                PictureHash(bits)
            );
        }
        for wrong in ["\"\"", "\"+123456789abcdef\"", "\"0123\"", "7"] {
            assert!(
                serde_json::from_str::<PictureHash>(wrong).is_err(),
                "{wrong}"
            );
        }
        assert_eq!(PictureHash(0b1011).distance(PictureHash(0b0001)), 2);
    }
}
