//! What posts said that is gone now: whoever keeps something made of it, such as pictures, has to drop that too.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Wall;
use super::state::WallState;
use crate::intake::Content;
use crate::journal::Event;

/// Contents that were dropped and not yet asked for.
#[derive(Default)]
pub(super) struct Gone {
    contents: Mutex<Vec<Arc<Content>>>,
    more: Notify,
}

impl Gone {
    pub(super) fn note(&self, contents: Vec<Arc<Content>>) {
        if !contents.is_empty() {
            self.contents.lock().extend(contents);
            self.more.notify_one();
        }
    }
}

/// What an event is about to drop.
pub(super) fn dropped_by(state: &WallState, event: &Event) -> Vec<Arc<Content>> {
    let posts = match event {
        Event::Blanked { posts, .. } | Event::Deleted { posts } => posts.as_slice(),
        Event::Edited { post, .. } => std::slice::from_ref(post),
        _ => &[],
    };
    let contents = posts
        .iter()
        .filter_map(|num| state.post(*num)?.content.clone());
    contents.collect()
}

impl Wall {
    /// What was dropped since this was asked last: by erasure, at the end of its time, deleted at its source, or written
    /// anew. Waits until there is something.
    pub async fn gone(&self) -> Vec<Arc<Content>> {
        loop {
            let contents = std::mem::take(&mut *self.gone.contents.lock());
            if !contents.is_empty() {
                return contents;
            }
            self.gone.more.notified().await;
        }
    }
}
