//! What the service is told to do: `buzzwall.toml` and the command line, checked as a whole.
//!
//! Every key that is left out has its default. A relative path in the file starts from the file's own folder, the data folder
//! included, whether it is written or left to its default; a relative path on the command line, and the default where there is no file, starts from the
//! working directory. Whatever is wrong is said at once, a line each, with its place and what to write instead.

pub mod asset;
pub mod blocklist;
pub mod brand;
pub mod colour;
pub mod display;
mod document;
mod feed;
mod journal;
mod key;
pub mod length;
pub mod made;
mod media;
mod moment;
mod problem;
pub mod programme;
mod server;
mod session;
pub mod theme;
mod wall;
pub mod written;

pub use display::DisplaySettings;
pub use feed::FeedConfig;
pub use journal::{JournalKind, JournalSettings};
pub use media::{MediaSettings, Size, SizeError};
pub use problem::{ConfigError, Place, Problem, Problems};
pub use server::{ServerSettings, Tls, parse_listen};
pub use session::Session;
pub use wall::{RETENTION, WallConfig, WallId, WallIdError};

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::DeValue;

use self::document::Document;
use self::feed::FeedTable;
use self::key::KeyPath;
use self::wall::{WallTable, bare};
use crate::feed::{FeedSettings, KINDS, OfKind, no_such_kind};
use crate::text::Tag;
use crate::words::list;

/// The file that is read where none is named.
pub const DEFAULT_FILE: &str = "buzzwall.toml";

/// The key that holds a path wherever it stands in a feed, also within a secret's `{ file = "PATH" }`.
const PATH_KEY: &str = "file";

/// What the service is told to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[server]`.
    pub server: ServerSettings,
    /// `[journal]`.
    pub journal: JournalSettings,
    /// `[media]`.
    pub media: MediaSettings,
    /// The walls of the file, then that of the command line, then those made while it ran.
    pub walls: Vec<WallConfig>,
    /// Where relative paths of settings start, those given later in the console too: the file's folder.
    pub folder: PathBuf,
}

/// What the command line says. It wins over the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// `--listen ADDR`.
    pub listen: Option<SocketAddr>,
    /// `--data DIR`.
    pub data: Option<PathBuf>,
    /// `--hashtag TAG`, each.
    pub hashtags: Vec<String>,
    /// `--feed KIND=TARGET`, each.
    pub feeds: Vec<String>,
}

/// The file as written, without what is read by kind.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    server: ServerSettings,
    journal: JournalSettings,
    media: MediaSettings,
    walls: Vec<WallTable>,
}

impl Config {
    /// Reads the file that `arguments` name, else `buzzwall.toml` in `working_directory` if there is one, else takes the
    /// defaults; then lets `arguments` win.
    pub fn load(arguments: &Arguments, working_directory: &Path) -> Result<Self, ConfigError> {
        let named = arguments.config.as_deref();
        let shown = named.unwrap_or(Path::new(DEFAULT_FILE));
        let path = working_directory.join(shown);
        let mut problems = Problems::default();
        let mut config = match std::fs::read(&path) {
            Ok(bytes) => {
                let folder = path.parent().unwrap_or(working_directory);
                Self::read(&shown.display().to_string(), &bytes, folder, &mut problems)
            }
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {
                Self::new(working_directory)
            }
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: shown.to_owned(),
                    source,
                });
            }
        };
        config.apply(arguments, working_directory, &mut problems);
        let made = made::read(&config.server.data, &config.folder, &mut problems);
        // A wall of the file or the command line takes the place of one of the same id.
        for wall in made {
            if config.walls.iter().all(|other| other.id != wall.id) {
                config.walls.push(wall);
            }
        }
        problems.or(config)
    }

    /// All defaults, no wall.
    fn new(folder: &Path) -> Self {
        let mut server = ServerSettings::default();
        server.data = folder.join(server.data);
        Self {
            server,
            journal: JournalSettings::default(),
            media: MediaSettings::default(),
            walls: Vec::new(),
            folder: folder.to_owned(),
        }
    }

    /// Reads a file's bytes. What is wrong goes to `problems`; the result is then of no use but to find more.
    fn read(name: &str, bytes: &[u8], folder: &Path, problems: &mut Problems) -> Self {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                problems.at_place(
                    name,
                    Place::after(before),
                    "is not UTF-8 text; save the file as UTF-8",
                );
                return Self::new(folder);
            }
        };
        let mut document = Document::parse(name, text, problems);
        // Half a file would give mistakes that are not there.
        if !problems.is_empty() {
            return Self::new(folder);
        }
        let top = KeyPath::top();
        let file: File = document.read(&top, problems).unwrap_or_default();
        for (section, found) in [
            ("server", file.server.validate()),
            ("journal", file.journal.validate()),
            ("media", file.media.validate()),
        ] {
            for invalid in found {
                document.note(
                    problems,
                    &top.key(section).named(&invalid.key),
                    invalid.message,
                );
            }
        }
        let mut server = file.server;
        server.data = folder.join(server.data);
        let walls = read_walls(&mut document, file.walls, folder, problems);
        Self {
            server,
            journal: file.journal,
            media: file.media,
            walls,
            folder: folder.to_owned(),
        }
    }

    /// Lets the command line win, and adds its wall.
    fn apply(&mut self, arguments: &Arguments, working_directory: &Path, problems: &mut Problems) {
        if let Some(listen) = arguments.listen {
            self.server.listen = listen;
        }
        if let Some(data) = &arguments.data {
            self.server.data = working_directory.join(data);
        }
        if arguments.hashtags.is_empty() && arguments.feeds.is_empty() {
            return;
        }
        let mut any = Vec::new();
        for text in &arguments.hashtags {
            match Tag::new(text) {
                Ok(tag) => any.push(tag),
                Err(error) => {
                    problems.at_argument(&format!("--hashtag {text}"), error.to_string());
                }
            }
        }
        let hashtags = arguments.hashtags.iter().map(|tag| bare(tag)).collect();
        let mut wall = WallConfig::from_tags(hashtags, any);
        for argument in &arguments.feeds {
            let feed = FeedSettings::from_argument(argument)
                .and_then(|feed| feed.validate().map(|()| feed));
            match feed.map(FeedConfig::plain) {
                Ok(feed) if wall.feeds.iter().any(|other| other.name() == feed.name()) => {
                    problems.at_argument(
                        &format!("--feed {argument}"),
                        "is there twice; leave one out",
                    );
                }
                Ok(feed) => {
                    wall.written.push(written::of_argument(argument));
                    wall.feeds.push(feed);
                }
                Err(said) => problems.at_argument(&format!("--feed {argument}"), said),
            }
        }
        if self.walls.iter().any(|other| other.id == wall.id) {
            problems.at_argument(
                "--hashtag",
                format!(
                    "the file has a wall {:?} already; leave the argument out, or use another file",
                    wall.id.as_str()
                ),
            );
        }
        self.walls.push(wall);
    }
}

