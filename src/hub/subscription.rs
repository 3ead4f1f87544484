//! One client's view of a ring.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use tokio::sync::watch;

use super::ring::{Behind, Frame, Hub, Mark};
use crate::journal::Seq;

/// More than this is not sent again to who comes back: a snapshot is smaller, and shared by all.
const RESUME_BYTES: usize = 1024 * 1024;
/// Text put into one message where more waits.
const MESSAGE_BYTES: usize = 256 * 1024;

/// What goes out in one piece: frames as lines, and the last record they tell of.
#[derive(Debug, Clone)]
pub struct Message {
    /// The last record told of.
    pub seq: Seq,
    /// Frames, one a line.
    pub text: Utf8Bytes,
}

/// A place in a ring.
pub struct Subscription {
    hub: Arc<Hub>,
    position: u64,
    watch: watch::Receiver<u64>,
}

impl Subscription {
    /// Reads on from a position.
    pub fn new(hub: Arc<Hub>, position: u64) -> Self {
        let watch = hub.watch();
        Self {
            hub,
            position,
            watch,
        }
    }

    /// All that waits since the position, removals first, as one message: what a client that comes back gets.
    ///
    /// # Errors
    /// [`Behind`] if the ring no longer has it; the client needs a snapshot.
    pub fn catch_up(&mut self) -> Result<Option<Message>, Behind> {
        let (frames, next) = self.hub.read(self.position, usize::MAX)?;
        anew(&frames)?;
        if frames.iter().map(|frame| frame.text.len()).sum::<usize>() > RESUME_BYTES {
            return Err(Behind::default());
        }
        self.position = next;
        Ok(join(&removals_first(&frames)))
    }

    /// Waits for more and returns all of it, up to a bound.
    ///
    /// # Errors
    /// [`Behind`] if the client was so slow that the ring lost its place; it needs a snapshot.
    pub async fn next(&mut self) -> Result<Message, Behind> {
        loop {
            let (frames, next) = self.hub.read(self.position, MESSAGE_BYTES)?;
            anew(&frames)?;
            self.position = next;
            if let Some(message) = join(&frames) {
                return Ok(message);
            }
            // The hub outlives its subscriptions, so this can only end with more.
            if self.watch.changed().await.is_err() {
                return Err(Behind::default());
            }
        }
    }
}

/// Everything is told anew from the last such mark on.
fn anew(frames: &[Arc<Frame>]) -> Result<(), Behind> {
    let last = frames.iter().rev().find_map(|frame| match frame.mark {
        Mark::Snapshot(newest) => Some(newest),
        _ => None,
    });
    last.map_or(Ok(()), |newest| Err(Behind { newest }))
}

/// One frame as it is, several as lines.
fn join(frames: &[Arc<Frame>]) -> Option<Message> {
    let frames: Vec<&Arc<Frame>> = frames
        .iter()
        .filter(|frame| !frame.text.is_empty())
        .collect();
    let seq = frames.iter().map(|frame| frame.seq).max()?;
    let text = match frames.as_slice() {
        [only] => only.text.clone(),
        many => {
            let mut text =
                String::with_capacity(many.iter().map(|frame| frame.text.len() + 1).sum());
            for frame in many {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&frame.text);
            }
            text.into()
        }
    };
    Some(Message { seq, text })
}

/// Only the last word on each post, removals before anything else.
fn removals_first(frames: &[Arc<Frame>]) -> Vec<Arc<Frame>> {
    let mut last: HashMap<(&str, &str), usize> = HashMap::new();
    for (at, frame) in frames.iter().enumerate() {
        match &frame.mark {
            Mark::Post(id) | Mark::Remove(id) => last.insert(("post", id), at),
            Mark::Whole(kind) => last.insert((kind, ""), at),
            Mark::Snapshot(_) | Mark::Gone | Mark::Other => None,
        };
    }
    let kept: HashSet<usize> = last.into_values().collect();
    let mut first = Vec::new();
    let mut rest = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        match &frame.mark {
            Mark::Remove(_) if kept.contains(&at) => first.push(frame.clone()),
            Mark::Post(_) | Mark::Whole(_) if kept.contains(&at) => rest.push(frame.clone()),
            Mark::Other => rest.push(frame.clone()),
            _ => {}
        }
    }
    first.append(&mut rest);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seq: u64, mark: Mark) -> Frame {
        Frame {
            seq: Seq(seq),
            text: format!("{mark:?}").into(),
            mark,
        }
    }

    fn post(id: &str) -> Mark {
        Mark::Post(id.into())
    }

    fn remove(id: &str) -> Mark {
        Mark::Remove(id.into())
    }

    #[test]
    fn coming_back_brings_removals_first_and_the_last_word_on_each_post() {
        let hub = Arc::new(Hub::new(Seq(0)));
        hub.push([
            frame(1, post("a")),
            frame(2, post("b")),
            frame(3, Mark::Other),
            frame(4, remove("a")),
            frame(4, Mark::Whole("tallies")),
            frame(5, Mark::Whole("tallies")),
            frame(5, remove("c")),
            frame(6, post("c")),
        ]);
        let message = Subscription::new(hub, 0).catch_up().unwrap().unwrap();
        assert_eq!(message.seq, Seq(6));
        let lines: Vec<&str> = message.text.lines().collect();
        assert_eq!(
            lines,
            [
                r#"Remove("a")"#,
                r#"Post("b")"#,
                "Other",
                r#"Whole("tallies")"#,
                r#"Post("c")"#
            ]
        );
    }

    #[tokio::test]
    async fn a_reader_waits_and_then_gets_all_at_once() {
        let hub = Arc::new(Hub::new(Seq(0)));
        let mut subscription = Subscription::new(hub.clone(), hub.end());
        let pushing = async {
            hub.push([frame(1, post("a")), frame(2, post("b"))]);
        };
        let (message, ()) = tokio::join!(subscription.next(), pushing);
        assert_eq!(message.unwrap().text.lines().count(), 2);
    }

    #[tokio::test]
    async fn who_is_too_slow_is_told_so() {
        let hub = Arc::new(Hub::new(Seq(0)));
        let mut slow = Subscription::new(hub.clone(), 0);
        for seq in 1..20_000 {
            hub.push([frame(seq, Mark::Other)]);
        }
        assert_eq!(slow.next().await.err(), Some(Behind::default()));
    }
}
