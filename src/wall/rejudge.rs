//! What the wall would be had other rules held all along: every post judged again in the order they came, over a history
//! that begins empty. Pure; who calls it brings the posts.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::likeness::{HIDDEN, RECENT};
use super::record::{Applied, AuthorRecord, PostRecord, Recent};
use super::state::WallState;
use crate::feed::FeedName;
use crate::journal::{AuthorStanding, Seq};
use crate::moderation::near::{Saying, Sayings};
use crate::moderation::{Again, FeedRules, History, Rules, Since, Verdict, judge_again};
use crate::post::{AuthorNum, Post, PostNum, Standing};

/// A post as it is here, with what was decided about its author.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its number.
    pub num: PostNum,
    /// What the wall knows of it.
    pub record: PostRecord,
    /// Decisions about its author.
    pub author: Arc<[(Seq, AuthorStanding)]>,
}

impl Received {
    /// Takes a post out of the state.
    pub fn of(state: &WallState, num: PostNum) -> Option<Self> {
        let record = state.post(num)?.clone();
        let author = state.authors.get(record.author.index());
        Some(Self {
            num,
            author: author.map_or_else(Arc::default, |author| author.decisions.as_slice().into()),
            record,
        })
    }

    /// Where it stands now, by another verdict.
    pub fn standing_by(&self, verdict: &Verdict) -> Standing {
        let author = self.author.last().map(|(_, standing)| *standing);
        self.record
            .settle_by(verdict, author.unwrap_or_default(), self.record.decided())
    }
}

/// What is known of the posts that came so far, as it would be known by the other rules.
pub struct Replay<'a> {
    rules: &'a Rules,
    feeds: &'a HashMap<FeedName, FeedRules>,
    times: HashMap<AuthorNum, VecDeque<Timestamp>>,
    of_feeds: HashMap<FeedName, Recent>,
    /// The post that says a thing first, by the fingerprint of its words.
    said: HashMap<u64, Arc<First>>,
    /// All posts that say something.
    firsts: HashMap<PostNum, Arc<First>>,
    /// What the newest of them say.
    sayings: Sayings,
    /// What those say that a person took off the wall at some time.
    hidden: Sayings,
    /// What copies repeat.
    roots: HashMap<PostNum, PostNum>,
}

/// A post that says a thing, with all that tells whether it was shown at a time.
struct First {
    num: PostNum,
    came: Seq,
    judged: Seq,
    verdict: Verdict,
    delayed_until: Option<Seq>,
    gone: Option<Seq>,
    off: bool,
    decisions: Vec<Applied>,
    author: Arc<[(Seq, AuthorStanding)]>,
    record_added: bool,
}

impl First {
    /// Whether a person had taken it, or all of its author's, off the wall when that record was written.
    fn was_taken_off(&self, then: Seq) -> bool {
        let mut before = self.decisions.iter().rev();
        let decided = before.find(|applied| {
            super::decisions::decides_standing(applied.action) && applied.seq <= then
        });
        let mut before = self.author.iter().rev();
        let author = before.find(|(seq, _)| *seq <= then);
        decided.is_some_and(|applied| applied.action == crate::journal::Action::Hide)
            || author.is_some_and(|(_, standing)| *standing == AuthorStanding::Blocked)
    }

    fn was_ever_taken_off(&self) -> bool {
        let hidden = |applied: &Applied| applied.action == crate::journal::Action::Hide;
        let blocked = |(_, standing): &(Seq, AuthorStanding)| *standing == AuthorStanding::Blocked;
        self.decisions.iter().any(hidden) || self.author.iter().any(blocked)
    }

    /// Whether it was on the wall when that record was written.
    fn was_shown(&self, then: Seq) -> bool {
        if self.off || self.gone.is_some_and(|gone| gone <= then) {
            return false;
        }
        let mut before = self.decisions.iter().rev();
        let decided = before.find(|applied| {
            super::decisions::decides_standing(applied.action) && applied.seq <= then
        });
        match decided {
            Some(applied) if applied.action == crate::journal::Action::Hide => return false,
            Some(applied)
                if applied.seq > self.judged || self.verdict.standing == Standing::Shown =>
            {
                return true;
            }
            _ if self.record_added => return false,
            _ => {}
        }
        let mut before = self.author.iter().rev();
        let author = before.find(|(seq, _)| *seq <= then);
        let author = author.map(|(_, standing)| *standing).unwrap_or_default();
        let delayed = self.delayed_until.is_some_and(|until| until > then);
        match (author, self.verdict.standing) {
            (AuthorStanding::Blocked, _) => false,
            (AuthorStanding::Trusted, Standing::Shown | Standing::Held) => true,
            (_, standing) => standing == Standing::Shown && !delayed,
        }
    }
}

impl<'a> Replay<'a> {
    /// Nothing has come yet. `feeds`: what is ruled for each feed alone.
    pub fn new(rules: &'a Rules, feeds: &'a HashMap<FeedName, FeedRules>) -> Self {
        Self {
            rules,
            feeds,
            times: HashMap::new(),
            of_feeds: HashMap::new(),
            said: HashMap::new(),
            firsts: HashMap::new(),
            sayings: Sayings::recent(RECENT),
            hidden: Sayings::timeless(HIDDEN),
            roots: HashMap::new(),
        }
    }

