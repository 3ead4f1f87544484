//! The `AppView` and a PDS, as far as a wall asks them.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use axum::response::IntoResponse as _;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::network::{Held, Post, Session, moment, tags};
use super::{ACCOUNT, Fault, Host, PASSWORD, Part, Service, dictionary, ids, number, view};

/// Most that one request may name.
const MOST: usize = 25;
/// Requests that the PDS answers in five minutes.
const LIMIT: u32 = 3000;

type Query = Vec<(String, String)>;

/// A query's names and values.
pub fn query(query: Option<&str>) -> Query {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .into_owned()
        .collect()
}

/// What a PDS says of its limit.
pub fn limit(host: &Host, remaining: u32) -> [(&'static str, String); 4] {
    let reset = host.world.held.lock().clock.now().as_second() + 300;
    [
        ("ratelimit-limit", LIMIT.to_string()),
        ("ratelimit-remaining", remaining.to_string()),
        ("ratelimit-reset", reset.to_string()),
        ("ratelimit-policy", format!("{LIMIT};w=300")),
    ]
}

/// A refusal: status, the error's name, words.
pub type Refused = (u16, &'static str, String);
type Answer = Result<Value, Refused>;

/// A refusal as XRPC says it.
fn error((status, name, message): Refused) -> Response<Body> {
    let body = json!({"error": name, "message": message}).to_string();
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .expect("it is well formed")
}

fn refused(status: u16, name: &'static str, message: &str) -> Refused {
    (status, name, message.to_owned())
}

fn invalid(message: &str) -> Refused {
    refused(400, "InvalidRequest", message)
}

/// What a fault is refused with, where it is.
pub fn refusal(fault: Option<Fault>) -> Option<Refused> {
    Some(match fault? {
        Fault::RateLimited => refused(429, "RateLimitExceeded", "Rate Limit Exceeded"),
        Fault::Unauthorised => refused(401, "AuthMissing", "Authentication Required"),
        Fault::Down => refused(503, "ServiceUnavailable", "not just now"),
        _ => return None,
    })
}

fn broken(host: &Host, fault: Fault) -> Option<Response<Body>> {
    const BEGINNING: &str = "{\"posts\":[{\"uri\":";
    let beginning = stream::iter([Ok::<_, std::io::Error>(BEGINNING)]);
    Some(match fault {
        Fault::RateLimited | Fault::Unauthorised | Fault::Down => {
            let mut answer = error(refusal(Some(fault))?);
            if fault == Fault::RateLimited {
                with_limit(host, &mut answer, 0);
                answer.headers_mut().insert("retry-after", 30.into());
            }
            answer
        }
        Fault::Garbage => axum::response::Html("<html>hello</html>").into_response(),
        Fault::Cut => {
            let cut = stream::once(async {
                // What was said before goes out.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut"))
            });
            Body::from_stream(beginning.chain(cut)).into_response()
        }
        Fault::Slow => Body::from_stream(beginning.chain(stream::pending())).into_response(),
        Fault::Mute => return None,
    })
}

fn with_limit(host: &Host, answer: &mut Response<Body>, remaining: u32) {
    for (name, value) in limit(host, remaining) {
        answer
            .headers_mut()
            .insert(name, value.parse().expect("a number"));
    }
}

/// Answers whatever is asked.
pub async fn answer(
    State(host): State<Arc<Host>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    host.failing.lock().requests.push(uri.to_string());
    let name = uri.path().trim_start_matches("/xrpc/");
    let part = match name {
        "network.bsky.jetstream.getZstdDictionary" => Part::Stream,
        "app.bsky.feed.searchPosts" => Part::Pds,
        _ if name.starts_with("com.atproto.server.") => Part::Pds,
        _ => Part::AppView,
    };
    if let Some(broken) = host.fault(part).and_then(|fault| broken(&host, fault)) {
        return broken;
    }
    let query = query(uri.query());
    if part == Part::Stream {
        return fetch_dictionary(&host, &query);
    }
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|shown| shown.to_str().ok()?.strip_prefix("Bearer "));
    let mut held = host.world.held.lock();
    let answer = match (method, name) {
        (Method::GET, "app.bsky.feed.getPosts") => posts(&mut held, &query),
        (Method::GET, "app.bsky.actor.getProfiles") => profiles(&held, &query),
        (Method::GET, "app.bsky.unspecced.getTrends") => Ok(trends(&held)),
        (Method::GET, "app.bsky.unspecced.getTrendingTopics") => Ok(topics(&held)),
        (Method::GET, "app.bsky.feed.searchPosts") => {
            authorised(&mut held, bearer).and_then(|()| search(&held, &query))
        }
        (Method::POST, "com.atproto.server.createSession") => create(&mut held, &headers, &body),
        (Method::POST, "com.atproto.server.refreshSession") => refresh(&mut held, &headers, bearer),
        _ => Err(refused(
            501,
            "MethodNotImplemented",
            "Method Not Implemented",
        )),
    };
    held.searches += u32::from(part == Part::Pds);
    let remaining = LIMIT.saturating_sub(held.searches);
    drop(held);
    let mut answer = answer.map_or_else(error, |answer| axum::Json(answer).into_response());
    if part == Part::Pds {
        with_limit(&host, &mut answer, remaining);
    }
    answer
}

/// The dictionary for streams, by its number or the present one.
fn fetch_dictionary(host: &Host, query: &Query) -> Response<Body> {
    if host.service == Service::First {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    }
    let current = number(dictionary());
    if let Some((_, asked)) = query.iter().find(|(name, _)| name == "id")
        && *asked != current.to_string()
    {
        let words = format!("no dictionary with id {asked}; current dictionary id is {current}");
        return error((404, "DictionaryNotFound", words));
    }
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::ETAG, format!("\"zstd-dict-{current}\"")),
        (
            header::CACHE_CONTROL,
            "public, max-age=31536000, immutable".to_owned(),
        ),
    ];
    let id = [("x-zstd-dictionary-id", current.to_string())];
    (headers, id, dictionary()).into_response()
}

