//! When most was written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// A busiest stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Peak {
    /// Its beginning.
    pub at: Timestamp,
    /// Posts written in it.
    pub posts: u64,
}

/// The fullest bucket, of equals the earliest. Keys are the buckets' beginnings in seconds.
pub(super) fn fullest(buckets: &BTreeMap<i64, u64>) -> Option<Peak> {
    let mut best: Option<(i64, u64)> = None;
    for (&at, &posts) in buckets {
        if posts > best.map_or(0, |(_, most)| most) {
            best = Some((at, posts));
        }
    }
    best.and_then(|(at, posts)| {
        Some(Peak {
            at: Timestamp::from_second(at).ok()?,
            posts,
        })
    })
}

/// The fullest five successive clock minutes, of equals the earliest. A window begins with a minute that is not empty.
pub fn peak_five_minutes(minutes: &BTreeMap<i64, u64>) -> Option<Peak> {
    const WINDOW: i64 = 5 * 60;
    let mut best: Option<(i64, u64)> = None;
    let mut ahead = minutes.iter().peekable();
    let mut sum = 0;
    for (&start, &posts) in minutes {
        while let Some((_, more)) = ahead.next_if(|(at, _)| **at < start + WINDOW) {
            sum += more;
        }
        if sum > best.map_or(0, |(_, most)| most) {
            best = Some((start, sum));
        }
        sum -= posts;
    }
    best.and_then(|(at, posts)| {
        Some(Peak {
            at: Timestamp::from_second(at).ok()?,
            posts,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_equal_buckets_the_earliest_is_the_peak() {
        let buckets = BTreeMap::from([(0, 2), (60, 5), (120, 5)]);
        assert_eq!(fullest(&buckets).unwrap().at.as_second(), 60);
        assert_eq!(fullest(&BTreeMap::new()), None);
    }

    proptest! {
        #[test]
        fn the_sliding_window_finds_what_a_full_search_finds(minutes in prop::collection::btree_map(0_i64..40, 1_u64..9, 0..20)) {
            let minutes: BTreeMap<i64, u64> = minutes.into_iter().map(|(minute, posts)| (minute * 60, posts)).collect();
            let mut best: Option<(i64, u64)> = None;
            for &start in minutes.keys() {
                let sum = minutes.range(start..start + 300).map(|(_, posts)| posts).sum();
                if best.is_none_or(|(_, most)| sum > most) {
                    best = Some((start, sum));
                }
            }
            let found = peak_five_minutes(&minutes).map(|peak| (peak.at.as_second(), peak.posts));
            prop_assert_eq!(found, best);
        }
    }
}
