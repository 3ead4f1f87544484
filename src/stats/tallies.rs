//! The numbers of one wall. Each has one definition; it stands in the report beside the figure.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::facts::Facts;
use super::peaks::{Peak, fullest, peak_five_minutes};
use super::top::Tops;
use crate::post::{AuthorNum, Kind, MediaKind, Source, Standing};

/// What one post adds to the tallies, and what is taken away again when it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Who wrote it.
    pub author: AuthorNum,
    /// Original, reply, quote or repost.
    pub kind: Kind,
    /// Where it stands.
    pub standing: Standing,
    /// Event time.
    pub created_at: Timestamp,
    /// Whether a person brought it by its address: it counts for `added` alone.
    pub added: bool,
    /// What else is counted; hashtags without the wall's own.
    pub facts: Arc<Facts>,
}

/// A number of posts or of people.
pub type Count = u64;

/// An author's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Share {
    posts: Count,
    reposts: Count,
    shown: Count,
}

/// Everything counted about a wall within its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Tallies {
    zone: TimeZone,
    originals: Count,
    replies: Count,
    quotes: Count,
    reposts: Count,
    shown: Count,
    held: Count,
    hidden: Count,
    deleted: Count,
    added: Count,
    authors: HashMap<AuthorNum, Share>,
    /// Posts per clock minute, by the minute's first second.
    minutes: BTreeMap<i64, Count>,
    /// Posts per clock hour of the zone, by the hour's first second.
    hours: BTreeMap<i64, Count>,
    /// Posts per millisecond, for the first and the last.
    moments: BTreeMap<i64, Count>,
    hashtags: Tops<Arc<str>>,
    languages: Tops<Arc<str>>,
    sources: Tops<Source>,
    media: Tops<MediaKind>,
}

/// The headline figures under the names of the JSON contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Distinct authored posts.
    pub posts: Count,
    /// Posts that stand by themselves.
    pub originals: Count,
    /// Posts that answer.
    pub replies: Count,
    /// Posts that comment on another.
    pub quotes: Count,
    /// Posts passed on.
    pub reposts: Count,
    /// Posts and reposts.
    pub total: Count,
    /// Posts on the wall.
    pub shown: Count,
    /// Posts that wait.
    pub held: Count,
    /// Posts kept off.
    pub hidden: Count,
    /// Authored posts deleted at the source; in none of the other figures.
    pub deleted: Count,
    /// Posts on the wall that a person brought by their address; in none of the other figures.
    pub added: Count,
    /// Distinct authors of posts.
    pub participants: Count,
    /// Distinct authors who only passed posts on.
    pub repost_only_participants: Count,
    /// Event time of the first post.
    pub first_at: Option<Timestamp>,
    /// Event time of the last post.
    pub last_at: Option<Timestamp>,
    /// The fullest clock minute.
    pub peak_minute: Option<Peak>,
    /// The fullest five successive minutes.
    pub peak_five_minutes: Option<Peak>,
    /// The fullest clock hour in the wall's zone.
    pub peak_hour: Option<Peak>,
}

