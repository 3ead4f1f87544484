//! What a document may be before a parser is let loose on it.
//!
//! The parser goes down into nested media elements by calling itself and copies what stands around a group of media into
//! it, so that a few megabytes, written with care, could use up the stack or all memory. Both would end the program.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Deepest nesting of elements. Feeds need five levels, and the pages that some carry as markup a few dozen.
const MAX_DEPTH: usize = 100;
/// Most elements about media in one item, and most authors in one list.
const MAX_PARTS: usize = 400;

/// Checks a document.
///
/// # Errors
/// Says what of it is beyond bounds.
pub(super) fn check(body: &[u8]) -> Result<(), &'static str> {
    match body.iter().find(|byte| matches!(byte, b'<' | b'{')) {
        Some(b'<') => xml(body),
        Some(_) => json(body),
        None => Ok(()),
    }
}

/// Lists of a JSON Feed that the parser compares or copies one by one.
#[derive(Deserialize)]
struct Sizes {
    authors: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    items: Vec<ItemSizes>,
}

#[derive(Deserialize)]
struct ItemSizes {
    authors: Option<Vec<IgnoredAny>>,
}

fn json(body: &[u8]) -> Result<(), &'static str> {
    // What cannot be read here, the parser does not read either.
    let Ok(sizes) = serde_json::from_slice::<Sizes>(body) else {
        return Ok(());
    };
    let items = sizes.items.into_iter().map(|item| item.authors);
    let longest = std::iter::once(sizes.authors)
        .chain(items)
        .map(|authors| authors.map_or(0, |authors| authors.len()))
        .max();
    if longest.unwrap_or(0) > MAX_PARTS {
        return Err("it names hundreds of authors at once");
    }
    Ok(())
}

/// Walks over the tags of a document, which need not be well-formed.
fn xml(body: &[u8]) -> Result<(), &'static str> {
    // Of UTF-16 the zeros are left out: marks are ASCII in all encodings that the parser knows.
    let body = if body.contains(&0) {
        Cow::Owned(body.iter().copied().filter(|byte| *byte != 0).collect())
    } else {
        Cow::Borrowed(body)
    };
    let (mut depth, mut item_depth, mut parts) = (0_usize, None, 0);
    let mut rest: &[u8] = &body;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = &rest[at + 1..];
        if let Some(inner) = rest.strip_prefix(b"!--") {
            rest = after(inner, b"-->");
        } else if let Some(inner) = rest.strip_prefix(b"![CDATA[") {
            rest = after(inner, b"]]>");
        } else if let Some(inner) = rest.strip_prefix(b"?") {
            rest = after(inner, b"?>");
        } else if rest.starts_with(b"!") {
            // A document type may hold anything; below the root it is a trick.
            if depth > 0 {
                return Err("it declares its type in its middle");
            }
            rest = after(rest, b">");
        } else if let Some(inner) = rest.strip_prefix(b"/") {
            depth = depth.saturating_sub(1);
            rest = after(inner, b">");
        } else {
            let tag = &rest[..tag_end(rest)];
            rest = &rest[tag.len()..];
            depth += 1;
            let name = local_name(tag);
            let item_depth = *item_depth.get_or_insert(match name {
                b"rss" => 3,
                b"entry" => 1,
                _ => 2,
            });
            if depth == item_depth {
                parts = 0;
            }
            if matches!(
                name,
                b"group" | b"content" | b"thumbnail" | b"text" | b"credit"
            ) {
                parts += 1;
            }
            if depth > MAX_DEPTH {
                return Err("its elements are nested more than a hundred deep");
            }
            if parts > MAX_PARTS {
                return Err("one of its items has hundreds of media");
            }
            if tag.ends_with(b"/") {
                depth -= 1;
            }
        }
    }
    Ok(())
}

/// What follows the first `end`, nothing where there is none.
fn after<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    memchr::memmem::find(text, end).map_or(&[], |at| &text[at + end.len()..])
}

/// Length of a start tag without its `>`, which within quotes ends nothing.
fn tag_end(tag: &[u8]) -> usize {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// An element's name without its prefix.
pub(super) fn local_name(tag: &[u8]) -> &[u8] {
    let end = tag
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || *byte == b'/')
        .unwrap_or(tag.len());
    let name = &tag[..end];
    match memchr::memrchr(b':', name) {
        Some(at) => &name[at + 1..],
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(inner: &str) -> String {
        format!(
            "<?xml version='1.0'?><rss version=\"2.0\"><channel><item>{inner}</item></channel></rss>"
        )
    }

    #[test]
    fn feeds_are_within_bounds() {
        let one = "<media:content url='a'><media:title>x</media:title></media:content>".repeat(100);
        let many = format!("{}</channel></rss>", "<item><content/></item>".repeat(2000));
        for document in [
            item(
                "<title>a &lt; b</title><description><![CDATA[<b><b><b>]]></description><!-- <a> -->",
            ),
            item(&one),
            format!("<rss><channel>{many}"),
            "<!DOCTYPE rss [ <!ENTITY a 'b'> ]><rss/>".to_owned(),
            "no feed".to_owned(),
            r#"{"items":[{"authors":[{"name":"a"}]}]}"#.to_owned(),
            r#"{"items":7}"#.to_owned(),
        ] {
            assert_eq!(check(document.as_bytes()), Ok(()), "{document}");
        }
    }

    #[test]
    fn bombs_are_not() {
        let deep = "<media:group>".repeat(1000);
        let wide = "<a:thumbnail url='x'/>".repeat(500);
        let fake =
            "<media:group><!-- </a></a> --><x y='></a></a>'/><![CDATA[</a></a>]]>".repeat(200);
        let reset = "<media:content/><item/>".repeat(500);
        let names = vec![r#"{"name":"a"}"#; 500].join(",");
        let utf_16: Vec<u8> = item(&deep)
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for document in [
            item(&deep).into_bytes(),
            item(&wide).into_bytes(),
            item(&fake).into_bytes(),
            item(&reset).into_bytes(),
            item("<!DOCTYPE a [</a>]>").into_bytes(),
            format!("<feed><entry>{reset}").into_bytes(),
            format!("<entry>{reset}").into_bytes(),
            format!("{{\"authors\":[{names}],\"items\":[]}}").into_bytes(),
            utf_16,
        ] {
            assert!(
                check(&document).is_err(),
                "{}",
                String::from_utf8_lossy(&document)
            );
        }
    }
}
