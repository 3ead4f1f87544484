//! Requests to the API, and what its answers mean.

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use url::Url;

use super::api::Problem;
use crate::clock::SharedClock;
use crate::feed::http::{self, BodyError};
use crate::feed::{FeedError, RateLimit, network};
use crate::text::clean_line;

/// Longest body read. A page of 100 posts with all that comes with them has some 500 KB.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// Longest part of the server's own words that is passed on.
const MAX_WORDS: usize = 300;

/// The API and how to ask it.
pub(super) struct Client {
    http: reqwest::Client,
    api: Url,
    token: HeaderValue,
    clock: SharedClock,
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
    /// The id to begin after is older than what can be searched.
    TooOld,
    /// The token of the next page is not taken any more.
    LostPlace,
    /// The request is wrong, in the server's words.
    Wrong(String),
    /// What is the supervisor's to deal with.
    Feed(FeedError),
}

impl Client {
    pub(super) fn new(
        http: reqwest::Client,
        api: Url,
        token: &str,
        clock: SharedClock,
    ) -> Result<Self, FeedError> {
        let wrong = || {
            FeedError::Misconfigured(
                "the token is empty or has characters that no token has; copy the app's Bearer token again".to_owned(),
            )
        };
        if token.is_empty() {
            return Err(wrong());
        }
        let mut token = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| wrong())?;
        token.set_sensitive(true);
        Ok(Self {
            http,
            api,
            token,
            clock,
        })
    }

    /// Asks.
    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Answer, Failure> {
        let mut url = self.api.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().push("2").push("tweets").extend(path);
        }
        url.query_pairs_mut().extend_pairs(query);
        let request = self.http.get(url).header(AUTHORIZATION, self.token.clone());
        let response = request
            .send()
            .await
            .map_err(|error| Failure::Feed(http::unreachable(error)))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = match http::body(response, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(_) if !status.is_success() => Vec::new(),
            Err(BodyError::TooLarge) => {
                return Err(Failure::Feed(transient(network::too_long(MAX_BODY_BYTES))));
            }
            Err(BodyError::Cut(error)) => return Err(Failure::Feed(http::unreachable(error))),
        };
        if status == StatusCode::OK {
            return Ok(Answer {
                rate: http::rate_limit(&headers, self.clock.now()),
                body,
            });
        }
        Err(self.failure(status, &headers, &body))
    }

    fn failure(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let now = self.clock.now();
        let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
        let words = words(&problem);
        let capped = problem.kind.ends_with("/usage-capped") || problem.title == "UsageCapExceeded";
        Failure::Feed(match status.as_u16() {
            400 if names(&problem, "next_token") || names(&problem, "pagination_token") => {
                return Failure::LostPlace;
            }
            400 if names(&problem, "since_id") || names(&problem, "start_time") => {
                return Failure::TooOld;
            }
            400 => return Failure::Wrong(format!("X does not take the search: {words}")),
            401 => FeedError::Unauthorised(format!(
                "X refuses the token ({words}); copy the app's Bearer token from the console of its API"
            )),
            402 => FeedError::Unauthorised(format!(
                "the app has no credits left at X ({words}); buy some in the console of its API"
            )),
            403 => FeedError::Unauthorised(format!(
                "X does not let this app search ({words}); enrol the app in pay-per-use in the console of its API"
            )),
            429 if capped => FeedError::Unauthorised(format!(
                "the app's usage cap or spending limit at X is reached ({words}); raise it in the console of its API"
            )),
            429 => FeedError::RateLimited {
                until: http::limited_until(headers, now),
            },
            _ => FeedError::Transient {
                message: format!("X answered {status}: {words}"),
                retry_after: http::retry_after(headers, now),
            },
        })
    }
}

/// What the server says is wrong.
fn words(problem: &Problem) -> String {
    let inner = problem.errors.first();
    let said = [
        inner.map_or("", |inner| &inner.message),
        inner.map_or("", |inner| &inner.detail),
        &problem.detail,
        &problem.message,
        &problem.title,
    ];
    let said = said.into_iter().find(|text| !text.is_empty());
    let words = clean_line(said.unwrap_or("it gives no reason"));
    let code = problem.code.or(inner.and_then(|inner| inner.code));
    let words = match code {
        Some(code) => format!("{words} (code {code})"),
        None => words,
    };
    words.chars().take(MAX_WORDS).collect()
}

/// Whether a problem is about this parameter.
fn names(problem: &Problem, parameter: &str) -> bool {
    let all = || std::iter::once(problem).chain(&problem.errors);
    all().any(|problem| problem.parameters.contains_key(parameter))
        || all().any(|problem| {
            // The query, which is a person's own words, is quoted in some messages.
            let about = [&problem.message, &problem.detail];
            about
                .iter()
                .any(|text| text.contains(&format!("'{parameter}'")))
        })
}

pub(super) fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
