//! How surely an edited copy is told from a post that only sounds alike, and what that costs.
//! `cargo bench --bench likeness`; for the speed of one core `taskset -c 0`.
//!
//! Reads recorded conference posts where they are at hand (`BUZZWALL_DATA`, else `../shared/data`). Prints no word of them.

#[path = "moderation/corpus.rs"]
#[expect(dead_code, reason = "the other sets are another bench's")]
mod corpus;
#[path = "moderation/data.rs"]
mod data;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use buzzwall::moderation::near::{Saying, Sayings};
use buzzwall::post::{Post, PostNum};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

fn main() {
    let data = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let texts = corpus::conference(&data);
    if texts.is_empty() {
        println!(
            "no recorded posts at {}; nothing is measured",
            data.display()
        );
        return;
    }
    let said: Vec<(&String, Saying)> = texts
        .iter()
        .filter_map(|text| Some((text, saying(text)?)))
        .collect();
    println!(
        "{} posts, {} that say enough to be repeated\n",
        texts.len(),
        said.len()
    );
    edits(&said);
    pairs(&said);
    speed(&texts, &said);
}

fn post(text: &str) -> Post {
    let post = json!({"id": "bench:1", "source": "bench", "text": text, "created_at": "2014-05-08T10:00:00Z",
        "facets": buzzwall::text::plain::facets(text), "author": {"id": "bench:a"}});
    serde_json::from_value(post).expect("it is a post")
}

fn saying(text: &str) -> Option<Saying> {
    Saying::of(&post(text))
}

type Edit = (&'static str, fn(&str, &str, &mut StdRng) -> String);

/// The edits of people who pass a text off as their own; `other` is another post.
const EDITS: [Edit; 8] = [
    ("a hashtag more", |text, _, _| format!("{text} #science")),
    ("other links and mentions", |text, _, _| {
        format!("@somebody {text} https://example.org/x")
    }),
    ("upper case", |text, _, _| text.to_uppercase()),
    ("zero-width spaces", |text, _, _| {
        text.replace(' ', " \u{200b}")
    }),
    ("one word replaced", |text, other, rng| {
        replaced(text, other, 1, rng)
    }),
    ("two words replaced", |text, other, rng| {
        replaced(text, other, 2, rng)
    }),
    ("cut to 70 %", |text, _, _| {
        let letters = text.chars().count();
        text.chars().take(letters * 7 / 10).collect()
    }),
    ("a comment before it", |text, _, _| {
        format!("So true! \"{text}\"")
    }),
];

fn replaced(text: &str, other: &str, many: usize, rng: &mut StdRng) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    let others: Vec<&str> = other.split(' ').collect();
    for _ in 0..many {
        let at = rng.random_range(0..words.len());
        words[at] = others[rng.random_range(0..others.len())];
    }
    words.join(" ")
}

fn edits(said: &[(&String, Saying)]) {
    let mut index = Sayings::timeless(said.len());
    for (num, (_, saying)) in (0..).map(PostNum).zip(said) {
        index.insert(num, Timestamp::UNIX_EPOCH, saying.clone());
    }
    println!(
        "{:<26} {:>12} {:>18}",
        "edit", "alike", "found by the index"
    );
    let mut rng = StdRng::seed_from_u64(2019);
    for (name, edit) in EDITS {
        let (mut alike, mut found, mut all) = (0, 0, 0);
        for (nth, (text, first)) in said.iter().enumerate() {
            let other = said[(nth * 7 + 13) % said.len()].0;
            let Some(edited) = saying(&edit(text, other, &mut rng)) else {
                continue;
            };
            all += 1;
            alike += usize::from(first.is_like(&edited));
            let known = index.alike(&edited, Timestamp::UNIX_EPOCH);
            found += usize::from(!known.is_empty());
        }
        let share = |part: usize| part as f64 / f64::from(all);
        println!("{name:<26} {:>12.3} {:>18.3}", share(alike), share(found));
    }
}

/// Distinct posts that are taken for copies of each other, and how many of these the index finds.
fn pairs(said: &[(&String, Saying)]) {
    let (mut alike, mut found) = (0_u32, 0_u32);
    let mut index = Sayings::timeless(said.len());
    for (nth, (num, (_, saying))) in (0..).map(PostNum).zip(said).enumerate() {
        let exact = said[..nth]
            .iter()
            .filter(|(_, other)| other.is_like(saying))
            .count();
        alike += u32::from(exact > 0);
        found += u32::from(!index.alike(saying, Timestamp::UNIX_EPOCH).is_empty());
        index.insert(num, Timestamp::UNIX_EPOCH, saying.clone());
    }
    println!(
        "\nposts like an earlier one: {alike} of {}; the index finds {found}\n",
        said.len()
    );
}

fn speed(texts: &[String], said: &[(&String, Saying)]) {
    let posts: Vec<Post> = texts.iter().map(|text| post(text)).collect();
    let micros = |began: Instant, many: usize| began.elapsed().as_secs_f64() * 1e6 / many as f64;
    let began = Instant::now();
    for post in &posts {
        black_box(Saying::of(post));
    }
    println!(
        "reading what a post says: {:.1} µs",
        micros(began, posts.len())
    );
    let mut index = Sayings::recent(10_000);
    let began = Instant::now();
    for (num, (_, saying)) in (0..).map(PostNum).zip(said) {
        black_box(index.alike(saying, Timestamp::UNIX_EPOCH));
        index.insert(num, Timestamp::UNIX_EPOCH, saying.clone());
    }
    println!(
        "looking it up and noting it, up to 10,000 posts known: {:.1} µs",
        micros(began, said.len())
    );
}
