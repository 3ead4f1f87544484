//! The programme: which scene is on, for how long, and when.

use std::fmt;
use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::session::Session;
use crate::duration::Span;
use crate::invalid::Invalid;
use crate::words::{list, nearest, not_one_of, words};

words! {
    /// What a screen can play.
    #[derive(Default)]
    pub enum SceneName is "a scene" {
        /// Several posts, new ones in place.
        #[default]
        Grid = "grid",
        /// One post, large.
        Spotlight = "spotlight",
        /// One column per hashtag, source or session.
        Columns = "columns",
        /// Pictures.
        Photos = "photos",
        /// A strip for the lower third.
        Ticker = "ticker",
        /// What was counted.
        Stats = "stats",
        /// Words by how often they are used.
        Cloud = "cloud",
        /// Now and next.
        Agenda = "agenda",
        /// How to post.
        Invite = "invite",
        /// Words of the organiser.
        Announcement = "announcement",
        /// How long it is until something.
        Countdown = "countdown",
        /// Who paid.
        Sponsors = "sponsors",
        /// The title alone.
        Title = "title",
    }
}

/// Conditions that are one word.
const STATES: [(&str, When); 6] = [
    ("pinned", When::Pinned),
    ("highlighted", When::Highlighted),
    ("quiet", When::Quiet),
    ("busy", When::Busy),
    ("session", When::Session),
    ("break", When::Break),
];
/// How long an entry plays where nothing is said.
const USUAL: Span = Span(Duration::from_mins(1));
/// A scene that is on for less cannot be read, one that is on for longer needs no programme.
const SHORTEST: Span = Span(Duration::from_secs(5));
const LONGEST: Span = Span(Duration::from_hours(24));
/// Most entries of a programme.
pub const MOST_ENTRIES: usize = 50;
/// Longest name of a screen, in characters.
pub const LONGEST_NAME: usize = 64;

/// When an entry plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// While pinned posts exist.
    Pinned,
    /// While highlighted ones exist.
    Highlighted,
    /// When there were fewer than 5 posts in 10 minutes.
    Quiet,
    /// When there were more.
    Busy,
    /// While a session of the agenda runs.
    Session,
    /// While none runs.
    Break,
    /// While the session of that title runs.
    During(String),
    /// When there were fewer posts in that time.
    Fewer {
        /// Than so many.
        posts: u32,
        /// In so many seconds.
        seconds: u32,
    },
}

impl When {
    fn expected() -> String {
        let words: Vec<String> = STATES.iter().map(|(word, _)| format!("{word:?}")).collect();
        format!(
            "{}, {{ session = \"its title\" }} or {{ fewer = {{ posts = 5, seconds = 600 }} }}",
            words.join(", ")
        )
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::During(title) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("session", title)?;
                map.end()
            }
            Self::Fewer { posts, seconds } => {
                let mut map = serializer.serialize_map(Some(1))?;
                let fewer = Fewer {
                    posts: *posts,
                    seconds: *seconds,
                };
                map.serialize_entry("fewer", &fewer)?;
                map.end()
            }
            state => {
                let word = STATES.iter().find(|(_, known)| known == state);
                serializer.serialize_str(word.map_or("", |(word, _)| word))
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fewer {
    posts: u32,
    seconds: u32,
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> de::Visitor<'de> for Written {
            type Value = When;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&When::expected())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<When, E> {
                let known = STATES.iter().find(|(word, _)| *word == text);
                known.map(|(_, when)| when.clone()).ok_or_else(|| {
                    E::custom(format!(
                        "{text:?} is not a condition; write {}",
                        When::expected()
                    ))
                })
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<When, A::Error> {
                let wrong = || {
                    de::Error::custom(format!("this is no condition; write {}", When::expected()))
                };
                let when = match map.next_key::<String>()?.as_deref() {
                    Some("session") => When::During(map.next_value()?),
                    Some("fewer") => {
                        let Fewer { posts, seconds } = map.next_value()?;
                        When::Fewer { posts, seconds }
                    }
                    _ => return Err(wrong()),
                };
                if map.next_key::<String>()?.is_some() {
                    return Err(wrong());
                }
                Ok(when)
            }
        }

        deserializer.deserialize_any(Written)
    }
}

/// One entry of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What plays.
    pub scene: SceneName,
    /// For how long.
    #[serde(rename = "for", default = "usual")]
    pub lasts: Span,
    /// When; `None` for always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Whether nothing else plays while the condition holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only: bool,
    /// On which screens; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screens: Option<Vec<String>>,
}

fn usual() -> Span {
    USUAL
}

/// Says what is wrong with a programme of a wall with this agenda.
pub(super) fn check(programme: &[Entry], sessions: &[Session], found: &mut Vec<Invalid>) {
    if programme.is_empty() {
        found.push(Invalid::new(
            "programme",
            "has no entry; write one such as { scene = \"grid\", for = \"5m\" }, or leave the key out",
        ));
    }
    if programme.len() > MOST_ENTRIES {
        let said = format!(
            "has {} entries; write at most {MOST_ENTRIES}",
            programme.len()
        );
        found.push(Invalid::new("programme", said));
    }
    for (at, entry) in programme.iter().enumerate() {
        entry.check(sessions, &mut |key, said| {
            found.push(Invalid::new(format!("programme[{at}].{key}"), said));
        });
    }
}

