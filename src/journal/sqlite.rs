//! The journal in one SQLite file (WAL, `synchronous=FULL`): one transaction per batch, no secondary indexes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};
use tokio::sync::watch;

use super::{Batch, Epoch, Event, Journal, JournalError, Record, Seq};

/// Schema steps; the file's `user_version` says how many it has. Steps are only ever added.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL);
    CREATE TABLE contents (seq INTEGER PRIMARY KEY, content TEXT);
"];

/// Size of the file that keeps room for a moderator's last actions when the disk fills up.
const RESERVE_BYTES: u64 = 4 * 1024 * 1024;

/// A wall's journal in a SQLite file.
pub struct SqliteJournal {
    epoch: Epoch,
    path: PathBuf,
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
    tip: watch::Sender<Seq>,
}

impl SqliteJournal {
    /// Opens the journal at `path`, making it if there is none.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let writer = Connection::open(path).map_err(|error| classify(path, &error))?;
        let epoch = prepare(&writer, path)?;
        let reader = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| classify(path, &error))?;
        Self::assemble(epoch, path, writer, Some(reader))
    }

    /// A journal that is gone with the process, for the demo wall and for tests.
    pub fn in_memory() -> Result<Self, JournalError> {
        let path = Path::new(":memory:");
        let writer = Connection::open_in_memory().map_err(|error| classify(path, &error))?;
        let epoch = prepare(&writer, path)?;
        Self::assemble(epoch, path, writer, None)
    }

    /// Opens an existing journal for reading only, while a service may be writing it.
    pub fn open_read_only(path: &Path) -> Result<Self, JournalError> {
        let reader = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .map_err(|error| classify(path, &error))?;
        let known = known_schema(&reader, path)?;
        if known == 0 {
            return Err(JournalError::Damaged {
                path: path.to_owned(),
                detail: "it holds no journal".to_owned(),
            });
        }
        let epoch = read_epoch(&reader, path)?.ok_or_else(|| JournalError::Damaged {
            path: path.to_owned(),
            detail: "it has no epoch".to_owned(),
        })?;
        Self::assemble(epoch, path, reader, None)
    }

    fn assemble(
        epoch: Epoch,
        path: &Path,
        writer: Connection,
        reader: Option<Connection>,
    ) -> Result<Self, JournalError> {
        let tip: Option<u64> = writer
            .query_row("SELECT max(seq) FROM events", [], |row| row.get(0))
            .map_err(|error| classify(path, &error))?;
        let writer = Arc::new(Mutex::new(writer));
        Ok(Self {
            epoch,
            path: path.to_owned(),
            reader: reader.map_or_else(|| writer.clone(), |reader| Arc::new(Mutex::new(reader))),
            writer,
            tip: watch::channel(Seq(tip.unwrap_or(0))).0,
        })
    }
}

/// Sets the file up: pragmas, migrations, epoch.
fn prepare(connection: &Connection, path: &Path) -> Result<Epoch, JournalError> {
    let failed = |error: rusqlite::Error| classify(path, &error);
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(failed)?;
    // The mode cannot change in memory, and a read-only file keeps what it has: neither is an error.
    connection
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .map_err(failed)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000;")
        .map_err(failed)?;
    let version = known_schema(connection, path)?;
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(version) {
        connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {sql} PRAGMA user_version = {}; COMMIT;",
                step + 1
            ))
            .map_err(failed)?;
    }
    if let Some(epoch) = read_epoch(connection, path)? {
        return Ok(epoch);
    }
    let epoch = Epoch::random()?;
    connection
        .execute(
            "INSERT INTO meta (name, value) VALUES ('epoch', ?1)",
            [epoch.as_str()],
        )
        .map_err(failed)?;
    Ok(epoch)
}

/// How many migrations the file has.
fn known_schema(connection: &Connection, path: &Path) -> Result<usize, JournalError> {
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| classify(path, &error))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(JournalError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(usize::try_from(found).unwrap_or(0))
}

