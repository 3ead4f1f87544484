//! Pages and what they load: embedded in release builds, read from `web/` in debug builds.

use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::Service;
use crate::config::theme::stylesheet;

#[derive(RustEmbed)]
#[folder = "web/"]
struct Web;

/// A fingerprint of all files: part of every asset's address, so that a browser may keep it for ever.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Web::iter().collect();
    names.sort();
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update(
            Web::get(&name)
                .map(|file| file.metadata.sha256_hash())
                .unwrap_or_default(),
        );
    }
    let digest = hash.finalize();
    short(&digest)
});

/// The beginning of a hash, in hexadecimal digits.
fn short(hash: &[u8]) -> String {
    let bytes = hash.first_chunk::<8>().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// What pages may load: their own files. Pictures of posts come by this service as well, so nobody else learns of a screen.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; \
    connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; \
    require-trusted-types-for 'script'";

/// The same for the one view that is made to stand in other sites' pages.
static EMBED_POLICY: LazyLock<String> =
    LazyLock::new(|| POLICY.replace("frame-ancestors 'self'", "frame-ancestors *"));
/// What a file may load that is opened by itself.
const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

fn guarded(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// A file that is opened by itself, or that a page loads: by its own it may load nothing.
pub(super) fn alone(response: Response) -> Response {
    guarded(response, ALONE)
}

/// A page; its assets' addresses get the fingerprint. In debug builds they are read anew each time.
fn page(name: &str, status: StatusCode) -> Response {
    page_under(name, status, POLICY)
}

fn page_under(name: &str, status: StatusCode, policy: &'static str) -> Response {
    let Some(file) = Web::get(name) else {
        return (
            StatusCode::INTERNAL_SERVER_ERROR,
            "this page is missing from the build\n",
        )
            .into_response();
    };
    let html = String::from_utf8_lossy(&file.data);
    let prefix = if cfg!(debug_assertions) {
        "/assets/".to_owned()
    } else {
        format!("/assets/{}/", *VERSION)
    };
    let html = html.replace("\"/assets/", &format!("\"{prefix}"));
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    guarded((status, headers, html).into_response(), policy)
}

/// `/assets/{path}`, with or without the fingerprint.
pub(super) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let versioned = path
        .strip_prefix(VERSION.as_str())
        .and_then(|rest| rest.strip_prefix('/'));
    let name = versioned.unwrap_or(&path);
    // Pages are served at their own addresses only.
    let Some(file) = Web::get(name).filter(|_| {
        std::path::Path::new(name)
            .extension()
            .is_none_or(|kind| kind != "html")
    }) else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let tag = format!("\"{}\"", short(&file.metadata.sha256_hash()));
    let keep = if versioned.is_some() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let meta = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, keep.to_owned()),
    ];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, meta).into_response();
    }
    let kind = match name.rsplit_once('.') {
        Some((_, "js" | "mjs")) => "text/javascript; charset=utf-8".to_owned(),
        Some((_, "css")) => "text/css; charset=utf-8".to_owned(),
        _ => file.metadata.mimetype().to_owned(),
    };
    let response = (meta, [(header::CONTENT_TYPE, kind)], file.data).into_response();
    guarded(response, ALONE)
}

/// `/themes.css`: the built-in themes.
pub(super) async fn themes(headers: HeaderMap) -> Response {
    static SHEET: LazyLock<(String, String)> = LazyLock::new(|| {
        let sheet = stylesheet();
        let tag = format!("\"{}\"", short(&Sha256::digest(&sheet)));
        (tag, sheet)
    });
    let (tag, sheet) = &*SHEET;
    let meta = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, meta).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    guarded((meta, kind, sheet.as_str()).into_response(), ALONE)
}

/// `/`.
pub(super) async fn index() -> Response {
    page("index/index.html", StatusCode::OK)
}

/// `/sign-in`.
pub(super) async fn sign_in() -> Response {
    page("sign-in/index.html", StatusCode::OK)
}

/// `/setup`.
pub(super) async fn setup() -> Response {
    page("setup/index.html", StatusCode::OK)
}

/// `/w/worker.js`: at this address it may serve the walls' pages, and no others.
pub(super) async fn worker() -> Response {
    let Some(file) = Web::get("wall/worker.js") else {
        return not_found();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    guarded(
        (headers, file.data).into_response(),
        "default-src 'none'; connect-src 'self'",
    )
}

fn of_wall(service: &Service, wall: &str, name: &str) -> Response {
    if service.walls.contains_key(wall) {
        page(name, StatusCode::OK)
    } else {
        not_found()
    }
}

/// `/w/{wall}`.
pub(super) async fn wall(State(service): State<Service>, Path(wall): Path<String>) -> Response {
    of_wall(&service, &wall, "wall/index.html")
}

/// `/w/{wall}/read`.
pub(super) async fn read(State(service): State<Service>, Path(wall): Path<String>) -> Response {
    of_wall(&service, &wall, "read/index.html")
}

/// `/w/{wall}/embed`. Of a wall that does not exist too: in another site's page it says so itself.
pub(super) async fn embed(State(service): State<Service>, Path(wall): Path<String>) -> Response {
    let status = if service.walls.contains_key(&wall) {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    page_under("embed/index.html", status, &EMBED_POLICY)
}

/// `/console/{wall}`.
pub(super) async fn console(State(service): State<Service>, Path(wall): Path<String>) -> Response {
    of_wall(&service, &wall, "console/index.html")
}

/// `/report/{wall}`.
pub(super) async fn report(State(service): State<Service>, Path(wall): Path<String>) -> Response {
    of_wall(&service, &wall, "report/index.html")
}

/// Anything else.
pub(super) fn not_found() -> Response {
    page("not-found/index.html", StatusCode::NOT_FOUND)
}
