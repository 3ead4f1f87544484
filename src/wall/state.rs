//! The wall as the fold of its journal: posts, authors, standings, tallies, stage. Holds no clock, does no I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::awaiting::Awaiting;
use super::coverage::Coverage;
use super::decisions::Decision;
use super::queues::{Queue, Queues};
use super::record::{AuthorRecord, PostRecord, Recent, SoFar};
use super::rules::RuleTallies;
use super::settings::Settings;
use super::signing::PictureKey;
use super::stage::Stage;
use super::trends::TrendsAtSource;
use crate::feed::{Cursor, FeedName, Reason, SourceCount};
use crate::intake::Content;
use crate::journal::{Action, Epoch, Seq, Who};
use crate::post::{AuthorNum, Key, PostId, PostNum, Standing};
use crate::stats::{Contribution, Facts, Tallies};

/// What is known of a feed's work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeedRecord {
    /// Where it goes on.
    pub cursor: Option<Cursor>,
    /// Posts taken from it.
    pub taken: u64,
    /// What was not taken, by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// When it was read.
    pub coverage: Coverage,
    /// Event times of its latest posts, for its own limit.
    pub recent: Recent,
}

/// Acts that hold on the screens while the disk refuses them; empty in all ordinary times, and never part of the fold.
#[derive(Debug, Clone, Default)]
pub struct Unstored {
    /// Posts taken off the screens.
    pub hidden: BTreeSet<PostNum>,
    /// What the screens do instead.
    pub stage: Option<Stage>,
}

/// The wall.
#[derive(Debug, Clone)]
pub struct WallState {
    /// The wall's id, as it stands in addresses.
    pub id: String,
    /// The journal it is folded from.
    pub epoch: Epoch,
    /// The last record folded in.
    pub tip: Seq,
    /// When that was appended.
    pub tip_at: Option<Timestamp>,
    /// The settings that hold.
    pub settings: Settings,
    /// All posts by number.
    pub posts: Vec<PostRecord>,
    /// All authors by number.
    pub authors: Vec<AuthorRecord>,
    /// The figures.
    pub tallies: Tallies,
    /// What each rule did.
    pub rules: RuleTallies,
    /// Posts by queue.
    pub queues: Queues,
    /// Posts on which somebody's answer is awaited.
    pub awaiting: Awaiting,
    /// The first post that is judged again when the rules change; those before keep their verdict.
    pub judged_from: usize,
    /// What the screens do, as it is stored.
    pub stage: Stage,
    /// What acts on the screens although it could not be stored yet.
    pub unstored: Unstored,
    /// What the sources' own lists of trends said.
    pub trends: TrendsAtSource,
    /// How often sources counted a hashtag on a day: posts and people, by place, hashtag and day.
    pub source_counts: BTreeMap<(String, String, Date), (u64, Option<u64>)>,
    /// Feeds by name.
    pub feeds: BTreeMap<FeedName, FeedRecord>,
    /// What people did, in order.
    pub decisions: Vec<Decision>,
    /// Notes for the report.
    pub notes: Vec<(PostNum, Who, String)>,
    /// What signs the addresses of pictures, where they are told; no part of the fold.
    pub picture_key: Option<PictureKey>,
    pub(super) by_key: HashMap<Key, PostNum>,
    pub(super) author_by_key: HashMap<Key, AuthorNum>,
    /// Bridges' copies by the fingerprint of their original.
    pub(super) copies: HashMap<Key, PostNum>,
    pub(super) refused: HashSet<Key>,
    /// The first post that says a thing, by the fingerprint of its words.
    pub(super) said: HashMap<u64, PostNum>,
    /// Posts by event time: what lists are read from.
    pub(super) timeline: BTreeSet<(Timestamp, PostNum)>,
    pub(super) shown: BTreeSet<(Timestamp, PostNum)>,
    /// Posts that wait for their delay to run out.
    pub(super) delayed: BTreeSet<PostNum>,
}

/// Posts of one feed that are looked at again, and the newest of the wall among which they are.
const WATCHED: usize = 400;
const WATCHED_AMONG: usize = 20_000;

/// Posts in a snapshot beside the pinned ones.
pub const SNAPSHOT_POSTS: usize = 100;
/// Waiting posts in a snapshot of staff: so many of those that came first, and of those that came last.
const SNAPSHOT_WAITING: usize = 200;

impl WallState {
    /// A wall to which nothing has happened.
    pub fn new(id: &str, epoch: Epoch) -> Self {
        let settings = Settings::default();
        Self {
            id: id.to_owned(),
            epoch,
            tip: Seq(0),
            tip_at: None,
            tallies: Tallies::new(settings.zone.clone()),
            settings,
            rules: RuleTallies::default(),
            queues: Queues::default(),
            awaiting: Awaiting::default(),
            judged_from: 0,
            posts: Vec::new(),
            authors: Vec::new(),
            stage: Stage::default(),
            unstored: Unstored::default(),
            feeds: BTreeMap::new(),
            decisions: Vec::new(),
            notes: Vec::new(),
            trends: TrendsAtSource::default(),
            source_counts: BTreeMap::new(),
            copies: HashMap::new(),
            picture_key: None,
            by_key: HashMap::new(),
            author_by_key: HashMap::new(),
            refused: HashSet::new(),
            said: HashMap::new(),
            timeline: BTreeSet::new(),
            shown: BTreeSet::new(),
            delayed: BTreeSet::new(),
        }
    }

