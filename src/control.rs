//! The socket in the data folder by which other commands reach the running service. Whoever may write the folder may use it.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use crate::http::Service;
use crate::http::problem::Problem;
use crate::import::{Import, import};
use crate::people::{People, PeopleError, Role};

/// Lines of progress that may wait for a reader.
const PROGRESS: usize = 64;

/// Opens the socket, taking the place of one that a killed service left. Without it the service works and says so.
pub fn bind(path: &Path) -> Option<UnixListener> {
    unbind(path);
    match UnixListener::bind(path) {
        Ok(listener) => Some(listener),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "no control socket; commands that write cannot reach this service");
            None
        }
    }
}

/// Takes the socket away.
pub fn unbind(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "the control socket cannot be removed");
        }
        _ => {}
    }
}

/// What can be done about people.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum PersonOrder {
    /// Add somebody.
    Add {
        /// Name.
        name: String,
        /// What they may do.
        role: Role,
        /// Their password.
        password: String,
    },
    /// Who there is.
    List,
    /// Set a password.
    Password {
        /// Whose.
        name: String,
        /// The new one.
        password: String,
    },
    /// Make a one-time link.
    Link {
        /// For whom.
        name: String,
    },
    /// Remove somebody.
    Remove {
        /// Whom.
        name: String,
    },
}

/// Does it; the answer is what the command prints.
pub fn person(
    people: &People,
    order: PersonOrder,
    now: jiff::Timestamp,
) -> Result<Value, PeopleError> {
    Ok(match order {
        PersonOrder::Add {
            name,
            role,
            password,
        } => {
            people.add(&name, role, &password, now)?;
            json!({ "done": format!("{name} is {role} from now on") })
        }
        PersonOrder::List => {
            let people: Vec<Value> = people
                .list()?
                .into_iter()
                .map(|person| json!({ "name": person.name, "role": person.role, "since": person.created_at }))
                .collect();
            json!({ "people": people })
        }
        PersonOrder::Password { name, password } => {
            people.set_password(&name, &password)?;
            json!({ "done": format!("{name} has a new password; open sessions have ended") })
        }
        PersonOrder::Link { name } => json!({ "token": people.link(&name, now)?.as_str() }),
        PersonOrder::Remove { name } => {
            people.remove(&name)?;
            json!({ "done": format!("{name} is removed; their sessions have ended") })
        }
    })
}

/// Routes of the socket.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/alive", get(|| async { "alive\n" }))
        .route("/person", post(about_person))
        .route("/import", post(about_import))
        .with_state(service)
}

async fn about_person(
    State(service): State<Service>,
    Json(order): Json<PersonOrder>,
) -> Result<Json<Value>, Problem> {
    let people = service.people.clone();
    let now = service.clock.now();
    let done = tokio::task::spawn_blocking(move || person(&people, order, now)).await;
    // Somebody may be out now; their streams look for themselves.
    service.sessions_changed.send_replace(());
    let mut answer = done.map_err(|error| Problem::internal(&error))??;
    answer["base"] = json!(service.base);
    Ok(Json(answer))
}

/// Imports and answers with a JSON line of progress after each batch; an error is a line too.
async fn about_import(
    State(service): State<Service>,
    Json(order): Json<Import>,
) -> Result<Response, Problem> {
    let wall = service
        .walls
        .get(&order.wall)
        .map(|wall| wall.value().clone())
        .ok_or_else(|| {
            let known: BTreeSet<String> = service.walls.iter().map(|it| it.key().clone()).collect();
            let known: Vec<String> = known.into_iter().collect();
            Problem::not_found(format!(
                "there is no wall {:?} here; there is {}",
                order.wall,
                known.join(", ")
            ))
        })?;
    let (lines, mut queue) = mpsc::channel::<String>(PROGRESS);
    let work = async move {
        let told = lines.clone();
        let result = import(&wall, &order, |progress| {
            // A line that nobody reads yet is replaced by the next one; the last is sent below.
            if !progress.done && told.try_send(line(&json!(progress))).is_err() {
                tracing::trace!("progress is not read");
            }
        })
        .await;
        let last = match result {
            Ok(progress) => json!(progress),
            Err(error) => json!({ "error": error.to_string() }),
        };
        if lines.send(line(&last)).await.is_err() {
            tracing::info!("an import ended after its command had gone");
        }
    };
    let stream = futures_util::stream::unfold(
        (Some(Box::pin(work)), queue.try_recv().ok(), queue),
        |(mut work, waiting, mut queue)| async move {
            if let Some(line) = waiting {
                return Some((
                    Ok::<_, std::convert::Infallible>(Bytes::from(line)),
                    (work, None, queue),
                ));
            }
            let next = loop {
                match &mut work {
                    Some(running) => tokio::select! {
                        biased;
                        line = queue.recv() => break line,
                        () = running => work = None,
                    },
                    None => break queue.recv().await,
                }
            };
            next.map(|line| (Ok(Bytes::from(line)), (work, None, queue)))
        },
    );
    Ok(Body::from_stream(stream).into_response())
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
