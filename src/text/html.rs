//! HTML to plain text with facets.
//!
//! The tokenizer of a browser's parser does the reading, so that what looks like markup to a browser is never taken for
//! text; no tree is built, since only line breaks and links matter. What is left is plain text: where it contains `<b>`
//! again, its author wrote `&lt;b&gt;`.

use std::cell::RefCell;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::{LocalName, local_name};

use super::clean::Cleaner;
use super::plain::web_address;
use crate::post::{Facet, FacetKind};

/// A text and its marked ranges: UTF-8 byte offsets, sorted, never overlapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marked {
    /// Plain text.
    pub text: String,
    /// What the HTML's links said about it.
    pub facets: Vec<Facet>,
}

/// Reads HTML as social servers send it.
///
/// Paragraphs are divided by one blank line, other blocks and `<br>` by a line break; white space collapses as in a
/// browser, but within `<pre>`. The content of scripts, styles, templates and embedded documents is left out. Of a
/// link's text what Mastodon hides (`span.invisible`) is left out, and what it shortens (`span.ellipsis`) ends in `…`;
/// elsewhere hidden text stays, so that nothing is smuggled past a reader.
pub fn read(html: &str) -> Marked {
    let output = tokenize(html, true);
    Marked {
        text: output.text,
        facets: output.facets,
    }
}

/// The text of HTML without any marks, for bios and names.
pub fn strip(html: &str) -> String {
    tokenize(html, false).text
}

