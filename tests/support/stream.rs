//! Streams as a page reads them, and a page that draws what it reads.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;

use futures_util::{SinkExt as _, Stream as _, StreamExt as _};
use reqwest::header::COOKIE;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::api::Api;
use super::binary::DEADLINE;

/// A WebSocket to a wall's stream.
pub struct Stream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames of the message read last that were not asked for yet.
    waiting: VecDeque<Value>,
    /// Everything that came, as it came.
    pub raw: String,
}

impl Stream {
    /// Opens it; the status where it is refused.
    pub async fn open(api: &Api, wall: &str, query: &str) -> Result<Self, u16> {
        Self::open_from(api, wall, query, None).await
    }

    /// Opens it as a page of `origin` does.
    pub async fn open_from(
        api: &Api,
        wall: &str,
        query: &str,
        origin: Option<&str>,
    ) -> Result<Self, u16> {
        let base = api.base.replacen("http", "ws", 1);
        let url = format!("{base}/api/v1/walls/{wall}/stream?{query}");
        let mut request = url.into_client_request().expect("the address is right");
        let headers = request.headers_mut();
        if let Some(cookie) = &api.cookie {
            headers.insert(COOKIE.as_str(), cookie.parse().expect("cookies are plain"));
        }
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().expect("origins are plain"));
        }
        let opened = timeout(DEADLINE, connect_async(request)).await;
        match opened.expect("the service answers") {
            Ok((socket, _)) => Ok(Self {
                socket,
                waiting: VecDeque::new(),
                raw: String::new(),
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("the stream cannot be opened: {error}"),
        }
    }

    /// The next message's frames; how the socket was closed where it was.
    pub async fn message(&mut self) -> Result<Vec<Value>, Option<CloseFrame>> {
        loop {
            let message = timeout(DEADLINE, self.socket.next()).await;
            match message.unwrap_or_else(|_| panic!("nothing comes; so far:\n{}", self.tail())) {
                Some(Ok(Message::Text(text))) => {
                    self.raw.push_str(&text);
                    self.raw.push('\n');
                    let parse = |line| serde_json::from_str(line).expect("frames are JSON");
                    return Ok(text.lines().map(parse).collect());
                }
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The last that came.
    fn tail(&self) -> String {
        let lines: Vec<&str> = self.raw.lines().rev().take(10).collect();
        let short = |line: &&str| line.chars().take(300).collect::<String>();
        lines.iter().rev().map(short).collect::<Vec<_>>().join("\n")
    }

    /// The next frame.
    pub async fn next(&mut self) -> Value {
        while self.waiting.is_empty() {
            let frames = self.message().await.expect("the socket stays open");
            self.waiting.extend(frames);
        }
        self.waiting.pop_front().expect("there is one")
    }

    /// The next frame of which this is true; the ones before it are dropped.
    pub async fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await;
            if is_it(&frame) {
                return frame;
            }
        }
    }

    /// The next frame of that type.
    pub async fn of_type(&mut self, kind: &str) -> Value {
        self.until(|frame| frame["type"] == kind).await
    }

    /// Waits until a post comes or changes so.
    pub async fn post(&mut self, id: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let wanted = |frame: &Value| {
            frame["type"] == "post" && frame["post"]["id"] == id && is_it(&frame["post"])
        };
        self.until(wanted).await["post"].take()
    }

    /// Waits until a post is taken away.
    pub async fn removal(&mut self, id: &str) -> Value {
        self.until(|frame| frame["type"] == "remove" && frame["id"] == id)
            .await
    }

    /// Waits until the feed whose name begins so is in a state; staff streams only.
    pub async fn feed_is(&mut self, name: &str, state: &str) -> Value {
        loop {
            let mut frame = self.next().await;
            let feeds = frame["feeds"].as_array_mut().into_iter().flatten();
            for feed in feeds {
                let named = feed["name"].as_str().is_some_and(|it| it.starts_with(name));
                if named && feed["state"] == state {
                    return feed.take();
                }
            }
        }
    }

    /// How the socket is closed in the end.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(frame) = self.message().await {
                return frame.map(|frame| frame.code.into());
            }
        }
    }

    pub async fn say(&mut self, message: Message) {
        self.socket.send(message).await.expect("the socket is open");
    }

    /// Says something that may be too much for the service; whether it could be sent.
    pub async fn try_say(&mut self, message: Message) -> bool {
        self.socket.send(message).await.is_ok()
    }

    pub async fn say_json(&mut self, value: Value) {
        self.say(Message::text(value.to_string())).await;
    }

    /// Closes it and waits until that is done.
    pub async fn close(mut self) {
        drop(self.socket.close(None).await);
        self.closed().await;
    }
}