    /// Lets a post come. Where it is to be judged and has content still, the answer is what the rules say of it.
    pub fn come(&mut self, received: &Received, judged: bool) -> Option<Again> {
        let again = if judged && !received.record.deleted {
            self.judge(received)
        } else {
            None
        };
        self.remember(received, again.as_ref());
        again
    }

    fn judge(&self, received: &Received) -> Option<Again> {
        let record = &received.record;
        // Own data that cannot be read stays as it is; the fold found that out before.
        let post = record.content.as_ref()?.post().ok()?;
        let none = FeedRules::default();
        let feed = record.feed.as_ref().and_then(|feed| self.feeds.get(feed));
        let before = Before {
            replay: self,
            received,
        };
        let since = Since {
            edited: record.judged != record.came,
            first_gone: record
                .copy_of
                .is_some_and(|first| !self.firsts.contains_key(&first)),
        };
        let feed = feed.unwrap_or(&none);
        Some(judge_again(
            &post,
            self.rules,
            feed,
            &before,
            record.received_at,
            since,
        ))
    }

    fn remember(&mut self, received: &Received, again: Option<&Again>) {
        let record = &received.record;
        if record.kind.is_authored() {
            let times = self.times.entry(record.author).or_default();
            if times.len() == AuthorRecord::RECENT {
                times.pop_front();
            }
            times.push_back(record.created_at);
            if let Some(feed) = &record.feed {
                if !self.of_feeds.contains_key(feed) {
                    self.of_feeds.insert(feed.clone(), Recent::default());
                }
                if let Some(recent) = self.of_feeds.get_mut(feed) {
                    recent.push(record.created_at);
                }
            }
        }
        let saying = match again {
            Some(again) => again.saying.clone(),
            None => (record.content.as_ref())
                .and_then(|content| content.post().ok())
                .and_then(|post| Saying::of(&post)),
        };
        let Some(saying) = saying else { return };
        let copy_of = again.map_or(record.copy_of, |again| again.copy_of(record.copy_of));
        self.roots
            .extend(copy_of.map(|first| (received.num, first)));
        let verdict = again.map_or_else(
            || record.verdict.clone(),
            |again| again.over(&record.verdict),
        );
        let first = First {
            num: received.num,
            came: record.came,
            judged: record.judged,
            verdict,
            delayed_until: record.delay_over,
            gone: record.deleted.then_some(record.changed),
            off: record.erased
                || record.replaced_by.is_some()
                || !record.in_time
                || !record.asked_for,
            decisions: record.decisions.clone(),
            author: received.author.clone(),
            record_added: record.added,
        };
        let first = Arc::new(first);
        let words = saying.words();
        if !(self.said.get(&words)).is_some_and(|first| first.was_shown(record.came)) {
            self.said.insert(words, first.clone());
        }
        if first.was_ever_taken_off() {
            self.hidden
                .insert(received.num, record.created_at, saying.clone());
        }
        self.firsts.insert(received.num, first);
        self.sayings.insert(received.num, record.created_at, saying);
    }
}

/// What was there before a post.
struct Before<'r, 'a> {
    replay: &'r Replay<'a>,
    received: &'r Received,
}

impl History for Before<'_, '_> {
    fn posts_between(&self, _: &Post, after: Timestamp, until: Timestamp) -> usize {
        let times = self.replay.times.get(&self.received.record.author);
        let inside = |at: &&Timestamp| after < **at && **at <= until;
        times.map_or(0, |times| times.iter().filter(inside).count())
    }

    fn of_feed_between(&self, after: Timestamp, until: Timestamp) -> usize {
        let feed = self.received.record.feed.as_ref();
        let recent = feed.and_then(|feed| self.replay.of_feeds.get(feed));
        let inside = |at: &&Timestamp| after < **at && **at <= until;
        recent.map_or(0, |recent| recent.iter().filter(inside).count())
    }

    fn has_written(&self) -> bool {
        (self.replay.times).contains_key(&self.received.record.author)
    }

    fn said_before(&self, saying: &Saying, at: Timestamp) -> Option<PostNum> {
        let then = self.received.record.came;
        let was_shown = |first: &&Arc<First>| first.came < then && first.was_shown(then);
        let same = self.replay.said.get(&saying.words()).filter(was_shown);
        same.map(|first| first.num).or_else(|| {
            let alike = self.replay.sayings.alike(saying, at).into_iter();
            alike
                .map(|num| self.replay.roots.get(&num).copied().unwrap_or(num))
                .filter(|root| self.replay.firsts.get(root).as_ref().is_some_and(was_shown))
                .min()
        })
    }

    fn hidden_before(&self, saying: &Saying, at: Timestamp) -> bool {
        let then = self.received.record.came;
        let mut alike = self.replay.hidden.alike(saying, at).into_iter();
        alike.any(|num| {
            (self.replay.firsts.get(&num))
                .is_some_and(|first| first.came < then && first.was_taken_off(then))
        })
    }
}
