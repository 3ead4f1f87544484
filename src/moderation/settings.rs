//! What a wall's rules are set to: `[walls.moderation]`, and the same keys over the API.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Score;
use crate::duration::Span;
use crate::invalid::Invalid;
use crate::post::MediaKind;
use crate::words::words;

words! {
    /// How a post comes to be shown.
    #[derive(Default)]
    pub enum Mode is "a mode" {
        /// At once, unless a rule objects.
        #[default]
        Open = "open",
        /// After the delay, unless a rule or a person objects.
        Delayed = "delayed",
        /// Once a person approves.
        Held = "held",
    }
}

words! {
    /// What becomes of reposts.
    #[derive(Default)]
    pub enum RepostsPolicy is "a setting for reposts" {
        /// Shown like other posts.
        Show = "show",
        /// Counted, not shown.
        #[default]
        Count = "count",
        /// Not taken at all.
        Drop = "drop",
    }
}

words! {
    /// What a rule does to a post that it fires on.
    #[derive(Default)]
    pub enum Action is "an action" {
        /// Nothing.
        #[default]
        Show = "show",
        /// Keeps it back until a person decides.
        Hold = "hold",
        /// Keeps it off the wall.
        Hide = "hide",
    }
}

words! {
    /// What becomes of a post that says what another said before.
    #[derive(Default)]
    pub enum Duplicates is "a setting for duplicates" {
        /// Shown like other posts.
        #[default]
        Show = "show",
        /// Not shown; the first one carries how many there are.
        Collapse = "collapse",
        /// Kept back until a person decides.
        Hold = "hold",
        /// Kept off the wall.
        Hide = "hide",
    }
}

/// How many posts, of one author or of one feed, may be shown within a stretch of event time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPosts {
    /// So many pass.
    pub posts: u32,
    /// Within this long.
    pub per: Span,
    /// What happens to the others.
    #[serde(default = "hold")]
    pub action: Action,
}

impl MaxPosts {
    /// Checks it, as the setting `key`; no more than `most` posts are remembered.
    pub fn validate(&self, key: &str, most: u32) -> Vec<Invalid> {
        let mut found = Vec::new();
        if self.posts == 0 {
            found.push(Invalid::new(
                format!("{key}.posts"),
                "0 would let nobody pass; write at least 1, or mode = \"held\" to approve every post",
            ));
        }
        if self.posts > most {
            found.push(Invalid::new(
                format!("{key}.posts"),
                format!(
                    "{} is more than is remembered; write at most {most}",
                    self.posts
                ),
            ));
        }
        if self.per.0.is_zero() {
            found.push(Invalid::new(
                format!("{key}.per"),
                "no time at all; write for example \"1m\"",
            ));
        }
        found
    }
}

/// What happens to posts of accounts that were made just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccounts {
    /// Accounts younger than this when they post.
    pub younger_than: Span,
    /// What happens to their posts.
    #[serde(default = "hold")]
    pub action: Action,
}

/// How many of something a post may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtMost {
    /// So many pass.
    pub most: u32,
    /// What happens to posts with more.
    #[serde(default = "hold")]
    pub action: Action,
}

/// What happens to posts of people whom hardly anybody follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FewFollowers {
    /// Accounts with fewer followers than this, where the source tells.
    pub fewer_than: u32,
    /// What happens to their posts.
    #[serde(default = "hold")]
    pub action: Action,
}

/// What happens to posts that come late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderThan {
    /// Written longer ago than this when they come.
    pub age: Span,
    /// What happens to them.
    #[serde(default = "hold")]
    pub action: Action,
}

/// What rules do whose key is a list. Absent: a list's entry what its severity says, the others hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Actions {
    /// Words of the wall's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_words: Option<Action>,
    /// Words of lists: `hold` holds what would be hidden as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocklists: Option<Action>,
    /// Links to blocked sites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_domains: Option<Action>,
    /// Other languages than those that pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages: Option<Action>,
    /// Blocked authors and servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Action>,
}

/// A program that is asked about every post, over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeSettings {
    /// Where a post is sent to by POST.
    pub url: String,
    /// How long an answer may take.
    #[serde(default = "judge_timeout")]
    pub timeout: Span,
    /// What happens to posts on which there is no answer.
    #[serde(default = "hold")]
    pub on_failure: Action,
    /// Labels that count; empty: every one but `ok`.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Scores from here on count.
    #[serde(default = "judge_score")]
    pub at_least: Score,
    /// What happens to posts that it objects to.
    #[serde(default = "hold")]
    pub action: Action,
    /// Name of the environment variable that holds a token to send along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
}