fn named<'a>(query: &'a Query, name: &str) -> Result<Vec<&'a str>, Refused> {
    let named: Vec<&str> = query
        .iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .collect();
    match named.len() {
        0 => Err(invalid(&format!(
            "Error: Params must have the property \"{name}\""
        ))),
        1..=MOST => Ok(named),
        _ => Err(invalid(&format!(
            "Error: {name} must not have more than {MOST} elements"
        ))),
    }
}

fn posts(held: &mut Held, query: &Query) -> Answer {
    let mut views = Vec::new();
    for uri in named(query, "uris")? {
        let Some(post) = held.posts.get_mut(uri) else {
            continue;
        };
        let late = post.behind > 0;
        post.behind = post.behind.saturating_sub(1);
        let post = &held.posts[uri];
        match (&post.before, late) {
            (Some((record, cid)), true) => views.push(view::post(held, post, record, cid)),
            (None, true) => {}
            (_, false) => views.push(view::post(held, post, &post.record, &post.cid)),
        }
    }
    Ok(json!({"posts": views}))
}

fn profiles(held: &Held, query: &Query) -> Answer {
    let profiles: Vec<&Value> = named(query, "actors")?
        .into_iter()
        .filter_map(|actor| {
            held.accounts
                .values()
                .find(|account| account.view["did"] == actor || account.view["handle"] == actor)
        })
        .map(|account| &account.view)
        .collect();
    Ok(json!({"profiles": profiles}))
}

fn link(topic: &str) -> String {
    format!("/profile/trending.bsky.app/feed/{topic}")
}

fn trends(held: &Held) -> Value {
    let started = format!("{:.3}", held.clock.now());
    let trends: Vec<Value> = held
        .trends
        .iter()
        .map(|topic| {
            json!({"topic": topic, "displayName": topic, "link": link(topic), "startedAt": started, "postCount": 385,
                "status": "hot", "category": "other", "actors": []})
        })
        .collect();
    json!({"trends": trends})
}

fn topics(held: &Held) -> Value {
    let topics: Vec<Value> = held
        .trends
        .iter()
        .map(|topic| json!({"topic": topic, "displayName": topic, "link": link(topic)}))
        .collect();
    json!({"topics": topics, "suggested": []})
}

fn authorised(held: &mut Held, bearer: Option<&str>) -> Result<(), Refused> {
    let Some(bearer) = bearer else {
        return Err(refused(401, "AuthMissing", "Authentication Required"));
    };
    let session = held
        .sessions
        .iter_mut()
        .find(|session| session.access == bearer);
    match session.map(|session| &mut session.left) {
        None => Err(refused(400, "InvalidToken", "Token could not be verified")),
        Some(Some(0)) => Err(refused(400, "ExpiredToken", "Token has expired")),
        Some(left) => {
            *left = left.map(|left| left - 1);
            Ok(())
        }
    }
}

