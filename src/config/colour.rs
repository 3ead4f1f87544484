//! Colours as people write them, and how well one is read on another.

use std::fmt;
use std::str::FromStr;

use palette::Srgb;
use palette::color_difference::Wcag21RelativeContrast;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An opaque colour: red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour(pub [u8; 3]);

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a colour; write # and six digits of 0 to 9 and a to f, such as \"#c8102e\"")]
pub struct ColourError(String);

impl Colour {
    /// White.
    pub const WHITE: Self = Self([255; 3]);
    /// Black.
    pub const BLACK: Self = Self([0; 3]);

    /// The contrast of the two by WCAG 2: 1 for the same colour, 21 for black on white.
    pub fn contrast(self, other: Self) -> f64 {
        self.srgb().relative_contrast(other.srgb())
    }

    /// In the numbers that colours are computed with.
    pub(super) fn srgb(self) -> Srgb<f64> {
        Srgb::from(self.0).into_format()
    }
}

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, ColourError> {
        let error = || ColourError(text.to_owned());
        let digits: Option<Vec<u8>> = text
            .trim()
            .strip_prefix('#')
            .ok_or_else(error)?
            .chars()
            .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
            .collect();
        let digits = digits.ok_or_else(error)?;
        // One digit for a part stands for two of it.
        let parts: Vec<u8> = match digits.len() {
            3 => digits.iter().map(|digit| digit * 17).collect(),
            6 => (digits.chunks_exact(2))
                .map(|pair| pair.iter().fold(0, |part, digit| part * 16 + digit))
                .collect(),
            _ => return Err(error()),
        };
        parts.try_into().map(Self).map_err(|_| error())
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Colour {
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
    fn contrast_is_that_of_wcag_2() {
        // As the contrast checkers of WebAIM and the W3C give it.
        for (one, other, expected) in [
            ("#000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.48),
            ("#c8102e", "#ffffff", 5.88),
            ("#0b1026", "#ffb454", 10.67),
            ("#123456", "#123456", 1.0),
        ] {
            let (one, other): (Colour, Colour) = (one.parse().unwrap(), other.parse().unwrap());
            let contrast = one.contrast(other);
            assert!(
                (contrast - expected).abs() < 0.05,
                "{one} {other}: {contrast}"
            );
            assert!((contrast - other.contrast(one)).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in [
            "",
            "#",
            "red",
            "c8102e",
            "#c8102",
            "#c8102e0",
            "#c8102g",
            "#ééé",
            "rgb(0,0,0)",
        ] {
            assert!(text.parse::<Colour>().is_err(), "{text}");
        }
        assert_eq!(" #FA0 ".parse::<Colour>().unwrap().to_string(), "#ffaa00");
    }

    proptest! {
        #[test]
        fn written_and_read_back_is_the_same(parts in any::<[u8; 3]>()) {
            prop_assert_eq!(Colour(parts).to_string().parse(), Ok(Colour(parts)));
        }
    }
}
