//! Sessions: who has signed in, until 30 days after they were last seen.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::person::{OPERATOR, credentials, read_role};
use super::{People, PeopleError, Role, Token, password, store, token};

/// How long a session lasts after its last use.
pub const SESSION_LASTS: Duration = Duration::from_hours(30 * 24);
/// How often a use is written down: rarely enough that looking around costs no disk.
const SEEN_EVERY: Duration = Duration::from_hours(1);

/// Who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Their name, as the audit trail shows it.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A session that was opened just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// What the browser shows from now on.
    pub token: Token,
    /// Who has signed in.
    pub who: SignedIn,
}

impl People {
    /// Signs in by password. Takes as long for names that nobody has.
    pub fn sign_in(
        &self,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<NewSession, PeopleError> {
        let known = credentials(&self.store.lock(), name)?;
        let hash = known.as_ref().map_or(&self.nobody, |(_, hash)| hash);
        let right = password::verify(password, hash)?;
        let Some((id, hash)) = known.filter(|_| right) else {
            return Err(PeopleError::Refused);
        };
        let mut store = self.store.lock();
        let change = store.transaction()?;
        // The lock was open while the password was checked: somebody may have been removed, or have a new one.
        let same: bool = change.query_row(
            "SELECT EXISTS (SELECT 1 FROM person WHERE id = ?1 AND password = ?2)",
            params![id, hash],
            |row| row.get(0),
        )?;
        if !same {
            return Err(PeopleError::Refused);
        }
        let session = open(&change, Some(id), now)?;
        change.commit()?;
        Ok(session)
    }

    /// Who holds this session; `None` where it has ended or never was.
    pub fn session(&self, text: &str, now: Timestamp) -> Result<Option<SignedIn>, PeopleError> {
        let Ok(hash) = token::hash_of(text) else {
            return Ok(None);
        };
        let store = self.store.lock();
        let found: Option<(Option<i64>, i64)> = store
            .query_row(
                "SELECT person, seen_at FROM session WHERE hash = ?1 AND seen_at > ?2",
                params![hash, store::millis_before(now, SESSION_LASTS)],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((person, seen_at)) = found else {
            return Ok(None);
        };
        if seen_at <= store::millis_before(now, SEEN_EVERY) {
            let noted = store.execute(
                "UPDATE session SET seen_at = ?2 WHERE hash = ?1",
                params![hash, store::millis(now)],
            );
            // A full disk must not lock out those who have to act just then; the next use notes it.
            if let Err(error) = noted {
                tracing::warn!(%error, "the use of a session is not noted");
            }
        }
        who(&store, person).map(Some)
    }

    /// Ends a session. One that has ended already stays so.
    pub fn sign_out(&self, text: &str) -> Result<(), PeopleError> {
        if let Ok(hash) = token::hash_of(text) {
            self.store
                .lock()
                .execute("DELETE FROM session WHERE hash = ?1", params![hash])?;
        }
        Ok(())
    }
}

/// Opens a session for a person, or for the operator, and clears away those that have run out.
pub(super) fn open(
    store: &Connection,
    person: Option<i64>,
    now: Timestamp,
) -> Result<NewSession, PeopleError> {
    let token = Token::random()?;
    store.execute(
        "DELETE FROM session WHERE seen_at <= ?1",
        [store::millis_before(now, SESSION_LASTS)],
    )?;
    store.execute(
        "INSERT INTO session (hash, person, seen_at) VALUES (?1, ?2, ?3)",
        params![token.hash(), person, store::millis(now)],
    )?;
    Ok(NewSession {
        token,
        who: who(store, person)?,
    })
}

/// Who a session or a link stands for. The role is looked up each time, so that it is the present one.
fn who(store: &Connection, person: Option<i64>) -> Result<SignedIn, PeopleError> {
    let Some(id) = person else {
        return Ok(SignedIn {
            name: OPERATOR.to_owned(),
            role: Role::Admin,
        });
    };
    let (name, role): (String, String) =
        store.query_row("SELECT name, role FROM person WHERE id = ?1", [id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(SignedIn {
        name,
        role: read_role(&role)?,
    })
}
