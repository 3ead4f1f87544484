//! Tokens in the addresses of pictures: the server fetches only what stands in a post that it has handed out.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::intake::Content;
use crate::post::PostNum;

/// Bytes of a token's second half; nobody guesses 128 bits.
const MAC: usize = 16;

/// What signs the addresses of pictures.
#[derive(Clone)]
pub struct PictureKey(Hmac<Sha256>);

impl PictureKey {
    /// Made of a secret.
    ///
    /// # Panics
    /// Never: such a key may have any length.
    pub fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("keys of any length are taken"))
    }

    /// The token of a post's pictures: its number, and a code over wall, number and addresses. Nothing where it has none.
    pub fn token(&self, wall: &str, num: PostNum, content: &Content) -> Option<String> {
        let addresses = content.pictures()?;
        let mut mac = self.0.clone();
        mac.update(&(wall.len() as u64).to_be_bytes());
        mac.update(wall.as_bytes());
        mac.update(&num.0.to_be_bytes());
        mac.update(&addresses);
        let code = mac.finalize().into_bytes();
        let (code, _) = code.split_first_chunk::<MAC>()?;
        Some(format!("{}-{:032x}", num.0, u128::from_be_bytes(*code)))
    }

    /// Whether a token is the one of that post. Takes the same time for all wrong ones.
    pub fn is_token(&self, token: &str, wall: &str, num: PostNum, content: &Content) -> bool {
        let right = self.token(wall, num, content);
        right.is_some_and(|right| right.as_bytes().ct_eq(token.as_bytes()).into())
    }

    /// The post that a token speaks of, whether it is right or not.
    pub fn post_of(token: &str) -> Option<PostNum> {
        token.split_once('-')?.0.parse().ok().map(PostNum)
    }
}

impl fmt::Debug for PictureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PictureKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(avatar: &str) -> Content {
        let json = format!(r#"{{"id":"a","author":{{"id":"b","avatar":"{avatar}"}}}}"#);
        Content::parse(&json.into()).unwrap()
    }

    #[test]
    fn a_token_holds_for_its_wall_post_addresses_and_secret_alone() {
        let (key, post) = (PictureKey::new(b"secret"), content("https://a/1.png"));
        let token = key.token("hall", PostNum(7), &post).unwrap();
        assert_eq!(PictureKey::post_of(&token), Some(PostNum(7)));
        assert!(key.is_token(&token, "hall", PostNum(7), &post));
        assert!(!key.is_token(&token, "foyer", PostNum(7), &post));
        assert!(!key.is_token(&token, "hall", PostNum(8), &post));
        assert!(!key.is_token(&token, "hall", PostNum(7), &content("https://a/2.png")));
        assert!(!PictureKey::new(b"other").is_token(&token, "hall", PostNum(7), &post));
        let mut changed = token.clone();
        let last = changed.pop().unwrap();
        changed.push(if last == '0' { '1' } else { '0' });
        for wrong in [changed.as_str(), "", "7-", "7", &token[..token.len() - 1]] {
            assert!(!key.is_token(wrong, "hall", PostNum(7), &post), "{wrong}");
        }
        assert_eq!(
            key.token("hall", PostNum(7), &content("/assets/a.svg")),
            None
        );
    }
}
