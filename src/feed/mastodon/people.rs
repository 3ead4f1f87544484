//! The accounts, lists and mentions that a feed is told of, looked up once at the server.

use std::collections::VecDeque;

use serde::Deserialize;
use url::Url;

use super::api;
use super::client::{Client, Failure};
use super::timeline::Timeline;
use crate::feed::{FeedError, Wanted, network};

/// Looks up whom the feed was told of.
pub(super) struct People {
    wanted: Wanted,
    /// Those that are yet to be looked up.
    left: VecDeque<Who>,
    found: Vec<Timeline>,
    troubles: Vec<Trouble>,
}

#[derive(Debug, Clone)]
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
    pub(super) fn new(wanted: Wanted) -> Self {
        let mut people = Self {
            wanted,
            left: VecDeque::new(),
            found: Vec::new(),
            troubles: Vec::new(),
        };
        people.begin();
        people
    }

    fn begin(&mut self) {
        let Wanted {
            accounts,
            lists,
            mentions,
            ..
        } = &self.wanted;
        let accounts = accounts.iter().cloned().map(Who::Account);
        let lists = lists.iter().cloned().map(Who::List);
        let mentions = mentions.iter().cloned().map(Who::Mention);
        self.left = accounts.chain(lists).chain(mentions).collect();
        self.found.clear();
        self.troubles.clear();
    }

    /// Those that cannot be read, in words.
    pub(super) fn note(&self) -> Option<String> {
        let words: Vec<&str> = (self.troubles.iter().map(|it| it.words.as_str())).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// Their timelines. Asks for each of them once; `domain` is the server's, for the handles of its own people.
    pub(super) async fn timelines(
        &mut self,
        client: &Client,
        domain: &str,
    ) -> Result<&[Timeline], Failure> {
        while let Some(who) = self.left.front() {
            let found = match who {
                Who::Account(handle) => account(client, handle, domain).await?,
                Who::List(id) => list(client, id).await?,
                Who::Mention(handle) => mentions(client, handle, domain).await?,
            };
            self.left.pop_front();
            match found {
                // One who is named twice is read once.
                Ok(timeline) if self.found.contains(&timeline) => {}
                Ok(timeline) => self.found.push(timeline),
                Err(trouble) => self.troubles.push(trouble),
            }
        }
        if self.found.is_empty()
            && !self.wanted.by_tags()
            && let Some(note) = self.note()
        {
            let error = if self.troubles.iter().any(|trouble| trouble.token) {
                FeedError::Unauthorised(note)
            } else {
                FeedError::Misconfigured(note)
            };
            // Where it is asked again, all may be otherwise.
            self.begin();
            return Err(Failure::Feed(error));
        }
        Ok(&self.found)
    }
}

/// What is found, or why it is not; the outer error is for what says nothing of it.
type Found<T> = Result<Result<T, Trouble>, Failure>;

/// What is read of an account.
#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow)]
    id: api::Text<'a>,
    #[serde(borrow, default)]
    acct: api::Text<'a>,
}

/// What is read of a search.
#[derive(Deserialize)]
struct Search<'a> {
    #[serde(borrow, default)]
    accounts: Vec<Account<'a>>,
}

impl Account<'_> {
    /// Whether a handle is this account's; those of the server's own people may be written with its domain or without.
    fn is(&self, handle: &str, domain: &str) -> bool {
        let full = |handle: &str| {
            let handle = handle.trim_start_matches('@').to_lowercase();
            if handle.contains('@') {
                handle
            } else {
                format!("{handle}@{}", domain.to_lowercase())
            }
        };
        full(self.acct.as_str()) == full(handle)
    }
}

