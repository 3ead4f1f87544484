//! One-time sign-in links: a token that opens one session within 15 minutes.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::person::id_of;
use super::session::{NewSession, open};
use super::{People, PeopleError, Token, store, token};

/// How long a link can be used.
pub const LINK_LASTS: Duration = Duration::from_mins(15);

impl People {
    /// Makes a link for somebody.
    pub fn link(&self, name: &str, now: Timestamp) -> Result<Token, PeopleError> {
        let id = id_of(&self.store.lock(), name)?;
        self.new_link(Some(id), now)
    }

    /// Makes a link for the operator of a service without an admin: an admin who is not among the people.
    pub fn bootstrap_link(&self, now: Timestamp) -> Result<Token, PeopleError> {
        self.new_link(None, now)
    }

    /// Uses a link up and signs in.
    pub fn redeem(&self, text: &str, now: Timestamp) -> Result<NewSession, PeopleError> {
        let hash = token::hash_of(text)?;
        let mut store = self.store.lock();
        let change = store.transaction()?;
        let found: Option<(Option<i64>, i64)> = change
            .query_row(
                "DELETE FROM link WHERE hash = ?1 RETURNING person, made_at",
                params![hash],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let session = match found {
            Some((person, made_at)) if made_at > store::millis_before(now, LINK_LASTS) => {
                Ok(open(&change, person, now)?)
            }
            _ => Err(PeopleError::Refused),
        };
        // Kept also where it came too late: then the link is used up.
        change.commit()?;
        session
    }

    fn new_link(&self, person: Option<i64>, now: Timestamp) -> Result<Token, PeopleError> {
        let token = Token::random()?;
        let store = self.store.lock();
        store.execute(
            "DELETE FROM link WHERE made_at <= ?1",
            [store::millis_before(now, LINK_LASTS)],
        )?;
        store.execute(
            "INSERT INTO link (hash, person, made_at) VALUES (?1, ?2, ?3)",
            params![token.hash(), person, store::millis(now)],
        )?;
        Ok(token)
    }
}
