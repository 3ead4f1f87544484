//! Which tags are asked for in one request.

use url::Url;

use super::client::Client;
use crate::text::{Query, Tag};

/// Tags that Mastodon takes per mode; for `any` the tag in the path is one of them.
const PER_MODE: usize = 4;

/// Tags that one request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// The tag in the path.
    tag: Tag,
    any: Vec<Tag>,
    all: Vec<Tag>,
    none: Vec<Tag>,
}

/// Splits a query into requests that together bring all it asks for, and more where a server cannot be asked so exactly:
/// intake matches the whole query again.
pub(super) fn split(query: &Query, combines: bool) -> Vec<Group> {
    let few = |tags: &[Tag]| -> Vec<Tag> {
        let number = if combines { PER_MODE } else { 0 };
        tags.iter().take(number).cloned().collect()
    };
    let none = few(&query.none);
    // Without any, one of those that all posts must carry stands in the path.
    let (paths, rest) = match (query.any.as_slice(), query.all.split_first()) {
        ([], None) => return Vec::new(),
        ([], Some((first, rest))) => (std::slice::from_ref(first), rest),
        (any, _) => (any, query.all.as_slice()),
    };
    paths
        .chunks(if combines { PER_MODE } else { 1 })
        .map(|tags| Group {
            tag: tags[0].clone(),
            any: tags[1..].to_vec(),
            all: few(rest),
            none: none.clone(),
        })
        .collect()
}

/// The hashtags whose streams together bring all that a query asks for, and more: intake matches the whole query again.
pub(super) fn streams(query: &Query) -> Vec<Tag> {
    match (query.any.as_slice(), query.all.first()) {
        ([], first) => first.into_iter().cloned().collect(),
        (any, _) => any.to_vec(),
    }
}

impl Group {
    /// What its position is kept under.
    pub(super) fn key(&self) -> String {
        let tags = |tags: &[Tag]| tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(",");
        let mut key = self.tag.as_str().to_owned();
        for (mark, list) in [(',', &self.any), ('&', &self.all), ('!', &self.none)] {
            if !list.is_empty() {
                key.push(mark);
                key.push_str(&tags(list));
            }
        }
        key
    }

    /// The address of its timeline, with one cursor parameter or none.
    pub(super) fn url(&self, client: &Client, limit: usize, cursor: Option<(&str, &str)>) -> Url {
        let mut url = client.url(&["api", "v1", "timelines", "tag", self.tag.as_str()]);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("limit", &limit.to_string());
            for (name, tags) in [
                ("any[]", &self.any),
                ("all[]", &self.all),
                ("none[]", &self.none),
            ] {
                for tag in tags {
                    query.append_pair(name, tag.as_str());
                }
            }
            if let Some((name, id)) = cursor {
                query.append_pair(name, id);
            }
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(words: &str) -> Vec<Tag> {
        words
            .split_whitespace()
            .map(|w| Tag::new(w).unwrap())
            .collect()
    }

    fn keys(any: &str, all: &str, none: &str, combines: bool) -> Vec<String> {
        let query = Query {
            any: tags(any),
            all: tags(all),
            none: tags(none),
        };
        split(&query, combines).iter().map(Group::key).collect()
    }

    #[test]
    fn no_mode_has_more_than_four_tags() {
        assert_eq!(keys("a b c d e f", "", "", true), ["a,b,c,d", "e,f"]);
        assert_eq!(
            keys("a b", "c d e f g", "v w x y z", true),
            ["a,b&c,d,e,f!v,w,x,y"]
        );
        assert_eq!(keys("", "a b c", "", true), ["a&b,c"]);
        assert_eq!(keys("", "", "x", true), Vec::<String>::new());
    }

    #[test]
    fn a_server_that_cannot_combine_is_asked_tag_by_tag() {
        assert_eq!(keys("a b", "c", "d", false), ["a", "b"]);
    }
}
