//! People who may do more than look: who they are, how they sign in, and the secrets that prove it.
//!
//! All of it lies in `service.db` in the data folder. Of tokens only hashes are kept, of passwords only Argon2id hashes. Time is
//! passed in. Every method may wait for the disk, and those that take a password keep a core busy for some 20 ms: from
//! asynchronous code call them on a thread that may block.

mod attempts;
mod link;
mod password;
mod person;
mod role;
mod screen;
mod secret;
mod session;
mod store;
mod token;

pub use attempts::{Attempts, Wait};
pub use link::LINK_LASTS;
pub use person::{OPERATOR, Person};
pub use role::Role;
pub use session::{NewSession, SESSION_LASTS, SignedIn};
pub use token::Token;

use parking_lot::Mutex;
use rusqlite::Connection;

/// Everybody who may sign in, their links and sessions.
pub struct People {
    store: Mutex<Connection>,
    /// What a password is compared with where there is nobody of that name, so that this takes as long.
    nobody: String,
}

/// Why something about people could not be done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// A name that nobody can have.
    #[error("{0:?} cannot be a name; write 1 to 64 characters on one line")]
    Name(String),
    /// A name that would be mistaken for the one-time link of a service without an admin.
    #[error("the name {OPERATOR:?} is taken by the service itself; write another one")]
    Reserved,
    /// Somebody is called so, but for upper and lower case.
    #[error("there is somebody called {0:?} already; write another name")]
    Taken(String),
    /// Nobody is called so.
    #[error("there is nobody called {0:?}; `buzzwall person list` shows who there is")]
    Nobody(String),
    /// A password that is empty or absurdly long.
    #[error("a password has 1 to {} bytes", password::MAX_BYTES)]
    Password,
    /// Wrong name, password, link or session; which of them is not said.
    #[error("the sign-in is not valid")]
    Refused,
    /// Written by a newer version.
    #[error(
        "service.db has version {found} of its layout, and this program knows up to {known}; use the newer program"
    )]
    Newer {
        /// Version found.
        found: u32,
        /// Latest version known.
        known: u32,
    },
    /// Something in the file that this program never writes.
    #[error("service.db is damaged: {0}")]
    Damaged(String),
    /// The file cannot be made.
    #[error("service.db cannot be opened: {0}")]
    File(#[from] std::io::Error),
    /// The database failed.
    #[error("service.db: {0}")]
    Store(#[from] rusqlite::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

#[cfg(test)]
mod tests;
