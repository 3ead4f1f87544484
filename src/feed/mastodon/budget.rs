//! The second, undocumented limit of Mastodon: 300 requests with a cursor parameter in 15 minutes.

use std::time::Duration;

use jiff::Timestamp;

/// Requests that may be made at once, before they are spaced out.
const BURST: u32 = 50;
/// How long one request takes to be regained. With the burst: 50 + 900 s / 3.6 s = 300 in any 15 minutes. A larger burst
/// would fill a short gap sooner, and a long one later.
const REGAIN: Duration = Duration::from_millis(3_600);

/// Requests with a cursor that may still be made: a token bucket.
#[derive(Debug)]
pub(super) struct Budget {
    /// When the bucket will be full again.
    full_at: Timestamp,
}

impl Budget {
    /// A full one.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { full_at: now }
    }

    /// When a request may be made that leaves `reserve` others.
    pub(super) fn ready_at(&self, reserve: u32) -> Timestamp {
        let missing = REGAIN * BURST.saturating_sub(reserve + 1);
        self.full_at.saturating_sub(missing).unwrap_or(self.full_at)
    }

    /// Counts a request.
    pub(super) fn spend(&mut self, now: Timestamp) {
        let from = self.full_at.max(now);
        self.full_at = from.saturating_add(REGAIN).unwrap_or(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_quarter_of_an_hour_has_more_than_three_hundred() {
        let start: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        let mut budget = Budget::new(start);
        let mut made = Vec::new();
        for second in 0..3600 {
            let now = start + Duration::from_secs(second);
            while budget.ready_at(0) <= now {
                budget.spend(now);
                made.push(second);
            }
        }
        assert_eq!(made.iter().filter(|second| **second == 0).count(), 50);
        for begin in 0..2700 {
            let within = made
                .iter()
                .filter(|s| (begin..begin + 900).contains(*s))
                .count();
            assert!(within <= 300, "{within} from {begin}");
        }
        // And it is used: a thousand in an hour.
        assert!(made.len() >= 50 + 990);
    }

    #[test]
    fn a_reserve_is_left() {
        let now: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        let mut budget = Budget::new(now);
        let mut made = 0;
        while budget.ready_at(20) <= now {
            budget.spend(now);
            made += 1;
        }
        assert_eq!(made, 30);
        assert!(budget.ready_at(0) <= now);
    }
}
