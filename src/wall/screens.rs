//! Screens: who shows the wall, and what each has confirmed.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use dashmap::DashMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::journal::Seq;

/// Most screens that are kept; a venue has a few, a script could invent any number.
const MAX_SCREENS: usize = 200;

/// Calls to screens that may wait in one connection; who is slower misses some.
const CALLS: usize = 16;
/// Posts of which one screen's time is kept apart. With more it begins anew.
const MOST_POSTS: usize = 2_000;
/// Milliseconds after which a sign of one screen is not believed: none shows one post for longer between two signs.
const LONGEST_SEEN_MS: u64 = 10 * 60 * 1000;

/// What staff have a screen do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// Say its name.
    Identify,
    /// Load its page anew.
    Reload,
}

/// Time on one screen, as far as it has been claimed: none can have shown a post for longer than it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claims {
    since: Timestamp,
    posts: HashMap<String, u64>,
}

impl Claims {
    fn new(since: Timestamp) -> Self {
        Self {
            since,
            posts: HashMap::new(),
        }
    }

    /// As much of a claim as is possible.
    fn granted(&mut self, post: &str, ms: u64, now: Timestamp) -> u64 {
        let passed = Duration::try_from(now.duration_since(self.since)).unwrap_or_default();
        let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let claimed = self.posts.entry(post.to_owned()).or_default();
        let granted = (ms.min(LONGEST_SEEN_MS)).min(passed.saturating_sub(*claimed));
        *claimed = claimed.saturating_add(granted);
        granted
    }
}

/// A registered screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Screen {
    /// Its name.
    pub name: String,
    /// What it plays.
    pub scene: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// The last record whose effect it has drawn.
    pub seq: Seq,
    /// Whether it is connected now.
    pub connected: bool,
    /// Last sign of life.
    pub last_seen: Timestamp,
    /// How long a word to it and back took last, in milliseconds.
    pub latency_ms: Option<u64>,
    /// Version of its page.
    pub version: Option<String>,
    /// How many connections it has: a reload opens the new one before the old one is gone.
    #[serde(skip)]
    connections: u32,
    #[serde(skip)]
    claims: Claims,
}

/// What a screen says of itself.
#[derive(Debug, Clone, Default)]
pub struct Hello {
    /// Its name.
    pub name: String,
    /// What it plays.
    pub scene: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Version of its page.
    pub version: Option<String>,
}

/// All screens of a wall by name.
#[derive(Debug)]
pub struct Screens {
    known: DashMap<String, Screen>,
    calls: broadcast::Sender<(String, Call)>,
}

impl Default for Screens {
    fn default() -> Self {
        Self {
            known: DashMap::new(),
            calls: broadcast::channel(CALLS).0,
        }
    }
}

impl Screens {
    /// A screen connects. Says whether there was room for it.
    pub fn connect(&self, hello: Hello, now: Timestamp) -> bool {
        if self.known.len() >= MAX_SCREENS && !self.known.contains_key(&hello.name) {
            return false;
        }
        let mut screen = self
            .known
            .entry(hello.name.clone())
            .or_insert_with(|| Screen {
                name: hello.name.clone(),
                scene: None,
                width: None,
                height: None,
                seq: Seq(0),
                connected: false,
                last_seen: now,
                latency_ms: None,
                version: None,
                connections: 0,
                claims: Claims::new(now),
            });
        screen.scene = hello.scene;
        screen.version = hello.version;
        screen.width = hello.width;
        screen.height = hello.height;
        screen.last_seen = now;
        screen.connections += 1;
        screen.connected = true;
        true
    }

    /// A screen confirms what it has drawn.
    pub fn confirm(&self, name: &str, seq: Seq, now: Timestamp) {
        if let Some(mut screen) = self.known.get_mut(name) {
            screen.seq = screen.seq.max(seq);
            screen.last_seen = now;
        }
    }

    /// A screen gives a sign of life.
    pub fn alive(&self, name: &str, now: Timestamp) {
        if let Some(mut screen) = self.known.get_mut(name) {
            screen.last_seen = now;
        }
    }

    /// A screen plays something else.
    pub fn playing(&self, name: &str, scene: Option<String>, now: Timestamp) {
        if let Some(mut screen) = self.known.get_mut(name) {
            screen.scene = scene;
            screen.last_seen = now;
        }
    }

    /// A word to a screen and back took so long.
    pub fn answered(&self, name: &str, latency: Duration, now: Timestamp) {
        if let Some(mut screen) = self.known.get_mut(name) {
            screen.latency_ms = u64::try_from(latency.as_millis()).ok();
            screen.last_seen = now;
        }
    }

