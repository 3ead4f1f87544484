//! Requests to one server, and what its answers mean.

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use url::Url;

use super::api;
use crate::clock::SharedClock;
use crate::feed::http::{self, BodyError};
use crate::feed::{FeedError, RateLimit};
use crate::text::clean_line;

/// Longest body read. A page of 40 statuses has some 200 KB.
pub(super) const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// Longest part of a server's own words that is passed on.
const MAX_WORDS: usize = 200;

/// A server and how to ask it.
pub(super) struct Client {
    http: reqwest::Client,
    server: Url,
    token: Option<HeaderValue>,
    clock: SharedClock,
    /// Whether errors repeat what the server says is wrong.
    quotes: bool,
}

/// A good answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    pub(super) rate: Option<RateLimit>,
}

/// Any other answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server says so: 404 or 410. `ours` if it was the API that said it and no web page.
    Missing { gone: bool, ours: bool },
    /// 401, 403 or 422, with the server's words.
    Refused { status: StatusCode, words: String },
    /// Longer than we read.
    TooLarge,
    /// Answered, but not as the API would.
    Foreign(String),
    /// What is the supervisor's to deal with.
    Feed(FeedError),
}

impl Client {
    pub(super) fn new(
        http: reqwest::Client,
        server: Url,
        token: Option<&str>,
        clock: SharedClock,
    ) -> Result<Self, FeedError> {
        let token = token
            .map(|token| {
                let mut value =
                    HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
                        FeedError::Misconfigured(
                            "the token has characters that no token has; copy it again".to_owned(),
                        )
                    })?;
                value.set_sensitive(true);
                Ok(value)
            })
            .transpose()?;
        Ok(Self {
            http,
            server,
            token,
            clock,
            quotes: true,
        })
    }

    /// The same, repeating what the server says is wrong or not.
    pub(super) fn quoting(self, quotes: bool) -> Self {
        Self { quotes, ..self }
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The server's address without a final slash.
    pub(super) fn server(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// The server's host, with its port where that is not the usual one.
    pub(super) fn host(&self) -> String {
        let host = self.server.host_str().unwrap_or_default();
        match self.server.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Where its streaming API is, unless it says otherwise.
    pub(super) fn streaming(&self) -> Url {
        let mut url = self.server.clone();
        let scheme = if url.scheme() == "http" { "ws" } else { "wss" };
        // From one special scheme to another: that cannot fail, and is noticed when it is connected to.
        if url.set_scheme(scheme).is_err() {
            tracing::error!(%url, scheme, "no streaming address");
        }
        url
    }

    /// The address of a path below the server's, each segment encoded.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        url
    }

    /// Asks.
    pub(super) async fn get(&self, url: Url) -> Result<Answer, Failure> {
        let mut request = self.http.get(url);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        let response = http::send(request)
            .await
            .map_err(|error| Failure::Feed(http::unreachable(error)))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = match http::body(response, MAX_BODY_BYTES).await {
            Ok(body) => body,
            // What an error says is of less weight than that it is one.
            Err(_) if !status.is_success() => Vec::new(),
            Err(BodyError::TooLarge) => return Err(Failure::TooLarge),
            Err(BodyError::Cut(error)) => return Err(Failure::Feed(http::unreachable(error))),
        };
        let now = self.clock.now();
        if status == StatusCode::OK {
            return Ok(Answer {
                rate: http::rate_limit(&headers, now),
                body,
            });
        }
        Err(failure(status, &headers, &body, now, self.quotes))
    }
}

fn failure(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    quotes: bool,
) -> Failure {
    let said = words(body);
    let ours = said.is_some() || body.trim_ascii().is_empty();
    let said = said.filter(|_| quotes);
    match status.as_u16() {
        404 | 410 => Failure::Missing {
            gone: status == StatusCode::GONE,
            ours,
        },
        401 | 403 | 422 => Failure::Refused {
            status,
            words: said.unwrap_or_default(),
        },
        429 => Failure::Feed(FeedError::RateLimited {
            until: http::limited_until(headers, now),
        }),
        408 | 425 | 500..=599 => Failure::Feed(FeedError::Transient {
            message: answered(status, said.as_deref()),
            retry_after: http::retry_after(headers, now),
        }),
        _ => Failure::Foreign(answered(status, said.as_deref())),
    }
}

fn answered(status: StatusCode, words: Option<&str>) -> String {
    match words {
        Some(words) => format!("the server answered {status}: {words}"),
        None => format!("the server answered {status}"),
    }
}

/// What the server says is wrong, if the body is the API's.
fn words(body: &[u8]) -> Option<String> {
    let body = String::from_utf8_lossy(body);
    let error: api::ErrorBody<'_> = serde_json::from_str(&body).ok()?;
    let words = clean_line(error.error.some().unwrap_or("it gives no reason"));
    Some(words.chars().take(MAX_WORDS).collect())
}
