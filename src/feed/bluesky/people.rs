//! The people that a feed is told of: their handles are looked up once, their lists now and then.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::client::{AppView, BATCH};
use super::sieve::Sieve;
use crate::feed::{FeedError, Wanted};

/// An account that every public `AppView` has: whether it answers at all is asked with it.
const PROBE: &str = "did:plc:z72i7hdynmk6r22z27h6tvur";
/// How often lists are read again.
const AGAIN: Duration = Duration::from_mins(10);
/// Most people of a list.
const MOST: usize = 5_000;

/// Looks up whom the feed was told of.
pub(super) struct People {
    wanted: Wanted,
    appview: AppView,
    read_at: Option<Timestamp>,
    /// Those that there are not, in words.
    pub(super) note: Option<String>,
}

impl People {
    pub(super) fn new(wanted: Wanted, appview: AppView) -> Self {
        Self {
            wanted,
            appview,
            read_at: None,
            note: None,
        }
    }

    /// A sieve for what is wanted, where the one there is has to be made, or made anew.
    pub(super) async fn sieve(&mut self, now: Timestamp) -> Result<Option<Sieve>, FeedError> {
        if let Some(at) = self.read_at
            && (self.wanted.lists.is_empty() || now.duration_since(at).unsigned_abs() < AGAIN)
        {
            return Ok(None);
        }
        let first = self.read_at.is_none();
        match self.look_up().await {
            Ok(sieve) => {
                self.read_at = Some(now);
                Ok(Some(sieve))
            }
            Err(error) if first => Err(error),
            Err(error) => {
                // The people of before are read on; the next try is as far away as the last success would make it.
                self.read_at = Some(now);
                self.note = Some(format!("lists were not read again: {error}"));
                Ok(None)
            }
        }
    }

    async fn look_up(&mut self) -> Result<Sieve, FeedError> {
        if self.read_at.is_none() {
            self.appview.profiles(&[PROBE.to_owned()]).await?;
        }
        let mut troubles = Vec::new();
        let mut authors = self.dids(&self.wanted.accounts, &mut troubles).await?;
        let mentioned = self.dids(&self.wanted.mentions, &mut troubles).await?;
        for list in &self.wanted.lists {
            let mut cursor = None;
            loop {
                let members = self.appview.members(list, cursor.as_deref()).await;
                let (members, next) = match members {
                    Ok(page) => page,
                    Err(FeedError::Misconfigured(why)) => {
                        troubles.push(format!("the list {list} cannot be read: {why}"));
                        break;
                    }
                    Err(error) => return Err(error),
                };
                authors.extend(members);
                if next.is_none() || next == cursor {
                    break;
                }
                if authors.len() >= MOST {
                    troubles.push(format!(
                        "of the list {list} the first {MOST} people are read"
                    ));
                    break;
                }
                cursor = next;
            }
        }
        self.note = (!troubles.is_empty()).then(|| troubles.join("; "));
        Ok(Sieve::new(self.wanted.clone(), authors, mentioned))
    }

    async fn dids(
        &self,
        who: &[String],
        troubles: &mut Vec<String>,
    ) -> Result<HashSet<String>, FeedError> {
        let mut dids = HashSet::new();
        let (known, handles): (Vec<_>, Vec<_>) =
            who.iter().cloned().partition(|who| who.starts_with("did:"));
        dids.extend(known);
        for batch in handles.chunks(BATCH) {
            let found = match self.appview.profiles(batch).await {
                Ok(found) => found,
                // One of them is no handle at all; which, is asked one by one.
                Err(FeedError::Misconfigured(_)) => {
                    let mut found = Vec::new();
                    for handle in batch {
                        match self.appview.profiles(std::slice::from_ref(handle)).await {
                            Ok(one) => found.extend(one),
                            Err(FeedError::Misconfigured(_)) => {}
                            Err(error) => return Err(error),
                        }
                    }
                    found
                }
                Err(error) => return Err(error),
            };
            for handle in batch {
                let profile = found.iter().find(|profile| {
                    profile["handle"]
                        .as_str()
                        .is_some_and(|is| is.eq_ignore_ascii_case(handle))
                });
                match profile.and_then(|profile| profile["did"].as_str()) {
                    Some(did) => {
                        dids.insert(did.to_owned());
                    }
                    None => {
                        troubles.push(format!("there is no account {handle}; look at its handle"));
                    }
                }
            }
        }
        Ok(dids)
    }
}
