//! What a post says, and which others say the same or nearly the same.
//!
//! Two texts are alike where the Jaccard likeness of their sets of five-letter sequences is 0.6 or more. Candidates are
//! found by `MinHash` in bands (Broder 1997; Leskovec, Rajaraman, Ullman, *Mining of Massive Datasets*, chapter 3), and then
//! compared exactly. Texts of a few words are alike only if they are equal.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use jiff::{SignedDuration, Timestamp};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::post::{FacetKind, Post, PostNum};
use crate::text::fold::fold_accents_into;

/// Fewest words of which a copy is made; "yes" and "thank you" are said by many.
const FEWEST_WORDS: usize = 4;
/// Letters of a sequence.
const GRAM: usize = 5;
/// Two texts are alike from this share of common sequences on, in tenths.
const ALIKE_TENTHS: usize = 6;
/// Bands and rows of `MinHash`: texts that are just alike share a band with a probability of 99 %, those that have a third in
/// common with one of 50 %.
const BANDS: usize = 21;
const ROWS: usize = 3;
/// Posts of one band that are compared: in a flood of one text each of them leads to the same first post.
const MOST_IN_BAND: usize = 64;
/// Letters of a text that are looked at: two that begin with so many of the same are alike.
const MOST_LETTERS: usize = 600;
/// Posts that are compared with one text: the newest of those that may be alike.
const MOST_COMPARED: usize = 128;
/// Nearly the same counts for so long after the first, by event time; the very same always.
const WINDOW: SignedDuration = SignedDuration::from_hours(2);

/// What a post says: its words, folded, without links and mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// Hashes of its sequences of letters, sorted, each once.
    grams: Box<[u32]>,
    /// Its fingerprint; 53 bits are exact in every JSON reader.
    words: u64,
}

impl Saying {
    /// Reads it off a post; nothing where it says too little to be repeated.
    pub fn of(post: &Post) -> Option<Self> {
        let mut marks = post
            .facets
            .iter()
            .filter(|facet| matches!(facet.kind, FacetKind::Link | FacetKind::Mention))
            .peekable();
        let mut folded = String::with_capacity(post.text.len() + 1);
        let mut count = 0;
        for (at, word) in post.text.unicode_word_indices() {
            while marks.next_if(|mark| mark.end <= at).is_some() {}
            if marks.peek().is_some_and(|mark| mark.start <= at) {
                continue;
            }
            fold_accents_into(word, &mut folded);
            folded.push(' ');
            count += 1;
        }
        (count >= FEWEST_WORDS).then(|| Self {
            words: super::flow::fingerprint(&folded),
            grams: grams(&folded),
        })
    }

    /// Fingerprint of the words: two posts with the same one say the same.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// Whether another says nearly the same.
    pub fn is_like(&self, other: &Self) -> bool {
        if self.words == other.words {
            return true;
        }
        let (few, many) = if self.grams.len() < other.grams.len() {
            (self.grams.len(), other.grams.len())
        } else {
            (other.grams.len(), self.grams.len())
        };
        // Even if all of the shorter stood in the longer.
        if few * 10 < many * ALIKE_TENTHS {
            return false;
        }
        let common = common(&self.grams, &other.grams);
        common * 10 >= (few + many - common) * ALIKE_TENTHS
    }

    /// A key for each band, of its rows and its number.
    fn bands(&self) -> [u64; BANDS] {
        let mut least = [u32::MAX; BANDS * ROWS];
        for gram in &self.grams {
            for (nth, least) in (0_u64..).zip(&mut least) {
                // One multiplication a row, each with a constant of its own (multiply-shift, Dietzfelbinger 1997).
                let factor = (nth + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
                let hash = u64::from(*gram).wrapping_add(nth).wrapping_mul(factor) >> 32;
                *least = (*least).min(u32::try_from(hash).unwrap_or(u32::MAX));
            }
        }
        let hasher = FixedState::default();
        let mut keys = [0; BANDS];
        for (band, (key, rows)) in keys.iter_mut().zip(least.chunks(ROWS)).enumerate() {
            *key = hasher.hash_one((band, rows));
        }
        keys
    }
}

/// Hashes of all sequences of letters in a folded text.
fn grams(folded: &str) -> Box<[u32]> {
    let hasher = FixedState::default();
    let letters = folded.char_indices().take(MOST_LETTERS);
    let starts: Vec<usize> = letters.map(|(at, _)| at).collect();
    let ends = starts.iter().copied().skip(GRAM).chain([folded.len()]);
    let mut grams: Vec<u32> = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "half of a hash is a hash as well"
            )]
            let hash = hasher.hash_one(folded.get(*start..end)?) as u32;
            Some(hash)
        })
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams.into()
}

