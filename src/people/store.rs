//! `service.db`: opening it and bringing its layout up to date.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior};

use super::{People, PeopleError, password};

/// The file within the data folder.
const FILE: &str = "service.db";
/// How long a write waits for that of another process, such as `buzzwall person`.
const BUSY: Duration = Duration::from_secs(5);

/// The steps from one version of the layout to the next, each with the version it leads to. Never changed, only added to.
const MIGRATIONS: [(u32, &str); 2] = [
    (
        1,
        "
    CREATE TABLE person (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        password TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
    -- Without a person: the operator.
    CREATE TABLE link (
        hash BLOB PRIMARY KEY,
        person INTEGER REFERENCES person (id) ON DELETE CASCADE,
        made_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
        hash BLOB PRIMARY KEY,
        person INTEGER REFERENCES person (id) ON DELETE CASCADE,
        seen_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE screen (
        wall TEXT PRIMARY KEY,
        key TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    ),
    (
        2,
        "
    CREATE TABLE secret (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    ),
];

impl People {
    /// Opens `service.db` in the data folder, making it where there is none; only its owner may read it.
    pub fn open(data: &Path) -> Result<Self, PeopleError> {
        let path = data.join(FILE);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(&path)?);
        Self::with(Connection::open(path)?)
    }

    /// Keeps everything in memory, for walls that are never written.
    pub fn in_memory() -> Result<Self, PeopleError> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(mut store: Connection) -> Result<Self, PeopleError> {
        store.busy_timeout(BUSY)?;
        store.pragma_update(None, "journal_mode", "WAL")?;
        store.pragma_update(None, "synchronous", "FULL")?;
        store.pragma_update(None, "foreign_keys", true)?;
        migrate(&mut store)?;
        Ok(Self {
            store: Mutex::new(store),
            nobody: password::hash("nobody")?,
        })
    }
}

fn migrate(store: &mut Connection) -> Result<(), PeopleError> {
    let step = store.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = MIGRATIONS
        .map(|(version, _)| version)
        .into_iter()
        .max()
        .unwrap_or(0);
    if found > known {
        return Err(PeopleError::Newer { found, known });
    }
    for (_, migration) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        step.execute_batch(migration)?;
    }
    step.pragma_update(None, "user_version", known)?;
    step.commit()?;
    Ok(())
}

/// A time as it is stored: milliseconds since 1970.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The stored form of the moment that lies `span` before `now`.
pub(super) fn millis_before(now: Timestamp, span: Duration) -> i64 {
    let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    now.as_millisecond().saturating_sub(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_kept_private_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let key = People::open(folder.path())
            .unwrap()
            .screen_key("a")
            .unwrap();
        let secret = People::open(folder.path()).unwrap().picture_secret();
        let again = People::open(folder.path()).unwrap();
        assert_eq!(again.picture_secret().unwrap(), secret.unwrap());
        assert_eq!(again.screen_key("a").unwrap(), key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = std::fs::metadata(folder.path().join(FILE)).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_newer_layout_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(People::open(folder.path()).unwrap());
        let store = Connection::open(folder.path().join(FILE)).unwrap();
        store.pragma_update(None, "user_version", 99).unwrap();
        let error = People::open(folder.path()).err().unwrap();
        assert!(
            matches!(error, PeopleError::Newer { found: 99, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let error = People::open(Path::new("/nowhere/at/all")).err().unwrap();
        assert!(matches!(error, PeopleError::File(_)), "{error}");
    }
}
