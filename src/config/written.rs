//! Walls as TOML again: what was asked for over HTTP, what is kept of it, and what is given away. A value stands on one line, so that
//! a person who opens the file finds what they know from `config/buzzwall.toml`.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};
use toml::{Table, Value};

/// Keys of feeds that hold what nobody else may know.
pub(super) const SECRET_KEYS: [&str; 2] = ["token", "app_password"];
/// What comes first in a wall, in this order.
const FIRST: [&str; 9] = [
    "id",
    "title",
    "hashtags",
    "all",
    "none",
    "timezone",
    "from",
    "to",
    "retention",
];

/// The same as TOML. `null` is left out, as if the key were not there.
pub fn table(values: &Map<String, Json>) -> Table {
    let known = values.iter().filter(|(_, value)| !value.is_null());
    known
        .map(|(key, value)| (key.clone(), of_json(value)))
        .collect()
}

fn of_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::String(String::new()),
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => number.as_i64().map_or_else(
            || Value::Float(number.as_f64().unwrap_or_default()),
            Value::Integer,
        ),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(list) => Value::Array(list.iter().map(of_json).collect()),
        Json::Object(values) => Value::Table(table(values)),
    }
}

/// A wall as it stands in a file.
pub fn wall(wall: &Table) -> String {
    let mut out = String::from("[[walls]]\n");
    let simple = |value: &&Value| !is_section(value);
    let first = FIRST.iter().filter_map(|key| wall.get_key_value(*key));
    let rest = wall
        .iter()
        .filter(|(key, _)| !FIRST.contains(&key.as_str()));
    for (key, value) in first.chain(rest).filter(|(_, value)| simple(value)) {
        line(&mut out, "", key, value);
    }
    for (name, value) in wall {
        match value {
            Value::Table(section) => below(&mut out, &format!("[walls.{}]", bare(name)), section),
            Value::Array(list) if is_section(value) => {
                for entry in list.iter().filter_map(Value::as_table) {
                    below(&mut out, &format!("[[walls.{}]]", bare(name)), entry);
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether it has a head of its own.
fn is_section(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::Array(list) => !list.is_empty() && list.iter().all(Value::is_table),
        _ => false,
    }
}

fn below(out: &mut String, head: &str, section: &Table) {
    out.push_str("\n  ");
    out.push_str(head);
    out.push('\n');
    let kind = section.get_key_value("kind");
    let rest = section.iter().filter(|(key, _)| *key != "kind");
    for (key, value) in kind.into_iter().chain(rest) {
        line(out, "  ", key, value);
    }
}

fn line(out: &mut String, indent: &str, key: &str, value: &Value) {
    writeln!(out, "{indent}{} = {value}", bare(key)).expect("a string takes all that is written");
}

/// A key, in quotes where it needs them.
fn bare(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(plain) {
        key.to_owned()
    } else {
        Value::String(key.to_owned()).to_string()
    }
}

/// A feed as it may be given away: what is secret is to be put into the environment.
pub fn without_secrets(feed: &Table) -> Table {
    let mut feed = feed.clone();
    let kind = feed.get("kind").and_then(Value::as_str).unwrap_or("feed");
    let kind = kind.to_uppercase();
    for key in SECRET_KEYS {
        if let Some(value @ Value::String(_)) = feed.get_mut(key) {
            let name = format!("{kind}_{}", key.to_uppercase());
            *value = Value::Table(Table::from_iter([("env".to_owned(), Value::String(name))]));
        }
    }
    feed
}

/// The feed that `--feed KIND=TARGET` names.
pub(super) fn of_argument(argument: &str) -> Table {
    let (kind, target) = argument.split_once('=').unwrap_or((argument, ""));
    let text = |text: &str| Value::String(text.to_owned());
    let list = |words: std::str::Split<'_, char>| {
        let words = words.map(str::trim).filter(|word| !word.is_empty());
        Value::Array(words.map(text).collect())
    };
    let mut feed = Table::from_iter([("kind".to_owned(), text(kind))]);
    let mut put = |key: &str, value: Value| drop(feed.insert(key.to_owned(), value));
    match kind {
        _ if target.is_empty() => {}
        "mastodon" | "misskey" => put("server", text(target)),
        "rss" => put("url", text(target)),
        "nostr" => put("relays", list(target.split(','))),
        "bluesky" => put("jetstream", list(target.split(','))),
        "exec" => put("command", list(target.split(' '))),
        "replay" => put("file", text(target)),
        "demo" => put("seed", Value::Integer(target.parse().unwrap_or(1))),
        "ingest" | "x" => {
            let name = target.strip_prefix("env:").unwrap_or(target);
            let env = Table::from_iter([("env".to_owned(), text(name))]);
            put("token", Value::Table(env));
            if kind == "ingest" {
                put("name", text(name));
            }
        }
        _ => {}
    }
    feed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_is_written_as_people_write_it() {
        let asked = serde_json::json!({
            "title": "Say \"hi\"", "id": "hi", "hashtags": ["a", "b"], "from": null, "retention": "3d",
            "feeds": [{ "server": "https://one.example", "kind": "mastodon", "token": "a secret", "backfill": 40 }, { "kind": "bluesky" }],
            "moderation": { "mode": "delayed", "max_per_author": { "posts": 5, "per": "1m" } },
            "display": {}, "sessions": [],
        });
        let mut asked = table(asked.as_object().unwrap());
        for feed in asked["feeds"].as_array_mut().unwrap() {
            *feed = Value::Table(without_secrets(feed.as_table().unwrap()));
        }
        let text = wall(&asked);
        assert_eq!(
            text,
            r#"[[walls]]
id = "hi"
title = 'Say "hi"'
hashtags = ["a", "b"]
retention = "3d"
sessions = []

  [walls.display]

  [[walls.feeds]]
  kind = "mastodon"
  backfill = 40
  server = "https://one.example"
  token = { env = "MASTODON_TOKEN" }

  [[walls.feeds]]
  kind = "bluesky"

  [walls.moderation]
  max_per_author = { per = "1m", posts = 5 }
  mode = "delayed"
"#
        );
        let again: Table = toml::from_str(&text).unwrap();
        assert_eq!(again["walls"][0], Value::Table(asked));
    }
}
