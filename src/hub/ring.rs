//! The ring of frames.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::journal::Seq;

/// Frames kept for those who come back.
const MAX_FRAMES: usize = 8_192;
/// How long a snapshot is given to all who ask: it tells the time, by which screens keep in step.
const FRESH_FOR: Duration = Duration::from_millis(200);
/// Bytes kept for those who come back.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// What a frame does to a client's view: as much as the ring must know to send removals first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A post is shown or changed.
    Post(Arc<str>),
    /// A post is taken away.
    Remove(Arc<str>),
    /// Everything is told anew: whoever comes to this place gets a snapshot as of then, of so many posts at most. The frame has no
    /// text, since what a snapshot held may have been taken away before it is read.
    Snapshot(Option<u32>),
    /// A post that was taken away later; nothing is left of it.
    Gone,
    /// A whole of its kind, which a later one of the same kind replaces.
    Whole(&'static str),
    /// Anything else.
    Other,
}

/// A message to clients, encoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The record that it tells of.
    pub seq: Seq,
    /// What it does.
    pub mark: Mark,
    /// One JSON object.
    pub text: Utf8Bytes,
}

#[derive(Debug)]
struct Ring {
    frames: VecDeque<Arc<Frame>>,
    /// Position of the first frame since the ring was made.
    first: u64,
    bytes: usize,
    /// Frames of this record and later ones are all here.
    complete_from: Seq,
}

impl Ring {
    /// Leaves nothing of a post that is taken away, so that nobody who is behind gets to see it.
    fn forget(&mut self, id: &Arc<str>) {
        for frame in &mut self.frames {
            if matches!(&frame.mark, Mark::Post(shown) if shown == id) {
                self.bytes -= frame.text.len();
                *frame = Arc::new(Frame {
                    seq: frame.seq,
                    mark: Mark::Gone,
                    text: Utf8Bytes::default(),
                });
            }
        }
    }
}

/// One audience's ring.
#[derive(Debug)]
pub struct Hub {
    ring: Mutex<Ring>,
    /// Position after the last frame.
    end: watch::Sender<u64>,
    /// The snapshot as of a position, encoded once for all who ask at that moment.
    snapshot: Mutex<Option<Made>>,
}

/// A snapshot that was made.
#[derive(Debug)]
struct Made {
    /// As of that position.
    at: u64,
    when: Instant,
    seq: Seq,
    text: Utf8Bytes,
}

/// The frames asked for are no longer in the ring, or everything is told anew: the client needs a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Behind {
    /// Of so many posts at most, where somebody asked for that.
    pub newest: Option<u32>,
}

impl Hub {
    /// An empty ring; the records up to `tip` are only in the journal.
    pub fn new(tip: Seq) -> Self {
        Self {
            ring: Mutex::new(Ring {
                frames: VecDeque::new(),
                first: 0,
                bytes: 0,
                complete_from: tip.next(),
            }),
            end: watch::channel(0).0,
            snapshot: Mutex::new(None),
        }
    }

    /// Puts frames at the end, in order, and tells everybody who waits. What is too old or too much falls out in front.
    pub fn push(&self, frames: impl IntoIterator<Item = Frame>) {
        let mut ring = self.ring.lock();
        for frame in frames {
            if let Mark::Remove(id) = &frame.mark {
                ring.forget(id);
            }
            ring.bytes += frame.text.len();
            ring.frames.push_back(Arc::new(frame));
        }
        while ring.frames.len() > MAX_FRAMES || (ring.bytes > MAX_BYTES && ring.frames.len() > 1) {
            if let Some(old) = ring.frames.pop_front() {
                ring.bytes -= old.text.len();
                ring.first += 1;
                ring.complete_from = ring.complete_from.max(old.seq.next());
            }
        }
        let end = ring.first + ring.frames.len() as u64;
        drop(ring);
        self.end
            .send_if_modified(|known| std::mem::replace(known, end) != end);
    }

    /// Position after the last frame.
    pub fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// Tells when there is more.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// Position of the first frame of record `since` or later.
    ///
    /// # Errors
    /// [`Behind`] if some of them are gone, or if `since` is of a future that this hub does not know.
    pub fn position(&self, since: Seq, tip: Seq) -> Result<u64, Behind> {
        let ring = self.ring.lock();
        if since < ring.complete_from || since > tip.next() {
            return Err(Behind::default());
        }
        let before = ring
            .frames
            .iter()
            .take_while(|frame| frame.seq < since)
            .count();
        Ok(ring.first + before as u64)
    }

