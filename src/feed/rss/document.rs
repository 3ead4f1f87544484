//! From bytes to a feed, whatever the bytes.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model::{Entry, Feed};
use feed_rs::parser::Builder;
use url::Url;

use super::{bounds, page};

/// Most items that are read one by one where the whole cannot be read.
const MAX_ITEMS: usize = 1000;
/// Longest part before the first item that is read again with each item.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// What was read.
#[derive(Debug)]
pub struct Document {
    /// The feed with the items that can be read.
    pub feed: Feed,
    /// Of every item that cannot, its bytes and what is wrong with it.
    pub damaged: Vec<(Vec<u8>, String)>,
    /// Why the whole could not be read, where it was read item by item.
    pub trouble: Option<String>,
}

/// Why nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// A web page; the feeds that it names.
    Page(Vec<String>),
    /// Anything else, in words.
    Damaged(String),
}

/// Reads a document, whose encoding is the one that it declares. `base` is its address.
///
/// # Errors
/// Says why nothing of it can be read.
pub fn read(body: &[u8], base: &Url) -> Result<Document, Unreadable> {
    if page::is_page(body) {
        return Err(Unreadable::Page(page::feeds(body, base)));
    }
    bounds::check(body).map_err(|what| Unreadable::Damaged(what.to_owned()))?;
    let mut trouble = match parse(body, base) {
        Ok(feed) => return Ok(whole(feed)),
        Err(trouble) => trouble,
    };
    // The parser gives a whole feed up for an element about media that has no text, as videos without a description have.
    let body = without_empty_parts(body);
    if let Cow::Owned(mended) = &body {
        match parse(mended, base) {
            Ok(feed) => return Ok(whole(feed)),
            Err(other) => trouble = other,
        }
    }
    one_by_one(&body, base, &trouble).ok_or(Unreadable::Damaged(trouble))
}

fn whole(feed: Feed) -> Document {
    Document {
        feed,
        damaged: Vec::new(),
        trouble: None,
    }
}

/// Lets the parser read, which may panic on some texts (a person's name between typographic quotes, say).
fn parse(body: &[u8], base: &Url) -> Result<Feed, String> {
    let parser = Builder::new()
        .base_uri(Some(base))
        .sanitize_content(false)
        // A missing id must not be made of the title, which may change.
        .id_generator(|_, _, _| String::new())
        .build();
    catch_unwind(AssertUnwindSafe(|| parser.parse(body)))
        .map_err(|_| "the parser failed".to_owned())?
        .map_err(|error| error.to_string())
}

/// Leaves titles and descriptions with a prefix (of media) out that have no text.
fn without_empty_parts(body: &[u8]) -> Cow<'_, [u8]> {
    let mut kept: Vec<u8> = Vec::new();
    let mut from = 0;
    for at in memchr::memchr_iter(b'<', body) {
        if at < from {
            continue;
        }
        let rest = &body[at + 1..];
        let Some(end) = memchr::memchr(b'>', rest) else {
            break;
        };
        let tag = &rest[..end];
        let name = tag
            .split(|byte| byte.is_ascii_whitespace() || *byte == b'/')
            .next()
            .unwrap_or_default();
        if !(name.ends_with(b":description") || name.ends_with(b":title")) {
            continue;
        }
        let behind = at + 1 + end + 1;
        let close = [b"</", name, b">"].concat();
        let until = if tag.ends_with(b"/") {
            behind
        } else if body[behind..].starts_with(&close) {
            behind + close.len()
        } else {
            continue;
        };
        kept.extend_from_slice(&body[from..at]);
        from = until;
    }
    if from == 0 {
        return Cow::Borrowed(body);
    }
    kept.extend_from_slice(&body[from..]);
    Cow::Owned(kept)
}