fn read_epoch(connection: &Connection, path: &Path) -> Result<Option<Epoch>, JournalError> {
    connection
        .query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| {
            row.get::<_, String>(0)
        })
        .optional()
        .map(|epoch| epoch.map(Epoch::new))
        .map_err(|error| classify(path, &error))
}

/// Tells apart what may work later, what is damage, and the rest.
fn classify(path: &Path, error: &rusqlite::Error) -> JournalError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::Unwritable("the disk is full".to_owned()),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            JournalError::Unwritable(format!("{} is read-only", path.display()))
        }
        Some(ErrorCode::SystemIoFailure) => {
            JournalError::Unwritable(format!("the disk failed: {error}"))
        }
        Some(ErrorCode::CannotOpen) => {
            JournalError::Unwritable(format!("{} cannot be opened", path.display()))
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalError::Damaged {
            path: path.to_owned(),
            detail: error.to_string(),
        },
        _ => JournalError::Failed(format!("{}: {error}", path.display())),
    }
}

/// Keeps or gives up the reserve beside the journal.
fn reserve_path(path: &Path) -> PathBuf {
    path.with_extension("reserve")
}

/// Writes the reserve file in full, so that its blocks are really taken. Says whether it is there.
fn keep_reserve(path: &Path) -> bool {
    let reserve = reserve_path(path);
    if path == Path::new(":memory:")
        || reserve
            .metadata()
            .is_ok_and(|data| data.len() == RESERVE_BYTES)
    {
        return true;
    }
    let block = vec![0xb2_u8; usize::try_from(RESERVE_BYTES).unwrap_or(0)];
    if let Err(error) = std::fs::write(&reserve, block) {
        tracing::debug!(%error, path = %reserve.display(), "no room for the reserve");
        // Half a reserve is none: what it took is better left free.
        if let Err(error) = std::fs::remove_file(&reserve) {
            tracing::debug!(%error, "the incomplete reserve stays");
        }
        return false;
    }
    true
}

/// What is said where only the reserve is left.
fn nearly_full() -> JournalError {
    JournalError::Unwritable("the disk is full but for what is kept for moderators".to_owned())
}

fn append(
    connection: &mut Connection,
    first: Seq,
    at: Timestamp,
    batch: &Batch,
) -> rusqlite::Result<Seq> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut seq = first;
    {
        let mut events = transaction
            .prepare_cached("INSERT INTO events (seq, at, event) VALUES (?1, ?2, ?3)")?;
        let mut contents =
            transaction.prepare_cached("INSERT INTO contents (seq, content) VALUES (?1, ?2)")?;
        for (event, content) in &batch.records {
            let text = serde_json::to_string(event)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            events.execute(params![seq.0, at.as_millisecond(), text])?;
            if let Some(content) = content {
                contents.execute(params![seq.0, content])?;
            }
            seq = seq.next();
        }
        let mut blank =
            transaction.prepare_cached("UPDATE contents SET content = NULL WHERE seq = ?1")?;
        for seq in &batch.blank {
            blank.execute([seq.0])?;
        }
    }
    transaction.commit()?;
    if !batch.blank.is_empty() {
        forget(connection);
    }
    Ok(Seq(seq.0 - 1))
}

