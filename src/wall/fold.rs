//! The fold: `apply` takes the wall from one record to the next. Deterministic, so replaying a journal gives the same
//! state, the same count and the same report, always.

use std::collections::VecDeque;
use std::sync::Arc;

use super::coverage::NOT_RUNNING;
use super::record::{Applied, AuthorRecord, PostRecord};
use super::settings::Settings;
use super::state::{Decision, Deed, WallState};
use crate::intake::Content;
use crate::journal::{Action, Event, Posted, Record, Seq, StageChange};
use crate::moderation::{Verdict, rule};
use crate::post::{AuthorNum, PostNum, Standing};
use crate::stats::Tallies;

/// What a record changed, for those who tell others.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says by itself what has to be told"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Posts that changed in any way.
    pub posts: Vec<PostEffect>,
    /// So much changed at once that everybody starts from a snapshot.
    pub reset: bool,
    /// How many posts that snapshot has at most.
    pub newest: Option<u32>,
    /// What the screens do.
    pub stage: bool,
    /// Something that stands in the audit.
    pub decision: bool,
    /// A feed's figures.
    pub feeds: bool,
    /// What trends at the sources.
    pub trends: bool,
}

/// A post before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostEffect {
    /// Which.
    pub post: PostNum,
    /// Whether the public saw it before.
    pub was_public: bool,
    /// Whether the public sees it now.
    pub is_public: bool,
}

/// A record that contradicts the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} does not fit the ones before it: {detail}")]
pub struct Misfit {
    /// Which record.
    pub seq: Seq,
    /// Why.
    pub detail: String,
}

