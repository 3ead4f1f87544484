//! Who is here: people at consoles, what each looks at, and who holds which waiting post. Pure; the clock is passed in.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::people::Role;
use crate::post::PostNum;

/// A console that gave no sign for so long holds nothing any more.
const SILENT_FOR: Duration = Duration::from_secs(75);
/// Nobody who may decide is here for so long: the wall is unattended.
const UNATTENDED_AFTER: Duration = Duration::from_secs(30);
/// Consoles that are told of; more are served and not listed.
const MAX_CONSOLES: usize = 500;

/// One open console.
#[derive(Debug, Clone)]
struct Console {
    name: String,
    role: Role,
    /// What it looks at, since when, and its last sign of life.
    post: Option<PostNum>,
    since: Timestamp,
    heard: Timestamp,
    /// Whether it ever said where it looks.
    has_looked: bool,
}

/// A person, all their consoles as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they look at.
    #[serde(skip)]
    pub looks_at: Option<PostNum>,
    /// Its id.
    pub post: Option<String>,
    /// Whether it waits and they came to it first.
    pub holds: bool,
    /// Since when they look at it, or are here.
    pub since: Timestamp,
}

/// Who is at the consoles of one wall.
#[derive(Debug, Default)]
pub struct Presence {
    consoles: BTreeMap<u64, Console>,
    next: u64,
    /// Since when nobody who may decide is here.
    deserted_since: Option<Timestamp>,
}

impl Presence {
    /// Nobody is here, since now.
    pub fn new(now: Timestamp) -> Self {
        Self {
            deserted_since: Some(now),
            ..Self::default()
        }
    }

    /// A console connects; the answer names it from now on. `None` where there are too many.
    pub fn connect(&mut self, name: String, role: Role, now: Timestamp) -> Option<u64> {
        if self.consoles.len() >= MAX_CONSOLES {
            return None;
        }
        self.next += 1;
        let console = Console {
            name,
            role,
            post: None,
            since: now,
            heard: now,
            has_looked: false,
        };
        self.consoles.insert(self.next, console);
        self.look_who_is_here(now);
        Some(self.next)
    }

    /// A console looks at a post, or at none. Says whether anything changed.
    pub fn at(&mut self, console: u64, post: Option<PostNum>, now: Timestamp) -> bool {
        let Some(console) = self.consoles.get_mut(&console) else {
            return false;
        };
        let silent = is_over(console.heard, SILENT_FOR, now);
        console.heard = now;
        console.has_looked = true;
        if console.post == post && !silent {
            return false;
        }
        console.post = post;
        console.since = now;
        true
    }

    /// A console is gone.
    pub fn disconnect(&mut self, console: u64, now: Timestamp) {
        self.consoles.remove(&console);
        self.look_who_is_here(now);
    }

    fn look_who_is_here(&mut self, now: Timestamp) {
        if self.moderators() > 0 {
            self.deserted_since = None;
        } else if self.deserted_since.is_none() {
            self.deserted_since = Some(now);
        }
    }

    /// Consoles of people who may decide.
    pub fn moderators(&self) -> usize {
        let may = |console: &&Console| console.role.may_decide();
        self.consoles.values().filter(may).count()
    }

    /// Whether nobody who may decide has been here for a while.
    pub fn is_deserted(&self, now: Timestamp) -> bool {
        (self.deserted_since).is_some_and(|since| is_over(since, UNATTENDED_AFTER, now))
    }

    /// Everybody by name: what the newest of their consoles looks at, and whether they hold it. `waits` tells which posts
    /// wait, `id` what a post is called.
    pub fn people(
        &self,
        now: Timestamp,
        waits: impl Fn(PostNum) -> bool,
        id: impl Fn(PostNum) -> Option<String>,
    ) -> Vec<Person> {
        let mut newest: BTreeMap<&str, &Console> = BTreeMap::new();
        // A sign of life of the one on the desk says nothing of where the person looks: the last new look counts.
        let age = |console: &Console| {
            let silent = is_over(console.heard, SILENT_FOR, now);
            (!silent, console.has_looked, console.since)
        };
        for console in self.consoles.values() {
            let known = newest.entry(&console.name).or_insert(console);
            if age(console) >= age(known) {
                *known = console;
            }
        }
        let looks_at =
            |console: &Console| (console.post).filter(|_| !is_over(console.heard, SILENT_FOR, now));
        let mut first: HashMap<PostNum, (Timestamp, &str)> = HashMap::new();
        for (name, console) in &newest {
            let Some(post) = looks_at(console) else {
                continue;
            };
            if console.role.may_decide() && waits(post) {
                let came = (console.since, *name);
                let holder = first.entry(post).or_insert(came);
                *holder = came.min(*holder);
            }
        }
        let person = |(name, console): (&&str, &&Console)| {
            let post = looks_at(console);
            let holder = post.and_then(|post| first.get(&post));
            Person {
                name: (*name).to_owned(),
                role: console.role,
                looks_at: post,
                post: post.and_then(&id),
                holds: holder.is_some_and(|(_, holder)| holder == name),
                since: console.since,
            }
        };
        newest.iter().map(person).collect()
    }
}

