//! What becomes of items that a feed brings: repeats, edits, verdicts. Pure; its answer is what will be appended.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::likeness::{Likeness, Said};
use super::modes::ruled;
use super::settle::asked_for;
use super::state::WallState;
use crate::feed::{Cursor, FeedName, Reason, Sighting, SourceCount};
use crate::intake::{Arrival, Content, Kept, Prepared};
use crate::journal::{Action, Event, Posted, Who};
use crate::moderation::near::{Saying, Sayings};
use crate::moderation::{FeedRules, History, RepostsPolicy, Rules, Verdict, judge};
use crate::post::{AuthorNum, Key, Kind, Post, PostNum, Standing};
use crate::stats::Count;

/// What became of the items, for whoever brought them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// New posts.
    pub taken: Count,
    /// Posts that were known already.
    pub repeated: Count,
    /// Known posts whose text changed.
    pub edited: Count,
    /// Posts gone at the source.
    pub deleted: Count,
    /// What was not taken, with the words for it.
    pub refused: Vec<(Reason, String)>,
    /// What became of each item, in order; the words for those that were refused stand above, in the same order.
    pub each: Vec<Fate>,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A new post.
    Taken,
    /// Nothing changed by it.
    Repeated,
    /// A known post has a new text.
    Edited,
    /// A post is gone.
    Deleted,
    /// It was not taken.
    Refused,
}

impl Outcome {
    /// What became of one item, by the sums before it.
    fn fate_since(&self, before: [Count; 4]) -> Fate {
        let grown = std::iter::zip(self.sums(), before).position(|(sum, before)| sum > before);
        match grown {
            Some(0) => Fate::Taken,
            Some(1) => Fate::Edited,
            Some(2) => Fate::Deleted,
            Some(_) => Fate::Refused,
            None => Fate::Repeated,
        }
    }

    fn sums(&self) -> [Count; 4] {
        let refused = self.refused.len() as Count;
        [self.taken, self.edited, self.deleted, refused]
    }
}

/// Posts of a draft that others of it may say again: a batch and the page that begins before its end.
const MOST_SAYINGS: usize = 2_000;

/// Events to be appended together, each with the content it brings.
#[derive(Debug, Default)]
pub struct Draft {
    /// Events in order.
    pub events: Vec<(Event, Option<Arc<Content>>)>,
    /// What became of the items.
    pub outcome: Outcome,
    /// What the posts say.
    pub said: Vec<Said>,
}

/// Who brings items.
#[derive(Debug, Clone, Default)]
pub struct Bringer {
    /// The feed; none for imports.
    pub feed: Option<FeedName>,
    /// Whether its posts were written before it began to read.
    pub history: bool,
    /// Where it goes on, once they are stored.
    pub cursor: Option<Cursor>,
    /// Since when all that its source still has is read with this.
    pub complete_since: Option<Timestamp>,
    /// What is ruled for it alone.
    pub rules: FeedRules,
    /// Whether it can change and take back only what it brought itself.
    pub only_its_own: bool,
}

/// Decides about items one after the other, each knowing of the ones before it.
pub struct Drafting<'a> {
    state: &'a WallState,
    rules: &'a Rules,
    draft: Draft,
    posts: HashMap<Key, PostNum>,
    /// The last edit of the posts that this draft brings or edits.
    latest: HashMap<PostNum, Option<Timestamp>>,
    /// Posts that this draft takes away.
    gone: HashSet<PostNum>,
    authors: HashMap<Key, AuthorNum>,
    new_authors: u32,
    refused: HashSet<Key>,
    times: HashMap<AuthorNum, Vec<Timestamp>>,
    /// Event times of what each feed brings.
    brought: HashMap<FeedName, Vec<Timestamp>>,
    /// Copies that this draft brings, by their original.
    copies: HashMap<Key, PostNum>,
    /// Places in lists of trends and counts that this draft brings.
    ranks: HashMap<(String, String), Option<u32>>,
    counts: HashSet<SourceCount>,
    said: HashMap<u64, PostNum>,
    /// What the wall's newest posts say.
    likeness: Option<&'a Likeness>,
    /// What this draft's posts say.
    sayings: Sayings,
    /// This draft's posts that are shown, and those that are copies, by what they repeat.
    shown: HashSet<PostNum>,
    copy_of: HashMap<PostNum, PostNum>,
    /// Whether a person brings what comes.
    by_hand: bool,
    /// Added posts that come by themselves in this draft.
    came: HashSet<PostNum>,
}

