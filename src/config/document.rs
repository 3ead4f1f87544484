//! A TOML file with its places: reads sections as types and says of everything wrong where it stands.

use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_path_to_error::{Deserializer, Track};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::key::{KeyPath, Step};
use super::problem::{Place, Problems};
use crate::words::nearest;

/// A parsed file.
pub(super) struct Document<'i> {
    /// Its name, for messages.
    file: &'i str,
    text: &'i str,
    root: Spanned<DeValue<'i>>,
}

impl<'i> Document<'i> {
    /// Parses `text`, noting every line that is not TOML.
    pub(super) fn parse(file: &'i str, text: &'i str, problems: &mut Problems) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = place_at(text, error.span().map_or(0, |span| span.start));
            let written = text.lines().nth(at.line - 1).unwrap_or_default();
            let said = match written.split_once('=') {
                Some((key, _)) => format!("{}: {}", key.trim(), error.message()),
                None => error.message().to_owned(),
            };
            problems.at_place(file, at, said);
        }
        let span = table.span();
        let root = Spanned::new(span, DeValue::Table(table.into_inner()));
        Self { file, text, root }
    }

    /// The value at `path`.
    pub(super) fn get(&self, path: &KeyPath) -> Option<&DeValue<'i>> {
        find(&self.root, &path.0).map(Spanned::get_ref)
    }

    /// How many entries the list at `path` has; 0 where there is none.
    pub(super) fn len(&self, path: &KeyPath) -> usize {
        self.get(path)
            .and_then(DeValue::as_array)
            .map_or(0, |list| list.len())
    }

    /// Takes a key out.
    pub(super) fn strike(&mut self, path: &KeyPath) {
        strike(&mut self.root, &path.0);
    }

    /// Changes every text that stands below `path` under the key `name`.
    pub(super) fn rewrite(&mut self, path: &KeyPath, name: &str, change: &dyn Fn(&str) -> String) {
        if let Some(value) = find_mut(&mut self.root, &path.0) {
            rewrite(value, name, change);
        }
    }

    /// Puts texts in the place of every `{ secret = "NAME" }`. Those that are not known are noted.
    pub(super) fn fill_in(
        &mut self,
        known: &dyn Fn(&str) -> Option<String>,
        problems: &mut Problems,
    ) {
        let mut missing = Vec::new();
        fill_in(&mut self.root, &KeyPath::top(), known, &mut missing);
        for (path, name) in missing {
            let said = format!("there is no secret {name:?} in secrets.toml; write it there");
            self.note(problems, &path, said);
        }
    }

    /// Reads the value at `path` as a `T`. Each key that cannot be read is noted and struck out, and the rest is read
    /// again, so that one mistake does not hide another. `None` where what is left is not enough.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        path: &KeyPath,
        problems: &mut Problems,
    ) -> Option<T> {
        self.read_seed(path, PhantomData, &[], problems)
    }

    /// The same for what is read by something known before. `taken` are keys of the same table that were read already
    /// and are left out: whoever misspells one is told of them as well.
    pub(super) fn read_seed<S: DeserializeSeed<'i> + Copy>(
        &self,
        path: &KeyPath,
        seed: S,
        taken: &[&str],
        problems: &mut Problems,
    ) -> Option<S::Value> {
        let mut rest = find(&self.root, &path.0)?.clone();
        for key in taken {
            strike(&mut rest, &[Step::Key((*key).to_owned())]);
        }
        loop {
            let reader = ValueDeserializer::from(rest.clone());
            let mut track = Track::new();
            let error = match seed.deserialize(Deserializer::new(reader, &mut track)) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            let below = KeyPath::from(&track.path());
            let said = error.message();
            let key = path.join(&below);
            if let Some(missing) = quoted_after(said, "missing field ") {
                self.note(problems, &key.key(missing), "is missing; write it");
            } else if let Some(unknown) = quoted_after(said, "unknown field ") {
                // The names that serde lists stand between backticks, after the unknown one.
                let mut known: Vec<&str> = said.split('`').skip(3).step_by(2).collect();
                if key.0.len() == path.0.len() + 1 {
                    known.extend(taken);
                }
                let meant = nearest(unknown, known.iter().copied());
                self.note(problems, &key, no_such_key(meant, &known));
                if let Some(meant) = meant {
                    problems.settle(key.beside(meant));
                }
            } else {
                self.note(problems, &key, plain_words(said, &key));
            }
            if !strike(&mut rest, &below.0) {
                return None;
            }
        }
    }

    /// Notes what is wrong with the key at `path`; where it is missing, at the table that it belongs to.
    pub(super) fn note(&self, problems: &mut Problems, path: &KeyPath, message: impl Into<String>) {
        problems.at_key(self.file, self.place(path), path.clone(), message);
    }

    /// Where `path` stands, or the nearest table above it.
    fn place(&self, path: &KeyPath) -> Place {
        let mut at = 0;
        let mut value = &self.root;
        for step in &path.0 {
            let below = match (step, value.get_ref()) {
                (Step::Key(key), DeValue::Table(table)) => table
                    .get_key_value(key.as_str())
                    .map(|(key, below)| (key.span().start, below)),
                (Step::Index(index), DeValue::Array(list)) => {
                    list.get(*index).map(|below| (below.span().start, below))
                }
                _ => None,
            };
            let Some((start, below)) = below else { break };
            at = start;
            value = below;
        }
        place_at(self.text, at)
    }
}

