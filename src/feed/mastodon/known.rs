//! What was delivered lately, so that repeats are left out and edits and deletions are noticed.
//!
//! Ids are opaque: which of two is newer is told by the order in which the server lists them, never by comparing them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::convert::Read;
use crate::feed::{Item, Reason};
use crate::post::PostId;

/// A page with fewer statuses is taken for all that there is. Mastodon's pages have 20 unless asked for more.
pub(super) const SHORT_PAGE: usize = 20;

/// The newest delivered posts, those that a wall may have on the screen, are looked at again within a minute where the
/// server takes many ids at once.
const ON_SCREEN: usize = 100;
const RECHECK_SOON: Duration = Duration::from_secs(50);
/// All others are within ten minutes.
const RECHECK: Duration = Duration::from_mins(9);

/// The server's own id.
pub(super) type Id = Arc<str>;

/// The newest statuses of one timeline.
#[derive(Debug)]
pub(super) struct Known {
    /// Newest first.
    order: VecDeque<Id>,
    by_id: HashMap<Id, Entry>,
    most: usize,
}

#[derive(Debug)]
struct Entry {
    standing: Standing,
    edited_at: Option<Timestamp>,
    checked: Timestamp,
    /// How often in a row it was missing where it should be listed.
    missed: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Delivered(PostId),
    Refused,
    /// From before what the wall asked for.
    LeftOut,
}

/// Where a page belongs among what is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Its first status is the newest, or as new as one that is known.
    Top,
    /// It is older than all that is known.
    Bottom,
}

impl Known {
    /// Keeps at most `most` statuses, the newest.
    pub(super) fn new(most: usize) -> Self {
        Self {
            order: VecDeque::new(),
            by_id: HashMap::new(),
            most,
        }
    }

    /// Learns a page, newest first, and returns what is new in it in the same order: posts not delivered before, edits,
    /// and withdrawals, where a post that was delivered is no longer public. What was written before `floor` is learned and
    /// left out.
    pub(super) fn take(
        &mut self,
        page: Vec<Read>,
        place: Place,
        floor: Option<Timestamp>,
        now: Timestamp,
    ) -> Vec<Item> {
        self.take_but(page, place, floor, now, &HashSet::new())
    }

    /// The same, but silent about those of which another timeline `told` already, by their ids.
    pub(super) fn take_but(
        &mut self,
        page: Vec<Read>,
        place: Place,
        floor: Option<Timestamp>,
        now: Timestamp,
        told: &HashSet<String>,
    ) -> Vec<Item> {
        let mut items = Vec::with_capacity(page.len());
        let mut at = match place {
            Place::Top => 0,
            Place::Bottom => self.order.len(),
        };
        for read in page {
            let before = items.len();
            let silent = told.contains(&read.id);
            self.learn(read, &mut at, floor, now, &mut items);
            if silent {
                items.truncate(before);
            }
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_back() {
                self.by_id.remove(&oldest);
            }
        }
        items
    }

    /// Learns a status that stands at `at` among those known, and moves on to the next place.
    fn learn(
        &mut self,
        read: Read,
        at: &mut usize,
        floor: Option<Timestamp>,
        now: Timestamp,
        items: &mut Vec<Item>,
    ) {
        if read.id.is_empty() {
            // It cannot be told from others, so it counts where pages are read once only: from a cursor.
            items.push(read.item);
            return;
        }
        if let Some(entry) = self.by_id.get_mut(read.id.as_str()) {
            entry.checked = now;
            entry.again(read.times, read.item, items);
            if let Some(position) = self.order.iter().position(|id| **id == read.id) {
                *at = position + 1;
            }
            return;
        }
        let old = |(created_at, _): (Timestamp, _)| floor.is_some_and(|f| created_at < f);
        let standing = match &read.item {
            Item::Post(_) if read.times.is_some_and(old) => Standing::LeftOut,
            Item::Post(post) => Standing::Delivered(post.id.clone()),
            _ => Standing::Refused,
        };
        // snac2 gives a status another id when it is edited. The old one is no hole.
        if let Standing::Delivered(post) = &standing
            && let Some(gone) = self.position_of(post)
            && let Some(old) = self.order.remove(gone)
        {
            self.by_id.remove(&old);
            *at -= usize::from(gone < *at);
        }
        if standing != Standing::LeftOut {
            items.push(read.item);
        }
        let id: Id = read.id.into();
        self.order
            .insert((*at).min(self.order.len()), Arc::clone(&id));
        *at += 1;
        let entry = Entry {
            standing,
            edited_at: read.times.and_then(|(_, edited_at)| edited_at),
            checked: now,
            missed: 0,
        };
        self.by_id.insert(id, entry);
    }