/// Checks the walls of a file, as far as each can be read.
fn read_walls(
    document: &mut Document<'_>,
    tables: Vec<WallTable>,
    folder: &Path,
    problems: &mut Problems,
) -> Vec<WallConfig> {
    let mut walls = Vec::new();
    let mut seen: HashMap<WallId, usize> = HashMap::new();
    for (index, table) in tables.into_iter().enumerate() {
        let path = KeyPath::top().key("walls").index(index);
        let feeds = read_feeds(document, &path.key("feeds"), folder, problems);
        let mut found = Vec::new();
        let mut wall = table.validate(feeds, &mut found);
        for invalid in found {
            document.note(problems, &path.named(&invalid.key), invalid.message);
        }
        for (entry, name) in wall.moderation.blocklists.iter().enumerate() {
            if let Err(error) = blocklist::read(name, folder) {
                let key = path.key("moderation").key("blocklists").index(entry);
                document.note(problems, &key, error.to_string());
            }
        }
        let display = path.key("display");
        let (themes, wrong) = theme::own(&wall.display.theme, folder);
        wall.themes = themes;
        if let Some(said) = wrong {
            document.note(problems, &display.key("theme"), said);
        }
        let versions = (wall.display.assets().into_iter()).map(|(key, what, asset)| {
            let read = asset.read(what, folder);
            let note = |said| document.note(problems, &display.named(&key), said);
            read.map_err(note).ok().map(|(version, _)| version)
        });
        let versions: Vec<_> = versions.collect();
        for (asset, version) in wall.display.assets_mut().zip(versions) {
            asset.version = version;
        }
        if let Some(first) = seen.get(&wall.id) {
            let said = format!(
                "{:?} is the id of walls[{first}] already; write another one",
                wall.id.as_str()
            );
            document.note(problems, &path.key("id"), said);
        } else {
            seen.insert(wall.id.clone(), index);
        }
        walls.push(wall);
    }
    walls
}

/// Reads the feeds of one wall, each by its kind.
fn read_feeds(
    document: &mut Document<'_>,
    feeds: &KeyPath,
    folder: &Path,
    problems: &mut Problems,
) -> Vec<(usize, FeedSettings, FeedTable)> {
    let absolute = |path: &str| folder.join(path).to_string_lossy().into_owned();
    document.rewrite(feeds, PATH_KEY, &absolute);
    let mut read = Vec::new();
    for index in 0..document.len(feeds) {
        let path = feeds.index(index);
        let Some((feed, own)) = read_feed(document, &path, problems) else {
            continue;
        };
        if let Err(said) = feed.validate() {
            document.note(problems, &path, said);
        }
        read.push((index, feed.within(folder), own));
    }
    read
}

/// Reads one feed. Its kind is read first and taken out, since it decides which other keys there are; so is what every
/// kind may be told.
fn read_feed(
    document: &mut Document<'_>,
    path: &KeyPath,
    problems: &mut Problems,
) -> Option<(FeedSettings, FeedTable)> {
    let key = path.key("kind");
    let kind = match document.get(&key) {
        Some(DeValue::String(kind)) if KINDS.contains(&kind.as_ref()) => kind.to_string(),
        Some(DeValue::String(kind)) => {
            let said = no_such_kind(kind);
            document.note(problems, &key, said);
            return None;
        }
        other => {
            let what = if other.is_some() {
                "is not a text"
            } else {
                "is missing"
            };
            let said = format!("{what}; write the kind of feed: {}", list(KINDS, "or"));
            document.note(problems, &key, said);
            return None;
        }
    };
    document.strike(&key);
    let own = document.read(path, problems).unwrap_or_default();
    let settings = document.read_seed(path, OfKind(&kind), &FeedTable::KEYS, problems)?;
    Some((settings, own))
}

#[cfg(test)]
mod tests;
