//! Screens: who shows the wall, and what each has confirmed.

use std::collections::BTreeMap;

use dashmap::DashMap;
use jiff::Timestamp;
use serde::Serialize;

use crate::journal::Seq;

/// Most screens that are kept; a venue has a few, a script could invent any number.
const MAX_SCREENS: usize = 200;

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
    /// How many connections it has: a reload opens the new one before the old one is gone.
    #[serde(skip)]
    connections: u32,
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
}

/// All screens of a wall by name.
#[derive(Debug, Default)]
pub struct Screens(DashMap<String, Screen>);

impl Screens {
    /// A screen connects. Says whether there was room for it.
    pub fn connect(&self, hello: Hello, now: Timestamp) -> bool {
        if self.0.len() >= MAX_SCREENS && !self.0.contains_key(&hello.name) {
            return false;
        }
        let mut screen = self.0.entry(hello.name.clone()).or_insert_with(|| Screen {
            name: hello.name.clone(),
            scene: None,
            width: None,
            height: None,
            seq: Seq(0),
            connected: false,
            last_seen: now,
            connections: 0,
        });
        screen.scene = hello.scene;
        screen.width = hello.width;
        screen.height = hello.height;
        screen.last_seen = now;
        screen.connections += 1;
        screen.connected = true;
        true
    }

    /// A screen confirms what it has drawn.
    pub fn confirm(&self, name: &str, seq: Seq, now: Timestamp) {
        if let Some(mut screen) = self.0.get_mut(name) {
            screen.seq = screen.seq.max(seq);
            screen.last_seen = now;
        }
    }

    /// A screen gives a sign of life.
    pub fn alive(&self, name: &str, now: Timestamp) {
        if let Some(mut screen) = self.0.get_mut(name) {
            screen.last_seen = now;
        }
    }

    /// One of a screen's connections ends.
    pub fn disconnect(&self, name: &str, now: Timestamp) {
        if let Some(mut screen) = self.0.get_mut(name) {
            screen.connections = screen.connections.saturating_sub(1);
            screen.connected = screen.connections > 0;
            screen.last_seen = now;
        }
    }

    /// Staff no longer wait for a screen. Says whether it was known.
    pub fn dismiss(&self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Screen> {
        let sorted: BTreeMap<String, Screen> = self
            .0
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
    fn invented_screens_are_bounded() {
        let screens = Screens::default();
        for n in 0..500 {
            screens.connect(hello(&n.to_string()), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(screens.list().len(), MAX_SCREENS);
        assert!(screens.connect(hello("3"), Timestamp::UNIX_EPOCH));
    }
}