/// Newest first, by when a post was written or, where its author's clock is ahead, seen.
fn search(held: &Held, query: &Query) -> Answer {
    let one = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let Some(words) = one("q") else {
        return Err(invalid("Error: Params must have the property \"q\""));
    };
    let limit: usize = one("limit").map_or(Ok(25), str::parse).unwrap_or_default();
    if !(1..=100).contains(&limit) {
        return Err(invalid("Error: limit must be from 1 to 100"));
    }
    assert_eq!(one("sort"), Some("latest"), "else the best comes first");
    let time = |name: &str| match one(name).map(str::parse::<Timestamp>) {
        None => Ok(None),
        Some(Ok(time)) => Ok(Some(time)),
        Some(Err(_)) => Err(invalid(&format!("Error: {name} must be a datetime"))),
    };
    let (since, until) = (time("since")?, time("until")?);
    let mut wanted: Vec<String> = query
        .iter()
        .filter(|(key, _)| key == "tag")
        .map(|(_, tag)| tag.to_lowercase())
        .collect();
    let mut texts = Vec::new();
    for word in words.split_whitespace().filter(|word| *word != "*") {
        match word.strip_prefix('#') {
            Some(tag) => wanted.push(tag.to_lowercase()),
            None => texts.push(word.to_lowercase()),
        }
    }
    let mut found: Vec<(Timestamp, &Post)> = held
        .posts
        .values()
        .filter(|post| post.behind == 0)
        .map(|post| (sorted_at(post), post))
        .filter(|(at, _)| {
            since.is_none_or(|since| *at >= since) && until.is_none_or(|until| *at < until)
        })
        .filter(|(_, post)| {
            let has = tags(&post.record);
            let text = post.record["text"]
                .as_str()
                .unwrap_or_default()
                .to_lowercase();
            wanted.iter().all(|tag| has.contains(tag))
                && texts.iter().all(|word| text.contains(word))
        })
        .collect();
    found.sort_by(|(a, one), (b, other)| (b, &other.uri).cmp(&(a, &one.uri)));
    let skip: usize = match one("cursor")
        .map(|cursor| cursor.strip_prefix("after-").unwrap_or_default().parse())
    {
        None => 0,
        Some(Ok(skip)) => skip,
        Some(Err(_)) => return Err(invalid("Error: malformed cursor")),
    };
    let page: Vec<Value> = found
        .iter()
        .skip(skip)
        .take(limit)
        .map(|(_, post)| view::post(held, post, &post.record, &post.cid))
        .collect();
    let mut answer = json!({"hitsTotal": found.len(), "posts": page});
    if found.len() > skip + limit {
        answer["cursor"] = json!(format!("after-{}", skip + limit));
    }
    Ok(answer)
}

fn sorted_at(post: &Post) -> Timestamp {
    let written = post.record["createdAt"]
        .as_str()
        .and_then(|at| at.parse().ok());
    written.unwrap_or(Timestamp::MAX).min(moment(post.indexed))
}

fn create(held: &mut Held, headers: &HeaderMap, body: &Bytes) -> Answer {
    let asked: Value =
        serde_json::from_slice(body).map_err(|_| invalid("Unexpected end of JSON input"))?;
    let named = [json!(ACCOUNT), json!(ids::did("wall"))].contains(&asked["identifier"]);
    if !named || asked["password"] != PASSWORD {
        return Err(refused(
            401,
            "AuthenticationRequired",
            "Invalid identifier or password",
        ));
    }
    held.tokens += 1;
    let session = Session {
        access: format!("access-{}", held.tokens),
        refresh: format!("refresh-{}", held.tokens),
        left: held.lasts,
    };
    let answer = shown(headers, &session);
    held.sessions.push(session);
    Ok(answer)
}

fn refresh(held: &mut Held, headers: &HeaderMap, bearer: Option<&str>) -> Answer {
    let Some(bearer) = bearer else {
        return Err(refused(401, "AuthMissing", "Authentication Required"));
    };
    held.tokens += 1;
    let (number, lasts) = (held.tokens, held.lasts);
    let Some(session) = held
        .sessions
        .iter_mut()
        .find(|session| session.refresh == bearer)
    else {
        return Err(refused(400, "ExpiredToken", "Token has been revoked"));
    };
    session.access = format!("access-{number}");
    session.refresh = format!("refresh-{number}");
    session.left = lasts;
    Ok(shown(headers, session))
}

/// A session as its owner sees it; the DID document names this server as theirs.
fn shown(headers: &HeaderMap, session: &Session) -> Value {
    let did = ids::did("wall");
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let service = json!({"id": "#atproto_pds", "type": "AtprotoPersonalDataServer",
        "serviceEndpoint": format!("http://{}", host.unwrap_or_default())});
    let document = json!({"@context": ["https://www.w3.org/ns/did/v1"], "id": did,
        "alsoKnownAs": [format!("at://{ACCOUNT}")], "service": [service]});
    json!({"did": did, "handle": ACCOUNT, "didDoc": document, "active": true,
        "accessJwt": session.access, "refreshJwt": session.refresh})
}
