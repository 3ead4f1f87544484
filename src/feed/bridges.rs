//! Addresses of bridges that say which post or account of another network they stand for. Only what the bridge's own domain
//! says counts: nobody else can write there.

use crate::post::{AuthorId, PostId};

/// The post that an `ActivityPub` object of a bridge is a copy of: Bridgy Fed's of Bluesky
/// (<https://fed.brid.gy/docs#translate>), Mostr's of Nostr (<https://mostr.pub>).
pub fn original_of(uri: &str) -> Option<PostId> {
    if let Some(at) = uri.strip_prefix("https://bsky.brid.gy/convert/ap/") {
        let at = percent_encoding::percent_decode_str(at)
            .decode_utf8()
            .ok()?;
        return at
            .starts_with("at://did:")
            .then(|| PostId::new(format!("bluesky:{at}")));
    }
    let event = uri.strip_prefix("https://mostr.pub/objects/")?;
    is_key(event).then(|| PostId::new(format!("nostr:{event}")))
}

/// The account that an `ActivityPub` actor of a bridge stands for.
pub fn person_of(actor: &str) -> Option<AuthorId> {
    if let Some(did) = actor.strip_prefix("https://bsky.brid.gy/ap/") {
        return did
            .starts_with("did:")
            .then(|| AuthorId::new(format!("bluesky:{did}")));
    }
    let key = actor.strip_prefix("https://mostr.pub/users/")?;
    is_key(key).then(|| AuthorId::new(format!("nostr:{key}")))
}

/// The ids that a post known by this `ActivityPub` address may have: the address itself, and, where it is that of a page
/// (`https://host/@ada/1`), the one that Mastodon's own ids have behind it.
pub fn activitypub_ids(address: &str) -> Vec<PostId> {
    let mut ids = vec![PostId::new(format!("mastodon:{address}"))];
    if let Some((server, rest)) = address.split_once("/@")
        && let Some((user, status)) = rest.split_once('/')
        && !status.contains('/')
    {
        ids.push(PostId::new(format!(
            "mastodon:{server}/users/{user}/statuses/{status}"
        )));
    }
    ids
}

/// Whether this is an id or a public key of Nostr: 32 bytes in lower-case hexadecimal.
fn is_key(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bridges_speak_for_others() {
        let key = "0a".repeat(32);
        for (uri, expected) in [
            (
                "https://bsky.brid.gy/convert/ap/at://did:plc:x/app.bsky.feed.post/3k".to_owned(),
                Some("bluesky:at://did:plc:x/app.bsky.feed.post/3k".to_owned()),
            ),
            (
                "https://bsky.brid.gy/convert/ap/at%3A%2F%2Fdid%3Aplc%3Ax%2Fa%2F1".to_owned(),
                Some("bluesky:at://did:plc:x/a/1".to_owned()),
            ),
            (
                format!("https://mostr.pub/objects/{key}"),
                Some(format!("nostr:{key}")),
            ),
            ("https://mostr.pub/objects/zz".to_owned(), None),
            (
                "https://evil.example/convert/ap/at://did:plc:x/a/1".to_owned(),
                None,
            ),
            (
                "https://bsky.brid.gy.evil.example/convert/ap/at://did:x/a/1".to_owned(),
                None,
            ),
        ] {
            let original = original_of(&uri).map(|id| id.to_string());
            assert_eq!(original, expected, "{uri}");
        }
        let ada = person_of("https://bsky.brid.gy/ap/did:plc:ada");
        assert_eq!(ada, Some(AuthorId::new("bluesky:did:plc:ada")));
        let key_holder = person_of(&format!("https://mostr.pub/users/{key}"));
        assert_eq!(key_holder, Some(AuthorId::new(format!("nostr:{key}"))));
        assert_eq!(person_of("https://social.example/users/ada"), None);
    }
}
