//! Requests over XRPC (<https://atproto.com/specs/xrpc>): to the `AppView`, which everybody may ask, and to the server where
//! an account lives, for searches.

use jiff::Timestamp;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::clock::SharedClock;
use crate::feed::http::{self, BodyError};
use crate::feed::network::{self, place};
use crate::feed::{FeedError, RateLimit};
use crate::text::clean_line;

/// Longest answer read. One of a hundred posts has some 500 KB.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// Longest part of a server's own words that is passed on, in characters.
const MOST_WORDS: usize = 200;
/// Most posts and people asked for at once.
pub(super) const BATCH: usize = 25;
/// Bluesky's own moderators: what they took down is left out of answers.
const LABELERS: (&str, &str) = (
    "atproto-accept-labelers",
    "did:plc:ar7c4by46qjdydhdevvrndac;redact",
);

/// Why there is no answer.
enum Failure {
    /// The server says so in its own words: status, name of the error, what it says of it.
    Said(StatusCode, String, String),
    Feed(FeedError),
}

/// Sends a request and reads the answer.
async fn ask(
    request: RequestBuilder,
    clock: &SharedClock,
) -> Result<(Value, Option<RateLimit>), Failure> {
    let sent = request.header(LABELERS.0, LABELERS.1).send().await;
    let response = sent.map_err(|error| Failure::Feed(http::unreachable(error)))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let place = place(response.url());
    let now = clock.now();
    let rate = http::rate_limit(&headers, now);
    let body = match http::body(response, MAX_BODY_BYTES).await {
        Ok(body) => body,
        Err(_) if !status.is_success() => Vec::new(),
        Err(BodyError::TooLarge) => {
            return Err(Failure::Feed(transient(format!(
                "the answer of {place} is longer than 8 MiB"
            ))));
        }
        Err(BodyError::Cut(error)) => return Err(Failure::Feed(http::unreachable(error))),
    };
    let read: Option<Value> = serde_json::from_slice(&body).ok();
    if status == StatusCode::OK {
        return match read {
            Some(answer @ Value::Object(_)) => Ok((answer, rate)),
            _ => Err(Failure::Feed(transient(format!(
                "{place} does not speak XRPC: {}",
                network::no_answer_of_an_api(&body)
            )))),
        };
    }
    let said = |name: &str| {
        let words = read.as_ref().and_then(|answer| answer[name].as_str());
        let words = clean_line(words.unwrap_or_default());
        words.chars().take(MOST_WORDS).collect::<String>()
    };
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => Failure::Feed(FeedError::RateLimited {
            until: http::limited_until(&headers, now),
        }),
        status if status.is_server_error() => Failure::Feed(FeedError::Transient {
            message: format!("{place} answered {status} {}", said("message")),
            retry_after: http::retry_after(&headers, now),
        }),
        status => Failure::Said(status, said("error"), said("message")),
    })
}

impl Failure {
    /// As the supervisor is told; `place` is who was asked.
    fn told(self, place: &str) -> FeedError {
        match self {
            Self::Feed(error) => error,
            Self::Said(status, error, message) => {
                let words = format!("{place} answered {status} {error} {message}");
                let words = words.trim().to_owned();
                match status {
                    StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                        FeedError::Unauthorised(format!(
                            "{words}; it wants a token, and the AppView of the public wants none"
                        ))
                    }
                    // What was asked for is no sensible question.
                    StatusCode::BAD_REQUEST => FeedError::Misconfigured(words),
                    _ => transient(words),
                }
            }
        }
    }
}

fn method(server: &Url, name: &str) -> Url {
    let mut url = server.clone();
    url.set_path(&format!("/xrpc/{name}"));
    url
}

/// The objects of a list in an answer.
fn list(mut answer: Value, name: &str) -> Vec<Value> {
    match answer[name].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// The `AppView`.
#[derive(Clone)]
pub(super) struct AppView {
    http: reqwest::Client,
    server: Url,
    clock: SharedClock,
}

impl AppView {
    pub(super) fn new(http: reqwest::Client, server: Url, clock: SharedClock) -> Self {
        Self {
            http,
            server,
            clock,
        }
    }

    /// The present moment, by which limits are told.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn get(
        &self,
        name: &str,
        query: &[(&str, &str)],
    ) -> Result<(Value, Option<RateLimit>), FeedError> {
        let mut url = method(&self.server, name);
        url.query_pairs_mut().extend_pairs(query);
        let asked = ask(self.http.get(url), &self.clock).await;
        asked.map_err(|failure| failure.told(&place(&self.server)))
    }

    /// Views of posts, of at most [`BATCH`]; those that are gone or hidden are left out.
    pub(super) async fn posts(
        &self,
        uris: &[String],
    ) -> Result<(Vec<Value>, Option<RateLimit>), FeedError> {
        let query: Vec<_> = uris.iter().map(|uri| ("uris", uri.as_str())).collect();
        let (answer, rate) = self.get("app.bsky.feed.getPosts", &query).await?;
        Ok((list(answer, "posts"), rate))
    }

    /// Views of people by DID or handle, of at most [`BATCH`]; those that are gone are left out.
    pub(super) async fn profiles(&self, actors: &[String]) -> Result<Vec<Value>, FeedError> {
        let query: Vec<_> = actors.iter().map(|who| ("actors", who.as_str())).collect();
        let (answer, _) = self.get("app.bsky.actor.getProfiles", &query).await?;
        Ok(list(answer, "profiles"))
    }

    /// The DIDs of a list's people, a page of them, and where the next one begins.
    pub(super) async fn members(
        &self,
        list_uri: &str,
        cursor: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>), FeedError> {
        let mut query = vec![("list", list_uri), ("limit", "100")];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let (answer, _) = self.get("app.bsky.graph.getList", &query).await?;
        let next = answer["cursor"].as_str().map(str::to_owned);
        let members = list(answer, "items");
        let did = |item: &Value| item["subject"]["did"].as_str().map(str::to_owned);
        Ok((members.iter().filter_map(did).collect(), next))
    }
}

