//! The judge: a program of the operator's that is asked about every post, over HTTP. What it says becomes a reason like any
//! other rule's. The wall never waits for it: a post that it was not asked about yet is held, and the wall's task is handed
//! answers as they come. docs/judge.md has the protocol.

pub mod answer;
pub mod circuit;
mod client;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::circuit::{Circuit, Turn};
use crate::moderation::{JudgeSettings, Reason, rule};
use crate::post::Standing;
use crate::wall::Wall;
use crate::wall::assessing::{Answer, Assessment, JudgeHealth, JudgeState, Question, QuestionKey};

/// Posts that it is asked about at once, answers that are being stored included. More wait in the wall's state.
const AT_ONCE: usize = 4;
/// Posts that are given up together while it is not asked.
const REFUSED_AT_ONCE: usize = 200;
/// How long to wait where the disk refuses an answer.
const RETRY_EVERY: Duration = Duration::from_secs(2);

/// Asks about the posts of a wall until it is told to stop.
pub async fn run(wall: Arc<Wall>, http: reqwest::Client, stop: CancellationToken) {
    let mut asking = Asking {
        wall: wall.clone(),
        http,
        settings: None,
        round: 0,
        circuit: Circuit::default(),
        health: JudgeHealth::default(),
        asked: HashSet::new(),
        steps: FuturesUnordered::new(),
    };
    loop {
        asking.go_on();
        tokio::select! {
            () = stop.cancelled() => return,
            Some(ended) = asking.steps.next() => asking.take(ended),
            () = wall.judge_awaited() => {}
        }
    }
}

/// What is under way.
struct Asking {
    wall: Arc<Wall>,
    http: reqwest::Client,
    settings: Option<Arc<JudgeSettings>>,
    /// Grows with each change of the settings: how another program failed says nothing of this one.
    round: u64,
    circuit: Circuit,
    health: JudgeHealth,
    asked: HashSet<QuestionKey>,
    steps: FuturesUnordered<BoxFuture<'static, Step>>,
}

/// Something ended.
enum Step {
    /// An answer came, or none.
    Answered {
        key: QuestionKey,
        round: u64,
        settings: Arc<JudgeSettings>,
        answer: Result<Vec<Reason>, String>,
    },
    /// Answers hold.
    Stored(Vec<QuestionKey>),
}

impl Asking {
    /// Asks about as many posts as may be asked about now.
    fn go_on(&mut self) {
        let settings = self.wall.read().settings.moderation.judge.clone();
        if self.settings.as_deref() != settings.as_ref() {
            self.settings = settings.map(Arc::new);
            self.round += 1;
            self.circuit = Circuit::default();
            self.health.last_error = None;
            self.tell();
        }
        let Some(settings) = self.settings.clone() else {
            return;
        };
        while self.steps.len() < AT_ONCE {
            let turn = self.circuit.turn(Instant::now());
            let most = match turn {
                Turn::Ask | Turn::Try => 1,
                Turn::Refuse => REFUSED_AT_ONCE,
                Turn::Wait => return,
            };
            let questions = self.wall.to_judge(most, |key| self.asked.contains(&key));
            if questions.is_empty() {
                return;
            }
            if turn == Turn::Try {
                self.circuit.tries();
            }
            self.asked.extend(questions.iter().map(|it| it.key));
            if turn == Turn::Refuse {
                self.refuse(&questions, &settings);
            } else {
                for question in questions {
                    self.ask(question, settings.clone());
                }
            }
        }
    }

    fn ask(&mut self, question: Question, settings: Arc<JudgeSettings>) {
        self.health.asked += 1;
        let (wall, http, round) = (self.wall.clone(), self.http.clone(), self.round);
        let step = async move {
            let answer = client::ask(&http, &settings, &wall.id, &question.content).await;
            Step::Answered {
                key: question.key,
                round,
                settings,
                answer,
            }
        };
        self.steps.push(step.boxed());
    }

    /// Says what becomes of posts about which it is not asked.
    fn refuse(&mut self, questions: &[Question], settings: &JudgeSettings) {
        self.health.failed += questions.len() as u64;
        let last = self.health.last_error.as_deref().unwrap_or_default();
        let why = format!(
            "not asked, since it failed {} times in a row; last: {last}",
            self.circuit.failures()
        );
        let answers = questions.iter().map(|question| Assessment {
            key: question.key,
            answer: Answer::Judged(failure(settings, &why)),
        });
        let answers = answers.collect();
        self.tell();
        self.store(answers);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Answered {
                key,
                round,
                settings,
                answer,
            } => {
                if round == self.round {
                    match &answer {
                        Ok(_) => {
                            self.circuit.answered();
                            self.health.last_error = None;
                        }
                        Err(error) => self.note_failure(error),
                    }
                }
                self.health.failed += u64::from(answer.is_err());
                self.tell();
                let reasons = answer.unwrap_or_else(|why| failure(&settings, &why));
                self.store(vec![Assessment {
                    key,
                    answer: Answer::Judged(reasons),
                }]);
            }
            Step::Stored(keys) => {
                for key in keys {
                    self.asked.remove(&key);
                }
            }
        }
    }

    fn note_failure(&mut self, error: &str) {
        let was_open = self.circuit.is_open();
        self.circuit.failed(Instant::now());
        if !was_open {
            let left_alone = self.circuit.is_open();
            tracing::warn!(wall = %self.wall.id, error, left_alone, "the judge failed");
        }
        self.health.last_error = Some(error.to_owned());
    }

    /// Hands answers over until they are stored.
    fn store(&mut self, answers: Vec<Assessment>) {
        let wall = self.wall.clone();
        let step = async move {
            let keys = answers.iter().map(|answer| answer.key).collect();
            while !wall.assess(answers.clone()).await {
                sleep(RETRY_EVERY).await;
            }
            Step::Stored(keys)
        };
        self.steps.push(step.boxed());
    }

    fn tell(&mut self) {
        self.health.state = match (self.circuit.is_open(), self.circuit.failures()) {
            (true, _) => JudgeState::Open,
            (false, 0) => JudgeState::Ok,
            (false, _) => JudgeState::Failing,
        };
        self.wall.judge_is(self.health.clone());
    }
}

/// What becomes of a post on which there is no answer.
fn failure(settings: &JudgeSettings, why: &str) -> Vec<Reason> {
    let outcome = settings.on_failure.standing();
    let reason = Reason {
        detail: Some(why.to_owned()),
        ..Reason::of(rule::JUDGE, outcome)
    };
    (outcome != Standing::Shown)
        .then_some(reason)
        .into_iter()
        .collect()
}
