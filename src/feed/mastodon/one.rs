//! One status by its id at a server.

use url::Url;

use super::client::{Client, Failure};
use super::convert;
use super::instance::Instance;
use crate::clock::SharedClock;
use crate::feed::{FeedError, Item};

/// Asks a server for a status. `None` where it has none of that id for everybody.
///
/// # Errors
/// The server does not answer, or not as the API does.
pub async fn one(
    http: reqwest::Client,
    server: Url,
    id: &str,
    clock: SharedClock,
) -> Result<Option<Item>, FeedError> {
    let client = Client::new(http, server, None, clock)?;
    let answer = match client.get(client.url(&["api", "v1", "statuses", id])).await {
        Ok(answer) => answer,
        Err(Failure::Missing { .. } | Failure::Refused { .. }) => return Ok(None),
        Err(Failure::Feed(error)) => return Err(error),
        Err(Failure::TooLarge) => {
            return Err(FeedError::Gone("its answer is too long".to_owned()));
        }
        Err(Failure::Foreign(words)) => return Err(FeedError::Gone(words)),
    };
    let instance = Instance::ask(&client).await;
    let instance = instance.unwrap_or_else(|_| Instance::unknown(&client));
    let read = convert::status(&answer.body, &instance.domain);
    let read = read.map_err(|error| {
        FeedError::Gone(format!("the server does not speak Mastodon's API: {error}"))
    })?;
    Ok(Some(read.item))
}