impl<'a> Drafting<'a> {
    /// Begins from a state.
    pub fn new(state: &'a WallState, rules: &'a Rules) -> Self {
        Self {
            state,
            rules,
            draft: Draft::default(),
            posts: HashMap::new(),
            latest: HashMap::new(),
            gone: HashSet::new(),
            authors: HashMap::new(),
            new_authors: 0,
            refused: HashSet::new(),
            times: HashMap::new(),
            brought: HashMap::new(),
            copies: HashMap::new(),
            ranks: HashMap::new(),
            counts: HashSet::new(),
            said: HashMap::new(),
            likeness: None,
            sayings: Sayings::recent(MOST_SAYINGS),
            shown: HashSet::new(),
            copy_of: HashMap::new(),
            by_hand: false,
            came: HashSet::new(),
        }
    }

    /// Takes a post that a person brings, and puts it on the wall by their word.
    pub fn added(mut self, arrival: &Arrival, by: Who) -> Draft {
        self.by_hand = true;
        self.post(arrival, &Bringer::default());
        if let Some(post) = self.posts.get(&arrival.key) {
            let event = Event::Decided {
                by,
                action: Action::Show,
                posts: vec![*post],
                reason: None,
            };
            self.push(event, None);
        }
        self.draft
    }

    /// With what the wall's newest posts say.
    #[must_use]
    pub fn knowing(mut self, likeness: &'a Likeness) -> Self {
        self.likeness = Some(likeness);
        self
    }

    /// What is to be appended.
    pub fn finish(self) -> Draft {
        self.draft
    }

    /// Takes the items of one page, and its cursor behind them.
    pub fn page(&mut self, items: &[Prepared], bringer: &Bringer) -> Outcome {
        self.draft.outcome = Outcome::default();
        for item in items {
            let before = self.draft.outcome.sums();
            match item {
                Prepared::Post(arrival) => self.post(arrival, bringer),
                Prepared::Deleted { key, .. } => self.deleted(*key, bringer),
                Prepared::Retracted {
                    key, author_key, ..
                } => self.retracted(*key, *author_key, bringer),
                Prepared::AuthorGone { author_key, .. } => self.author_gone(*author_key),
                Prepared::Trending(sighting) => self.trending(sighting, bringer),
                Prepared::Counted(count) => self.counted(count, bringer),
                Prepared::Refused { key, refusal } => {
                    self.refuse(*key, refusal.reason, refusal.detail.clone(), bringer);
                }
            }
            let fate = self.draft.outcome.fate_since(before);
            self.draft.outcome.each.push(fate);
        }
        if let (Some(feed), Some(from)) = (&bringer.feed, bringer.complete_since)
            && self.state.has_gap(feed, from)
        {
            let feed = feed.clone();
            self.push(Event::FilledIn { feed, from }, None);
        }
        if let (Some(feed), Some(cursor)) = (&bringer.feed, &bringer.cursor)
            && self
                .state
                .feeds
                .get(feed)
                .and_then(|known| known.cursor.as_ref())
                != Some(cursor)
        {
            self.push(
                Event::Cursor {
                    feed: feed.clone(),
                    cursor: cursor.clone(),
                },
                None,
            );
        }
        self.draft.outcome.clone()
    }

    fn push(&mut self, event: Event, content: Option<Arc<Content>>) {
        self.draft.events.push((event, content));
    }

    fn refuse(&mut self, key: Key, reason: Reason, detail: String, bringer: &Bringer) {
        if !self.state.knows_refused(key) && self.refused.insert(key) {
            self.push(
                Event::Refused {
                    feed: bringer.feed.clone(),
                    reason,
                    key,
                },
                None,
            );
        }
        self.draft.outcome.refused.push((reason, detail));
    }