impl WallState {
    /// Folds the record in. `content` is that of the record, read where it has any.
    ///
    /// # Errors
    /// The journal contradicts itself; the state must not be used any more.
    pub fn apply(
        &mut self,
        record: &Record,
        content: Option<Arc<Content>>,
    ) -> Result<Effects, Misfit> {
        let misfit = |detail: String| Misfit {
            seq: record.seq,
            detail,
        };
        if record.seq != self.tip.next() {
            return Err(misfit(format!("the last one was {}", self.tip)));
        }
        let seq = record.seq;
        let mut effects = Effects::default();
        match &record.event {
            Event::Started => {
                let until = self.tip_at.unwrap_or(record.at);
                for feed in self.feeds.values_mut() {
                    feed.coverage.close(until, NOT_RUNNING);
                }
                effects.trends = self.trends.close(None, until);
            }
            Event::Settings { origin, by, values } => {
                let next = self
                    .settings
                    .changed(*origin, values)
                    .map_err(|error| misfit(error.to_string()))?;
                let other_event = next.identity != self.settings.identity;
                self.settings = next;
                if other_event {
                    self.settle_all(seq);
                }
                effects.reset = true;
                if let Some(by) = by {
                    let keys = values.iter().flat_map(|(section, keys)| {
                        keys.as_object()
                            .into_iter()
                            .flatten()
                            .map(move |(key, value)| format!("{section}.{key} = {value}"))
                    });
                    self.decide(
                        record,
                        by.clone(),
                        Deed::Settings(keys.collect()),
                        &mut effects,
                    );
                }
            }
            Event::Posted(posted) => self.posted(record, posted, content, &mut effects)?,
            Event::Edited {
                post,
                facts,
                verdict,
            } => {
                self.change(*post, seq, &mut effects, |record| {
                    // A late edit of a blanked post must not bring its content back; and an edit that is replayed has none
                    // where the post was blanked after it.
                    if record.content.is_some() && content.is_some() {
                        record.content = content;
                        record.content_seqs.push(seq);
                    }
                    record.facts = facts.clone();
                    record.verdict = verdict.clone();
                    record.judged = seq;
                    record.changed = seq;
                })
                .map_err(misfit)?;
            }
            Event::Deleted { posts } => {
                for post in posts {
                    self.change(*post, seq, &mut effects, |record| {
                        record.deleted = true;
                        record.content = None;
                        record.content_seqs.clear();
                    })
                    .map_err(misfit)?;
                }
            }
            Event::Replaced { post, by } => {
                self.change(*post, seq, &mut effects, |record| {
                    record.replaced_by = Some(*by);
                })
                .map_err(misfit)?;
            }
            Event::Refused { feed, reason, key } => {
                if self.refused.insert(*key)
                    && let Some(feed) = feed
                {
                    *self
                        .feeds
                        .entry(feed.clone())
                        .or_default()
                        .refused
                        .entry(*reason)
                        .or_default() += 1;
                }
                effects.feeds = true;
            }
            Event::Cursor { feed, cursor } => {
                self.feeds.entry(feed.clone()).or_default().cursor = Some(cursor.clone());
            }
            Event::Coverage {
                feed,
                reading,
                since,
                why,
            } => {
                let coverage = &mut self.feeds.entry(feed.clone()).or_default().coverage;
                if *reading {
                    coverage.open(record.at);
                } else {
                    let until = since.unwrap_or(record.at).min(record.at);
                    let why = why.as_deref().unwrap_or_default();
                    coverage.close(until, why);
                    coverage.never(until, why);
                    effects.trends = self.trends.close(Some(feed), until);
                }
                effects.feeds = true;
            }
            Event::FilledIn { feed, from } => {
                let coverage = &mut self.feeds.entry(feed.clone()).or_default().coverage;
                coverage.fill_in(*from, record.at);
                effects.feeds = true;
            }
            Event::TrendSeen { feed, sighting } => {
                self.trends.see(feed, sighting, record.at);
                effects.trends = true;
            }
            Event::SourceCounted { count, .. } => {
                self.source_counts.insert(
                    (count.place.clone(), count.tag.to_lowercase(), count.day),
                    (count.posts, count.people),
                );
            }
            Event::Decided {
                by,
                action,
                posts,
                reason,
            } => {
                for post in posts {
                    self.change(*post, seq, &mut effects, |record| {
                        record.decisions.push(Applied {
                            seq,
                            action: *action,
                        });
                    })
                    .map_err(misfit)?;
                }
                let deed = Deed::Posts {
                    action: *action,
                    posts: posts.clone(),
                    reason: reason.clone(),
                };
                self.decide(record, by.clone(), deed, &mut effects);
            }
            Event::Undone { by, decision } => {
                self.undo(seq, *decision, &mut effects).map_err(misfit)?;
                self.decide(record, by.clone(), Deed::Undo(*decision), &mut effects);
            }
            Event::AuthorDecided {
                by,
                author,
                standing,
            } => {
                let known = self
                    .authors
                    .get_mut(author.index())
                    .ok_or_else(|| misfit(format!("no author {author:?}")))?;
                known.decisions.push((seq, *standing));
                self.settle_author(*author, seq, &mut effects)
                    .map_err(misfit)?;
                self.decide(
                    record,
                    by.clone(),
                    Deed::Author {
                        author: *author,
                        standing: *standing,
                    },
                    &mut effects,
                );
            }
            Event::DelayOver { posts } => {
                for post in posts {
                    self.change(*post, seq, &mut effects, end_delay)
                        .map_err(misfit)?;
                }
            }
            Event::Rejudged { verdicts } => {
                for (post, verdict) in verdicts {
                    self.change(*post, seq, &mut effects, |record| {
                        record.verdict = verdict.clone();
                    })
                    .map_err(misfit)?;
                }
            }
            Event::Stage { by, change } => {
                self.stage.apply(seq, change);
                effects.stage = true;
                if let StageChange::Resume { newest } = change {
                    effects.reset = true;
                    effects.newest = *newest;
                }
                let words = serde_json::to_string(change).unwrap_or_default();
                self.decide(record, by.clone(), Deed::Stage(words), &mut effects);
            }
            Event::Noted { by, post, text } => {
                self.notes.push((*post, by.clone(), text.clone()));
                self.decide(record, by.clone(), Deed::Note(*post), &mut effects);
            }
            Event::SeenOnScreens { posts } => {
                for seen in posts {
                    if let Some(post) = self.posts.get_mut(seen.post.index()) {
                        post.times_shown = post.times_shown.saturating_add(seen.times);
                        post.shown_ms = post.shown_ms.saturating_add(seen.ms);
                    }
                }
            }
            Event::Blanked {
                posts,
                erased_author,
                by,
            } => {
                for post in posts {
                    let erased = erased_author.is_some();
                    self.change(*post, seq, &mut effects, |record| {
                        record.content = None;
                        record.content_seqs.clear();
                        record.erased |= erased;
                    })
                    .map_err(misfit)?;
                }
                if let Some(author) = erased_author
                    && let Some(known) = self.authors.get_mut(author.index())
                {
                    known.erased = true;
                }
                if let (Some(author), Some(by)) = (erased_author, by) {
                    self.decide(record, by.clone(), Deed::Erase(*author), &mut effects);
                }
            }
        }
        self.tip = seq;
        self.tip_at = Some(record.at);
        Ok(effects)
    }

