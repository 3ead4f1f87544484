//! The timelines of one server: that of hashtags and, beside it, those of the accounts, lists and mentions that a feed is told
//! of, which are looked up once.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::client::{Client, Failure};
use crate::feed::{FeedError, Wanted};

/// A timeline, paged for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Timeline {
    /// Whatever carries the hashtags.
    Tags,
    /// Whatever an account writes, by the server's id of it.
    Account(String),
    /// Whatever the accounts of a list write, by the server's id of it.
    List(String),
    /// Whatever mentions the account whose token it is.
    Mentions,
}

impl Timeline {
    /// What its position is kept under.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Tags => "tags".to_owned(),
            Self::Account(id) => format!("account:{id}"),
            Self::List(id) => format!("list:{id}"),
            Self::Mentions => "mentions".to_owned(),
        }
    }

    /// Whether its notes are wanted for their people, whatever hashtags they carry.
    pub(super) fn of_people(&self) -> bool {
        *self != Self::Tags
    }

    /// Where it is asked for, and with what; `query` is that of the hashtags.
    pub(super) fn request(&self, query: &[Vec<&str>]) -> (&'static [&'static str], Value) {
        match self {
            Self::Tags => (&["notes", "search-by-tag"], json!({"query": query})),
            Self::Account(id) => (
                &["users", "notes"],
                json!({"userId": id, "withReplies": true, "withRenotes": false}),
            ),
            Self::List(id) => (
                &["notes", "user-list-timeline"],
                json!({"listId": id, "withRenotes": false}),
            ),
            Self::Mentions => (&["notes", "mentions"], json!({})),
        }
    }
}

/// Looks up whom the feed was told of.
pub(super) struct People {
    wanted: Wanted,
    host: String,
    /// Those that are yet to be looked up.
    left: VecDeque<Who>,
    found: Vec<Timeline>,
    troubles: Vec<Trouble>,
}

enum Who {
    Account(String),
    List(String),
    Mention(String),
}

/// Why somebody is not read.
struct Trouble {
    words: String,
    /// Whether a token, or another one, would help.
    token: bool,
}

impl People {
    /// `home` is the server's address.
    pub(super) fn new(wanted: Wanted, home: &str) -> Self {
        let host = home.split_once("://").map_or(home, |(_, host)| host);
        let mut people = Self {
            wanted,
            host: host.to_lowercase(),
            left: VecDeque::new(),
            found: Vec::new(),
            troubles: Vec::new(),
        };
        people.begin();
        people
    }

    fn begin(&mut self) {
        let accounts = self.wanted.accounts.iter().cloned().map(Who::Account);
        let lists = self.wanted.lists.iter().cloned().map(Who::List);
        let mentions = self.wanted.mentions.iter().cloned().map(Who::Mention);
        self.left = accounts.chain(lists).chain(mentions).collect();
        self.found.clear();
        self.troubles.clear();
    }

    /// Those that cannot be read, in words.
    pub(super) fn note(&self) -> Option<String> {
        let words: Vec<&str> = (self.troubles.iter().map(|it| it.words.as_str())).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// All timelines that are read. Asks for each of the people once.
    pub(super) async fn timelines(
        &mut self,
        client: &mut Client,
    ) -> Result<Vec<Timeline>, FeedError> {
        while let Some(who) = self.left.front() {
            let found = match who {
                Who::Account(handle) => account(client, handle, &self.host).await?,
                Who::List(id) => list(client, id).await?,
                Who::Mention(handle) => mentions(client, handle, &self.host).await?,
            };
            self.left.pop_front();
            match found {
                // One who is named twice is read once.
                Ok(timeline) if self.found.contains(&timeline) => {}
                Ok(timeline) => self.found.push(timeline),
                Err(trouble) => self.troubles.push(trouble),
            }
        }
        let tags = self.wanted.by_tags().then_some(Timeline::Tags);
        let all: Vec<Timeline> = tags.into_iter().chain(self.found.iter().cloned()).collect();
        match self.note().filter(|_| all.is_empty()) {
            None => Ok(all),
            Some(note) => {
                let token = self.troubles.iter().any(|trouble| trouble.token);
                // Where it is asked again, all may be otherwise.
                self.begin();
                Err(if token {
                    FeedError::Unauthorised(note)
                } else {
                    FeedError::Misconfigured(note)
                })
            }
        }
    }
}

/// What is found, or why it is not; the outer error is for what says nothing of it.
type Found = Result<Result<Timeline, Trouble>, FeedError>;

/// A handle's name, and its server where that is another one than `host`.
fn parts<'a>(handle: &'a str, host: &str) -> (&'a str, Option<&'a str>) {
    let bare = handle.trim_start_matches('@');
    let (name, at) = bare
        .split_once('@')
        .map_or((bare, None), |(name, at)| (name, Some(at)));
    (name, at.filter(|at| !at.eq_ignore_ascii_case(host)))
}

async fn account(client: &mut Client, handle: &str, host: &str) -> Found {
    let (name, at) = parts(handle, host);
    let asked = json!({"username": name, "host": at});
    let missing = format!("there is no account {handle} for {host}; look at its handle");
    match client.ask(&["users", "show"], asked).await {
        Ok(user) => {
            let id = user["id"].as_str().filter(|id| !id.is_empty());
            let Some(id) = id.map(str::to_owned) else {
                return Err(client.foreign("its answer is no account", false));
            };
            client.understood();
            Ok(Ok(Timeline::Account(id)))
        }
        Err(failure) => trouble(failure, missing),
    }
}

async fn list(client: &mut Client, id: &str) -> Found {
    if !client.has_token() {
        let words = format!(
            "the list {id} is its owner's: give this feed the owner's token as token = {{ env = \"MISSKEY_TOKEN\" }}"
        );
        return Ok(Err(Trouble { words, token: true }));
    }
    let missing = format!("the owner of this token has no list {id}");
    readable(client, Timeline::List(id.to_owned()), missing).await
}

async fn mentions(client: &mut Client, handle: &str, host: &str) -> Found {
    let how = format!(
        "{host} tells who mentions {handle} only to {handle}: give this feed the token of that very account"
    );
    if !client.has_token() {
        return Ok(Err(Trouble {
            words: how,
            token: true,
        }));
    }
    let own = match client.ask(&["i"], json!({})).await {
        Ok(own) => own,
        Err(failure) => return trouble(failure, how),
    };
    let own = own["username"].as_str().unwrap_or_default();
    let (name, at) = parts(handle, host);
    if at.is_some() || !name.eq_ignore_ascii_case(own) {
        let words = format!("{how}, not that of {own}");
        return Ok(Err(Trouble { words, token: true }));
    }
    let missing = format!("{host} has no list of mentions");
    readable(client, Timeline::Mentions, missing).await
}

/// A timeline, if the server shows it; `missing` is said where there is none.
async fn readable(client: &mut Client, timeline: Timeline, missing: String) -> Found {
    let (endpoint, mut body) = timeline.request(&[]);
    body["limit"] = json!(1);
    match client.ask(endpoint, body).await {
        Ok(_) => Ok(Ok(timeline)),
        Err(failure) => trouble(failure, missing),
    }
}

fn trouble(failure: Failure, missing: String) -> Found {
    match failure {
        Failure::Missing => Ok(Err(Trouble {
            words: missing,
            token: false,
        })),
        Failure::Feed(FeedError::Unauthorised(words)) => Ok(Err(Trouble { words, token: true })),
        Failure::Feed(error) => Err(error),
    }
}
