//! What each rule did: posts it has fired on, counted reversibly by the fold.

use std::collections::BTreeMap;

use serde::Serialize;

use super::record::PostRecord;
use crate::journal::Action;
use crate::post::Standing;
use crate::stats::Count;

/// What one rule did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct RuleTally {
    /// Posts that it asks to hold.
    pub held: Count,
    /// Posts that it asks to hide.
    pub hidden: Count,
    /// Those of both that a person showed nevertheless.
    pub shown_anyway: Count,
}

/// What all rules did, by name; a rule that fired on nothing is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleTallies(BTreeMap<String, RuleTally>);

/// One rule's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// Its name, as in the settings.
    pub rule: String,
    /// What it did.
    #[serde(flatten)]
    pub tally: RuleTally,
}

impl RuleTallies {
    /// Counts a post in (`by` 1), or takes exactly that back (`by` -1). What is gone at its source counts for nothing.
    pub(super) fn count(&mut self, post: &PostRecord, by: i64) {
        if post.standing == Standing::Deleted {
            return;
        }
        let anyway = post.standing == Standing::Shown
            && post
                .decided()
                .is_some_and(|decided| decided.action == Action::Show);
        for (rule, outcome) in post.fired() {
            if !self.0.contains_key(rule) {
                self.0.insert(rule.to_owned(), RuleTally::default());
            }
            let Some(tally) = self.0.get_mut(rule) else {
                continue;
            };
            let count = if outcome == Standing::Held {
                &mut tally.held
            } else {
                &mut tally.hidden
            };
            *count = count.saturating_add_signed(by);
            if anyway {
                tally.shown_anyway = tally.shown_anyway.saturating_add_signed(by);
            }
            if *tally == RuleTally::default() {
                self.0.remove(rule);
            }
        }
    }

    /// All of them, by name.
    pub fn lines(&self) -> Vec<RuleLine> {
        let line = |(rule, tally): (&String, &RuleTally)| RuleLine {
            rule: rule.clone(),
            tally: *tally,
        };
        self.0.iter().map(line).collect()
    }
}