    /// What the screens do.
    pub fn stage(&self) -> &Stage {
        self.unstored.stage.as_ref().unwrap_or(&self.stage)
    }

    /// The post of that number.
    pub fn post(&self, num: PostNum) -> Option<&PostRecord> {
        self.posts.get(num.index())
    }

    /// The post with that id.
    pub fn find(&self, id: &str) -> Option<PostNum> {
        self.by_key.get(&Key::of(self.epoch.as_str(), id)).copied()
    }

    /// The post with that fingerprint.
    pub fn find_key(&self, key: Key) -> Option<PostNum> {
        self.by_key.get(&key).copied()
    }

    /// The author with that fingerprint.
    pub fn find_author_key(&self, key: Key) -> Option<AuthorNum> {
        self.author_by_key.get(&key).copied()
    }

    /// The copy of the post with that fingerprint, whether or not the original is here as well.
    pub fn find_copy(&self, key: Key) -> Option<PostNum> {
        self.copies.get(&key).copied()
    }

    /// Whether a person took the post off the wall, stored or not.
    pub fn is_taken_off(&self, num: PostNum) -> bool {
        let hidden = |post: &PostRecord| {
            (post.decided()).is_some_and(|applied| applied.action == Action::Hide)
        };
        self.unstored.hidden.contains(&num) || self.post(num).is_some_and(hidden)
    }

    /// Whether something between `from` and the present was not read from a feed, and not filled in since.
    pub fn has_gap(&self, feed: &FeedName, from: Timestamp) -> bool {
        (self.feeds.get(feed)).is_none_or(|feed| feed.coverage.has_gap(from))
    }

    /// The rank of a hashtag in a source's list of trends, as it was seen last.
    pub fn rank(&self, place: &str, tag: &str) -> Option<u32> {
        self.trends.rank(place, tag)
    }

    /// Whether that count is the one known last.
    pub fn knows_count(&self, count: &SourceCount) -> bool {
        let key = (count.place.clone(), count.tag.to_lowercase(), count.day);
        self.source_counts.get(&key) == Some(&(count.posts, count.people))
    }

    /// The newest posts of a feed that are still there, newest first.
    pub fn watched(&self, feed: &FeedName) -> Vec<PostId> {
        let newest = self.timeline.iter().rev().take(WATCHED_AMONG);
        newest
            .filter_map(|(_, num)| self.post(*num))
            .filter(|post| !post.deleted && post.feed.as_ref() == Some(feed))
            .filter_map(|post| Some(PostId::new(post.content.as_ref()?.id.clone())))
            .take(WATCHED)
            .collect()
    }

    /// The newest posts that people added by their address and that are still there, in the order they came; nothing while none
    /// of them is on the wall.
    pub fn added(&self, most: usize) -> Vec<(PostNum, &Arc<Content>)> {
        // On most walls there is none, and this is asked again and again.
        if self.tallies.added() == 0 {
            return Vec::new();
        }
        let all = (0_u32..).map(PostNum).zip(&self.posts);
        let there = all.filter(|(_, post)| post.added && !post.deleted);
        let mut added: Vec<_> = there
            .filter_map(|(num, post)| Some((num, post.content.as_ref()?)))
            .collect();
        added.drain(..added.len().saturating_sub(most));
        added
    }

    /// What an author is called: the handle of the newest post that still has one.
    pub fn author_name(&self, author: AuthorNum) -> Option<String> {
        let posts = &self.authors.get(author.index())?.posts;
        let content = posts
            .iter()
            .rev()
            .find_map(|num| self.post(*num)?.content.as_ref())?;
        let name = if content.handle.is_empty() {
            &content.name
        } else {
            &content.handle
        };
        Some(name.to_string())
    }

    /// The author with that id.
    pub fn find_author(&self, id: &str) -> Option<AuthorNum> {
        self.author_by_key
            .get(&Key::of(self.epoch.as_str(), id))
            .copied()
    }

    /// The first post that says the same, if it is shown now.
    pub fn said_before(&self, words: u64) -> Option<PostNum> {
        self.said.get(&words).copied().filter(|num| {
            self.post(*num)
                .is_some_and(|post| post.standing == Standing::Shown)
        })
    }

    /// Whether something with that fingerprint was refused before.
    pub fn knows_refused(&self, key: Key) -> bool {
        self.refused.contains(&key)
    }

