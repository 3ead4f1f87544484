//! Makes a stranger's post fit to be stored and shown: no control or direction characters, only web addresses, nothing of
//! absurd length. A post that is clean already stays as it is, to the byte.

use crate::post::{Media, Post};
use crate::text::plain::{facets, web_address};
use crate::text::{clean, clean_line};

/// Longest line taken, in characters: names, handles, titles, poll options.
const MAX_LINE: usize = 500;
/// Longest description taken, in characters; servers allow 1,500 and some more.
const MAX_DESCRIPTION: usize = 10_000;
/// Where pictures that are part of the program lie.
const OWN: &str = "/assets/";

/// Washes every text and address of a post.
pub(super) fn wash(mut post: Post) -> Post {
    if !is_plain(&post.text) {
        let text = clean(&post.text);
        if text != post.text {
            // The ranges meant the text as it was.
            post.facets = facets(&text);
            post.text = text;
        }
    }
    post.facets
        .retain(|facet| facet.target.chars().count() <= MAX_DESCRIPTION);
    post.hashtags.retain(|tag| tag.chars().count() <= MAX_LINE);
    line(&mut post.author.name);
    line(&mut post.author.handle);
    address(&mut post.author.avatar);
    address(&mut post.author.url);
    address(&mut post.url);
    if let Some(warning) = &mut post.warning {
        words(warning);
    }
    post.language = post
        .language
        .filter(|tag| tag.len() <= 35 && tag.is_ascii());
    for Media {
        url,
        preview,
        alt,
        blurhash,
        ..
    } in &mut post.media
    {
        address(url);
        address(preview);
        if let Some(alt) = alt {
            words(alt);
        }
        blurhash.take_if(|hash| hash.len() > 200);
    }
    post.emojis.retain(|emoji| {
        web_address(&emoji.url).is_some() && emoji.shortcode.chars().count() <= MAX_LINE
    });
    if let Some(poll) = &mut post.poll {
        poll.options.truncate(50);
        for option in &mut poll.options {
            line(&mut option.text);
        }
    }
    post.card.take_if(|card| web_address(&card.url).is_none());
    if let Some(card) = &mut post.card {
        line(&mut card.title);
        words(&mut card.description);
        address(&mut card.image);
    }
    post
}

/// Whether a text is ASCII without anything to wash off: most are, and need no closer look.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte))
        && text.trim().len() == text.len()
}

fn line(text: &mut String) {
    if text.len() > MAX_LINE || text.contains('\n') || !is_plain(text) {
        shorten(text, clean_line(text), MAX_LINE);
    }
}

fn words(text: &mut String) {
    if text.len() > MAX_DESCRIPTION || !is_plain(text) {
        shorten(text, clean(text), MAX_DESCRIPTION);
    }
}

fn shorten(text: &mut String, mut washed: String, most: usize) {
    if let Some((end, _)) = washed.char_indices().nth(most) {
        washed.truncate(end);
    }
    *text = washed;
}

/// Anything but an address of the web, or of our own pictures, is left out.
fn address(place: &mut Option<String>) {
    place.take_if(|text| !text.starts_with(OWN) && web_address(text).is_none());
}