async fn account(client: &Client, handle: &str, domain: &str) -> Found<Timeline> {
    let mut url = client.url(&["api", "v1", "accounts", "lookup"]);
    url.query_pairs_mut().append_pair("acct", handle);
    match client.get(url).await {
        Ok(answer) => {
            let account: Account<'_> = read(&answer.body)?;
            return Ok(Ok(Timeline::Account(account.id.as_str().to_owned())));
        }
        Err(Failure::Missing { .. }) => {}
        Err(Failure::Refused { words, .. }) => {
            return Ok(Err(refused(
                client,
                &format!("the account {handle}"),
                "read:accounts",
                &words,
            )));
        }
        Err(failure) => return Err(failure),
    }
    // The server does not know the account yet. Only for somebody who is signed in does it ask for it elsewhere.
    if client.has_token() {
        let mut url = client.url(&["api", "v2", "search"]);
        url.query_pairs_mut()
            .append_pair("q", &format!("@{handle}"))
            .append_pair("type", "accounts")
            .append_pair("resolve", "true")
            .append_pair("limit", "5");
        match client.get(url).await {
            Ok(answer) => {
                let search: Search<'_> = read(&answer.body)?;
                let mut accounts = search.accounts.iter();
                if let Some(account) = accounts.find(|account| account.is(handle, domain)) {
                    return Ok(Ok(Timeline::Account(account.id.as_str().to_owned())));
                }
            }
            Err(Failure::Feed(error)) => return Err(Failure::Feed(error)),
            // It may have no such search, or the token may not be for it.
            Err(failure) => tracing::debug!(?failure, "could not search for an account"),
        }
    }
    let server = client.server();
    Ok(Err(Trouble {
        words: if client.has_token() {
            format!("{server} finds no account {handle}; look at its handle")
        } else {
            format!(
                "{server} knows no account {handle}; look at its handle, or read it at its own server, or give this feed a \
                 token, with which {server} looks for it elsewhere"
            )
        },
        token: false,
    }))
}

async fn list(client: &Client, id: &str) -> Found<Timeline> {
    let timeline = Timeline::List(id.to_owned());
    if !client.has_token() {
        let words = format!(
            "the list {id} is its owner's: give this feed the owner's token (scope read:lists) as token = {{ env = \
             \"MASTODON_TOKEN\" }}"
        );
        return Ok(Err(Trouble { words, token: true }));
    }
    readable(
        client,
        timeline,
        format!("the owner of this token has no list {id}"),
    )
    .await
}

async fn mentions(client: &Client, handle: &str, domain: &str) -> Found<Timeline> {
    let server = client.server();
    let how = format!(
        "{server} tells who mentions {handle} only to {handle}: give this feed the token of that very account (scopes \
         read:accounts and read:notifications)"
    );
    if !client.has_token() {
        return Ok(Err(Trouble {
            words: how,
            token: true,
        }));
    }
    let url = client.url(&["api", "v1", "accounts", "verify_credentials"]);
    let (what, scope) = ("whose token this is", "read:accounts");
    let answer = match client.get(url).await {
        Ok(answer) => answer,
        Err(Failure::Refused { words, .. }) => {
            return Ok(Err(refused(client, what, scope, &words)));
        }
        Err(Failure::Missing { .. }) => return Ok(Err(refused(client, what, scope, ""))),
        Err(failure) => return Err(failure),
    };
    let own: Account<'_> = read(&answer.body)?;
    if !own.is(handle, domain) {
        let words = format!("{how}, not that of {}", own.acct.as_str());
        return Ok(Err(Trouble { words, token: true }));
    }
    readable(
        client,
        Timeline::Mentions,
        format!("{server} has no list of mentions"),
    )
    .await
}

/// A timeline, if the server shows it; `missing` is said where there is none.
async fn readable(client: &Client, timeline: Timeline, missing: String) -> Found<Timeline> {
    let url: Url = timeline.url(client, 1, None);
    match client.get(url).await {
        Ok(_) => Ok(Ok(timeline)),
        Err(Failure::Missing { .. }) => Ok(Err(Trouble {
            words: missing,
            token: false,
        })),
        Err(Failure::Refused { words, .. }) => {
            let (what, scope) = timeline.name_and_scope();
            Ok(Err(refused(client, &what, scope, &words)))
        }
        Err(failure) => Err(failure),
    }
}

/// The server does not show something with the token that there is, or without one.
fn refused(client: &Client, what: &str, scope: &str, said: &str) -> Trouble {
    Trouble {
        words: refusal(client, what, scope, said),
        token: true,
    }
}

/// The same in words, for the organiser.
pub(super) fn refusal(client: &Client, what: &str, scope: &str, said: &str) -> String {
    let server = client.server();
    let mut words = if client.has_token() {
        format!(
            "{server} does not show {what} with this token: it may be revoked or lack the scope {scope}; make a new one there \
             under Preferences, Development, New application"
        )
    } else {
        format!(
            "{server} shows {what} only to people who are signed in; make an application there under Preferences, \
             Development, New application (scope {scope}), and give its access token to this feed as token = {{ env = \
             \"MASTODON_TOKEN\" }}"
        )
    };
    if !said.is_empty() {
        words.push_str("; it said: ");
        words.push_str(said);
    }
    words
}

/// A body, where it is one of the API's.
fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .map_err(|_| Failure::Foreign(network::no_answer_of_an_api(body).to_owned()))
}
