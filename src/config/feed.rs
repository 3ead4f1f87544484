//! `[[walls.feeds]]`: one feed with what is said to it alone.

use serde::Deserialize;

use super::wall::tags;
use crate::feed::{FeedName, FeedSettings, Wanted};
use crate::invalid::Invalid;
use crate::moderation::{MaxPosts, Mode};
use crate::text::Query;

/// Most posts of one feed that its limit can count: so many event times are kept of each.
const MOST: u32 = 2_000;

/// A feed as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedConfig {
    /// What its kind is told.
    pub settings: FeedSettings,
    /// What it reads instead of the wall's hashtags; `None`: those.
    pub wanted: Option<Wanted>,
    /// The mode its posts are judged in instead of the wall's.
    pub mode: Option<Mode>,
    /// How many posts it may bring in how long.
    pub limit: Option<MaxPosts>,
    /// Whether its source's own list of trends and its counts are read as well.
    pub trends: bool,
}

impl FeedConfig {
    /// A feed of which nothing is said but its kind and target.
    pub fn plain(settings: FeedSettings) -> Self {
        Self {
            settings,
            wanted: None,
            mode: None,
            limit: None,
            trends: true,
        }
    }

    /// The name it goes by: its kind and target, and what it reads where that is its own.
    pub fn name(&self) -> FeedName {
        let FeedName(mut name) = self.settings.name();
        if let Some(wanted) = &self.wanted {
            let Query { any, all, none } = &wanted.tags;
            let marked = [("#", any), ("&#", all), ("!#", none)];
            let tags = marked
                .into_iter()
                .flat_map(|(mark, tags)| tags.iter().map(move |tag| (mark, tag.as_str())));
            let people = [
                ("@", &wanted.accounts),
                (">@", &wanted.mentions),
                ("list ", &wanted.lists),
            ];
            let people = people
                .into_iter()
                .flat_map(|(mark, people)| people.iter().map(move |who| (mark, who.as_str())));
            for (mark, what) in tags.chain(people) {
                name.push(' ');
                name.push_str(mark);
                name.push_str(what);
            }
        }
        FeedName(name)
    }
}

/// What every kind of feed may be told, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct FeedTable {
    hashtags: Option<Vec<String>>,
    all: Option<Vec<String>>,
    none: Option<Vec<String>>,
    accounts: Vec<String>,
    mentions: Vec<String>,
    lists: Vec<String>,
    mode: Option<Mode>,
    limit: Option<MaxPosts>,
    trends: Option<bool>,
}

impl FeedTable {
    /// Its keys: what is left is the kind's own.
    pub(super) const KEYS: [&'static str; 9] = [
        "hashtags", "all", "none", "accounts", "mentions", "lists", "mode", "limit", "trends",
    ];

    /// Joins it with what the kind was told. `wall` is what the wall asks for: what is not said here is taken from there.
    pub(super) fn validate(
        self,
        settings: FeedSettings,
        wall: &Query,
        found: &mut Vec<Invalid>,
    ) -> FeedConfig {
        let mut read = |key: &str, written: &Option<Vec<String>>| {
            written
                .as_ref()
                .map(|written| tags(key, written, &mut *found))
        };
        let own = (
            read("hashtags", &self.hashtags),
            read("all", &self.all),
            read("none", &self.none),
        );
        let bare = |people: &[String]| -> Vec<String> {
            let bare = |who: &String| who.trim().trim_start_matches('@').to_owned();
            people.iter().map(bare).collect()
        };
        for (key, people) in [
            ("accounts", &self.accounts),
            ("mentions", &self.mentions),
            ("lists", &self.lists),
        ] {
            if let Some(at) = bare(people).iter().position(String::is_empty) {
                found.push(Invalid::new(
                    format!("{key}[{at}]"),
                    "is empty; write a name as its source does, or leave it out",
                ));
            }
        }
        if let Some(limit) = &self.limit {
            found.extend(limit.validate("limit", MOST));
        }
        let wanted = Wanted {
            tags: Query {
                any: own.0.clone().unwrap_or_else(|| wall.any.clone()),
                all: own.1.clone().unwrap_or_else(|| wall.all.clone()),
                none: own.2.clone().unwrap_or_else(|| wall.none.clone()),
            },
            accounts: bare(&self.accounts),
            mentions: bare(&self.mentions),
            lists: bare(&self.lists),
        };
        let its_own = own.0.is_some() || own.1.is_some() || own.2.is_some() || wanted.by_people();
        FeedConfig {
            settings,
            wanted: its_own.then_some(wanted),
            mode: self.mode,
            limit: self.limit,
            trends: self.trends.unwrap_or(true),
        }
    }
}
