//! What a server says of itself: its domain, whether it can be asked for several tags at once, and who may read.

use url::Url;

use super::api;
use super::client::{Client, Failure};
use crate::feed::FeedError;
use crate::text::clean_line;

/// A server's own description, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    /// The domain in its people's handles, which need not be the one it is asked at.
    pub(super) domain: String,
    /// Whether it is known to understand `any[]`, `all[]` and `none[]`. GoToSocial and snac2 ignore them.
    pub(super) combines: bool,
    /// Where its streaming API is: `ws://` or `wss://`, without a path.
    pub(super) streaming: Url,
    /// Who may read hashtags written there and elsewhere: `public`, `authenticated` or `disabled`; since Mastodon 4.5.
    access: Option<(String, String)>,
}

impl Instance {
    /// Asks the server; version 2 of the answer, else version 1. A server that knows neither is taken for one that
    /// does as the API's documentation says.
    pub(super) async fn ask(client: &Client) -> Result<Self, FeedError> {
        for version in ["v2", "v1"] {
            match client.get(client.url(&["api", version, "instance"])).await {
                Ok(answer) => {
                    if let Some(instance) = Self::read(&answer.body, client) {
                        return Ok(instance);
                    }
                }
                Err(Failure::Feed(error)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(Self::unknown(client))
    }

    /// A server that does not say what it is.
    pub(super) fn unknown(client: &Client) -> Self {
        Self {
            domain: client.host(),
            combines: true,
            streaming: client.streaming(),
            access: None,
        }
    }

    fn read(body: &[u8], client: &Client) -> Option<Self> {
        let body = String::from_utf8_lossy(body);
        let read: api::Instance<'_> = serde_json::from_str(&body).ok()?;
        let version = read.version.some()?;
        let domain = read.domain.some().or(read.uri.some());
        let domain = domain.map(|domain| {
            let bare = domain.split_once("://").map_or(domain, |(_, bare)| bare);
            clean_line(bare.trim_end_matches('/'))
        });
        let streaming = |urls: &api::Urls<'_>| {
            let url = Url::parse(urls.streaming.some()?).ok()?;
            // A token is sent there, and in clear only where the server itself is asked in clear.
            let clear = client.streaming().scheme() == "ws";
            (url.scheme() == "wss" || (clear && url.scheme() == "ws")).then_some(url)
        };
        let own = (read.configuration.0.as_ref())
            .and_then(|configuration| configuration.urls.0.as_ref())
            .or(read.urls.0.as_ref())
            .and_then(streaming);
        let access = read
            .configuration
            .0
            .and_then(|configuration| configuration.timelines_access.0)
            .and_then(|access| access.hashtag_feeds.0)
            .map(|feeds| {
                (
                    clean_line(feeds.local.as_str()),
                    clean_line(feeds.remote.as_str()),
                )
            });
        Some(Self {
            domain: domain
                .filter(|domain| !domain.is_empty())
                .unwrap_or_else(|| client.host()),
            combines: combines(version),
            streaming: own.unwrap_or_else(|| client.streaming()),
            access,
        })
    }

    /// Why the server refuses and what to do about it, for the organiser.
    pub(super) fn refusal(&self, client: &Client, said: &str) -> String {
        let server = client.server();
        let disabled = (self.access.as_ref())
            .is_some_and(|(local, remote)| local == "disabled" || remote == "disabled");
        let mut words = if client.has_token() {
            format!(
                "{server} does not accept the token for hashtags: it may be revoked, lack the scope read:statuses, or be \
                 an application's and not a person's; make a new one there under Preferences, Development, New application"
            )
        } else {
            format!(
                "{server} shows hashtags only to people who are signed in; sign in there, make an application under \
                 Preferences, Development, New application (scope read:statuses), and give its access token to this feed \
                 as token = {{ env = \"MASTODON_TOKEN\" }}, or read another server"
            )
        };
        if disabled {
            words = format!("{server} has switched its hashtag pages off; read another server");
        }
        if let Some((local, remote)) = &self.access {
            words.push_str(" (its hashtags: local ");
            words.push_str(local);
            words.push_str(", remote ");
            words.push_str(remote);
            words.push(')');
        }
        if !said.is_empty() {
            words.push_str("; it said: ");
            words.push_str(said);
        }
        words
    }
}

/// Whether a version is that of Mastodon or of a fork that numbers itself the same way. Others give their own after
/// `compatible` or the like in brackets, or one that Mastodon had before tags could be combined.
fn combines(version: &str) -> bool {
    let major = version.split('.').next().and_then(|text| text.parse().ok());
    let compatible =
        version.contains('(') && !version.contains("Pleroma") && !version.contains("Akkoma");
    major.is_some_and(|major: u32| major >= 2) && !compatible
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::ManualClock;
    use crate::feed::http;

    #[test]
    fn a_token_is_streamed_in_clear_only_where_the_server_is_asked_in_clear() {
        for (server, said, streaming) in [
            (
                "https://m.example",
                "wss://stream.m.example",
                "wss://stream.m.example/",
            ),
            (
                "https://m.example",
                "ws://stream.m.example",
                "wss://m.example/",
            ),
            (
                "https://m.example",
                "http://stream.m.example",
                "wss://m.example/",
            ),
            (
                "http://127.0.0.1:3000",
                "ws://127.0.0.1:4000",
                "ws://127.0.0.1:4000/",
            ),
        ] {
            let client = Client::new(
                http::http_client("test"),
                Url::parse(server).unwrap(),
                Some("secret"),
                Arc::new(ManualClock::new(jiff::Timestamp::UNIX_EPOCH)),
            )
            .unwrap();
            for body in [
                serde_json::json!({"version": "4.5.2", "configuration": {"urls": {"streaming": said}}}),
                serde_json::json!({"version": "4.5.2", "urls": {"streaming_api": said}}),
            ] {
                let instance = Instance::read(body.to_string().as_bytes(), &client).unwrap();
                assert_eq!(instance.streaming.as_str(), streaming, "{body}");
            }
        }
    }

    #[test]
    fn software_that_combines_tags_is_told_by_its_version() {
        for (version, expected) in [
            ("4.5.2", true),
            ("4.4.0-rc.1+glitch", true),
            ("2.7.2 (compatible; Akkoma 3.15.0)", true),
            ("2.7.2 (compatible; Pleroma 2.9.1)", true),
            ("4.0.0 (not true; really snac/2.96)", false),
            ("3.5.3 (compatible; Pixelfed 0.12.4)", false),
            ("0.20.0-rc1+git-abc", false),
            ("", false),
        ] {
            assert_eq!(combines(version), expected, "{version}");
        }
    }
}
