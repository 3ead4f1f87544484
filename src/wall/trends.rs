//! What the sources' own lists of trends said of our hashtags: the record behind "it was trending".

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::feed::{FeedName, Sighting};

/// A stretch in which a hashtag stood in one source's list of trends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// First seen there.
    pub from: Timestamp,
    /// Seen to be gone, or the last that is known of it because nobody looked any more; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// The feed that saw it begin, and whose looking keeps it up.
    pub feed: FeedName,
    /// Every change of rank with its moment; the first is that of `from`.
    pub ranks: Vec<(Timestamp, u32)>,
    /// Length of the list when it stood best.
    pub of: u32,
}

impl Run {
    /// The best rank, and when it was first seen there.
    pub fn best(&self) -> Option<(u32, Timestamp)> {
        self.ranks.iter().map(|(at, rank)| (*rank, *at)).min()
    }

    /// The rank it had last.
    pub fn last_rank(&self) -> Option<u32> {
        self.ranks.last().map(|(_, rank)| *rank)
    }
}

/// All that was seen, by place and hashtag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrendsAtSource {
    seen: BTreeMap<(String, String), Vec<Run>>,
}

impl TrendsAtSource {
    pub(super) fn see(&mut self, feed: &FeedName, sighting: &Sighting, at: Timestamp) {
        let key = (sighting.place.clone(), sighting.tag.to_lowercase());
        let runs = self.seen.entry(key).or_default();
        let open = runs.last_mut().filter(|run| run.to.is_none());
        match (open, sighting.rank) {
            (Some(run), Some(rank)) => {
                if run.best().is_none_or(|(best, _)| rank < best) {
                    run.of = sighting.of;
                }
                run.ranks.push((at, rank));
            }
            (Some(run), None) => run.to = Some(at),
            (None, Some(rank)) => runs.push(Run {
                from: at,
                to: None,
                feed: feed.clone(),
                ranks: vec![(at, rank)],
                of: sighting.of,
            }),
            (None, None) => {}
        }
    }

    /// Nobody looks any more, or not this feed: what it saw last held until then, and what is now is not known. Whether
    /// anything ended by that.
    pub(super) fn close(&mut self, feed: Option<&FeedName>, at: Timestamp) -> bool {
        let mut any = false;
        for run in self.seen.values_mut().filter_map(|runs| runs.last_mut()) {
            if run.to.is_none() && feed.is_none_or(|feed| run.feed == *feed) {
                let seen = run.ranks.last().map_or(run.from, |(at, _)| *at);
                run.to = Some(at.max(seen));
                any = true;
            }
        }
        any
    }

    /// The rank of a hashtag in a place's list, as it was seen last.
    pub fn rank(&self, place: &str, tag: &str) -> Option<u32> {
        let runs = self.seen.get(&(place.to_owned(), tag.to_lowercase()))?;
        runs.last().filter(|run| run.to.is_none())?.last_rank()
    }

    /// Every run with its place and hashtag.
    pub fn runs(&self) -> impl Iterator<Item = (&str, &str, &Run)> {
        self.seen
            .iter()
            .flat_map(|((place, tag), runs)| runs.iter().map(move |run| (&**place, &**tag, run)))
    }

    /// What stands in a list now, best first.
    pub fn now(&self) -> Vec<(&str, &str, &Run)> {
        let mut now: Vec<_> = self.runs().filter(|(_, _, run)| run.to.is_none()).collect();
        now.sort_by_key(|(place, _, run)| (run.last_rank(), *place));
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_begin_change_and_end() {
        let mut trends = TrendsAtSource::default();
        let minute = |m: i64| Timestamp::from_second(m * 60).unwrap();
        let feed = FeedName("trends example.org".to_owned());
        for (m, rank) in [
            (0, None),
            (5, Some(7)),
            (10, Some(3)),
            (15, Some(9)),
            (20, None),
        ] {
            let sighting = Sighting {
                place: "example.org".to_owned(),
                tag: "Rust".to_owned(),
                rank,
                of: 10,
            };
            trends.see(&feed, &sighting, minute(m));
            assert_eq!(trends.rank("example.org", "rust"), rank);
        }
        let runs: Vec<_> = trends.runs().collect();
        let [(place, tag, run)] = runs[..] else {
            panic!("one run, not {runs:?}")
        };
        assert_eq!((place, tag), ("example.org", "rust"));
        assert_eq!((run.from, run.to), (minute(5), Some(minute(20))));
        assert_eq!(run.best(), Some((3, minute(10))));
        assert!(trends.now().is_empty());
    }
}
