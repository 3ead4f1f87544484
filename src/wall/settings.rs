//! A wall's settings: what the file says, what the console says, and what holds.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::look::Look;
use crate::config::theme::{OwnThemes, no_such_theme, shipped_theme};
use crate::config::{DisplaySettings, RETENTION, Session};
use crate::duration::Span;
use crate::journal::Origin;
use crate::moderation::ModerationSettings;
use crate::text::{Query, Tag};

/// What a wall is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Hashtags of which a post carries at least one, as written.
    #[serde(default)]
    pub hashtags: Vec<String>,
    /// Hashtags of which it carries all.
    #[serde(default)]
    pub all: Vec<String>,
    /// Hashtags of which it carries none.
    #[serde(default)]
    pub none: Vec<String>,
    /// IANA name of the event's time zone.
    #[serde(default)]
    pub timezone: String,
    /// When the event begins; what is older is kept and not counted.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// When it ends, exclusive.
    #[serde(default)]
    pub to: Option<Timestamp>,
    /// The agenda.
    #[serde(default)]
    pub sessions: Vec<Session>,
    /// How long texts and names are kept after the event; counts stay.
    #[serde(default = "retention")]
    pub retention: Span,
    /// Whether its posts are invented.
    #[serde(default)]
    pub invented: bool,
    /// Where its posts are read, by kind, for the words on how to post.
    #[serde(default)]
    pub sources: Vec<String>,
}

fn retention() -> Span {
    RETENTION
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            title: String::new(),
            hashtags: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            timezone: String::new(),
            from: None,
            to: None,
            sessions: Vec::new(),
            retention: RETENTION,
            invented: false,
            sources: Vec::new(),
        }
    }
}

/// Sections a person may change in the console.
pub const CONSOLE_SECTIONS: [&str; 2] = ["moderation", "display"];

/// Refuses, in words, what a person may not change in the console.
pub fn for_console(values: &Map<String, Value>) -> Result<(), String> {
    let foreign = |section: &&String| !CONSOLE_SECTIONS.contains(&section.as_str());
    match values.keys().find(foreign) {
        Some(section) => Err(format!(
            "{section:?} cannot be changed here; {} can",
            CONSOLE_SECTIONS.join(" and ")
        )),
        None => Ok(()),
    }
}

/// Why settings cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{section}.{key}: {message}")]
pub struct SettingsError {
    /// Which section.
    pub section: String,
    /// Which key, where known.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// The settings that hold, and where they come from.
#[derive(Debug, Clone)]
pub struct Settings {
    file: Map<String, Value>,
    console: Map<String, Value>,
    /// What the wall is about.
    pub identity: Identity,
    /// The query made of it.
    pub query: Query,
    /// Its time zone.
    pub zone: TimeZone,
    /// Moderation as it holds.
    pub moderation: ModerationSettings,
    /// Display as it holds.
    pub display: DisplaySettings,
    /// Themes that lie beside the configuration.
    pub themes: OwnThemes,
    /// The theme that all of it comes to.
    pub look: Look,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            file: Map::new(),
            console: Map::new(),
            identity: Identity::default(),
            query: Query::default(),
            zone: TimeZone::UTC,
            moderation: ModerationSettings::default(),
            display: DisplaySettings::default(),
            themes: OwnThemes::new(),
            look: Look::default(),
        }
    }
}

impl Settings {
    /// What the file says, by section.
    pub fn file(&self) -> &Map<String, Value> {
        &self.file
    }

    /// The settings after a change. `null` in a change of the console takes its value back.
    ///
    /// # Errors
    /// Names the section and the key that cannot be read; nothing is changed then.
    pub fn changed(
        &self,
        origin: Origin,
        values: &Map<String, Value>,
    ) -> Result<Self, SettingsError> {
        let mut next = self.clone();
        match origin {
            Origin::File => next.file.clone_from(values),
            Origin::Console => {
                for (section, changes) in values {
                    let Value::Object(changes) = changes else {
                        return Err(fault(section, "", "expected an object of keys and values"));
                    };
                    let known = next.console.entry(section).or_insert_with(|| json!({}));
                    for (key, value) in changes {
                        if let Value::Object(known) = known {
                            if value.is_null() {
                                known.remove(key);
                            } else {
                                known.insert(key.clone(), value.clone());
                            }
                        }
                    }
                }
            }
        }
        next.identity = next.section("wall")?;
        next.moderation = next.section("moderation")?;
        next.display = next.section("display")?;
        next.themes = next.section("themes")?;
        next.look = Look::of(&next.display, &next.themes);
        next.zone = match next.identity.timezone.as_str() {
            "" => TimeZone::UTC,
            name => TimeZone::get(name)
                .map_err(|error| fault("wall", "timezone", &error.to_string()))?,
        };
        let tags = |key: &str, words: &[String]| -> Result<Vec<Tag>, SettingsError> {
            words
                .iter()
                .map(|word| Tag::new(word).map_err(|error| fault("wall", key, &error.to_string())))
                .collect()
        };
        next.query = Query {
            any: tags("hashtags", &next.identity.hashtags)?,
            all: tags("all", &next.identity.all)?,
            none: tags("none", &next.identity.none)?,
        };
        Ok(next)
    }

