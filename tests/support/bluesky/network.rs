//! The network itself: its people, posts and sessions, and everything that happened in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use buzzwall::clock::{ManualClock, SharedClock};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{POST, ids};

/// All that is so just now.
pub(super) struct Held {
    pub(super) clock: SharedClock,
    /// When the last event was seen.
    pub(super) last: i64,
    /// All that happened, in order; a place in it is what cursors come down to.
    pub(super) log: Vec<Event>,
    /// Events before this place are no longer kept.
    pub(super) floor: usize,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) posts: BTreeMap<String, Post>,
    /// How many answers of `getPosts` do not know of what is new.
    pub(super) lag: u32,
    pub(super) trends: Vec<String>,
    pub(super) sessions: Vec<Session>,
    pub(super) tokens: u32,
    /// How many requests an access token lasts.
    pub(super) lasts: Option<u32>,
    pub(super) searches: u32,
}

/// What a signed-in account shows.
pub(super) struct Session {
    pub(super) access: String,
    pub(super) refresh: String,
    /// Requests for which the access token is still taken; without end where nothing is said.
    pub(super) left: Option<u32>,
}

/// An account as `getProfiles` shows it.
pub(super) struct Account {
    pub(super) view: Value,
}

/// A post as the `AppView` has it.
pub(super) struct Post {
    pub(super) uri: String,
    pub(super) did: String,
    pub(super) rkey: String,
    pub(super) cid: String,
    pub(super) record: Value,
    /// When it was seen, in microseconds.
    pub(super) indexed: i64,
    /// Labels of others.
    pub(super) labels: Vec<Value>,
    pub(super) counts: Value,
    /// This many answers do not know its newest state, but that one, if any.
    pub(super) behind: u32,
    pub(super) before: Option<(Value, String)>,
}

/// Something that Jetstream tells.
pub(super) struct Event {
    /// When it was seen, in microseconds.
    pub(super) at: i64,
    pub(super) did: String,
    pub(super) kind: &'static str,
    /// What stands under the kind's name on the first wire.
    pub(super) body: Value,
}

impl Held {
    pub(super) fn new() -> Self {
        let start = "2019-11-06T09:00:00Z".parse().expect("a time");
        let mut held = Self {
            clock: Arc::new(ManualClock::new(start)),
            last: 0,
            log: Vec::new(),
            floor: 0,
            accounts: BTreeMap::new(),
            posts: BTreeMap::new(),
            lag: 0,
            trends: Vec::new(),
            sessions: Vec::new(),
            tokens: 0,
            lasts: None,
            searches: 0,
        };
        held.join("ada", "Ada");
        held.join("wall", "The wall");
        held
    }

    pub(super) fn join(&mut self, name: &str, display: &str) -> String {
        let did = ids::did(name);
        let avatar = format!(
            "https://cdn.bsky.app/img/avatar/plain/{did}/{}",
            ids::cid(name)
        );
        let account = self.accounts.entry(did.clone()).or_insert_with(|| Account {
            view: json!({
                "did": did, "handle": format!("{name}.test"), "avatar": avatar, "labels": [],
                "associated": {"activitySubscription": {"allowSubscriptions": "followers"}},
                "createdAt": "2018-04-01T08:00:00.000Z", "indexedAt": "2018-04-01T08:00:01.000Z",
                "description": "", "followersCount": 12, "followsCount": 3, "postsCount": 4,
            }),
        });
        account.view["displayName"] = json!(display);
        did
    }

    pub(super) fn publish(&mut self, did: &str, record: Value) -> String {
        assert!(self.accounts.contains_key(did), "{did} has not joined");
        let rkey = ids::tid(self.next());
        self.commit(did, "create", POST, &rkey, Some(&record));
        let uri = format!("at://{did}/{POST}/{rkey}");
        let post = Post {
            uri: uri.clone(),
            did: did.to_owned(),
            rkey,
            cid: ids::cid(&record.to_string()),
            record,
            indexed: self.last,
            labels: Vec::new(),
            counts: json!({"replyCount": 0, "repostCount": 0, "likeCount": 0, "quoteCount": 0}),
            behind: self.lag,
            before: None,
        };
        self.posts.insert(uri.clone(), post);
        uri
    }

    pub(super) fn commit(
        &mut self,
        did: &str,
        operation: &str,
        collection: &str,
        rkey: &str,
        record: Option<&Value>,
    ) {
        let rev = ids::tid(self.next());
        let mut body =
            json!({"rev": rev, "operation": operation, "collection": collection, "rkey": rkey});
        if let Some(record) = record {
            body["record"] = record.clone();
            body["cid"] = json!(ids::cid(&record.to_string()));
        }
        self.happen(did, "commit", body);
    }

    /// A post of somebody whom nobody here knows.
    pub(super) fn stranger(&mut self, n: usize) {
        let text = format!("Nobody needs to know number {n} #lunch");
        let rkey = ids::tid(self.next());
        let record = record(&text, moment(self.next()));
        self.commit(&ids::did("stranger"), "create", POST, &rkey, Some(&record));
    }

    pub(super) fn happen(&mut self, did: &str, kind: &'static str, body: Value) {
        self.last = self.next();
        let event = Event {
            at: self.last,
            did: did.to_owned(),
            kind,
            body,
        };
        self.log.push(event);
    }

    /// When the next event is seen.
    pub(super) fn next(&self) -> i64 {
        self.clock.now().as_microsecond().max(self.last + 1)
    }
}

/// A moment of so many microseconds.
pub(super) fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).expect("a time of this age")
}

/// The record of a post with this text, each hashtag marked at its bytes.
pub fn record(text: &str, at: Timestamp) -> Value {
    let facets: Vec<Value> = text
        .match_indices('#')
        .filter_map(|(start, _)| {
            let tag = text[start + 1..]
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()?;
            let index = json!({"byteStart": start, "byteEnd": start + 1 + tag.len()});
            let feature = json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag});
            (!tag.is_empty()).then(|| json!({"index": index, "features": [feature]}))
        })
        .collect();
    let mut record =
        json!({"$type": POST, "createdAt": format!("{at:.3}"), "langs": ["en"], "text": text});
    if !facets.is_empty() {
        record["facets"] = json!(facets);
    }
    record
}

/// The tags of a record, folded: those that are marked in its text and those beside it.
pub(super) fn tags(record: &Value) -> BTreeSet<String> {
    let facets = record["facets"].as_array().into_iter().flatten();
    let marked = facets
        .flat_map(|facet| facet["features"].as_array().into_iter().flatten())
        .map(|feature| &feature["tag"]);
    let beside = record["tags"].as_array().into_iter().flatten();
    marked
        .chain(beside)
        .filter_map(|tag| Some(tag.as_str()?.to_lowercase()))
        .collect()
}
