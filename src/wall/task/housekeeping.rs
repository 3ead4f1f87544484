//! What only time brings: summaries of time on screens, and texts whose time is over.

use super::{HOUSEKEEPING_EVERY, SIGN_OF_LIFE_EVERY, UNINDEXED_KEPT, WallError, WallTask};
use crate::journal::Event;
use crate::journal::Seen;
use crate::post::PostNum;
use jiff::Timestamp;
use std::time::Duration;

impl WallTask {
    pub(super) async fn housekeep(&mut self) -> Result<(), WallError> {
        self.journal_seen().await?;
        self.blank_what_is_over().await?;
        self.give_sign_of_life().await
    }

    /// Journals that feeds are being read still where nothing else says so: when the program is killed, coverage counts to
    /// the last record.
    async fn give_sign_of_life(&mut self) -> Result<(), WallError> {
        let now = self.wall.clock.now();
        let events: Vec<Event> = {
            let state = self.wall.read();
            // At the next look it would be too late.
            let quiet = SIGN_OF_LIFE_EVERY.saturating_sub(HOUSEKEEPING_EVERY);
            let due = (state.tip_at.and_then(|last| last.checked_add(quiet).ok()))
                .is_some_and(|due| due <= now);
            let feeds = state
                .feeds
                .iter()
                .filter(|(_, feed)| due && feed.coverage.is_open());
            feeds
                .map(|(name, _)| Event::Coverage {
                    feed: name.clone(),
                    reading: true,
                    since: None,
                    why: None,
                })
                .collect()
        };
        // A disk that refuses it is told where that is found.
        self.store(events).await.map(drop)
    }

    pub(super) async fn journal_seen(&mut self) -> Result<(), WallError> {
        if self.seen.is_empty() {
            return Ok(());
        }
        let posts = self
            .seen
            .iter()
            .map(|(post, seen)| Seen {
                post: *post,
                times: seen.times,
                ms: seen.ms,
            })
            .collect();
        if self
            .store(vec![Event::SeenOnScreens { posts }])
            .await?
            .is_ok()
        {
            self.seen.clear();
        }
        Ok(())
    }

    /// Drops the text of people who are not to be found later at the event's end, and everybody's when retention is over.
    pub(super) async fn blank_what_is_over(&mut self) -> Result<(), WallError> {
        let now = self.wall.clock.now();
        let posts: Vec<PostNum> = {
            let state = self.wall.read();
            let end = state.settings.identity.to;
            let over = |start: Timestamp, kept: Duration| {
                start.checked_add(kept).is_ok_and(|until| until <= now)
            };
            (0_u32..)
                .map(PostNum)
                .zip(&state.posts)
                .filter(|(_, post)| {
                    post.content.as_ref().is_some_and(|content| {
                        let unindexed = match end {
                            Some(end) => end <= now,
                            None => over(post.received_at, UNINDEXED_KEPT),
                        };
                        (!content.indexable && unindexed)
                            || over(
                                end.unwrap_or(post.received_at).max(post.received_at),
                                state.settings.identity.retention.0,
                            )
                    })
                })
                .map(|(num, _)| num)
                .collect()
        };
        if posts.is_empty() {
            return Ok(());
        }
        tracing::info!(wall = %self.wall.id, posts = posts.len(), "texts and names are dropped: their time is over");
        self.store(vec![Event::Blanked {
            posts,
            erased_author: None,
            by: None,
        }])
        .await
        .map(drop)
    }
}
