//! Passwords: Argon2id (RFC 9106) with the crate's parameters, which are those that OWASP names (19 MiB, two passes).

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};

use super::PeopleError;

/// Longest password taken; a sentence is shorter.
pub(super) const MAX_BYTES: usize = 1024;

/// Hashes a password with a salt of its own, as a PHC string.
pub(super) fn hash(password: &str) -> Result<String, PeopleError> {
    if password.is_empty() || password.len() > MAX_BYTES {
        return Err(PeopleError::Password);
    }
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(PeopleError::Hash)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that `hash` was made of.
pub(super) fn verify(password: &str, hash: &str) -> Result<bool, PeopleError> {
    if password.len() > MAX_BYTES {
        return Ok(false);
    }
    match Argon2::default().verify_password(password.as_bytes(), hash) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(PeopleError::Hash(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let first = hash("correct horse").unwrap();
        assert!(
            first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{first}"
        );
        assert_ne!(first, hash("correct horse").unwrap());
        assert!(verify("correct horse", &first).unwrap());
        assert!(!verify("correct house", &first).unwrap());
        assert!(!verify("", &first).unwrap());
        assert!(verify("correct horse", "not a hash").is_err());
    }

    #[test]
    fn empty_and_absurd_passwords_are_refused() {
        for password in [String::new(), "x".repeat(MAX_BYTES + 1)] {
            assert!(matches!(hash(&password), Err(PeopleError::Password)));
        }
    }
}
