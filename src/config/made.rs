//! Walls that are made while the service runs: `walls.toml` in the data folder, written as `[[walls]]` of the configuration, with what
//! is secret in `secrets.toml`, which nobody but the service's user may read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use toml::{Table, Value};

use super::document::Document;
use super::key::KeyPath;
use super::problem::Problems;
use super::wall::{WallConfig, WallTable, bare};
use super::written::{self, SECRET_KEYS};
use super::{WallId, read_walls};
use crate::words::list;

/// Where the walls stand, in the data folder.
const FILE: &str = "walls.toml";
/// Where their secrets stand.
const SECRETS: &str = "secrets.toml";
/// What stands at the top of the first.
const HEAD: &str = "# Walls made on the page /setup, as in the configuration file, which wins where both have a wall of the same id.\n\
                    # What is secret stands in secrets.toml beside this file. It is read when buzzwall starts.\n";
/// What stands at the top of the second.
const SECRETS_HEAD: &str = "# Secrets of the walls in walls.toml.\n";
/// Kinds of feeds that run or read something on this machine: whoever may write its files says so, not whoever may sign in.
const OF_THE_MACHINE: [&str; 2] = ["exec", "replay"];
/// Keys of the display that name files.
const FILES: [&str; 3] = ["logo", "background", "style"];

/// `walls.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    walls: Vec<WallTable>,
}

/// Reads the walls of a data folder. Relative paths start in `folder`.
pub(super) fn read(data: &Path, folder: &Path, problems: &mut Problems) -> Vec<WallConfig> {
    let path = data.join(FILE);
    let name = path.display().to_string();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.at_argument(&name, format!("cannot be read: {error}"));
            return Vec::new();
        }
    };
    let path = data.join(SECRETS);
    let secrets = read_secrets(&path).unwrap_or_else(|error| {
        problems.at_argument(&path.display().to_string(), error);
        Table::new()
    });
    let known = |name: &str| Some(secrets.get(name)?.as_str()?.to_owned());
    of_text(&name, &text, &known, folder, problems)
}

