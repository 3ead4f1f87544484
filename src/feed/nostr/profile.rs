//! Who people say they are: events of kind 0, asked for by the hundred and kept for a while.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use nostr::nips::nip19::ToBech32 as _;
use nostr::{Event, PublicKey};
use serde_json::Value;
use tokio::time::Instant;

use super::convert::emojis;
use crate::feed::wishes;
use crate::post::Emoji;
use crate::text::clean_line;
use crate::text::plain::web_address;

/// Longest that a post waits for its people's profiles.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// People asked for at once: the request stays below the 16 KiB that some relays take.
const BATCH: usize = 200;
/// After this long a profile is asked for again, where its owner still writes.
const STALE: Duration = Duration::from_mins(30);
/// Profiles kept.
const KEPT: usize = 5_000;

/// What somebody says of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) picture: Option<String>,
    pub(super) bot: bool,
    /// Does not want to be shown or collected.
    pub(super) opted_out: bool,
    pub(super) emojis: Vec<Emoji>,
}

impl Profile {
    /// Reads a kind 0 event (NIP-01, NIP-24). What cannot be read is left out: a profile is only beside the post.
    pub(super) fn read(event: &Event) -> Self {
        let content: Value = serde_json::from_str(&event.content).unwrap_or_default();
        let text = |key: &str| content[key].as_str().unwrap_or_default();
        // What a bridge writes for people of Bluesky who show themselves only to those who are signed in.
        let hidden = |tag: &nostr::Tag| {
            matches!(tag.as_slice(), [l, value, space, ..]
                if l == "l" && value == "!no-unauthenticated" && space == "com.atproto.label.defs#selfLabel")
        };
        let name = ["display_name", "displayName", "name"]
            .map(|key| clean_line(text(key)))
            .into_iter()
            .find(|name| !name.is_empty());
        Self {
            name: name.unwrap_or_default(),
            picture: web_address(text("picture")),
            bot: content["bot"].as_bool().unwrap_or(false),
            opted_out: wishes::opted_out(text("about")) || event.tags.iter().any(hidden),
            emojis: emojis(event),
        }
    }
}

/// A public key for people, short. Of its 58 letters it shows so many that nobody can make another that looks the same.
pub(super) fn short(key: &PublicKey) -> String {
    let npub = npub(key);
    match (npub.get(..13), npub.get(npub.len().saturating_sub(8)..)) {
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => npub,
    }
}

/// A public key for people.
pub(super) fn npub(key: &PublicKey) -> String {
    key.to_bech32().unwrap_or_else(|_| key.to_hex())
}

/// Profiles that are known or asked for.
#[derive(Default)]
pub(super) struct Profiles {
    known: HashMap<PublicKey, Known>,
    order: VecDeque<PublicKey>,
    wanted: Vec<PublicKey>,
    asking: Option<Asking>,
    number: u32,
}

struct Known {
    profile: Option<Profile>,
    written: u64,
    asked: Instant,
}

/// A request that not all relays have answered.
struct Asking {
    subscription: String,
    people: HashSet<PublicKey>,
    relays: HashSet<usize>,
    until: Instant,
}

impl Profiles {
    /// Somebody is of interest.
    pub(super) fn want(&mut self, key: PublicKey, now: Instant) {
        let fresh = (self.known.get(&key)).is_some_and(|known| now < known.asked + STALE);
        let asked = self
            .asking
            .as_ref()
            .is_some_and(|asking| asking.people.contains(&key));
        if !fresh && !asked && !self.wanted.contains(&key) {
            self.wanted.push(key);
        }
    }

    /// Whether all is known of somebody that the relays tell.
    pub(super) fn settled(&self, key: &PublicKey) -> bool {
        self.known.contains_key(key)
    }

    pub(super) fn get(&self, key: &PublicKey) -> Option<&Profile> {
        self.known.get(key)?.profile.as_ref()
    }

    /// Whether a profile of that time would be news of somebody that was asked for; seen before it is believed.
    pub(super) fn is_news(&self, key: &PublicKey, written: u64) -> bool {
        match self.known.get(key) {
            Some(known) => known.profile.is_none() || written > known.written,
            None => self.is_asked_for(key),
        }
    }

    /// Whether somebody was ever asked for, and is not forgotten.
    pub(super) fn is_asked_for(&self, key: &PublicKey) -> bool {
        self.known.contains_key(key)
            || self
                .asking
                .as_ref()
                .is_some_and(|asking| asking.people.contains(key))
    }

    /// Takes a profile. Says whether its owner does not want to be shown and that is news.
    pub(super) fn take(&mut self, event: &Event, now: Instant) -> bool {
        let profile = Profile::read(event);
        let before = self
            .get(&event.pubkey)
            .is_some_and(|before| before.opted_out);
        let opts_out = profile.opted_out && !before;
        self.keep(event.pubkey, Some(profile), event.created_at.as_secs(), now);
        opts_out
    }

    fn keep(&mut self, key: PublicKey, profile: Option<Profile>, written: u64, now: Instant) {
        let known = Known {
            profile,
            written,
            asked: now,
        };
        if self.known.insert(key, known).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// The next request, where one is due: its subscription and whom it asks for. `relays` will answer it.
    pub(super) fn ask(
        &mut self,
        relays: HashSet<usize>,
        now: Instant,
    ) -> Option<(String, Vec<String>)> {
        if self
            .asking
            .as_ref()
            .is_some_and(|asking| now >= asking.until)
        {
            self.finish(now);
        }
        if self.asking.is_some() || self.wanted.is_empty() || relays.is_empty() {
            return None;
        }
        self.number = self.number.wrapping_add(1);
        let subscription = format!("who-{}", self.number);
        let people: Vec<PublicKey> = self.wanted.drain(..self.wanted.len().min(BATCH)).collect();
        let keys = people.iter().map(PublicKey::to_hex).collect();
        self.asking = Some(Asking {
            subscription: subscription.clone(),
            people: people.into_iter().collect(),
            relays,
            until: now + PATIENCE,
        });
        Some((subscription, keys))
    }

    /// A relay sent all that it has for a request, or will never.
    pub(super) fn answered(&mut self, subscription: &str, relay: usize, now: Instant) {
        if let Some(asking) = &mut self.asking
            && asking.subscription == subscription
        {
            asking.relays.remove(&relay);
        }
        self.finish_if_answered(now);
    }

    /// A relay is away.
    pub(super) fn left(&mut self, relay: usize, now: Instant) {
        if let Some(asking) = &mut self.asking {
            asking.relays.remove(&relay);
        }
        self.finish_if_answered(now);
    }

    /// When the present request is given up.
    pub(super) fn until(&self) -> Option<Instant> {
        self.asking.as_ref().map(|asking| asking.until)
    }

    fn finish_if_answered(&mut self, now: Instant) {
        if self
            .asking
            .as_ref()
            .is_some_and(|asking| asking.relays.is_empty())
        {
            self.finish(now);
        }
    }

    fn finish(&mut self, now: Instant) {
        let Some(asking) = self.asking.take() else {
            return;
        };
        for key in asking.people {
            match self.known.get_mut(&key) {
                Some(known) => known.asked = now,
                None => self.keep(key, None, 0, now),
            }
        }
    }
}
