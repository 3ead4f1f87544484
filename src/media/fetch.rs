//! Fetching pictures whose addresses strangers wrote: from the public internet alone, and from servers that the wall's own
//! feeds name; bounded in size, time and redirects.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::header::{ACCEPT, LOCATION};
use url::{Host, Origin, Url};

use crate::feed::http::{BodyError, body, client_without_redirects};
use crate::feed::{FeedSettings, network, public};

/// Largest picture, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;
/// Longest wait for a whole picture, redirects included.
const LONGEST: Duration = Duration::from_secs(5);
/// Redirects followed.
const MOST_REDIRECTS: usize = 3;

/// Why a picture was not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It did not come in time.
    #[error("its picture did not come within {0} s")]
    Slow(u64),
    /// It has no address, or is sent on to none.
    #[error("its picture has no address")]
    NoAddress,
    /// Its address leads inside, or is none of the web.
    #[error("its picture is not on the public web")]
    NotPublic,
    /// Too many bytes.
    #[error("its picture is larger than 10 MiB")]
    TooLarge,
    /// The connection ended before the picture did.
    #[error("its picture broke off")]
    Cut,
    /// Its server answers otherwise.
    #[error("its picture is not to be had: {0} answers with status {1}")]
    Status(String, u16),
    /// Its server cannot be reached.
    #[error("its picture is not to be had: {0}")]
    Unreachable(String),
    /// It is sent on and on.
    #[error("its picture leads on more than {MOST_REDIRECTS} times")]
    Redirects,
}

/// Fetches pictures for one wall.
pub struct Fetch {
    /// Reaches public addresses alone.
    outside: reqwest::Client,
    /// Reaches the servers of the wall's feeds, wherever they are.
    known: reqwest::Client,
    servers: HashSet<Origin>,
    longest: Duration,
}

impl Fetch {
    /// For a wall with these feeds: their servers may be asked even where they are not public.
    pub fn new<'a>(feeds: impl IntoIterator<Item = &'a FeedSettings>, agent: &str) -> Self {
        let servers = feeds.into_iter().filter_map(|feed| match feed {
            FeedSettings::Mastodon(settings) => Url::parse(&settings.target()).ok(),
            FeedSettings::Misskey(settings) => Url::parse(&settings.target()).ok(),
            FeedSettings::Rss(settings) => Url::parse(&settings.url).ok(),
            FeedSettings::Bluesky(settings) => Url::parse(&settings.appview).ok(),
            _ => None,
        });
        Self {
            outside: public::client(agent),
            known: client_without_redirects(agent),
            servers: servers.map(|server| server.origin()).collect(),
            longest: LONGEST,
        }
    }

    /// The same with another longest wait for a whole picture.
    #[must_use]
    pub fn within(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// The bytes at an address.
    ///
    /// # Errors
    /// Why there are none, in words.
    pub async fn picture(&self, address: &str) -> Result<Vec<u8>, Failure> {
        let fetched = tokio::time::timeout(self.longest, self.follow(address)).await;
        fetched.map_err(|_| Failure::Slow(self.longest.as_secs()))?
    }

    async fn follow(&self, address: &str) -> Result<Vec<u8>, Failure> {
        let mut url = Url::parse(address).map_err(|_| Failure::NoAddress)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.ask(&url).await?;
            let status = response.status();
            if status.is_success() {
                // What says itself that it is too large is not begun.
                if response.content_length() > Some(LARGEST as u64) {
                    return Err(Failure::TooLarge);
                }
                return body(response, LARGEST).await.map_err(|error| match error {
                    BodyError::TooLarge => Failure::TooLarge,
                    BodyError::Cut(_) => Failure::Cut,
                });
            }
            let to = response.headers().get(LOCATION);
            let to = to.filter(|_| status.is_redirection());
            let Some(to) = to.and_then(|to| to.to_str().ok()) else {
                return Err(Failure::Status(network::place(&url), status.as_u16()));
            };
            url = (url.join(to)).map_err(|_| Failure::NoAddress)?;
        }
        Err(Failure::Redirects)
    }

    async fn ask(&self, url: &Url) -> Result<reqwest::Response, Failure> {
        let http = if self.servers.contains(&url.origin()) {
            &self.known
        } else if is_outside(url) {
            &self.outside
        } else {
            return Err(Failure::NotPublic);
        };
        let asked = http.get(url.clone()).header(ACCEPT, "image/*").send().await;
        asked.map_err(|error| Failure::Unreachable(network::root(&error.without_url())))
    }
}

/// Whether an address may lead outside; names are looked up later, by a client that knows public addresses alone.
fn is_outside(url: &Url) -> bool {
    let host = match url.host() {
        Some(Host::Domain(name)) => !name.is_empty(),
        Some(Host::Ipv4(address)) => public::is_public(address.into()),
        Some(Host::Ipv6(address)) => public::is_public(address.into()),
        None => false,
    };
    let plain = url.username().is_empty() && url.password().is_none();
    host && plain && matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_in_the_house_is_asked() {
        let fetch = Fetch::new([], "test");
        for address in [
            "http://127.0.0.1:1/x.png",
            "http://[::1]/x.png",
            "http://2130706433/x.png",
            "http://0x7f.1/x.png",
            "http://10.0.0.7/x.png",
            "http://169.254.169.254/latest/meta-data",
            "http://[::ffff:127.0.0.1]/x.png",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "http://ada:x@example.org/x.png",
        ] {
            let error = fetch.picture(address).await.unwrap_err();
            assert_eq!(error, Failure::NotPublic, "{address}");
        }
        let error = fetch.picture("http://localhost/x.png").await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("no public address"), "{error}");
    }
}
