//! A recorded archive as a feed: at once, at the pace at which it was written, or faster.
//!
//! Posts keep their own times. The file is read in the blocking pool, a chunk at a time, and never as a whole. A
//! cursor says how far it was read and what the file looked like, so that a file that was put in its place is read
//! from its beginning.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep_until};

use super::archive::{ArchiveError, Columns, Layout, Position, Reader};
use super::network::{self, NOT_REACHED};
use super::{Cursor, Feed, FeedContext, FeedError, Item, Next, Page};

/// Records read at a time, and the most in one page.
const CHUNK: usize = 250;
/// Bytes at the beginning of a file, and again before the cursor, by which it is known again.
const KNOWN_BY: u64 = 4096;

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The archive: JSON Lines of posts, or CSV with a header.
    pub file: PathBuf,
    /// 1 is the pace at which the posts were written, 60 is sixty times that; absent is at once. Pauses count from
    /// the first post that is read after a start. Posts that are older than one before them come together with it.
    #[serde(default)]
    pub speed: Option<f64>,
    /// CSV columns that have other than the usual names.
    #[serde(default)]
    pub columns: Box<Columns>,
    /// IANA zone of CSV times without an offset; UTC where absent.
    #[serde(default)]
    pub zone: Option<String>,
    /// Where a CSV file's posts were written; `archive` where absent.
    #[serde(default)]
    pub source: Option<String>,
}

impl Settings {
    /// Reads the target of `--feed replay=PATH`.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let settings = Self {
            file: PathBuf::from(target),
            speed: None,
            columns: Box::default(),
            zone: None,
            source: None,
        };
        settings.validate().map(|()| settings)
    }

    /// What it reads, for its name.
    pub fn target(&self) -> String {
        self.file.display().to_string()
    }

    /// Checks the settings; whether the file is there is seen when it is read.
    pub fn validate(&self) -> Result<(), String> {
        if self.file.as_os_str().is_empty() {
            return Err("replay needs a file; write replay=PATH, or file = \"PATH\"".to_owned());
        }
        if let Some(speed) = self.speed
            && !(speed.is_finite() && speed > 0.0)
        {
            return Err(format!(
                "speed = {speed} cannot be; write 1 for the real pace, 60 for sixty times that, or leave it out"
            ));
        }
        self.layout().map(drop)
    }

    fn layout(&self) -> Result<Layout, String> {
        Layout::new(
            self.columns.as_ref().clone(),
            self.zone.as_deref(),
            self.source.as_deref(),
        )
    }
}

/// Makes the feed.
pub fn build(settings: &Settings, _context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    Ok(Box::new(Replay {
        path: settings.file.clone(),
        layout: settings.layout().map_err(FeedError::Misconfigured)?,
        speed: settings.speed,
        archive: None,
        ahead: VecDeque::new(),
        given: None,
        pace: None,
    }))
}

struct Replay {
    path: PathBuf,
    layout: Layout,
    speed: Option<f64>,
    /// The open file; absent before the first fetch, and after one that was dropped while it read.
    archive: Option<Archive>,
    /// Read and not yet due. Holds at most one chunk.
    ahead: VecDeque<Entry>,
    /// The cursor of the last page; with any other, reading starts there.
    given: Option<Cursor>,
    pace: Option<Pace>,
}

/// A record that was read, and the place behind it.
struct Entry {
    item: Item,
    created_at: Option<Timestamp>,
    behind: Position,
}

/// How archive time becomes time here.
#[derive(Clone, Copy)]
struct Pace {
    began: Instant,
    first: Timestamp,
    speed: f64,
}

impl Pace {
    fn due(self, created_at: Timestamp) -> Instant {
        let seconds = created_at.duration_since(self.first).as_secs_f64() / self.speed;
        // A wait that no duration can hold is not waited for to its end by anybody.
        let wait = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
        self.began
            .checked_add(wait)
            .unwrap_or_else(|| self.began + Duration::from_secs(u64::from(u32::MAX)))
    }
}

#[async_trait]
impl Feed for Replay {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        if self.given.as_ref() != cursor {
            self.archive = None;
            self.ahead.clear();
            self.pace = None;
            self.given = cursor.cloned();
        }
        if self.ahead.is_empty() {
            self.read_chunk().await?;
        }
        let Some(speed) = self.speed else {
            return Ok(self.page(usize::MAX));
        };
        let first = self.ahead.iter().find_map(|entry| entry.created_at);
        let pace = match (self.pace, first) {
            (Some(pace), _) => pace,
            (None, Some(first)) => *self.pace.insert(Pace {
                began: Instant::now(),
                first,
                speed,
            }),
            (None, None) => return Ok(self.page(usize::MAX)),
        };
        // What was refused has no time and goes with what stands before it.
        let due = |entry: &Entry| entry.created_at.map(|at| pace.due(at));
        if let Some(next) = self.ahead.front().and_then(due) {
            sleep_until(next).await;
        }
        let now = Instant::now();
        let together = self
            .ahead
            .iter()
            .take_while(|entry| due(entry).is_none_or(|due| due <= now))
            .count();
        Ok(self.page(together))
    }
}

