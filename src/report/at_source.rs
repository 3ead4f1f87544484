//! What the sources themselves say: when the hashtag stood in their lists of trends, and how often they counted it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::text::Tag;
use crate::wall::WallState;

/// A stretch in which a hashtag stood in a source's own list of trends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trended {
    /// Whose list.
    pub place: String,
    /// The hashtag.
    pub hashtag: String,
    /// First seen there.
    pub from: Timestamp,
    /// Seen to be gone, or the last that is known of it because nobody looked any more; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// The best rank, from 1.
    pub best_rank: u32,
    /// When it was first seen at that rank.
    pub best_at: Timestamp,
    /// Length of the list.
    pub of: u32,
    /// Every change of rank.
    pub ranks: Vec<Ranked>,
}

/// A rank and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ranked {
    /// Since when.
    pub at: Timestamp,
    /// The rank, from 1.
    pub rank: u32,
}

/// A source's own count of a hashtag on a day, beside ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Who counts.
    pub place: String,
    /// The hashtag.
    pub hashtag: String,
    /// The day in UTC.
    pub day: Date,
    /// Posts, as the source counts them.
    pub source_posts: u64,
    /// People, as the source counts them.
    pub source_people: Option<u64>,
    /// Our posts with that hashtag on that day, from all sources.
    pub our_posts: u64,
    /// Our reposts with it on that day.
    pub our_reposts: u64,
    /// Why the two differ, as far as is known.
    pub explained: String,
}

/// When hashtags stood in sources' lists between two moments, in order of time.
pub(super) fn trended(
    state: &WallState,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Vec<Trended> {
    let mut trended: Vec<Trended> = state
        .trends
        .runs()
        .filter(|(_, _, run)| {
            to.is_none_or(|to| run.from < to)
                && from.is_none_or(|from| run.to.is_none_or(|end| end > from))
        })
        .filter_map(|(place, tag, run)| {
            let (best_rank, best_at) = run.best()?;
            Some(Trended {
                place: place.to_owned(),
                hashtag: tag.to_owned(),
                from: run.from,
                to: run.to,
                best_rank,
                best_at,
                of: run.of,
                ranks: run
                    .ranks
                    .iter()
                    .map(|(at, rank)| Ranked {
                        at: *at,
                        rank: *rank,
                    })
                    .collect(),
            })
        })
        .collect();
    trended.sort_by(|a, b| (a.from, &a.place).cmp(&(b.from, &b.place)));
    trended
}

/// The sources' own counts beside ours, for the days of the report.
pub(super) fn compared(
    state: &WallState,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Vec<Compared> {
    let day_of = |at: Timestamp| at.to_zoned_datetime(TimeZone::UTC).date();
    let (first, last) = (from.map(day_of), to.map(day_of));
    state
        .source_counts
        .iter()
        .filter(|((_, _, day), _)| {
            first.is_none_or(|first| *day >= first) && last.is_none_or(|last| *day <= last)
        })
        .map(|((place, hashtag, day), (posts, people))| {
            let folded = Tag::new(hashtag).ok();
            let (mut ours, mut reposts, mut gone) = (0, 0, 0);
            for post in &state.posts {
                let carries = folded
                    .as_ref()
                    .is_some_and(|tag| post.first_tags.iter().any(|own| **own == *tag.as_str()));
                if !carries || post.replaced_by.is_some() || day_of(post.created_at) != *day {
                    continue;
                }
                match (post.deleted, post.kind.is_authored()) {
                    (true, _) => gone += 1,
                    (false, true) => ours += 1,
                    (false, false) => reposts += 1,
                }
            }
            Compared {
                place: place.clone(),
                hashtag: hashtag.clone(),
                day: *day,
                source_posts: *posts,
                source_people: *people,
                our_posts: ours,
                our_reposts: reposts,
                explained: explained(place, *posts, ours, reposts, gone),
            }
        })
        .collect()
}

/// Why the two counts differ, as far as is known.
fn explained(place: &str, theirs: u64, ours: u64, reposts: u64, gone: u64) -> String {
    let apart = match theirs.cmp(&ours) {
        std::cmp::Ordering::Equal => return format!("{place} counts the same."),
        std::cmp::Ordering::Greater => format!("{place} counts {} more.", theirs - ours),
        std::cmp::Ordering::Less => format!("{place} counts {} fewer.", ours - theirs),
    };
    let mut known = vec![format!(
        "{place} counts what reached it by the day in UTC; ours is from all sources that were read"
    )];
    if gone > 0 {
        known.push(format!(
            "{gone} of that day were deleted since and are not in ours"
        ));
    }
    if reposts > 0 {
        known.push(format!("ours has {reposts} reposts beside the posts"));
    }
    known.push("people who asked not to be collected are in none of ours".to_owned());
    format!("{apart} Known of the difference: {}.", known.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_said_in_words() {
        assert_eq!(
            explained("example.org", 7, 7, 0, 0),
            "example.org counts the same."
        );
        let words = explained("example.org", 9, 7, 1, 2);
        assert!(words.starts_with("example.org counts 2 more."), "{words}");
        assert!(words.contains("2 of that day were deleted"), "{words}");
        assert!(explained("X", 3, 7, 0, 0).starts_with("X counts 4 fewer."));
    }
}
