//! Posts that are sent to a wall by those who hold a token.

use std::sync::Arc;
use std::time::Duration;

use axum::Json as Answer;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use dashmap::DashMap;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use super::Service;
use super::problem::Problem;
use crate::feed::supervisor::{NotStored, lag};
use crate::feed::{FeedName, Item, Page, line};
use crate::wall::arrivals::{Fate, Outcome};

/// Longest body taken, in bytes, and most lines in it.
const MAX_BODY: usize = 4 << 20;
const MAX_LINES: usize = 1_000;
/// Most bytes that are read of a body that is too long.
const MAX_DISCARDED: usize = 32 << 20;
/// Longest time that a body may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// Requests of one sender in a minute, and at the same time.
const PER_MINUTE: u32 = 600;
const AT_ONCE: usize = 4;
/// Seconds after which a sender may try again when the disk is full.
const FULL_DISK: u64 = 5;

/// Somebody who may send posts to a wall.
#[derive(Debug)]
pub struct Sender {
    /// The feed that their posts are counted under.
    feed: FeedName,
    /// A fingerprint of their token; the token itself is not kept.
    token: [u8; 32],
    turns: Semaphore,
    requests: Mutex<Requests>,
}

/// Requests in the present minute.
#[derive(Debug, Default)]
struct Requests {
    since: Option<Timestamp>,
    count: u32,
}

impl Sender {
    /// Who shows this token sends under that feed's name.
    pub fn new(feed: FeedName, token: &str) -> Self {
        Self {
            feed,
            token: Sha256::digest(token).into(),
            turns: Semaphore::new(AT_ONCE),
            requests: Mutex::default(),
        }
    }

    /// Counts a request; the error is how many seconds to wait.
    fn count(&self, now: Timestamp) -> Result<(), u64> {
        let mut requests = self.requests.lock();
        let passed = requests
            .since
            .map(|since| now.duration_since(since).as_secs());
        match passed {
            Some(seconds @ 0..60) if requests.count >= PER_MINUTE => {
                return Err(u64::try_from(60 - seconds).unwrap_or(60));
            }
            Some(0..60) => requests.count += 1,
            _ => {
                *requests = Requests {
                    since: Some(now),
                    count: 1,
                }
            }
        }
        Ok(())
    }
}

/// Those who may send posts, by wall. A wall that has an `ingest` feed stands here even if none of its tokens can be had.
pub type Senders = DashMap<String, Arc<Vec<Sender>>>;

/// `POST /walls/{wall}/posts`.
pub(super) async fn take(
    State(service): State<Service>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Answer<Value>, Problem> {
    let wall = service.wall(&id)?;
    let senders = service.senders.get(&id);
    let senders = senders.map(|senders| senders.value().clone());
    let senders = senders.ok_or_else(|| {
        Problem::not_found("the wall takes no posts this way; give it a feed of kind \"ingest\"")
    })?;
    let sender = known(&senders, request.headers())?;
    let wait = |seconds, words: String| Problem {
        retry_after: Some(seconds),
        ..Problem::new(StatusCode::TOO_MANY_REQUESTS, words)
    };
    let now = service.clock.now();
    sender.count(now).map_err(|seconds| {
        let words = format!(
            "{PER_MINUTE} requests came within a minute; send several posts in one, a line each"
        );
        wait(seconds, words)
    })?;
    let _turn = sender.turns.try_acquire().map_err(|_| {
        wait(
            1,
            format!("{AT_ONCE} requests of this sender are being answered; wait for them"),
        )
    })?;
    let body = read(request).await?;
    let (lines, items) = posts(&body)?;
    let page = Page {
        items,
        ..Page::default()
    };
    let lag = lag(&page, now);
    let outcome = wall.deliver(&sender.feed, page).await;
    let outcome = outcome.map_err(|error| not_stored(&error))?;
    if outcome.taken > 0 {
        wall.came_beside(&sender.feed, lag);
    }
    Ok(Answer(told(&lines, &outcome)))
}

/// Whose token a request shows. Every token is compared, and each in the same time.
fn known<'a>(senders: &'a [Sender], headers: &HeaderMap) -> Result<&'a Sender, Problem> {
    let refuse = |words: &str, challenge| Problem {
        challenge: Some(challenge),
        ..Problem::new(StatusCode::UNAUTHORIZED, words)
    };
    let shown = headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes);
    let token = shown
        .and_then(|shown| shown.split_first_chunk::<7>())
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "))
        .map(|(_, token)| token.trim_ascii());
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        let words = "a token is needed: send Authorization: Bearer TOKEN, with the token of the wall's ingest feed";
        return Err(refuse(words, "Bearer realm=\"buzzwall\""));
    };
    let digest: [u8; 32] = Sha256::digest(token).into();
    let mut found = None;
    for sender in senders {
        if bool::from(sender.token.ct_eq(&digest)) {
            found = Some(sender);
        }
    }
    found.ok_or_else(|| {
        let challenge = "Bearer realm=\"buzzwall\", error=\"invalid_token\"";
        refuse("no ingest feed of this wall has that token", challenge)
    })
}

