//! Reading archives: posts that were recorded earlier, as JSON Lines of [`Post`] or as CSV with a header.
//!
//! Shared by the `replay` feed and the `import` command. One record is in memory at a time, whatever the file's size;
//! a record that is not a post is refused with its line and a reason, and reading goes on behind it.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufRead, Seek, SeekFrom};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::{Reason, Refusal};
use crate::post::{
    Author, AuthorId, Counts, Facet, FacetKind, Kind, Post, PostId, Source, Standing,
};
use crate::text::fold::fold_case;
use crate::text::hashtag;

/// Longest record taken, in bytes: a post of the longest text with every byte escaped, and room for its facets.
/// An unclosed quote makes the rest of a CSV file one record; the bound keeps that out of memory.
const MAX_RECORD_BYTES: usize = 4 << 20;
/// Most fields a CSV record may have.
const MAX_FIELDS: usize = 4096;
/// Digits from which an epoch time is milliseconds: as seconds it would be the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// A post as it lies in an archive.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchivedPost {
    /// The line where its record starts, from 1.
    pub line: u64,
    /// The post.
    pub post: Post,
    /// Its standing when it was exported, where the archive tells; only `import --keep-standing` heeds it.
    pub standing: Option<Standing>,
    /// Whether it was pinned when it was exported.
    pub pinned: bool,
    /// Whether it was highlighted when it was exported.
    pub highlighted: bool,
    /// Whether a person had put it on the wall by its address.
    pub added: bool,
}

/// A record that is not a post.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {words}")]
pub struct Refused {
    /// The line where the record starts, from 1.
    pub line: u64,
    /// The reason it is counted under.
    pub reason: Reason,
    /// What is wrong with it.
    pub words: String,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self {
            reason: refused.reason,
            detail: refused.to_string(),
        }
    }
}

/// A record: a post, or why it is none.
pub type Record = Result<ArchivedPost, Refused>;

/// Why an archive cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file could not be read.
    #[error("{file}: {error}")]
    Unreadable {
        /// The archive.
        file: String,
        /// What the system said.
        error: io::Error,
    },
    /// The CSV header lacks a column.
    #[error(
        "{file}: no column for the {what}; the header has {found}; say which it is with columns = {{ {what} = \"NAME\" }}"
    )]
    Column {
        /// The archive.
        file: String,
        /// What the column holds: `id`, `time`, `author`, `text`, …
        what: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A JSON array stands where lines of objects are expected.
    #[error("{file}: a JSON array; write one post per line, without brackets and commas between")]
    Array {
        /// The archive.
        file: String,
    },
}

/// Names of a CSV file's columns where they are not the usual ones. Compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// The post's id at its source; otherwise `id`.
    pub id: Option<String>,
    /// When it was written; otherwise `created_at` or `datetime`.
    pub time: Option<String>,
    /// The author's handle; otherwise `user` or `author`.
    pub author: Option<String>,
    /// The text; otherwise `text`.
    pub text: Option<String>,
    /// Original, reply, quote or repost; otherwise `kind`, where there is one.
    pub kind: Option<String>,
    /// The post's page; otherwise `url`, where there is one.
    pub url: Option<String>,
    /// BCP 47 tag; otherwise `language`, where there is one.
    pub language: Option<String>,
}

/// How a CSV file is to be understood. JSON Lines say all of it themselves.
#[derive(Debug, Clone)]
pub struct Layout {
    columns: Columns,
    zone: TimeZone,
    source: String,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            columns: Columns::default(),
            zone: TimeZone::UTC,
            source: "archive".to_owned(),
        }
    }
}

impl Layout {
    /// Takes the settings; `zone` (an IANA name) is that of times without an offset, otherwise UTC, and `source` is
    /// where the posts were written, otherwise `archive`.
    ///
    /// # Errors
    /// Says in words what is wrong and what to write instead.
    pub fn new(columns: Columns, zone: Option<&str>, source: Option<&str>) -> Result<Self, String> {
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                format!(
                    "there is no time zone {name:?}; write one such as zone = \"Europe/London\""
                )
            })?,
        };
        let source = source.unwrap_or("archive");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if source.is_empty() || !source.chars().all(plain) {
            return Err(format!(
                "{source:?} cannot name a source; write letters a-z, digits and -, such as source = \"archive\""
            ));
        }
        Ok(Self {
            columns,
            zone,
            source: source.to_owned(),
        })
    }
}

/// A place between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Bytes before it.
    pub offset: u64,
    /// Its line, from 1.
    pub line: u64,
}