impl Entry {
    fn check(&self, sessions: &[Session], wrong: &mut dyn FnMut(&str, String)) {
        if self.lasts < SHORTEST || self.lasts > LONGEST {
            let said = format!(
                "{} is too short or too long; write \"{SHORTEST}\" to \"{LONGEST}\"",
                self.lasts
            );
            wrong("for", said);
        }
        match &self.when {
            None if self.only => wrong(
                "only",
                "says that nothing else plays while a condition holds; write the condition as `when`, or leave it out".to_owned(),
            ),
            Some(When::During(title)) if !sessions.iter().any(|session| session.title == *title) => {
                wrong("when", no_such_session(title, sessions));
            }
            Some(When::Fewer { posts, seconds }) if *posts == 0 || !(10..=86_400).contains(seconds) => wrong(
                "when",
                "asks for fewer than no posts, or looks at less than 10 or more than 86400 seconds; write for example { fewer = { posts = 5, seconds = 600 } }".to_owned(),
            ),
            _ => {}
        }
        let names = self.screens.as_deref();
        if names
            .is_some_and(|names| names.is_empty() || names.iter().any(|name| !is_screen_name(name)))
        {
            let said = format!(
                "names no screen, or one whose name is empty or longer than {LONGEST_NAME} characters; write names such as [\"foyer\"], or leave it out for all"
            );
            wrong("screens", said);
        }
    }
}

/// Whether a screen may be called that.
pub fn is_screen_name(name: &str) -> bool {
    let chars = name.chars().count();
    !name.trim().is_empty() && chars <= LONGEST_NAME && !name.chars().any(char::is_control)
}

fn no_such_session(title: &str, sessions: &[Session]) -> String {
    let titles: Vec<&str> = sessions
        .iter()
        .map(|session| session.title.as_str())
        .collect();
    if titles.is_empty() {
        return format!(
            "there is no session {title:?}, since the wall has no agenda; add [[walls.sessions]] or leave the condition out"
        );
    }
    if let Some(meant) = nearest(title, titles.iter().copied()) {
        return format!("there is no session {title:?}; did you mean {meant:?}?");
    }
    let quoted: Vec<String> = titles.iter().map(|title| format!("{title:?}")).collect();
    format!(
        "there is no session {title:?}; write {}",
        list(&quoted, "or")
    )
}

/// The scene of that name.
///
/// # Errors
/// Says which there are.
pub fn scene(name: &str) -> Result<SceneName, String> {
    name.parse()
        .map_err(|_| not_one_of(name, "a scene", SceneName::WORDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(toml: &str) -> Result<Vec<Entry>, String> {
        #[derive(Deserialize)]
        struct File {
            programme: Vec<Entry>,
        }
        let file: Result<File, _> = toml::from_str(&format!("programme = {toml}"));
        file.map(|file| file.programme)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn conditions_read_as_they_are_written() {
        let written = r#"[
            { scene = "grid" },
            { scene = "stats", for = "30s", when = "quiet" },
            { scene = "ticker", for = "5m", when = "session", only = true, screens = ["foyer"] },
            { scene = "agenda", for = "1m", when = { session = "Lunch" } },
            { scene = "invite", for = "1m", when = { fewer = { posts = 3, seconds = 300 } } },
        ]"#;
        let read = entries(written).unwrap();
        assert_eq!(read[0].lasts, USUAL);
        assert_eq!(read[3].when, Some(When::During("Lunch".to_owned())));
        let json = serde_json::to_value(&read).unwrap();
        assert_eq!(json[4]["when"]["fewer"]["seconds"], 300);
        assert_eq!(json[1]["when"], "quiet");
        assert_eq!(serde_json::from_value::<Vec<Entry>>(json).unwrap(), read);
    }

    #[test]
    fn what_is_no_entry_says_what_to_write() {
        for (written, expected) in [
            (
                r#"[{ scene = "gird" }]"#,
                r#""gird" is not a scene; write "grid", "spotlight""#,
            ),
            (
                r#"[{ scene = "grid", when = "never" }]"#,
                r#""never" is not a condition; write "pinned""#,
            ),
            (
                r#"[{ scene = "grid", when = { at = 3 } }]"#,
                "this is no condition; write",
            ),
            (
                r#"[{ scene = "grid", when = { session = "a", posts = 2 } }]"#,
                "this is no condition; write",
            ),
            (
                r#"[{ scene = "grid", for = "5" }]"#,
                r#""5" is not a length of time"#,
            ),
        ] {
            let error = entries(written).unwrap_err();
            assert!(error.contains(expected), "{written}: {error}");
        }
    }
}
