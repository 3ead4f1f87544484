//! What becomes of items that a feed brings: repeats, edits, verdicts. Pure; its answer is what will be appended.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::state::WallState;
use crate::feed::{Cursor, FeedName, Reason};
use crate::intake::{Arrival, Content, Kept, Prepared};
use crate::journal::{Action, Event, Posted, Who};
use crate::moderation::{History, RepostsPolicy, Rules, Verdict, judge};
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
}

/// Events to be appended together, each with the content it brings.
#[derive(Debug, Default)]
pub struct Draft {
    /// Events in order.
    pub events: Vec<(Event, Option<Arc<Content>>)>,
    /// What became of the items.
    pub outcome: Outcome,
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
    refused: HashSet<Key>,
    times: HashMap<Key, Vec<Timestamp>>,
    said: HashMap<u64, PostNum>,
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
            refused: HashSet::new(),
            times: HashMap::new(),
            said: HashMap::new(),
        }
    }

    /// What is to be appended.
    pub fn finish(self) -> Draft {
        self.draft
    }

    /// Takes the items of one page, and its cursor behind them.
    pub fn page(&mut self, items: &[Prepared], bringer: &Bringer) -> Outcome {
        self.draft.outcome = Outcome::default();
        for item in items {
            match item {
                Prepared::Post(arrival) => self.post(arrival, bringer),
                Prepared::Deleted { key, .. } => self.deleted(*key),
                Prepared::Refused { key, refusal } => {
                    self.refuse(*key, refusal.reason, refusal.detail.clone(), bringer);
                }
            }
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

    fn deleted(&mut self, key: Key) {
        let Some(num) = self.find(key) else {
            return;
        };
        if self.state.post(num).is_none_or(|post| !post.deleted) && self.gone.insert(num) {
            self.push(Event::Deleted { posts: vec![num] }, None);
            self.draft.outcome.deleted += 1;
        }
    }

    /// The number of a post that is stored, or that this draft brings.
    fn find(&self, key: Key) -> Option<PostNum> {
        let stored = self.state.find_key(key);
        stored.or_else(|| self.posts.get(&key).copied())
    }

    fn post(&mut self, arrival: &Arrival, bringer: &Bringer) {
        if let Some(known) = self.find(arrival.key) {
            self.draft.outcome.repeated += 1;
            self.edit(known, arrival);
            return;
        }
        let refuse_key = arrival.key;
        let known_author = self.state.find_author_key(arrival.author_key);
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
        let (author, author_key) = if let Some(author) =
            known_author.or_else(|| self.authors.get(&arrival.author_key).copied())
        {
            (author, None)
        } else {
            let author = AuthorNum(number(self.state.authors.len() + self.authors.len()));
            self.authors.insert(arrival.author_key, author);
            (author, Some(arrival.author_key))
        };
        let mut judged = judge(
            &arrival.post,
            self.rules,
            &Known {
                drafting: self,
                author: arrival.author_key,
                edited: None,
            },
        );
        if arrival
            .kept
            .is_some_and(|kept| kept.standing == Standing::Held)
            && judged.verdict.standing != Standing::Held
        {
            // It waited for a person where it comes from, and goes on waiting here, whatever the rules are.
            judged.verdict = Verdict::waiting();
        }
        let post = PostNum(number(self.state.posts.len() + self.posts.len()));
        self.posts.insert(arrival.key, post);
        self.latest.insert(post, arrival.content.edited_at);
        if arrival.post.kind.is_authored() {
            self.times
                .entry(arrival.author_key)
                .or_default()
                .push(arrival.post.created_at);
        }
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
            kind: arrival.post.kind,
            created_at: arrival.post.created_at,
            feed: bringer.feed.clone(),
            history: bringer.history,
            facts: arrival.facts.clone(),
            verdict: judged.verdict,
            words: arrival.words,
            copy_of: judged.copy_of,
        };
        self.push(Event::Posted(posted), Some(arrival.content.clone()));
        self.draft.outcome.taken += 1;
        if let Some(kept) = arrival.kept {
            self.keep(post, kept);
        }
    }

    /// A known post with a later edit gets its new text, and the rules speak again.
    fn edit(&mut self, known: PostNum, arrival: &Arrival) {
        let stored = || {
            let post = self.state.post(known).filter(|post| !post.deleted)?;
            Some(post.content.as_ref()?.edited_at)
        };
        let latest = self.latest.get(&known).copied().or_else(stored);
        if self.gone.contains(&known)
            || latest.is_none_or(|latest| arrival.content.edited_at <= latest)
        {
            return;
        }
        let verdict = judge(
            &arrival.post,
            self.rules,
            &Known {
                drafting: self,
                author: arrival.author_key,
                edited: Some((known, arrival.post.created_at)),
            },
        )
        .verdict;
        self.latest.insert(known, arrival.content.edited_at);
        self.push(
            Event::Edited {
                post: known,
                facts: arrival.facts.clone(),
                verdict,
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

/// Posts are numbered in 32 bits: four thousand million on one wall.
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a wall has fewer posts than 32 bits can number")
}

/// What the fold and this draft know, for the rules.
struct Known<'a, 'b> {
    drafting: &'a Drafting<'b>,
    author: Key,
    /// The post that is judged again, and when it was written: it is no other than itself.
    edited: Option<(PostNum, Timestamp)>,
}

impl History for Known<'_, '_> {
    fn posts_between(&self, _: &Post, after: Timestamp, until: Timestamp) -> usize {
        let inside = |at: &&Timestamp| after < **at && **at <= until;
        let stored = self
            .drafting
            .state
            .find_author_key(self.author)
            .and_then(|author| self.drafting.state.authors.get(author.index()))
            .map_or(0, |author| author.recent.iter().filter(inside).count());
        let drafted = self
            .drafting
            .times
            .get(&self.author)
            .map_or(0, |times| times.iter().filter(inside).count());
        let itself = self.edited.is_some_and(|(_, at)| inside(&&at));
        (stored + drafted).saturating_sub(usize::from(itself))
    }

    fn said_before(&self, words: u64) -> Option<PostNum> {
        self.drafting
            .state
            .said_before(words)
            .or_else(|| self.drafting.said.get(&words).copied())
            .filter(|first| self.edited.is_none_or(|(edited, _)| edited != *first))
    }
}
