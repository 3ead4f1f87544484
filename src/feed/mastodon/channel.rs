//! A server's streaming API: what it sends by itself, over one WebSocket for all hashtags or, where there is none, by
//! server-sent events (<https://docs.joinmastodon.org/methods/streaming/>).

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use eventsource_stream::{EventStreamError, Eventsource as _};
use futures_util::stream::{self, SelectAll, Stream, StreamExt as _};
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::api::Text;
use crate::feed::FeedError;
use crate::feed::http::{self, limited_until};
use crate::feed::socket::{Opening, Received, Socket};
use crate::text::{Tag, clean_line};

/// Longest message taken. A status with everything in it has some 50 KB.
const LARGEST: usize = 2 * 1024 * 1024;
/// A stream of server-sent events is one answer; the client's usual patience with an answer is not for it.
const ENDLESS: Duration = Duration::from_hours(24 * 365);

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A status that is new there, as JSON.
    Update(String),
    /// A status that was edited, as JSON.
    Edit(String),
    /// The server's own id of a status that is gone.
    Delete(String),
}

/// Whom a channel is opened at, and for what.
pub(super) struct Address<'a> {
    /// The streaming server's address: `wss://…`, without a path.
    pub(super) base: &'a Url,
    pub(super) token: &'a str,
    pub(super) tags: &'a [Tag],
    pub(super) agent: &'a str,
    /// After this long without a sign of life the connection counts as dead.
    pub(super) silence: Duration,
    pub(super) http: &'a reqwest::Client,
}

type Events = Pin<Box<dyn Stream<Item = Result<Option<Event>, FeedError>> + Send>>;

/// An open channel. Dropping it closes it.
pub(super) enum Channel {
    Socket(Box<Socket>),
    Events(SelectAll<Events>),
}

impl Channel {
    /// Connects by WebSocket, and asks for every hashtag over it.
    pub(super) async fn socket(to: &Address<'_>, now: Timestamp) -> Result<Self, FeedError> {
        let mut url = to.base.clone();
        url.set_path("/api/v1/streaming");
        let mut socket = Socket::open(
            Opening {
                url: &url,
                agent: to.agent,
                headers: &[("authorization", format!("Bearer {}", to.token))],
                silence: to.silence,
                largest: LARGEST,
            },
            now,
        )
        .await?;
        for tag in to.tags {
            let subscribe = json!({"type": "subscribe", "stream": "hashtag", "tag": tag.as_str()});
            socket.send(subscribe.to_string()).await?;
        }
        Ok(Self::Socket(Box::new(socket)))
    }

    /// Connects by server-sent events, one answer for each hashtag.
    pub(super) async fn events(to: &Address<'_>, now: Timestamp) -> Result<Self, FeedError> {
        let mut all = SelectAll::new();
        for tag in to.tags {
            let mut url = to.base.clone();
            let scheme = if url.scheme() == "ws" {
                "http"
            } else {
                "https"
            };
            // From one special scheme to another: that cannot fail.
            if url.set_scheme(scheme).is_err() {
                return Err(transient(format!("{url} cannot be asked over {scheme}")));
            }
            url.set_path("/api/v1/streaming/hashtag");
            url.query_pairs_mut().append_pair("tag", tag.as_str());
            let request = (to.http.get(url).bearer_auth(to.token))
                .header(ACCEPT, "text/event-stream")
                .timeout(ENDLESS)
                .send();
            let answer = tokio::time::timeout(to.silence, request)
                .await
                .map_err(|_| transient("no answer in time".to_owned()))?
                .map_err(http::unreachable)?;
            match answer.status() {
                StatusCode::OK => {}
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    return Err(FeedError::Unauthorised(
                        "the token may not stream".to_owned(),
                    ));
                }
                StatusCode::TOO_MANY_REQUESTS => {
                    let until = limited_until(answer.headers(), now);
                    return Err(FeedError::RateLimited { until });
                }
                status => return Err(transient(format!("the server answered {status}"))),
            }
            let kind = answer.headers().get(reqwest::header::CONTENT_TYPE);
            let is_stream = kind
                .and_then(|kind| kind.to_str().ok())
                .is_some_and(|kind| kind.starts_with("text/event-stream"));
            if !is_stream {
                return Err(transient("the server answered no stream".to_owned()));
            }
            all.push(server_sent(answer, to.silence));
        }
        Ok(Self::Events(all))
    }

    /// Waits for the next event until `deadline`; `None` if none came by then. Cancel-safe.
    pub(super) async fn next(&mut self, deadline: Instant) -> Result<Option<Event>, FeedError> {
        loop {
            let event = match self {
                Self::Socket(socket) => match socket.next(deadline).await? {
                    None => return Ok(None),
                    Some(Received::Text(text)) => framed(&text)?,
                    // The API sends none; whatever it is, it is nothing of ours.
                    Some(Received::Binary(_)) => None,
                },
                Self::Events(all) => match timeout_at(deadline, all.next()).await {
                    Err(_) => return Ok(None),
                    Ok(None) => return Err(transient("the server ended the stream".to_owned())),
                    Ok(Some(event)) => event?,
                },
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }
}

/// A WebSocket message: `{"stream":["hashtag","x"],"event":"update","payload":"…"}`; the payload is JSON within a string,
/// or the bare id of a deletion. Trouble comes as `{"error":"…","status":…}`.
#[derive(Deserialize)]
struct Framed<'a> {
    #[serde(borrow, default)]
    event: Text<'a>,
    #[serde(borrow, default)]
    payload: Text<'a>,
    #[serde(borrow, default)]
    error: Text<'a>,
    #[serde(default)]
    status: Option<u16>,
}

