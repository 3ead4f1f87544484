//! Looks at the pictures of posts where the rule `like_hidden_pictures` is on, so that a picture that a person took off the
//! wall is told again. Nothing is fetched for it while it is off.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::fetch::Fetch;
use super::{decode, picture};
use crate::moderation::pictures;
use crate::post::PictureHash;
use crate::wall::Wall;
use crate::wall::assessing::{Answer, Assessment, Question, QuestionKey};

/// Posts whose pictures are fetched at once. More wait in the wall's state.
const AT_ONCE: usize = 4;
/// How long to wait where the disk refuses an answer.
const RETRY_EVERY: Duration = Duration::from_secs(2);

/// Looks at the pictures of a wall until it is told to stop. `turns` lets one picture after the other be decoded, of all
/// walls: each may take much memory.
pub async fn run(wall: Arc<Wall>, fetch: Fetch, turns: Arc<Semaphore>, stop: CancellationToken) {
    let mut asked: HashSet<QuestionKey> = HashSet::new();
    let mut looking = FuturesUnordered::new();
    loop {
        let room = AT_ONCE - looking.len();
        for question in wall.to_look_at(room, |key| asked.contains(&key)) {
            asked.insert(question.key);
            looking.push(look_at(&wall, &fetch, &turns, question));
        }
        tokio::select! {
            () = stop.cancelled() => return,
            Some(key) = looking.next() => drop(asked.remove(&key)),
            () = wall.pictures_awaited() => {}
        }
    }
}

async fn look_at(wall: &Wall, fetch: &Fetch, turns: &Semaphore, question: Question) -> QuestionKey {
    let key = question.key;
    let answer = seen(fetch, turns, &question).await;
    let answers = vec![Assessment { key, answer }];
    while !wall.assess(answers.clone()).await {
        sleep(RETRY_EVERY).await;
    }
    key
}

async fn seen(fetch: &Fetch, turns: &Semaphore, question: &Question) -> Answer {
    // The fold has read it before; own data that cannot be read shows nothing.
    let post = question.content.post();
    let addresses = post.as_ref().map(pictures).unwrap_or_default();
    let (mut hashes, mut unseen) = (Vec::new(), None);
    for address in addresses {
        match look(fetch, turns, address).await {
            Ok(hash) => hashes.extend(hash),
            Err(why) => unseen = unseen.or(Some(why)),
        }
    }
    Answer::Seen {
        pictures: hashes,
        unseen,
    }
}

async fn look(
    fetch: &Fetch,
    turns: &Semaphore,
    address: &str,
) -> Result<Option<PictureHash>, String> {
    let bytes = fetch.picture(address).await;
    let bytes = bytes.map_err(|failure| failure.to_string())?;
    let damaged = || decode::Unseen::Damaged.to_string();
    let turn = turns.acquire().await.map_err(|_| damaged())?;
    // A panic there would be a decoder's, on bytes that nobody can show then.
    let looked = tokio::task::spawn_blocking(move || picture::look(&bytes)).await;
    drop(turn);
    looked
        .map_err(|_| damaged())?
        .map_err(|error| error.to_string())
}
