//! The audit: who did what, when, why, filtered, as JSON or as a table.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::access::Staff;
use super::problem::Problem;
use super::walls::moment;
use crate::text::fold::fold_accents;
use crate::wall::Wall;
use crate::wall::audit::{action_of, audit_entry};
use crate::wall::decisions::Decision;
use crate::wall::frames::Audience;

/// Entries of a page where the asker names no number.
const PAGE: usize = 100;
/// Entries of a page at most.
const MAX_PAGE: usize = 1_000;
/// Rows of a table at most: more than people do in an event.
const MAX_ROWS: usize = 100_000;
/// Entries that are made under one lock.
const AT_ONCE: usize = 200;

/// What of the audit is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    before: Option<u64>,
    limit: Option<usize>,
    by: Option<String>,
    action: Option<String>,
    q: Option<String>,
    from: Option<String>,
    to: Option<String>,
    format: Option<String>,
}

/// Which entries are wanted.
struct Wanted {
    before: u64,
    by: Option<String>,
    action: Option<String>,
    words: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Wanted {
    fn of(asked: &Asked) -> Result<Self, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        Ok(Self {
            before: asked.before.unwrap_or(u64::MAX),
            by: given(&asked.by),
            action: given(&asked.action),
            words: given(&asked.q).map(|words| fold_accents(words.trim())),
            from: moment("from", asked.from.as_deref())?,
            to: moment("to", asked.to.as_deref())?,
        })
    }

    fn has(&self, decision: &Decision) -> bool {
        decision.seq.0 < self.before
            && self.by.as_ref().is_none_or(|by| decision.by.0 == *by)
            && self
                .action
                .as_ref()
                .is_none_or(|action| action_of(&decision.deed) == *action)
            && self.from.is_none_or(|from| decision.at >= from)
            && self.to.is_none_or(|to| decision.at < to)
    }

    /// Whether the words stand in the entry's person, reason, or what it is about.
    fn says(&self, entry: &Value) -> bool {
        self.words.as_ref().is_none_or(|words| {
            let texts = [
                &entry["by"],
                &entry["text"],
                &entry["about"],
                &entry["action"],
            ];
            let ids = entry["posts"].as_array().into_iter().flatten();
            texts
                .into_iter()
                .chain(ids)
                .filter_map(Value::as_str)
                .any(|text| fold_accents(text).contains(words))
        })
    }

    /// The newest entries that are wanted. The state is held only for a few at a time.
    fn find(&self, wall: &Wall, most: usize) -> Vec<Value> {
        let mut found = Vec::new();
        let mut end = usize::MAX;
        loop {
            let state = wall.read();
            end = end.min(state.decisions.len());
            let start = end.saturating_sub(AT_ONCE);
            let some = state.decisions.get(start..end).unwrap_or_default();
            for decision in some.iter().rev().filter(|decision| self.has(decision)) {
                let entry = audit_entry(&state, decision);
                if self.says(&entry) {
                    found.push(entry);
                }
                if found.len() == most {
                    return found;
                }
            }
            if start == 0 {
                return found;
            }
            end = start;
        }
    }
}

/// `GET /walls/{wall}/audit`.
pub(super) async fn audit(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    _staff: Staff,
) -> Result<Response, Problem> {
    let wall: Arc<Wall> = service.wall(&id)?;
    let table = match asked.format.as_deref() {
        None | Some("" | "json") => false,
        Some("csv") => true,
        Some(other) => {
            return Err(Problem::bad_request(format!(
                "format: {other:?} is none of json and csv"
            )));
        }
    };
    let limit = if table {
        MAX_ROWS
    } else {
        asked.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE)
    };
    let wanted = Wanted::of(&asked)?;
    let mut entries = (service.searches)
        .run(Audience::Staff, move || wanted.find(&wall, limit + 1))
        .await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    if table {
        let text = csv(&entries).map_err(|error| Problem::internal(&error))?;
        let head = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        return Ok((head, text).into_response());
    }
    let next = entries
        .last()
        .filter(|_| more)
        .map(|entry| entry["seq"].clone());
    Ok(Answer(json!({ "entries": entries, "next": next })).into_response())
}

/// The entries as a table. What a spreadsheet would take for a formula is marked as text.
fn csv(entries: &[Value]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "seq",
        "at",
        "by",
        "action",
        "posts",
        "about",
        "reason",
        "undone_by",
    ])?;
    for entry in entries {
        let posts: Vec<&str> = (entry["posts"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect();
        let reason = match &entry["reason"] {
            Value::Null if entry["about"].is_null() => &entry["text"],
            reason => reason,
        };
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => harmless(text),
            other => other.to_string(),
        };
        writer.write_record([
            cell(&entry["seq"]),
            cell(&entry["at"]),
            cell(&entry["by"]),
            cell(&entry["action"]),
            harmless(&posts.join(" ")),
            cell(&entry["about"]),
            cell(reason),
            cell(&entry["undone_by"]),
        ])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A cell that no spreadsheet computes.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let entry = json!({
            "seq": 5, "at": "2024-05-01T10:00:00Z", "by": "=cmd", "action": "hide", "posts": ["x:1", "x:2"],
            "about": "@ada", "reason": "rude, \"very\"", "undone_by": 7,
        });
        let text = csv(&[entry]).unwrap();
        assert_eq!(
            text,
            "seq,at,by,action,posts,about,reason,undone_by\n\
             5,2024-05-01T10:00:00Z,'=cmd,hide,x:1 x:2,'@ada,\"rude, \"\"very\"\"\",7\n"
        );
    }
}
