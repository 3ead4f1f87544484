//! Pictures that were refused: why, for staff; and for how long they are not asked for again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::cache::PictureId;
use super::decode::Unseen;
use super::fetch::Failure;
use crate::post::{PostNum, Which};

/// How long a refused picture is not fetched again.
const REMEMBERED: Duration = Duration::from_mins(5);
/// Most that are remembered; beyond it the oldest are fetched again.
const MOST: usize = 4_096;
/// Most that staff are told of, of each wall.
const LISTED: usize = 50;

/// Why a picture is not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It could not be fetched.
    #[error(transparent)]
    Fetched(#[from] Failure),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] Unseen),
}

impl Why {
    /// In one word, for counting.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Fetched(Failure::Slow(_)) => "slow",
            Self::Fetched(Failure::NoAddress) => "no_address",
            Self::Fetched(Failure::NotPublic) => "not_public",
            Self::Fetched(Failure::TooLarge) => "too_many_bytes",
            Self::Fetched(Failure::Cut) => "cut",
            Self::Fetched(Failure::Status(..)) => "status",
            Self::Fetched(Failure::Unreachable(_)) => "unreachable",
            Self::Fetched(Failure::Redirects) => "redirects",
            Self::Read(Unseen::NoPicture) => "no_picture",
            Self::Read(Unseen::TooLarge(..)) => "too_many_pixels",
            Self::Read(Unseen::Damaged) => "damaged",
        }
    }
}

/// A picture that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Of which post.
    pub post: PostNum,
    /// Which of its pictures.
    pub which: Which,
    /// Why.
    pub why: Why,
    /// When it was found.
    pub at: Timestamp,
}

/// All that is known of refused pictures.
#[derive(Debug, Default)]
pub(super) struct Refused {
    known: HashMap<PictureId, (Timestamp, Why)>,
    order: VecDeque<(Timestamp, PictureId)>,
    newest: HashMap<String, VecDeque<Refusal>>,
    counts: BTreeMap<(String, &'static str), u64>,
}

impl Refused {
    /// Why a picture was refused, where that is not long ago.
    pub(super) fn why(&self, id: PictureId, now: Timestamp) -> Option<Why> {
        let (at, why) = self.known.get(&id)?;
        let until = at.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        (now < until).then(|| why.clone())
    }

    /// Notes and counts that a picture was found to be refused.
    pub(super) fn found(&mut self, wall: &str, id: PictureId, refusal: Refusal) {
        let word = refusal.why.word();
        *self.counts.entry((wall.to_owned(), word)).or_default() += 1;
        self.known.insert(id, (refusal.at, refusal.why.clone()));
        self.order.push_back((refusal.at, id));
        while self.order.len() > MOST {
            if let Some((at, oldest)) = self.order.pop_front()
                && self
                    .known
                    .get(&oldest)
                    .is_some_and(|(known, _)| *known == at)
            {
                self.known.remove(&oldest);
            }
        }
        self.list(wall, refusal);
    }

    /// Lists a refusal for staff, each picture of a post once.
    pub(super) fn list(&mut self, wall: &str, refusal: Refusal) {
        let newest = self.newest.entry(wall.to_owned()).or_default();
        newest.retain(|known| (known.post, known.which) != (refusal.post, refusal.which));
        newest.push_front(refusal);
        newest.truncate(LISTED);
    }

    /// The newest of a wall, newest first.
    pub(super) fn newest(&self, wall: &str) -> Vec<Refusal> {
        let newest = self.newest.get(wall).into_iter().flatten();
        newest.cloned().collect()
    }

    /// How often each reason was found, by wall and word.
    pub(super) fn counts(&self) -> BTreeMap<(String, &'static str), u64> {
        self.counts.clone()
    }
}
