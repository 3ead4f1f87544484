use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use url::Url;

use super::convert::{About, Read, items};
use super::{Settings, document};
use crate::feed::Item;
use crate::post::{FacetKind, MediaKind, Post, PostId};

fn read(text: &[u8], address: &str) -> Vec<Read> {
    let url: Url = address.parse().unwrap();
    let document = document::read(text, &url).unwrap();
    let about = About {
        url: &url,
        feed: &url,
        tags: &[],
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
    };
    items(document, &about)
}

fn posts(text: &str, address: &str) -> Vec<Post> {
    let posts = read(text.as_bytes(), address).into_iter();
    posts
        .map(|read| match read.item {
            Item::Post(post) => *post,
            other => panic!("a post is no {other:?}"),
        })
        .collect()
}

fn rss(head: &str, items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Ada &amp; co</title>{head}{items}</channel></rss>"
    )
}

#[test]
fn a_mastodon_servers_post_is_known_by_its_addresses() {
    let text = rss(
        "<generator>Mastodon v4.5.0</generator>",
        "<item><guid isPermaLink=\"true\">https://social.example/@ada/111</guid><link>https://social.example/@ada/111</link>\
         <pubDate>Fri, 08 Dec 2023 12:52:54 +0000</pubDate>\
         <description>&lt;p&gt;&lt;strong&gt;Content warning:&lt;/strong&gt; cake&lt;/p&gt;&lt;hr&gt;&lt;p&gt;Hi &lt;a \
         href=\"https://social.example/tags/rust\" class=\"mention hashtag\" rel=\"tag\"&gt;#&lt;span&gt;Rust&lt;/span&gt;&lt;/a&gt;\
         &lt;/p&gt;</description><category>rust</category>\
         <media:content url=\"https://files.example/a.png\" type=\"image/png\" medium=\"image\">\
         <media:rating scheme=\"urn:simple\">adult</media:rating>\
         <media:description type=\"plain\">A cake</media:description></media:content></item>\
         <item><guid>https://other.example/notice/x</guid><link>https://other.example/notice/x</link>\
         <description>#rust</description></item>",
    );
    let posts = posts(&text, "https://mastodon.example/tags/rust.rss");
    let post = &posts[0];
    assert_eq!(post.id.as_str(), "rss:https://social.example/@ada/111");
    let same: Vec<&str> = post.same_as.iter().map(PostId::as_str).collect();
    assert_eq!(
        same,
        [
            "mastodon:https://social.example/@ada/111",
            "mastodon:https://social.example/users/ada/statuses/111"
        ]
    );
    assert_eq!(
        post.author.id.as_str(),
        "mastodon:https://social.example/users/ada"
    );
    assert_eq!(post.author.handle, "@ada@social.example");
    assert_eq!(
        (post.text.as_str(), post.warning.as_deref()),
        ("Hi #Rust", Some("cake"))
    );
    assert_eq!(post.facets[0].kind, FacetKind::Hashtag);
    assert_eq!(post.hashtags, ["Rust"]);
    assert!(post.sensitive);
    assert_eq!(post.media[0].alt.as_deref(), Some("A cake"));
    assert_eq!(posts[1].author.id.as_str(), "rss:other.example");
    // Another site's feed does not say who wrote what elsewhere.
    let forged = self::posts(&text, "https://evil.example/feed");
    assert!(forged[0].same_as.is_empty());
    assert_eq!(forged[0].author.id.as_str(), "rss:social.example");
}

#[test]
fn an_article_is_its_title_and_the_beginning_of_its_summary() {
    let long = "word #later ".repeat(300);
    let text = rss(
        "",
        &format!(
            "<item><guid>7</guid><title>Fish &amp;amp; chips</title><link>https://www.blog.example/7</link>\
             <dc:creator>Ada</dc:creator><description>&lt;p&gt;{long}&lt;img src=\"/fish.png\" alt=\"A fish\"&gt;&lt;/p&gt;</description>\
             </item>\
             <item><guid>8</guid><title>The beginning…</title><description>The beginning and the end of `Vec&lt;u8&gt;`</description></item>\
             <item><guid>9</guid><title>Vec&lt;u8&gt; #Tag</title></item>"
        ),
    );
    let posts = posts(&text, "https://www.blog.example/feed");
    assert!(posts[0].text.starts_with("Fish & chips\n\nword #later"));
    assert!(posts[0].text.ends_with(" …") && posts[0].text.chars().count() < 1030);
    assert_eq!(posts[0].id.as_str(), "rss:https://www.blog.example/feed#7");
    assert_eq!(posts[0].author.id.as_str(), "rss:Ada@blog.example");
    assert_eq!(
        posts[0].media[0].url.as_deref(),
        Some("https://www.blog.example/fish.png")
    );
    assert_eq!(posts[0].hashtags, ["later"]);
    assert!(posts[1].text.starts_with("The beginning and the end"));
    assert_eq!(posts[2].text, "Vec<u8> #Tag");
    assert_eq!(posts[2].hashtags, ["Tag"]);
    assert_eq!(posts[2].author.name, "Ada & co");
    // Without a date it is of now.
    assert_eq!(
        posts[2].created_at,
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()
    );
}

