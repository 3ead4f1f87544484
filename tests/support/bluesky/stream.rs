//! Jetstream: the first wire at `/subscribe`, and that of 2026. Every stream reads the log from its own place.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use zstd::bulk::Compressor;

use super::api::{self, Refused};
use super::dictionary::{dictionary, number, other_dictionary};
use super::network::{Event, moment};
use super::{Fault, Host, Order, Part, Service};

/// Where the wire of 2026 is.
pub const SECOND: &str = "/xrpc/network.bsky.jetstream.subscribeEvents";
/// What its frames call their types after.
const TYPE: &str = "network.bsky.jetstream.subscribeEvents";
/// The kinds of event there.
const KINDS: [&str; 4] = ["commit", "identity", "account", "sync"];
/// Cursors from here on are microseconds, not numbers.
const MICROSECONDS: i64 = 1_000_000_000_000_000;

/// What a stream was asked for.
struct Asked {
    second: bool,
    kinds: BTreeSet<String>,
    dids: BTreeSet<String>,
    /// Names, or beginnings of names.
    collections: Vec<String>,
    largest: usize,
    dictionary: Option<&'static [u8]>,
    /// The next place of the log.
    place: usize,
    /// The time asked for is no longer kept.
    outdated: bool,
}

/// Speaks to one who reads.
pub async fn serve(stream: TcpStream, host: &Arc<Host>) {
    let mut orders = host.orders.subscribe();
    let mut changed = host.world.changed.subscribe();
    let mut asked = None;
    #[expect(clippy::result_large_err, reason = "the library's own kind of answer")]
    let upgrade = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        host.failing.lock().connects.push(request.uri().to_string());
        match open(host, request) {
            Ok(open) => {
                asked = Some(open);
                Ok(with_protocol(request, response))
            }
            Err(refused) => Err(refusal(host, refused)),
        }
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, upgrade).await else {
        return;
    };
    let Some(mut asked) = asked else { return };
    let fault = host.fault(Part::Stream);
    if fault == Some(Fault::Slow) {
        let _order = orders.changed().await;
        return;
    }
    if asked.outdated {
        let words = format!("resumed from {}", host.seq(asked.place));
        let info =
            json!({"$type": format!("{TYPE}#info"), "name": "OutdatedCursor", "message": words});
        if !send(&mut socket, &asked, &framed(&info)).await {
            return;
        }
    }
    loop {
        let messages = if fault == Some(Fault::Mute) {
            Vec::new()
        } else {
            due(host, &mut asked)
        };
        for message in messages {
            let sent = match fault {
                Some(Fault::Garbage) => {
                    let page = Message::text("<html>502 Bad Gateway</html>");
                    socket.send(page).await.is_ok()
                }
                Some(Fault::Cut) => return cut(&mut socket, &message).await,
                _ => send(&mut socket, &asked, &message).await,
            };
            if !sent {
                return;
            }
        }
        if !wait(&mut socket, &asked, &mut orders, &mut changed).await {
            return;
        }
    }
}

