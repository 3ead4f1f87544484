//! The streams that pages live on: WebSocket and server-sent events, from the same ring.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Ws, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, Stream, StreamExt as _, stream};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::access::Peer;
use super::problem::Problem;
use super::{Client, Service};
use crate::config::programme::LONGEST_NAME;
use crate::hub::{Message, Subscription};
use crate::journal::Seq;
use crate::wall::Wall;
use crate::wall::frames::Audience;
use crate::wall::screens::{Call, Hello};

/// How often a client is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that gave no sign for so long is gone.
const SILENT_FOR: Duration = Duration::from_secs(70);
/// A client that takes nothing for so long is gone. A stall of a slow line is shorter.
const STUCK_FOR: Duration = Duration::from_mins(1);
/// Open WebSockets that are served; more are asked to come back.
const MAX_CLIENTS: usize = 50_000;
/// Largest message that a client sends: time on screens of a hundred posts.
const CLIENT_BYTES: usize = 64 * 1024;
/// Read buffer of a client. Clients send little; axum's own 128 KiB would cost more than everything else of a client.
const READ_BUFFER: usize = 1024;
/// Frames waiting in a socket's own buffer beyond this are a fault.
const WRITE_BUFFER: usize = 32 * 1024 * 1024;

/// Close codes: 1001 the service stops (come back), 4401 no longer signed in (don't), 4408 too slow or silent (come back).
const GOING_AWAY: u16 = 1001;
const SIGNED_OUT: u16 = 4401;
const SILENT: u16 = 4408;

/// Where a client goes on.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    since: Option<String>,
    view: Option<String>,
}

/// `EPOCH:SEQ`; anything else means that the client has nothing.
fn since(text: Option<&str>) -> Option<(&str, Seq)> {
    let (epoch, seq) = text?.rsplit_once(':')?;
    Some((epoch, Seq(seq.parse().ok()?)))
}

/// A client's place: what it gets at once, and the rest.
fn begin(wall: &Wall, audience: Audience, from: Option<&str>) -> (Option<Message>, Subscription) {
    if let Some((epoch, seq)) = since(from)
        && let Some(mut rest) = wall.resume(audience, epoch, seq)
        && let Ok(first) = rest.catch_up()
    {
        return (first, rest);
    }
    anew(wall, audience)
}

fn anew(wall: &Wall, audience: Audience) -> (Option<Message>, Subscription) {
    let start = wall.start(audience, None);
    (
        Some(Message {
            seq: start.seq,
            text: start.text,
        }),
        start.rest,
    )
}

/// What comes next; a snapshot where everything is told anew or the client was too slow for the ring.
async fn next(wall: &Wall, audience: Audience, rest: &mut Subscription) -> Message {
    let behind = match rest.next().await {
        Ok(message) => return message,
        Err(behind) => behind,
    };
    let start = wall.start(audience, behind.newest);
    *rest = start.rest;
    Message {
        seq: start.seq,
        text: start.text,
    }
}

/// `GET /walls/{wall}/stream`.
pub(super) async fn websocket(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(from): Query<From>,
    peer: Peer,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let wall = service.wall(&id)?;
    let audience = service.audience(from.view.as_deref(), &headers)?;
    if service.clients.len() >= MAX_CLIENTS {
        return Err(Problem {
            retry_after: Some(10),
            ..Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many streams are open; come back later",
            )
        });
    }
    if audience == Audience::Staff && !service.is_own_origin(&headers, peer) {
        return Err(Problem::forbidden(
            "the request comes from another site's page",
        ));
    }
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(CLIENT_BYTES)
        .max_frame_size(CLIENT_BYTES);
    let open = service.sockets.token();
    Ok(upgrade.on_upgrade(move |socket| async move {
        let _open = open;
        let session = Session {
            service,
            wall,
            audience,
            headers,
            screen: None,
            console: None,
            calls: None,
            asked: None,
        };
        session.run(socket, from.since.as_deref()).await;
    }))
}

