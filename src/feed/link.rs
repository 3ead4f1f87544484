//! One post by its address, as a person finds it in a browser: at servers that speak the API of Mastodon or Misskey, and on
//! Bluesky. Read the way the feeds of these kinds read, wishes of its author included.

use url::Url;

use super::{FeedError, FeedSettings, Item, Reason, bluesky, mastodon, misskey, public};
use crate::clock::SharedClock;
use crate::post::{Kind, Post};

/// Longest address taken, in bytes.
const MAX_BYTES: usize = 2_000;
/// What can be read, for the words of errors.
const HOW: &str = "paste the address of one post, such as https://mastodon.social/@name/123, https://misskey.io/notes/abc \
                   or https://bsky.app/profile/name/post/abc";

/// Why a link leads to no post.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It is no address of a post that can be read.
    #[error("{0}")]
    Unreadable(String),
    /// There is no such post, or not for everybody.
    #[error("there is no such post, or it is not public")]
    Missing,
    /// The post is there and cannot be taken.
    #[error("this post is not taken: {0}")]
    Refused(String),
    /// Who wrote it does not want to be shown.
    #[error(
        "its author asked not to be collected or shown elsewhere ({0}), so it stays off the wall"
    )]
    OptedOut(String),
    /// The server did not answer.
    #[error("the post could not be read: {0}")]
    Unreachable(FeedError),
}

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Leads {
    /// A status at a server that speaks Mastodon's API, by its id there.
    Mastodon(String),
    /// A note at a server that speaks Misskey's.
    Misskey(String),
    /// A post on Bluesky: its author's handle or DID, and its key.
    Bluesky(String, String),
}

fn leads(url: &Url) -> Option<Leads> {
    let path: Vec<&str> = (url.path_segments()?)
        .filter(|part| !part.is_empty())
        .collect();
    let id = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        ((1..=128).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
    };
    if url.host_str() == Some("bsky.app") {
        return match path.as_slice() {
            ["profile", who, "post", key] => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte);
                let sound = (1..=512).contains(&who.len()) && who.bytes().all(plain);
                sound.then(|| Some(Leads::Bluesky((*who).to_owned(), id(key)?)))?
            }
            _ => None,
        };
    }
    match path.as_slice() {
        ["notes", note] => Some(Leads::Misskey(id(note)?)),
        ["notice", status] | ["users", _, "statuses", status] => Some(Leads::Mastodon(id(status)?)),
        [who, status] | [who, "statuses", status] if who.starts_with('@') => {
            Some(Leads::Mastodon(id(status)?))
        }
        _ => None,
    }
}

/// Reads posts by their addresses, for one wall.
pub struct Links {
    /// Reaches public addresses alone.
    outside: reqwest::Client,
    /// Reaches the servers that the wall's feeds read, wherever they are.
    known: reqwest::Client,
    servers: Vec<Url>,
    appview: Option<Url>,
    agent: String,
    clock: SharedClock,
}

impl Links {
    /// For a wall with these feeds: their servers may be asked even where they are not public.
    pub fn new<'a>(
        feeds: impl IntoIterator<Item = &'a FeedSettings>,
        agent: &str,
        clock: SharedClock,
    ) -> Self {
        let (mut servers, mut appview) = (Vec::new(), None);
        for feed in feeds {
            match feed {
                FeedSettings::Mastodon(settings) => servers.extend(Url::parse(&settings.target())),
                FeedSettings::Misskey(settings) => servers.extend(Url::parse(&settings.target())),
                FeedSettings::Bluesky(settings) => appview = Url::parse(&settings.appview).ok(),
                _ => {}
            }
        }
        Self {
            outside: public::client(agent),
            known: super::http::client_without_redirects(agent),
            servers,
            appview: appview.or_else(|| Url::parse(bluesky::APPVIEW).ok()),
            agent: agent.to_owned(),
            clock,
        }
    }

    /// The post at an address.
    ///
    /// # Errors
    /// Says why there is none.
    pub async fn read(&self, address: &str) -> Result<Post, LinkError> {
        let unreadable = |what: &str| LinkError::Unreadable(format!("{what}; {HOW}"));
        let address = address.trim();
        if address.len() > MAX_BYTES {
            return Err(unreadable("that address is too long"));
        }
        let url = Url::parse(address).map_err(|_| unreadable("that is no address"))?;
        let Some(leads) = leads(&url) else {
            return Err(unreadable("that address is of no kind that can be read"));
        };
        let mut server = url.clone();
        server.set_path("/");
        server.set_query(None);
        server.set_fragment(None);
        let known = (self.servers.iter()).any(|known| known.origin() == url.origin());
        if !known && !public::may_be_asked(&url) {
            return Err(unreadable("that address is not on the public web"));
        }
        let http = if known { &self.known } else { &self.outside };
        let (http, clock) = (http.clone(), self.clock.clone());
        let item = match leads {
            Leads::Mastodon(id) => mastodon::one(http, server, &id, clock).await,
            Leads::Misskey(id) => misskey::one(http, &self.agent, server, &id, clock).await,
            Leads::Bluesky(who, key) => {
                let appview = self.appview.clone();
                let appview = appview.ok_or_else(|| unreadable("Bluesky is not known here"))?;
                bluesky::one(self.known.clone(), appview, (&who, &key), clock).await
            }
        };
        match item.map_err(LinkError::Unreachable)? {
            Some(Item::Post(post)) if post.kind == Kind::Repost => Err(unreadable(
                "that only passes a post on; open the post itself",
            )),
            Some(Item::Post(post)) => Ok(*post),
            Some(Item::Refused(refusal)) => Err(match refusal.reason {
                Reason::OptedOut => LinkError::OptedOut(refusal.detail),
                Reason::NotPublic => LinkError::Missing,
                _ => LinkError::Refused(refusal.detail),
            }),
            _ => Err(LinkError::Missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_where_people_mean() {
        let mastodon = |id: &str| Some(Leads::Mastodon(id.to_owned()));
        for (address, expected) in [
            ("https://a.example/@ada/115", mastodon("115")),
            (
                "https://a.example/@ada@b.example/115?x=1#y",
                mastodon("115"),
            ),
            ("https://a.example/@ada/statuses/01HX", mastodon("01HX")),
            ("https://a.example/users/ada/statuses/115", mastodon("115")),
            ("https://a.example/notice/Ax9", mastodon("Ax9")),
            (
                "https://a.example/notes/9abc",
                Some(Leads::Misskey("9abc".to_owned())),
            ),
            (
                "https://bsky.app/profile/ada.example/post/3k2",
                Some(Leads::Bluesky("ada.example".to_owned(), "3k2".to_owned())),
            ),
            ("https://bsky.app/profile/ada.example", None),
            ("https://a.example/@ada", None),
            ("https://a.example/@ada/../../etc", None),
            ("https://a.example/@ada/1%2F2", None),
            ("https://x.com/ada/status/115", None),
            ("https://a.example/", None),
        ] {
            assert_eq!(leads(&Url::parse(address).unwrap()), expected, "{address}");
        }
    }
}