#[test]
fn an_item_without_an_id_is_known_by_its_link_and_a_new_title_is_an_edit() {
    let one = rss(
        "",
        "<item><title>a</title><link>https://blog.example/1</link></item>",
    );
    let other = rss(
        "",
        "<item><title>b</title><link>https://blog.example/1</link></item>",
    );
    let (one, other) = (
        read(one.as_bytes(), "https://blog.example/feed"),
        read(other.as_bytes(), "https://blog.example/feed"),
    );
    assert_eq!(one[0].key, other[0].key);
    assert_ne!(one[0].words, other[0].words);
}

#[test]
fn atom_and_json_feed_are_read() {
    let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"de\"><title>T</title><author><name>Ada</name>\
                <uri>https://ada.example/</uri></author><entry><id>tag:ada.example,2020:1</id><title type=\"html\">A &amp;lt; B</title>\
                <link rel=\"alternate\" type=\"text/html\" href=\"https://ada.example/1\"/>\
                <link rel=\"enclosure\" type=\"image/jpeg\" href=\"https://ada.example/1.jpg\"/>\
                <published>2020-01-01T00:00:00Z</published><updated>2020-01-02T00:00:00Z</updated>\
                <category term=\"Rust\"/></entry></feed>";
    let post = &posts(atom, "https://ada.example/feed")[0];
    assert_eq!(post.id.as_str(), "rss:tag:ada.example,2020:1");
    assert_eq!(post.author.id.as_str(), "rss:https://ada.example/");
    assert_eq!(post.text, "A < B");
    assert_eq!(post.url.as_deref(), Some("https://ada.example/1"));
    assert_eq!(post.edited_at, "2020-01-02T00:00:00Z".parse().ok());
    assert_eq!(post.media[0].kind, MediaKind::Image);
    assert_eq!(
        (post.language.as_deref(), post.hashtags.as_slice()),
        (Some("de"), ["Rust".to_owned()].as_slice())
    );
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","authors":[{"name":"Ada"}],"items":[
        {"id":"1","url":"https://ada.example/1","content_text":"a <b> #Rust https://ex.org","date_published":"2020-01-01T00:00:00Z"}]}"#;
    let post = &posts(json, "https://ada.example/feed.json")[0];
    assert_eq!(post.text, "a <b> #Rust https://ex.org");
    assert_eq!(
        (post.hashtags.as_slice(), post.facets.len()),
        (["Rust".to_owned()].as_slice(), 2)
    );
}

#[test]
fn a_video_is_its_title_its_description_and_its_still() {
    let text = "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\"><title>Channel</title>\
        <entry><id>yt:video:x</id><title>Talk</title><link rel=\"alternate\" href=\"https://www.youtube.com/watch?v=x\"/>\
        <author><name>Channel</name><uri>https://www.youtube.com/channel/U</uri></author>\
        <published>2020-01-01T00:00:00Z</published><media:group><media:title>Talk</media:title>\
        <media:content url=\"https://www.youtube.com/v/x\" type=\"application/x-shockwave-flash\"/>\
        <media:thumbnail url=\"https://i.example/x.jpg\"/><media:description>Given at #RustConf</media:description>\
        </media:group></entry></feed>";
    let post = &posts(
        text,
        "https://www.youtube.com/feeds/videos.xml?channel_id=U",
    )[0];
    assert_eq!(post.text, "Talk\n\nGiven at #RustConf");
    assert_eq!(post.hashtags, ["RustConf"]);
    assert_eq!(post.media.len(), 1);
    assert_eq!(
        post.media[0].url.as_deref(),
        Some("https://i.example/x.jpg")
    );
}

#[test]
fn an_item_over_which_the_parser_panics_spoils_no_other() {
    // Declares another encoding when it is too late for that.
    let late = format!(
        "<item><guid>b</guid><title>Bad</title><description>{}<?xml version=\"1.0\" encoding=\"iso-8859-1\"?></description></item>",
        "long ".repeat(4_000)
    );
    let text = rss(
        "",
        &format!("<item><guid>a</guid><title>Good #tag</title></item>{late}"),
    );
    let url: Url = "https://blog.example/feed".parse().unwrap();
    let document = document::read(text.as_bytes(), &url).unwrap();
    assert_eq!(
        (document.feed.entries.len(), document.damaged.len()),
        (1, 1)
    );
    assert_eq!(document.trouble.as_deref(), Some("the parser failed"));
}

