//! A host of Jetstream: its address, the wire it speaks, and how each is asked for posts.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

/// The path of the older wire.
const OLDER: &str = "/subscribe";
/// The path of the wire of 2026.
const NEWER: &str = "/xrpc/network.bsky.jetstream.subscribeEvents";
/// Where a host hands out the dictionary that it compresses with.
const DICTIONARY: &str = "/xrpc/network.bsky.jetstream.getZstdDictionary";
/// What is larger is not sent, in bytes. No post comes near it.
const LARGEST: &str = "1000000";
/// What is read: posts, and what happens to accounts.
const POSTS: &str = "app.bsky.feed.post";

/// How to write one.
pub(super) const HOW: &str =
    "write a host such as jetstream.us-east.bsky.network, or the whole address of its stream";

/// The form in which a host tells of events. Cursors do not carry over from one to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// `/subscribe`: one JSON object an event, the time in microseconds being the cursor.
    Older,
    /// `subscribeEvents`: XRPC messages, numbered by the host.
    Newer,
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    url: Url,
    /// As people call it.
    pub(super) name: Arc<str>,
    pub(super) wire: Wire,
    /// Whether the wire was not said: a host that does not know the newer one is then read by the older.
    pub(super) guessed: bool,
}

/// Where a host is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// With what happens from now on.
    Now,
    /// With what happened at this time.
    Time(Timestamp),
    /// With this number of its own, inclusive.
    Number(u64),
}

impl Host {
    /// Reads a host as people write it: `jetstream.example`, or `wss://jetstream.example/subscribe`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("wss://{text}")
        };
        let mut url = Url::parse(&full)
            .map_err(|error| format!("{text:?} is no Jetstream host: {error}; {HOW}"))?;
        if !matches!(url.scheme(), "ws" | "wss") || url.host_str().is_none() {
            return Err(format!("{text:?} is no Jetstream host; {HOW}"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!(
                "a Jetstream host is not asked with a name and password; {HOW}"
            ));
        }
        let (wire, guessed) = match url.path().trim_end_matches('/') {
            "" => (Wire::Newer, true),
            OLDER => (Wire::Older, false),
            NEWER => (Wire::Newer, false),
            _ => {
                return Err(format!(
                    "{text:?} is no stream of Jetstream's: its path is {OLDER} or {NEWER}; {HOW}"
                ));
            }
        };
        url.set_query(None);
        url.set_fragment(None);
        let name = url.host_str().unwrap_or_default();
        let name = match url.port() {
            Some(port) => format!("{name}:{port}").into(),
            None => name.into(),
        };
        Ok(Self {
            url,
            name,
            wire,
            guessed,
        })
    }

    /// The address of the stream. `dictionary` is the number of the one that it may compress with.
    pub(super) fn stream(&self, from: From, dictionary: Option<u32>) -> Url {
        let mut url = self.url.clone();
        url.set_path(match self.wire {
            Wire::Older => OLDER,
            Wire::Newer => NEWER,
        });
        let mut query = url.query_pairs_mut();
        match self.wire {
            Wire::Older => {
                query.append_pair("wantedCollections", POSTS);
                if dictionary.is_some() {
                    query.append_pair("compress", "true");
                }
            }
            Wire::Newer => {
                query
                    .append_pair("kinds", "commit")
                    .append_pair("kinds", "account")
                    .append_pair("collections", POSTS);
                if let Some(id) = dictionary {
                    query.append_pair("zstdDictionary", &id.to_string());
                }
            }
        }
        query.append_pair("maxMessageSizeBytes", LARGEST);
        match from {
            From::Now => {}
            From::Time(at) => {
                query.append_pair("cursor", &at.as_microsecond().to_string());
            }
            From::Number(number) => {
                query.append_pair("cursor", &number.to_string());
            }
        }
        drop(query);
        url
    }

    /// The address of a dictionary, or of the one in use.
    pub(super) fn dictionary(&self, id: Option<u32>) -> Url {
        let mut url = self.url.clone();
        let scheme = if url.scheme() == "ws" {
            "http"
        } else {
            "https"
        };
        // Both are schemes of the web, between which a change is always possible.
        if url.set_scheme(scheme).is_err() {
            tracing::error!(%url, scheme, "scheme cannot be changed");
        }
        url.set_path(DICTIONARY);
        if let Some(id) = id {
            url.query_pairs_mut().append_pair("id", &id.to_string());
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wire_is_asked_in_its_own_words() {
        let at: Timestamp = "2026-07-04T14:38:08.085434Z".parse().unwrap();
        let older = Host::parse("ws://127.0.0.1:6008/subscribe").unwrap();
        assert_eq!(
            older.stream(From::Time(at), Some(7)).as_str(),
            "ws://127.0.0.1:6008/subscribe?wantedCollections=app.bsky.feed.post&compress=true&maxMessageSizeBytes=1000000&cursor=1783175888085434"
        );
        let newer = Host::parse("jetstream.example").unwrap();
        assert!(newer.guessed && newer.wire == Wire::Newer);
        assert_eq!(
            newer.stream(From::Number(12), Some(7)).as_str(),
            "wss://jetstream.example/xrpc/network.bsky.jetstream.subscribeEvents?kinds=commit&kinds=account\
             &collections=app.bsky.feed.post&zstdDictionary=7&maxMessageSizeBytes=1000000&cursor=12"
        );
        assert!(!newer.stream(From::Now, None).as_str().contains("cursor"));
        assert_eq!(
            newer.dictionary(Some(7)).as_str(),
            "https://jetstream.example/xrpc/network.bsky.jetstream.getZstdDictionary?id=7"
        );
        assert_eq!(&*older.name, "127.0.0.1:6008");
    }
}