    fn posted(
        &mut self,
        record: &Record,
        posted: &Posted,
        content: Option<Arc<Content>>,
        effects: &mut Effects,
    ) -> Result<(), Misfit> {
        let misfit = |detail: String| Misfit {
            seq: record.seq,
            detail,
        };
        if posted.post.index() != self.posts.len() {
            return Err(misfit(format!(
                "post {:?} comes as number {}",
                posted.post,
                self.posts.len()
            )));
        }
        if posted.author.index() == self.authors.len() {
            let key = posted
                .author_key
                .ok_or_else(|| misfit("a new author without a key".to_owned()))?;
            self.author_by_key.insert(key, posted.author);
            self.authors.push(AuthorRecord {
                key,
                decisions: Vec::new(),
                posts: Vec::new(),
                erased: false,
                recent: VecDeque::new(),
            });
        }
        for key in &posted.author_same_as {
            self.author_by_key.entry(*key).or_insert(posted.author);
        }
        let author = self
            .authors
            .get_mut(posted.author.index())
            .ok_or_else(|| misfit(format!("no author {:?}", posted.author)))?;
        author.posts.push(posted.post);
        if posted.kind.is_authored() {
            if author.recent.len() == AuthorRecord::RECENT {
                author.recent.pop_front();
            }
            author.recent.push_back(posted.created_at);
        }
        let standing = author.standing();
        let mut post = PostRecord {
            key: posted.key,
            author: posted.author,
            kind: posted.kind,
            created_at: posted.created_at,
            feed: posted.feed.clone(),
            history: posted.history,
            content_seqs: if content.is_some() {
                vec![record.seq]
            } else {
                Vec::new()
            },
            content,
            received_at: record.at,
            facts: posted.facts.clone(),
            erased: false,
            verdict: posted.verdict.clone(),
            copies: 0,
            judged: record.seq,
            decisions: Vec::new(),
            deleted: false,
            in_time: self.settings.in_time(posted.created_at),
            asked_for: posted.picked || asked_for(&self.settings, &posted.facts.hashtags),
            picked: posted.picked,
            replaced_by: None,
            first_tags: posted.facts.hashtags.clone(),
            changed: record.seq,
            times_shown: 0,
            shown_ms: 0,
            standing: Standing::Held,
        };
        post.standing = post.settle(standing);
        if let Some(words) = posted.words
            && self.said_before(words).is_none()
        {
            self.said.insert(words, posted.post);
        }
        self.by_key.insert(posted.key, posted.post);
        for key in &posted.same_as {
            self.copies.entry(*key).or_insert(posted.post);
        }
        self.timeline.insert((post.created_at, posted.post));
        if let Some(feed) = &posted.feed {
            let feed = self.feeds.entry(feed.clone()).or_default();
            feed.taken += 1;
            if posted.kind.is_authored() {
                feed.recent.push(posted.created_at);
            }
        }
        self.posts.push(post);
        self.index(posted.post);
        if let Some(contribution) = self.contribution(posted.post) {
            self.tallies.add(&contribution);
        }
        effects.posts.push(PostEffect {
            post: posted.post,
            was_public: false,
            is_public: self.is_public_as_stored(posted.post),
        });
        Ok(())
    }

    /// Changes a post and everything that follows from it: its standing, the lists it is in, and what it counts for.
    fn change(
        &mut self,
        num: PostNum,
        seq: Seq,
        effects: &mut Effects,
        how: impl FnOnce(&mut PostRecord),
    ) -> Result<(), String> {
        let was_public = self.is_public_as_stored(num);
        if let Some(contribution) = self.contribution(num) {
            self.tallies.subtract(&contribution);
        }
        let post = self
            .posts
            .get_mut(num.index())
            .ok_or_else(|| format!("no post {num:?}"))?;
        how(post);
        self.settle(num, seq);
        effects.posts.push(PostEffect {
            post: num,
            was_public,
            is_public: self.is_public_as_stored(num),
        });
        Ok(())
    }

    /// Decides anew where a post stands, puts it into the lists of that, and counts it in.
    fn settle(&mut self, num: PostNum, seq: Seq) {
        let Some(post) = self.posts.get_mut(num.index()) else {
            return;
        };
        post.in_time = self.settings.in_time(post.created_at);
        post.asked_for = post.picked || asked_for(&self.settings, &post.first_tags);
        let author = self
            .authors
            .get(post.author.index())
            .map(AuthorRecord::standing)
            .unwrap_or_default();
        let before = post.standing;
        post.standing = post.settle(author);
        if post.standing != before {
            post.changed = seq;
        }
        self.index(num);
        if let Some(contribution) = self.contribution(num) {
            self.tallies.add(&contribution);
        }
    }

