use std::fmt::Write;
use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn read_with(bytes: &[u8], layout: &Layout) -> Vec<Record> {
    Reader::new(bytes, "test", layout)
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn read(text: &str) -> Vec<Record> {
    read_with(text.as_bytes(), &Layout::default())
}

fn one(text: &str) -> Post {
    let mut records = read(text);
    assert_eq!(records.len(), 1, "{records:?}");
    records.pop().unwrap().unwrap().post
}

fn row(id: &str, time: &str, text: &str) -> Record {
    read(&format!(
        "id,datetime,user,text\n\"{id}\",\"{time}\",ada,\"{text}\"\n"
    ))
    .pop()
    .unwrap()
}

#[test]
fn a_row_becomes_a_post() {
    let post = one("\"\",\"id\",\"datetime\",\"user\",\"text\",\"hour\"\n\
         \"1\",\"463631575729848320\",2014-05-06 06:49:00,\"Ada_L\",\"Tea &amp; cake at #Expert2019, see https://example.org/a.\",6\n");
    assert_eq!(post.id.as_str(), "archive:463631575729848320");
    assert_eq!(post.author.id.as_str(), "archive:ada_l");
    assert_eq!(post.author.handle, "@Ada_L");
    assert_eq!(
        post.text,
        "Tea & cake at #Expert2019, see https://example.org/a."
    );
    assert_eq!(post.hashtags, ["Expert2019"]);
    assert_eq!(post.kind, Kind::Original);
    assert_eq!(post.created_at, "2014-05-06T06:49:00Z".parse().unwrap());
    let marked: Vec<_> = post
        .facets
        .iter()
        .map(|facet| (&post.text[facet.start..facet.end], facet.kind))
        .collect();
    assert_eq!(
        marked,
        [
            ("#Expert2019", FacetKind::Hashtag),
            ("https://example.org/a", FacetKind::Link)
        ]
    );
}

#[test]
fn reposts_are_known_by_their_beginning_alone() {
    for (text, kind) in [
        ("RT @ada: hello", Kind::Repost),
        ("rt @ada: hello", Kind::Original),
        (" RT @ada: hello", Kind::Original),
        ("RT ada", Kind::Original),
        ("+1 RT @ada: hello", Kind::Original),
        ("@ada hello", Kind::Original),
    ] {
        assert_eq!(
            row("1", "2014-05-06 06:49", text).unwrap().post.kind,
            kind,
            "{text}"
        );
    }
}

#[test]
fn a_kind_column_has_the_last_word() {
    let records = read(
        "id,datetime,user,text,kind\n\
         1,2014-05-06 06:49,a,RT @b: x,original\n\
         2,2014-05-06 06:49,a,x,Repost\n\
         3,2014-05-06 06:49,a,x,\n\
         4,2014-05-06 06:49,a,x,sonnet\n",
    );
    let kinds: Vec<_> = records
        .iter()
        .map(|record| record.as_ref().map(|it| it.post.kind).map_err(|it| it.line))
        .collect();
    assert_eq!(
        kinds,
        [
            Ok(Kind::Original),
            Ok(Kind::Repost),
            Ok(Kind::Original),
            Err(5)
        ]
    );
}

#[test]
fn damaged_ids_are_told_from_odd_ones() {
    for (id, reason) in [
        ("4.64031643591e+17", Some(Reason::DamagedId)),
        ("4,64E+17", Some(Reason::DamagedId)),
        ("4E+17", Some(Reason::DamagedId)),
        ("4.6e17", Some(Reason::DamagedId)),
        ("", Some(Reason::Malformed)),
        ("  ", Some(Reason::Malformed)),
        ("12e5", None),
        ("e+17", None),
        ("463631575729848320", None),
        ("at://did:plc:x/post/3k", None),
    ] {
        let refused = row(id, "2014-05-06 06:49", "x").err();
        assert_eq!(refused.map(|it| it.reason), reason, "{id}");
    }
}

#[test]
fn times_are_read_in_every_form() {
    let zone = TimeZone::get("America/New_York").unwrap();
    for (text, expected) in [
        ("2014-05-06T06:49:00Z", Some("2014-05-06T06:49:00Z")),
        (
            "2014-05-06T06:49:00.5+02:00",
            Some("2014-05-06T04:49:00.5Z"),
        ),
        ("2014-05-06 06:49:00Z", Some("2014-05-06T06:49:00Z")),
        ("2014-05-06 06:49", Some("2014-05-06T10:49:00Z")),
        ("2014-05-06 06:49:07", Some("2014-05-06T10:49:07Z")),
        ("2014-05-06T06:49", Some("2014-05-06T10:49:00Z")),
        ("2014-05-06T06:49:07", Some("2014-05-06T10:49:07Z")),
        ("1399358940", Some("2014-05-06T06:49:00Z")),
        ("1399358940123", Some("2014-05-06T06:49:00.123Z")),
        // The clocks skip 02:30 in March and repeat 01:30 in November.
        ("2014-03-09 02:30", Some("2014-03-09T07:30:00Z")),
        ("2014-11-02 01:30", Some("2014-11-02T05:30:00Z")),
        ("2014-05-06", None),
        ("20140506", None),
        ("6 May 2014 06:49", None),
        ("2014-13-06 06:49", None),
        ("99999999999999999999", None),
        ("", None),
    ] {
        assert_eq!(
            read_time(text, &zone),
            expected.map(|text| text.parse().unwrap()),
            "{text}"
        );
    }
}

#[test]
fn entities_are_undone_once() {
    for (text, expected) in [
        ("a &amp; b &lt;3 &gt;", "a & b <3 >"),
        ("&amp;lt; &amp;amp;", "&lt; &amp;"),
        ("&quot; &#39; &nbsp;", "&quot; &#39; &nbsp;"),
    ] {
        assert_eq!(decode_entities(text), expected);
    }
}

#[test]
fn lines_are_those_where_records_start() {
    let lines = |text: &str| -> Vec<u64> {
        read(text)
            .into_iter()
            .map(|record| record.map_or_else(|refused| refused.line, |post| post.line))
            .collect()
    };
    // Line 2 spans two, line 4 is blank, line 5 is damaged, line 6 too short, line 7 has no line end.
    let text = "id,datetime,user,text\n1,2014-05-06 06:49,a,\"two\nlines\"\n\n\
                4e+17,2014-05-06 06:49,a,x\n5\n6,2014-05-06 06:49,a,5\" disk";
    assert_eq!(lines(text), [2, 5, 6, 7]);
    assert_eq!(lines(&text.replace('\n', "\r\n")), [2, 5, 6, 7], "CRLF");
    assert_eq!(lines(&format!("\u{feff}{text}")), [2, 5, 6, 7], "BOM");
    let json = "\u{feff}{\"id\":1}\n\n  \nnonsense\r\n{}\n";
    assert_eq!(lines(json), [1, 4, 5]);
}

#[test]
fn a_quoted_first_column_behind_a_byte_order_mark_is_found() {
    let post = one("\u{feff}\"id\",created_at,author,text\r\n7,2014-05-06 06:49,@Ada,x\r\n");
    assert_eq!(post.id.as_str(), "archive:7");
    assert_eq!(post.author.handle, "@Ada");
}

#[test]
fn columns_zone_and_source_can_be_set() {
    let columns = Columns {
        id: Some("Tweet ID".to_owned()),
        time: Some("when".to_owned()),
        author: Some("who".to_owned()),
        text: Some("what".to_owned()),
        kind: None,
        url: Some("link".to_owned()),
        language: None,
    };
    let layout = Layout::new(columns, Some("Europe/London"), Some("twitter")).unwrap();
    let text = "tweet id,When,who,what,link,language\n9,2019-07-06 09:31,ada,hi,https://example.org/9,cy\n";
    let post = read_with(text.as_bytes(), &layout)
        .pop()
        .unwrap()
        .unwrap()
        .post;
    assert_eq!(post.id.as_str(), "twitter:9");
    assert_eq!(post.created_at, "2019-07-06T08:31:00Z".parse().unwrap());
    assert_eq!(post.url.as_deref(), Some("https://example.org/9"));
    assert_eq!(post.language.as_deref(), Some("cy"));
}

#[test]
fn a_missing_column_is_named_with_what_to_write() {
    let error = |text: &str, layout: &Layout| {
        Reader::new(text.as_bytes(), "day.csv", layout)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error("id,stamp,user,text\n", &Layout::default()),
        "day.csv: no column for the time; the header has \"id\", \"stamp\", \"user\", \"text\"; \
         say which it is with columns = { time = \"NAME\" }"
    );
    let layout = Layout {
        columns: Columns {
            language: Some("lang".to_owned()),
            ..Columns::default()
        },
        ..Layout::default()
    };
    assert!(error("id,datetime,user,text\n", &layout).contains("language"));
    assert!(error("[{}]", &Layout::default()).contains("one post per line"));
}

#[test]
fn settings_that_cannot_work_say_what_to_write() {
    for (zone, source, hint) in [
        (Some("Mars/Base"), None, "Europe/London"),
        (None, Some("a:b"), "source = "),
        (None, Some(""), "source = "),
    ] {
        let error = Layout::new(Columns::default(), zone, source).unwrap_err();
        assert!(error.contains(hint), "{error}");
    }
}

#[test]
fn invalid_utf8_is_replaced_in_csv_and_refused_in_json() {
    let mut csv = b"id,datetime,user,text\n1,2014-05-06 06:49,ada,caf".to_vec();
    csv.extend([0xE9, b'\n']);
    let post = read_with(&csv, &Layout::default()).pop().unwrap().unwrap();
    assert_eq!(post.post.text, "caf\u{fffd}");
    let json = b"{\"id\":\"\xff\"}\n";
    let refused = read_with(json, &Layout::default())
        .pop()
        .unwrap()
        .unwrap_err();
    assert_eq!((refused.line, refused.reason), (1, Reason::Malformed));
}

#[test]
fn an_open_quote_is_refused_without_being_kept() {
    let mut text =
        "id,datetime,user,text\n1,2014-05-06 06:49,ada,ok\n2,2014-05-06 06:49,ada,\"".to_owned();
    text.push_str(&"open,\n".repeat(MAX_RECORD_BYTES / 4));
    let records = read(&text);
    assert_eq!(records.len(), 2);
    let refused = records[1].as_ref().unwrap_err();
    assert_eq!((refused.line, refused.reason), (3, Reason::TooLarge));

    let json = format!("{{\"id\":\"{}\"}}\n{{}}\n", "x".repeat(MAX_RECORD_BYTES));
    let reasons: Vec<_> = read(&json)
        .into_iter()
        .map(|it| it.unwrap_err().reason)
        .collect();
    assert_eq!(reasons, [Reason::TooLarge, Reason::Malformed]);
}

#[test]
fn a_line_of_json_keeps_what_only_an_import_heeds() {
    let line = r#"{"id":"demo:1","source":"demo","author":{"id":"demo:ada"},"text":"hi #One #one","created_at":"2019-11-06T09:31:07Z","standing":"hidden","pinned":true,"highlighted":null,"unheard":[1]}"#;
    let record = read(line).pop().unwrap().unwrap();
    assert_eq!(record.standing, Some(Standing::Hidden));
    assert!(record.pinned && !record.highlighted);
    assert_eq!(record.post.hashtags, ["One"]);
    assert_eq!(record.post.facets.len(), 2);

    let silent = line.replace("\"standing\"", "\"hashtags\":[],\"standing\"");
    assert!(
        read(&silent)
            .pop()
            .unwrap()
            .unwrap()
            .post
            .hashtags
            .is_empty()
    );

    let odd = line.replace("\"hidden\"", "\"elsewhere\"");
    assert_eq!(read(&odd).pop().unwrap().unwrap().standing, None);
}

#[test]
fn what_is_wrong_with_a_line_of_json_is_said() {
    let refused = read("{}\n{\"id\":\"a\"")
        .into_iter()
        .map(Result::unwrap_err);
    let words: Vec<String> = refused.map(|it| it.to_string()).collect();
    assert_eq!(
        words,
        [
            "line 1: missing field `id` (column 2)",
            "line 2: EOF while parsing an object (column 9)"
        ]
    );
    let unnamed =
        r#"{"id":"","source":"x","author":{"id":"x:a"},"created_at":"2019-11-06T09:31:07Z"}"#;
    assert_eq!(
        read(unnamed)[0].as_ref().unwrap_err().words,
        "the id is empty"
    );
}

#[test]
fn links_end_where_the_sentence_does() {
    for (text, expected) in [
        ("see https://example.org/a.", vec!["https://example.org/a"]),
        (
            "(http://example.org/a_(b))",
            vec!["http://example.org/a_(b)"],
        ),
        (
            "https://example.org/#part #tag",
            vec!["https://example.org/#part"],
        ),
        ("„https://example.org“…", vec!["https://example.org"]),
        ("xhttp://example.org http: https:// http://", vec![]),
        (
            "https://a.example,https://b.example",
            vec!["https://a.example,https://b.example"],
        ),
    ] {
        let found: Vec<_> = links(text)
            .iter()
            .map(|facet| &text[facet.start..facet.end])
            .collect();
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(mark("https://example.org/#part #tag").1, ["tag"]);
}

#[test]
fn an_empty_file_has_no_records() {
    for text in ["", "\n\n", "\u{feff}", "id,datetime,user,text"] {
        assert!(read(text).is_empty(), "{text:?}");
    }
}

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), kind in 0..3) {
        let head: &[u8] = match kind {
            0 => b"id,datetime,user,text\n",
            1 => b"{",
            _ => b"",
        };
        let all = [head, &bytes].concat();
        if let Ok(reader) = Reader::new(all.as_slice(), "test", &Layout::default()) {
            let end = all.split(|byte| *byte == b'\n').count() as u64;
            for record in reader {
                let line = record.unwrap().map_or_else(|refused| refused.line, |post| post.line);
                prop_assert!((1..=end).contains(&line));
            }
        }
    }

    #[test]
    fn csv_gives_back_what_was_written(
        rows in proptest::collection::vec(("[0-9]{1,18}", "[A-Za-z_]{1,12}", "[^&\0]{0,40}", 0i64..4_000_000_000), 0..12),
        crlf: bool,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut csv = format!("id,created_at,user,text{end}");
        for (id, user, text, second) in &rows {
            let time = Timestamp::from_second(*second).unwrap();
            write!(csv, "{id},{time},{user},{}{end}", quoted(text)).unwrap();
        }
        let read = read(&csv);
        prop_assert_eq!(read.len(), rows.len());
        for (record, (id, user, text, second)) in read.iter().zip(&rows) {
            let post = &record.as_ref().unwrap().post;
            prop_assert_eq!(post.id.as_str(), format!("archive:{id}"));
            prop_assert_eq!(&post.author.handle, &format!("@{user}"));
            prop_assert_eq!(&post.text, text);
            prop_assert_eq!(post.created_at.as_second(), *second);
        }
    }

    #[test]
    fn json_lines_give_back_what_was_written(texts in proptest::collection::vec("\\PC{0,40}", 0..8)) {
        let posts: Vec<Post> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| {
                let mut post = row("1", "2014-05-06 06:49", "x").unwrap().post;
                post.id = PostId::new(format!("archive:{n}"));
                (post.facets, post.hashtags) = mark(text);
                post.text.clone_from(text);
                post
            })
            .collect();
        let lines: String = posts
            .iter()
            .map(|post| serde_json::to_string(post).unwrap() + "\n")
            .collect();
        let read: Vec<Post> = read(&lines).into_iter().map(|it| it.unwrap().post).collect();
        prop_assert_eq!(read, posts);
    }

    #[test]
    fn every_position_is_one_to_go_on_from(
        texts in proptest::collection::vec("[a-z,\"\n\r é]{0,12}", 1..10),
        blank in "(\r\n|\n){1,3}",
    ) {
        let mut csv = format!("id,datetime,user,text{blank}");
        for (n, text) in texts.iter().enumerate() {
            write!(csv, "{n},2014-05-06 06:49,ada,{}{blank}", quoted(text)).unwrap();
        }
        let whole = read(&csv);
        prop_assert_eq!(whole.len(), texts.len());
        let open = || Reader::new(Cursor::new(csv.as_bytes()), "test", &Layout::default()).unwrap();
        let mut first = open();
        for taken in 0..=whole.len() {
            let mut second = open();
            second.seek(first.position()).unwrap();
            let rest: Vec<Record> = second.map(Result::unwrap).collect();
            prop_assert_eq!(rest.as_slice(), &whole[taken..]);
            first.next();
        }
        // One that ran into an open quote goes on as well.
        let torn = format!("{csv}9,2014-05-06 06:49,ada,\"torn");
        let mut reader =
            Reader::new(Cursor::new(torn.as_bytes()), "test", &Layout::default()).unwrap();
        let begin = reader.position();
        prop_assert_eq!(reader.by_ref().count(), whole.len() + 1);
        reader.seek(begin).unwrap();
        let again: Vec<Record> = reader.take(whole.len()).map(Result::unwrap).collect();
        prop_assert_eq!(again, whole);
    }
}