/// Reads a WebSocket message; `None` where it is of no interest.
fn framed(text: &str) -> Result<Option<Event>, FeedError> {
    let frame: Framed<'_> = serde_json::from_str(text)
        .map_err(|error| transient(format!("the stream sent what is not its protocol: {error}")))?;
    if let Some(error) = frame.error.some() {
        let words = format!("the stream says: {}", clean_line(error));
        return Err(match frame.status {
            Some(401 | 403) => FeedError::Unauthorised(words),
            _ => transient(words),
        });
    }
    Ok(event(frame.event.as_str(), frame.payload.as_str()))
}

fn event(name: &str, payload: &str) -> Option<Event> {
    let payload = Cow::from(payload).into_owned();
    match name {
        "update" => Some(Event::Update(payload)),
        "status.update" => Some(Event::Edit(payload)),
        "delete" => Some(Event::Delete(payload)),
        _ => None,
    }
}

/// The statuses in bytes that a server sent by itself, as JSON, whichever of the two ways it meant: for fuzzing.
pub async fn statuses(bytes: Vec<u8>) -> Vec<String> {
    let message = std::str::from_utf8(&bytes).map(framed);
    let message = message.ok().and_then(Result::ok).flatten();
    let answer = axum::http::Response::new(bytes);
    let mut sent = server_sent(answer.into(), ENDLESS);
    let mut events: Vec<Event> = message.into_iter().collect();
    while let Some(read) = sent.next().await {
        events.extend(read.ok().flatten());
    }
    let statuses = events.into_iter().map(|event| match event {
        Event::Update(json) | Event::Edit(json) | Event::Delete(json) => json,
    });
    statuses.collect()
}

/// Reads one answer of server-sent events. A server says something every 15 s (`:thump`), which is a sign of life.
fn server_sent(answer: reqwest::Response, silence: Duration) -> Events {
    let bytes = stream::unfold(Some((answer, 0_usize)), move |state| async move {
        let (mut answer, mut line) = state?;
        let chunk = match tokio::time::timeout(silence, answer.chunk()).await {
            Err(_) => Err(io::Error::other(format!(
                "it is silent for {} s",
                silence.as_secs_f64()
            ))),
            Ok(Err(error)) => Err(io::Error::other(error.without_url())),
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(chunk))) => {
                line = match memchr::memrchr(b'\n', &chunk) {
                    Some(at) => chunk.len() - at,
                    None => line + chunk.len(),
                };
                if line > LARGEST {
                    Err(io::Error::other("a line without an end"))
                } else {
                    Ok(chunk)
                }
            }
        };
        let next = chunk.is_ok().then_some((answer, line));
        Some((chunk, next))
    });
    let events = bytes.eventsource().map(|read| match read {
        Ok(sent) => Ok(event(&sent.event, &sent.data)),
        Err(EventStreamError::Transport(error)) => {
            Err(transient(format!("the stream broke: {error}")))
        }
        Err(error) => Err(transient(format!(
            "the stream sent what is not its protocol: {error}"
        ))),
    });
    // `SelectAll` forgets a stream that ends, so its end has to be an event of its own.
    let end = stream::once(async { Err(transient("the server ended the stream".to_owned())) });
    Box::pin(events.chain(end))
}

fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let read = |text: &str| framed(text).map_err(|error| error.to_string());
        assert_eq!(
            read(r#"{"stream":["hashtag","x"],"event":"update","payload":"{\"id\":\"1\"}"}"#),
            Ok(Some(Event::Update(r#"{"id":"1"}"#.to_owned())))
        );
        assert_eq!(
            read(r#"{"stream":["hashtag"],"event":"delete","payload":"17"}"#),
            Ok(Some(Event::Delete("17".to_owned())))
        );
        assert_eq!(
            read(r#"{"event":"filters_changed","payload":null}"#),
            Ok(None)
        );
        let refused = framed(r#"{"error":"Invalid access token","status":401}"#).unwrap_err();
        assert!(matches!(refused, FeedError::Unauthorised(_)), "{refused:?}");
        for garbage in ["", "<html>", "{\"event\":"] {
            let error = framed(garbage).unwrap_err();
            assert!(matches!(error, FeedError::Transient { .. }), "{error:?}");
        }
    }
}