    /// Learns a page without delivering any of it.
    pub(super) fn leave_out(&mut self, page: Vec<Read>, now: Timestamp) {
        let _left_out = self.take(page, Place::Bottom, Some(Timestamp::MAX), now);
    }

    /// Whether a status was told of as it is now read.
    pub(super) fn told(&self, read: &Read) -> bool {
        let edited_at = read.times.and_then(|(_, edited_at)| edited_at);
        (self.by_id.get(read.id.as_str())).is_some_and(|entry| {
            match (&entry.standing, &read.item) {
                (Standing::Delivered(_), Item::Post(_)) => entry.edited_at == edited_at,
                (Standing::Refused, Item::Refused(_)) => true,
                _ => false,
            }
        })
    }

    /// Whether a post was delivered, under any id.
    pub(super) fn has(&self, post: &PostId) -> bool {
        self.position_of(post).is_some()
    }

    /// Where a post stands that was delivered under any id.
    fn position_of(&self, post: &PostId) -> Option<usize> {
        self.order.iter().position(|id| self.post(id) == Some(post))
    }

    /// The post that has this id on the server.
    pub(super) fn post(&self, id: &str) -> Option<&PostId> {
        match &self.by_id.get(id)?.standing {
            Standing::Delivered(post) => Some(post),
            _ => None,
        }
    }

    /// The delivered posts that a page read from the very top should contain and does not.
    pub(super) fn holes(&mut self, page: &[Read]) -> Vec<Id> {
        let listed: HashSet<&str> = page.iter().map(|read| read.id.as_str()).collect();
        let range = if page.len() < SHORT_PAGE {
            self.order.len()
        } else {
            let last = self.order.iter().rposition(|id| listed.contains(&**id));
            last.unwrap_or(0)
        };
        let holes: Vec<Id> = self
            .order
            .iter()
            .take(range)
            .filter(|id| !listed.contains(&***id) && self.post(id).is_some())
            .map(Arc::clone)
            .collect();
        // An empty page is rather a trouble of the server than the end of everything.
        for id in holes.iter().filter(|_| !page.is_empty()) {
            if let Some(entry) = self.by_id.get_mut(id) {
                entry.missed += 1;
            }
        }
        holes
    }

    /// How often in a row a post was missing where it should be listed.
    pub(super) fn missed(&self, id: &str) -> u32 {
        self.by_id.get(id).map_or(0, |entry| entry.missed)
    }

    /// The newest delivered post but those in `but`.
    pub(super) fn newest(&self, but: impl Fn(&str) -> bool) -> Option<Id> {
        let found = self
            .order
            .iter()
            .find(|id| self.post(id).is_some() && !but(id));
        found.map(Arc::clone)
    }

    /// When the first delivered post is to be looked at again; the newest sooner where that costs the server little.
    pub(super) fn recheck_at(&self, batches: bool) -> Option<Timestamp> {
        self.rechecks(batches).map(|(at, _)| at).min()
    }

    /// The delivered posts that are to be looked at again first, at most `most`.
    pub(super) fn rechecked_first(&self, most: usize, batches: bool) -> Vec<Id> {
        let mut ids: Vec<_> = self.rechecks(batches).collect();
        ids.sort();
        ids.truncate(most);
        ids.into_iter().map(|(_, id)| Arc::clone(id)).collect()
    }

    fn rechecks(&self, batches: bool) -> impl Iterator<Item = (Timestamp, &Id)> {
        self.order.iter().enumerate().filter_map(move |(at, id)| {
            let entry = self.by_id.get(id)?;
            let soon = batches && at < ON_SCREEN;
            let pause = if soon { RECHECK_SOON } else { RECHECK };
            let due = entry
                .checked
                .saturating_add(pause)
                .unwrap_or(Timestamp::MAX);
            matches!(entry.standing, Standing::Delivered(_)).then_some((due, id))
        })
    }

