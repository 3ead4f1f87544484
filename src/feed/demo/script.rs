//! The script of the invented conference, as it lies in `script.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::post::Kind;

/// The script. A test reads it, so it cannot fail to be read here.
pub(super) static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    toml::from_str(include_str!("script.toml")).expect("the embedded script is read by a test")
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// How many of the posts were there before the wall started.
    pub(super) opening: usize,
    pub(super) people: BTreeMap<String, Person>,
    pub(super) photos: BTreeMap<String, Photo>,
    pub(super) cards: BTreeMap<String, Link>,
    pub(super) speakers: Lines,
    pub(super) posts: Vec<Scene>,
    pub(super) decks: Vec<Deck>,
    pub(super) replies: Lines,
    pub(super) unwelcome: Unwelcome,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) name: String,
    /// Absent for those who post by the audience's form.
    pub(super) handle: Option<String>,
    #[serde(default = "mastodon")]
    pub(super) source: String,
    pub(super) avatar: Option<String>,
    pub(super) followers: Option<u64>,
    /// What the person posts in; English where absent.
    pub(super) language: Option<String>,
    #[serde(default)]
    pub(super) bot: bool,
    /// Whether the endless part may put words into this mouth.
    #[serde(default)]
    pub(super) crowd: bool,
}

fn mastodon() -> String {
    "mastodon".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Photo {
    pub(super) size: [u32; 2],
    pub(super) alt: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) url: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) image: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    #[serde(alias = "list")]
    pub(super) lines: Vec<String>,
}

/// One thing that happens.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Scene {
    /// A post appears.
    Post(Box<Draft>),
    /// An earlier one changes its text.
    Edit { edit: String, text: String },
    /// An earlier one is gone.
    Delete { delete: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub(super) by: String,
    /// Absent for reposts.
    #[serde(default)]
    pub(super) text: String,
    /// What later scenes call it.
    pub(super) key: Option<String>,
    #[serde(default)]
    pub(super) kind: Kind,
    /// The key of the post that it answers, quotes or passes on.
    pub(super) of: Option<String>,
    pub(super) language: Option<String>,
    pub(super) photo: Option<String>,
    /// Whether the photo goes without its description, as some do.
    #[serde(default)]
    pub(super) noalt: bool,
    pub(super) card: Option<String>,
    pub(super) warning: Option<String>,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) poll: Vec<String>,
    #[serde(default)]
    pub(super) votes: Vec<u64>,
}

/// Sentences from which the day goes on: every line fits every frame.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deck {
    /// For those who read the script.
    #[expect(dead_code, reason = "named for the reader of the file")]
    pub(super) name: String,
    pub(super) language: Option<String>,
    /// `{line}`, `{where}` and `{speaker}` are filled in.
    pub(super) frames: Vec<String>,
    #[serde(default, rename = "where")]
    pub(super) places: Vec<String>,
    /// One per line, where the lines are about photos.
    #[serde(default)]
    pub(super) photos: Vec<String>,
    pub(super) lines: Vec<String>,
}

/// What moderators are there for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unwelcome {
    /// By one account, again and again; `{n}` makes each a little different.
    pub(super) spam: Vec<String>,
    pub(super) abuse: Vec<String>,
}