/// Reads a body. One that is too long is read on for a while and forgotten: whoever is still sending reads no answer.
async fn read(request: Request) -> Result<Vec<u8>, Problem> {
    let mut stream = request.into_body().into_data_stream();
    let reading = async {
        let (mut body, mut length) = (Vec::new(), 0);
        while length <= MAX_DISCARDED
            && let Some(part) = stream.next().await
        {
            let part =
                part.map_err(|error| Problem::bad_request(format!("the body broke off: {error}")))?;
            length += part.len();
            if length <= MAX_BODY {
                body.extend_from_slice(&part);
            }
        }
        if length > MAX_BODY {
            let words = format!("the body is longer than {MAX_BODY} bytes; send it in parts");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, words));
        }
        Ok(body)
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap_or_else(|_| {
            let words = format!("the body did not come within {} s", PATIENCE.as_secs());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, words))
        })
}

/// A line of a body: its number, and the id that it names.
struct Line {
    number: u64,
    id: Option<String>,
}

/// Reads one post, on as many lines as it likes, or one on each line.
fn posts(body: &[u8]) -> Result<(Vec<Line>, Vec<Item>), Problem> {
    let alone = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    let parts = if alone {
        vec![(1, body.trim_ascii())]
    } else {
        let lines = (1..).zip(body.split(|byte| *byte == b'\n'));
        let lines = lines.map(|(number, line)| (number, line.trim_ascii()));
        lines.filter(|(_, line)| !line.is_empty()).collect()
    };
    if parts.is_empty() {
        return Err(Problem::bad_request(
            "the body is empty; send a post as JSON, or several, one a line",
        ));
    }
    if parts.len() > MAX_LINES {
        let words = format!(
            "{} lines are more than {MAX_LINES}; send them in parts",
            parts.len()
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, words));
    }
    let read = |(number, json): (u64, &[u8])| {
        let item = if json.len() > line::MAX_LINE_BYTES {
            line::refused(number, &line::too_long())
        } else {
            line::item(number, json)
        };
        let id = match &item {
            Item::Post(post) => Some(post.id.to_string()),
            Item::Deleted(id) => Some(id.to_string()),
            _ => None,
        };
        (Line { number, id }, item)
    };
    Ok(parts.into_iter().map(read).unzip())
}

fn not_stored(error: &NotStored) -> Problem {
    let words = if error.closing {
        error.reason.clone()
    } else {
        format!(
            "nothing of this was stored: {}; send it again later",
            error.reason
        )
    };
    Problem {
        retry_after: Some(FULL_DISK),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, words)
    }
}

/// What became of the lines.
fn told(lines: &[Line], outcome: &Outcome) -> Value {
    let mut refused = outcome.refused.iter();
    let mut sums: Map<String, Value> = ["taken", "repeated", "edited", "deleted", "refused"]
        .map(|word| (word.to_owned(), json!(0)))
        .into_iter()
        .collect();
    let mut results = Vec::with_capacity(lines.len());
    for (line, fate) in lines.iter().zip(&outcome.each) {
        let word = match fate {
            Fate::Taken => "taken",
            Fate::Repeated => "repeated",
            Fate::Edited => "edited",
            Fate::Deleted => "deleted",
            Fate::Refused => "refused",
        };
        sums[word] = json!(sums[word].as_u64().unwrap_or(0) + 1);
        let mut result = json!({ "line": line.number, "id": line.id, "outcome": word });
        if *fate == Fate::Refused
            && let Some((reason, words)) = refused.next()
        {
            result["reason"] = json!(reason);
            result["detail"] = json!(words);
        }
        results.push(result);
    }
    sums.insert("results".to_owned(), Value::Array(results));
    Value::Object(sums)
}