impl Service {
    /// Whether whoever opened a stream may still read it: everybody the public one, those signed in the staff's.
    fn may_watch(&self, audience: Audience, headers: &HeaderMap) -> bool {
        audience == Audience::Public || matches!(self.signed_in(headers), Ok(Some(_)))
    }
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Said {
    Hello {
        screen: String,
        #[serde(default)]
        key: Option<String>,
        #[serde(default)]
        scene: Option<String>,
        #[serde(default)]
        width: Option<u32>,
        #[serde(default)]
        height: Option<u32>,
        #[serde(default)]
        version: Option<String>,
    },
    Playing {
        #[serde(default)]
        scene: Option<String>,
    },
    Shown {
        seq: Seq,
    },
    Seen {
        ms: std::collections::BTreeMap<String, u64>,
    },
    At {
        #[serde(default)]
        post: Option<String>,
    },
    #[serde(other)]
    Other,
}

/// One client's connection.
struct Session {
    service: Service,
    wall: Arc<Wall>,
    audience: Audience,
    headers: HeaderMap,
    /// The screen's name, once its key was right.
    screen: Option<String>,
    /// The console's number among those that are open.
    console: Option<u64>,
    /// What screens are to do, once this is one.
    calls: Option<broadcast::Receiver<(String, Call)>>,
    /// The number of the last ping, and when it went out.
    asked: Option<(u64, Instant)>,
}

/// What the next screen that is called is to do. Never where nobody is listening.
async fn called(calls: &mut Option<broadcast::Receiver<(String, Call)>>) -> Option<(String, Call)> {
    match calls {
        Some(calls) => calls.recv().await.ok(),
        None => std::future::pending().await,
    }
}

impl Session {
    async fn run(mut self, socket: WebSocket, from: Option<&str>) {
        let client = self.service.register(Client {
            wall: self.wall.id.clone(),
            view: if self.audience == Audience::Staff {
                "staff"
            } else {
                "public"
            },
        });
        let (mut sender, mut receiver) = socket.split();
        if self.audience == Audience::Staff
            && let Ok(Some(who)) = self.service.signed_in(&self.headers)
        {
            self.console = self.wall.console_opens(who.name, who.role);
        }
        let (first, mut rest) = begin(&self.wall, self.audience, from);
        let mut close = None;
        if let Some(message) = first
            && !send(&mut sender, message.text).await
        {
            close = Some((SILENT, "nothing was taken for too long"));
        }
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = tokio::time::Instant::now();
        let stop = self.service.stop.clone();
        let mut sessions = self.service.sessions_changed.subscribe();
        while close.is_none() {
            tokio::select! {
                () = stop.cancelled() => close = Some((GOING_AWAY, "buzzwall is stopping")),
                Ok(()) = sessions.changed() => {
                    if !self.service.may_watch(self.audience, &self.headers) {
                        close = Some((SIGNED_OUT, "no longer signed in"));
                    }
                }
                message = next(&self.wall, self.audience, &mut rest) => {
                    if !send(&mut sender, message.text).await {
                        close = Some((SILENT, "nothing was taken for too long"));
                    }
                }
                said = receiver.next() => match said {
                    Some(Ok(Ws::Text(text))) => {
                        heard = tokio::time::Instant::now();
                        let was_screen = self.screen.is_some();
                        self.hear(&text);
                        if self.screen.is_some() != was_screen {
                            // How long a word to it takes is of interest at once.
                            pings.reset_immediately();
                        }
                    }
                    Some(Ok(Ws::Close(_)) | Err(_)) | None => break,
                    Some(Ok(Ws::Pong(number))) => {
                        heard = tokio::time::Instant::now();
                        self.answered(&number);
                    }
                    Some(Ok(_)) => {
                        heard = tokio::time::Instant::now();
                        if let Some(screen) = &self.screen {
                            self.wall.screens.alive(screen, self.service.clock.now());
                        }
                    }
                },
                call = called(&mut self.calls) => {
                    // One that was slower than the calls has missed some; staff call again.
                    let Some((name, call)) = call else { continue };
                    if self.screen.as_ref() == Some(&name) {
                        let frame = json!({ "type": "screen", "screen": name, "action": call });
                        if !send(&mut sender, frame.to_string().into()).await {
                            close = Some((SILENT, "nothing was taken for too long"));
                        }
                    }
                }
                _ = pings.tick() => {
                    if heard.elapsed() > SILENT_FOR {
                        close = Some((SILENT, "no sign of life"));
                    } else if !self.service.may_watch(self.audience, &self.headers) {
                        close = Some((SIGNED_OUT, "no longer signed in"));
                    } else if timeout(STUCK_FOR, sender.send(Ws::Ping(self.ask()))).await.is_err() {
                        close = Some((SILENT, "nothing was taken for too long"));
                    }
                }
            }
        }
        if let Some((code, reason)) = close {
            let frame = Ws::Close(Some(CloseFrame {
                code,
                reason: Utf8Bytes::from_static(reason),
            }));
            // A client that is gone needs no farewell.
            drop(timeout(Duration::from_secs(1), sender.send(frame)).await);
        }
        if let Some(screen) = &self.screen {
            self.wall
                .screens
                .disconnect(screen, self.service.clock.now());
            self.wall.screens_changed();
        }
        if let Some(console) = self.console {
            self.wall.console_closes(console);
        }
        self.service.clients.remove(&client);
    }

