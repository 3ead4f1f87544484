//! `[[walls]]`: one wall, what it asks for and how it is kept.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::display::DisplaySettings;
use super::feed::{FeedConfig, FeedTable};
use super::moment::Moment;
use super::session::{Session, SessionTable};
use super::theme::OwnThemes;
use super::written::without_secrets;
use crate::duration::Span;
use crate::feed::{FeedName, FeedSettings};
use crate::invalid::Invalid;
use crate::moderation::ModerationSettings;
use crate::text::fold::fold_accents;
use crate::text::{Query, Tag};
use crate::words::nearest;

/// Longest id of a wall.
const MAX_ID_CHARS: usize = 64;
/// Longest title, in characters: it has to fit a screen.
const MAX_TITLE_CHARS: usize = 200;
/// How long texts and names are kept after the event where nothing else is said.
pub const RETENTION: Span = Span(std::time::Duration::from_hours(90 * 24));
/// What is said of an end that is not behind its beginning.
pub(super) const NOT_AFTER: &str = "is not after `from`; write a later time, or exchange the two";

/// A wall's id: it stands in every address and names the wall's file. `[a-z0-9-]`, 1 to 64 of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct WallId(Arc<str>);

/// A text that is no id of a wall.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id; write 1 to 64 of a to z, 0 to 9 and -, such as \"expert2019\"")]
pub struct WallIdError(String);

impl WallId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a wall that the command line makes: the tag folded to `[a-z0-9-]`, or `wall` where nothing is left.
    pub fn from_tag(tag: Option<&str>) -> Self {
        let folded: String = fold_accents(tag.unwrap_or_default())
            .chars()
            .map(|c| if c == '_' { '-' } else { c })
            .filter(|c| is_id_char(*c))
            .take(MAX_ID_CHARS)
            .collect();
        match folded.trim_matches('-') {
            "" => Self("wall".into()),
            id => Self(id.into()),
        }
    }
}

impl FromStr for WallId {
    type Err = WallIdError;

    fn from_str(text: &str) -> Result<Self, WallIdError> {
        if (1..=MAX_ID_CHARS).contains(&text.len()) && text.chars().all(is_id_char) {
            Ok(Self(text.into()))
        } else {
            Err(WallIdError(text.to_owned()))
        }
    }
}

impl<'de> Deserialize<'de> for WallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl fmt::Display for WallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// One wall as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct WallConfig {
    /// Stands in every address.
    pub id: WallId,
    /// Stands on the wall.
    pub title: String,
    /// Any of these, as written and without their mark, for display.
    pub hashtags: Vec<String>,
    /// The same with what else is asked for, for comparing.
    pub query: Query,
    /// The clocks at the event.
    pub timezone: TimeZone,
    /// When the event begins; before it a post is kept, not counted.
    pub from: Option<Timestamp>,
    /// When it ends, exclusive.
    pub to: Option<Timestamp>,
    /// How long texts and names are kept after the event; counts stay.
    pub retention: Span,
    /// Where posts come from.
    pub feeds: Vec<FeedConfig>,
    /// What the rules are set to.
    pub moderation: ModerationSettings,
    /// How it looks.
    pub display: DisplaySettings,
    /// The themes that lie beside the file.
    pub themes: OwnThemes,
    /// The agenda.
    pub sessions: Vec<Session>,
    /// Its feeds as they are written, without what is secret in them.
    pub written: Vec<toml::Table>,
}

impl WallConfig {
    /// A wall of the command line: all defaults, under the first of `hashtags`.
    pub(super) fn from_tags(hashtags: Vec<String>, any: Vec<Tag>) -> Self {
        let first = hashtags.first().map(String::as_str);
        Self {
            id: WallId::from_tag(first),
            title: first.map_or_else(|| "Wall".to_owned(), |tag| format!("#{tag}")),
            hashtags,
            query: Query {
                any,
                ..Query::default()
            },
            timezone: TimeZone::UTC,
            from: None,
            to: None,
            retention: RETENTION,
            feeds: Vec::new(),
            moderation: ModerationSettings::default(),
            display: DisplaySettings::default(),
            themes: OwnThemes::new(),
            sessions: Vec::new(),
            written: Vec::new(),
        }
    }
}

/// `[[walls]]` as written, its feeds left aside: each is read by its kind.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WallTable {
    id: Option<WallId>,
    title: Option<String>,
    hashtags: Vec<String>,
    all: Vec<String>,
    none: Vec<String>,
    timezone: Option<String>,
    from: Option<Moment>,
    to: Option<Moment>,
    retention: Option<Span>,
    // To be written again; each feed is read by its kind.
    feeds: Vec<toml::Table>,
    moderation: ModerationSettings,
    display: DisplaySettings,
    sessions: Vec<SessionTable>,
}

