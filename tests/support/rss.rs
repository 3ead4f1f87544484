//! A web server on a loopback port with one feed file, as sites have it: with validators, a window of the newest items, and
//! whatever failure a test asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri, header};
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use tokio::task::JoinSet;

/// How the server fails.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status.
    Status(u16),
    /// This status with `Retry-After`.
    RetryAfter(u16, String),
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body never ends.
    Slow,
    /// A body of this type that is no feed.
    Body(&'static str, Vec<u8>),
    /// A body compressed with gzip.
    Gzip(Vec<u8>),
    /// A redirect.
    Redirect(u16, String),
}

/// An item of the file.
#[derive(Debug, Clone)]
pub struct Entry {
    pub guid: String,
    pub html: String,
    pub at: String,
    pub updated: Option<String>,
}

impl Entry {
    fn xml(&self) -> String {
        let Self { guid, html, at, .. } = self;
        let updated = self.updated.as_ref();
        let updated = updated.map_or(String::new(), |at| {
            format!("<atom:updated>{at}</atom:updated>")
        });
        format!(
            "<item><guid>{guid}</guid><link>{guid}</link><pubDate>{at}</pubDate>{updated}\
             <description><![CDATA[{html}]]></description></item>"
        )
    }
}

/// The server; it ends when this is dropped.
pub struct Server {
    url: String,
    world: Arc<Mutex<World>>,
    _tasks: JoinSet<()>,
}

struct World {
    /// Oldest first.
    entries: Vec<Entry>,
    window: usize,
    next: u64,
    extra: String,
    headers: Vec<(&'static str, String)>,
    /// Path, fault, and how many more times.
    faults: BTreeMap<String, (Fault, u32)>,
    requests: Vec<(String, HeaderMap)>,
}

impl Server {
    /// Starts it with an empty file at `/feed.xml`.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let world = Arc::new(Mutex::new(World {
            entries: Vec::new(),
            window: usize::MAX,
            next: 0,
            extra: String::new(),
            headers: Vec::new(),
            faults: BTreeMap::new(),
            requests: Vec::new(),
        }));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&world));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("serving ends with the test");
        });
        Self {
            url: format!("http://{address}"),
            world,
            _tasks: tasks,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Puts up an item; gives its guid.
    pub fn push(&self, html: &str, at: &str) -> String {
        let mut world = self.world.lock();
        world.next += 1;
        let guid = format!("https://blog.example.org/{}", world.next);
        world.entries.push(Entry {
            guid: guid.clone(),
            html: html.to_owned(),
            at: at.to_owned(),
            updated: None,
        });
        guid
    }

    /// Changes an item.
    pub fn edit(&self, guid: &str, change: impl FnOnce(&mut Entry)) {
        let mut world = self.world.lock();
        let entry = world.entries.iter_mut().find(|entry| entry.guid == guid);
        change(entry.expect("the item is there"));
    }

    /// Shows only the newest from now on.
    pub fn window(&self, items: usize) {
        self.world.lock().window = items;
    }

    /// Writes this before the items.
    pub fn say(&self, xml: &str) {
        xml.clone_into(&mut self.world.lock().extra);
    }

    /// Sends this header with the file.
    pub fn header(&self, name: &'static str, value: &str) {
        self.world.lock().headers.push((name, value.to_owned()));
    }

    /// Fails so, `times` times, at this path; `*` is any.
    pub fn fail(&self, path: &str, fault: Fault, times: u32) {
        self.world
            .lock()
            .faults
            .insert(path.to_owned(), (fault, times));
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.world.lock().faults.clear();
    }

    /// The paths asked for since the last call, and with what.
    pub fn requests(&self) -> Vec<(String, HeaderMap)> {
        std::mem::take(&mut self.world.lock().requests)
    }
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let mut world = world.lock();
    let path = uri.path().to_owned();
    world.requests.push((path.clone(), headers.clone()));
    if let Some(fault) = world.fault(&path) {
        return world.broken(fault);
    }
    let file = world.file();
    let etag = format!("W/\"{:x}-gzip\"", file.len() + world.entries.len() * 31);
    let matches = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut response = Response::builder()
        .status(if matches { 304 } else { 200 })
        .header(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")
        .header(header::ETAG, etag)
        .header(header::LAST_MODIFIED, "Wed, 06 Nov 2019 09:00:00 GMT");
    for (name, value) in &world.headers {
        response = response.header(*name, value);
    }
    let body = if matches { Body::empty() } else { file.into() };
    response.body(body).expect("headers are plain")
}

impl World {
    fn file(&self) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>Ada's notes</title>\
             <link>https://blog.example.org/</link>{}",
            self.extra
        );
        for entry in self.entries.iter().rev().take(self.window) {
            xml.push_str(&entry.xml());
        }
        xml.push_str("</channel></rss>");
        xml
    }

    fn fault(&mut self, path: &str) -> Option<Fault> {
        let key = [path, "*"]
            .into_iter()
            .find(|key| self.faults.get(*key).is_some_and(|(_, times)| *times > 0))?;
        let (fault, times) = self.faults.get_mut(key)?;
        *times -= 1;
        Some(fault.clone())
    }

    fn broken(&self, fault: Fault) -> Response<Body> {
        let with = |status: u16, name: header::HeaderName, value: &str, body: Body| {
            Response::builder()
                .status(status)
                .header(name, value)
                .body(body)
                .expect("headers are plain")
        };
        let file = self.file();
        let half = Bytes::copy_from_slice(&file.as_bytes()[..file.len() / 2]);
        let xml = "application/xml";
        match fault {
            Fault::Status(status) => with(status, header::CONTENT_TYPE, xml, Body::empty()),
            Fault::RetryAfter(status, after) => {
                with(status, header::RETRY_AFTER, &after, Body::empty())
            }
            Fault::Cut => {
                let parts = [Ok(half), Err(std::io::Error::other("cut on purpose"))];
                with(
                    200,
                    header::CONTENT_TYPE,
                    xml,
                    Body::from_stream(stream::iter(parts)),
                )
            }
            Fault::Slow => {
                let first = stream::iter([Ok::<_, std::io::Error>(half)]);
                let body = Body::from_stream(first.chain(stream::pending()));
                with(200, header::CONTENT_TYPE, xml, body)
            }
            Fault::Body(kind, body) => with(200, header::CONTENT_TYPE, kind, body.into()),
            Fault::Gzip(body) => with(200, header::CONTENT_ENCODING, "gzip", body.into()),
            Fault::Redirect(status, to) => with(status, header::LOCATION, &to, Body::empty()),
        }
    }
}
