//! Compressed messages: each is one zstd frame (RFC 8878), made with a dictionary that the host hands out.

use tokio_tungstenite::tungstenite::Utf8Bytes;
use zstd::bulk::Decompressor;
use zstd::zstd_safe;

/// Turns a host's messages back into text.
pub(super) struct Inflate {
    decompressor: Decompressor<'static>,
    id: u32,
    /// Longest text taken, in bytes.
    largest: usize,
}

/// Why a message is not to be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It was compressed with another dictionary, of this number.
    Dictionary(u32),
    /// In words.
    Damaged(String),
}

impl Inflate {
    /// With a dictionary; `None` where it is none.
    pub(super) fn new(dictionary: &[u8], largest: usize) -> Option<Self> {
        let id = dictionary_id(dictionary)?;
        let decompressor = Decompressor::with_dictionary(dictionary).ok()?;
        Some(Self {
            decompressor,
            id,
            largest,
        })
    }

    /// The dictionary's number.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// The text of a message.
    pub(super) fn text(&mut self, message: &[u8]) -> Result<Utf8Bytes, Unreadable> {
        if let Some(id) = zstd_safe::get_dict_id_from_frame(message)
            && id.get() != self.id
        {
            return Err(Unreadable::Dictionary(id.get()));
        }
        // What a frame says of its length is a stranger's word: what is longer than allowed is not even begun.
        let said = zstd_safe::get_frame_content_size(message)
            .map_err(|_| Unreadable::Damaged("a message that is no zstd frame".to_owned()))?;
        let length = said.map_or(self.largest, |said| {
            usize::try_from(said).unwrap_or(usize::MAX)
        });
        if length > self.largest {
            return Err(Unreadable::Damaged(format!("a message of {length} bytes")));
        }
        let bytes = self
            .decompressor
            .decompress(message, length)
            .map_err(|error| Unreadable::Damaged(error.to_string()))?;
        Utf8Bytes::try_from(bytes)
            .map_err(|_| Unreadable::Damaged("a message that is not UTF-8".to_owned()))
    }
}

/// The number of a dictionary; `None` where it is none.
pub(super) fn dictionary_id(dictionary: &[u8]) -> Option<u32> {
    zstd_safe::get_dict_id_from_dict(dictionary).map(std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_frame_is_said_to_be_none() {
        assert!(Inflate::new(b"no dictionary", 100).is_none());
        assert_eq!(dictionary_id(b""), None);
    }

    #[test]
    fn recorded_dictionaries_inflate_what_they_deflate() {
        let folder = std::env::var_os("BUZZWALL_DATA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
            Into::into,
        );
        for (name, id) in [
            ("legacy_subscribe.zdict", Some(1_612_007_021)),
            ("subscribe_events_20260811.zdict", None),
        ] {
            let path = folder.join("bluesky/jetstream").join(name);
            let Ok(dictionary) = std::fs::read(&path) else {
                eprintln!("skipped: no recorded data at {}", path.display());
                return;
            };
            let mut inflate = Inflate::new(&dictionary, 1000).unwrap();
            assert!(id.is_none_or(|id| id == inflate.id()));
            let mut deflate = zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap();
            let message = deflate.compress(b"{\"did\":\"did:plc:a\"}").unwrap();
            assert_eq!(
                inflate.text(&message).unwrap().as_str(),
                "{\"did\":\"did:plc:a\"}"
            );
            let bomb = deflate.compress(&vec![b'x'; 1_000_000]).unwrap();
            assert!(matches!(inflate.text(&bomb), Err(Unreadable::Damaged(_))));
            assert!(matches!(
                inflate.text(b"nonsense"),
                Err(Unreadable::Damaged(_))
            ));
            assert!(matches!(
                inflate.text(&message[..message.len() - 3]),
                Err(Unreadable::Damaged(_))
            ));
        }
    }
}
