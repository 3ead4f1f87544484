//! When a feed was being read: live, filled in later, or not.

use jiff::Timestamp;

/// Why nothing was read while the program was away.
pub(super) const NOT_RUNNING: &str = "buzzwall was not running";

/// When a feed was being read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Stretches in which it was read as things happened, in order; the last may be open.
    pub live: Vec<Live>,
    /// Stretches that were read afterwards, in order of their beginning.
    pub filled_in: Vec<Stretch>,
}

/// A stretch of time in which a feed was read as things happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// Why it ended, in words.
    pub why: Option<String>,
}

/// From one moment to another, exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Stretch {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

impl Coverage {
    /// Whether it is being read.
    pub fn is_open(&self) -> bool {
        self.live.last().is_some_and(|last| last.to.is_none())
    }

    pub(super) fn open(&mut self, at: Timestamp) {
        if !self.is_open() {
            self.live.push(Live {
                from: at,
                to: None,
                why: None,
            });
        }
    }

    pub(super) fn close(&mut self, at: Timestamp, why: &str) {
        if let Some(last) = self.live.last_mut().filter(|last| last.to.is_none()) {
            last.to = Some(at.max(last.from));
            last.why = (!why.is_empty()).then(|| why.to_owned());
        }
    }

    /// It could not be read, and never was: since when that is known, and why.
    pub(super) fn never(&mut self, at: Timestamp, why: &str) {
        if self.live.is_empty() {
            self.open(at);
            self.close(at, why);
        }
    }

    /// All that was missed from one moment to another is read now.
    pub(super) fn fill_in(&mut self, from: Timestamp, to: Timestamp) {
        let gaps = self.gaps(from, to);
        self.filled_in.extend(gaps);
        self.filled_in.sort_by_key(|stretch| stretch.from);
    }

    /// Whether something since `from` was missed, up to the moment since which it is being read.
    pub fn has_gap(&self, from: Timestamp) -> bool {
        let until = match self.live.last() {
            Some(last) if last.to.is_none() => last.from,
            Some(last) => last.to.unwrap_or(last.from).max(last.from),
            None => return true,
        };
        !self.is_open() || !self.gaps(from, until).is_empty()
    }

    /// What was neither read nor filled in between two moments.
    pub fn gaps(&self, from: Timestamp, to: Timestamp) -> Vec<Stretch> {
        let mut read: Vec<(Timestamp, Timestamp)> = self
            .live
            .iter()
            .map(|live| (live.from, live.to.unwrap_or(Timestamp::MAX)))
            .chain(
                self.filled_in
                    .iter()
                    .map(|stretch| (stretch.from, stretch.to)),
            )
            .collect();
        read.sort_unstable();
        let mut gaps = Vec::new();
        let mut at = from;
        for (start, end) in read {
            if start >= to {
                break;
            }
            if start > at {
                gaps.push(Stretch {
                    from: at,
                    to: start,
                });
            }
            at = at.max(end);
        }
        if at < to {
            gaps.push(Stretch { from: at, to });
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
    }

    fn minutes(stretches: &[Stretch]) -> Vec<(i64, i64)> {
        let minute = |at: Timestamp| (at.as_second() - 1_700_000_000) / 60;
        stretches
            .iter()
            .map(|stretch| (minute(stretch.from), minute(stretch.to)))
            .collect()
    }

    #[test]
    fn what_was_missed_is_known_until_it_is_filled_in() {
        let mut coverage = Coverage::default();
        assert!(coverage.has_gap(at(0)));
        coverage.open(at(10));
        assert!(!coverage.has_gap(at(10)));
        coverage.close(at(20), "no answer");
        coverage.open(at(32));
        coverage.open(at(33));
        assert_eq!(minutes(&coverage.gaps(at(0), at(40))), [(0, 10), (20, 32)]);
        assert!(coverage.has_gap(at(12)));
        // The source kept only the last five minutes of the gap.
        coverage.fill_in(at(27), at(35));
        assert_eq!(minutes(&coverage.filled_in), [(27, 32)]);
        assert_eq!(minutes(&coverage.gaps(at(0), at(40))), [(0, 10), (20, 27)]);
        assert!(!coverage.has_gap(at(27)));
        coverage.fill_in(at(5), at(36));
        assert_eq!(minutes(&coverage.filled_in), [(5, 10), (20, 27), (27, 32)]);
        assert_eq!(minutes(&coverage.gaps(at(0), at(40))), [(0, 5)]);
        assert_eq!(coverage.live[0].why.as_deref(), Some("no answer"));
    }
}