    /// As much of the time that a screen says it showed posts for, in milliseconds, as it can have.
    pub fn granted(
        &self,
        name: &str,
        claimed: impl IntoIterator<Item = (String, u64)>,
        now: Timestamp,
    ) -> Vec<(String, u64)> {
        let Some(mut screen) = self.known.get_mut(name) else {
            return Vec::new();
        };
        screen.last_seen = now;
        if screen.claims.posts.len() > MOST_POSTS {
            screen.claims = Claims::new(now);
        }
        let claims = &mut screen.claims;
        let granted = claimed.into_iter().map(|(post, ms)| {
            let granted = claims.granted(&post, ms, now);
            (post, granted)
        });
        granted.collect()
    }

    /// Has a screen do something. `None` where nobody knows it, `false` where it is not connected.
    pub fn call(&self, name: &str, call: Call) -> Option<bool> {
        let connected = self.known.get(name)?.connected;
        // Nobody listens where no screen is connected.
        Some(connected && self.calls.send((name.to_owned(), call)).is_ok())
    }

    /// What screens are to do from now on.
    pub fn calls(&self) -> broadcast::Receiver<(String, Call)> {
        self.calls.subscribe()
    }

    /// One of a screen's connections ends.
    pub fn disconnect(&self, name: &str, now: Timestamp) {
        if let Some(mut screen) = self.known.get_mut(name) {
            screen.connections = screen.connections.saturating_sub(1);
            screen.connected = screen.connections > 0;
            screen.last_seen = now;
        }
    }

    /// Staff no longer wait for a screen. Says whether it was known.
    pub fn dismiss(&self, name: &str) -> bool {
        self.known.remove(name).is_some()
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Screen> {
        let sorted: BTreeMap<String, Screen> = self
            .known
            .iter()
            .map(|entry| (entry.key().clone(), entry.value().clone()))
            .collect();
        sorted.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(name: &str) -> Hello {
        Hello {
            name: name.to_owned(),
            ..Hello::default()
        }
    }

    #[test]
    fn a_reload_does_not_look_like_a_lost_screen() {
        let (screens, now) = (Screens::default(), Timestamp::UNIX_EPOCH);
        assert!(screens.connect(hello("foyer"), now));
        screens.confirm("foyer", Seq(7), now);
        assert!(screens.connect(hello("foyer"), now));
        screens.disconnect("foyer", now);
        assert!(screens.list()[0].connected);
        assert_eq!(screens.list()[0].seq, Seq(7));
        screens.disconnect("foyer", now);
        assert!(!screens.list()[0].connected);
        assert!(screens.dismiss("foyer"));
        assert_eq!(screens.list(), []);
    }

    #[test]
    fn nothing_was_on_a_screen_for_longer_than_that_was_there() {
        let screens = Screens::default();
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        let seen = |post: &str, ms: u64, now: i64| {
            screens.granted("foyer", [(post.to_owned(), ms)], at(now))[0].1
        };
        assert_eq!(screens.granted("foyer", [("a".to_owned(), 1)], at(0)), []);
        screens.connect(hello("foyer"), at(0));
        assert_eq!(seen("a", 9_000, 5_000), 5_000);
        assert_eq!(seen("a", 9_000, 5_000), 0);
        // Another post may have been there beside it, and a reload gives no time anew.
        assert_eq!(seen("b", 4_000, 5_000), 4_000);
        screens.connect(hello("foyer"), at(6_000));
        assert_eq!(seen("a", 9_000, 7_000), 2_000);
        assert_eq!(seen("a", u64::MAX, 1_000_000_000), LONGEST_SEEN_MS);
        // A clock that was put back takes nothing away.
        assert_eq!(seen("c", 5, -1_000), 0);
        for n in 0..MOST_POSTS {
            seen(&n.to_string(), 1, 1_000_000_001);
        }
        assert!(screens.known.get("foyer").unwrap().claims.posts.len() <= MOST_POSTS + 3);
        assert_eq!(seen("a", 9_000, 1_000_000_001), 0, "it began anew");
        assert_eq!(seen("a", 9_000, 1_000_001_001), 1_000);
    }

    #[test]
    fn invented_screens_are_bounded() {
        let screens = Screens::default();
        for n in 0..500 {
            screens.connect(hello(&n.to_string()), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(screens.list().len(), MAX_SCREENS);
        assert!(screens.connect(hello("3"), Timestamp::UNIX_EPOCH));
    }
}