    fn deleted(&mut self, key: Key, bringer: &Bringer) {
        let Some(num) = self.find(key).or_else(|| self.find_copy(key)) else {
            return;
        };
        if !self.may_change(num, bringer) {
            return;
        }
        if self.state.post(num).is_none_or(|post| !post.deleted) && self.gone.insert(num) {
            self.push(Event::Deleted { posts: vec![num] }, None);
            self.draft.outcome.deleted += 1;
        }
    }

    /// A person's word that a post of theirs is gone.
    fn retracted(&mut self, key: Key, author_key: Key, bringer: &Bringer) {
        let wrote = self.find(key).and_then(|num| self.author_of(num));
        if wrote.is_some() && wrote == self.find_author(author_key) {
            self.deleted(key, bringer);
        }
    }

    fn may_change(&self, num: PostNum, bringer: &Bringer) -> bool {
        let drafted = || {
            self.draft.events.iter().find_map(|(event, _)| match event {
                Event::Posted(posted) if posted.post == num => Some(posted.feed.as_ref()),
                _ => None,
            })
        };
        let stored = self.state.post(num).map(|post| post.feed.as_ref());
        !bringer.only_its_own || stored.or_else(drafted).flatten() == bringer.feed.as_ref()
    }

    fn author_gone(&mut self, author_key: Key) {
        let Some(author) = self.find_author(author_key) else {
            return;
        };
        let stored = self.state.authors.get(author.index());
        let stored = stored.into_iter().flat_map(|author| &author.posts).copied();
        let drafted = self.drafted().filter(|(_, by)| *by == author);
        let posts: Vec<PostNum> = stored
            .chain(drafted.map(|(num, _)| num))
            .filter(|num| self.state.post(*num).is_none_or(|post| !post.deleted))
            .filter(|num| !self.gone.contains(num))
            .collect();
        if !posts.is_empty() {
            self.gone.extend(&posts);
            self.draft.outcome.deleted += posts.len() as Count;
            self.push(Event::Deleted { posts }, None);
        }
    }

    fn trending(&mut self, sighting: &Sighting, bringer: &Bringer) {
        let Some(feed) = &bringer.feed else { return };
        let place = (sighting.place.clone(), sighting.tag.to_lowercase());
        let known = self.ranks.get(&place).copied();
        let known = known.unwrap_or_else(|| self.state.rank(&sighting.place, &sighting.tag));
        if known != sighting.rank {
            self.ranks.insert(place, sighting.rank);
            let (feed, sighting) = (feed.clone(), sighting.clone());
            self.push(Event::TrendSeen { feed, sighting }, None);
        }
    }

    fn counted(&mut self, count: &SourceCount, bringer: &Bringer) {
        let Some(feed) = &bringer.feed else { return };
        if !self.state.knows_count(count) && self.counts.insert(count.clone()) {
            let (feed, count) = (feed.clone(), count.clone());
            self.push(Event::SourceCounted { feed, count }, None);
        }
    }

    /// The number of a post that is stored, or that this draft brings.
    fn find(&self, key: Key) -> Option<PostNum> {
        let stored = self.state.find_key(key);
        stored.or_else(|| self.posts.get(&key).copied())
    }

    /// A copy of the post with that key, where only the copy is known.
    fn find_copy(&self, key: Key) -> Option<PostNum> {
        let stored = self.state.find_copy(key);
        stored.or_else(|| self.copies.get(&key).copied())
    }

    /// The number of an author who is stored, or who writes in this draft.
    fn find_author(&self, key: Key) -> Option<AuthorNum> {
        let stored = self.state.find_author_key(key);
        stored.or_else(|| self.authors.get(&key).copied())
    }

    /// Posts that this draft brings, with their authors.
    fn drafted(&self) -> impl Iterator<Item = (PostNum, AuthorNum)> {
        self.draft
            .events
            .iter()
            .filter_map(|(event, _)| match event {
                Event::Posted(posted) => Some((posted.post, posted.author)),
                _ => None,
            })
    }