impl Tallies {
    /// Nothing counted yet; hours are those of `zone`.
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            originals: 0,
            replies: 0,
            quotes: 0,
            reposts: 0,
            shown: 0,
            held: 0,
            hidden: 0,
            deleted: 0,
            added: 0,
            authors: HashMap::new(),
            minutes: BTreeMap::new(),
            hours: BTreeMap::new(),
            moments: BTreeMap::new(),
            hashtags: Tops::default(),
            languages: Tops::default(),
            sources: Tops::default(),
            media: Tops::default(),
        }
    }

    /// Counts a post in.
    pub fn add(&mut self, post: &Contribution) {
        self.count(post, 1);
    }

    /// Takes back exactly what [`Tallies::add`] did for the same contribution.
    pub fn subtract(&mut self, post: &Contribution) {
        self.count(post, -1);
    }

    fn count(&mut self, post: &Contribution, by: i64) {
        if post.added {
            if post.standing == Standing::Shown {
                step(&mut self.added, by);
            }
            return;
        }
        let authored = post.kind.is_authored();
        if post.standing == Standing::Deleted {
            if authored {
                step(&mut self.deleted, by);
            }
            return;
        }
        step(
            match post.kind {
                Kind::Original => &mut self.originals,
                Kind::Reply => &mut self.replies,
                Kind::Quote => &mut self.quotes,
                Kind::Repost => &mut self.reposts,
            },
            by,
        );
        let share = self.authors.entry(post.author).or_default();
        step(
            if authored {
                &mut share.posts
            } else {
                &mut share.reposts
            },
            by,
        );
        let shown = authored && post.standing == Standing::Shown;
        if shown {
            step(&mut share.shown, by);
        }
        if *share == Share::default() {
            self.authors.remove(&post.author);
        }
        if !authored {
            return;
        }
        step(
            match post.standing {
                Standing::Shown => &mut self.shown,
                Standing::Held => &mut self.held,
                Standing::Hidden | Standing::Deleted => &mut self.hidden,
            },
            by,
        );
        let second = post.created_at.as_second();
        bucket(&mut self.minutes, second - second.rem_euclid(60), by);
        bucket(
            &mut self.hours,
            hour_of(second, post.created_at, &self.zone),
            by,
        );
        bucket(&mut self.moments, post.created_at.as_millisecond(), by);
        if shown {
            for tag in post.facts.hashtags.iter() {
                tally(&mut self.hashtags, tag, by);
            }
            if let Some(language) = &post.facts.language {
                tally(&mut self.languages, language, by);
            }
            tally(&mut self.sources, &post.facts.source, by);
            for kind in post.facts.media.iter() {
                tally(&mut self.media, kind, by);
            }
        }
    }

    /// Posts on the wall that a person brought by their address.
    pub fn added(&self) -> Count {
        self.added
    }

    /// The headline figures.
    pub fn figures(&self) -> Figures {
        let posts = self.originals + self.replies + self.quotes;
        let participants = self
            .authors
            .values()
            .filter(|share| share.posts > 0)
            .count() as Count;
        let moment = |entry: Option<(&i64, &Count)>| {
            entry.and_then(|(millisecond, _)| Timestamp::from_millisecond(*millisecond).ok())
        };
        Figures {
            posts,
            originals: self.originals,
            replies: self.replies,
            quotes: self.quotes,
            reposts: self.reposts,
            total: posts + self.reposts,
            shown: self.shown,
            held: self.held,
            hidden: self.hidden,
            deleted: self.deleted,
            added: self.added,
            participants,
            repost_only_participants: self.authors.len() as Count - participants,
            first_at: moment(self.moments.first_key_value()),
            last_at: moment(self.moments.last_key_value()),
            peak_minute: fullest(&self.minutes),
            peak_five_minutes: peak_five_minutes(&self.minutes),
            peak_hour: fullest(&self.hours),
        }
    }

    /// Posts per clock minute that is not empty.
    pub fn per_minute(&self) -> Vec<Peak> {
        series(&self.minutes)
    }

    /// Posts per clock hour of the wall's zone that is not empty.
    pub fn per_hour(&self) -> Vec<Peak> {
        series(&self.hours)
    }

    /// Posts of each participant, ascending: what the median and the share of the most active are read from.
    pub fn posts_per_participant(&self) -> Vec<Count> {
        let mut posts: Vec<Count> = self
            .authors
            .values()
            .map(|share| share.posts)
            .filter(|posts| *posts > 0)
            .collect();
        posts.sort_unstable();
        posts
    }

    /// Authors by posts now shown, most first.
    pub fn top_participants(&self, max: usize) -> Vec<(AuthorNum, Count)> {
        let mut shares: Vec<(AuthorNum, Count)> = self
            .authors
            .iter()
            .filter(|(_, share)| share.shown > 0)
            .map(|(author, share)| (*author, share.shown))
            .collect();
        shares.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        shares.truncate(max);
        shares
    }

    /// Co-hashtags of posts now shown, most first.
    pub fn top_hashtags(&self, max: usize) -> Vec<(Arc<str>, Count)> {
        self.hashtags.most(max)
    }

    /// Languages of posts now shown.
    pub fn languages(&self) -> Vec<(Arc<str>, Count)> {
        self.languages.most(usize::MAX)
    }

    /// Sources of posts now shown.
    pub fn sources(&self) -> Vec<(Source, Count)> {
        self.sources.most(usize::MAX)
    }

    /// Attachments of posts now shown, by kind.
    pub fn media(&self) -> Vec<(MediaKind, Count)> {
        self.media.most(usize::MAX)
    }
}

fn step(count: &mut Count, by: i64) {
    *count = count.saturating_add_signed(by);
}

fn bucket(buckets: &mut BTreeMap<i64, Count>, key: i64, by: i64) {
    let count = buckets.entry(key).or_default();
    step(count, by);
    if *count == 0 {
        buckets.remove(&key);
    }
}