fn is_over(since: Timestamp, lasts: Duration, now: Timestamp) -> bool {
    since.checked_add(lasts).is_ok_and(|until| until <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    /// `name:post` of everybody at a moment, with a star where they hold it. Posts below 10 wait.
    fn told(presence: &Presence, second: i64) -> Vec<String> {
        let people = presence.people(
            at(second),
            |post| post.0 < 10,
            |post| Some(post.0.to_string()),
        );
        let words = people.into_iter().map(|person| {
            let star = if person.holds { "*" } else { "" };
            format!("{}:{}{star}", person.name, person.post.unwrap_or_default())
        });
        words.collect()
    }

    #[test]
    fn whoever_looks_first_holds_a_waiting_post_until_they_look_elsewhere() {
        let mut here = Presence::new(at(0));
        let mia = here
            .connect("mia".to_owned(), Role::Moderator, at(0))
            .unwrap();
        let ben = here
            .connect("ben".to_owned(), Role::Moderator, at(0))
            .unwrap();
        here.at(mia, Some(PostNum(1)), at(1));
        here.at(ben, Some(PostNum(1)), at(2));
        assert_eq!(told(&here, 2), ["ben:1", "mia:1*"]);
        // A sign of life is no new look.
        assert!(!here.at(mia, Some(PostNum(1)), at(30)));
        here.at(mia, Some(PostNum(50)), at(31));
        assert_eq!(told(&here, 31), ["ben:1*", "mia:50"]);
        here.disconnect(ben, at(32));
        assert_eq!(told(&here, 32), ["mia:50"]);
    }

    #[test]
    fn a_silent_console_holds_nothing() {
        let mut here = Presence::new(at(0));
        let mia = here
            .connect("mia".to_owned(), Role::Moderator, at(0))
            .unwrap();
        here.at(mia, Some(PostNum(1)), at(0));
        assert_eq!(told(&here, 74), ["mia:1*"]);
        assert_eq!(told(&here, 75), ["mia:"]);
        // Back again, and behind whoever came meanwhile.
        let ben = here
            .connect("ben".to_owned(), Role::Moderator, at(80))
            .unwrap();
        here.at(ben, Some(PostNum(1)), at(80));
        here.at(mia, Some(PostNum(1)), at(81));
        assert_eq!(told(&here, 82), ["ben:1*", "mia:1"]);
    }

    #[test]
    fn consoles_of_one_person_are_one_and_the_newest_counts() {
        let mut here = Presence::new(at(0));
        let desk = here
            .connect("mia".to_owned(), Role::Moderator, at(0))
            .unwrap();
        let phone = here
            .connect("mia".to_owned(), Role::Moderator, at(1))
            .unwrap();
        here.at(desk, Some(PostNum(1)), at(2));
        assert_eq!(told(&here, 2), ["mia:1*"]);
        here.at(phone, Some(PostNum(2)), at(3));
        assert_eq!(told(&here, 3), ["mia:2*"]);
        here.disconnect(phone, at(4));
        assert_eq!(told(&here, 4), ["mia:1*"]);
    }

    #[test]
    fn only_people_who_may_decide_attend_to_a_wall() {
        let mut here = Presence::new(at(0));
        assert!(!here.is_deserted(at(29)));
        assert!(here.is_deserted(at(30)));
        here.connect("otto".to_owned(), Role::Organiser, at(31));
        assert!(here.is_deserted(at(31)));
        let mia = here
            .connect("mia".to_owned(), Role::Moderator, at(32))
            .unwrap();
        assert!(!here.is_deserted(at(100)));
        here.disconnect(mia, at(100));
        assert!(!here.is_deserted(at(129)));
        assert!(here.is_deserted(at(130)));
    }
}