impl WallTable {
    /// Checks it; what is wrong goes to `found`, and a wall with defaults in those places goes on, so that walls and feeds
    /// are still told apart.
    pub(super) fn validate(
        self,
        feeds: Vec<(usize, FeedSettings, FeedTable)>,
        found: &mut Vec<Invalid>,
    ) -> WallConfig {
        let id = self.id.unwrap_or_else(|| {
            found.push(Invalid::new(
                "id",
                "is missing; write a short name such as \"expert2019\"",
            ));
            WallId::from_tag(None)
        });
        let query = Query {
            any: tags("hashtags", &self.hashtags, found),
            all: tags("all", &self.all, found),
            none: tags("none", &self.none, found),
        };
        let hashtags: Vec<String> = self.hashtags.iter().map(|tag| bare(tag)).collect();
        let title = self.title.unwrap_or_else(|| {
            let first = hashtags
                .first()
                .cloned()
                .or_else(|| self.all.first().map(|tag| bare(tag)));
            first.map_or_else(|| id.to_string(), |tag| format!("#{tag}"))
        });
        check_title(&title, found);
        let timezone = zone(self.timezone.as_deref(), found);
        let from = self
            .from
            .and_then(|from| resolve("from", from, &timezone, found));
        let to = self.to.and_then(|to| resolve("to", to, &timezone, found));
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            found.push(Invalid::new("to", NOT_AFTER));
        }
        found.extend(below("moderation", self.moderation.validate()));
        let mut sessions = Vec::new();
        for (index, table) in self.sessions.into_iter().enumerate() {
            match table.validate(&timezone) {
                Ok(session) => sessions.push(session),
                Err(invalid) => found.extend(below(&format!("sessions[{index}]"), invalid)),
            }
        }
        found.extend(below("display", self.display.validate(&sessions)));
        let feeds = feeds_of(feeds, &query, found);
        WallConfig {
            id,
            title: title.trim().to_owned(),
            hashtags,
            query,
            timezone,
            from,
            to,
            retention: self.retention.unwrap_or(RETENTION),
            feeds,
            moderation: self.moderation,
            display: self.display,
            themes: OwnThemes::new(),
            sessions,
            written: self.feeds.iter().map(without_secrets).collect(),
        }
    }
}

/// A tag as written, without its mark.
pub(super) fn bare(tag: &str) -> String {
    tag.trim().trim_start_matches(['#', '＃']).to_owned()
}

/// A moment by the wall's clocks.
pub(super) fn resolve(
    key: &str,
    moment: Moment,
    zone: &TimeZone,
    found: &mut Vec<Invalid>,
) -> Option<Timestamp> {
    moment
        .at(zone)
        .map_err(|error| found.push(Invalid::new(key, format!("is no time there: {error}"))))
        .ok()
}

fn below(section: &str, found: Vec<Invalid>) -> impl Iterator<Item = Invalid> {
    found
        .into_iter()
        .map(move |invalid| Invalid::new(format!("{section}.{}", invalid.key), invalid.message))
}

/// Joins what each feed was told, and finds those that are there twice.
fn feeds_of(
    written: Vec<(usize, FeedSettings, FeedTable)>,
    query: &Query,
    found: &mut Vec<Invalid>,
) -> Vec<FeedConfig> {
    let mut feeds = Vec::new();
    let mut names: Vec<(usize, FeedName)> = Vec::new();
    for (index, settings, table) in written {
        let mut wrong = Vec::new();
        let feed = table.validate(settings, query, &mut wrong);
        found.extend(below(&format!("feeds[{index}]"), wrong));
        let name = feed.name();
        if let Some((first, _)) = names.iter().find(|(_, other)| *other == name) {
            found.push(Invalid::new(
                format!("feeds[{index}]"),
                format!("is the same as feeds[{first}]; leave one out"),
            ));
        } else {
            names.push((index, name));
            feeds.push(feed);
        }
    }
    feeds
}

pub(super) fn tags(key: &str, written: &[String], found: &mut Vec<Invalid>) -> Vec<Tag> {
    let mut tags = Vec::new();
    for (index, text) in written.iter().enumerate() {
        match Tag::new(text) {
            Ok(tag) => tags.push(tag),
            Err(error) => found.push(Invalid::new(format!("{key}[{index}]"), error.to_string())),
        }
    }
    tags
}

fn check_title(title: &str, found: &mut Vec<Invalid>) {
    let chars = title.chars().count();
    if title.trim().is_empty() {
        found.push(Invalid::new(
            "title",
            "is empty; write one, or leave the key out",
        ));
    } else if chars > MAX_TITLE_CHARS || title.chars().any(char::is_control) {
        found.push(Invalid::new(
            "title",
            format!("{chars} characters; write one line of at most {MAX_TITLE_CHARS}"),
        ));
    }
}

fn zone(name: Option<&str>, found: &mut Vec<Invalid>) -> TimeZone {
    let Some(name) = name else {
        return TimeZone::UTC;
    };
    TimeZone::get(name).unwrap_or_else(|_| {
        let names: Vec<String> = jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect();
        let instead = match nearest(name, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => "write an IANA name such as \"Europe/London\" or \"UTC\"".to_owned(),
        };
        found.push(Invalid::new(
            "timezone",
            format!("{name:?} is not a time zone; {instead}"),
        ));
        TimeZone::UTC
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_becomes_an_id() {
        for (tag, expected) in [
            (Some("IchBinHanna"), "ichbinhanna"),
            (Some("Größe_2024"), "grosse-2024"),
            (Some("日本語2020"), "2020"),
            (Some("日本語"), "wall"),
            (Some("_a_"), "a"),
            (None, "wall"),
        ] {
            assert_eq!(WallId::from_tag(tag).as_str(), expected);
        }
        assert_eq!(WallId::from_tag(Some(&"x".repeat(150))).as_str().len(), 64);
    }

    #[test]
    fn ids_are_short_and_plain() {
        for text in ["", "Expert", "a b", "a/b", "..", "é", &"x".repeat(65)] {
            assert!(text.parse::<WallId>().is_err(), "{text}");
        }
        assert_eq!(
            "expert-2019".parse::<WallId>().unwrap().to_string(),
            "expert-2019"
        );
    }
}
