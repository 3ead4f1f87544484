//! Posts that people put on the wall by their address: looked at again where they were written, since no feed follows them.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::feed::Item;
use crate::feed::link::{LinkError, Links};
use crate::post::{Post, PostNum};
use crate::wall::Wall;
use crate::wall::arrivals::Bringer;

/// One post is looked at in this time, each in its turn.
const EVERY: Duration = Duration::from_secs(10);
/// The newest of them that are followed: each is looked at within eight minutes.
const MOST: usize = 48;

/// Follows a wall's added posts until `stop` is cancelled: an edit is taken over, what is gone leaves the wall.
pub async fn follow(wall: Arc<Wall>, links: Arc<Links>, stop: CancellationToken) {
    let mut last = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let Some((num, post)) = next(&wall, last) else {
            continue;
        };
        last = Some(num);
        let Some(url) = &post.url else { continue };
        let item = tokio::select! {
            () = stop.cancelled() => return,
            found = links.read(url) => match found {
                Ok(found) if found.id == post.id => Item::Post(Box::new(found)),
                // Whoever wrote it took it back, or does not want it here any more.
                Err(LinkError::Missing | LinkError::OptedOut(_)) => Item::Deleted(post.id),
                // Its server may be away, and the address may lead elsewhere by now: neither says that it is gone.
                Ok(_) | Err(_) => continue,
            },
        };
        let taken = wall
            .offer(vec![wall.prepare_added(item)], Bringer::default())
            .await;
        if let Err(declined) = taken {
            tracing::warn!(
                wall = wall.id,
                error = declined.reason,
                "what became of an added post is not stored; it is looked at again"
            );
        }
    }
}

/// The post behind the last one, else the first.
fn next(wall: &Wall, last: Option<PostNum>) -> Option<(PostNum, Post)> {
    let state = wall.read();
    let added = state.added(MOST);
    let behind = added.iter().find(|(num, _)| Some(*num) > last);
    let (num, content) = behind.or(added.first())?;
    Some((*num, content.post().ok()?))
}
