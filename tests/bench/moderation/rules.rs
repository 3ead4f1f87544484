//! What share of posts each rule on how a post is written fires on, with sensible settings; and how often the language that
//! the words say is the one that the source says.

use std::collections::BTreeMap;
use std::path::Path;

use buzzwall::moderation::{FeedRules, ModerationSettings, Rules, judge};
use buzzwall::text::language::detect;
use jiff::Timestamp;
use serde_json::json;

use crate::corpus;
use crate::filter::{Nothing, post};

/// What is measured: every rule that a text alone can set off, with the bounds of the shipped file's examples.
pub(crate) fn settings() -> ModerationSettings {
    serde_json::from_value(json!({
        "links": "hold", "shorteners": "hold", "max_links": {"most": 3}, "max_hashtags": {"most": 8},
        "max_mentions": {"most": 5}, "max_emoji": {"most": 12}, "hashtags_only": "hold", "shouting": "hold",
        "languages": ["en"], "unknown_language": "hold", "block_domains": ["spam.example"], "allow_domains": ["ours.example"],
        "blocked": ["*@spam.example"], "trusted": ["@bob@example.org"], "sensitive": "hold", "warnings": "hold",
        "new_accounts": {"younger_than": "1d"}, "few_followers": {"fewer_than": 5}, "bots": "hold",
    }))
    .expect("they are settings")
}

pub(crate) fn measure(data: &Path) {
    let rules = Rules::new(&settings(), []);
    let texts = corpus::conference(data);
    let mut fired: BTreeMap<String, usize> = BTreeMap::new();
    for text in &texts {
        let (feed, at) = (FeedRules::default(), Timestamp::UNIX_EPOCH);
        let verdict = judge(&post(text), &rules, &feed, &Nothing, at).verdict;
        let mut names: Vec<String> = verdict.reasons.into_iter().map(|it| it.rule).collect();
        names.dedup();
        for name in names {
            *fired.entry(name).or_default() += 1;
        }
    }
    println!("Rules: share of {} conference posts\n", texts.len());
    for (rule, many) in fired {
        let share = 100.0 * many as f64 / texts.len() as f64;
        println!("{rule:<18} {share:>6.2} %  {many}");
    }
    languages(data);
}

/// Texts whose language is known: how often one is found, and how often it is the right one.
fn languages(data: &Path) {
    let mut by_language: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for set in corpus::labelled(data) {
        for row in &set.rows {
            let [all, found, right] = by_language.entry(set.language).or_default();
            *all += 1;
            if let Some(tag) = detect(&row.text) {
                *found += 1;
                *right += usize::from(tag == set.language);
            }
        }
    }
    println!("\nLanguage: labelled texts, told, right of those told\n");
    for (language, [all, found, right]) in by_language {
        let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        println!(
            "{language:<4} {all:>7} {:>6.1} % {:>6.1} %",
            share(found, all),
            share(right, found)
        );
    }
}