impl Position {
    /// The beginning of a file.
    pub const START: Self = Self { offset: 0, line: 1 };
}

/// Reads an archive record by record.
pub struct Reader<R> {
    input: Counted<R>,
    format: Format,
    ended: bool,
}

enum Format {
    JsonLines { line: Vec<u8> },
    Csv(Box<Csv>),
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("position", &self.input.at)
            .finish_non_exhaustive()
    }
}

impl<R: BufRead> Reader<R> {
    /// Looks at the first bytes: a file that begins with `{` is JSON Lines, any other is CSV, whose header is read at
    /// once. `file` names the archive in errors.
    pub fn new(input: R, file: &str, layout: &Layout) -> Result<Self, ArchiveError> {
        let unreadable = |error| ArchiveError::Unreadable {
            file: file.to_owned(),
            error,
        };
        let mut input = Counted {
            input,
            at: Position::START,
        };
        let first = input.skip_to_content().map_err(unreadable)?;
        let format = match first {
            None | Some(b'{') => Format::JsonLines { line: Vec::new() },
            Some(b'[') => {
                return Err(ArchiveError::Array {
                    file: file.to_owned(),
                });
            }
            Some(_) => {
                let mut rows = Rows::new();
                rows.read(&mut input).map_err(unreadable)?;
                Format::Csv(Box::new(Csv {
                    header: Header::find(&rows, file, &layout.columns)?,
                    rows,
                    zone: layout.zone.clone(),
                    source: Source::new(layout.source.as_str()),
                }))
            }
        };
        Ok(Self {
            input,
            format,
            ended: false,
        })
    }

    /// Where the next record will be looked for.
    pub fn position(&self) -> Position {
        self.input.at
    }

    fn read(&mut self) -> io::Result<Option<Record>> {
        match &mut self.format {
            Format::JsonLines { line } => loop {
                let start = self.input.at.line;
                let Some(fits) = self.input.read_line(line)? else {
                    return Ok(None);
                };
                if !fits {
                    return Ok(Some(Err(too_long(start))));
                }
                let json = line.trim_ascii();
                if !json.is_empty() {
                    return Ok(Some(from_json(start, json)));
                }
            },
            Format::Csv(csv) => {
                let Some(row) = csv.rows.read(&mut self.input)? else {
                    return Ok(None);
                };
                if !row.fits {
                    return Ok(Some(Err(too_long(row.line))));
                }
                Ok(Some(csv.post(row.line)))
            }
        }
    }
}

impl<R: BufRead + Seek> Reader<R> {
    /// Goes on from a position that [`Reader::position`] gave for the same file.
    pub fn seek(&mut self, position: Position) -> io::Result<()> {
        self.input.input.seek(SeekFrom::Start(position.offset))?;
        self.input.at = position;
        self.ended = false;
        if let Format::Csv(csv) = &mut self.format {
            csv.rows.core = csv_core::Reader::new();
        }
        Ok(())
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Record>;

    /// After an error of the file itself there is nothing more.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.read().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}

fn too_long(line: u64) -> Refused {
    Refused {
        line,
        reason: Reason::TooLarge,
        words: format!(
            "a record of more than {MAX_RECORD_BYTES} bytes or {MAX_FIELDS} fields; a quote may be open"
        ),
    }
}

fn malformed(line: u64, words: impl Into<String>) -> Refused {
    Refused {
        line,
        reason: Reason::Malformed,
        words: words.into(),
    }
}

/// An input that knows how far it was read.
struct Counted<R> {
    input: R,
    at: Position,
}

impl<R: BufRead> Counted<R> {
    /// The bytes at hand; empty at the end.
    fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.input.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, bytes: usize) -> io::Result<()> {
        let taken = self.fill()?.get(..bytes).unwrap_or_default();
        let lines = taken.split(|byte| *byte == b'\n').count() as u64 - 1;
        self.input.consume(bytes);
        self.at.offset += bytes as u64;
        self.at.line += lines;
        Ok(())
    }

    /// Skips bytes while `skip` takes them and gives the first that it does not.
    fn skip_while(&mut self, skip: impl Fn(u8) -> bool) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let skipped = buffer.iter().take_while(|byte| skip(**byte)).count();
            let next = buffer.get(skipped).copied();
            self.consume(skipped)?;
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Skips a byte order mark and blanks.
    fn skip_to_content(&mut self) -> io::Result<Option<u8>> {
        for mark in [0xEF, 0xBB, 0xBF] {
            if self.fill()?.first() != Some(&mark) {
                break;
            }
            self.consume(1)?;
        }
        self.skip_while(|byte| byte.is_ascii_whitespace())
    }

    /// Reads to the end of the line, `None` at the end of the file, `Some(false)` if the line is too long to be kept.
    fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
        line.clear();
        let mut fits = true;
        let mut any = false;
        loop {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Ok(any.then_some(fits));
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or(buffer);
            let taken = part.len() + usize::from(end.is_some());
            fits &= line.len() + part.len() <= MAX_RECORD_BYTES;
            if fits {
                line.extend_from_slice(part);
            }
            self.consume(taken)?;
            if end.is_some() {
                return Ok(Some(fits));
            }
        }
    }
}