    fn author_of(&self, num: PostNum) -> Option<AuthorNum> {
        let stored = self.state.post(num).map(|post| post.author);
        stored.or_else(|| {
            self.drafted()
                .find(|(post, _)| *post == num)
                .map(|(_, author)| author)
        })
    }

    fn post(&mut self, arrival: &Arrival, bringer: &Bringer) {
        if let Some(known) = self.find(arrival.key) {
            self.draft.outcome.repeated += 1;
            self.brought(known, arrival, bringer);
            self.edit(known, arrival, bringer);
            return;
        }
        // A bridge's copy of a post that is here, or of which another copy is.
        if (arrival.same_as.iter()).any(|key| self.find(*key).or(self.find_copy(*key)).is_some()) {
            self.draft.outcome.repeated += 1;
            return;
        }
        let copy = self.find_copy(arrival.key);
        let refuse_key = arrival.key;
        let known_author = std::iter::once(&arrival.author_key)
            .chain(&arrival.author_same_as)
            .find_map(|key| self.find_author(*key));
        if known_author
            .and_then(|author| self.state.authors.get(author.index()))
            .is_some_and(|author| author.erased)
        {
            self.refuse(
                refuse_key,
                Reason::OptedOut,
                "its author asked to be forgotten".to_owned(),
                bringer,
            );
            return;
        }
        let dropped = self.rules.settings().reposts == RepostsPolicy::Drop;
        if dropped && arrival.post.kind == Kind::Repost {
            self.refuse(
                refuse_key,
                Reason::Dropped,
                format!("{}: reposts are dropped", arrival.post.id),
                bringer,
            );
            return;
        }
        let (author, author_key) = if let Some(author) = known_author {
            (author, None)
        } else {
            let author = AuthorNum(number(self.state.authors.len()) + self.new_authors);
            self.new_authors += 1;
            (author, Some(arrival.author_key))
        };
        let author_same_as: Vec<Key> = std::iter::once(&arrival.author_key)
            .chain(&arrival.author_same_as)
            .filter(|key| self.find_author(**key).is_none() && author_key != Some(**key))
            .copied()
            .collect();
        for key in author_key.iter().chain(&author_same_as) {
            self.authors.insert(*key, author);
        }
        let mut judged = judge(
            &arrival.post,
            self.rules,
            &ruled(&bringer.rules, bringer.feed.as_ref(), self.rules.settings()),
            &Known {
                drafting: self,
                author,
                feed: bringer.feed.as_ref(),
                edited: None,
            },
            came_at(&arrival.post),
        );
        // Whoever took the copy off the wall meant what it says.
        if copy.is_some_and(|copy| self.state.is_taken_off(copy)) {
            judged.verdict = Verdict::copy_was_hidden();
        }
        if arrival
            .kept
            .is_some_and(|kept| kept.standing == Standing::Held)
            && !(judged.verdict.standing == Standing::Held
                && judged.verdict.stands_without_answers())
        {
            // It waited for a person where it comes from, and goes on waiting here, whatever the rules are.
            judged.verdict = Verdict::waiting();
        }
        let post = PostNum(number(self.state.posts.len() + self.posts.len()));
        self.posts.insert(arrival.key, post);
        self.latest.insert(post, arrival.content.edited_at);
        if arrival.post.kind.is_authored() {
            let at = arrival.post.created_at;
            self.times.entry(author).or_default().push(at);
            if let Some(feed) = &bringer.feed {
                self.brought.entry(feed.clone()).or_default().push(at);
            }
        }
        for key in &arrival.same_as {
            self.copies.entry(*key).or_insert(post);
        }
        if judged.verdict.standing == Standing::Shown {
            self.shown.insert(post);
        }
        if let Some(first) = judged.copy_of {
            self.copy_of.insert(post, first);
        }
        self.say(post, arrival.post.created_at, judged.saying);
        if let Some(words) = arrival.words
            && judged.verdict.standing == Standing::Shown
        {
            self.said.entry(words).or_insert(post);
        }
        let posted = Posted {
            post,
            key: arrival.key,
            author,
            author_key,
            author_same_as,
            same_as: arrival.same_as.clone(),
            picked: arrival.picked,
            kind: arrival.post.kind,
            created_at: arrival.post.created_at,
            feed: bringer.feed.clone(),
            history: bringer.history || arrival.late,
            facts: arrival.facts.clone(),
            verdict: judged.verdict,
            words: arrival.words,
            copy_of: judged.copy_of,
            added: self.by_hand || arrival.kept.is_some_and(|kept| kept.added),
        };
        self.push(Event::Posted(posted), Some(arrival.content.clone()));
        self.draft.outcome.taken += 1;
        if let Some(copy) = copy
            && !self.gone.contains(&copy)
        {
            self.push(
                Event::Replaced {
                    post: copy,
                    by: post,
                },
                None,
            );
        }
        if let Some(kept) = arrival.kept {
            self.keep(post, kept);
        }
    }