/// Reads every item by itself within what stands before the first, so that one that is damaged spoils no other.
fn one_by_one(body: &[u8], base: &Url, trouble: &str) -> Option<Document> {
    let (open, close): (&[u8], &[u8]) = ["item", "entry"].into_iter().find_map(|name| {
        let (open, close) = match name {
            "item" => (b"<item".as_slice(), b"</item>".as_slice()),
            _ => (b"<entry".as_slice(), b"</entry>".as_slice()),
        };
        next_item(body, open, close).map(|_| (open, close))
    })?;
    let (first, _) = next_item(body, open, close)?;
    let head = &body[..first];
    if head.len() > MAX_HEAD_BYTES {
        return None;
    }
    let root = root(head)?;
    let mut tail = [b"</", root, b">"].concat();
    if bounds::local_name(root) == b"rss" {
        tail.splice(..0, b"</channel>".iter().copied());
    }
    let mut document: Option<Document> = None;
    let mut entries: Vec<Entry> = Vec::new();
    let mut damaged = Vec::new();
    let mut rest = &body[first..];
    for _ in 0..MAX_ITEMS {
        let Some((start, end)) = next_item(rest, open, close) else {
            break;
        };
        let item = &rest[start..end];
        rest = &rest[end..];
        match parse(&[head, item, &tail].concat(), base) {
            Ok(mut feed) => {
                entries.append(&mut feed.entries);
                document.get_or_insert_with(|| whole(feed));
            }
            Err(what) => damaged.push((item.to_vec(), what)),
        }
    }
    let mut document = document?;
    document.feed.entries = entries;
    document.damaged = damaged;
    document.trouble = Some(trouble.to_owned());
    Some(document)
}

/// Where the next item begins and ends.
fn next_item(body: &[u8], open: &[u8], close: &[u8]) -> Option<(usize, usize)> {
    let start = memchr::memmem::find_iter(body, open).find(|at| {
        body.get(at + open.len())
            .is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'>')
    })?;
    let end = start + memchr::memmem::find(&body[start..], close)? + close.len();
    Some((start, end))
}

/// The name of a document's first element, as written.
fn root(head: &[u8]) -> Option<&[u8]> {
    let start = head
        .windows(2)
        .position(|two| two[0] == b'<' && two[1].is_ascii_alphabetic())?;
    let name = &head[start + 1..];
    let end = name
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || *byte == b'>')?;
    Some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Document, Unreadable> {
        read(
            text.as_bytes(),
            &"https://example.org/feed".parse().unwrap(),
        )
    }

    fn rss(items: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\">\
             <channel><title>T</title>{items}</channel></rss>"
        )
    }

    #[test]
    fn one_bad_item_spoils_no_other() {
        let document = read_text(&rss("<item><guid>1</guid><title>a</title></item>\
             <item><guid>2</guid><title>b & c < d</title></item>\
             <item><guid>3</guid><author>\u{201c}ada@example.org\u{201d}</author></item>\
             <item><guid>4</guid><title>e</title></item>"))
        .unwrap();
        let ids: Vec<&str> = document
            .feed
            .entries
            .iter()
            .map(|e| e.id.as_str())
            .collect();
        assert_eq!(ids.first(), Some(&"1"));
        assert_eq!(ids.last(), Some(&"4"));
        assert!(!document.damaged.is_empty() && document.trouble.is_some());
    }

    #[test]
    fn an_empty_description_of_a_video_is_no_reason_to_read_nothing() {
        let document = read_text(&rss(
            "<item><guid>1</guid><media:group><media:content url=\"https://example.org/a.mp4\"/><media:description/>\
             <media:title></media:title></media:group></item>",
        ))
        .unwrap();
        assert_eq!(
            (document.feed.entries.len(), document.damaged.len()),
            (1, 0)
        );
    }

    #[test]
    fn a_file_that_is_cut_off_is_read_as_far_as_it_goes() {
        let whole = rss("<item><guid>1</guid></item><item><guid>2</guid></item>");
        let cut = &whole[..whole.len() - 30];
        let document = read_text(cut).unwrap();
        assert_eq!(document.feed.entries.len(), 1);
        assert!(document.trouble.is_some());
    }

    #[test]
    fn missing_ids_are_not_made_up_here() {
        let document = read_text(&rss("<item><title>a</title></item>")).unwrap();
        assert_eq!(document.feed.entries[0].id, "");
    }

    #[test]
    fn what_is_no_feed_is_said_to_be_none() {
        for text in ["", "{}", "[]", "<svg/>", "PNG", "{\"items\":[]}", "<rss>"] {
            assert!(
                matches!(read_text(text), Err(Unreadable::Damaged(_))),
                "{text}"
            );
        }
        let Err(Unreadable::Page(feeds)) = read_text(
            "<!doctype html><html><head><link rel=alternate type=\"application/rss+xml\" href=\"/a.rss\"></head>",
        ) else {
            panic!("a page is a page");
        };
        assert_eq!(feeds, ["https://example.org/a.rss"]);
    }
}
