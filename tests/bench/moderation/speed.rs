//! How long the rules on words take for a post, on the recorded conference posts with every shipped list.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use aho_corasick::AhoCorasick;
use buzzwall::config::blocklist;
use buzzwall::moderation::Section;
use buzzwall::post::Post;

use crate::corpus;
use crate::filter::{is_inappropriate, outcome, post, rules, rules_with};
use crate::rules::settings;

/// Runs over all posts; the median counts.
const RUNS: usize = 9;

pub(crate) fn measure(data: &Path) {
    let texts = corpus::conference(data);
    let posts: Vec<Post> = texts.iter().map(|text| post(text)).collect();
    let names: Vec<&str> = blocklist::shipped().collect();
    let began = Instant::now();
    let all = rules(&names);
    let building = began.elapsed();
    let english = rules(&["en"]);
    let none = rules(&[]);
    let words: Vec<String> = names
        .iter()
        .flat_map(|name| blocklist::read(name, Path::new(".")).expect("it is shipped"))
        .filter(|entry| matches!(entry.section, Section::Bad(_)))
        .map(|entry| entry.text.trim_matches('*').to_lowercase())
        .collect();
    let plain = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(&words)
        .expect("the words are few enough");
    println!(
        "Speed: {} posts, {} bytes each, {} entries of {} lists, made ready in {:.0} ms\n",
        posts.len(),
        texts.iter().map(String::len).sum::<usize>() / texts.len().max(1),
        words.len(),
        names.len(),
        building.as_secs_f64() * 1e3,
    );
    let each = |name: &str, run: &dyn Fn()| {
        let mut took: Vec<f64> = (0..RUNS)
            .map(|_| {
                let began = Instant::now();
                run();
                began.elapsed().as_secs_f64()
            })
            .collect();
        took.sort_by(f64::total_cmp);
        println!(
            "{name:<34} {:>8.2} µs a post",
            took[RUNS / 2] * 1e6 / posts.len() as f64
        );
    };
    let judged = |rules: &buzzwall::moderation::Rules| {
        for post in &posts {
            black_box(outcome(rules, post));
        }
    };
    each("all rules, no list", &|| judged(&none));
    each("all rules, list en", &|| judged(&english));
    each("all rules, all lists", &|| judged(&all));
    let every = rules_with(&settings(), &names);
    each("all lists, every other rule on", &|| judged(&every));
    each("one Aho-Corasick pass", &|| {
        for text in &texts {
            black_box(plain.find_iter(text).count());
        }
    });
    each("rustrict", &|| {
        for text in &texts {
            black_box(is_inappropriate(text));
        }
    });
}