    /// The settings after a change that a person asks for in the console, checked: what is stored already is taken as it is,
    /// since checks may have become stricter.
    ///
    /// # Errors
    /// As [`Self::changed`], and for what makes no sense.
    pub fn asked(&self, values: &Map<String, Value>) -> Result<Self, SettingsError> {
        let next = self.changed(Origin::Console, values)?;
        if let Some(invalid) = next.moderation.validate().first() {
            return Err(fault("moderation", &invalid.key, &invalid.message));
        }
        if values.contains_key("display") {
            let display = &next.display;
            let wrong = display.validate(&next.identity.sessions);
            if let Some(invalid) = wrong.first() {
                return Err(fault("display", &invalid.key, &invalid.message));
            }
            if shipped_theme(&display.theme).is_none() && !next.themes.contains_key(&display.theme)
            {
                let said = no_such_theme(&display.theme, &next.themes);
                return Err(fault("display", "theme", &said));
            }
        }
        Ok(next)
    }

    /// Whether a change names lists of words by a path that the file does not name: whoever may do that can have any file of
    /// the server read.
    pub fn names_files(&self, values: &Map<String, Value>) -> bool {
        let asked = values.get("moderation");
        let asked = asked.and_then(|moderation| moderation.get("blocklists")?.as_array());
        let known = self.file_lists();
        let mut lists = asked.into_iter().flatten().filter_map(Value::as_str);
        lists.any(|list| !known.contains(&list) && !is_bare(list))
    }

    /// The first file that a change of how the wall looks names and that is not one of those that the wall has: it would have
    /// any file of the server read.
    pub fn names_asset(&self, values: &Map<String, Value>) -> Option<String> {
        let known: Vec<String> = [&self.file, &self.console]
            .into_iter()
            .filter_map(|settings| {
                let display = settings.get("display")?.clone();
                serde_json::from_value::<DisplaySettings>(display).ok()
            })
            .flat_map(|display| {
                let assets = display.assets().into_iter();
                assets
                    .map(|(_, _, asset)| asset.to_string())
                    .collect::<Vec<_>>()
            })
            .collect();
        let display = values.get("display")?.as_object()?.clone();
        let named = display.into_iter().filter(|(_, value)| !value.is_null());
        // What cannot be read is refused later, by its key.
        let asked: DisplaySettings = serde_json::from_value(Value::Object(named.collect())).ok()?;
        let mut assets = asked.assets().into_iter();
        assets.find_map(|(key, _, asset)| (!known.contains(&asset.to_string())).then_some(key))
    }

    /// Lists of words that the file names.
    fn file_lists(&self) -> Vec<&str> {
        let moderation = self.file.get("moderation");
        let lists = moderation.and_then(|moderation| moderation.get("blocklists")?.as_array());
        lists
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Reads a section: the file's values with the console's over them.
    fn section<T: for<'de> Deserialize<'de>>(&self, section: &str) -> Result<T, SettingsError> {
        let mut merged = match self.file.get(section) {
            Some(Value::Object(values)) => values.clone(),
            _ => Map::new(),
        };
        if let Some(Value::Object(values)) = self.console.get(section) {
            for (key, value) in values {
                merged.insert(key.clone(), value.clone());
            }
        }
        let mut path = serde_path_to_error::Track::new();
        let value = Value::Object(merged);
        T::deserialize(serde_path_to_error::Deserializer::new(value, &mut path))
            .map_err(|error| fault(section, &path.path().to_string(), &error.to_string()))
    }

    /// Whether a moment lies within the event.
    pub fn in_time(&self, at: Timestamp) -> bool {
        self.identity.from.is_none_or(|from| at >= from)
            && self.identity.to.is_none_or(|to| at < to)
    }

    /// Every key a person may change: its value and where it comes from.
    pub fn explained(&self) -> Value {
        let mut sections = Map::new();
        let effective = [
            ("moderation", serde_json::to_value(&self.moderation)),
            ("display", serde_json::to_value(&self.display)),
        ];
        for (section, values) in effective {
            let mut keys = Map::new();
            if let Ok(Value::Object(values)) = values {
                for (key, value) in values {
                    let has = |map: &Map<String, Value>| {
                        map.get(section)
                            .is_some_and(|values| values.get(&key).is_some())
                    };
                    let from = if has(&self.console) {
                        "console"
                    } else if has(&self.file) {
                        "file"
                    } else {
                        "default"
                    };
                    let mut entry = json!({ "value": value, "from": from });
                    if from == "console" {
                        entry["file"] = self
                            .file
                            .get(section)
                            .and_then(|values| values.get(&key))
                            .cloned()
                            .unwrap_or(Value::Null);
                    }
                    keys.insert(key, entry);
                }
            }
            sections.insert(section.to_owned(), Value::Object(keys));
        }
        Value::Object(sections)
    }
}

/// A name without a path in it.
fn is_bare(list: &str) -> bool {
    list.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn fault(section: &str, key: &str, message: &str) -> SettingsError {
    SettingsError {
        section: section.to_owned(),
        key: key.to_owned(),
        message: message.to_owned(),
    }
}