/// Server-sent events.
pub struct Events {
    body: Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

/// One of them.
pub struct Told {
    pub id: String,
    pub frames: Vec<Value>,
    /// Its data as it came.
    pub raw: String,
}

impl Events {
    pub(super) fn new(answer: reqwest::Response) -> Self {
        assert_eq!(answer.status(), 200);
        let kind = answer.headers().get("content-type").map(|it| it.as_bytes());
        assert_eq!(kind, Some(&b"text/event-stream"[..]));
        let body = answer.bytes_stream();
        assert!(body.size_hint().1.is_none());
        Self {
            body: Box::pin(body),
            text: String::new(),
        }
    }

    /// The next event that is not a comment.
    pub async fn next(&mut self) -> Told {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| {
                    let values = event.lines().filter_map(|line| line.strip_prefix(name));
                    values.map(str::trim_start).collect::<Vec<_>>().join("\n")
                };
                let raw = field("data:");
                if !raw.is_empty() {
                    let parse = |line| serde_json::from_str(line).expect("frames are JSON");
                    return Told {
                        id: field("id:"),
                        frames: raw.lines().map(parse).collect(),
                        raw,
                    };
                }
                continue;
            }
            let part = timeout(DEADLINE, self.body.next()).await;
            let part = part
                .expect("something comes")
                .expect("the stream stays open");
            let part = part.expect("the stream can be read");
            self.text
                .push_str(std::str::from_utf8(&part).expect("it is UTF-8"));
        }
    }
}

impl Events {
    /// Whether the service ends them without an error; what still comes is dropped.
    pub async fn ended(&mut self) -> bool {
        loop {
            match timeout(DEADLINE, self.body.next())
                .await
                .expect("something comes")
            {
                Some(Ok(_)) => {}
                Some(Err(_)) => return false,
                None => return true,
            }
        }
    }
}

/// What a page shows after reading frames, by the rules of the protocol.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    pub epoch: String,
    /// The last record that was drawn.
    pub seq: u64,
    /// Posts by id.
    pub posts: BTreeMap<String, Value>,
    pub stage: Value,
    ahead: BTreeMap<String, u64>,
}

impl Page {
    /// Draws one frame.
    pub fn draw(&mut self, frame: &Value) {
        let seq = frame["seq"].as_u64();
        match frame["type"].as_str() {
            Some("snapshot") => {
                *self = Self::default();
                frame["epoch"]
                    .as_str()
                    .expect("text")
                    .clone_into(&mut self.epoch);
                for post in frame["posts"].as_array().expect("a list") {
                    let mut post = post.clone();
                    post.as_object_mut()
                        .expect("an object")
                        .remove("times_shown");
                    self.posts.insert(id(&post), post);
                }
                self.stage = frame["stage"].clone();
            }
            Some("post") => {
                let id = id(&frame["post"]);
                if self.ahead.get(&id).is_none_or(|ahead| seq >= Some(*ahead)) {
                    self.posts.insert(id, frame["post"].clone());
                }
            }
            Some("remove") => {
                let id = frame["id"].as_str().expect("text").to_owned();
                self.posts.remove(&id);
                if let Some(ahead) = frame["ahead"].as_u64() {
                    self.ahead.insert(id, ahead);
                }
            }
            Some("stage") => self.stage = frame["stage"].clone(),
            _ => {}
        }
        self.seq = self.seq.max(seq.unwrap_or_default());
    }

    /// Where the page goes on: `EPOCH:SEQ`.
    pub fn since(&self) -> String {
        format!("{}:{}", self.epoch, self.seq)
    }
}

fn id(post: &Value) -> String {
    post["id"].as_str().expect("posts have ids").to_owned()
}
