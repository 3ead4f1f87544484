//! Points in time as people write them: TOML datetimes or texts, with or without an offset.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Error, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, which a wall's time zone completes where no offset was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `2019-11-06T09:00:00Z`, or another offset.
    Fixed(Timestamp),
    /// `2019-11-06T09:00:00` or `2019-11-06` (its midnight), by the clocks at the wall.
    Local(DateTime),
}

impl Moment {
    /// The same moment everywhere. Where clocks go back the earlier of two is taken; where they skip it, the later.
    pub fn at(self, zone: &TimeZone) -> Result<Timestamp, Error> {
        match self {
            Self::Fixed(timestamp) => Ok(timestamp),
            Self::Local(local) => zone.to_timestamp(local),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse()
            .map(Self::Fixed)
            .or_else(|_| text.parse().map(Self::Local))
            .or_else(|_| text.parse::<Date>().map(|date| Self::Local(date.into())))
            .ok()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(timestamp) => serializer.collect_str(timestamp),
            Self::Local(local) => serializer.collect_str(local),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> de::Visitor<'de> for Text {
            type Value = Moment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as 2019-11-06T09:00:00Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                Moment::parse(text).ok_or_else(|| {
                    E::custom(format!(
                        "{text:?} is not a time; write it like 2019-11-06T09:00:00Z, or 2019-11-06T09:00:00 in the wall's time zone"
                    ))
                })
            }

            // TOML's own datetimes come as a table of one text.
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Moment, A::Error> {
                match map.next_entry::<de::IgnoredAny, String>()? {
                    Some((_, text)) => self.visit_str(&text),
                    None => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
                }
            }
        }

        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        at: Moment,
    }

    fn london(toml: &str) -> String {
        let file: File = toml::from_str(&format!("at = {toml}")).unwrap();
        let zone = TimeZone::get("Europe/London").unwrap();
        file.at.at(&zone).unwrap().to_string()
    }

    #[test]
    fn datetimes_and_texts_are_the_same() {
        for (toml, expected) in [
            ("2019-11-06T00:00:00Z", "2019-11-06T00:00:00Z"),
            ("\"2019-11-06T00:00:00Z\"", "2019-11-06T00:00:00Z"),
            ("2019-11-06T00:00:00+01:00", "2019-11-05T23:00:00Z"),
            ("2019-11-06 00:00:00Z", "2019-11-06T00:00:00Z"),
            ("2019-07-06T09:30:00", "2019-07-06T08:30:00Z"),
            ("2019-07-06", "2019-07-05T23:00:00Z"),
            ("\"2019-07-06\"", "2019-07-05T23:00:00Z"),
            // Clocks go back at 02:00 and forward at 01:00.
            ("2019-10-27T01:30:00", "2019-10-27T00:30:00Z"),
            ("2019-03-31T01:30:00", "2019-03-31T01:30:00Z"),
        ] {
            assert_eq!(london(toml), expected, "{toml}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for toml in ["\"tomorrow\"", "12:30:00", "5", "{}", "{ a = 5 }"] {
            assert!(
                toml::from_str::<File>(&format!("at = {toml}")).is_err(),
                "{toml}"
            );
        }
    }
}
