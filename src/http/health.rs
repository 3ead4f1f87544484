//! Whether the service lives, is ready, and how it is doing.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Service;
use crate::feed::supervisor::FeedState;
use crate::wall::assessing::{JudgeHealth, JudgeState};

/// Why a write into a string is not checked.
const INTO_STRING: &str = "a string takes all that is written";

/// `GET /healthz`.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: every wall is folded before the door opens, so what is left to ask is the disk.
pub(super) async fn ready(State(service): State<Service>) -> Response {
    let troubled: Vec<String> = service
        .walls
        .iter()
        .filter_map(|entry| {
            let storage = entry.value().storage();
            (!storage.ok)
                .then(|| format!("{}: {}\n", entry.key(), storage.message.unwrap_or_default()))
        })
        .collect();
    let mut unattended = String::new();
    for entry in &service.walls {
        if entry.value().is_unattended(&entry.value().read()) {
            writeln!(
                unattended,
                "{}: unattended, nobody is there to decide about posts",
                entry.key()
            )
            .expect(INTO_STRING);
        }
    }
    if troubled.is_empty() {
        format!("ready\n{unattended}").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, troubled.concat()).into_response()
    }
}

/// `GET /metrics` in Prometheus' text format.
pub(super) async fn metrics(State(service): State<Service>) -> Response {
    let mut out = String::new();
    let mut gauge = |name: &str, help: &str, kind: &str, rows: Vec<(String, u64)>| {
        writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}").expect(INTO_STRING);
        for (labels, value) in rows {
            writeln!(out, "{name}{{{labels}}} {value}").expect(INTO_STRING);
        }
    };
    let walls: Vec<_> = service
        .walls
        .iter()
        .map(|entry| entry.value().clone())
        .collect();
    let figures: Vec<_> = walls
        .iter()
        .map(|wall| (wall.id.clone(), wall.read().tallies.figures()))
        .collect();
    gauge(
        "buzzwall_posts",
        "Posts within the event, by standing.",
        "gauge",
        figures
            .iter()
            .flat_map(|(id, f)| {
                [
                    ("shown", f.shown),
                    ("held", f.held),
                    ("hidden", f.hidden),
                    ("deleted", f.deleted),
                ]
                .map(|(standing, count)| (format!("wall=\"{id}\",standing=\"{standing}\""), count))
            })
            .collect(),
    );
    gauge(
        "buzzwall_reposts",
        "Reposts within the event.",
        "gauge",
        figures
            .iter()
            .map(|(id, f)| (format!("wall=\"{id}\""), f.reposts))
            .collect(),
    );
    gauge(
        "buzzwall_journal_seq",
        "Last record of the journal.",
        "counter",
        walls
            .iter()
            .map(|wall| (format!("wall=\"{}\"", wall.id), wall.read().tip.0))
            .collect(),
    );
    gauge(
        "buzzwall_storage_ok",
        "Whether the journal can be written.",
        "gauge",
        walls
            .iter()
            .map(|wall| {
                (
                    format!("wall=\"{}\"", wall.id),
                    u64::from(wall.storage().ok),
                )
            })
            .collect(),
    );
    gauge(
        "buzzwall_moderators",
        "Open consoles of people who may decide.",
        "gauge",
        walls
            .iter()
            .map(|wall| (format!("wall=\"{}\"", wall.id), wall.moderators() as u64))
            .collect(),
    );
    gauge(
        "buzzwall_waiting_posts",
        "Posts that wait for a decision.",
        "gauge",
        walls
            .iter()
            .map(|wall| {
                let waiting = wall.read().queue_counts().waiting;
                (format!("wall=\"{}\"", wall.id), waiting as u64)
            })
            .collect(),
    );
    let judges: Vec<_> = walls
        .iter()
        .map(|wall| (wall.id.clone(), wall.judge_health(&wall.read())))
        .collect();
    let mut of_judge = |name: &str, help: &str, kind: &str, of: fn(&JudgeHealth) -> u64| {
        let rows = judges.iter();
        let rows = rows.map(|(id, health)| (format!("wall=\"{id}\""), of(health)));
        gauge(name, help, kind, rows.collect());
    };
    of_judge(
        "buzzwall_judge_asked_total",
        "Questions to the judge.",
        "counter",
        |health| health.asked,
    );
    of_judge(
        "buzzwall_judge_failed_total",
        "Posts on which the judge gave no proper answer.",
        "counter",
        |health| health.failed,
    );
    of_judge(
        "buzzwall_judge_waiting",
        "Posts that wait for the judge.",
        "gauge",
        |health| health.waiting as u64,
    );
    of_judge(
        "buzzwall_judge_open",
        "Whether the judge failed so often that it is not asked for a while.",
        "gauge",
        |health| u64::from(health.state == JudgeState::Open),
    );
    gauge(
        "buzzwall_feed_taken_total",
        "Posts taken from a feed.",
        "counter",
        walls
            .iter()
            .flat_map(|wall| {
                wall.read()
                    .feeds
                    .iter()
                    .map(|(name, feed)| {
                        (
                            format!("wall=\"{}\",feed=\"{}\"", wall.id, escaped(&name.0)),
                            feed.taken,
                        )
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
    );
    gauge(
        "buzzwall_feed_refused_total",
        "Items of a feed that were not taken, by reason.",
        "counter",
        walls
            .iter()
            .flat_map(|wall| {
                wall.read()
                    .feeds
                    .iter()
                    .flat_map(|(name, feed)| {
                        feed.refused
                            .iter()
                            .map(|(reason, count)| {
                                (
                                    format!(
                                        "wall=\"{}\",feed=\"{}\",reason=\"{}\"",
                                        wall.id,
                                        escaped(&name.0),
                                        reason.as_str()
                                    ),
                                    *count,
                                )
                            })
                            .collect::<Vec<_>>()
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
    );
    gauge(
        "buzzwall_feed_reading",
        "Whether a feed is being read.",
        "gauge",
        walls
            .iter()
            .flat_map(|wall| {
                wall.feed_states()
                    .into_iter()
                    .map(|(name, state)| {
                        (
                            format!("wall=\"{}\",feed=\"{}\"", wall.id, escaped(&name.0)),
                            u64::from(state == FeedState::Reading),
                        )
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
    );
    gauge(
        "buzzwall_pictures_fetched_total",
        "Pictures of posts fetched from their servers.",
        "counter",
        vec![(String::new(), service.pictures.fetched())],
    );
    gauge(
        "buzzwall_pictures_stored_bytes",
        "Pictures of posts on the disk.",
        "gauge",
        vec![(String::new(), service.pictures.stored().1)],
    );
    gauge(
        "buzzwall_pictures_refused_total",
        "Pictures of posts that were refused, by reason.",
        "counter",
        (service.pictures.refused_counts().into_iter())
            .map(|((wall, word), count)| (format!("wall=\"{wall}\",reason=\"{word}\""), count))
            .collect(),
    );
    gauge(
        "buzzwall_clients",
        "Open streams.",
        "gauge",
        service
            .clients
            .iter()
            .fold(
                std::collections::BTreeMap::<String, u64>::new(),
                |mut sums, entry| {
                    *sums
                        .entry(format!(
                            "wall=\"{}\",view=\"{}\"",
                            entry.value().wall,
                            entry.value().view
                        ))
                        .or_default() += 1;
                    sums
                },
            )
            .into_iter()
            .collect(),
    );
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        out,
    )
        .into_response()
}

/// A label's value.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