impl Replay {
    /// Reads the next chunk into `ahead`, opening the file where it is not open.
    async fn read_chunk(&mut self) -> Result<(), FeedError> {
        let open = self.archive.take();
        let (path, layout) = (self.path.clone(), self.layout.clone());
        let cursor = self.given.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut archive = match open {
                Some(archive) => archive,
                None => Archive::open(&path, &layout, cursor.as_ref())?,
            };
            let chunk = archive.chunk().map_err(|error| FeedError::Transient {
                message: format!("{}: {error}", path.display()),
                retry_after: None,
            })?;
            Ok((archive, chunk))
        });
        let (archive, chunk) = read.await.map_err(|error| FeedError::Transient {
            message: format!("{}: {error}", self.path.display()),
            retry_after: None,
        })??;
        self.archive = Some(archive);
        self.ahead = chunk;
        Ok(())
    }

    /// Takes the first `count` of what was read.
    fn page(&mut self, count: usize) -> Page {
        let count = count.min(self.ahead.len());
        let mut reached = None;
        let items = self
            .ahead
            .drain(..count)
            .map(|entry| {
                reached = Some(entry.behind);
                entry.item
            })
            .collect();
        if let (Some(at), Some(archive)) = (reached, &self.archive) {
            self.given = Some(archive.cursor(at));
        }
        let ended = self.ahead.is_empty() && self.archive.as_ref().is_none_or(|it| it.ended);
        Page {
            items,
            cursor: self.given.clone(),
            history: self.speed.is_none(),
            next: if ended { Next::Done } else { Next::Now },
            ..Page::default()
        }
    }
}

/// A place in a file, and what the file looked like.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    at: Position,
    known_by: KnownBy,
}

/// By what a file is known again; one that only grew is still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KnownBy {
    size: u64,
    /// Hash of the first bytes, as many as [`KNOWN_BY`] and `size` allow.
    head: String,
}

impl Mark {
    /// `None` where no feed of this kind made the cursor.
    fn read(cursor: &Cursor) -> Option<Self> {
        let mut words = cursor.0.split(' ');
        Some(Self {
            at: Position {
                offset: words.next()?.parse().ok()?,
                line: words.next()?.parse().ok()?,
            },
            known_by: KnownBy {
                size: words.next()?.parse().ok()?,
                head: words.next()?.to_owned(),
            },
        })
    }

    /// Whether this is a place in the file that lies there now.
    fn is_in(&self, file: &mut File) -> io::Result<bool> {
        let long_enough = file.metadata()?.len() >= self.known_by.size.max(self.at.offset);
        Ok(long_enough && hash_head(file, self.known_by.size)? == self.known_by.head)
    }
}

/// Hashes a file's first bytes and goes back to its beginning.
fn hash_head(file: &mut File, size: u64) -> io::Result<String> {
    let mut head = Vec::new();
    file.take(size.min(KNOWN_BY)).read_to_end(&mut head)?;
    file.rewind()?;
    let hash = Sha256::digest(&head);
    let first = hash
        .first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes));
    Ok(format!("{first:016x}"))
}

/// The open file.
struct Archive {
    reader: Reader<BufReader<File>>,
    known_by: KnownBy,
    ended: bool,
}

impl Archive {
    fn open(path: &Path, layout: &Layout, cursor: Option<&Cursor>) -> Result<Self, FeedError> {
        let name = path.display().to_string();
        let unreadable = |error: io::Error| {
            FeedError::Misconfigured(format!(
                "{NOT_REACHED}the file {name}: {}; is the path right?",
                network::of_the_system(&error)
            ))
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let head = hash_head(&mut file, size).map_err(unreadable)?;
        let goes_on = match cursor.and_then(Mark::read) {
            Some(mark) if mark.is_in(&mut file).map_err(unreadable)? => Some(mark.at),
            _ => None,
        };
        let mut reader = Reader::new(BufReader::new(file), &name, layout)
            .map_err(|error: ArchiveError| FeedError::Misconfigured(error.to_string()))?;
        match goes_on {
            Some(position) => reader.seek(position).map_err(unreadable)?,
            None if cursor.is_some() => {
                tracing::warn!(
                    file = name,
                    "archive is another than before, read from its start"
                );
            }
            None => {}
        }
        Ok(Self {
            reader,
            known_by: KnownBy { size, head },
            ended: false,
        })
    }

    fn cursor(&self, at: Position) -> Cursor {
        let KnownBy { size, head } = &self.known_by;
        Cursor(format!("{} {} {size} {head}", at.offset, at.line))
    }

    /// Reads up to [`CHUNK`] records.
    fn chunk(&mut self) -> io::Result<VecDeque<Entry>> {
        let mut entries = VecDeque::with_capacity(CHUNK);
        while entries.len() < CHUNK {
            let Some(record) = self.reader.next().transpose()? else {
                self.ended = true;
                break;
            };
            let (item, created_at) = match record {
                Ok(archived) => {
                    let at = archived.post.created_at;
                    (Item::Post(Box::new(archived.post)), Some(at))
                }
                Err(refused) => (Item::Refused(refused.into()), None),
            };
            entries.push_back(Entry {
                item,
                created_at,
                behind: self.reader.position(),
            });
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests;
