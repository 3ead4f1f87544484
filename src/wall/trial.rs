//! Trying settings: what changed rules would do to everything that is here, before anybody applies them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::again::Span;
use super::command::{Act, Done, NotDone};
use super::frames::Audience;
use super::handle::Wall;
use super::post_json::post_json;
use super::rejudge::Received;
use super::settings::for_console;
use crate::journal::{Action, To, Who};
use crate::moderation::{Reason, Rules, Verdict};
use crate::post::{PostNum, Standing};

/// Posts that are listed one by one.
const LISTED: usize = 200;

/// Authored posts within the event by standing, as the tallies count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Standings {
    /// On the wall.
    pub shown: u64,
    /// Waiting.
    pub held: u64,
    /// Kept off.
    pub hidden: u64,
}

/// Of how many posts a rule would be among the reasons to keep them off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleEffect {
    /// Its name.
    pub rule: String,
    /// Posts that it would hold.
    pub held: u64,
    /// Posts that it would hide.
    pub hidden: u64,
}

/// A post that would stand elsewhere, or that only a person's word keeps on the wall.
#[derive(Debug, Serialize)]
pub struct Moved {
    /// Its id.
    pub id: Arc<str>,
    /// Where it stands.
    pub from: Standing,
    /// Where the rules would put it.
    pub to: Standing,
    /// Whether a person showed it, so that it stays.
    pub approved: bool,
    /// The post as staff see it now.
    pub post: Box<RawValue>,
    /// What the rules would say.
    pub reasons: Vec<Reason>,
}

/// What changed rules would do.
#[derive(Debug, Default, Serialize)]
pub struct Tried {
    /// Authored posts within the event that are not deleted.
    pub posts: u64,
    /// Where they stand.
    pub now: Standings,
    /// Where they would stand.
    pub then: Standings,
    /// Posts, reposts among them, that would come onto the wall.
    pub shown: u64,
    /// Posts that would have to wait.
    pub held: u64,
    /// Posts that would be kept off.
    pub hidden: u64,
    /// Posts that a person showed and to which the rules would newly object; they stay shown.
    pub approved: u64,
    /// The rules that newly object to the posts above.
    pub rules: Vec<RuleEffect>,
    /// The posts above, the worst first, bounded.
    pub list: Vec<Moved>,
}

/// A post above, before its JSON is made.
struct Found {
    num: PostNum,
    from: Standing,
    to: Standing,
    approved: bool,
    reasons: Vec<Reason>,
}

impl Wall {
    /// Says what settings would do to everything that is here, were they changed for all posts. Changes nothing. One at a
    /// time: it keeps a core busy.
    ///
    /// # Errors
    /// The settings make no sense, or name a list that cannot be read.
    pub async fn try_settings(
        self: &Arc<Self>,
        values: &Map<String, Value>,
    ) -> Result<Tried, NotDone> {
        let turn = self.trials.clone().acquire_owned().await;
        let turn = turn.map_err(|_| NotDone::Closing)?;
        let rules = self.rules_for(values).await?;
        let wall = self.clone();
        let tried = tokio::task::spawn_blocking(move || {
            // Given back when the trial is over, also where whoever asked has gone.
            let _turn = turn;
            let until = wall.read().posts.len();
            wall.try_rules(&rules, until)
        });
        tried.await.map_err(|_| NotDone::Closing)
    }

    /// Changes settings. The rules are made of them here, not by the wall's task, which has others to serve.
    ///
    /// # Errors
    /// As [`Wall::act`].
    pub async fn change_settings(
        self: &Arc<Self>,
        by: Who,
        values: Map<String, Value>,
        to: To,
    ) -> Result<Done, NotDone> {
        let made = if values.contains_key("moderation") {
            Some(self.rules_for(&values).await?)
        } else {
            None
        };
        self.act(by, Act::Settings { values, to, made }).await
    }