/// How many there are in both of two sorted lists.
fn common(one: &[u32], other: &[u32]) -> usize {
    let (mut left, mut right, mut count) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(left), other.get(right)) {
        left += usize::from(a <= b);
        right += usize::from(b <= a);
        count += usize::from(a == b);
    }
    count
}

#[derive(Debug, Clone)]
struct Said {
    at: Timestamp,
    saying: Saying,
    bands: [u64; BANDS],
}

/// What was said by the newest posts of a wall.
#[derive(Debug, Clone)]
pub struct Sayings {
    said: HashMap<PostNum, Said, FixedState>,
    by_band: HashMap<u64, Vec<PostNum>, FixedState>,
    order: VecDeque<PostNum>,
    /// The oldest goes when there are more.
    most: usize,
    /// Whether nearly the same counts however long ago it was said.
    timeless: bool,
}

impl Sayings {
    /// Keeps the `most` newest; nearly the same counts for two hours.
    pub fn recent(most: usize) -> Self {
        Self {
            said: HashMap::default(),
            by_band: HashMap::default(),
            order: VecDeque::new(),
            most,
            timeless: false,
        }
    }

    /// Keeps the `most` newest, and minds no time.
    pub fn timeless(most: usize) -> Self {
        Self {
            timeless: true,
            ..Self::recent(most)
        }
    }

    /// Notes what a post says, in place of what it said before.
    pub fn insert(&mut self, post: PostNum, at: Timestamp, saying: Saying) {
        self.remove(post);
        while self.order.len() >= self.most {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.forget(oldest);
        }
        let bands = saying.bands();
        for band in bands {
            let posts = self.by_band.entry(band).or_default();
            if posts.len() == MOST_IN_BAND {
                posts.remove(0);
            }
            posts.push(post);
        }
        self.order.push_back(post);
        self.said.insert(post, Said { at, saying, bands });
    }

    /// Forgets a post.
    pub fn remove(&mut self, post: PostNum) {
        if self.said.contains_key(&post) {
            self.order.retain(|known| *known != post);
            self.forget(post);
        }
    }

    fn forget(&mut self, post: PostNum) {
        let Some(said) = self.said.remove(&post) else {
            return;
        };
        for band in said.bands {
            if let Some(posts) = self.by_band.get_mut(&band) {
                posts.retain(|known| *known != post);
                if posts.is_empty() {
                    self.by_band.remove(&band);
                }
            }
        }
    }

