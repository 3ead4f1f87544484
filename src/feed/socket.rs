//! A WebSocket to a source: what feeds that stream share. Connects with bounds, answers pings, asks for a sign of life
//! itself, and says in words what went wrong.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use url::Url;

use super::FeedError;
use super::http::{choose_tls, limited_until, retry_after};
use super::network::{self, place};

/// Longest wait for a connection and the handshake.
const CONNECT: Duration = Duration::from_secs(15);
/// Bytes read from the network at once.
const READ_BUFFER: usize = 16 * 1024;

/// What a connection is made with.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    /// `ws://` or `wss://`.
    pub url: &'a Url,
    /// What the program calls itself.
    pub agent: &'a str,
    /// Other headers, `Authorization` say. They are never logged.
    pub headers: &'a [(&'static str, String)],
    /// After this long without a word, not even an answer to a ping, the connection counts as dead.
    pub silence: Duration,
    /// Longest message taken, in bytes.
    pub largest: usize,
}

/// What a source sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A text.
    Text(Utf8Bytes),
    /// Bytes.
    Binary(bytes::Bytes),
}

/// An open connection. Dropping it closes it.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    silence: Duration,
    heard: Instant,
    /// Whether a sign of life was asked for since something was heard.
    asked: bool,
}

/// Why no connection was opened.
#[derive(Debug)]
pub struct NotOpened {
    /// As the supervisor is told.
    pub error: FeedError,
    /// Where the source answered with something else: the status, and what came of its body.
    pub answered: Option<(StatusCode, String)>,
}

impl Socket {
    /// Connects.
    ///
    /// # Errors
    /// `Unauthorised` for 401 and 403, `RateLimited` for 429; all else is `Transient`, a wrong certificate too, since the
    /// source may be mended meanwhile.
    pub async fn open(opening: Opening<'_>, now: Timestamp) -> Result<Self, FeedError> {
        Self::handshake(opening, now).await.map_err(|not| not.error)
    }

    /// The same, telling also what the source answered instead of opening a stream.
    ///
    /// # Errors
    /// As [`Socket::open`].
    pub async fn handshake(opening: Opening<'_>, now: Timestamp) -> Result<Self, NotOpened> {
        let not = |error: FeedError| NotOpened {
            error,
            answered: None,
        };
        choose_tls();
        let mut request = opening
            .url
            .as_str()
            .into_client_request()
            .map_err(|error| {
                not(FeedError::Misconfigured(format!(
                    "{}: {error}",
                    place(opening.url)
                )))
            })?;
        let headers = request.headers_mut();
        let agent = [("user-agent", opening.agent.to_owned())];
        for (name, value) in agent.iter().chain(opening.headers) {
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                not(FeedError::Misconfigured(format!(
                    "the value of {name} has characters that no header can carry; look at the token"
                )))
            })?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(opening.largest))
            .max_frame_size(Some(opening.largest));
        let connecting = connect_async_with_config(request, Some(config), true);
        let connected = timeout(
            CONNECT.min(opening.silence.max(Duration::from_secs(1))),
            connecting,
        )
        .await
        .map_err(|_| not(transient(network::no_answer(&place(opening.url)))))?;
        let (stream, _) = connected.map_err(|error| refused(opening.url, error, now))?;
        Ok(Self {
            stream,
            silence: opening.silence,
            heard: Instant::now(),
            asked: false,
        })
    }

    /// Sends a text.
    pub async fn send(&mut self, text: String) -> Result<(), FeedError> {
        match timeout(self.silence, self.stream.send(Message::text(text))).await {
            Ok(sent) => sent.map_err(|error| broken(&error)),
            Err(_) => Err(silent(self.silence)),
        }
    }

    /// Waits for the next message until `deadline`; `None` if none came by then. Asks for a sign of life half way through the
    /// silence that is allowed. Cancel-safe.
    pub async fn next(&mut self, deadline: Instant) -> Result<Option<Received>, FeedError> {
        loop {
            let dead = self.heard + self.silence;
            let ask = self.heard + self.silence / 2;
            let until = deadline.min(if self.asked { dead } else { ask });
            let Ok(message) = timeout_at(until, self.stream.next()).await else {
                let now = Instant::now();
                if now >= dead {
                    return Err(silent(self.silence));
                }
                if now >= ask && !self.asked {
                    self.asked = true;
                    // A ping that cannot be written is noticed by the silence that follows.
                    let ping = self.stream.send(Message::Ping(bytes::Bytes::new()));
                    if let Ok(Err(error)) = timeout(Duration::from_secs(1), ping).await {
                        return Err(broken(&error));
                    }
                }
                if now >= deadline {
                    return Ok(None);
                }
                continue;
            };
            self.heard = Instant::now();
            self.asked = false;
            match message {
                Some(Ok(Message::Text(text))) => return Ok(Some(Received::Text(text))),
                Some(Ok(Message::Binary(bytes))) => return Ok(Some(Received::Binary(bytes))),
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map_or_else(String::new, |frame| {
                        format!(" with code {}: {}", frame.code, one_line(&frame.reason))
                    });
                    return Err(transient(format!("the source closed the stream{why}")));
                }
                // Pongs are sent by the library with the next read.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(&error)),
                None => return Err(transient("the source closed the stream".to_owned())),
            }
        }
    }
}

/// A stranger's words, short and on one line.
fn one_line(words: &str) -> String {
    words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect()
}

fn refused(url: &Url, error: Error, now: Timestamp) -> NotOpened {
    let answered = match &error {
        Error::Http(answer) => {
            let body = answer.body().as_deref().unwrap_or_default();
            Some((answer.status(), String::from_utf8_lossy(body).into_owned()))
        }
        _ => None,
    };
    NotOpened {
        error: told(url, error, now),
        answered,
    }
}

fn told(url: &Url, error: Error, now: Timestamp) -> FeedError {
    let place = place(url);
    match error {
        Error::Http(answer) => match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FeedError::Unauthorised(format!(
                "{place} answers {} to the stream; it wants a token, or another one",
                answer.status()
            )),
            StatusCode::TOO_MANY_REQUESTS => FeedError::RateLimited {
                until: limited_until(answer.headers(), now),
            },
            status if status.is_redirection() => FeedError::Transient {
                message: format!(
                    "{place} sends on to another address instead of opening a stream; write the address of the stream itself"
                ),
                retry_after: None,
            },
            status => FeedError::Transient {
                message: format!("{place} answers {status} instead of opening a stream"),
                retry_after: retry_after(answer.headers(), now),
            },
        },
        // Closed before it answered, which the library calls a handshake that is not finished.
        Error::Protocol(ProtocolError::HandshakeIncomplete) => transient(network::not_reached(
            &place,
            &std::io::Error::from(std::io::ErrorKind::UnexpectedEof),
        )),
        Error::Protocol(error) => transient(format!(
            "{place} answers, but opens no stream: {error}; is the address that of a stream?"
        )),
        error => transient(network::not_reached(&place, &error)),
    }
}

fn broken(error: &Error) -> FeedError {
    transient(match error {
        Error::Capacity(_) => format!("the source sent more at once than is taken: {error}"),
        Error::Utf8(_) => "the source sent a text that is not UTF-8".to_owned(),
        error => format!("the stream broke: {}", network::root(error)),
    })
}

fn silent(silence: Duration) -> FeedError {
    transient(format!(
        "the stream is silent for {} s; connecting again",
        silence.as_secs_f64()
    ))
}

fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
