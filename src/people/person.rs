//! Who there is: adding, listing, removing people and changing their passwords.

use jiff::Timestamp;
use rusqlite::{ErrorCode, OptionalExtension, Row, params};

use super::{People, PeopleError, Role, password, store};
use crate::text::fold::fold_case;

/// The name under which the one-time link of a service without an admin signs in.
pub const OPERATOR: &str = "operator";
/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As added; compared without upper and lower case.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
}

impl People {
    /// Adds somebody.
    pub fn add(
        &self,
        name: &str,
        role: Role,
        password: &str,
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        let name = name.trim();
        let folded = checked(name)?;
        let hash = password::hash(password)?;
        let added = self.store.lock().execute(
            "INSERT INTO person (name, folded, role, password, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![name, folded, role.as_str(), hash, store::millis(now)],
        );
        match added {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(PeopleError::Taken(name.to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Everybody, by name.
    pub fn list(&self) -> Result<Vec<Person>, PeopleError> {
        let store = self.store.lock();
        let mut query =
            store.prepare_cached("SELECT name, role, created_at FROM person ORDER BY folded")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            let (name, role, created_at): (String, String, i64) = row?;
            let created_at = Timestamp::from_millisecond(created_at)
                .map_err(|error| PeopleError::Damaged(error.to_string()))?;
            Ok(Person {
                name,
                role: read_role(&role)?,
                created_at,
            })
        })
        .collect()
    }

    /// Gives somebody another password and ends their sessions, since whoever knew the old one may hold one.
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), PeopleError> {
        let hash = password::hash(password)?;
        let mut store = self.store.lock();
        let change = store.transaction()?;
        let id = id_of(&change, name)?;
        change.execute(
            "UPDATE person SET password = ?2 WHERE id = ?1",
            params![id, hash],
        )?;
        change.execute("DELETE FROM session WHERE person = ?1", [id])?;
        change.commit()?;
        Ok(())
    }

    /// Removes somebody; their sessions and links end.
    pub fn remove(&self, name: &str) -> Result<(), PeopleError> {
        let store = self.store.lock();
        let id = id_of(&store, name)?;
        store.execute("DELETE FROM person WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Whether there is an admin, so that nobody has to come in by a link of the service.
    pub fn has_admin(&self) -> Result<bool, PeopleError> {
        Ok(self.store.lock().query_row(
            "SELECT EXISTS (SELECT 1 FROM person WHERE role = ?1)",
            [Role::Admin.as_str()],
            |row| row.get(0),
        )?)
    }
}

/// The number of the person of this name.
pub(super) fn id_of(store: &rusqlite::Connection, name: &str) -> Result<i64, PeopleError> {
    store
        .query_row(
            "SELECT id FROM person WHERE folded = ?1",
            [folded(name)],
            |row| row.get(0),
        )
        .optional()?
        .ok_or_else(|| PeopleError::Nobody(name.to_owned()))
}

/// The number, and the hash of the password, of the person of this name.
pub(super) fn credentials(
    store: &rusqlite::Connection,
    name: &str,
) -> Result<Option<(i64, String)>, PeopleError> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let query = "SELECT id, password FROM person WHERE folded = ?1";
    Ok(store.query_row(query, [folded(name)], read).optional()?)
}

/// A role as stored.
pub(super) fn read_role(text: &str) -> Result<Role, PeopleError> {
    text.parse().map_err(PeopleError::Damaged)
}

/// The form by which names are the same. What is longer than any name is cut: it matches nobody.
pub(super) fn folded(name: &str) -> String {
    let cut: String = name.trim().chars().take(MAX_NAME_CHARS + 1).collect();
    fold_case(&cut)
}

fn checked(name: &str) -> Result<String, PeopleError> {
    let chars = name.chars().count();
    if !(1..=MAX_NAME_CHARS).contains(&chars) || name.chars().any(char::is_control) {
        return Err(PeopleError::Name(name.to_owned()));
    }
    match folded(name) {
        folded if folded == OPERATOR => Err(PeopleError::Reserved),
        folded => Ok(folded),
    }
}
