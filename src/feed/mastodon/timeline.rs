//! What one server is read by: its hashtag timelines and, beside them, those of people. Each is paged for itself.

use url::Url;

use super::client::Client;
use super::convert::{self, Read};
use super::group::Group;

/// A timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Timeline {
    /// Whatever carries some hashtags.
    Tags(Group),
    /// Whatever an account writes, by the server's id of it.
    Account(String),
    /// Whatever the accounts of a list write, by the server's id of it. It is its owner's, whose token it takes.
    List(String),
    /// Whatever mentions the account whose token it is.
    Mentions,
}

impl Timeline {
    /// What its position is kept under. No hashtag has a colon.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Tags(group) => group.key(),
            Self::Account(id) => format!("account:{id}"),
            Self::List(id) => format!("list:{id}"),
            Self::Mentions => "mentions:".to_owned(),
        }
    }

    /// Whether its posts are wanted for their people, whatever hashtags they carry.
    pub(super) fn of_people(&self) -> bool {
        !matches!(self, Self::Tags(_))
    }

    /// What it is called, and the scope that a token needs for it.
    pub(super) fn name_and_scope(&self) -> (String, &'static str) {
        match self {
            Self::Tags(_) => ("hashtags".to_owned(), "read:statuses"),
            Self::Account(_) => ("what accounts write".to_owned(), "read:statuses"),
            Self::List(id) => (format!("the list {id}"), "read:lists"),
            Self::Mentions => ("mentions".to_owned(), "read:notifications"),
        }
    }

    /// Its address, with one cursor parameter or none.
    pub(super) fn url(&self, client: &Client, limit: usize, cursor: Option<(&str, &str)>) -> Url {
        let mut url = match self {
            Self::Tags(group) => return group.url(client, limit, cursor),
            Self::Account(id) => client.url(&["api", "v1", "accounts", id, "statuses"]),
            Self::List(id) => client.url(&["api", "v1", "timelines", "list", id]),
            Self::Mentions => client.url(&["api", "v1", "notifications"]),
        };
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("limit", &limit.to_string());
            match self {
                Self::Account(_) => query.append_pair("exclude_reblogs", "true"),
                Self::Mentions => query.append_pair("types[]", "mention"),
                Self::Tags(_) | Self::List(_) => &mut query,
            };
            if let Some((name, id)) = cursor {
                query.append_pair(name, id);
            }
        }
        url
    }

    /// Reads a page of it, newest first.
    pub(super) fn read(&self, body: &[u8], domain: &str) -> Result<Vec<Read>, serde_json::Error> {
        match self {
            Self::Mentions => convert::mentions(body, domain),
            _ => convert::statuses(body, domain),
        }
    }
}
