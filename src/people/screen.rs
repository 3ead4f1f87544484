//! Keys of screens: what tells a wall's own screens from everybody who looks at it.

use rusqlite::{Connection, OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::{People, PeopleError, Token};

impl People {
    /// The key that stands in the links for a wall's screens; made at first use and then always the same.
    pub fn screen_key(&self, wall: &str) -> Result<String, PeopleError> {
        let store = self.store.lock();
        // Looked for before anything is written: a full disk must not take away a key that is there.
        if let Some(key) = known(&store, wall)? {
            return Ok(key);
        }
        let made = Token::random()?;
        store.execute(
            "INSERT INTO screen (wall, key) VALUES (?1, ?2)",
            params![wall, made.as_str()],
        )?;
        Ok(made.as_str().to_owned())
    }

    /// Whether a screen of this wall may be believed.
    pub fn is_screen_key(&self, wall: &str, key: &str) -> Result<bool, PeopleError> {
        let right = known(&self.store.lock(), wall)?;
        Ok(right.is_some_and(|right| right.as_bytes().ct_eq(key.as_bytes()).into()))
    }
}

fn known(store: &Connection, wall: &str) -> Result<Option<String>, PeopleError> {
    let mut find = store.prepare_cached("SELECT key FROM screen WHERE wall = ?1")?;
    Ok(find.query_row([wall], |row| row.get(0)).optional()?)
}
