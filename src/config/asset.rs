//! Pictures and style sheets that an organiser brings: a name, and the fingerprint of what it had in it when it was read.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::media::own::{Kind, NotTaken, redraw};

/// The name of what came over the API.
pub const UPLOADED: &str = "upload";
/// What stands between a name and its fingerprint.
const MARK: &str = "?v=";
/// Largest style sheet, in bytes.
const MOST_CSS: u64 = 64 * 1024;
/// Largest picture, in bytes.
pub const MOST_PICTURE: u64 = 10 * 1024 * 1024;

/// A file of the organiser's, as settings name it: a path seen from the configuration's folder, or [`UPLOADED`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asset {
    /// Its path, or [`UPLOADED`].
    pub name: String,
    /// Sixteen hexadecimal digits; none as long as nobody has read it.
    pub version: Option<String>,
}

/// What an asset is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A picture of that kind.
    Picture(Kind),
    /// A style sheet.
    Style,
}

impl Asset {
    /// What came over the API with these bytes.
    pub fn uploaded(version: String) -> Self {
        Self {
            name: UPLOADED.to_owned(),
            version: Some(version),
        }
    }

    /// Reads the file and what it becomes on the screens: its fingerprint and the bytes to serve.
    ///
    /// # Errors
    /// Why it cannot be used, in words that go on after the key.
    pub fn read(&self, what: Use, folder: &Path) -> Result<(String, Vec<u8>), String> {
        let path = folder.join(&self.name);
        let shown = path.display();
        let unreadable = |error: std::io::Error| {
            format!(
                "{shown} cannot be read: {error}; write the path of a file, seen from the configuration's folder"
            )
        };
        let size = std::fs::metadata(&path).map_err(unreadable)?.len();
        let most = match what {
            Use::Picture(_) => MOST_PICTURE,
            Use::Style => MOST_CSS,
        };
        if size > most {
            return Err(format!("{shown} has {size} bytes, more than {most}"));
        }
        let bytes = std::fs::read(&path).map_err(unreadable)?;
        let version = fingerprint(what, &bytes);
        match what {
            Use::Picture(kind) => redraw(&bytes, kind)
                .map(|drawn| (version, drawn))
                .map_err(|error: NotTaken| format!("{shown} {error}")),
            Use::Style => match std::str::from_utf8(&bytes) {
                Ok(css) if css.contains("@import") => Err(format!(
                    "{shown} imports another style sheet, which the wall does not load; copy its rules into this one"
                )),
                Ok(_) => Ok((version, bytes)),
                Err(_) => Err(format!("{shown} is not UTF-8 text; save it as UTF-8")),
            },
        }
    }
}

/// Tells one content from another, and one use of it from another.
pub fn fingerprint(what: Use, bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(match what {
        Use::Picture(Kind::Sign) => b"sign",
        Use::Picture(Kind::Background) => b"back",
        Use::Style => b"rule",
    });
    hash.update(bytes);
    let digest = hash.finalize();
    let first = digest.first_chunk::<8>().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

/// Whether a text is a fingerprint: it becomes a file's name.
pub fn is_fingerprint(text: &str) -> bool {
    text.len() == 16
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(f, "{MARK}{version}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Asset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Asset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (name, version) = match text.rsplit_once(MARK) {
            Some((name, version)) if is_fingerprint(version) => {
                (name.to_owned(), Some(version.to_owned()))
            }
            _ => (text, None),
        };
        Ok(Self { name, version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_fingerprint_and_nothing_else_is_one() {
        for (text, version) in [
            ("logo.png", None),
            ("a b/logo.png?v=0123456789abcdef", Some("0123456789abcdef")),
            ("logo.png?v=../../../../etc", None),
            ("upload?v=0123456789abcdeF", None),
        ] {
            let asset: Asset = serde_json::from_value(text.into()).unwrap();
            assert_eq!(asset.version.as_deref(), version, "{text}");
            assert_eq!(asset.to_string(), text);
        }
    }

    #[test]
    fn a_style_sheet_is_text_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes, expected) in [
            ("fine.css", b"body { color: red }".as_slice(), None),
            ("latin.css", b"/* f\xfcr */", Some("is not UTF-8")),
            ("more.css", b"@import 'x.css';", Some("imports another")),
        ] {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            let asset = Asset {
                name: name.to_owned(),
                version: None,
            };
            let read = asset.read(Use::Style, folder.path());
            match expected {
                None => assert_eq!(read.unwrap().1, bytes),
                Some(said) => assert!(read.unwrap_err().contains(said), "{name}"),
            }
        }
    }
}
