//! Lines off a pipe, each of bounded length, without losing any when reading is dropped half way.

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes read at once.
const READ: usize = 16 * 1024;

/// What a pipe brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its bytes without the line break; `None` where they are too many, and none of them is kept.
    pub(super) bytes: Option<Bytes>,
}

/// A pipe read line by line.
pub(super) struct Lines<R> {
    from: R,
    held: BytesMut,
    /// How many of the held bytes are known to have no line break.
    searched: usize,
    /// Whether the rest of a line that is too long is still to come.
    skipping: bool,
    longest: usize,
    number: u64,
    ended: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(from: R, longest: usize) -> Self {
        Self {
            from,
            held: BytesMut::new(),
            searched: 0,
            skipping: false,
            longest,
            number: 0,
            ended: false,
        }
    }

    /// Whether the pipe is at its end; lines may still be held.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Waits for more. Cancel-safe. A pipe that cannot be read is at its end.
    pub(super) async fn fill(&mut self) {
        self.held.reserve(READ);
        let read = (&mut self.from)
            .take(READ as u64)
            .read_buf(&mut self.held)
            .await;
        self.ended = !matches!(read, Ok(1..));
    }

    /// The next line that is held as a whole; what stands behind the last line break is one at the end of the pipe.
    pub(super) fn next(&mut self) -> Option<Line> {
        loop {
            let found = memchr::memchr(b'\n', &self.held[self.searched..]);
            let Some(at) = found.map(|at| self.searched + at) else {
                if self.skipping {
                    self.held.clear();
                } else if self.held.len() > self.longest {
                    self.held.clear();
                    self.skipping = true;
                    self.searched = 0;
                    return Some(self.line(None));
                } else if self.ended && !self.held.is_empty() {
                    self.searched = 0;
                    let bytes = self.held.split().freeze();
                    return Some(self.line(Some(bytes)));
                }
                self.searched = self.held.len();
                return None;
            };
            let bytes = self.held.split_to(at + 1).freeze().slice(..at);
            self.searched = 0;
            if !std::mem::take(&mut self.skipping) {
                let fits = bytes.len() <= self.longest;
                return Some(self.line(fits.then_some(bytes)));
            }
        }
    }

    fn line(&mut self, bytes: Option<Bytes>) -> Line {
        self.number += 1;
        Line {
            number: self.number,
            bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &[u8], longest: usize) -> Vec<(u64, Option<String>)> {
        let mut lines = Lines::new(text, longest);
        let mut found = Vec::new();
        while !lines.ended() {
            lines.fill().await;
            assert!(lines.held.len() <= longest + READ);
            while let Some(line) = lines.next() {
                let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).into_owned();
                found.push((line.number, line.bytes.map(text)));
            }
        }
        found
    }

    #[tokio::test]
    async fn lines_are_numbered_and_the_last_needs_no_break() {
        let whole = |text: &str| Some(text.to_owned());
        assert_eq!(
            lines(b"one\n\nthree", 10).await,
            [(1, whole("one")), (2, whole("")), (3, whole("three"))]
        );
        assert_eq!(lines(b"", 10).await, []);
        assert_eq!(lines(b"one\n", 3).await, [(1, whole("one"))]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_said_once_and_not_kept() {
        let long = [&b"one\n"[..], &vec![b'x'; 200_000], b"\nthree\nabcd\n"].concat();
        let whole = |text: &str| Some(text.to_owned());
        assert_eq!(
            lines(&long, 5).await,
            [
                (1, whole("one")),
                (2, None),
                (3, whole("three")),
                (4, whole("abcd"))
            ]
        );
        assert_eq!(lines(b"abcdef", 5).await, [(1, None)]);
        assert_eq!(lines(b"abcdef\nab", 5).await, [(1, None), (2, whole("ab"))]);
    }
}
