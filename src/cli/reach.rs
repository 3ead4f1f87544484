//! How commands get at walls: the running service by its socket, or the folder itself where none runs.

use std::time::Duration;

use super::Failure;
use crate::config::Config;
use crate::data::{Claim, DataError, DataFolder};
use crate::feed::http::choose_tls;
use crate::journal::SqliteJournal;
use crate::wall::{WallState, task};

/// Either the right to write the folder, or a client of the service that has it.
pub(super) enum Reach {
    /// No service runs.
    Alone(Claim),
    /// A service runs.
    Service(reqwest::Client),
}

/// Finds out which.
pub(super) async fn reach(data: &DataFolder) -> Result<Reach, Failure> {
    match data.claim() {
        Ok(claim) => Ok(Reach::Alone(claim)),
        Err(DataError::InUse(path)) => {
            let client = client(data)?;
            if !answers(&client).await {
                return Err(Failure::Job(format!(
                    "the data folder {} is in use, but its process does not answer at {}",
                    path.display(),
                    data.socket().display()
                )));
            }
            Ok(Reach::Service(client))
        }
        Err(error) => Err(Failure::job(&error)),
    }
}

/// Whether a service runs: asked without claiming the folder, as becomes a command that only reads.
pub(super) async fn runs(data: &DataFolder) -> Result<bool, Failure> {
    Ok(data.socket().exists() && answers(&client(data)?).await)
}

/// A client of the service, whether one runs or not.
fn client(data: &DataFolder) -> Result<reqwest::Client, Failure> {
    choose_tls();
    reqwest::Client::builder()
        .unix_socket(data.socket())
        .connect_timeout(Duration::from_secs(5))
        .build()
        .map_err(|error| Failure::job(&error))
}

async fn answers(client: &reqwest::Client) -> bool {
    let alive = client.get("http://buzzwall/alive").send().await;
    alive.is_ok_and(|answer| answer.status().is_success())
}

/// What a problem document says, or the status where there is none.
pub(super) async fn problem(answer: reqwest::Response) -> Failure {
    let status = answer.status();
    let detail = answer.json::<serde_json::Value>().await.ok();
    let words = detail
        .as_ref()
        .and_then(|problem| problem["detail"].as_str())
        .unwrap_or_default();
    Failure::Job(if words.is_empty() {
        format!("the service answered {status}")
    } else {
        words.to_owned()
    })
}

/// Refuses a wall that is not there, naming those that are.
pub(super) fn known(data: &DataFolder, config: &Config, wall: &str) -> Result<(), Failure> {
    let stored = data.known_walls().map_err(|error| Failure::job(&error))?;
    let configured = config.walls.iter().map(|wall| wall.id.as_str().to_owned());
    let mut known: Vec<String> = configured.chain(stored).collect();
    known.sort();
    known.dedup();
    if known.iter().any(|id| id == wall) {
        return Ok(());
    }
    let which = if known.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("there is {}", known.join(", "))
    };
    Err(Failure::Job(format!(
        "there is no wall {wall:?} in {}; {which}",
        data.path().display()
    )))
}

/// Reads a wall from its journal, also while the service writes it.
pub(super) async fn read(
    data: &DataFolder,
    config: &Config,
    wall: &str,
) -> Result<WallState, Failure> {
    known(data, config, wall)?;
    let path = data.journal(wall);
    if !path.exists() {
        return Err(Failure::Job(format!(
            "wall {wall:?} has no posts yet: nothing was ever stored for it"
        )));
    }
    let journal = SqliteJournal::open_read_only(&path).map_err(|error| Failure::job(&error))?;
    task::fold(wall, &journal)
        .await
        .map_err(|error| Failure::job(&error))
}