/// An account, and how it signs in.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) http: reqwest::Client,
    pub(super) pds: Url,
    pub(super) handle: String,
    pub(super) password: String,
    pub(super) clock: SharedClock,
}

/// Signed in. The tokens are never logged.
#[derive(Clone)]
pub(super) struct Session {
    access: String,
    refresh: String,
    pds: Url,
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Search {
    /// Parameters but for page and order.
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) cursor: Option<String>,
}

/// A page that was found, newest first.
pub(super) struct Found {
    pub(super) views: Vec<Value>,
    pub(super) cursor: Option<String>,
}

impl Account {
    /// Searches, and signs in first where that is needed. The session is given back for the next time: signing in is
    /// limited to some hundred times a day.
    pub(super) async fn search(
        &self,
        session: Option<Session>,
        search: &Search,
    ) -> (Option<Session>, Result<Found, FeedError>) {
        let mut session = match session {
            Some(session) => session,
            None => match self.sign_in().await {
                Ok(session) => session,
                Err(error) => return (None, Err(error)),
            },
        };
        let mut failure = match self.find(&session, search).await {
            Ok(found) => return (Some(session), Ok(found)),
            Err(failure) => failure,
        };
        if let Failure::Said(_, error, _) = &failure
            && matches!(
                error.as_str(),
                "ExpiredToken" | "InvalidToken" | "AuthMissing"
            )
        {
            session = match self.renew(&session).await {
                Ok(session) => session,
                Err(_) => match self.sign_in().await {
                    Ok(session) => session,
                    Err(error) => return (None, Err(error)),
                },
            };
            failure = match self.find(&session, search).await {
                Ok(found) => return (Some(session), Ok(found)),
                Err(failure) => failure,
            };
        }
        let told = failure.told(&place(&session.pds));
        (Some(session), Err(told))
    }

    async fn find(&self, session: &Session, search: &Search) -> Result<Found, Failure> {
        let mut url = method(&session.pds, "app.bsky.feed.searchPosts");
        url.query_pairs_mut()
            .extend_pairs(&search.query)
            .extend_pairs([("sort", "latest"), ("limit", "100")])
            .extend_pairs(search.cursor.iter().map(|cursor| ("cursor", cursor)));
        let request = self.http.get(url).bearer_auth(&session.access);
        let (answer, _) = ask(request, &self.clock).await?;
        let cursor = answer["cursor"].as_str().map(str::to_owned);
        Ok(Found {
            views: list(answer, "posts"),
            cursor: cursor.filter(|cursor| !cursor.is_empty()),
        })
    }

    async fn sign_in(&self) -> Result<Session, FeedError> {
        let url = method(&self.pds, "com.atproto.server.createSession");
        let who = json!({"identifier": self.handle, "password": self.password});
        let answer = ask(self.http.post(url).json(&who), &self.clock).await;
        let (answer, _) = answer.map_err(|failure| match failure.told(&place(&self.pds)) {
            FeedError::Unauthorised(words) => FeedError::Unauthorised(format!(
                "{words}; look at account and app_password, which Bluesky's settings make under Privacy and security"
            )),
            other => other,
        })?;
        Self::session(&answer, &self.pds)
    }

    async fn renew(&self, session: &Session) -> Result<Session, FeedError> {
        let url = method(&session.pds, "com.atproto.server.refreshSession");
        let request = self.http.post(url).bearer_auth(&session.refresh);
        let answer = ask(request, &self.clock).await;
        let (answer, _) = answer.map_err(|failure| failure.told(&place(&session.pds)))?;
        Self::session(&answer, &session.pds)
    }

    /// What a session's answer holds. Its document says on which server the account lives, which alone passes searches on.
    fn session(answer: &Value, asked: &Url) -> Result<Session, FeedError> {
        let token = |name: &str| answer[name].as_str().map(str::to_owned);
        let (Some(access), Some(refresh)) = (token("accessJwt"), token("refreshJwt")) else {
            let message = format!("{} answered without a token", place(asked));
            return Err(transient(message));
        };
        let services = answer["didDoc"]["service"].as_array();
        let home = services.into_iter().flatten().find_map(|service| {
            let is_home = service["id"].as_str()?.ends_with("#atproto_pds");
            let url: Url = service["serviceEndpoint"].as_str()?.parse().ok()?;
            // The token does not leave an encrypted connection.
            (is_home && (url.scheme() == "https" || url.scheme() == asked.scheme())).then_some(url)
        });
        Ok(Session {
            access,
            refresh,
            pds: home.unwrap_or_else(|| asked.clone()),
        })
    }
}

fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
