//! Requests to one server, and what its answers mean.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use serde_json::{Value, json};
use url::Url;

use crate::clock::SharedClock;
use crate::feed::http::{self, BodyError};
use crate::feed::{FeedError, network};
use crate::text::clean_line;

/// Longest body read. A page of a hundred notes has some 300 KB.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// Longest part of a server's own words that is passed on, in characters.
const MOST_WORDS: usize = 200;

/// A server and how to ask it.
pub(super) struct Client {
    http: reqwest::Client,
    server: Url,
    token: Option<String>,
    clock: SharedClock,
    /// Whether errors repeat what the server says is wrong.
    quotes: bool,
    /// Whether the server ever answered as the API does; from then on an odd answer is a passing trouble.
    answered: bool,
}

/// Any answer but a good one.
#[derive(Debug)]
pub(super) enum Failure {
    /// The API says that there is no such note, account or list, or that it is shown to nobody.
    Missing,
    /// What is the supervisor's to deal with.
    Feed(FeedError),
}

impl Client {
    /// Asks over `http`, or, where there is a token, over a client of its own that goes nowhere else: a token that stands in
    /// a body would be sent on to whatever host the server names.
    pub(super) fn new(
        http: reqwest::Client,
        agent: &str,
        server: Url,
        token: Option<String>,
        clock: SharedClock,
    ) -> Self {
        let http = match token {
            Some(_) => http::client_without_redirects(agent),
            None => http,
        };
        Self {
            http,
            server,
            token,
            clock,
            quotes: true,
            answered: false,
        }
    }

    /// The same, repeating what the server says is wrong or not.
    pub(super) fn quoting(self, quotes: bool) -> Self {
        Self { quotes, ..self }
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Asks an endpoint.
    pub(super) async fn ask(
        &mut self,
        endpoint: &[&str],
        mut body: Value,
    ) -> Result<Value, Failure> {
        if let Some(token) = &self.token {
            body["i"] = json!(token);
        }
        let mut url = self.server.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().push("api").extend(endpoint);
        }
        let sent = self.http.post(url).json(&body).send().await;
        let response = sent.map_err(|error| Failure::Feed(http::unreachable(error)))?;
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
        let read: Option<Value> = serde_json::from_slice(&body).ok();
        if status == StatusCode::OK {
            let Some(answer) = read else {
                let damaged = matches!(body.trim_ascii_start().first(), Some(b'[' | b'{'));
                return Err(Failure::Feed(
                    self.foreign(network::no_answer_of_an_api(&body), damaged),
                ));
            };
            return Ok(answer);
        }
        if status.is_redirection() {
            let for_good = matches!(
                status,
                StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT
            );
            return Err(Failure::Feed(
                self.foreign(&self.sends_on(&headers), !for_good),
            ));
        }
        let error = read.as_ref().map(|answer| &answer["error"]);
        let code = error
            .and_then(|error| error["code"].as_str())
            .unwrap_or_default();
        let words = error
            .and_then(|error| error["message"].as_str())
            .filter(|_| self.quotes)
            .map(clean_line)
            .unwrap_or_default();
        let words: String = words.chars().take(MOST_WORDS).collect();
        let now = self.clock.now();
        Err(match (status.as_u16(), code) {
            (
                _,
                "NO_SUCH_NOTE"
                | "NO_SUCH_USER"
                | "NO_SUCH_LIST"
                | "FAILED_TO_RESOLVE_REMOTE_USER"
                | "SIGNIN_REQUIRED",
            ) => Failure::Missing,
            (429, _) | (_, "RATE_LIMIT_EXCEEDED") => Failure::Feed(FeedError::RateLimited {
                until: http::limited_until(&headers, now),
            }),
            (401 | 403, _)
            | (_, "CREDENTIAL_REQUIRED" | "AUTHENTICATION_FAILED" | "PERMISSION_DENIED") => {
                Failure::Feed(FeedError::Unauthorised(self.refusal(&words)))
            }
            (408 | 425 | 500..=599, _) => Failure::Feed(FeedError::Transient {
                message: format!("the server answered {status}: {words}"),
                retry_after: http::retry_after(&headers, now),
            }),
            _ => Failure::Feed(self.foreign(&format!("it answered {status} {words}"), false)),
        })
    }

    /// An answer was one of the API's.
    pub(super) fn understood(&mut self) {
        self.answered = true;
    }

    /// What is not the API's: a passing trouble where the API was there before.
    pub(super) fn foreign(&self, what: &str, passing: bool) -> FeedError {
        let server = super::home(&self.server);
        let message = format!("{server} does not answer as Misskey's API does: {what}");
        if passing || self.answered {
            transient(message)
        } else {
            FeedError::Misconfigured(message)
        }
    }

    /// Says where the server sends on to, without what may be secret in that address.
    fn sends_on(&self, headers: &HeaderMap) -> String {
        let to = (headers.get(LOCATION).and_then(|to| to.to_str().ok()))
            .and_then(|to| self.server.join(to).ok());
        let to = to.map_or_else(|| "another address".to_owned(), |to| network::place(&to));
        format!(
            "it sends on to {to}, and the token is shown to no other address; if that is the same server, write that as server"
        )
    }

    fn refusal(&self, words: &str) -> String {
        let server = super::home(&self.server);
        let said = if words.is_empty() {
            String::new()
        } else {
            format!("; it said: {words}")
        };
        if self.token.is_some() {
            format!(
                "{server} does not accept the token, or not for this; make a new one there under Settings, API{said}"
            )
        } else {
            format!(
                "{server} shows this only to people who are signed in; make a token there under Settings, API, and give \
                 it to this feed as token = {{ env = \"MISSKEY_TOKEN\" }}, or read another server{said}"
            )
        }
    }

    /// The address of the stream.
    pub(super) fn stream(&self) -> Url {
        let mut url = self.server.clone();
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        // Between these schemes the change is always allowed.
        let _changed = url.set_scheme(scheme);
        url.set_path("/streaming");
        if let Some(token) = &self.token {
            url.query_pairs_mut().append_pair("i", token);
        }
        url
    }
}

pub(super) fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