/// Empties the write-ahead log, in which blanked content still stands. A reader may be in the way; then the next blanking
/// or the log's own turn does it.
fn forget(connection: &Connection) {
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0)
    });
    if !matches!(emptied, Ok(0)) {
        tracing::warn!(result = ?emptied, "blanked content is in the write-ahead log for some time yet");
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    async fn append(
        &self,
        first: Seq,
        at: Timestamp,
        batch: Arc<Batch>,
    ) -> Result<(), JournalError> {
        let writer = self.writer.clone();
        let path = self.path.clone();
        let stored = tokio::task::spawn_blocking(move || {
            let mut connection = writer.lock();
            let by_hand = batch.records.iter().all(|(event, _)| event.is_by_hand());
            // Once people's acts have used the reserve, nothing else is stored until it is whole again.
            if !keep_reserve(&path) && !by_hand {
                return Err(nearly_full());
            }
            match append(&mut connection, first, at, &batch) {
                Ok(tip) => Ok(tip),
                Err(error) => {
                    let error = classify(&path, &error);
                    // The room that was kept is for what people do; a batch that brings posts can wait.
                    if by_hand
                        && matches!(error, JournalError::Unwritable(_))
                        && std::fs::remove_file(reserve_path(&path)).is_ok()
                    {
                        return append(&mut connection, first, at, &batch)
                            .map_err(|error| classify(&path, &error));
                    }
                    Err(error)
                }
            }
        })
        .await
        .map_err(|error| JournalError::Failed(error.to_string()))??;
        self.tip.send_replace(stored);
        Ok(())
    }

    async fn probe(&self) -> Result<(), JournalError> {
        let writer = self.writer.clone();
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || {
            let written = writer.lock().execute(
                "INSERT INTO meta (name, value) VALUES ('probe', '') ON CONFLICT DO UPDATE SET value = ''",
                [],
            );
            written.map_err(|error| classify(&path, &error))?;
            if keep_reserve(&path) { Ok(()) } else { Err(nearly_full()) }
        })
        .await
        .map_err(|error| JournalError::Failed(error.to_string()))?
    }

    async fn read(&self, from: Seq, max: usize) -> Result<Vec<Record>, JournalError> {
        let reader = self.reader.clone();
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || read(&reader.lock(), &path, from, max))
            .await
            .map_err(|error| JournalError::Failed(error.to_string()))?
    }

    async fn tail(&self, after: Seq) -> Result<Seq, JournalError> {
        let mut tip = self.tip.subscribe();
        let tip = tip
            .wait_for(|tip| *tip > after)
            .await
            .map_err(|error| JournalError::Failed(error.to_string()))?;
        Ok(*tip)
    }
}