fn tally<T: std::hash::Hash + Eq + Ord + Clone>(tops: &mut Tops<T>, value: &T, by: i64) {
    if by > 0 {
        tops.add(value.clone());
    } else {
        tops.subtract(value);
    }
}

/// First second of the clock hour that `second` lies in, by the zone's offset at that moment.
fn hour_of(second: i64, at: Timestamp, zone: &TimeZone) -> i64 {
    let offset = i64::from(zone.to_offset(at).seconds());
    second - (second + offset).rem_euclid(3600)
}

fn series(buckets: &BTreeMap<i64, Count>) -> Vec<Peak> {
    buckets
        .iter()
        .filter_map(|(second, posts)| {
            Some(Peak {
                at: Timestamp::from_second(*second).ok()?,
                posts: *posts,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contribution(author: u32, kind: Kind, standing: Standing, second: i64) -> Contribution {
        Contribution {
            author: AuthorNum(author),
            kind,
            standing,
            created_at: Timestamp::from_second(second).unwrap(),
            added: false,
            facts: Arc::new(Facts {
                source: Source::new("mastodon"),
                language: Some("en".into()),
                hashtags: Arc::from([Arc::from("rust")]),
                media: Arc::from([MediaKind::Image]),
            }),
        }
    }

    fn any_contribution() -> impl Strategy<Value = Contribution> {
        use Kind::{Original, Quote, Reply, Repost};
        use Standing::{Deleted, Held, Hidden, Shown};
        (
            0_u32..5,
            prop::sample::select(vec![Original, Reply, Quote, Repost]),
            prop::sample::select(vec![Shown, Held, Hidden, Deleted]),
            0_i64..20_000,
        )
            .prop_map(|(author, kind, standing, second)| {
                contribution(author, kind, standing, second)
            })
    }

    #[test]
    fn each_figure_counts_what_its_definition_says() {
        let mut tallies = Tallies::new(TimeZone::UTC);
        for post in [
            contribution(1, Kind::Original, Standing::Shown, 10),
            contribution(1, Kind::Reply, Standing::Hidden, 70),
            contribution(2, Kind::Quote, Standing::Held, 75),
            contribution(3, Kind::Repost, Standing::Hidden, 76),
            contribution(2, Kind::Repost, Standing::Hidden, 76),
            contribution(4, Kind::Original, Standing::Deleted, 76),
        ] {
            tallies.add(&post);
        }
        let figures = tallies.figures();
        assert_eq!((figures.posts, figures.reposts, figures.total), (3, 2, 5));
        assert_eq!(
            (figures.originals, figures.replies, figures.quotes),
            (1, 1, 1)
        );
        assert_eq!(
            (figures.shown, figures.held, figures.hidden, figures.deleted),
            (1, 1, 1, 1)
        );
        assert_eq!(
            (figures.participants, figures.repost_only_participants),
            (2, 1)
        );
        assert_eq!(
            figures.peak_minute.unwrap(),
            Peak {
                at: Timestamp::from_second(60).unwrap(),
                posts: 2
            }
        );
        assert_eq!(figures.peak_five_minutes.unwrap().posts, 3);
        assert_eq!(figures.last_at.unwrap().as_second(), 75);
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let kolkata = TimeZone::get("Asia/Kolkata").unwrap();
        let mut tallies = Tallies::new(kolkata);
        // 09:00 UTC is 14:30 there: its clock hour began at 08:30 UTC.
        let at: Timestamp = "2024-05-01T09:00:00Z".parse().unwrap();
        tallies.add(&contribution(
            1,
            Kind::Original,
            Standing::Shown,
            at.as_second(),
        ));
        assert_eq!(
            tallies.figures().peak_hour.unwrap().at.to_string(),
            "2024-05-01T08:30:00Z"
        );
    }

    proptest! {
        #[test]
        fn subtracting_leaves_what_was_never_added(
            kept in prop::collection::vec(any_contribution(), 0..20),
            taken_back in prop::collection::vec(any_contribution(), 0..20),
        ) {
            let mut only_kept = Tallies::new(TimeZone::UTC);
            for post in &kept {
                only_kept.add(post);
            }
            let mut both = Tallies::new(TimeZone::UTC);
            for post in taken_back.iter().chain(&kept) {
                both.add(post);
            }
            for post in &taken_back {
                both.subtract(post);
            }
            prop_assert_eq!(&both, &only_kept);
            let figures = both.figures();
            prop_assert_eq!(figures.shown + figures.held + figures.hidden, figures.posts);
        }
    }
}