    /// Whether the public may see the post just now: what is stored allows it, and nobody took it off the screens while
    /// the disk refuses to store that.
    pub fn is_public(&self, num: PostNum) -> bool {
        !self.unstored.hidden.contains(&num) && self.is_public_as_stored(num)
    }

    /// Whether the journal lets the public see the post: it is shown, has content, and did not change while the wall is
    /// paused. The fold goes by this alone.
    pub(super) fn is_public_as_stored(&self, num: PostNum) -> bool {
        self.post(num).is_some_and(|post| {
            post.standing == Standing::Shown
                && post.content.is_some()
                && self
                    .stage
                    .paused_at
                    .is_none_or(|paused| post.changed < paused)
        })
    }

    /// What the public sees when it connects: the newest posts by event time, then pinned ones that are older.
    pub fn public_posts(&self) -> Vec<PostNum> {
        let mut posts: Vec<PostNum> = self
            .shown
            .iter()
            .rev()
            .map(|(_, num)| *num)
            .filter(|num| self.is_public(*num))
            .take(SNAPSHOT_POSTS)
            .collect();
        for num in self.queues.of(Queue::Pinned) {
            if self.is_public(*num) && !posts.contains(num) {
                posts.push(*num);
            }
        }
        posts
    }

    /// What staff see when they connect: the newest posts of any standing, of those that wait the 200 that came first and the
    /// 200 that came last, and pinned ones.
    pub fn staff_posts(&self) -> Vec<PostNum> {
        let newest = self
            .timeline
            .iter()
            .rev()
            .map(|(_, num)| *num)
            .filter(|num| {
                self.post(*num)
                    .is_some_and(|post| post.standing != Standing::Deleted)
            });
        let mut posts: Vec<PostNum> = newest.take(SNAPSHOT_POSTS).collect();
        let mut known: HashSet<PostNum> = posts.iter().copied().collect();
        let waiting = self.queues.of(Queue::Waiting);
        let waiting = (waiting.iter().take(SNAPSHOT_WAITING))
            .chain(waiting.iter().rev().take(SNAPSHOT_WAITING));
        for num in waiting.chain(self.queues.of(Queue::Pinned)) {
            if known.insert(*num) {
                posts.push(*num);
            }
        }
        posts
    }

    /// Posts older than a position, newest first: `(event time, number)` of each.
    pub fn timeline_before(
        &self,
        before: Option<(Timestamp, PostNum)>,
    ) -> impl Iterator<Item = PostNum> {
        let end = before.unwrap_or((Timestamp::MAX, PostNum(u32::MAX)));
        self.timeline.range(..end).rev().map(|(_, num)| *num)
    }

    /// Posts newer than a position, oldest first.
    pub fn timeline_after(
        &self,
        after: Option<(Timestamp, PostNum)>,
    ) -> impl Iterator<Item = PostNum> {
        use std::ops::Bound::{Excluded, Unbounded};
        let start = after.map_or(Unbounded, Excluded);
        (self.timeline.range((start, Unbounded))).map(|(_, num)| *num)
    }

    /// Posts that wait for their delay to run out.
    pub fn delayed(&self) -> impl Iterator<Item = PostNum> {
        self.delayed.iter().copied()
    }

    /// What a post adds to the tallies; nothing if it lies outside the event.
    pub fn contribution(&self, num: PostNum) -> Option<Contribution> {
        let post = self
            .post(num)
            .filter(|post| post.added || (post.in_time && post.asked_for))
            .filter(|post| post.replaced_by.is_none())?;
        let own = &self.settings.query;
        let is_own = |tag: &str| {
            own.any
                .iter()
                .chain(&own.all)
                .any(|own| own.as_str() == tag)
        };
        let facts = if post.facts.hashtags.iter().any(|tag| is_own(tag)) {
            let hashtags = post
                .facts
                .hashtags
                .iter()
                .filter(|tag| !is_own(tag))
                .cloned()
                .collect();
            Arc::new(Facts {
                hashtags,
                ..(*post.facts).clone()
            })
        } else {
            post.facts.clone()
        };
        Some(Contribution {
            author: post.author,
            kind: post.kind,
            standing: post.standing,
            created_at: post.created_at,
            added: post.added,
            facts,
        })
    }

    /// Counts everything again from nothing. Equal to the running tallies at any time, which tests check.
    pub fn recount(&self) -> Tallies {
        let mut tallies = Tallies::new(self.settings.zone.clone());
        for num in (0_u32..).map(PostNum).take(self.posts.len()) {
            if let Some(contribution) = self.contribution(num) {
                tallies.add(&contribution);
            }
        }
        tallies
    }

    /// The same of what the rules did and of what became of each author's posts.
    pub fn recount_rules(&self) -> (RuleTallies, Vec<SoFar>) {
        let mut rules = RuleTallies::default();
        let mut authors = vec![SoFar::default(); self.authors.len()];
        for post in &self.posts {
            rules.count(post, 1);
            if let Some(author) = authors.get_mut(post.author.index()) {
                author.count(post, 1);
            }
        }
        (rules, authors)
    }
}