/// Splits CSV into fields. `csv_core` is driven directly, because only so a record's first byte and line are exact:
/// blank lines and the second half of a CRLF are skipped before it, not counted into it.
struct Rows {
    core: csv_core::Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

struct Row {
    line: u64,
    fits: bool,
}

impl Rows {
    fn new() -> Self {
        Self {
            core: csv_core::Reader::new(),
            fields: vec![0; 1024],
            ends: vec![0; 32],
            count: 0,
        }
    }

    fn read<R: BufRead>(&mut self, input: &mut Counted<R>) -> io::Result<Option<Row>> {
        input.skip_while(|byte| byte == b'\r' || byte == b'\n')?;
        let mut row = Row {
            line: input.at.line,
            fits: true,
        };
        let (mut written, mut ended) = (0, 0);
        self.count = 0;
        loop {
            let (result, read, wrote, closed) = self.core.read_record(
                input.fill()?,
                self.fields.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(ended..).unwrap_or_default(),
            );
            input.consume(read)?;
            written += wrote;
            ended += closed;
            match result {
                csv_core::ReadRecordResult::InputEmpty => {}
                csv_core::ReadRecordResult::OutputFull if self.fields.len() < MAX_RECORD_BYTES => {
                    self.fields.resize(self.fields.len() * 2, 0);
                }
                csv_core::ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_FIELDS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                // Too long to be kept: the rest is read over, into the same room.
                csv_core::ReadRecordResult::OutputFull
                | csv_core::ReadRecordResult::OutputEndsFull => {
                    row.fits = false;
                    (written, ended) = (0, 0);
                }
                csv_core::ReadRecordResult::Record => {
                    self.count = ended;
                    return Ok(Some(row));
                }
                csv_core::ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn field(&self, column: usize) -> Option<String> {
        if column >= self.count {
            return None;
        }
        let start = match column.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let bytes = self.fields.get(start..*self.ends.get(column)?)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// A field without blanks around it; `None` where there is nothing in it.
    fn word(&self, column: usize) -> Option<String> {
        let field = self.field(column)?;
        let word = field.trim();
        (!word.is_empty()).then(|| word.to_owned())
    }
}

/// Where a CSV file has what.
struct Header {
    id: usize,
    time: usize,
    author: usize,
    text: usize,
    kind: Option<usize>,
    url: Option<usize>,
    language: Option<usize>,
}

impl Header {
    fn find(rows: &Rows, file: &str, columns: &Columns) -> Result<Self, ArchiveError> {
        let names: Vec<String> = (0..rows.count)
            .map(|column| {
                let name = rows.field(column).unwrap_or_default();
                name.trim_start_matches('\u{feff}').trim().to_owned()
            })
            .collect();
        let find = |what: &'static str, set: &Option<String>, usual: &[&str]| {
            let position = |wanted: &str| {
                let wanted = fold_case(wanted.trim());
                names.iter().position(|name| fold_case(name) == wanted)
            };
            let found = match set {
                Some(name) => position(name),
                None => usual.iter().find_map(|name| position(name)),
            };
            found.ok_or_else(|| ArchiveError::Column {
                file: file.to_owned(),
                what,
                found: names
                    .iter()
                    .map(|name| format!("{name:?}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            })
        };
        // What need not be there is missed only if it was asked for.
        let find_if_any = |what, set: &Option<String>| match find(what, set, &[what]) {
            Err(error) if set.is_some() => Err(error),
            found => Ok(found.ok()),
        };
        Ok(Self {
            id: find("id", &columns.id, &["id"])?,
            time: find("time", &columns.time, &["created_at", "datetime"])?,
            author: find("author", &columns.author, &["user", "author"])?,
            text: find("text", &columns.text, &["text"])?,
            kind: find_if_any("kind", &columns.kind)?,
            url: find_if_any("url", &columns.url)?,
            language: find_if_any("language", &columns.language)?,
        })
    }
}

/// A CSV file: its columns, and what its rows do not say themselves.
struct Csv {
    header: Header,
    rows: Rows,
    zone: TimeZone,
    source: Source,
}

impl Csv {
    /// Makes a post of the row that was read last.
    fn post(&self, line: u64) -> Record {
        let needed = |what: &str, column: usize| {
            self.rows.word(column).ok_or_else(|| {
                let fields = self.rows.count;
                malformed(
                    line,
                    if column < fields {
                        format!("the {what} is empty")
                    } else {
                        format!(
                            "no {what}: the row has {fields} fields, it would be number {}",
                            column + 1
                        )
                    },
                )
            })
        };
        let id = needed("id", self.header.id)?;
        if is_damaged(&id) {
            return Err(Refused {
                line,
                reason: Reason::DamagedId,
                words: format!("the id {id} was rounded by a spreadsheet"),
            });
        }
        let time = needed("time", self.header.time)?;
        let created_at = read_time(&time, &self.zone).ok_or_else(|| {
            malformed(
                line,
                format!("{time:?} is no time that can be read, such as 2019-11-06 09:31"),
            )
        })?;
        let author = needed("author", self.header.author)?;
        let handle = author.trim_start_matches('@');
        if handle.is_empty() {
            return Err(malformed(line, "the author is empty"));
        }
        let text = self.rows.field(self.header.text).ok_or_else(|| {
            malformed(
                line,
                format!("no text: the row has {} fields", self.rows.count),
            )
        })?;
        let text = decode_entities(&text);
        let kind = match self.header.kind {
            Some(column) => match self.rows.word(column) {
                None => Kind::Original,
                Some(word) => read_kind(&word).ok_or_else(|| {
                    malformed(
                        line,
                        format!("{word:?} is no kind; original, reply, quote and repost are"),
                    )
                })?,
            },
            None if text.starts_with("RT @") => Kind::Repost,
            None => Kind::Original,
        };
        let word = |column: Option<usize>| column.and_then(|column| self.rows.word(column));
        let (facets, hashtags) = mark(&text);
        let post = Post {
            same_as: Vec::new(),
            id: PostId::new(format!("{}:{id}", self.source)),
            source: self.source.clone(),
            feed: None,
            url: word(self.header.url),
            kind,
            of: None,
            author: Author {
                same_as: Vec::new(),
                id: AuthorId::new(format!("{}:{}", self.source, fold_case(handle))),
                handle: format!("@{handle}"),
                name: String::new(),
                avatar: None,
                url: None,
                followers: None,
                bot: false,
                created_at: None,
                indexable: None,
                discoverable: None,
            },
            text,
            facets,
            hashtags,
            warning: None,
            sensitive: false,
            language: word(self.header.language),
            media: Vec::new(),
            emojis: Vec::new(),
            poll: None,
            card: None,
            counts: Counts::default(),
            created_at,
            edited_at: None,
            received_at: None,
        };
        Ok(ArchivedPost {
            line,
            post,
            standing: None,
            pinned: false,
            highlighted: false,
            added: false,
        })
    }
}

/// What a line of JSON may say beside the post. Read leniently: only `import --keep-standing` heeds it.
#[derive(Deserialize)]
struct Aside {
    standing: Option<Value>,
    pinned: Option<Value>,
    highlighted: Option<Value>,
    added: Option<Value>,
    facets: Option<serde::de::IgnoredAny>,
    hashtags: Option<serde::de::IgnoredAny>,
}

fn from_json(line: u64, json: &[u8]) -> Record {
    let wrong = |error: serde_json::Error| {
        let words = error.to_string();
        // serde_json counts lines within the text it was given, which is always the first.
        let what = words.split(" at line ").next().unwrap_or_default();
        malformed(line, format!("{what} (column {})", error.column()))
    };
    let mut post: Post = serde_json::from_slice(json).map_err(wrong)?;
    let aside: Aside = serde_json::from_slice(json).map_err(wrong)?;
    if post.id.as_str().is_empty() {
        return Err(malformed(line, "the id is empty"));
    }
    if post.author.id.as_str().is_empty() {
        return Err(malformed(line, "the author's id is empty"));
    }
    // A line that says nothing of its tags, as one written by hand, has those of its text.
    if aside.facets.is_none() && aside.hashtags.is_none() {
        (post.facets, post.hashtags) = mark(&post.text);
    }
    let holds = |value: Option<Value>| value.and_then(|value| value.as_bool()).unwrap_or(false);
    Ok(ArchivedPost {
        line,
        post,
        standing: aside
            .standing
            .and_then(|standing| Standing::deserialize(standing).ok()),
        pinned: holds(aside.pinned),
        highlighted: holds(aside.highlighted),
        added: holds(aside.added),
    })
}

/// Whether an id went through a spreadsheet that made a number of it: `4.64031643591e+17`, `4,64E+17`. Without a sign
/// or a decimal mark, as in `12e5`, it may be an id that just looks so.
fn is_damaged(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['e', 'E']) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let signed = exponent.starts_with('+');
    let (whole, fraction) = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(exponent.trim_start_matches('+')) && digits(whole) && fraction.map_or(signed, digits)
}

/// Reads RFC 3339, `YYYY-MM-DD HH:MM[:SS]` with a blank or a `T` (in `zone`; a time that the clocks skip or repeat
/// there is resolved as RFC 5545 does, which jiff calls "compatible"), and seconds or milliseconds since 1970.
fn read_time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<i64>() {
        return if number.abs() < MILLISECONDS_FROM {
            // Eight digits are a date written together, not an evening of the seventies.
            (text.len() > 8).then(|| Timestamp::from_second(number).ok())?
        } else {
            Timestamp::from_millisecond(number).ok()
        };
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    // A date alone would put a day's posts into one minute.
    if !text.contains(':') {
        return None;
    }
    let civil: DateTime = text.parse().ok()?;
    zone.to_timestamp(civil).ok()
}

fn read_kind(word: &str) -> Option<Kind> {
    match fold_case(word).as_str() {
        "original" => Some(Kind::Original),
        "reply" => Some(Kind::Reply),
        "quote" => Some(Kind::Quote),
        "repost" => Some(Kind::Repost),
        _ => None,
    }
}

/// Undoes the three escapes that Twitter's API put into texts; once, so that `&amp;lt;` stays `&lt;`.
fn decode_entities(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The hashtags and links of a plain text as facets, in order, and the hashtags as written, each once.
pub(crate) fn mark(text: &str) -> (Vec<Facet>, Vec<String>) {
    let mut facets = links(text);
    let mut hashtags = Vec::new();
    let mut known = HashSet::new();
    for range in hashtag::find(text) {
        // `https://example.org/#part` has no hashtag.
        if facets.iter().any(|link| {
            link.kind == FacetKind::Link && (link.start..link.end).contains(&range.start)
        }) {
            continue;
        }
        let written = hashtag::written(text, &range).to_owned();
        if known.insert(fold_case(&written)) {
            hashtags.push(written.clone());
        }
        facets.push(Facet {
            start: range.start,
            end: range.end,
            kind: FacetKind::Hashtag,
            target: written,
        });
    }
    facets.sort_by_key(|facet| facet.start);
    (facets, hashtags)
}

/// Web addresses in a plain text, without the punctuation that ends the sentence.
fn links(text: &str) -> Vec<Facet> {
    let mut found = Vec::new();
    let mut reached = 0;
    while let Some(start) = text
        .get(reached..)
        .and_then(|rest| rest.find("http"))
        .map(|at| reached + at)
    {
        reached = start + "http".len();
        let rest = text.get(start..).unwrap_or_default();
        let inside_word = text
            .get(..start)
            .and_then(|before| before.chars().next_back())
            .is_some_and(char::is_alphanumeric);
        if inside_word || !(rest.starts_with("http://") || rest.starts_with("https://")) {
            continue;
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"“”«»".contains(c))
            .unwrap_or(rest.len());
        let link = without_end_of_sentence(rest.get(..end).unwrap_or_default());
        if url::Url::parse(link).is_ok_and(|url| url.host_str().is_some_and(|host| host.len() > 1))
        {
            reached = start + link.len();
            found.push(Facet {
                start,
                end: reached,
                kind: FacetKind::Link,
                target: link.to_owned(),
            });
        }
    }
    found
}

/// Takes off trailing punctuation; a closing bracket only where none was opened.
fn without_end_of_sentence(mut link: &str) -> &str {
    while let Some(last) = link.chars().next_back() {
        let ends = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '…' | '’' | '*' => true,
            ')' => link.matches(')').count() > link.matches('(').count(),
            ']' => link.matches(']').count() > link.matches('[').count(),
            _ => false,
        };
        if !ends {
            break;
        }
        link = link.strip_suffix(last).unwrap_or_default();
    }
    link
}

#[cfg(test)]
mod tests;