#[test]
fn recorded_feeds_are_read() {
    let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        Into::into,
    );
    let mut files = Vec::new();
    for part in ["rss/feed-rs", "rss/feeddeck"] {
        let Ok(found) = std::fs::read_dir(folder.join(part)) else {
            eprintln!(
                "skipped: no recorded data at {}",
                folder.join(part).display()
            );
            return;
        };
        files.extend(found.map(|file| file.unwrap().path()));
    }
    let (mut read, mut refused) = (0, 0);
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let url: Url = format!("https://feeds.example/tags/{name}")
            .parse()
            .unwrap();
        let body = std::fs::read(&path).unwrap();
        let document = document::read(&body, &url);
        if name.contains("invalid") || name == "xml_iso8859.xml" {
            eprintln!("{name}: {:?}", document.map(|document| document.trouble));
            continue;
        }
        let document = document.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let about = About {
            url: &url,
            feed: &url,
            tags: &[],
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
        };
        let found = items(document, &about);
        assert_eq!(found.len(), written(&body), "{name}");
        for item in found {
            match item.item {
                Item::Post(post) => {
                    assert!(!post.text.contains("</"), "{name}: {}", post.text);
                    assert!(!post.text.contains('\u{fffd}'), "{name}: {}", post.text);
                    if name.starts_with("mastodon") {
                        assert!(
                            post.author.handle.starts_with('@') && post.same_as.len() == 2,
                            "{name}"
                        );
                        assert!(name.contains("User") || !post.hashtags.is_empty(), "{name}");
                    }
                    read += 1;
                }
                other => {
                    eprintln!("{name}: {other:?}");
                    refused += 1;
                }
            }
        }
    }
    assert!(read > 0 && refused == 0, "{read} {refused}");
}

/// How many items a recorded file holds, counted without the reader that is tested.
fn written(body: &[u8]) -> usize {
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) {
        return json["items"].as_array().map_or(0, Vec::len);
    }
    let text = String::from_utf8_lossy(body);
    let tags = ["<item>", "<item ", "<entry>", "<entry "];
    tags.iter().map(|tag| text.matches(tag).count()).sum()
}

#[test]
fn addresses_are_taken_as_people_write_them() {
    for (url, expected) in [
        ("https://example.org/feed", "https://example.org/feed"),
        ("example.org/tag/x.rss", "https://example.org/tag/x.rss"),
        ("feed://example.org/a", "https://example.org/a"),
        ("feed:https://example.org/a", "https://example.org/a"),
        (
            "http://127.0.0.1:8080/a?b=c#d",
            "http://127.0.0.1:8080/a?b=c",
        ),
    ] {
        assert_eq!(Settings::from_target(url).unwrap().target(), expected);
    }
    for url in [
        "",
        "ftp://example.org/x",
        "https://",
        "https://ada:secret@example.org/feed",
    ] {
        let error = Settings::from_target(url).unwrap_err();
        assert!(error.contains("write its address"), "{error}");
    }
}

#[test]
fn settings_have_defaults_and_no_unknown_keys() {
    let settings: Settings = toml::from_str("url = \"https://example.org/feed\"").unwrap();
    assert_eq!(
        settings,
        Settings::from_target("example.org/feed")
            .map(|s| Settings {
                url: "https://example.org/feed".to_owned(),
                ..s
            })
            .unwrap()
    );
    assert_eq!(settings.interval.0, Duration::from_mins(1));
    assert!(!settings.tagged);
    let error = toml::from_str::<Settings>("url = \"x\"\nuri = 1").unwrap_err();
    assert!(error.to_string().contains("uri"), "{error}");
    let fast: Settings = toml::from_str("url = \"x.org\"\ninterval = \"1ms\"").unwrap();
    assert!(fast.validate().is_err());
}

proptest! {
    #[test]
    fn whatever_the_bytes_nothing_breaks(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn whatever_stands_in_an_item_its_facets_are_sound(
        parts in prop::collection::vec(prop_oneof![
            "\\PC{0,20}".prop_map(|text| text),
            prop::sample::select(vec![
                "<title>", "</title>", "<description>", "</description>", "<guid>", "</guid>", "<item>", "</item>", "#tag ",
                "&lt;p&gt;", "&amp;", "<media:group>", "</media:group>", "<media:content url='https://a.example/x.png'/>",
                "<author>", "</author>", "“ada@example.org”", "<media:text start='99999999999999999999:00:00'>",
                "<pubDate>", "</pubDate>", "<link>", "</link>", "https://x.example/@ada/1", "<![CDATA[", "]]>", "<hr>",
            ]).prop_map(str::to_owned),
        ], 0..30),
    ) {
        check(rss("<generator>Mastodon</generator>", &format!("<item>{}</item>", parts.concat())).as_bytes());
    }
}

fn check(bytes: &[u8]) {
    let url: Url = "https://feeds.example/tags/x.rss".parse().unwrap();
    let Ok(document) = document::read(bytes, &url) else {
        return;
    };
    let about = About {
        url: &url,
        feed: &url,
        tags: &[],
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
    };
    for read in items(document, &about) {
        if let Item::Post(post) = read.item {
            let mut reached = 0;
            for facet in &post.facets {
                assert!(facet.start >= reached && facet.start < facet.end);
                assert!(post.text.get(facet.start..facet.end).is_some());
                reached = facet.end;
            }
        }
    }
}