    /// These were looked at just now.
    pub(super) fn checked(&mut self, ids: &[Id], now: Timestamp) {
        for id in ids {
            if let Some(entry) = self.by_id.get_mut(id) {
                entry.checked = now;
            }
        }
    }

    /// Forgets a post that is gone and returns it.
    pub(super) fn forget(&mut self, id: &str) -> Option<PostId> {
        let entry = self.by_id.remove(id)?;
        self.order.retain(|known| **known != *id);
        match entry.standing {
            Standing::Delivered(post) => Some(post),
            _ => None,
        }
    }
}

impl Entry {
    /// A status that is known comes again.
    fn again(
        &mut self,
        times: Option<(Timestamp, Option<Timestamp>)>,
        item: Item,
        items: &mut Vec<Item>,
    ) {
        self.missed = 0;
        let edited_at = times.and_then(|(_, edited_at)| edited_at);
        match (&self.standing, &item) {
            (Standing::Delivered(_), Item::Post(_)) if self.edited_at != edited_at => {
                self.edited_at = edited_at;
                items.push(item);
            }
            (Standing::Refused, Item::Post(post)) => {
                self.standing = Standing::Delivered(post.id.clone());
                self.edited_at = edited_at;
                items.push(item);
            }
            (Standing::Delivered(post), Item::Refused(refusal))
                if matches!(refusal.reason, Reason::OptedOut | Reason::NotPublic) =>
            {
                items.push(Item::Deleted(post.clone()));
                self.standing = Standing::Refused;
                items.push(item);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::mastodon::convert::statuses;

    fn page(ids: &[&str]) -> Vec<Read> {
        let statuses: Vec<_> = ids.iter().map(|id| json(id, "null", "public")).collect();
        read(&statuses)
    }

    fn json(id: &str, edited_at: &str, visibility: &str) -> String {
        format!(
            r#"{{"id":"{id}","uri":"https://example.org/{id}","created_at":"2025-01-01T00:00:0{}Z","edited_at":{edited_at},
                "visibility":"{visibility}","account":{{"acct":"ada"}}}}"#,
            id.len() % 10
        )
    }

    fn read(statuses_json: &[String]) -> Vec<Read> {
        let body = format!("[{}]", statuses_json.join(","));
        statuses(body.as_bytes(), "example.org").unwrap()
    }

    fn now() -> Timestamp {
        "2025-01-02T00:00:00Z".parse().unwrap()
    }

    fn order(known: &Known) -> Vec<&str> {
        known.order.iter().map(|id| &**id).collect()
    }

    fn kinds(items: &[Item]) -> Vec<&'static str> {
        let kind = |item: &Item| match item {
            Item::Post(_) => "post",
            Item::Deleted(_) => "deleted",
            Item::Refused(_) => "refused",
            other => panic!("{other:?}"),
        };
        items.iter().map(kind).collect()
    }

    #[test]
    fn pages_are_merged_by_their_own_order() {
        let mut known = Known::new(6);
        assert_eq!(
            known.take(page(&["d", "b"]), Place::Top, None, now()).len(),
            2
        );
        assert_eq!(
            known
                .take(page(&["e", "d", "c", "b"]), Place::Top, None, now())
                .len(),
            2
        );
        assert_eq!(
            known.take(page(&["a"]), Place::Bottom, None, now()).len(),
            1
        );
        assert_eq!(order(&known), ["e", "d", "c", "b", "a"]);
        known.take(page(&["g", "f"]), Place::Top, None, now());
        assert_eq!(order(&known), ["g", "f", "e", "d", "c", "b"]);
        assert!(known.post("a").is_none());
    }

