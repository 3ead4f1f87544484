//! What is searched for, in X's own words (<https://docs.x.com/x-api/posts/search/integrate/operators>).

use crate::feed::Wanted;

/// Longest query taken by recent search, in characters.
const MAX_CHARS: usize = 512;

/// The search for what is wanted.
pub(super) fn search(wanted: &Wanted, reposts: bool) -> Result<String, String> {
    let mut ways = Vec::new();
    let tags = &wanted.tags;
    if wanted.by_tags() {
        let any: Vec<String> = tags.any.iter().map(|tag| format!("#{tag}")).collect();
        let any = either(&any);
        let all = tags.all.iter().map(|tag| format!("#{tag}"));
        let terms: Vec<String> = any.into_iter().chain(all).collect();
        ways.push(match terms.as_slice() {
            [one] => one.clone(),
            many => format!("({})", many.join(" ")),
        });
    }
    for account in &wanted.accounts {
        ways.push(format!("from:{}", username(account)?));
    }
    for account in &wanted.mentions {
        ways.push(format!("@{}", username(account)?));
    }
    if let [_, _, ..] = wanted.lists.as_slice() {
        return Err(
            "X searches one list at a time; give one, or a feed of its own to each".to_owned(),
        );
    }
    for list in &wanted.lists {
        let digits = list.rsplit('/').next().unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!(
                "{list:?} is no list of X; write the number at the end of its address"
            ));
        }
        ways.push(format!("list:{digits}"));
    }
    let Some(query) = either(&ways) else {
        return Err(
            "X is searched by hashtag, account, mention or list; give the wall at least one hashtag"
                .to_owned(),
        );
    };
    let none = tags.none.iter().map(|tag| format!("-#{tag}"));
    let no_reposts = (!reposts).then(|| "-is:retweet".to_owned());
    let terms: Vec<String> = std::iter::once(query)
        .chain(none)
        .chain(no_reposts)
        .collect();
    let query = terms.join(" ");
    let chars = query.chars().count();
    if chars > MAX_CHARS {
        return Err(format!(
            "the search has {chars} characters and X takes {MAX_CHARS}; give fewer hashtags and accounts, or part them into \
             several feeds"
        ));
    }
    Ok(query)
}

/// The search for one hashtag's count.
pub(super) fn count(tag: &str) -> String {
    format!("#{tag} -is:retweet")
}

/// `a`, or `(a OR b)`.
fn either(terms: &[String]) -> Option<String> {
    match terms {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("({})", many.join(" OR "))),
    }
}

/// A username as X allows it, without anything that would be an operator.
fn username(account: &str) -> Result<&str, String> {
    let name = account.trim_start_matches('@');
    let fits = (1..=15).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits {
        Ok(name)
    } else {
        Err(format!(
            "{account:?} is no account of X; write its name without the @: up to 15 letters, digits and _"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Query, Tag};

    fn tags(words: &[&str]) -> Vec<Tag> {
        words.iter().map(|word| Tag::new(word).unwrap()).collect()
    }

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_is_wanted_is_said_in_xs_words() {
        let by_tags = |any: &[&str], all: &[&str], none: &[&str]| Wanted {
            tags: Query {
                any: tags(any),
                all: tags(all),
                none: tags(none),
            },
            ..Wanted::default()
        };
        for (wanted, reposts, expected) in [
            (by_tags(&["Rust"], &[], &[]), false, "#rust -is:retweet"),
            (
                by_tags(&["a", "b"], &["c"], &["ads"]),
                true,
                "((#a OR #b) #c) -#ads",
            ),
            (by_tags(&[], &["a", "b"], &[]), true, "(#a #b)"),
            (
                Wanted {
                    accounts: texts(&["ada"]),
                    mentions: texts(&["@bob"]),
                    lists: texts(&["https://x.com/i/lists/12"]),
                    ..by_tags(&["a"], &["b"], &["ads"])
                },
                false,
                "((#a #b) OR from:ada OR @bob OR list:12) -#ads -is:retweet",
            ),
        ] {
            assert_eq!(search(&wanted, reposts).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_cannot_be_searched_is_refused() {
        let many: Vec<String> = (0..80).map(|n| format!("hashtag{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (wanted, what) in [
            (Wanted::default(), "at least one hashtag"),
            (
                Wanted {
                    tags: Query {
                        any: tags(&many),
                        ..Query::default()
                    },
                    ..Wanted::default()
                },
                "X takes 512",
            ),
            (
                Wanted {
                    accounts: texts(&["ada OR from:bob"]),
                    ..Wanted::default()
                },
                "no account of X",
            ),
            (
                Wanted {
                    lists: texts(&["1", "2"]),
                    ..Wanted::default()
                },
                "one list",
            ),
            (
                Wanted {
                    lists: texts(&["friends"]),
                    ..Wanted::default()
                },
                "no list of X",
            ),
        ] {
            let error = search(&wanted, false).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }
}
