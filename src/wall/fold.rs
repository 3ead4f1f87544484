//! The fold: `apply` takes the wall from one record to the next. Deterministic, so replaying a journal gives the same
//! state, the same count and the same report, always.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::coverage::NOT_RUNNING;
use super::decisions::Deed;
use super::record::{Applied, AuthorRecord, PostRecord, SoFar};
use super::settle::{asked_for, end_delay};
use super::state::WallState;
use crate::intake::Content;
use crate::journal::{Event, Origin, Posted, Record, Seq, StageChange, To};
use crate::moderation::speaks_anew;
use crate::post::{PostNum, Standing};

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
    /// Whether it stands elsewhere than before.
    pub moved: bool,
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

/// A setting's value as the audit quotes it: its beginning; of the judge's address nothing, which may hold a secret.
fn said_of(key: &str, value: &Value) -> String {
    if key == "judge" && !value.is_null() {
        return "…".to_owned();
    }
    let whole = value.to_string();
    match whole.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", whole.get(..end).unwrap_or_default()),
        None => whole,
    }
}

/// Longest value of a setting that the audit quotes, in characters.
const QUOTED: usize = 200;

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
            Event::Settings {
                origin,
                by,
                values,
                to,
            } => {
                let next = self
                    .settings
                    .changed(*origin, values)
                    .map_err(|error| misfit(error.to_string()))?;
                let other_event = next.identity != self.settings.identity;
                // A word on the mode, say, takes nothing back that was said of other rules.
                if *origin == Origin::Console
                    && speaks_anew(&self.settings.moderation, &next.moderation)
                {
                    self.judged_from = match to {
                        To::All => 0,
                        To::New => self.posts.len(),
                    };
                }
                self.settings = next;
                if other_event {
                    self.settle_all(seq, &mut effects);
                }
                effects.reset = true;
                if let Some(by) = by
                    && let Some(Value::Object(wall)) = values.get("wall")
                    && wall.contains_key("from")
                {
                    let from = self.settings.identity.from;
                    self.decide(record, by.clone(), Deed::Counting(from), &mut effects);
                } else if let Some(by) = by {
                    let keys = values.iter().flat_map(|(section, keys)| {
                        keys.as_object()
                            .into_iter()
                            .flatten()
                            .map(move |(key, value)| {
                                format!("{section}.{key} = {}", said_of(key, value))
                            })
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
                copy_of,
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
                    record.pictures = None;
                    record.judged = seq;
                    record.copy_of = *copy_of;
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
            Event::Brought {
                post,
                feed,
                facts,
                picked,
            } => {
                self.change(*post, seq, &mut effects, |record| {
                    record.added = false;
                    record.feed.clone_from(feed);
                    record.picked = *picked;
                    record.first_tags = facts.hashtags.clone();
                })
                .map_err(misfit)?;
                if let Some(feed) = feed {
                    self.feeds.entry(feed.clone()).or_default().taken += 1;
                    effects.feeds = true;
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
                    self.change(*post, seq, &mut effects, |record| {
                        record.delay_over = Some(seq);
                        end_delay(record);
                    })
                    .map_err(misfit)?;
                }
            }
            Event::Rejudged { verdicts, copies } => {
                let copies: HashMap<_, _> = copies.iter().copied().collect();
                for (post, verdict) in verdicts {
                    self.change(*post, seq, &mut effects, |record| {
                        record.verdict = verdict.clone();
                        if let Some(first) = copies.get(post) {
                            record.copy_of = *first;
                        }
                    })
                    .map_err(misfit)?;
                }
            }
            Event::Assessed {
                post,
                rule,
                reasons,
                pictures,
            } => {
                self.change(*post, seq, &mut effects, |record| {
                    record.verdict = record.verdict.answered(rule, reasons.clone());
                    if let Some(pictures) = pictures {
                        record.pictures = Some(pictures.as_slice().into());
                    }
                })
                .map_err(misfit)?;
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
                so_far: SoFar::default(),
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
            came: record.seq,
            words: posted.words,
            added: posted.added,
            copies: 0,
            copy_of: posted.copy_of,
            pictures: None,
            judged: record.seq,
            delay_over: None,
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
        let copy_of = self.account(posted.post, 1);
        effects.posts.push(PostEffect {
            post: posted.post,
            was_public: false,
            is_public: self.is_public_as_stored(posted.post),
            moved: true,
        });
        effects
            .posts
            .extend(copy_of.map(|first| self.unmoved(first)));
        Ok(())
    }
}