    /// The rules that settings would make, were they changed.
    async fn rules_for(
        self: &Arc<Self>,
        values: &Map<String, Value>,
    ) -> Result<Arc<Rules>, NotDone> {
        for_console(values).map_err(NotDone::Invalid)?;
        let next = self.read().settings.asked(values);
        let next = next.map_err(|error| NotDone::Invalid(error.to_string()))?;
        let wall = self.clone();
        let made = tokio::task::spawn_blocking(move || wall.make_rules(&next.moderation));
        let made = made.await.map_err(|_| NotDone::Closing)?;
        made.map(Arc::new).map_err(NotDone::Invalid)
    }

    fn try_rules(&self, rules: &Rules, until: usize) -> Tried {
        let feeds = self.ruled(rules.settings());
        let mut tried = Tried::default();
        let mut by_rule: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut found = Vec::new();
        let span = Span { from: 0, until };
        let stop = || self.commands.is_closed();
        self.let_come_again((rules, &feeds), span, stop, |received, again| {
            let before = &received.record.verdict;
            let verdict = again.map_or_else(|| before.clone(), |again| again.over(before));
            found.extend(tried.count(received, verdict, &mut by_rule));
        });
        tried.rules = by_rule
            .into_iter()
            .map(|(rule, (held, hidden))| RuleEffect { rule, held, hidden })
            .collect();
        let severity = |found: &Found| match (found.approved, found.to) {
            (true, _) => 1,
            (_, Standing::Hidden | Standing::Deleted) => 0,
            (_, Standing::Held) => 2,
            (_, Standing::Shown) => 3,
        };
        found.sort_by_key(|found| (severity(found), std::cmp::Reverse(found.num)));
        found.truncate(LISTED);
        let state = self.read();
        tried.list = found
            .into_iter()
            .filter_map(|found| {
                let json = post_json(&state, found.num, Audience::Staff)?;
                Some(Moved {
                    id: state.post(found.num)?.content.as_ref()?.id.clone(),
                    from: found.from,
                    to: found.to,
                    approved: found.approved,
                    post: RawValue::from_string(json).ok()?,
                    reasons: found.reasons,
                })
            })
            .collect();
        tried
    }
}

impl Tried {
    /// Counts a post where it stands and where it would; the answer is the post if it is one to list.
    fn count(
        &mut self,
        received: &Received,
        verdict: Verdict,
        by_rule: &mut BTreeMap<String, (u64, u64)>,
    ) -> Option<Found> {
        let record = &received.record;
        let from = record.standing;
        if from == Standing::Deleted {
            return None;
        }
        let then = received.standing_by(&verdict);
        let counted = record.in_time
            && record.asked_for
            && record.replaced_by.is_none()
            && !record.added
            && record.kind.is_authored();
        if counted {
            self.posts += 1;
            self.now.count(from);
            self.then.count(then);
        }
        let news = |reason: &&Reason| {
            let known =
                |before: &Reason| before.rule == reason.rule && before.outcome >= reason.outcome;
            !record.verdict.reasons.iter().any(known)
        };
        let by_hand = (record.decided()).is_some_and(|applied| applied.action == Action::Show);
        let objections = verdict.reasons.iter().filter(news);
        let approved = by_hand && then == Standing::Shown && objections.clone().next().is_some();
        if then != from {
            match then {
                Standing::Shown => self.shown += 1,
                Standing::Held => self.held += 1,
                Standing::Hidden | Standing::Deleted => self.hidden += 1,
            }
        } else if !approved {
            return None;
        }
        self.approved += u64::from(approved);
        let mut counted: Vec<&str> = Vec::new();
        for reason in objections {
            if !counted.contains(&reason.rule.as_str()) {
                counted.push(&reason.rule);
                let effect = by_rule.entry(reason.rule.clone()).or_default();
                if reason.outcome == Standing::Held {
                    effect.0 += 1;
                } else {
                    effect.1 += 1;
                }
            }
        }
        Some(Found {
            num: received.num,
            from,
            to: if approved { verdict.standing } else { then },
            approved,
            reasons: verdict.reasons,
        })
    }
}

impl Standings {
    fn count(&mut self, standing: Standing) {
        match standing {
            Standing::Shown => self.shown += 1,
            Standing::Held => self.held += 1,
            Standing::Hidden => self.hidden += 1,
            Standing::Deleted => {}
        }
    }
}
