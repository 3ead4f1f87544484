//! What a feed is to read.

use crate::post::Post;
use crate::text::{Query, Tag, hashtag};

/// What a feed is to read: posts under hashtags and, beside them, whatever some accounts write, what mentions some
/// accounts, and what stands on some lists. A post with a hashtag of `tags.none` is never wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Hashtags. Where neither `any` nor `all` has one, no hashtag is asked for: a source that can be read as a whole is,
    /// unless people or lists are given.
    pub tags: Query,
    /// Accounts, as their source writes them, without a leading `@`.
    pub accounts: Vec<String>,
    /// Accounts whose mention makes a post wanted, written the same way.
    pub mentions: Vec<String>,
    /// Lists of accounts at the source, by its ids or addresses.
    pub lists: Vec<String>,
}

impl Wanted {
    /// Whether any hashtag is asked for.
    pub fn by_tags(&self) -> bool {
        !self.tags.any.is_empty() || !self.tags.all.is_empty()
    }

    /// Whether posts are asked for by who wrote them, whom they mention or which list they stand on. Only the feed can
    /// tell whether a post is one of those.
    pub fn by_people(&self) -> bool {
        !(self.accounts.is_empty() && self.mentions.is_empty() && self.lists.is_empty())
    }

    /// Whether a post with these hashtags is wanted for them, or would be for its people.
    pub fn takes(&self, tags: &[Tag], for_its_people: bool) -> bool {
        let refused = self.tags.none.iter().any(|tag| tags.contains(tag));
        let asked = self.by_tags() || !self.by_people();
        !refused && (for_its_people || (asked && self.tags.matches(tags)))
    }

    /// The same of a post as a feed made it: by the hashtags that its source gives it, else by those of its text as well.
    pub fn takes_post(&self, post: &Post, for_its_people: bool) -> bool {
        let tags = |words: &mut dyn Iterator<Item = &str>| -> Vec<Tag> {
            words.filter_map(|word| Tag::new(word).ok()).collect()
        };
        let mut all = tags(&mut post.hashtags.iter().map(String::as_str));
        if self.takes(&all, for_its_people) {
            return true;
        }
        let found = hashtag::find(&post.text);
        let written = found
            .iter()
            .map(|range| hashtag::written(&post.text, range));
        all.extend(tags(&mut { written }));
        self.takes(&all, for_its_people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(words: &[&str]) -> Vec<Tag> {
        words.iter().map(|word| Tag::new(word).unwrap()).collect()
    }

    #[test]
    fn people_stand_beside_hashtags_and_none_wins() {
        let query = Query {
            any: tags(&["a"]),
            all: Vec::new(),
            none: tags(&["ads"]),
        };
        let people = vec!["ada@example.org".to_owned()];
        let both = Wanted {
            tags: query.clone(),
            accounts: people.clone(),
            ..Wanted::default()
        };
        assert!(both.takes(&tags(&["a"]), false));
        assert!(both.takes(&[], true));
        assert!(!both.takes(&[], false));
        assert!(!both.takes(&tags(&["a", "ads"]), true));
        let only_people = Wanted {
            accounts: people,
            ..Wanted::default()
        };
        assert!(!only_people.takes(&tags(&["a"]), false));
        assert!(only_people.takes(&[], true));
        assert!(Wanted::default().takes(&[], false));
    }
}
