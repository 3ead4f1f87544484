//! What Jetstream sends, on either wire. A post's record stays unread: most are not wanted.
//!
//! The older wire: <https://github.com/bluesky-social/jetstream>; the newer one is the lexicon
//! `network.bsky.jetstream.subscribeEvents`.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

pub use super::host::Wire;

/// One message.
#[derive(Debug)]
pub enum Said<'a> {
    /// Something happened.
    Event(Event<'a>),
    /// Advice: its name, and what it says.
    Info(Cow<'a, str>, Cow<'a, str>),
    /// The stream ends for this reason.
    Failed(String),
}

/// What happened, when, and to whom.
#[derive(Debug)]
pub struct Event<'a> {
    /// When the host saw it.
    pub at: Timestamp,
    /// Its number at this host.
    pub number: Option<u64>,
    /// Whose repository or account.
    pub did: Cow<'a, str>,
    /// What.
    pub what: What<'a>,
}

/// What happened.
#[derive(Debug)]
pub enum What<'a> {
    /// A post was written, or written anew.
    Written {
        /// Its key in its author's repository.
        rkey: Cow<'a, str>,
        /// The post as its author made it.
        record: &'a RawValue,
        /// Whether it was there before.
        anew: bool,
    },
    /// A post was deleted.
    Deleted {
        /// Its key in its author's repository.
        rkey: Cow<'a, str>,
    },
    /// An account is gone or hidden, with all its posts.
    Gone,
    /// Something else.
    Other,
}

const POST: &str = "app.bsky.feed.post";

#[derive(Deserialize)]
struct Older<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    time_us: i64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    cursor: Option<u64>,
    #[serde(borrow, default)]
    commit: Option<Commit<'a>>,
    #[serde(borrow, default)]
    account: Option<Account<'a>>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow)]
    collection: Cow<'a, str>,
    #[serde(borrow)]
    rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    record: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Account<'a> {
    active: bool,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Newer<'a> {
    #[serde(rename = "$type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "$type", borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Numbered<'a> {
    seq: u64,
    #[serde(borrow)]
    did: Cow<'a, str>,
    time: Timestamp,
    #[serde(borrow, default)]
    operation: Cow<'a, str>,
    #[serde(borrow, default)]
    collection: Cow<'a, str>,
    #[serde(borrow, default)]
    rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    record: Option<&'a RawValue>,
    #[serde(borrow, default)]
    account: Option<Account<'a>>,
}

/// Reads a message.
///
/// # Errors
/// Where it is none of this wire's, says what is wrong with it.
pub fn read(wire: Wire, text: &str) -> Result<Said<'_>, serde_json::Error> {
    match wire {
        Wire::Older => older(text).map(Said::Event),
        Wire::Newer => newer(text),
    }
}

fn older(text: &str) -> Result<Event<'_>, serde_json::Error> {
    let event: Older<'_> = serde_json::from_str(text)?;
    let what = match (&*event.kind, event.commit, event.account) {
        ("commit", Some(commit), _) => committed(
            &commit.operation,
            &commit.collection,
            commit.rkey,
            commit.record,
        ),
        ("account", _, Some(account)) => told(&account),
        _ => What::Other,
    };
    Ok(Event {
        at: Timestamp::from_microsecond(event.time_us)
            .map_err(|_| serde::de::Error::custom("time_us is no time"))?,
        number: event.cursor,
        did: event.did,
        what,
    })
}

fn newer(text: &str) -> Result<Said<'_>, serde_json::Error> {
    let outer: Newer<'_> = serde_json::from_str(text)?;
    let payload = match (&*outer.kind, outer.payload) {
        ("error", _) => {
            let name = outer.error.unwrap_or_default();
            let message = outer.message.unwrap_or_default();
            return Ok(Said::Failed(format!("{name} {message}").trim().to_owned()));
        }
        (_, Some(payload)) => payload.get(),
        _ => return Err(serde::de::Error::custom("a message without a payload")),
    };
    let Kind { kind } = serde_json::from_str(payload)?;
    let kind = kind.rsplit('#').next().unwrap_or_default();
    if kind == "info" {
        let info: Info<'_> = serde_json::from_str(payload)?;
        return Ok(Said::Info(info.name, info.message));
    }
    let event: Numbered<'_> = serde_json::from_str(payload)?;
    let what = match (kind, &event.account) {
        ("commit", _) => committed(
            &event.operation,
            &event.collection,
            event.rkey,
            event.record,
        ),
        ("account", Some(account)) => told(account),
        _ => What::Other,
    };
    Ok(Said::Event(Event {
        at: event.time,
        number: Some(event.seq),
        did: event.did,
        what,
    }))
}