/// Waits until there may be more to say; otherwise the stream is at its end.
async fn wait(
    socket: &mut WebSocketStream<TcpStream>,
    asked: &Asked,
    orders: &mut watch::Receiver<Order>,
    changed: &mut watch::Receiver<()>,
) -> bool {
    tokio::select! {
        biased;
        order = orders.changed() => {
            if asked.second && order.is_ok() && *orders.borrow() == Order::TooSlow {
                let error = json!({"$type": "error", "error": "ConsumerTooSlow", "message": "reading too slowly"});
                send(socket, asked, &error.to_string()).await;
                let _closed = socket.close(None).await;
            }
            false
        }
        message = socket.next() => match message {
            Some(Ok(Message::Text(_) | Message::Binary(_))) if asked.second => {
                let reason = CloseFrame { code: CloseCode::Policy, reason: "this stream takes no messages".into() };
                let _closed = socket.close(Some(reason)).await;
                false
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => false,
            Some(Ok(_)) => true,
        },
        happened = changed.changed() => happened.is_ok(),
    }
}

/// The next messages, encoded.
fn due(host: &Host, asked: &mut Asked) -> Vec<String> {
    let held = host.world.held.lock();
    let mut due = Vec::new();
    for (place, event) in held.log.iter().enumerate().skip(asked.place) {
        if asked.wants(event) {
            let message = if asked.second {
                second(host, place, event)
            } else {
                first(host, place, event)
            };
            if asked.largest == 0 || message.len() <= asked.largest {
                due.push(message);
            }
        }
    }
    asked.place = held.log.len().max(asked.place);
    due
}

fn first(host: &Host, place: usize, event: &Event) -> String {
    let mut message = json!({"did": event.did, "time_us": host.saw(event.at), "kind": event.kind});
    message[event.kind] = event.body.clone();
    if host.service == Service::Both {
        message["cursor"] = json!(host.seq(place));
    }
    message.to_string()
}

fn second(host: &Host, place: usize, event: &Event) -> String {
    let mut payload = if event.kind == "commit" {
        event.body.clone()
    } else {
        json!({event.kind: event.body})
    };
    payload["$type"] = json!(format!("{TYPE}#{}", event.kind));
    payload["seq"] = json!(host.seq(place));
    payload["did"] = json!(event.did);
    payload["time"] = json!(format!("{:.6}", moment(host.saw(event.at))));
    framed(&payload)
}

fn framed(payload: &Value) -> String {
    json!({"$type": "message", "payload": payload}).to_string()
}

async fn send(socket: &mut WebSocketStream<TcpStream>, asked: &Asked, message: &str) -> bool {
    let message = match asked.dictionary {
        Some(dictionary) => {
            let mut compressor = Compressor::with_dictionary(3, dictionary).expect("a dictionary");
            let frame = compressor.compress(message.as_bytes());
            Message::binary(frame.expect("there is memory"))
        }
        None => Message::text(message),
    };
    socket.send(message).await.is_ok()
}

/// Sends a header that promises more than follows.
async fn cut(socket: &mut WebSocketStream<TcpStream>, message: &str) {
    let stream = socket.get_mut();
    let _written = stream.write_all(b"\x81\x7e\x40\x00").await;
    let _written = stream.write_all(&message.as_bytes()[..40]).await;
    let _flushed = stream.flush().await;
}

impl Asked {
    fn wants(&self, event: &Event) -> bool {
        let kind = if self.second {
            self.kinds.is_empty() || self.kinds.contains(event.kind)
        } else {
            event.kind != "sync"
        };
        let collection = event.body["collection"].as_str().unwrap_or_default();
        kind && (self.dids.is_empty() || self.dids.contains(&event.did))
            && (event.kind != "commit"
                || self.collections.is_empty()
                || self.collections.iter().any(|wanted| {
                    wanted
                        .strip_suffix('*')
                        .map_or(wanted == collection, |start| collection.starts_with(start))
                }))
    }
}

/// Reads what is asked for.
fn open(host: &Host, request: &Request) -> Result<Asked, Refused> {
    let second = request.uri().path() == SECOND;
    if second && host.service == Service::First {
        return Err((404, "NotFound", "404 page not found".to_owned()));
    }
    if let Some(refused) = api::refusal(host.fault(Part::Stream)) {
        return Err(refused);
    }
    let query: Vec<(String, String)> = api::query(request.uri().query());
    let all = |name: &str| -> Vec<String> {
        query
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .collect()
    };
    let one = |name: &str| all(name).pop();
    let invalid = |words: String| (400, "InvalidRequest", words);
    if second {
        for old in [
            "wantedCollections",
            "wantedDids",
            "requireHello",
            "compress",
        ] {
            if one(old).is_some() {
                return Err(invalid(format!("{old} is a parameter of /subscribe")));
            }
        }
    }
    let kinds: BTreeSet<String> = all("kinds").into_iter().collect();
    let (dids, collections) = if second {
        ("dids", "collections")
    } else {
        ("wantedDids", "wantedCollections")
    };
    let collections = all(collections);
    if collections.len() > 100 {
        return Err(invalid("too many collections".to_owned()));
    }
    if let Some(unknown) = kinds
        .iter()
        .find(|kind| second && !KINDS.contains(&kind.as_str()))
    {
        return Err(invalid(format!("unknown kind {unknown:?}")));
    }
    if second && !collections.is_empty() && !kinds.is_empty() && !kinds.contains("commit") {
        return Err(invalid(
            "collections filter can never apply: kinds excludes commit".to_owned(),
        ));
    }
    let dictionary = if second {
        match one("zstdDictionary") {
            Some(asked) if asked == number(dictionary()).to_string() => Some(dictionary()),
            Some(asked) => {
                let words = format!(
                    "unknown zstd dictionary id {asked}; current dictionary id is {}",
                    number(dictionary())
                );
                return Err((400, "UnknownZstdDictionary", words));
            }
            None => None,
        }
    } else if one("compress").as_deref() == Some("true") {
        let other = host.service == Service::First || host.failing.lock().other_dictionary;
        Some(if other {
            other_dictionary()
        } else {
            dictionary()
        })
    } else {
        None
    };
    let largest = one("maxMessageSizeBytes").and_then(|bytes| bytes.parse().ok());
    let (place, outdated) = place(host, second, one("cursor").as_deref())?;
    Ok(Asked {
        second,
        kinds,
        dids: all(dids).into_iter().collect(),
        collections,
        largest: largest.unwrap_or_default(),
        dictionary,
        place,
        outdated,
    })
}

/// Where in the log a cursor lies, and whether it is from before all that is kept.
fn place(host: &Host, second: bool, cursor: Option<&str>) -> Result<(usize, bool), Refused> {
    let held = host.world.held.lock();
    let end = held.log.len();
    let Some(cursor) = cursor else {
        return Ok((end, false));
    };
    let Some(cursor) = cursor.parse().ok().filter(|cursor: &i64| *cursor >= 0) else {
        return Err((400, "InvalidRequest", format!("invalid cursor: {cursor:?}")));
    };
    if cursor < MICROSECONDS && host.service == Service::Both {
        let floor = host.seq(held.floor);
        if second && cursor < floor {
            return Err((
                400,
                "CursorTooOld",
                format!("cursor {cursor} below lookback floor {floor}"),
            ));
        }
        let place = usize::try_from(cursor - host.seq(0)).unwrap_or_default();
        return Ok((place.clamp(held.floor, end), false));
    }
    let place = held
        .log
        .partition_point(|event| host.saw(event.at) < cursor);
    Ok((place.max(held.floor), second && place < held.floor))
}

fn with_protocol(request: &Request, mut response: Response) -> Response {
    const PROTOCOL: &str = "sec-websocket-protocol";
    let offered = request
        .headers()
        .get(PROTOCOL)
        .and_then(|offered| offered.to_str().ok());
    if offered.is_some_and(|offered| offered.split(',').any(|one| one.trim() == "xrpc.v1.json")) {
        response
            .headers_mut()
            .insert(PROTOCOL, HeaderValue::from_static("xrpc.v1.json"));
    }
    response
}

fn refusal(host: &Host, (status, error, message): Refused) -> ErrorResponse {
    let body = json!({"error": error, "message": message}).to_string();
    let mut refusal = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("content-length", body.len());
    if status == 429 {
        for (name, value) in api::limit(host, 0) {
            refusal = refusal.header(name, value);
        }
        refusal = refusal.header("retry-after", "30");
    }
    refusal.body(Some(body)).expect("it is well formed")
}
