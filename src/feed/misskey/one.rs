//! One note by its id at a server.

use serde_json::json;
use url::Url;

use super::client::{Client, Failure};
use super::{home, note};
use crate::clock::SharedClock;
use crate::feed::{FeedError, Item};

/// Asks a server for a note, and for its author's bio, where wishes stand. `None` where it has none of that id for everybody.
///
/// # Errors
/// The server does not answer, or not as the API does.
pub async fn one(
    http: reqwest::Client,
    agent: &str,
    server: Url,
    id: &str,
    clock: SharedClock,
) -> Result<Option<Item>, FeedError> {
    let home = home(&server);
    let mut client = Client::new(http, agent, server, None, clock);
    let mut note = match client
        .ask(&["notes", "show"], json!({ "noteId": id }))
        .await
    {
        Ok(note) => note,
        Err(Failure::Missing) => return Ok(None),
        Err(Failure::Feed(error)) => return Err(error),
    };
    if let Some(user) = note["user"]["id"].as_str() {
        let asked = json!({ "userId": user });
        match client.ask(&["users", "show"], asked).await {
            Ok(user) => note["user"]["description"] = user["description"].clone(),
            Err(Failure::Missing) => return Ok(None),
            Err(Failure::Feed(error)) => return Err(error),
        }
    }
    Ok(Some(note::read(&note, &home).item))
}
