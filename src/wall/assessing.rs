//! What the wall asks of those whose answer takes time, what it makes of an answer, and how the judge is doing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::{Notify, oneshot};

use super::command::Command;
use super::handle::Wall;
use super::state::WallState;
use crate::intake::Content;
use crate::journal::{Event, Seq};
use crate::moderation::{Action, ModerationSettings, Reason, Verdict, rule};
use crate::post::{PictureHash, PostNum, Standing};

/// Bits in which two pictures that look alike may differ, of 64. A test in `media/picture.rs` measures it.
pub const ALIKE: u32 = 10;

/// A post that waits for an answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// Which post, and the record of the text that is asked about.
    pub key: QuestionKey,
    /// What it says.
    pub content: Arc<Content>,
}

/// A post and the record of its text: an answer on an earlier text is none.
pub type QuestionKey = (PostNum, Seq);

/// An answer on a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// What was asked about.
    pub key: QuestionKey,
    /// What was answered.
    pub answer: Answer,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What the judge says; nothing where it has no objection.
    Judged(Vec<Reason>),
    /// What the pictures look like, and why some could not be seen.
    Seen {
        /// Fingerprints of those that were seen.
        pictures: Vec<PictureHash>,
        /// Why others were not, in words.
        unseen: Option<String>,
    },
}

impl Assessment {
    /// What the answer comes to; nothing where the wall awaits it no longer.
    pub(super) fn event(self, state: &WallState) -> Option<Event> {
        let (num, judged) = self.key;
        let post = (state.post(num)).filter(|post| post.judged == judged)?;
        post.content.as_ref()?;
        match self.answer {
            Answer::Judged(reasons) => {
                let awaited = post.verdict.awaits(rule::JUDGE);
                awaited.then(|| Event::Assessed {
                    post: num,
                    rule: rule::JUDGE.to_owned(),
                    reasons,
                    pictures: None,
                })
            }
            Answer::Seen { pictures, unseen } => {
                let awaited = post.verdict.awaits(rule::LIKE_HIDDEN_PICTURES);
                if !awaited && post.pictures.is_some() {
                    return None;
                }
                let outcome = state.settings.moderation.like_hidden_pictures;
                let found = like_hidden(state, num, &pictures, outcome);
                let reasons = found.or_else(|| unseen.map(not_seen)).into_iter();
                Some(Event::Assessed {
                    post: num,
                    rule: rule::LIKE_HIDDEN_PICTURES.to_owned(),
                    reasons: reasons.filter(|_| awaited).collect(),
                    pictures: Some(pictures),
                })
            }
        }
    }
}

/// The reason where a picture is like one that a person took off the wall.
fn like_hidden(
    state: &WallState,
    num: PostNum,
    pictures: &[PictureHash],
    outcome: Action,
) -> Option<Reason> {
    let closest = state.awaiting.closest(num, pictures);
    let closest = closest.filter(|bits| *bits <= ALIKE && outcome != Action::Show)?;
    Some(Reason {
        field: Some("media".to_owned()),
        detail: Some(format!(
            "a picture like one that was hidden before ({closest} of 64 bits differ)"
        )),
        ..Reason::of(rule::LIKE_HIDDEN_PICTURES, outcome.standing())
    })
}

/// What nobody could look at, a person has to.
fn not_seen(why: String) -> Reason {
    Reason {
        field: Some("media".to_owned()),
        detail: Some(why),
        ..Reason::of(rule::LIKE_HIDDEN_PICTURES, Standing::Held)
    }
}

/// How the judge is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JudgeState {
    /// There is none.
    #[default]
    Off,
    /// It answers.
    Ok,
    /// It did not answer last time.
    Failing,
    /// It failed so often that it is not asked for a while.
    Open,
}

/// The same with figures, since the start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct JudgeHealth {
    /// How it is doing.
    pub state: JudgeState,
    /// How often it was asked.
    pub asked: u64,
    /// On how many posts there was no proper answer, those included about which it was not asked.
    pub failed: u64,
    /// Posts that wait for it.
    pub waiting: usize,
    /// Why it failed last, in words; gone once it answers.
    pub last_error: Option<String>,
}

