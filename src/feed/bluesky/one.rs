//! One post by its author and key.

use url::Url;

use super::client::AppView;
use super::convert::{self, Seen};
use crate::clock::SharedClock;
use crate::feed::{FeedError, Item, Refusal};

/// Asks the `AppView` for a post of an author, who is named by handle or DID. `None` where there is none.
///
/// # Errors
/// The `AppView` does not answer, or not as it should.
pub async fn one(
    http: reqwest::Client,
    appview: Url,
    (who, key): (&str, &str),
    clock: SharedClock,
) -> Result<Option<Item>, FeedError> {
    let appview = AppView::new(http, appview, clock);
    let profiles = match appview.profiles(&[who.to_owned()]).await {
        // It says so where no such name can be.
        Err(FeedError::Misconfigured(_)) => return Ok(None),
        profiles => profiles?,
    };
    let Some(profile) = profiles.first() else {
        return Ok(None);
    };
    let did = profile["did"].as_str().unwrap_or_default();
    let (views, _) = appview.posts(&[convert::uri(did, key)]).await?;
    let Some(view) = views.first() else {
        return Ok(None);
    };
    let seen = Seen {
        view,
        profile,
        record: None,
        edited_at: None,
    };
    let read = convert::post(seen, appview.now());
    Ok(Some(read.map_or_else(
        |(reason, what)| {
            Item::Refused(Refusal {
                reason,
                detail: what.to_owned(),
            })
        },
        |post| Item::Post(Box::new(post)),
    )))
}
