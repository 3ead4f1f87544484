//! Secrets of this data folder that nobody but the service itself uses.

use rusqlite::{Connection, OptionalExtension, params};

use super::{People, PeopleError, Token};

/// What signs the addresses of pictures.
const PICTURES: &str = "pictures";

impl People {
    /// The secret that signs the addresses of pictures; made at first use and then always the same.
    pub fn picture_secret(&self) -> Result<Token, PeopleError> {
        let store = self.store.lock();
        // Looked for before anything is written: a full disk must not take away a secret that is there.
        if let Some(secret) = known(&store, PICTURES)? {
            return Ok(secret);
        }
        let made = Token::random()?;
        store.execute(
            "INSERT INTO secret (name, value) VALUES (?1, ?2)",
            params![PICTURES, made.as_str()],
        )?;
        Ok(made)
    }
}

fn known(store: &Connection, name: &str) -> Result<Option<Token>, PeopleError> {
    let mut find = store.prepare_cached("SELECT value FROM secret WHERE name = ?1")?;
    let found = find.query_row([name], |row| row.get(0)).optional()?;
    Ok(found.map(Token::stored))
}