    /// What a person had added comes by itself, and is what the wall asks for.
    fn brought(&mut self, known: PostNum, arrival: &Arrival, bringer: &Bringer) {
        let added = self.state.post(known).is_some_and(|post| post.added);
        let wanted = arrival.picked || asked_for(&self.state.settings, &arrival.facts.hashtags);
        if added && wanted && bringer.feed.is_some() && self.came.insert(known) {
            let event = Event::Brought {
                post: known,
                feed: bringer.feed.clone(),
                facts: arrival.facts.clone(),
                picked: arrival.picked,
            };
            self.push(event, None);
        }
    }

    /// Notes what a post says, for those that come after it.
    fn say(&mut self, post: PostNum, at: Timestamp, saying: Option<Saying>) {
        if let Some(saying) = saying {
            self.sayings.insert(post, at, saying.clone());
            self.draft.said.push((post, at, saying));
        }
    }

    /// The post that stands for all that say what this one says: itself, or the one that it is a copy of.
    fn root(&self, num: PostNum) -> PostNum {
        let drafted = self.copy_of.get(&num).copied();
        let stored = || self.state.post(num)?.copy_of;
        drafted.or_else(stored).unwrap_or(num)
    }

    fn is_shown(&self, num: PostNum) -> bool {
        let stored = self.state.post(num);
        stored.map_or_else(
            || self.shown.contains(&num),
            |post| post.standing == Standing::Shown,
        )
    }

    /// A known post with a later edit gets its new text, and the rules speak again.
    fn edit(&mut self, known: PostNum, arrival: &Arrival, bringer: &Bringer) {
        let stored = || {
            let post = self.state.post(known).filter(|post| !post.deleted)?;
            Some(post.content.as_ref()?.edited_at)
        };
        let latest = self.latest.get(&known).copied().or_else(stored);
        if self.gone.contains(&known)
            || !self.may_change(known, bringer)
            || latest.is_none_or(|latest| arrival.content.edited_at <= latest)
        {
            return;
        }
        let Some(author) = self.author_of(known) else {
            return;
        };
        let judged = judge(
            &arrival.post,
            self.rules,
            &ruled(&bringer.rules, bringer.feed.as_ref(), self.rules.settings()),
            &Known {
                drafting: self,
                author,
                feed: bringer.feed.as_ref(),
                edited: Some((known, arrival.post.created_at)),
            },
            came_at(&arrival.post),
        );
        self.latest.insert(known, arrival.content.edited_at);
        self.say(known, arrival.post.created_at, judged.saying);
        self.push(
            Event::Edited {
                post: known,
                facts: arrival.facts.clone(),
                verdict: judged.verdict,
                copy_of: judged.copy_of,
            },
            Some(arrival.content.clone()),
        );
        self.draft.outcome.edited += 1;
    }

