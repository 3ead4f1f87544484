//! Requests for the file, and what the answers mean.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
};
use url::Url;

use super::state::State;
use crate::clock::SharedClock;
use crate::feed::FeedError;
use crate::feed::http::{self, BodyError};

/// Longest file read, decompressed.
const MAX_BODY_BYTES: usize = 5 * 1024 * 1024;
/// Redirects followed.
const MAX_REDIRECTS: usize = 5;
/// Longest `ETag` or `Last-Modified` that is kept.
const MAX_VALIDATOR: usize = 1000;
/// What is asked for.
const WANTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      application/json;q=0.9, text/xml;q=0.9, */*;q=0.1";

/// Asks for files without following redirects by itself: which of them are for good has to be known.
pub(super) struct Client {
    http: reqwest::Client,
    timeout: Duration,
    clock: SharedClock,
}

/// A file, or that it is as it was.
#[derive(Debug)]
pub(super) struct Answer {
    /// The file; `None` where it is as it was.
    pub(super) body: Option<Vec<u8>>,
    /// Where it came from in the end.
    pub(super) url: Url,
    /// Where it is to be asked for from now on, if that is somewhere else.
    pub(super) moved: Option<Url>,
    /// Its type, as the server says.
    pub(super) content_type: String,
    /// `ETag`.
    pub(super) etag: Option<String>,
    /// `Last-Modified`.
    pub(super) modified: Option<String>,
    /// How long it stays as it is, as the server says.
    pub(super) fresh: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server says that there is nothing any more (410).
    Gone,
    /// What is the supervisor's to deal with.
    Feed(FeedError),
}

impl Client {
    pub(super) fn new(agent: &str, timeout: Duration, clock: SharedClock) -> Self {
        Self {
            http: http::client_without_redirects(agent),
            timeout,
            clock,
        }
    }

    /// Asks for the file at `url`, if it is not what `state` knows.
    pub(super) async fn get(&self, url: &Url, state: &State) -> Result<Answer, Failure> {
        let (mut at, mut moved) = (url.clone(), None);
        let mut for_good = true;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.ask(&at, state).await?;
            let status = response.status();
            let permanent = matches!(status.as_u16(), 301 | 308);
            if !permanent && !matches!(status.as_u16(), 302 | 303 | 307) {
                return self.read(response, at, moved).await;
            }
            at = target(&at, response.headers())?;
            for_good &= permanent;
            if for_good {
                moved = Some(at.clone());
            }
        }
        Err(transient(format!(
            "the server sends from one address to the next without end, lastly to {at}; look at the feed's address in a browser"
        )))
    }

    async fn ask(&self, url: &Url, state: &State) -> Result<reqwest::Response, Failure> {
        let mut request = self
            .http
            .get(url.clone())
            .timeout(self.timeout)
            .header(ACCEPT, WANTED);
        // Verbatim, as what a server calls weak or marks with its encoding is its own business.
        for (name, value) in [
            (IF_NONE_MATCH, &state.etag),
            (IF_MODIFIED_SINCE, &state.modified),
        ] {
            let value = value
                .as_deref()
                .and_then(|value| HeaderValue::from_str(value).ok());
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let sent = http::send(request).await;
        sent.map_err(|error| Failure::Feed(http::unreachable(error)))
    }

    async fn read(
        &self,
        response: reqwest::Response,
        url: Url,
        moved: Option<Url>,
    ) -> Result<Answer, Failure> {
        let status = response.status();
        let headers = response.headers().clone();
        let body = match status {
            StatusCode::OK => Some(match http::body(response, MAX_BODY_BYTES).await {
                Ok(body) => body,
                Err(BodyError::TooLarge) => {
                    return Err(transient(
                        "the feed is longer than 5 MB; its site may have a shorter one, whose address to write here".to_owned(),
                    ));
                }
                Err(BodyError::Cut(error)) => return Err(Failure::Feed(http::unreachable(error))),
            }),
            StatusCode::NOT_MODIFIED => None,
            _ => return Err(self.failure(status, &headers)),
        };
        let text = |name| {
            let value: &HeaderValue = headers.get(name)?;
            let value = value.to_str().ok()?;
            Some(value.to_owned()).filter(|value| value.len() <= MAX_VALIDATOR)
        };
        Ok(Answer {
            body,
            url,
            moved,
            content_type: text(CONTENT_TYPE).unwrap_or_default(),
            etag: text(ETAG),
            modified: text(LAST_MODIFIED),
            fresh: text(CACHE_CONTROL).as_deref().and_then(max_age),
        })
    }

    fn failure(&self, status: StatusCode, headers: &HeaderMap) -> Failure {
        let now = self.clock.now();
        Failure::Feed(match status.as_u16() {
            410 => return Failure::Gone,
            429 => FeedError::RateLimited {
                until: http::limited_until(headers, now),
            },
            401 | 403 | 407 => FeedError::Unauthorised(format!(
                "the server answered {status}: it does not show this feed to everybody; open its address in a private window \
                 of a browser to see what it asks for"
            )),
            404 => FeedError::Transient {
                message: format!(
                    "the server answered {status}: there is no feed at this address (yet); check it"
                ),
                retry_after: http::retry_after(headers, now),
            },
            _ => FeedError::Transient {
                message: format!("the server answered {status}"),
                retry_after: http::retry_after(headers, now),
            },
        })
    }
}

fn transient(message: String) -> Failure {
    Failure::Feed(FeedError::Transient {
        message,
        retry_after: None,
    })
}

/// Where a redirect leads.
fn target(from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
    let to = headers.get(LOCATION).and_then(|location| {
        let to = from.join(location.to_str().ok()?).ok()?;
        Some(to).filter(|to| matches!(to.scheme(), "http" | "https") && to.host_str().is_some())
    });
    to.ok_or_else(|| transient("the server sends somewhere else without saying where".to_owned()))
}

/// How long an answer stays fresh (RFC 9111, 5.2.2.1).
fn max_age(cache_control: &str) -> Option<Duration> {
    let mut age = None;
    for directive in cache_control.split(',').map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.to_ascii_lowercase();
        if matches!(name.as_str(), "no-cache" | "no-store") {
            return None;
        }
        if name == "max-age" {
            age = value.trim_matches('"').parse().ok();
        }
    }
    age.map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_is_read() {
        for (text, seconds) in [
            ("max-age=300, public", Some(300)),
            ("public, Max-Age=\"60\"", Some(60)),
            ("no-cache, max-age=300", None),
            ("private, no-store", None),
            ("max-age=soon", None),
            ("", None),
        ] {
            assert_eq!(max_age(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