fn committed<'a>(
    operation: &str,
    collection: &str,
    rkey: Cow<'a, str>,
    record: Option<&'a RawValue>,
) -> What<'a> {
    match (operation, record) {
        _ if collection != POST => What::Other,
        ("delete", _) => What::Deleted { rkey },
        ("create" | "update", Some(record)) => What::Written {
            rkey,
            record,
            anew: operation == "update",
        },
        _ => What::Other,
    }
}

/// An account whose host cannot be reached for a while is still there.
fn told<'a>(account: &Account<'_>) -> What<'a> {
    let passing = matches!(
        account.status.as_deref(),
        Some("desynchronized" | "throttled")
    );
    if account.active || passing {
        What::Other
    } else {
        What::Gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newer(payload: &str) -> String {
        format!(
            r#"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#{payload}}}}}"#
        )
    }

    #[test]
    fn both_wires_tell_the_same() {
        let record = r#"{"$type":"app.bsky.feed.post","text":"a \"b\""}"#;
        let old = format!(
            r#"{{"did":"did:plc:a","time_us":1783175888085434,"kind":"commit","cursor":9,"commit":{{"rev":"x","operation":"create",
            "collection":"app.bsky.feed.post","rkey":"3k","record":{record},"cid":"baf"}}}}"#
        );
        let new = newer(&format!(
            r#"commit","seq":9,"did":"did:plc:a","time":"2026-07-04T14:38:08.085434Z","rev":"x","operation":"create",
            "collection":"app.bsky.feed.post","rkey":"3k","record":{record},"cid":"baf""#
        ));
        for (wire, text) in [(Wire::Older, &old), (Wire::Newer, &new)] {
            let Said::Event(event) = read(wire, text).unwrap() else {
                panic!("an event")
            };
            assert_eq!(event.at.to_string(), "2026-07-04T14:38:08.085434Z");
            assert_eq!((event.number, &*event.did), (Some(9), "did:plc:a"));
            let What::Written {
                rkey,
                record: read,
                anew,
            } = event.what
            else {
                panic!("a post")
            };
            assert_eq!((&*rkey, read.get(), anew), ("3k", record, false));
        }
        assert!(read(Wire::Newer, &old).is_err() && read(Wire::Older, &new).is_err());
    }

    #[test]
    fn deletions_accounts_advice_and_errors() {
        let at = r#""did":"did:plc:a","time_us":1783175888085434"#;
        let event = |rest: &str| format!("{{{at},{rest}}}");
        let gone = |status: &str| {
            event(&format!(
                r#""kind":"account","account":{{"active":false,"did":"did:plc:a","seq":1,"status":"{status}"}}"#
            ))
        };
        let what = |text: &str| match read(Wire::Older, text).unwrap() {
            Said::Event(event) => match event.what {
                What::Written { .. } => "written",
                What::Deleted { .. } => "deleted",
                What::Gone => "gone",
                What::Other => "other",
            },
            _ => "said",
        };
        for (text, expected) in [
            (
                event(
                    r#""kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"3k"}"#,
                ),
                "deleted",
            ),
            (
                event(
                    r#""kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.like","rkey":"3k"}"#,
                ),
                "other",
            ),
            (gone("deleted"), "gone"),
            (gone("deactivated"), "gone"),
            (gone("throttled"), "other"),
            (
                event(r#""kind":"account","account":{"active":true}"#),
                "other",
            ),
            (
                event(r#""kind":"identity","identity":{"did":"did:plc:a"}"#),
                "other",
            ),
        ] {
            assert_eq!(what(&text), expected, "{text}");
        }
        let info = newer(r#"info","name":"OutdatedCursor","message":"from 5""#);
        assert!(
            matches!(read(Wire::Newer, &info), Ok(Said::Info(name, _)) if name == "OutdatedCursor")
        );
        let failed = r#"{"$type":"error","error":"ConsumerTooSlow","message":"too slow"}"#;
        assert!(
            matches!(read(Wire::Newer, failed), Ok(Said::Failed(why)) if why == "ConsumerTooSlow too slow")
        );
    }

    #[test]
    fn recorded_events_are_read() {
        let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
            Into::into,
        );
        let mut counted = [0; 4];
        for name in ["v1_events_2026-07-04.jsonl", "golden_v1.jsonl"] {
            let path = folder.join("bluesky/jetstream").join(name);
            let Ok(lines) = std::fs::read_to_string(&path) else {
                eprintln!("skipped: no recorded data at {}", path.display());
                return;
            };
            for line in lines.lines() {
                let Said::Event(event) = read(Wire::Older, line).unwrap() else {
                    panic!("{line}")
                };
                counted[match event.what {
                    What::Written { .. } => 0,
                    What::Deleted { .. } => 1,
                    What::Gone => 2,
                    What::Other => 3,
                }] += 1;
            }
        }
        // As an independent count of the file's lines says.
        assert_eq!(
            (counted[0], counted[1], counted.iter().sum::<u32>()),
            (18, 1, 162)
        );
    }
}