    /// Brings an archived post back to where it stood.
    fn keep(&mut self, post: PostNum, kept: Kept) {
        let by = Who("import".to_owned());
        let mut decide = |action: Action| {
            self.draft.events.push((
                Event::Decided {
                    by: by.clone(),
                    action,
                    posts: vec![post],
                    reason: None,
                },
                None,
            ));
        };
        match kept.standing {
            Standing::Shown => decide(Action::Show),
            Standing::Hidden => decide(Action::Hide),
            Standing::Held | Standing::Deleted => {}
        }
        if kept.pinned {
            decide(Action::Pin);
        }
        if kept.highlighted {
            decide(Action::Highlight);
        }
        if kept.standing == Standing::Deleted {
            self.gone.insert(post);
            self.push(Event::Deleted { posts: vec![post] }, None);
        }
    }
}

/// When a post came: intake notes it.
fn came_at(post: &Post) -> Timestamp {
    post.received_at.unwrap_or(post.created_at)
}

/// Posts are numbered in 32 bits: four thousand million on one wall.
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a wall has fewer posts than 32 bits can number")
}

/// What the fold and this draft know, for the rules.
struct Known<'a, 'b> {
    drafting: &'a Drafting<'b>,
    author: AuthorNum,
    feed: Option<&'a FeedName>,
    /// The post that is judged again, and when it was written: it is no other than itself.
    edited: Option<(PostNum, Timestamp)>,
}

impl History for Known<'_, '_> {
    fn posts_between(&self, _: &Post, after: Timestamp, until: Timestamp) -> usize {
        let inside = |at: &&Timestamp| after < **at && **at <= until;
        let stored = self
            .drafting
            .state
            .authors
            .get(self.author.index())
            .map_or(0, |author| author.recent.iter().filter(inside).count());
        let drafted = self
            .drafting
            .times
            .get(&self.author)
            .map_or(0, |times| times.iter().filter(inside).count());
        let itself = self.edited.is_some_and(|(_, at)| inside(&&at));
        (stored + drafted).saturating_sub(usize::from(itself))
    }

    fn of_feed_between(&self, after: Timestamp, until: Timestamp) -> usize {
        let inside = |at: &&Timestamp| after < **at && **at <= until;
        let Some(feed) = self.feed else { return 0 };
        let stored = self.drafting.state.feeds.get(feed);
        let stored = stored.map_or(0, |feed| feed.recent.iter().filter(inside).count());
        let drafted = self.drafting.brought.get(feed);
        let drafted = drafted.map_or(0, |times| times.iter().filter(inside).count());
        let itself = self.edited.is_some_and(|(_, at)| inside(&&at));
        (stored + drafted).saturating_sub(usize::from(itself))
    }

    fn has_written(&self) -> bool {
        let state = self.drafting.state;
        let stored = state.authors.get(self.author.index());
        let stored = stored.map_or(&[][..], |author| author.posts.as_slice());
        let before = |num: &&PostNum| self.edited.is_none_or(|(edited, _)| **num < edited);
        let mut earlier = stored.iter().take_while(before);
        let written = |num: &PostNum| state.post(*num).is_some_and(|post| post.kind.is_authored());
        earlier.any(written)
            || (self.edited.is_none() && self.drafting.times.contains_key(&self.author))
    }

    fn said_before(&self, saying: &Saying, at: Timestamp) -> Option<PostNum> {
        let drafting = self.drafting;
        let words = saying.words();
        let is_other = |num: &PostNum| self.edited.is_none_or(|(edited, _)| edited != *num);
        let same = drafting
            .state
            .said_before(words)
            .or_else(|| drafting.said.get(&words).copied())
            .filter(is_other);
        same.or_else(|| {
            let stored = drafting.likeness.map(|known| known.alike(saying, at));
            let drafted = drafting.sayings.alike(saying, at);
            let alike = stored.into_iter().flatten().chain(drafted);
            alike
                .filter(is_other)
                .map(|num| drafting.root(num))
                .filter(is_other)
                .filter(|root| drafting.is_shown(*root))
                .min()
        })
    }

    fn hidden_before(&self, saying: &Saying, at: Timestamp) -> bool {
        let but = self.edited.map(|(edited, _)| edited);
        (self.drafting.likeness)
            .is_some_and(|known| known.was_hidden(self.drafting.state, saying, at, but))
    }
}