/// What a wall's rules are set to. Each key that is left out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModerationSettings {
    /// How a post comes to be shown.
    pub mode: Mode,
    /// The broadcast delay of mode `delayed`.
    pub delay: Span,
    /// Lists of words to block: names in `config/blocklists`, or paths.
    pub blocklists: Vec<String>,
    /// Words, phrases, wildcards (`cat*`) and regular expressions (`/…/`) to block beside those lists.
    pub block_words: Vec<String>,
    /// Words that no list blocks.
    pub allow_words: Vec<String>,
    /// Sites whose links block a post, their subdomains included.
    pub block_domains: Vec<String>,
    /// Sites whose links no rule on links minds, their subdomains included.
    pub allow_domains: Vec<String>,
    /// Languages that pass, as BCP 47 tags; empty: any.
    pub languages: Vec<String>,
    /// What becomes of posts whose language cannot be told, where `languages` names some.
    pub unknown_language: Action,
    /// What becomes of reposts.
    pub reposts: RepostsPolicy,
    /// What becomes of replies.
    pub replies: Action,
    /// What becomes of posts that show another post and comment on it.
    pub quotes: Action,
    /// What becomes of posts that their author or source marked as sensitive.
    pub sensitive: Action,
    /// What becomes of posts with a content warning.
    pub warnings: Action,
    /// What becomes of posts with pictures, videos or sound, by kind; what is not named is shown.
    pub media: BTreeMap<MediaKind, Action>,
    /// What becomes of posts by where they were written, such as `mastodon`; what is not named is shown.
    pub sources: BTreeMap<String, Action>,
    /// What becomes of posts by people who do not want to be recommended to others.
    pub not_discoverable: Action,
    /// What becomes of posts with links.
    pub links: Action,
    /// What becomes of posts whose link goes by a shortener, so that nobody sees where it leads.
    pub shorteners: Action,
    /// Bound on the links of a post; absent: none.
    pub max_links: Option<AtMost>,
    /// Bound on the hashtags of a post; absent: none.
    pub max_hashtags: Option<AtMost>,
    /// Bound on the people that a post addresses; absent: none.
    pub max_mentions: Option<AtMost>,
    /// Bound on the emoji of a post; absent: none.
    pub max_emoji: Option<AtMost>,
    /// What becomes of posts that consist of hashtags, mentions and links alone.
    pub hashtags_only: Action,
    /// What becomes of posts in capitals.
    pub shouting: Action,
    /// Bound on one author's posts; absent: none.
    pub max_per_author: Option<MaxPosts>,
    /// What becomes of posts that say the same again.
    pub duplicates: Duplicates,
    /// What becomes of posts that say what a person took off the wall before.
    pub like_hidden: Action,
    /// What becomes of posts with a picture like one that a person took off the wall before. Anything but `show` has every
    /// picture fetched and looked at before its post is shown.
    pub like_hidden_pictures: Action,
    /// What becomes of posts by new accounts; absent: nothing.
    pub new_accounts: Option<NewAccounts>,
    /// What becomes of posts by people whom hardly anybody follows; absent: nothing.
    pub few_followers: Option<FewFollowers>,
    /// What becomes of the first post of each person on this wall.
    pub first_posts: Action,
    /// What becomes of posts of accounts that say of themselves that they are automated.
    pub bots: Action,
    /// What becomes of posts that were written long before they came; absent: nothing.
    pub older_than: Option<OlderThan>,
    /// Handles that skip the queue, never the hard blocks; `*@example.org` is a whole server.
    pub trusted: Vec<String>,
    /// Handles that are never shown; `*@example.org` is a whole server.
    pub blocked: Vec<String>,
    /// What rules do whose key is a list, where that is not what they do by themselves.
    pub actions: Actions,
    /// Modes of single feeds, by name, instead of the wall's.
    pub feed_modes: BTreeMap<String, Mode>,
    /// A program that is asked about every post; absent: none.
    pub judge: Option<JudgeSettings>,
}

impl Default for ModerationSettings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            delay: Span(Duration::from_secs(20)),
            blocklists: Vec::new(),
            block_words: Vec::new(),
            allow_words: Vec::new(),
            block_domains: Vec::new(),
            allow_domains: Vec::new(),
            languages: Vec::new(),
            unknown_language: Action::Show,
            reposts: RepostsPolicy::default(),
            replies: Action::Show,
            quotes: Action::Show,
            sensitive: Action::Hold,
            warnings: Action::Show,
            media: BTreeMap::new(),
            sources: BTreeMap::new(),
            not_discoverable: Action::Show,
            links: Action::Show,
            shorteners: Action::Show,
            max_links: None,
            max_hashtags: None,
            max_mentions: None,
            max_emoji: None,
            hashtags_only: Action::Show,
            shouting: Action::Show,
            max_per_author: None,
            duplicates: Duplicates::default(),
            like_hidden: Action::Hold,
            like_hidden_pictures: Action::Show,
            new_accounts: None,
            few_followers: None,
            first_posts: Action::Show,
            bots: Action::Show,
            older_than: None,
            trusted: Vec::new(),
            blocked: Vec::new(),
            actions: Actions::default(),
            feed_modes: BTreeMap::new(),
            judge: None,
        }
    }
}