fn read(
    connection: &Connection,
    path: &Path,
    from: Seq,
    max: usize,
) -> Result<Vec<Record>, JournalError> {
    let failed = |error: rusqlite::Error| classify(path, &error);
    let damaged = |seq: u64, detail: String| JournalError::Damaged {
        path: path.to_owned(),
        detail: format!("record {seq}: {detail}"),
    };
    let mut statement = connection
        .prepare_cached(
            "SELECT e.seq, e.at, e.event, c.content FROM events e LEFT JOIN contents c ON c.seq = e.seq
             WHERE e.seq >= ?1 ORDER BY e.seq LIMIT ?2",
        )
        .map_err(failed)?;
    let mut rows = statement.query(params![from.0, max]).map_err(failed)?;
    let mut records = Vec::new();
    let mut expected = from.0.max(1);
    while let Some(row) = rows.next().map_err(failed)? {
        let seq: u64 = row.get(0).map_err(failed)?;
        if seq != expected {
            return Err(damaged(expected, "is missing".to_owned()));
        }
        expected += 1;
        let at: i64 = row.get(1).map_err(failed)?;
        let text = row
            .get_ref(2)
            .map_err(failed)?
            .as_str()
            .map_err(|error| damaged(seq, error.to_string()))?;
        let event: Event =
            serde_json::from_str(text).map_err(|error| damaged(seq, error.to_string()))?;
        let content = row
            .get_ref(3)
            .map_err(failed)?
            .as_str_or_null()
            .map_err(|error| damaged(seq, error.to_string()))?
            .map(Arc::from);
        records.push(Record {
            seq: Seq(seq),
            at: Timestamp::from_millisecond(at).map_err(|error| damaged(seq, error.to_string()))?,
            event,
            content,
        });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Origin;
    use crate::post::{Key, PostNum};

    fn batch(count: u32) -> Arc<Batch> {
        let records = (0..count)
            .map(|n| {
                let event = Event::Deleted {
                    posts: vec![PostNum(n)],
                };
                (
                    event,
                    n.is_multiple_of(2)
                        .then(|| Arc::from(format!("content {n}"))),
                )
            })
            .collect();
        Arc::new(Batch {
            records,
            blank: Vec::new(),
        })
    }

    fn at() -> Timestamp {
        "2019-11-06T09:31:07.123Z".parse().unwrap()
    }

    #[tokio::test]
    async fn what_was_appended_is_read_back_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wall.db");
        let epoch = {
            let journal = SqliteJournal::open(&path).unwrap();
            journal.append(Seq(1), at(), batch(3)).await.unwrap();
            journal.append(Seq(4), at(), batch(2)).await.unwrap();
            journal.epoch()
        };
        let journal = SqliteJournal::open(&path).unwrap();
        assert_eq!(journal.epoch(), epoch);
        let records = journal.read(Seq(1), 100).await.unwrap();
        assert_eq!(
            records
                .iter()
                .map(|record| record.seq.0)
                .collect::<Vec<_>>(),
            [1, 2, 3, 4, 5]
        );
        assert_eq!(records[2].content.as_deref(), Some("content 2"));
        assert_eq!(records[1].content, None);
        assert_eq!(records[0].at, at());
        assert_eq!(journal.read(Seq(3), 2).await.unwrap().len(), 2);
        assert_eq!(journal.tail(Seq(4)).await.unwrap(), Seq(5));
    }

    #[tokio::test]
    async fn a_batch_is_stored_whole_or_not_at_all() {
        let journal = SqliteJournal::in_memory().unwrap();
        journal.append(Seq(1), at(), batch(3)).await.unwrap();
        // Number 3 is taken: the second record of this batch cannot be stored, so the first must not be either.
        assert!(journal.append(Seq(2), at(), batch(1)).await.is_err());
        assert_eq!(journal.read(Seq(1), 10).await.unwrap().len(), 3);
        journal.append(Seq(4), at(), batch(1)).await.unwrap();
    }

    #[tokio::test]
    async fn blanked_content_is_gone_and_its_event_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wall.db");
        let journal = SqliteJournal::open(&path).unwrap();
        journal.append(Seq(1), at(), batch(3)).await.unwrap();
        let blank = Batch {
            records: vec![(Event::Started, None)],
            blank: vec![Seq(1)],
        };
        journal.append(Seq(4), at(), Arc::new(blank)).await.unwrap();
        let records = journal.read(Seq(1), 10).await.unwrap();
        assert_eq!(records[0].content, None);
        assert_eq!(records[2].content.as_deref(), Some("content 2"));
        assert_eq!(records.len(), 4);
    }

    #[tokio::test]
    async fn damage_and_newer_files_are_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wall.db");
        let journal = SqliteJournal::open(&path).unwrap();
        journal.append(Seq(1), at(), batch(3)).await.unwrap();
        journal
            .writer
            .lock()
            .execute("DELETE FROM events WHERE seq = 2", [])
            .unwrap();
        let error = journal.read(Seq(1), 10).await.unwrap_err();
        assert!(
            error.to_string().contains("record 2: is missing"),
            "{error}"
        );
        journal
            .writer
            .lock()
            .execute_batch("PRAGMA user_version = 99")
            .unwrap();
        drop(journal);
        let error = SqliteJournal::open(&path).err().unwrap();
        assert!(error.to_string().contains("schema 99"), "{error}");
        std::fs::write(
            folder.path().join("no.db"),
            "this is not a database, is it? ".repeat(40),
        )
        .unwrap();
        let error = SqliteJournal::open(&folder.path().join("no.db"))
            .err()
            .unwrap();
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    }

    #[test]
    fn events_keep_their_form() {
        let event = Event::Settings {
            origin: Origin::File,
            by: None,
            values: serde_json::Map::new(),
            to: crate::journal::To::All,
        };
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"settings":{"origin":"file","values":{}}}"#);
        let key = Key::of("e", "mastodon:x");
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key);
    }
}
