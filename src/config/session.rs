//! `[[walls.sessions]]`: the agenda, for the report and the wall.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::moment::Moment;
use crate::invalid::Invalid;

/// One item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What it is called.
    pub title: String,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends, exclusive.
    pub to: Timestamp,
}

/// `[[walls.sessions]]` as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SessionTable {
    title: Option<String>,
    from: Option<Moment>,
    to: Option<Moment>,
}

impl SessionTable {
    /// Checks it and completes its times by the wall's time zone.
    pub(super) fn validate(self, zone: &TimeZone) -> Result<Session, Vec<Invalid>> {
        let mut found = Vec::new();
        let title = self.title.unwrap_or_default().trim().to_owned();
        if title.is_empty() {
            found.push(Invalid::new(
                "title",
                "is missing; write what the session is called",
            ));
        }
        let from = time("from", self.from, zone, &mut found);
        let to = time("to", self.to, zone, &mut found);
        match (from, to) {
            (Some(from), Some(to)) if from < to && found.is_empty() => {
                return Ok(Session { title, from, to });
            }
            (Some(from), Some(to)) if from >= to => {
                found.push(Invalid::new("to", super::wall::NOT_AFTER));
            }
            _ => {}
        }
        Err(found)
    }
}

fn time(
    key: &str,
    moment: Option<Moment>,
    zone: &TimeZone,
    found: &mut Vec<Invalid>,
) -> Option<Timestamp> {
    let Some(moment) = moment else {
        found.push(Invalid::new(
            key,
            "is missing; write a time such as 2019-11-06T09:30:00Z",
        ));
        return None;
    };
    super::wall::resolve(key, moment, zone, found)
}
