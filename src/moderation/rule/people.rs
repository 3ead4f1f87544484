//! Rules on who wrote a post.

use std::collections::HashSet;

use super::links::parents;
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

/// A handle as it is compared: without the first `@`, case folded, its server in punycode.
fn fold_handle(handle: &str) -> String {
    let handle = fold_case(handle.trim().trim_start_matches('@'));
    match handle.rsplit_once('@') {
        Some((name, server)) if !server.is_ascii() => format!("{name}@{}", fold_server(server)),
        _ => handle,
    }
}

/// A handle as it is compared, at home where it is one that a bridge gave.
pub(in crate::moderation) fn home_of(handle: &str) -> String {
    let handle = fold_handle(handle);
    at_home(&handle).unwrap_or(handle)
}

fn fold_server(server: &str) -> String {
    let host = url::Host::parse(server);
    host.map_or_else(|_| fold_case(server), |host| host.to_string())
}

/// The server that an entry such as `*@example.org` means.
pub(in crate::moderation) fn server_of(entry: &str) -> Option<String> {
    let server = entry.trim().strip_prefix("*@")?;
    Some(fold_server(server.trim_end_matches('.')))
}

impl People {
    /// Takes handles and servers as people write them.
    pub(in crate::moderation) fn new(entries: &[String]) -> Self {
        let mut people = Self::default();
        for entry in entries {
            if let Some(server) = server_of(entry) {
                people.servers.insert(server);
                continue;
            }
            let handle = home_of(entry);
            people.handles.extend(over_bridgy_fed(&handle));
            people.handles.insert(handle);
        }
        people
    }

    /// Whether somebody is among them, under any of the names by which bridges know the same person.
    pub(in crate::moderation) fn has(&self, author: &Author) -> bool {
        if self.handles.is_empty() && self.servers.is_empty() {
            return false;
        }
        let handle = fold_handle(&author.handle);
        let ids = std::iter::once(&author.id).chain(&author.same_as);
        let elsewhere = ids.filter_map(|id| name_of(id.as_str()));
        let names = at_home(&handle).into_iter().chain(elsewhere);
        let mut names = names.chain([handle.clone()]);
        names.any(|name| self.has_name(&name))
    }

    /// Whether the page that somebody names as theirs is one of these people's. Anybody may name any page, so this is a
    /// reason to block and none to trust.
    fn has_page_of(&self, author: &Author) -> bool {
        let page = author.url.as_deref().and_then(name_of_address);
        page.is_some_and(|name| self.has_name(&name))
    }

    fn has_name(&self, name: &str) -> bool {
        self.handles.contains(name) || (!self.servers.is_empty() && self.has_server_of(name))
    }

    /// Whether a handle is one of a server among them, or of one below it. One without `@` is a host's name itself.
    fn has_server_of(&self, handle: &str) -> bool {
        let host = handle.rsplit_once('@').map_or(handle, |(_, host)| host);
        parents(host).any(|server| self.servers.contains(server))
    }
}

/// The handle at home of somebody whom a bridge carries: Bridgy Fed has `alice.bsky.social@bsky.brid.gy` for Bluesky's
/// `alice.bsky.social`, and `ada.example.org.ap.brid.gy` for the Fediverse's `ada@example.org`
/// (<https://fed.brid.gy/docs#fediverse-get-started>).
fn at_home(handle: &str) -> Option<String> {
    if let Some(home) = handle.strip_suffix("@bsky.brid.gy") {
        return Some(home.to_owned());
    }
    let (name, server) = handle.strip_suffix(".ap.brid.gy")?.split_once('.')?;
    Some(format!("{name}@{server}"))
}

/// What the Fediverse's `ada_l@example.org` is called as Bridgy Fed carries her to Bluesky, at home again: there a name has
/// hyphens for underscores, so that nobody can tell which it had.
fn over_bridgy_fed(handle: &str) -> Option<String> {
    let (name, server) = handle.split_once('@')?;
    name.contains('_')
        .then(|| format!("{}.{server}.ap.brid.gy", name.replace('_', "-")))
}

/// The name of an account by its id, as feeds build ids: `ada@example.org` for the address of an `ActivityPub` actor, else
/// the id at its source, such as a `did:`.
fn name_of(id: &str) -> Option<String> {
    let (_, account) = id.split_once(':')?;
    if account.contains("://") {
        name_of_address(account)
    } else {
        Some(fold_case(account))
    }
}

/// `ada@example.org` for `https://example.org/users/ada` and `https://example.org/@ada`, `ada.bsky.social` for the page of a
/// profile on Bluesky; nothing where an address does not say.
fn name_of_address(address: &str) -> Option<String> {
    let (host, path) = address.strip_prefix("https://")?.split_once('/')?;
    let whole = |name: &str| !name.is_empty() && !name.contains(['/', '@', '?', '#']);
    if let Some(name) = path.strip_prefix("profile/").filter(|_| host == "bsky.app") {
        return whole(name).then(|| fold_case(name));
    }
    let name = path
        .strip_prefix("users/")
        .or_else(|| path.strip_prefix('@'))?;
    whole(name).then(|| home_of(&format!("{name}@{host}")))
}

pub(super) fn blocked(case: &mut Case<'_>) {
    let (blocked, author) = (&case.rules.blocked, &case.post.author);
    if blocked.has(author) || blocked.has_page_of(author) {
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
    let authored = case.post.kind.is_authored();
    if outcome != Action::Show && authored && !case.history.has_written() {
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
            "@eve_e@example.org".to_owned(),
            "@dan.bsky.social@bsky.brid.gy".to_owned(),
            "did:plc:fay".to_owned(),
            "*@bücher.example".to_owned(),
            "gil@käse.example".to_owned(),
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
            ("eve-e.example.org.ap.brid.gy", true),
            ("@dan.bsky.social", true),
            ("@ida@xn--bcher-kva.example", true),
            ("@ida@Bücher.example", true),
            ("@gil@xn--kse-qla.example", true),
            ("@ida@other.xn--bcher-kva.example", true),
            ("", false),
        ] {
            assert_eq!(people.has(&author(handle)), expected, "{handle}");
        }
        for (id, expected) in [
            ("mastodon:https://example.org/users/Ada", true),
            ("mastodon:https://example.org/@ada", true),
            ("mastodon:https://m.spam.example/users/x", true),
            ("mastodon:https://evil.example/users/ada@example.org", false),
            ("mastodon:https://evil.example/x/users/ada", false),
            ("bluesky:did:plc:fay", true),
            ("bluesky:did:plc:gus", false),
        ] {
            let mut author = author("@somebody@bridge.example");
            author.same_as = vec![crate::post::AuthorId::new(id)];
            assert_eq!(people.has(&author), expected, "{id}");
        }
        for (page, expected) in [
            ("https://example.org/@ada", true),
            ("https://bsky.app/profile/bob.bsky.social", true),
            ("https://evil.example/profile/bob.bsky.social", false),
            ("https://example.org/@ada/112", false),
            ("not an address", false),
        ] {
            let mut author = author("@somebody@bridge.example");
            author.url = Some(page.to_owned());
            assert_eq!(people.has_page_of(&author), expected, "{page}");
            assert!(!people.has(&author), "nobody is trusted by a page: {page}");
        }
    }
}
