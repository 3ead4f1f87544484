//! What the newest posts say, and what people took off the wall: by that a post is told that says it again. Kept beside the
//! state, since verdicts and copies stand in the events; made from the posts' content when a wall is opened.

use jiff::Timestamp;

use super::record::PostRecord;
use super::state::WallState;
use crate::journal::{Action, AuthorStanding, Event};
use crate::moderation::near::{Saying, Sayings};
use crate::moderation::{Reason, Verdict, rule};
use crate::post::{PostNum, Standing};

/// Newest posts that another may say again nearly word for word.
pub(super) const RECENT: usize = 10_000;
/// Posts taken off the wall by people that are remembered, however long ago.
pub(super) const HIDDEN: usize = 5_000;
/// Posts of a blocked author that are remembered as taken off.
const OF_AUTHOR: usize = 100;

/// What was said.
#[derive(Debug)]
pub struct Likeness {
    recent: Sayings,
    hidden: Sayings,
}

impl Default for Likeness {
    fn default() -> Self {
        Self {
            recent: Sayings::recent(RECENT),
            hidden: Sayings::timeless(HIDDEN),
        }
    }
}

/// What a post said, for [`Likeness::learn`].
pub(super) type Said = (PostNum, Timestamp, Saying);

impl Likeness {
    /// What is known of a wall that is opened.
    pub fn of(state: &WallState) -> Self {
        let mut likeness = Self::default();
        let first = state.posts.len().saturating_sub(RECENT);
        let newest = (0_u32..).map(PostNum).take(state.posts.len()).skip(first);
        likeness.learn(newest.filter_map(|num| said(state, num)).collect());
        let all = (0_u32..).map(PostNum).take(state.posts.len());
        let hidden: Vec<PostNum> = all.filter(|num| is_taken_off(state, *num)).collect();
        let newest = hidden.len().saturating_sub(HIDDEN);
        likeness.hide(state, hidden.get(newest..).unwrap_or_default());
        likeness
    }

    /// Notes what posts say.
    pub fn learn(&mut self, said: Vec<Said>) {
        for (post, at, saying) in said {
            self.recent.insert(post, at, saying);
        }
    }

    /// Notes posts that a person took off the wall.
    fn hide(&mut self, state: &WallState, posts: &[PostNum]) {
        for (post, at, saying) in posts.iter().filter_map(|num| said(state, *num)) {
            self.hidden.insert(post, at, saying);
        }
    }

    /// Notes what an event took off the wall.
    pub fn note(&mut self, state: &WallState, event: &Event) {
        match event {
            Event::Decided {
                action: Action::Hide,
                posts,
                ..
            } => self.hide(state, posts),
            Event::AuthorDecided {
                author,
                standing: AuthorStanding::Blocked,
                ..
            } => {
                let posts = state.authors.get(author.index());
                let posts = posts.map_or(&[][..], |author| author.posts.as_slice());
                let newest = posts.len().saturating_sub(OF_AUTHOR);
                self.hide(state, posts.get(newest..).unwrap_or_default());
            }
            _ => {}
        }
    }

    /// Posts that say nearly the same, in the order they came.
    pub fn alike(&self, saying: &Saying, at: Timestamp) -> Vec<PostNum> {
        self.recent.alike(saying, at)
    }

    /// Whether a person took a post off the wall that says so, other than this one.
    pub fn was_hidden(
        &self,
        state: &WallState,
        saying: &Saying,
        at: Timestamp,
        but: Option<PostNum>,
    ) -> bool {
        let alike = self.hidden.alike(saying, at);
        let mut others = alike.iter().filter(|num| Some(**num) != but);
        others.any(|num| is_taken_off(state, *num))
    }
}

/// Whether a person took the post, or all of its author's, off the wall.
fn is_taken_off(state: &WallState, num: PostNum) -> bool {
    let author = state.post(num).map(|post| post.author);
    let author = author.and_then(|author| state.authors.get(author.index()));
    state.is_taken_off(num)
        || author.is_some_and(|author| author.standing() == AuthorStanding::Blocked)
}

fn said(state: &WallState, num: PostNum) -> Option<Said> {
    let record = state.post(num)?;
    let post = record.content.as_ref()?.post().ok()?;
    Some((num, record.created_at, Saying::of(&post)?))
}

/// Where originals are gone at their source, the oldest copy of each takes its place: what it says was kept off the wall only
/// because it stood there already. `gone` are the originals.
pub(super) fn succeeded(state: &WallState, gone: &[PostNum]) -> Option<Event> {
    let (mut verdicts, mut copies) = (Vec::new(), Vec::new());
    for first in gone {
        if state.post(*first).is_none_or(|post| post.copies == 0) || state.is_taken_off(*first) {
            continue;
        }
        let mut of_it = (0_u32..)
            .map(PostNum)
            .zip(&state.posts)
            .filter(|(_, post)| {
                post.copy_of == Some(*first) && post.is_collapsed() && post.content.is_some()
            });
        // None that a person objects to: what is said is to be seen.
        let Some((heir, record)) = of_it.find(|(num, _)| !is_taken_off(state, *num)) else {
            continue;
        };
        verdicts.push((heir, without_copies(&record.verdict)));
        copies.push((heir, None));
        for (num, record) in of_it {
            // Named as well, so that they count for the heir from now on.
            verdicts.push((num, record.verdict.clone()));
            copies.push((num, Some(heir)));
        }
    }
    (!verdicts.is_empty()).then_some(Event::Rejudged { verdicts, copies })
}

/// The same for all originals that are gone.
pub(super) fn succeeded_since(state: &WallState) -> Option<Event> {
    let gone = |post: &PostRecord| post.copies > 0 && (post.deleted || post.erased);
    let all = (0_u32..).map(PostNum).zip(&state.posts);
    let gone: Vec<PostNum> = all
        .filter(|(_, post)| gone(post))
        .map(|(num, _)| num)
        .collect();
    succeeded(state, &gone)
}

/// A verdict as if nothing had said the same before.
fn without_copies(verdict: &Verdict) -> Verdict {
    let others = verdict.reasons.iter();
    let reasons: Vec<Reason> = others
        .filter(|reason| reason.rule != rule::DUPLICATES)
        .cloned()
        .collect();
    let standing = reasons.iter().map(|reason| reason.outcome).max();
    Verdict {
        standing: standing.unwrap_or(Standing::Shown),
        reasons,
    }
}