/// What the wall and those whom it asks tell each other.
#[derive(Default)]
pub(super) struct Assessing {
    health: Mutex<JudgeHealth>,
    /// Posts wait for the judge, or its settings changed.
    judge: Notify,
    /// Posts wait for their pictures to be seen, or settings changed.
    pictures: Notify,
    /// The judge's health changed.
    pub(super) health_changed: Notify,
}

impl Assessing {
    /// Something may wait.
    pub(super) fn look(&self) {
        self.judge.notify_one();
        self.pictures.notify_one();
    }
}

impl Wall {
    /// Posts that wait for the judge and are not asked about yet, those that came first before the others.
    pub fn to_judge(&self, most: usize, asked: impl Fn(QuestionKey) -> bool) -> Vec<Question> {
        let state = self.read();
        questions(&state, &state.awaiting.judge, most, asked)
    }

    /// Posts whose pictures are to be looked at: those that wait for it, then hidden ones that nobody looked at.
    pub fn to_look_at(&self, most: usize, asked: impl Fn(QuestionKey) -> bool) -> Vec<Question> {
        let state = self.read();
        if state.settings.moderation.like_hidden_pictures == Action::Show {
            return Vec::new();
        }
        let mut found = questions(&state, &state.awaiting.pictures, most, &asked);
        let left = most - found.len();
        found.extend(questions(&state, &state.awaiting.unseen, left, asked));
        found
    }

    /// Waits until there may be something for the judge.
    pub async fn judge_awaited(&self) {
        self.assessing.judge.notified().await;
    }

    /// Waits until there may be pictures to look at.
    pub async fn pictures_awaited(&self) {
        self.assessing.pictures.notified().await;
    }

    /// Hands answers over and waits until they hold; says whether they could be stored. Those that are awaited no longer
    /// are dropped.
    pub async fn assess(&self, answers: Vec<Assessment>) -> bool {
        let (reply, stored) = oneshot::channel();
        let command = Command::Assessed { answers, reply };
        self.commands.send(command).await.is_ok() && stored.await.unwrap_or(false)
    }

    /// Notes how the judge is doing.
    pub fn judge_is(&self, health: JudgeHealth) {
        *self.assessing.health.lock() = health;
        self.assessing.health_changed.notify_one();
    }

    /// How the judge is doing.
    pub fn judge_health(&self, state: &WallState) -> JudgeHealth {
        let known = self.assessing.health.lock().clone();
        let is_off = state.settings.moderation.judge.is_none();
        JudgeHealth {
            state: match known.state {
                _ if is_off => JudgeState::Off,
                JudgeState::Off => JudgeState::Ok,
                state => state,
            },
            waiting: state.awaiting.judge.len(),
            ..known
        }
    }
}

fn questions(
    state: &WallState,
    waiting: &BTreeSet<PostNum>,
    most: usize,
    asked: impl Fn(QuestionKey) -> bool,
) -> Vec<Question> {
    let posts = waiting.iter().filter_map(|num| {
        let post = state.post(*num)?;
        Some(Question {
            key: (*num, post.judged),
            content: post.content.clone()?,
        })
    });
    posts
        .filter(|question| !asked(question.key))
        .take(most)
        .collect()
}

/// What waits for a rule that these settings switch off is let go; `others` are verdicts that change with it.
pub(super) fn released(
    state: &WallState,
    settings: &ModerationSettings,
    others: Option<Event>,
) -> Option<Event> {
    let (others, copies) = match others {
        Some(Event::Rejudged { verdicts, copies }) => (verdicts, copies),
        _ => (Vec::new(), Vec::new()),
    };
    let mut verdicts: BTreeMap<PostNum, Verdict> = others.into_iter().collect();
    for num in &state.awaiting.unanswered {
        let known = || state.post(*num).map(|post| &post.verdict);
        let before = verdicts.get(num).or_else(known);
        if let Some(released) = before.and_then(|before| before.released(settings)) {
            verdicts.insert(*num, released);
        }
    }
    (!verdicts.is_empty()).then(|| Event::Rejudged {
        verdicts: verdicts.into_iter().collect(),
        copies,
    })
}