    /// Posts that say the same or nearly the same, in the order of their numbers.
    pub fn alike(&self, saying: &Saying, at: Timestamp) -> Vec<PostNum> {
        if self.said.is_empty() {
            return Vec::new();
        }
        let mut posts: Vec<PostNum> = saying
            .bands()
            .iter()
            .filter_map(|band| self.by_band.get(band))
            .flatten()
            .copied()
            .collect();
        posts.sort_unstable();
        posts.dedup();
        posts.drain(..posts.len().saturating_sub(MOST_COMPARED));
        posts.retain(|post| {
            self.said.get(post).is_some_and(|said| {
                (self.timeless || said.at.duration_since(at).abs() <= WINDOW)
                    && said.saying.is_like(saying)
            })
        });
        posts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn saying(text: &str) -> Option<Saying> {
        let post = serde_json::json!({"id": "demo:1", "source": "demo", "text": text,
            "created_at": "2024-05-01T10:00:00Z", "author": {"id": "demo:ada"}});
        Saying::of(&serde_json::from_value(post).unwrap())
    }

    const TEXT: &str = "Our new preprint on single cell atlases of the human heart is out, read it and tell us what you think #Expert2019";

    #[test]
    fn edits_of_a_text_are_like_it_and_others_are_not() {
        let first = saying(TEXT).unwrap();
        for (edit, expected) in [
            (TEXT.to_owned(), true),
            (TEXT.to_uppercase(), true),
            (format!("{TEXT} #science"), true),
            (TEXT.replace("preprint", "manuscript"), true),
            (TEXT.replace("human heart", "mouse brain"), true),
            (TEXT.chars().take(80).collect(), true),
            (format!("So true! {TEXT}"), true),
            (
                "Our new building on the corner is open, come and see what it is like #Expert2019"
                    .to_owned(),
                false,
            ),
            (
                "Lunch is served in the foyer, please bring your badges with you #Expert2019"
                    .to_owned(),
                false,
            ),
        ] {
            let other = saying(&edit).unwrap();
            assert_eq!(first.is_like(&other), expected, "{edit}");
        }
        assert_eq!(saying("thank you all"), None);
    }

    #[test]
    fn the_index_finds_what_is_alike_within_its_time_and_room() {
        let at = |hours: i64| Timestamp::from_second(hours * 3600).unwrap();
        let mut recent = Sayings::recent(3);
        let mut timeless = Sayings::timeless(3);
        for index in [&mut recent, &mut timeless] {
            index.insert(PostNum(1), at(0), saying(TEXT).unwrap());
            index.insert(
                PostNum(2),
                at(0),
                saying("Lunch is served in the foyer, please come").unwrap(),
            );
        }
        let edit = saying(&format!("{TEXT} #science")).unwrap();
        assert_eq!(recent.alike(&edit, at(2)), [PostNum(1)]);
        assert_eq!(recent.alike(&edit, at(3)), []);
        assert_eq!(timeless.alike(&edit, at(300)), [PostNum(1)]);
        recent.insert(
            PostNum(1),
            at(0),
            saying("Something else was edited in here").unwrap(),
        );
        assert_eq!(recent.alike(&edit, at(0)), []);
        for num in 3..6 {
            timeless.insert(
                PostNum(num),
                at(0),
                saying(&format!("word{num} and some others that are new")).unwrap(),
            );
        }
        assert_eq!(timeless.alike(&edit, at(0)), []);
        assert_eq!(timeless.said.len(), 3);
        for num in 0..9 {
            timeless.remove(PostNum(num));
        }
        assert!(timeless.by_band.is_empty() && timeless.order.is_empty());
    }

    proptest! {
        #[test]
        fn likeness_is_mutual_and_any_text_is_like_itself(one in "\\PC{0,120}", other in "\\PC{0,120}") {
            if let (Some(one), Some(other)) = (saying(&one), saying(&other)) {
                prop_assert_eq!(one.is_like(&other), other.is_like(&one));
                prop_assert!(one.is_like(&one));
                let mut index = Sayings::recent(10);
                index.insert(PostNum(1), Timestamp::UNIX_EPOCH, one.clone());
                prop_assert_eq!(index.alike(&one, Timestamp::UNIX_EPOCH), vec![PostNum(1)]);
            }
        }

        #[test]
        fn the_order_of_coming_changes_nothing(words in proptest::collection::vec("[a-d]{3,6}( [a-d]{3,6}){4,8}", 1..12)) {
            let sayings: Vec<Saying> = words.iter().filter_map(|text| saying(text)).collect();
            let numbered = || (0_u32..).map(PostNum).zip(sayings.iter().cloned());
            let (mut forth, mut back) = (Sayings::recent(100), Sayings::recent(100));
            for (num, saying) in numbered() {
                forth.insert(num, Timestamp::UNIX_EPOCH, saying);
            }
            for (num, saying) in numbered().collect::<Vec<_>>().into_iter().rev() {
                back.insert(num, Timestamp::UNIX_EPOCH, saying);
            }
            for (_, saying) in numbered() {
                prop_assert_eq!(forth.alike(&saying, Timestamp::UNIX_EPOCH), back.alike(&saying, Timestamp::UNIX_EPOCH));
            }
        }
    }
}