    /// Puts a post into the lists it belongs to now, and out of the others.
    fn index(&mut self, num: PostNum) {
        let Some(post) = self.posts.get(num.index()) else {
            return;
        };
        let place = (post.created_at, num);
        let waits = post.standing == Standing::Held
            && post
                .verdict
                .reasons
                .iter()
                .any(|reason| reason.rule == rule::DELAY);
        let (standing, pinned) = (post.standing, post.pinned());
        set(&mut self.shown, place, standing == Standing::Shown);
        set(&mut self.held, place, standing == Standing::Held);
        set(&mut self.pinned, num, pinned && standing == Standing::Shown);
        set(&mut self.delayed, num, waits);
    }

    /// Settles one author's posts again.
    fn settle_author(
        &mut self,
        author: AuthorNum,
        seq: Seq,
        effects: &mut Effects,
    ) -> Result<(), String> {
        let posts = self
            .authors
            .get(author.index())
            .map(|author| author.posts.clone())
            .unwrap_or_default();
        posts
            .into_iter()
            .try_for_each(|post| self.change(post, seq, effects, |_| {}))
    }

    /// Settles and counts everything again, as a change of the event's time, zone or hashtags asks for.
    fn settle_all(&mut self, seq: Seq) {
        self.tallies = Tallies::new(self.settings.zone.clone());
        for num in (0_u32..).map(PostNum).take(self.posts.len()) {
            self.settle(num, seq);
        }
    }

    fn undo(&mut self, seq: Seq, decision: Seq, effects: &mut Effects) -> Result<(), String> {
        let known = self
            .decisions
            .iter_mut()
            .rev()
            .find(|known| known.seq == decision)
            .ok_or_else(|| format!("there is no decision {decision}"))?;
        if known.undone.is_some() {
            return Err(format!("decision {decision} is taken back already"));
        }
        known.undone = Some(seq);
        match known.deed.clone() {
            Deed::Posts { posts, .. } => posts.into_iter().try_for_each(|post| {
                self.change(post, seq, effects, |record| {
                    record.decisions.retain(|applied| applied.seq != decision);
                })
            }),
            Deed::Author { author, .. } => {
                if let Some(author) = self.authors.get_mut(author.index()) {
                    author.decisions.retain(|(made, _)| *made != decision);
                }
                self.settle_author(author, seq, effects)
            }
            _ => Err(format!(
                "record {decision} is nothing that can be taken back"
            )),
        }
    }

    fn decide(
        &mut self,
        record: &Record,
        by: crate::journal::Who,
        deed: Deed,
        effects: &mut Effects,
    ) {
        self.decisions.push(Decision {
            seq: record.seq,
            at: record.at,
            by,
            deed,
            undone: None,
        });
        effects.decision = true;
    }

    /// Whether a decision of that number can be taken back now.
    pub fn can_undo(&self, decision: Seq) -> bool {
        self.decisions.iter().rev().any(|known| {
            known.seq == decision
                && known.undone.is_none()
                && matches!(known.deed, Deed::Posts { .. } | Deed::Author { .. })
        })
    }
}

/// Whether a post with these hashtags is what the wall asks for.
fn asked_for(settings: &Settings, tags: &[Arc<str>]) -> bool {
    settings
        .query
        .matches_by(|asked| tags.iter().any(|tag| **tag == *asked.as_str()))
}

/// Takes the delay out of a verdict; what else held the post still does.
fn end_delay(record: &mut PostRecord) {
    let reasons: Vec<_> = record
        .verdict
        .reasons
        .iter()
        .filter(|reason| reason.rule != rule::DELAY)
        .cloned()
        .collect();
    let standing = reasons
        .iter()
        .map(|reason| reason.outcome)
        .max()
        .unwrap_or(Standing::Shown);
    record.verdict = Verdict { standing, reasons };
}

fn set<T: Ord>(of: &mut std::collections::BTreeSet<T>, value: T, member: bool) {
    if member {
        of.insert(value);
    } else {
        of.remove(&value);
    }
}

/// Whether an action asks for a change of standing.
pub(super) fn decides_standing(action: Action) -> bool {
    matches!(action, Action::Show | Action::Hide)
}
