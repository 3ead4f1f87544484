//! The streaming API of the server in [`super::mastodon`]: one WebSocket for several hashtags, and server-sent events.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, Uri, header};
use axum::response::IntoResponse as _;
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::mastodon::{World, error};

/// What an open stream is told.
#[derive(Debug, Clone)]
pub enum Sent {
    /// Something happened to a status with these hashtags.
    Event {
        name: &'static str,
        payload: String,
        tags: Vec<String>,
    },
    /// Send what is not the protocol.
    Garbage,
    /// Break off.
    Break,
    /// Say nothing more, not even a pong.
    Freeze,
}

/// What streams a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    WebSocket,
    Events,
    /// A WebSocket that is open and never sends a status, as GoToSocial's for hashtags.
    Deaf,
}

fn refused(world: &mut World, headers: &HeaderMap, path: &str) -> Option<Response<Body>> {
    if let Some(fault) = world.fault(path, &[]) {
        return Some(world.broken(&fault, path, &[]));
    }
    let bearer = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let token = world.token.as_deref().unwrap_or_default();
    (bearer != format!("Bearer {token}")).then(|| error(401, "The access token is invalid"))
}

pub(super) async fn socket(
    State(world): State<Arc<Mutex<World>>>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response<Body> {
    let (events, deaf) = {
        let mut world = world.lock();
        world.requests.push(uri.to_string());
        if let Some(refused) = refused(&mut world, &headers, uri.path()) {
            return refused;
        }
        if world.streams == Streams::Events {
            return error(404, "Not found");
        }
        (world.events.subscribe(), world.streams == Streams::Deaf)
    };
    upgrade.on_upgrade(move |socket| speak(socket, events, deaf))
}

async fn speak(mut socket: WebSocket, mut events: broadcast::Receiver<Sent>, deaf: bool) {
    let mut tags: Vec<String> = Vec::new();
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let asked: Value = serde_json::from_str(&text).unwrap_or_default();
                    if asked["type"] == "subscribe" && asked["stream"] == "hashtag" {
                        tags.extend(asked["tag"].as_str().map(str::to_lowercase));
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
            sent = events.recv() => {
                let text = match sent {
                    Ok(Sent::Event { name, payload, tags: on }) => {
                        if deaf || !on.iter().any(|tag| tags.contains(tag)) {
                            continue;
                        }
                        json!({"stream": ["hashtag", on[0]], "event": name, "payload": payload}).to_string()
                    }
                    Ok(Sent::Garbage) => "<html>".to_owned(),
                    Ok(Sent::Freeze) => std::future::pending().await,
                    _ => return,
                };
                if socket.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
        }
    }
}

pub(super) async fn sent_events(
    State(world): State<Arc<Mutex<World>>>,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let tag = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "tag")
        .map(|(_, tag)| tag.to_lowercase())
        .unwrap_or_default();
    let events = {
        let mut world = world.lock();
        world.requests.push(uri.to_string());
        if let Some(refused) = refused(&mut world, &headers, uri.path()) {
            return refused;
        }
        if world.streams == Streams::Deaf {
            return error(404, "Not found");
        }
        world.events.subscribe()
    };
    let first = Some(Bytes::from_static(b":)\n"));
    let body = stream::unfold(
        (first, events, tag),
        |(first, mut events, tag)| async move {
            if let Some(first) = first {
                return Some((Ok(first), (None, events, tag)));
            }
            loop {
                let text = match events.recv().await {
                    Ok(Sent::Event {
                        name,
                        payload,
                        tags,
                    }) if tags.contains(&tag) => {
                        format!("event: {name}\ndata: {payload}\n\n")
                    }
                    Ok(Sent::Event { .. }) => continue,
                    Ok(Sent::Garbage) => "\u{0}\u{1}<html>\n\n".to_owned(),
                    Ok(Sent::Freeze) => std::future::pending().await,
                    _ => {
                        let broken = Err(std::io::Error::other("cut on purpose"));
                        return Some((broken, (None, events, tag)));
                    }
                };
                return Some((Ok(Bytes::from(text)), (None, events, tag)));
            }
        },
    );
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(body),
    )
        .into_response()
}