/// A rule that is switched on without a word on what to do keeps back.
fn hold() -> Action {
    Action::Hold
}

fn judge_timeout() -> Span {
    Span(Duration::from_secs(2))
}

fn judge_score() -> Score {
    Score::new(0.8).expect("it lies between 0 and 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_the_default_and_the_default_is_valid() {
        let empty: ModerationSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(empty, ModerationSettings::default());
        assert_eq!(empty.validate(), []);
        assert_eq!(empty.delay.to_string(), "20s");
        assert_eq!(empty.sensitive, Action::Hold);
        assert_eq!(empty.reposts, RepostsPolicy::Count);
    }

    #[test]
    fn json_keeps_every_setting() {
        let settings = ModerationSettings {
            mode: Mode::Delayed,
            delay: Span(Duration::from_millis(1500)),
            block_words: vec!["word".to_owned()],
            duplicates: Duplicates::Collapse,
            max_per_author: Some(MaxPosts {
                posts: 5,
                per: Span(Duration::from_mins(1)),
                action: Action::Hide,
            }),
            new_accounts: Some(NewAccounts {
                younger_than: Span(Duration::from_hours(24)),
                action: Action::Hold,
            }),
            ..ModerationSettings::default()
        };
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(
            serde_json::from_str::<ModerationSettings>(&json).unwrap(),
            settings
        );
    }

    #[test]
    fn each_invalid_setting_is_named() {
        let settings: ModerationSettings = serde_json::from_value(serde_json::json!({
            "delay": "2h",
            "block_words": ["fine", " ", "x".repeat(201), "w*rd", "/a(/", "/(a{900}){900}/", "/a*/", "*fine*", "/fine/"],
            "block_domains": ["example.com", "https://example.com/x"],
            "languages": ["en", "pt-BR", "english please"],
            "max_per_author": {"posts": 0, "per": "0s"},
        }))
        .unwrap();
        let keys: Vec<String> = settings.validate().into_iter().map(|i| i.key).collect();
        assert_eq!(
            keys,
            [
                "delay",
                "block_words[1]",
                "block_words[2]",
                "block_words[3]",
                "block_words[4]",
                "block_words[5]",
                "block_words[6]",
                "block_domains[1]",
                "languages[2]",
                "max_per_author.posts",
                "max_per_author.per",
            ]
        );
    }

    #[test]
    fn what_contradicts_itself_or_means_nothing_is_named() {
        let settings: ModerationSettings = serde_json::from_value(serde_json::json!({
            "block_words": ["Grot", "cafe"], "allow_words": ["fine", "grot ", "Café"],
            "block_domains": ["bücher.example"], "allow_domains": ["xn--bcher-kva.example", "a b"],
            "trusted": ["ada@example.org", "*@", "bob.bsky.social", "*@xn--bcher-kva.example"],
            "blocked": ["@Ada@example.org", "*example.org", "@bob.bsky.social@bsky.brid.gy", "*@bücher.example"],
            "max_links": {"most": 100_000}, "few_followers": {"fewer_than": 0}, "older_than": {"age": "0s"},
            "judge": {"url": "ftp://x", "timeout": "2m"},
        }))
        .unwrap();
        let found = settings.validate();
        let keys: Vec<&str> = found.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "allow_domains[1]",
                "max_links.most",
                "few_followers.fewer_than",
                "older_than.age",
                "trusted[1]",
                "blocked[1]",
                "allow_words[1]",
                "allow_words[2]",
                "allow_domains[0]",
                "trusted[0]",
                "trusted[2]",
                "trusted[3]",
                "judge.url",
                "judge.timeout",
            ]
        );
        let twice = found.iter().find(|it| it.key == "trusted[0]").unwrap();
        assert_eq!(
            twice.message,
            "\"ada@example.org\" stands in blocked as well; leave one out"
        );
    }

    #[test]
    fn an_unknown_word_says_which_there_are() {
        let error = serde_json::from_str::<ModerationSettings>(r#"{"mode":"opne"}"#).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("\"opne\" is not a mode; write \"open\", \"delayed\" or \"held\""),
            "{error}"
        );
    }
}
