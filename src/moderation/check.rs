//! Checks of settings that their types cannot make; what is wrong names its key and says what to write instead.

use std::collections::HashSet;
use std::time::Duration;

use super::lexicon;
use super::rule::{home_of, host_of_name, server_of};
use super::settings::{JudgeSettings, ModerationSettings};
use crate::invalid::Invalid;
use crate::text::fold::fold_accents;

/// Longest broadcast delay.
const MAX_DELAY: Duration = Duration::from_hours(1);
/// Longest entry of a list, in characters. A word or a handle is shorter; a pasted article is not.
const MAX_ENTRY_CHARS: usize = 200;
/// Largest bound on one author's posts: the wall remembers so many of each.
const MAX_PER_AUTHOR: u32 = 60;
/// Most regular expressions of one list: each may cost as much as all words together.
const MAX_REGEXES: usize = 100;
/// Most links, hashtags and the like that a bound may let pass.
const MOST_OF_ANYTHING: u32 = 1_000;
/// Longest time that a program may take to judge a post.
const MAX_JUDGE_TIMEOUT: Duration = Duration::from_secs(30);
/// Most entries of one list; longer ones belong into a file under `blocklists`.
const MAX_ENTRIES: usize = 5_000;

impl ModerationSettings {
    /// Checks what the types cannot; whether the block lists exist is asked where there are files.
    pub fn validate(&self) -> Vec<Invalid> {
        let mut found = Vec::new();
        if self.delay.0 > MAX_DELAY {
            found.push(Invalid::new(
                "delay",
                format!("{} is too long; write at most \"1h\"", self.delay),
            ));
        }
        for (key, entries) in [
            ("blocklists", &self.blocklists),
            ("block_words", &self.block_words),
            ("allow_words", &self.allow_words),
            ("block_domains", &self.block_domains),
            ("allow_domains", &self.allow_domains),
            ("languages", &self.languages),
            ("trusted", &self.trusted),
            ("blocked", &self.blocked),
        ] {
            check_entries(key, entries, &mut found);
        }
        for (key, words) in [
            ("block_words", &self.block_words),
            ("allow_words", &self.allow_words),
        ] {
            let wrong = words
                .iter()
                .enumerate()
                .filter_map(|(index, word)| Some((index, lexicon::check(word).err()?)));
            found.extend(
                wrong.map(|(index, error)| {
                    Invalid::new(format!("{key}[{index}]"), error.to_string())
                }),
            );
            let regexes = words
                .iter()
                .filter(|word| word.trim().starts_with('/'))
                .count();
            if regexes > MAX_REGEXES {
                found.push(Invalid::new(
                    key,
                    format!("{regexes} regular expressions are more than {MAX_REGEXES}; write words, or join them with |"),
                ));
            }
        }
        for (key, domains) in [
            ("block_domains", &self.block_domains),
            ("allow_domains", &self.allow_domains),
        ] {
            for (index, domain) in domains.iter().enumerate() {
                if !domain.trim().is_empty() && !is_domain(domain) {
                    found.push(Invalid::new(
                        format!("{key}[{index}]"),
                        format!(
                            "{domain:?} is not the name of a site; write it like \"example.com\""
                        ),
                    ));
                }
            }
        }
        for (index, language) in self.languages.iter().enumerate() {
            if !language.trim().is_empty() && !is_language(language) {
                found.push(Invalid::new(
                    format!("languages[{index}]"),
                    format!("{language:?} is not a language; write its code, such as \"en\" or \"pt-BR\""),
                ));
            }
        }
        if let Some(bound) = &self.max_per_author {
            found.extend(bound.validate("max_per_author", MAX_PER_AUTHOR));
        }
        self.check_bounds(&mut found);
        self.check_people(&mut found);
        self.check_contradictions(&mut found);
        if let Some(judge) = &self.judge {
            found.extend(judge.validate());
        }
        found
    }

    fn check_bounds(&self, found: &mut Vec<Invalid>) {
        for (key, bound) in [
            ("max_links", &self.max_links),
            ("max_hashtags", &self.max_hashtags),
            ("max_mentions", &self.max_mentions),
            ("max_emoji", &self.max_emoji),
        ] {
            if bound
                .as_ref()
                .is_some_and(|bound| bound.most > MOST_OF_ANYTHING)
            {
                found.push(Invalid::new(
                    format!("{key}.most"),
                    format!("no post has as many; write at most {MOST_OF_ANYTHING}, or leave the key out"),
                ));
            }
        }
        if self
            .few_followers
            .as_ref()
            .is_some_and(|rule| rule.fewer_than == 0)
        {
            found.push(Invalid::new(
                "few_followers.fewer_than",
                "nobody has fewer than 0; write at least 1, or leave the key out",
            ));
        }
        let spans = [
            (
                "new_accounts.younger_than",
                self.new_accounts.as_ref().map(|rule| rule.younger_than),
            ),
            (
                "older_than.age",
                self.older_than.as_ref().map(|rule| rule.age),
            ),
        ];
        for (key, span) in spans {
            if span.is_some_and(|span| span.0.is_zero()) {
                found.push(Invalid::new(
                    key,
                    "no time at all; write for example \"1d\", or leave the key out",
                ));
            }
        }
    }