    /// The next ping's number, by which its answer is known.
    fn ask(&mut self) -> bytes::Bytes {
        let number = self.asked.map_or(0, |(last, _)| last.wrapping_add(1));
        self.asked = Some((number, Instant::now()));
        bytes::Bytes::copy_from_slice(&number.to_be_bytes())
    }

    /// Takes the answer to a ping.
    fn answered(&self, number: &[u8]) {
        let Some(screen) = &self.screen else { return };
        let now = self.service.clock.now();
        match self.asked {
            Some((asked, at)) if number == asked.to_be_bytes() => {
                self.wall.screens.answered(screen, at.elapsed(), now);
                self.wall.screens_changed();
            }
            _ => self.wall.screens.alive(screen, now),
        }
    }

    /// Takes what a client says; what cannot be read is ignored, as the protocol says of unknown types.
    fn hear(&mut self, text: &str) {
        let now = self.service.clock.now();
        match serde_json::from_str(text) {
            Ok(Said::Hello {
                screen,
                key,
                scene,
                width,
                height,
                version,
            }) => {
                let right = key.is_some_and(|key| {
                    self.service
                        .people
                        .is_screen_key(&self.wall.id, &key)
                        .unwrap_or_else(|error| {
                            tracing::error!(%error, "a screen's key could not be looked up");
                            false
                        })
                });
                let name = short(&screen);
                if !right || name.is_empty() || self.screen.is_some() {
                    return;
                }
                let hello = Hello {
                    name: name.clone(),
                    scene: scene.as_deref().map(short),
                    width,
                    height,
                    version: version.as_deref().map(short),
                };
                if self.wall.screens.connect(hello, now) {
                    self.calls = Some(self.wall.screens.calls());
                    self.screen = Some(name);
                    self.wall.screens_changed();
                }
            }
            Ok(Said::Playing { scene }) => {
                if let Some(screen) = &self.screen {
                    self.wall
                        .screens
                        .playing(screen, scene.as_deref().map(short), now);
                    self.wall.screens_changed();
                }
            }
            Ok(Said::Shown { seq }) => {
                if let Some(screen) = &self.screen {
                    self.wall.screens.confirm(screen, seq, now);
                    self.wall.screens_changed();
                }
            }
            Ok(Said::Seen { ms }) => {
                if let Some(screen) = &self.screen {
                    self.wall.seen(self.wall.screens.granted(screen, ms, now));
                }
            }
            Ok(Said::At { post }) => {
                if let Some(console) = self.console {
                    self.wall.console_at(console, post.as_deref());
                }
            }
            Ok(Said::Other) | Err(_) => {}
        }
    }
}

/// What a client says of itself, as far as anybody reads it.
fn short(text: &str) -> String {
    let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
    if let Some((end, _)) = text.char_indices().nth(LONGEST_NAME) {
        text.truncate(end);
    }
    text
}

/// Sends in one piece; false if the client takes nothing any more.
async fn send(sender: &mut SplitSink<WebSocket, Ws>, text: Utf8Bytes) -> bool {
    matches!(
        timeout(STUCK_FOR, sender.send(Ws::Text(text))).await,
        Ok(Ok(()))
    )
}

/// `GET /walls/{wall}/events`.
pub(super) async fn events(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let wall = service.wall(&id)?;
    let audience = service.audience(from.view.as_deref(), &headers)?;
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    let (first, rest) = begin(&wall, audience, last.as_deref().or(from.since.as_deref()));
    Ok(
        Sse::new(told(service, wall, audience, headers, first, rest))
            .keep_alive(KeepAlive::new().interval(PING_EVERY)),
    )
}

/// Messages as events, until the service stops or the reader may no longer read.
fn told(
    service: Service,
    wall: Arc<Wall>,
    audience: Audience,
    headers: HeaderMap,
    first: Option<Message>,
    rest: Subscription,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let sessions = service.sessions_changed.subscribe();
    stream::unfold(
        (first, rest, service, wall, sessions, headers),
        move |(mut first, mut rest, service, wall, mut sessions, headers)| async move {
            let message = loop {
                if let Some(message) = first.take() {
                    break message;
                }
                tokio::select! {
                    biased;
                    () = service.stop.cancelled() => return None,
                    Ok(()) = sessions.changed() => {
                        if !service.may_watch(audience, &headers) {
                            return None;
                        }
                    }
                    message = next(&wall, audience, &mut rest) => break message,
                }
            };
            let epoch = wall.read().epoch.clone();
            let event = Event::default()
                .id(format!("{}:{}", epoch.as_str(), message.seq))
                .data(message.text.as_str());
            Some((Ok(event), (None, rest, service, wall, sessions, headers)))
        },
    )
}