fn read_secrets(path: &Path) -> Result<Table, String> {
    match fs::read_to_string(path) {
        // What the parser quotes may be a secret.
        Ok(text) => text
            .parse()
            .map_err(|_| "is no TOML any more; mend it, or take it away".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Table::new()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

fn of_text(
    name: &str,
    text: &str,
    secret: &dyn Fn(&str) -> Option<String>,
    folder: &Path,
    problems: &mut Problems,
) -> Vec<WallConfig> {
    let before = problems.iter().count();
    let mut document = Document::parse(name, text, problems);
    // Half a file would give mistakes that are not there.
    if problems.iter().count() > before {
        return Vec::new();
    }
    document.fill_in(secret, problems);
    let file: File = document.read(&KeyPath::top(), problems).unwrap_or_default();
    read_walls(&mut document, file.walls, folder, problems)
}

/// A wall that somebody asks for over HTTP, checked as those of the file are.
#[derive(Debug)]
pub struct NewWall {
    /// What it comes to.
    pub config: WallConfig,
    /// How it is kept, its secrets by their names.
    table: Table,
    secrets: BTreeMap<String, String>,
}

impl NewWall {
    /// Checks what is asked for: the keys of `[[walls]]`. Without an `id` it is made from the first hashtag.
    ///
    /// # Errors
    /// Everything that is wrong, each with its key as seen from the wall.
    pub fn asked(values: &Map<String, Json>, folder: &Path) -> Result<Self, Problems> {
        let mut table = written::table(values);
        let mut problems = Problems::default();
        refused(&table, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        if !table.contains_key("id") {
            let first = ["hashtags", "all"].into_iter().find_map(|key| {
                let first = table.get(key)?.as_array()?.first()?.as_str()?;
                Some(bare(first))
            });
            let id = WallId::from_tag(first.as_deref());
            table.insert("id".to_owned(), Value::String(id.to_string()));
        }
        let text = written::wall(&table);
        let walls = of_text("", &text, &|_| None, folder, &mut problems);
        let Some(config) = walls.into_iter().next().filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        let secrets = take_secrets(&mut table, config.id.as_str());
        Ok(Self {
            config,
            table,
            secrets,
        })
    }

    /// Keeps it in the data folder, for the next start.
    ///
    /// # Errors
    /// What the system said; nothing is changed then but that a secret may be kept that nothing names.
    pub fn keep(&self, data: &Path) -> io::Result<Kept> {
        if !self.secrets.is_empty() {
            let path = data.join(SECRETS);
            let mut secrets = read_secrets(&path).map_err(io::Error::other)?;
            let new = self.secrets.iter();
            secrets.extend(new.map(|(name, text)| (name.clone(), Value::String(text.clone()))));
            replace(&path, &format!("{SECRETS_HEAD}{secrets}"))?;
        }
        let path = data.join(FILE);
        let before = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let old = before.as_deref().unwrap_or(HEAD).trim_end();
        replace(&path, &format!("{old}\n\n{}", written::wall(&self.table)))?;
        Ok(Kept { path, before })
    }
}

/// What can be taken back.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    before: Option<String>,
}

impl Kept {
    /// Puts back what stood there before.
    ///
    /// # Errors
    /// What the system said.
    pub fn take_back(self) -> io::Result<()> {
        match self.before {
            Some(text) => replace(&self.path, &text),
            None => fs::remove_file(&self.path),
        }
    }
}

/// Writes a file anew, as a whole or not at all, for nobody else to read.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// What only the files of this machine may say.
fn refused(wall: &Table, problems: &mut Problems) {
    let feeds = wall.get("feeds").and_then(Value::as_array);
    for (index, feed) in feeds.into_iter().flatten().enumerate() {
        let kind = feed.get("kind").and_then(Value::as_str);
        if let Some(kind) = kind.filter(|kind| OF_THE_MACHINE.contains(kind)) {
            let said = format!(
                "feeds of kind {} act on this machine; write {kind} into buzzwall.toml",
                list(&OF_THE_MACHINE, "and")
            );
            problems.at_asked(format!("feeds[{index}].kind"), said);
        }
        for key in SECRET_KEYS {
            if feed.get(key).is_some_and(Value::is_table) {
                problems.at_asked(
                    format!("feeds[{index}].{key}"),
                    "write the secret itself; one in the environment or a file of this machine is named in buzzwall.toml",
                );
            }
        }
    }
    let Some(display) = wall.get("display").and_then(Value::as_table) else {
        return;
    };
    let mut named: Vec<String> = FILES
        .into_iter()
        .filter(|key| display.contains_key(*key))
        .map(str::to_owned)
        .collect();
    if display
        .get("brand")
        .is_some_and(|it| it.get("logo").is_some())
    {
        named.push("brand.logo".to_owned());
    }
    let sponsors = display.get("sponsors").and_then(Value::as_array);
    for (at, sponsor) in sponsors.into_iter().flatten().enumerate() {
        if sponsor.get("picture").is_some() {
            named.push(format!("sponsors[{at}].picture"));
        }
    }
    for key in named {
        problems.at_asked(
            format!("display.{key}"),
            "a file is brought by uploading it, once the wall is there",
        );
    }
    if let Some(theme) = display.get("theme").and_then(Value::as_str)
        && theme.contains(['/', '\\'])
    {
        problems.at_asked(
            "display.theme".to_owned(),
            "write the name of a theme, not the path of a file",
        );
    }
}

/// Takes what is secret out of a wall's feeds, leaving its name.
fn take_secrets(wall: &mut Table, id: &str) -> BTreeMap<String, String> {
    let mut taken = BTreeMap::new();
    let feeds = wall.get_mut("feeds").and_then(Value::as_array_mut);
    for (index, feed) in feeds.into_iter().flatten().enumerate() {
        for key in SECRET_KEYS {
            let Some(value) = feed.get_mut(key) else {
                continue;
            };
            let name = format!("{id}-{index}-{key}");
            let named = Table::from_iter([("secret".to_owned(), Value::String(name.clone()))]);
            if let Value::String(text) = std::mem::replace(value, Value::Table(named)) {
                taken.insert(name, text);
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;

    use super::*;

    fn asked(wall: &Json) -> Result<NewWall, Vec<String>> {
        NewWall::asked(wall.as_object().unwrap(), Path::new("/nowhere"))
            .map_err(|problems| problems.iter().map(told).collect())
    }

    fn told(problem: &crate::config::Problem) -> String {
        format!(
            "{}: {}",
            problem.key.clone().unwrap_or_default(),
            problem.message
        )
    }

    fn read_all(data: &Path) -> (Vec<WallConfig>, Vec<String>) {
        let mut problems = Problems::default();
        let walls = read(data, data, &mut problems);
        (walls, problems.iter().map(told).collect())
    }

    #[test]
    fn what_is_kept_reads_back_the_same_and_names_its_secrets() {
        let data = tempfile::tempdir().unwrap();
        let one = json!({
            "title": "RustConf", "hashtags": ["#RustConf", "rust"], "timezone": "America/Montreal", "from": "2026-09-01T09:00",
            "feeds": [{ "kind": "mastodon", "server": "https://one.example", "token": "s3cret" }, { "kind": "bluesky" }],
            "moderation": { "mode": "delayed", "delay": "15s" }, "display": { "theme": "press" },
        });
        let other = json!({ "id": "other", "hashtags": ["other"] });
        let walls: Vec<NewWall> = [one, other].iter().map(|it| asked(it).unwrap()).collect();
        for wall in &walls {
            wall.keep(data.path()).unwrap();
        }
        let (read, said) = read_all(data.path());
        assert_eq!(said, Vec::<String>::new());
        let made: Vec<WallConfig> = walls.into_iter().map(|wall| wall.config).collect();
        assert_eq!(made, read);
        assert_eq!(read[0].id.as_str(), "rustconf");
        let text = fs::read_to_string(data.path().join(FILE)).unwrap();
        assert!(
            text.contains("{ secret = \"rustconf-0-token\" }") && !text.contains("s3cret"),
            "{text}"
        );
        let secrets = data.path().join(SECRETS);
        assert!(fs::read_to_string(&secrets).unwrap().contains("s3cret"));
        assert_eq!(
            fs::metadata(&secrets).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::remove_file(&secrets).unwrap();
        let (_, said) = read_all(data.path());
        assert!(
            said[0].starts_with("walls[0].feeds[0].token: there is no secret \"rustconf-0-token\""),
            "{said:?}"
        );
    }

    #[test]
    fn what_is_taken_back_leaves_what_was_there() {
        let data = tempfile::tempdir().unwrap();
        let wall = |id: &str| asked(&json!({ "id": id, "hashtags": ["a"] })).unwrap();
        wall("one").keep(data.path()).unwrap().take_back().unwrap();
        assert!(!data.path().join(FILE).exists());
        wall("one").keep(data.path()).unwrap();
        wall("two").keep(data.path()).unwrap().take_back().unwrap();
        let (walls, _) = read_all(data.path());
        assert_eq!(walls.len(), 1);
    }

    #[test]
    fn what_acts_on_the_machine_is_not_asked_for() {
        let wall = json!({
            "hashtags": ["a"],
            "feeds": [{ "kind": "exec", "command": ["id"] }, { "kind": "x", "token": { "env": "HOME" } }],
            "display": { "logo": "/etc/passwd", "theme": "../secret.toml", "sponsors": [{ "name": "a", "picture": "b" }] },
        });
        let said = asked(&wall).unwrap_err();
        let keys: Vec<&str> = said
            .iter()
            .map(|it| it.split(':').next().unwrap())
            .collect();
        assert_eq!(
            keys,
            [
                "feeds[0].kind",
                "feeds[1].token",
                "display.logo",
                "display.sponsors[0].picture",
                "display.theme"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_as_of_a_file() {
        let wall = json!({ "hashtags": ["a b"], "titel": "x", "feeds": [{ "kind": "mastodom" }], "timezone": "Europe/Lodnon" });
        let said = asked(&wall).unwrap_err();
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said.iter().any(|it| it.contains("walls[0].feeds[0].kind: there is no feed of kind \"mastodom\"; did you mean \"mastodon\"?")), "{said:?}");
    }
}
