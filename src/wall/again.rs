//! Lets all that the wall has come again before other rules. Takes posts out of the state a few at a time, so that nobody
//! waits for it; run where it may take long.

use std::collections::HashMap;

use super::handle::Wall;
use super::rejudge::{Received, Replay};
use crate::feed::FeedName;
use crate::moderation::{Again, FeedRules, Rules};
use crate::post::PostNum;

/// Posts taken out of the state at once.
const AT_ONCE: u32 = 500;

/// Whose judgement is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The first post that is judged; those before only came.
    pub(super) from: usize,
    /// The first that is not looked at any more.
    pub(super) until: usize,
}

impl Wall {
    /// Hands over each post in the order they came, with what the rules say of it now. Ends early once `stop` says so.
    pub(super) fn let_come_again(
        &self,
        (rules, feeds): (&Rules, &HashMap<FeedName, FeedRules>),
        span: Span,
        stop: impl Fn() -> bool,
        mut each: impl FnMut(&Received, Option<Again>),
    ) {
        let mut replay = Replay::new(rules, feeds);
        let until = u32::try_from(span.until).unwrap_or(u32::MAX);
        let mut next = 0;
        while next < until && !stop() {
            let end = until.min(next.saturating_add(AT_ONCE));
            let some: Vec<Received> = {
                let state = self.read();
                let nums = (next..end).map(PostNum);
                nums.filter_map(|num| Received::of(&state, num)).collect()
            };
            for received in &some {
                let judged = received.num.index() >= span.from;
                let again = replay.come(received, judged);
                each(received, again);
            }
            next = end;
        }
    }
}