fn tokenize(html: &str, marks: bool) -> Output {
    let mut output = Output {
        text: String::with_capacity(html.len().min(4096)),
        marks,
        ..Output::default()
    };
    if !html.contains(['<', '&', '\0']) {
        output.write(html);
        return output;
    }
    let options = TokenizerOpts {
        // Without it the tokenizer would begin in the data state as well, but look its last start tag up.
        initial_state: Some(State::Data),
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(Sink(RefCell::new(output)), options);
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // The sink never hands out a script or an encoding, so the tokenizer stops nowhere before its end.
    let _end = tokenizer.feed(&input);
    tokenizer.end();
    let mut output = tokenizer.sink.0.into_inner();
    output.close_link();
    output
}

struct Sink(RefCell<Output>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut output = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) if output.skipping.is_none() => output.write(&text),
            Token::TagToken(tag) => return output.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// A link that is open just now.
#[derive(Debug)]
struct Link {
    /// Where its text begins; `None` as long as it has none.
    start: Option<usize>,
    kind: FacetKind,
    /// Where it leads to, if it leads to the web.
    href: Option<String>,
    /// The open spans within it.
    spans: Vec<Span>,
    /// How many of them are invisible.
    hidden: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Plain,
    Invisible,
    Ellipsis,
}

/// The text as far as it is written.
#[derive(Debug, Default)]
struct Output {
    text: String,
    facets: Vec<Facet>,
    marks: bool,
    cleaner: Cleaner,
    /// Line breaks to write before the next character.
    breaks: usize,
    /// Whether a space is to be written before the next character.
    space: bool,
    link: Option<Link>,
    /// The element whose content is left out, and how often it is open within itself.
    skipping: Option<(LocalName, usize)>,
    /// How many `<pre>` are open.
    pre: usize,
}

impl Output {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        if let Some((name, depth)) = &mut self.skipping {
            if *name == tag.name {
                match tag.kind {
                    TagKind::StartTag => *depth += usize::from(!tag.self_closing),
                    TagKind::EndTag => *depth -= 1,
                }
                if *depth == 0 {
                    self.skipping = None;
                }
            }
            return TokenSinkResult::Continue;
        }
        match tag.kind {
            TagKind::StartTag => self.start(tag),
            TagKind::EndTag => {
                self.end(&tag.name);
                TokenSinkResult::Continue
            }
        }
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        match tag.name {
            local_name!("a") => self.open_link(tag),
            local_name!("span") => {
                if let Some(link) = &mut self.link {
                    let span = span(tag);
                    link.hidden += usize::from(span == Span::Invisible);
                    link.spans.push(span);
                }
            }
            local_name!("br") => self.breaks = (self.breaks + 1).min(2),
            local_name!("script") => {
                self.skipping = Some((tag.name.clone(), 1));
                return TokenSinkResult::RawData(RawKind::ScriptData);
            }
            local_name!("style")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("xmp") => {
                self.skipping = Some((tag.name.clone(), 1));
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            local_name!("title") | local_name!("textarea") => {
                self.skipping = Some((tag.name.clone(), 1));
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            local_name!("template")
            | local_name!("svg")
            | local_name!("math")
            | local_name!("object")
            | local_name!("audio")
            | local_name!("video")
            | local_name!("canvas")
            | local_name!("select")
                if !tag.self_closing =>
            {
                self.skipping = Some((tag.name.clone(), 1));
            }
            _ => {
                self.pre += usize::from(tag.name == local_name!("pre"));
                self.break_around(&tag.name);
            }
        }
        TokenSinkResult::Continue
    }

    fn end(&mut self, name: &LocalName) {
        match *name {
            local_name!("a") => self.close_link(),
            local_name!("span") => {
                let closed = self.link.as_mut().and_then(|link| link.spans.pop());
                match (closed, &mut self.link) {
                    (Some(Span::Ellipsis), _) => self.write("…"),
                    (Some(Span::Invisible), Some(link)) => link.hidden -= 1,
                    _ => {}
                }
            }
            _ => {
                self.pre = self
                    .pre
                    .saturating_sub(usize::from(*name == local_name!("pre")));
                self.break_around(name);
            }
        }
    }

    fn break_around(&mut self, name: &LocalName) {
        let breaks = match *name {
            local_name!("p")
            | local_name!("blockquote")
            | local_name!("pre")
            | local_name!("h1")
            | local_name!("h2")
            | local_name!("h3")
            | local_name!("h4")
            | local_name!("h5")
            | local_name!("h6") => 2,
            local_name!("li")
            | local_name!("ul")
            | local_name!("ol")
            | local_name!("dl")
            | local_name!("dt")
            | local_name!("dd")
            | local_name!("div")
            | local_name!("hr")
            | local_name!("table")
            | local_name!("tr")
            | local_name!("caption")
            | local_name!("section")
            | local_name!("article")
            | local_name!("aside")
            | local_name!("header")
            | local_name!("footer")
            | local_name!("main")
            | local_name!("nav")
            | local_name!("figure")
            | local_name!("figcaption")
            | local_name!("details")
            | local_name!("summary")
            | local_name!("address")
            | local_name!("form")
            | local_name!("fieldset") => 1,
            local_name!("td") | local_name!("th") => {
                self.space = true;
                0
            }
            _ => 0,
        };
        self.breaks = self.breaks.max(breaks);
    }

    fn open_link(&mut self, tag: &Tag) {
        self.close_link();
        if !self.marks {
            return;
        }
        let mut href = None;
        let mut kind = FacetKind::Link;
        for attribute in &tag.attrs {
            let value = &*attribute.value;
            match attribute.name.local {
                local_name!("href") => href = web_address(value),
                local_name!("class") if kind != FacetKind::Hashtag => {
                    kind = if has_word(value, "hashtag") {
                        FacetKind::Hashtag
                    } else if has_word(value, "mention") {
                        FacetKind::Mention
                    } else {
                        kind
                    };
                }
                local_name!("rel") if has_word(value, "tag") => kind = FacetKind::Hashtag,
                _ => {}
            }
        }
        self.link = Some(Link {
            start: None,
            kind,
            href,
            spans: Vec::new(),
            hidden: 0,
        });
    }

    fn close_link(&mut self) {
        let Some(link) = self.link.take() else {
            return;
        };
        let end = self.text.trim_end_matches(' ').len();
        let Some(start) = link.start.filter(|start| *start < end) else {
            return;
        };
        let shown = &self.text[start..end];
        let tag = shown.trim_start_matches(['#', '＃']);
        let is_tag = (link.kind == FacetKind::Hashtag || tag.len() < shown.len())
            && !tag.is_empty()
            && !tag.contains(char::is_whitespace);
        let (kind, target) = match (is_tag, link.kind, link.href) {
            (true, _, _) => (FacetKind::Hashtag, tag.to_owned()),
            (false, FacetKind::Mention, Some(href)) => (FacetKind::Mention, href),
            (false, _, Some(href)) => (FacetKind::Link, href),
            (false, _, None) => return,
        };
        self.facets.push(Facet {
            start,
            end,
            kind,
            target,
        });
    }

    /// Writes text where it is shown, collapsing white space as a browser does.
    fn write(&mut self, text: &str) {
        if self.link.as_ref().is_some_and(|link| link.hidden > 0) {
            return;
        }
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let word = rest.bytes().take_while(u8::is_ascii_graphic).count();
            let (head, tail) = rest.split_at(if word > 0 { word } else { c.len_utf8() });
            rest = tail;
            if word > 0 {
                self.cleaner = Cleaner::default();
                self.put(head);
                continue;
            }
            match c {
                '\n' if self.pre > 0 => self.breaks = (self.breaks + 1).min(2),
                ' ' if self.pre > 0 && self.breaks == 0 && !self.text.is_empty() => {
                    self.flush();
                    self.text.push(' ');
                }
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.space = true,
                _ => match self.cleaner.pass(c) {
                    Some('\n') => self.breaks = (self.breaks + 1).min(2),
                    Some(c) => self.put(c.encode_utf8(&mut [0; 4])),
                    None => {}
                },
            }
        }
    }

    /// Writes what is neither space nor unwanted.
    fn put(&mut self, text: &str) {
        self.flush();
        if let Some(link) = &mut self.link
            && link.start.is_none()
        {
            link.start = Some(self.text.len());
        }
        self.text.push_str(text);
    }

    /// Writes the white space that the next character stands behind. None at the very beginning.
    fn flush(&mut self) {
        if !self.text.is_empty() {
            if self.breaks > 0 {
                self.text.truncate(self.text.trim_end_matches(' ').len());
                for _ in 0..self.breaks {
                    self.text.push('\n');
                }
            } else if self.space {
                self.text.push(' ');
            }
        }
        self.breaks = 0;
        self.space = false;
    }
}

fn span(tag: &Tag) -> Span {
    let class = tag
        .attrs
        .iter()
        .find(|attribute| attribute.name.local == local_name!("class"));
    match class {
        Some(class) if has_word(&class.value, "invisible") => Span::Invisible,
        Some(class) if has_word(&class.value, "ellipsis") => Span::Ellipsis,
        _ => Span::Plain,
    }
}

fn has_word(attribute: &str, word: &str) -> bool {
    attribute
        .split_ascii_whitespace()
        .any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(html: &str) -> (String, Vec<(String, FacetKind, String)>) {
        let read = read(html);
        let facets = read
            .facets
            .iter()
            .map(|f| {
                (
                    read.text[f.start..f.end].to_owned(),
                    f.kind,
                    f.target.clone(),
                )
            })
            .collect();
        (read.text, facets)
    }

    #[test]
    fn blocks_become_lines() {
        for (html, expected) in [
            ("<p>One</p><p>Two</p>", "One\n\nTwo"),
            ("<p>One<br>Two<br />Three</p>", "One\nTwo\nThree"),
            ("<p>One<br></p>\n<p>Two", "One\n\nTwo"),
            ("a<br><br><br><br>b", "a\n\nb"),
            (
                "<p>List</p><ul><li>a</li><li>b</li></ul><p>End</p>",
                "List\n\na\nb\n\nEnd",
            ),
            ("<blockquote><p>Q</p></blockquote>A", "Q\n\nA"),
            ("  a  \n b\t<b> c</b> <i>d</i>  ", "a b c d"),
            ("<pre>a\n  b</pre>c", "a\nb\n\nc"),
            ("<pre>a  b</pre>", "a  b"),
            ("<table><tr><td>1</td><td>2</td></tr><tr><td>3", "1 2\n3"),
            (
                "Tom &amp; Jerry &lt;3 &eacute; &#x1F600; &nope;",
                "Tom & Jerry <3 é 😀 &nope;",
            ),
            ("I <3 U & AT&T", "I <3 U & AT&T"),
            ("", ""),
            ("<p></p><br>", ""),
            ("one\u{2028}two", "one\ntwo"),
        ] {
            assert_eq!(read(html).text, expected, "{html}");
        }
    }

    #[test]
    fn links_become_facets() {
        use FacetKind::{Hashtag, Link, Mention};
        for (html, text, expected) in [
            (
                r#"<p>Hi <a href="https://example.org/tags/Rust" class="mention hashtag" rel="tag">#<span>Rust</span></a>!</p>"#,
                "Hi #Rust!",
                vec![("#Rust", Hashtag, "Rust")],
            ),
            (
                r#"<a href="https://long.example.org/path/to/page" rel="nofollow noopener"><span class="invisible">https://</span><span class="ellipsis">long.example.org/path</span><span class="invisible">/to/page</span></a> x"#,
                "long.example.org/path… x",
                vec![(
                    "long.example.org/path…",
                    Link,
                    "https://long.example.org/path/to/page",
                )],
            ),
            (
                r#"<span class="h-card"><a href="https://example.org/@ada" class="u-url mention">@<span>ada</span></a></span>"#,
                "@ada",
                vec![("@ada", Mention, "https://example.org/@ada")],
            ),
            (
                r#"<a href="http://localhost:8001?t=rustconf" rel="tag">#rustconf</a>"#,
                "#rustconf",
                vec![("#rustconf", Hashtag, "rustconf")],
            ),
            (
                r#"<a href="https://example.org/t/x">＃日本語</a>"#,
                "＃日本語",
                vec![("＃日本語", Hashtag, "日本語")],
            ),
            (
                r#"a <a href="https://example.org">  b  </a> c"#,
                "a b c",
                vec![("b", Link, "https://example.org")],
            ),
            (
                r#"<a href="https://example.org/a">one<a href="https://example.org/b">two</a>"#,
                "onetwo",
                vec![
                    ("one", Link, "https://example.org/a"),
                    ("two", Link, "https://example.org/b"),
                ],
            ),
            (
                r#"<a href="https://example.org/a"># not a tag</a>"#,
                "# not a tag",
                vec![("# not a tag", Link, "https://example.org/a")],
            ),
            (
                r#"<a href="https://example.org/a"><span class="invisible">all</span></a>x"#,
                "x",
                vec![],
            ),
            (
                r#"<a href="javascript:alert(1)">x</a> <a href="JaVa&#9;Script:x">y</a> <a href=data:text/html,z>z</a> <a name=q>q</a>"#,
                "x y z q",
                vec![],
            ),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(t, k, target)| (t.to_owned(), k, target.to_owned()))
                .collect();
            assert_eq!(marked(html), (text.to_owned(), expected), "{html}");
        }
    }

    #[test]
    fn hostile_html_is_only_text() {
        for (html, expected) in [
            ("a<script>alert(1)</script>b", "ab"),
            ("a<script><!--<script>x</script>--></script>b", "ab"),
            ("a<SCRIPT\u{c}src=x>alert(1)", "a"),
            (
                "a<style>p{}</style><!-- c --><!doctype html><?php x ?>b",
                "ab",
            ),
            ("a<template><p>x<template>y</template>z</template>b", "ab"),
            ("a<svg><script>x</script></svg>b", "ab"),
            ("a<iframe><p>x</iframe>b<textarea><p>y</textarea>c", "abc"),
            ("a<img src=x onerror=alert(1)>b", "ab"),
            (
                "&lt;script&gt;alert(1)&lt;/script&gt;",
                "<script>alert(1)</script>",
            ),
            ("<scr<script>ipt>x</scr</script>ipt>y", "ipt>xipt>y"),
            ("a<b", "a"),
            ("a<", "a<"),
            (
                "<p>visible <span class=\"invisible\">too</span>",
                "visible too",
            ),
            ("\u{202e}abc\u{202c}&#x202e;def&rlm;", "abcdef\u{200f}"),
            ("a\0b&#0;c&#7;d", "ab\u{fffd}cd"),
            ("<plaintext>a</plaintext><b>c", "ac"),
            ("</p></a></span></script>x", "x"),
        ] {
            assert_eq!(read(html).text, expected, "{html}");
        }
    }

    #[test]
    fn bios_are_stripped() {
        assert_eq!(
            strip(
                r##"<p>Makes <b>things</b>.<br><a href="#" class="hashtag">#<span>nobot</span></a></p>"##
            ),
            "Makes things.\n#nobot"
        );
        assert_eq!(strip("plain"), "plain");
    }

    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;")
    }

    fn markup() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("<a href=\"https://e.org/x\" class=\"mention hashtag\">#".to_owned()),
            Just("<a href='http://e.org'>".to_owned()),
            Just("</a>".to_owned()),
            Just("<span class=invisible>".to_owned()),
            Just("<span class=ellipsis>".to_owned()),
            Just("</span>".to_owned()),
            Just("<p>".to_owned()),
            Just("<br>".to_owned()),
            Just("<script>".to_owned()),
            Just("</script>".to_owned()),
            Just("<pre>".to_owned()),
            Just("<svg>".to_owned()),
            Just("&#x202e;".to_owned()),
            Just("&amp;".to_owned()),
            "\\PC{0,6}",
            "[<>&;/!=\"' a-z\\n\\-]{0,8}",
            any::<String>(),
        ];
        prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn any_markup_gives_sound_ranges_and_clean_text(html in markup()) {
            let read = read(&html);
            let mut reached = 0;
            for facet in &read.facets {
                prop_assert!(facet.start >= reached && facet.start < facet.end);
                prop_assert!(read.text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
            let dirty = |c: char| (c.is_control() && c != '\n')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!read.text.contains(dirty));
            prop_assert!(!read.text.starts_with([' ', '\n']));
            prop_assert!(!read.text.contains("\n\n\n"));
        }

        #[test]
        fn what_comes_out_is_text_and_nothing_else(html in markup()) {
            let text = strip(&html);
            // Pre keeps its spaces and a link's text may be hidden; neither can be in text that is markup no longer.
            prop_assert_eq!(strip(&format!("<pre>{}</pre>", escaped(&text))), text);
        }

        #[test]
        fn text_without_markup_stays(words in prop::collection::vec("[a-zäß日#:.]{1,8}", 1..9)) {
            let text = words.join(" ");
            prop_assert_eq!(read(&text), Marked { text: text.clone(), facets: vec![] });
            prop_assert_eq!(read(&format!("<p>{text}</p>")).text, text);
        }
    }
}