    fn check_people(&self, found: &mut Vec<Invalid>) {
        for (key, people) in [("trusted", &self.trusted), ("blocked", &self.blocked)] {
            for (index, entry) in people.iter().enumerate() {
                let wrong = entry.trim().starts_with('*')
                    && !server_of(entry).is_some_and(|server| is_domain(&server));
                if wrong {
                    found.push(Invalid::new(
                        format!("{key}[{index}]"),
                        format!("{entry:?} is no server; write it like \"*@example.org\""),
                    ));
                }
            }
        }
    }

    /// What says both yes and no: which of them holds, nobody could tell.
    fn check_contradictions(&self, found: &mut Vec<Invalid>) {
        let site = |name: &String| host_of_name(name);
        let person = |name: &String| {
            Some(server_of(name).map_or_else(|| home_of(name), |server| format!("*@{server}")))
        };
        let word = |name: &String| Some(fold_accents(name.trim()));
        let words = ["allow_words", "block_words"];
        twice(words, [&self.allow_words, &self.block_words], word, found);
        let domains = ["allow_domains", "block_domains"];
        twice(
            domains,
            [&self.allow_domains, &self.block_domains],
            site,
            found,
        );
        let people = ["trusted", "blocked"];
        twice(people, [&self.trusted, &self.blocked], person, found);
    }
}

/// What stands in both of two lists that say the opposite.
fn twice(
    [key, other_key]: [&str; 2],
    [entries, others]: [&[String]; 2],
    fold: impl Fn(&String) -> Option<String>,
    found: &mut Vec<Invalid>,
) {
    let known: HashSet<String> = others.iter().filter_map(&fold).collect();
    for (index, entry) in entries.iter().enumerate() {
        if fold(entry).is_some_and(|entry| known.contains(&entry)) {
            found.push(Invalid::new(
                format!("{key}[{index}]"),
                format!("{entry:?} stands in {other_key} as well; leave one out"),
            ));
        }
    }
}

impl JudgeSettings {
    fn validate(&self) -> Vec<Invalid> {
        let mut found = Vec::new();
        let url = url::Url::parse(&self.url);
        if !url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            found.push(Invalid::new(
                "judge.url",
                format!(
                    "{:?} is no address; write one like \"http://127.0.0.1:9000/judge\"",
                    self.url
                ),
            ));
        }
        // Everybody who is signed in can read settings.
        if url::Url::parse(&self.url)
            .is_ok_and(|url| url.password().is_some() || !url.username().is_empty())
        {
            found.push(Invalid::new(
                "judge.url",
                "holds a name or a password; put a token into an environment variable and name it in token_env",
            ));
        }
        if self.timeout.0.is_zero() || self.timeout.0 > MAX_JUDGE_TIMEOUT {
            found.push(Invalid::new(
                "judge.timeout",
                format!(
                    "{} is no time to wait; write \"100ms\" to \"30s\"",
                    self.timeout
                ),
            ));
        }
        found
    }
}

fn check_entries(key: &str, entries: &[String], found: &mut Vec<Invalid>) {
    if entries.len() > MAX_ENTRIES {
        found.push(Invalid::new(
            key,
            format!(
                "{} entries are more than {MAX_ENTRIES}; put words into a file and name it in blocklists",
                entries.len()
            ),
        ));
        return;
    }
    for (index, entry) in entries.iter().enumerate() {
        let chars = entry.chars().count();
        if entry.trim().is_empty() {
            found.push(Invalid::new(
                format!("{key}[{index}]"),
                "an empty entry; leave it out",
            ));
        } else if chars > MAX_ENTRY_CHARS {
            found.push(Invalid::new(
                format!("{key}[{index}]"),
                format!("{chars} characters are more than {MAX_ENTRY_CHARS}; write a shorter one"),
            ));
        }
    }
}

/// A host's name: labels with dots between, no scheme, port or path.
fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    })
}

/// The shape of a BCP 47 tag: a language of two to eight letters and subtags of up to eight letters or digits.
fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let language = subtags.next().unwrap_or_default();
    (2..=8).contains(&language.len())
        && language.chars().all(|c| c.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.chars().all(|c| c.is_ascii_alphanumeric())
        })
}