    /// Frames from a position on, at most `max_bytes` of text but always one if there is one, and the position after them.
    pub fn read(&self, from: u64, max_bytes: usize) -> Result<(Vec<Arc<Frame>>, u64), Behind> {
        let ring = self.ring.lock();
        let Some(skip) = from.checked_sub(ring.first) else {
            return Err(Behind::default());
        };
        let skip = usize::try_from(skip).map_err(|_| Behind::default())?;
        let mut bytes = 0;
        let frames: Vec<Arc<Frame>> = ring
            .frames
            .iter()
            .skip(skip)
            .take_while(|frame| {
                let fits = bytes == 0 || bytes + frame.text.len() <= max_bytes;
                bytes += frame.text.len();
                fits
            })
            .cloned()
            .collect();
        let next = from + frames.len() as u64;
        Ok((frames, next))
    }

    /// The snapshot as of now: made by `make` if nobody asked since the last frame, or just before. The caller keeps the state from
    /// changing meanwhile.
    pub fn snapshot(&self, make: impl FnOnce() -> (Seq, Utf8Bytes)) -> (u64, Seq, Utf8Bytes) {
        let end = self.end();
        let mut known = self.snapshot.lock();
        match &*known {
            Some(last) if last.at == end && last.when.elapsed() < FRESH_FOR => {
                (end, last.seq, last.text.clone())
            }
            _ => {
                let (seq, text) = make();
                *known = Some(Made {
                    at: end,
                    when: Instant::now(),
                    seq,
                    text: text.clone(),
                });
                (end, seq, text)
            }
        }
    }

    /// Forgets the snapshot that was made, where something changed that has no frame.
    pub fn forget_snapshot(&self) {
        *self.snapshot.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seq: u64, text: &str) -> Frame {
        Frame {
            seq: Seq(seq),
            mark: Mark::Other,
            text: text.to_owned().into(),
        }
    }

    #[test]
    fn a_reader_gets_every_frame_in_order_from_its_own_place() {
        let hub = Hub::new(Seq(10));
        hub.push([frame(11, "a"), frame(11, "b"), frame(12, "c")]);
        let (frames, next) = hub.read(0, 1000).unwrap();
        assert_eq!(
            frames
                .iter()
                .map(|frame| frame.text.as_str())
                .collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(hub.read(next, 1000).unwrap().0.len(), 0);
        hub.push([frame(13, "d")]);
        assert_eq!(hub.read(next, 1000).unwrap().0[0].text.as_str(), "d");
    }

    #[test]
    fn since_is_inclusive_and_knows_what_it_lacks() {
        let hub = Hub::new(Seq(10));
        hub.push([
            frame(11, "a"),
            frame(12, "b"),
            frame(12, "c"),
            frame(14, "d"),
        ]);
        assert_eq!(hub.position(Seq(12), Seq(14)), Ok(1));
        assert_eq!(hub.position(Seq(13), Seq(14)), Ok(3));
        assert_eq!(hub.position(Seq(15), Seq(14)), Ok(4));
        assert_eq!(hub.position(Seq(10), Seq(14)), Err(Behind::default()));
        assert_eq!(hub.position(Seq(16), Seq(14)), Err(Behind::default()));
    }

    #[test]
    fn the_ring_is_bounded_and_says_what_fell_out() {
        let hub = Hub::new(Seq(0));
        let big = "x".repeat(1024 * 1024);
        for seq in 1..=40 {
            hub.push([frame(seq, &big)]);
        }
        assert_eq!(hub.read(0, 1000), Err(Behind::default()));
        assert_eq!(hub.position(Seq(5), Seq(40)), Err(Behind::default()));
        let from = hub.position(Seq(30), Seq(40)).unwrap();
        assert_eq!(hub.read(from, 10).unwrap().0.len(), 1);
    }

    #[test]
    fn nothing_is_left_of_what_was_taken_away() {
        let hub = Hub::new(Seq(0));
        let post = |seq, id: &str| Frame {
            seq: Seq(seq),
            mark: Mark::Post(id.into()),
            text: format!("words of {id}").into(),
        };
        hub.push([
            post(1, "a"),
            post(2, "b"),
            Frame {
                mark: Mark::Remove("a".into()),
                ..frame(3, "remove a")
            },
        ]);
        let (frames, _) = hub.read(0, 1000).unwrap();
        let texts: Vec<&str> = frames.iter().map(|frame| frame.text.as_str()).collect();
        assert_eq!(texts, ["", "words of b", "remove a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_snapshot_is_made_once_between_frames_and_not_kept_for_long() {
        let hub = Hub::new(Seq(0));
        let mut made = 0;
        for _ in 0..3 {
            hub.snapshot(|| {
                made += 1;
                (Seq(0), "s".to_owned().into())
            });
        }
        assert_eq!(made, 1);
        tokio::time::advance(FRESH_FOR).await;
        let (_, _, text) = hub.snapshot(|| (Seq(0), "later".to_owned().into()));
        assert_eq!(text.as_str(), "later");
        hub.push([frame(1, "a")]);
        let (at, seq, _) = hub.snapshot(|| (Seq(1), "t".to_owned().into()));
        assert_eq!((at, seq), (1, Seq(1)));
    }
}
