//! Identifiers as atproto makes them: of people, records, commits and contents.

use sha2::{Digest as _, Sha256};

/// The alphabet of RFC 4648, as DIDs and CIDs write it.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// The alphabet whose order is that of what it stands for, as TIDs write it.
const SORTABLE: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// The DID of an invented person; the same name gives the same.
pub fn did(name: &str) -> String {
    format!("did:plc:{}", base32(&Sha256::digest(name)[..15]))
}

/// A CID in its usual form: version 1, DAG-CBOR, SHA-256.
pub fn cid(content: &str) -> String {
    let mut bytes = vec![0x01, 0x71, 0x12, 0x20];
    bytes.extend(Sha256::digest(content));
    format!("b{}", base32(&bytes))
}

/// A TID: 13 letters that sort as the microseconds do.
pub fn tid(micros: i64) -> String {
    let number = u64::try_from(micros).expect("after 1970") << 10 | 7;
    (0..13)
        .rev()
        .map(|place| letter(SORTABLE, number >> (place * 5)))
        .collect()
}

fn letter(alphabet: &[u8; 32], bits: u64) -> char {
    let place = usize::try_from(bits & 31).expect("five bits");
    char::from(alphabet[place])
}

pub fn base32(bytes: &[u8]) -> String {
    bytes
        .chunks(5)
        .flat_map(|chunk| {
            let mut five = [0; 8];
            five[3..3 + chunk.len()].copy_from_slice(chunk);
            let number = u64::from_be_bytes(five);
            let letters = (chunk.len() * 8).div_ceil(5);
            (0..letters).map(move |n| letter(BASE32, number >> (35 - n * 5)))
        })
        .collect()
}