    #[test]
    fn a_hole_lies_above_what_both_have() {
        let mut known = Known::new(100);
        let ids: Vec<String> = (10..50).rev().map(|n| format!("id{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        known.take(page(&ids), Place::Top, None, now());
        // The newest and one in the middle are gone, the oldest three only fell off the page.
        let left: Vec<&str> = ids[..37]
            .iter()
            .copied()
            .filter(|id| !["id49", "id30"].contains(id))
            .collect();
        let holes: Vec<_> = known
            .holes(&page(&left))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(holes, ["id49", "id30"]);
        // A page that shares nothing says nothing; a short one is all there is.
        let other: Vec<String> = (0..30).map(|n| format!("x{n}")).collect();
        let other: Vec<&str> = other.iter().map(String::as_str).collect();
        assert!(known.holes(&page(&other)).is_empty());
        assert_eq!(known.holes(&page(&[])).len(), 40);
    }

    #[test]
    fn a_hole_is_counted_until_it_is_filled_and_not_by_an_empty_page() {
        let mut known = Known::new(10);
        known.take(page(&["c", "b", "a"]), Place::Top, None, now());
        known.holes(&page(&["c", "a"]));
        known.holes(&page(&[]));
        assert_eq!(known.missed("b"), 1);
        known.holes(&page(&["c", "a"]));
        assert_eq!((known.missed("b"), known.missed("a")), (2, 0));
        known.take(page(&["c", "b", "a"]), Place::Top, None, now());
        assert_eq!(known.missed("b"), 0);
    }

    #[test]
    fn a_status_that_an_edit_gave_another_id_is_the_same_and_leaves_no_hole() {
        let mut known = Known::new(10);
        known.take(page(&["c", "b", "a"]), Place::Top, None, now());
        let edited = json("b", "\"2025-01-01T01:00:00Z\"", "public").replacen("\"b\"", "\"b2\"", 1);
        let anew = || {
            let again = [
                json("c", "null", "public"),
                edited.clone(),
                json("a", "null", "public"),
            ];
            read(&again)
        };
        let items = known.take(anew(), Place::Top, None, now());
        assert_eq!(kinds(&items), ["post"]);
        assert_eq!(order(&known), ["c", "b2", "a"]);
        assert!(known.holes(&anew()).is_empty());
    }

    #[test]
    fn edits_and_withdrawals_come_again_and_nothing_else() {
        let mut known = Known::new(10);
        let edited = "\"2025-01-01T01:00:00Z\"";
        let mut take = |edited_at: &str, visibility: &str| {
            let page = read(&[json("a", edited_at, visibility)]);
            kinds(&known.take(page, Place::Top, None, now()))
        };
        assert_eq!(take("null", "public"), ["post"]);
        assert_eq!(take("null", "public"), [""; 0]);
        assert_eq!(take(edited, "public"), ["post"]);
        assert_eq!(take(edited, "public"), [""; 0]);
        assert_eq!(take(edited, "unlisted"), ["deleted", "refused"]);
        assert_eq!(take(edited, "unlisted"), [""; 0]);
        assert_eq!(take(edited, "public"), ["post"]);
    }

    #[test]
    fn what_is_older_than_the_floor_is_left_out_for_good() {
        let mut known = Known::new(10);
        let floor = Some(now());
        assert!(
            known
                .take(page(&["a"]), Place::Top, floor, now())
                .is_empty()
        );
        let edited = read(&[json("a", "\"2025-01-03T00:00:00Z\"", "public")]);
        assert!(known.take(edited, Place::Top, floor, now()).is_empty());
        assert_eq!(known.recheck_at(true), None);
    }

    #[test]
    fn what_was_not_looked_at_for_longest_comes_first_and_the_newest_sooner() {
        let mut known = Known::new(1_000);
        let later = now() + Duration::from_mins(1);
        known.take(page(&["c", "b", "a"]), Place::Top, None, now());
        known.take(page(&["b"]), Place::Top, None, later);
        assert_eq!(known.recheck_at(false), Some(now() + RECHECK));
        assert_eq!(known.recheck_at(true), Some(now() + RECHECK_SOON));
        let ids = known.rechecked_first(2, true);
        assert_eq!(ids.iter().map(|id| &**id).collect::<Vec<_>>(), ["a", "c"]);
        known.checked(&ids, later);
        assert_eq!(known.recheck_at(true), Some(later + RECHECK_SOON));
        assert!(known.forget("a").is_some() && known.forget("a").is_none());
        assert_eq!(order(&known), ["c", "b"]);
        // Pushed down by newer ones, they can wait.
        let newer: Vec<String> = (0..ON_SCREEN).map(|n| format!("n{n}")).collect();
        let newer: Vec<&str> = newer.iter().map(String::as_str).collect();
        known.take(page(&newer), Place::Top, None, later);
        let first = known.rechecked_first(ON_SCREEN, true);
        assert!(first.iter().all(|id| id.starts_with('n')), "{first:?}");
    }
}