fn find<'a, 'i>(
    value: &'a Spanned<DeValue<'i>>,
    steps: &[Step],
) -> Option<&'a Spanned<DeValue<'i>>> {
    steps
        .iter()
        .try_fold(value, |value, step| match (step, value.get_ref()) {
            (Step::Key(key), DeValue::Table(table)) => table.get(key.as_str()),
            (Step::Index(index), DeValue::Array(list)) => list.get(*index),
            _ => None,
        })
}

fn find_mut<'a, 'i>(
    value: &'a mut Spanned<DeValue<'i>>,
    steps: &[Step],
) -> Option<&'a mut Spanned<DeValue<'i>>> {
    steps
        .iter()
        .try_fold(value, |value, step| match (step, value.get_mut()) {
            (Step::Key(key), DeValue::Table(table)) => table.get_mut(key.as_str()),
            (Step::Index(index), DeValue::Array(list)) => list.get_mut(*index),
            _ => None,
        })
}

/// Takes out the last key on the way; an entry of a list goes with its list, so that the others keep their numbers.
/// `false` where there is no key to take out.
fn strike(value: &mut Spanned<DeValue<'_>>, steps: &[Step]) -> bool {
    let Some(last) = steps.iter().rposition(|step| matches!(step, Step::Key(_))) else {
        return false;
    };
    let (above, Some(Step::Key(key))) = (steps.get(..last).unwrap_or_default(), steps.get(last))
    else {
        return false;
    };
    match find_mut(value, above).map(Spanned::get_mut) {
        Some(DeValue::Table(table)) => table.remove(key.as_str()).is_some(),
        _ => false,
    }
}

fn fill_in(
    value: &mut Spanned<DeValue<'_>>,
    path: &KeyPath,
    known: &dyn Fn(&str) -> Option<String>,
    missing: &mut Vec<(KeyPath, String)>,
) {
    let named = match value.get_ref() {
        DeValue::Table(table) if table.len() == 1 => match table.get("secret") {
            Some(name) => name.get_ref().as_str().map(str::to_owned),
            None => None,
        },
        _ => None,
    };
    if let Some(name) = named {
        match known(&name) {
            Some(text) => *value.get_mut() = DeValue::String(text.into()),
            None => missing.push((path.clone(), name)),
        }
        return;
    }
    match value.get_mut() {
        DeValue::Table(table) => {
            for (key, below) in table.iter_mut() {
                fill_in(below, &path.key(key.get_ref()), known, missing);
            }
        }
        DeValue::Array(list) => {
            for (index, below) in list.iter_mut().enumerate() {
                fill_in(below, &path.index(index), known, missing);
            }
        }
        _ => {}
    }
}

fn rewrite(value: &mut Spanned<DeValue<'_>>, name: &str, change: &dyn Fn(&str) -> String) {
    match value.get_mut() {
        DeValue::Table(table) => {
            for (key, below) in table.iter_mut() {
                match below.get_mut() {
                    DeValue::String(text) if key.get_ref() == name => {
                        *text = change(text).into();
                    }
                    _ => rewrite(below, name, change),
                }
            }
        }
        DeValue::Array(list) => {
            for below in list.iter_mut() {
                rewrite(below, name, change);
            }
        }
        _ => {}
    }
}

/// The place of the byte `at`.
fn place_at(text: &str, at: usize) -> Place {
    Place::after(text.as_bytes().get(..at).unwrap_or_default())
}

/// Says that a key is unknown, which was meant, and which there are.
fn no_such_key(meant: Option<&str>, known: &[&str]) -> String {
    let known = known.join(", ");
    match meant {
        _ if known.is_empty() => "there is no such key, and no other here; leave it out".to_owned(),
        Some(meant) => format!("there is no such key; did you mean `{meant}`? Known here: {known}"),
        None => format!("there is no such key; known here: {known}"),
    }
}

/// Puts what serde says of a value into words for whoever writes the file.
fn plain_words(said: &str, key: &KeyPath) -> String {
    let Some((found, expected)) = said
        .strip_prefix("invalid type: ")
        .or_else(|| said.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    else {
        return said.to_owned();
    };
    if found == "map" && expected == "a sequence" {
        return format!(
            "is a list of tables; write double brackets: [[{}]]",
            key.dotted()
        );
    }
    format!(
        "{} cannot stand here; write {}",
        plain_type(found),
        plain_type(expected)
    )
}

/// What serde calls a type, as a person would.
fn plain_type(name: &str) -> String {
    match name {
        "map" => "a table".to_owned(),
        "sequence" => "a list".to_owned(),
        "a sequence" => "a list, such as [\"one\", \"two\"]".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a map" => "a table of keys".to_owned(),
        name if name.starts_with("struct ") => "a table of keys".to_owned(),
        name => match name.strip_prefix("string ") {
            Some(text) => text.to_owned(),
            None => name.replace('`', ""),
        },
    }
}

/// The text between the backticks that follow `prefix`.
fn quoted_after<'a>(said: &'a str, prefix: &str) -> Option<&'a str> {
    said.strip_prefix(prefix)?.split('`').nth(1)
}
