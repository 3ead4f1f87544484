//! Which mode holds for which feed: what the console says of the feed, else what the file says of it, else the wall's.

use std::collections::HashMap;

use super::command::NotDone;
use super::handle::{Brief, Wall};
use super::state::WallState;
use crate::feed::FeedName;
use crate::moderation::{FeedRules, Mode, ModerationSettings};

/// What is ruled for a feed alone, where `own` is what the file says of it.
pub(super) fn ruled(
    own: &FeedRules,
    feed: Option<&FeedName>,
    settings: &ModerationSettings,
) -> FeedRules {
    let live = feed.and_then(|feed| settings.feed_modes.get(&feed.0));
    FeedRules {
        mode: live.copied().or(own.mode),
        ..own.clone()
    }
}

impl Wall {
    /// What is ruled for each feed alone under these settings.
    pub(super) fn ruled(&self, settings: &ModerationSettings) -> HashMap<FeedName, FeedRules> {
        let live = (settings.feed_modes.keys()).map(|name| FeedName(name.clone()));
        let names = self.briefs.keys().cloned().chain(live);
        let none = FeedRules::default();
        names
            .map(|name| {
                let own = self
                    .briefs
                    .get(&name)
                    .map_or(&none, |brief: &Brief| &brief.rules);
                let rules = ruled(own, Some(&name), settings);
                (name, rules)
            })
            .collect()
    }

    /// Whether every feed that has a mode of its own is one of this wall: a misspelled name would leave a feed open that
    /// people believe to be held.
    pub(super) fn check_feeds(
        &self,
        state: &WallState,
        settings: &ModerationSettings,
    ) -> Result<(), NotDone> {
        let before = &state.settings.moderation.feed_modes;
        let is_known = |name: &String| {
            let feed = FeedName(name.clone());
            self.briefs.contains_key(&feed)
                || state.feeds.contains_key(&feed)
                || before.contains_key(name)
        };
        match settings.feed_modes.keys().find(|name| !is_known(name)) {
            Some(name) => Err(NotDone::Invalid(format!(
                "moderation.feed_modes: this wall has no feed {name:?}; write a name as the list of feeds has it"
            ))),
            None => Ok(()),
        }
    }

    /// Whether posts wait for somebody, or for somebody to object, in the wall's mode or in a feed's.
    pub(super) fn needs_people(&self, settings: &ModerationSettings) -> bool {
        let feeds = self.ruled(settings);
        let of_feeds = feeds.values().filter_map(|rules| rules.mode);
        of_feeds
            .chain([settings.mode])
            .any(|mode| mode != Mode::Open)
    }
}
