//! Rules on who wrote a post.

use std::collections::HashSet;

use super::{
    BLOCKED, BOTS, FEW_FOLLOWERS, FIRST_POSTS, NEW_ACCOUNTS, NOT_DISCOVERABLE, count_words,
};
use crate::moderation::{Action, Case};
use crate::post::{Author, Standing};
use crate::text::fold::fold_case;

/// People and whole servers, made ready for comparing.
#[derive(Debug, Clone, Default)]
pub(in crate::moderation) struct People {
    handles: HashSet<String>,
    servers: HashSet<String>,
}

/// A handle as it is compared: without the first `@`, case folded.
pub(in crate::moderation) fn fold_handle(handle: &str) -> String {
    fold_case(handle.trim().trim_start_matches('@'))
}

/// The server that an entry such as `*@example.org` means.
pub(in crate::moderation) fn server_of(entry: &str) -> Option<String> {
    let server = entry.trim().strip_prefix("*@")?;
    Some(fold_case(server.trim_end_matches('.')))
}

impl People {
    /// Takes handles and servers as people write them.
    pub(in crate::moderation) fn new(entries: &[String]) -> Self {
        let mut people = Self::default();
        for entry in entries {
            match server_of(entry) {
                Some(server) => people.servers.insert(server),
                None => people.handles.insert(fold_handle(entry)),
            };
        }
        people
    }

    /// Whether somebody is among them, under any of the names by which bridges know the same person.
    pub(in crate::moderation) fn has(&self, author: &Author) -> bool {
        if self.handles.is_empty() && self.servers.is_empty() {
            return false;
        }
        let handle = fold_handle(&author.handle);
        let bridged = bridged(&handle);
        std::iter::once(handle).chain(bridged).any(|handle| {
            self.handles.contains(&handle)
                || self.servers.iter().any(|server| is_on(&handle, server))
        })
    }
}

/// Whether a handle is one of a server, or of one below it.
fn is_on(handle: &str, server: &str) -> bool {
    let host = handle.rsplit_once('@').map_or(handle, |(_, host)| host);
    let below = host.strip_suffix(server);
    below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The handle at home of somebody whom a bridge carries: Bridgy Fed has `alice.bsky.social@bsky.brid.gy` for Bluesky's
/// `alice.bsky.social`, and `ada.example.org.ap.brid.gy` for the Fediverse's `ada@example.org`
/// (<https://fed.brid.gy/docs#fediverse-get-started>). Underscores of a name are hyphens there.
fn bridged(handle: &str) -> Vec<String> {
    if let Some(home) = handle.strip_suffix("@bsky.brid.gy") {
        return vec![home.to_owned()];
    }
    let Some(home) = handle.strip_suffix(".ap.brid.gy") else {
        return Vec::new();
    };
    let Some((name, server)) = home.split_once('.') else {
        return Vec::new();
    };
    vec![
        format!("{name}@{server}"),
        format!("{}@{server}", name.replace('-', "_")),
    ]
}

pub(super) fn blocked(case: &mut Case<'_>) {
    if case.rules.blocked.has(&case.post.author) {
        let outcome = case.rules.settings.actions.blocked;
        let place = Some(("handle", (0, case.post.author.handle.len())));
        case.fire(
            BLOCKED,
            outcome.map_or(Standing::Hidden, Action::standing),
            place,
        );
    }
}

pub(super) fn not_discoverable(case: &mut Case<'_>) {
    if case.post.author.discoverable == Some(false) {
        let outcome = case.rules.settings.not_discoverable.standing();
        case.fire(NOT_DISCOVERABLE, outcome, None);
    }
}

pub(super) fn new_accounts(case: &mut Case<'_>) {
    let (Some(rule), Some(made)) = (
        &case.rules.settings.new_accounts,
        case.post.author.created_at,
    ) else {
        return;
    };
    let age = case.post.created_at.duration_since(made);
    if age.is_negative() || age.unsigned_abs() < rule.younger_than.0 {
        case.fire(NEW_ACCOUNTS, rule.action.standing(), None);
    }
}

pub(super) fn few_followers(case: &mut Case<'_>) {
    let (Some(rule), Some(followers)) = (
        &case.rules.settings.few_followers,
        case.post.author.followers,
    ) else {
        return;
    };
    if followers < u64::from(rule.fewer_than) {
        let few = usize::try_from(followers).unwrap_or(usize::MAX);
        let detail = count_words(few, "follower", "followers");
        case.fire_with(FEW_FOLLOWERS, rule.action.standing(), None, &detail);
    }
}

pub(super) fn first_posts(case: &mut Case<'_>) {
    let outcome = case.rules.settings.first_posts;
    if outcome != Action::Show && case.history.posts_of_author() == 0 {
        case.fire(FIRST_POSTS, outcome.standing(), None);
    }
}

pub(super) fn bots(case: &mut Case<'_>) {
    if case.post.author.bot {
        case.fire(BOTS, case.rules.settings.bots.standing(), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_known_by_handle_by_server_and_over_bridges() {
        let people = People::new(&[
            "@Ada@Example.org".to_owned(),
            "bob.bsky.social".to_owned(),
            "*@spam.example".to_owned(),
        ]);
        let author = |handle: &str| -> Author {
            serde_json::from_value(serde_json::json!({"id": "x:1", "handle": handle})).unwrap()
        };
        for (handle, expected) in [
            ("@ada@example.org", true),
            ("@ada@other.example", false),
            ("ada.example.org.ap.brid.gy", true),
            ("@bob.bsky.social", true),
            ("@bob.bsky.social@bsky.brid.gy", true),
            ("@bob.bsky.social@evil.example", false),
            ("@anyone@spam.example", true),
            ("@anyone@below.spam.example", true),
            ("@anyone@notspam.example", false),
            ("", false),
        ] {
            assert_eq!(people.has(&author(handle)), expected, "{handle}");
        }
    }
}
