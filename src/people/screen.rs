//! Keys of screens: what tells a wall's own screens from everybody who looks at it.

use rusqlite::{OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::{People, PeopleError, Token};

impl People {
    /// The key that stands in the links for a wall's screens; made at first use and then always the same.
    pub fn screen_key(&self, wall: &str) -> Result<String, PeopleError> {
        let made = Token::random()?;
        let store = self.store.lock();
        store.execute(
            "INSERT INTO screen (wall, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![wall, made.as_str()],
        )?;
        Ok(
            store.query_row("SELECT key FROM screen WHERE wall = ?1", [wall], |row| {
                row.get(0)
            })?,
        )
    }

    /// Whether a screen of this wall may be believed.
    pub fn is_screen_key(&self, wall: &str, key: &str) -> Result<bool, PeopleError> {
        let right: Option<String> = self
            .store
            .lock()
            .query_row("SELECT key FROM screen WHERE wall = ?1", [wall], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(right.is_some_and(|right| right.as_bytes().ct_eq(key.as_bytes()).into()))
    }
}
