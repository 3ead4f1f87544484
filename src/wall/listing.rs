//! Lists of posts: which, in what order, from where on. No filter reads what a post says.

use jiff::Timestamp;
use serde::Deserialize;

use super::queues::Queue;
use super::record::PostRecord;
use super::state::WallState;
use crate::post::{AuthorNum, MediaKind, PostNum, Standing};

/// Posts are counted up to here.
const COUNTED: usize = 100_000;

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The newest.
    #[default]
    Newest,
    /// The oldest.
    Oldest,
}

/// Attachments asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    /// None at all.
    None,
    /// Any.
    Any,
    /// One of this kind.
    Kind(MediaKind),
}

/// A place in a list: a post, and its event time where the list goes by that.
pub type Place = (Option<Timestamp>, PostNum);

/// What posts must be to be listed. What is `None` is not asked.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Where they stand.
    pub standing: Option<Standing>,
    /// Where they were written.
    pub source: Option<String>,
    /// A rule that fired.
    pub rule: Option<String>,
    /// Their language; an empty one stands for those of which it is not known.
    pub language: Option<String>,
    /// Their attachments.
    pub media: Option<Attached>,
    /// Who wrote them.
    pub author: Option<AuthorNum>,
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        self.standing.is_none()
            && self.source.is_none()
            && self.rule.is_none()
            && self.language.is_none()
            && self.media.is_none()
            && self.author.is_none()
    }

    /// Whether a post is what it asks for.
    pub fn passes(&self, post: &PostRecord) -> bool {
        self.standing
            .is_none_or(|standing| post.standing == standing)
            && self.author.is_none_or(|author| post.author == author)
            && (self.source.as_ref()).is_none_or(|source| post.facts.source.as_str() == source)
            && self.language.as_ref().is_none_or(|language| {
                let known = post.facts.language.as_deref().unwrap_or_default();
                is_language(known, language)
            })
            && self.media.is_none_or(|asked| match asked {
                Attached::None => post.facts.media.is_empty(),
                Attached::Any => !post.facts.media.is_empty(),
                Attached::Kind(kind) => post.facts.media.contains(&kind),
            })
            && (self.rule.as_ref()).is_none_or(|rule| post.fired().any(|(fired, _)| fired == rule))
    }
}

/// Whether a tag is of the language asked for: `de-AT` is of `de`.
fn is_language(known: &str, asked: &str) -> bool {
    let subtag = known.get(..asked.len()).unwrap_or(known);
    let rest = known.get(subtag.len()..).unwrap_or_default();
    subtag.eq_ignore_ascii_case(asked)
        && (rest.is_empty() || (!asked.is_empty() && rest.starts_with('-')))
}

/// A list, and where it is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listing {
    /// Posts of that queue in the order they came; without one, all posts by event time.
    pub queue: Option<Queue>,
    /// Which end comes first.
    pub order: Order,
    /// The last post of the page before.
    pub from: Option<Place>,
    /// Only what is newer than this.
    pub after: Option<Place>,
}

impl WallState {
    /// The posts of a list from its place on. Looks at none that is not taken.
    pub fn list(&self, listing: Listing) -> Box<dyn Iterator<Item = PostNum> + '_> {
        let Listing {
            queue,
            order,
            from,
            after,
        } = listing;
        let Some(queue) = queue else {
            let place = |(at, num): Place| {
                let at = at.or_else(|| Some(self.post(num)?.created_at));
                (at.unwrap_or(Timestamp::MIN), num)
            };
            let (from, after) = (from.map(place), after.map(place));
            return match order {
                Order::Newest => {
                    let newer = move |num: &PostNum| {
                        let at = self.post(*num).map(|post| post.created_at);
                        after.is_none_or(|after| at.is_some_and(|at| (at, *num) > after))
                    };
                    Box::new(self.timeline_before(from).take_while(newer))
                }
                Order::Oldest => Box::new(self.timeline_after(from.max(after))),
            };
        };
        let posts = self.queues.of(queue);
        let num = |place: Option<Place>| place.map(|(_, num)| num);
        let (from, after) = (num(from), num(after));
        match order {
            Order::Newest => {
                let end = from.unwrap_or(PostNum(u32::MAX));
                let newer = move |num: &PostNum| after.is_none_or(|after| *num > after);
                Box::new(posts.range(..end).rev().copied().take_while(newer))
            }
            Order::Oldest => {
                use std::ops::Bound::{Excluded, Unbounded};
                let start = from.max(after).map_or(Unbounded, Excluded);
                Box::new(posts.range((start, Unbounded)).copied())
            }
        }
    }

    /// Where a list goes on after a post.
    pub fn place_of(&self, queue: Option<Queue>, num: PostNum) -> Option<String> {
        let post = self.post(num)?;
        Some(match queue {
            Some(_) => num.0.to_string(),
            None => format!("{}-{}", post.created_at.as_nanosecond(), num.0),
        })
    }

    /// How many posts a list has, up to a bound.
    pub fn total(&self, queue: Option<Queue>, filter: &Filter) -> usize {
        if let Some(queue) = queue.filter(|_| filter.is_open()) {
            return self.queues.of(queue).len();
        }
        let all = Listing {
            queue,
            ..Listing::default()
        };
        self.list(all)
            .filter_map(|num| self.post(num))
            .filter(|post| post.content.is_some() && filter.passes(post))
            .take(COUNTED)
            .count()
    }
}

/// A place as it is handed out.
pub fn place(text: &str) -> Option<Place> {
    let Some((at, num)) = text.rsplit_once('-') else {
        return Some((None, PostNum(text.parse().ok()?)));
    };
    let at = Timestamp::from_nanosecond(at.parse().ok()?).ok()?;
    Some((Some(at), PostNum(num.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_its_regions() {
        for (known, asked, expected) in [
            ("de", "de", true),
            ("de-AT", "de", true),
            ("DE", "de", true),
            ("den", "de", false),
            ("", "de", false),
            ("", "", true),
            ("de", "", false),
            ("é", "e", false),
        ] {
            assert_eq!(is_language(known, asked), expected, "{known} {asked}");
        }
    }

    #[test]
    fn a_place_reads_back() {
        assert_eq!(place("17"), Some((None, PostNum(17))));
        let at = Timestamp::from_second(5).unwrap();
        assert_eq!(place("5000000000-3"), Some((Some(at), PostNum(3))));
        assert_eq!(place("x"), None);
    }
}
