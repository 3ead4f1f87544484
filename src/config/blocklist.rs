//! Block lists: files with one word or phrase a line, found by name or by path; some are built in.

use std::path::{Path, PathBuf};

use crate::moderation::Listed;
use crate::moderation::list::{ListError, parse};

/// Lists that need no file, by language. A file of the same name wins over them.
const SHIPPED: [(&str, &str); 9] = [
    ("cy", include_str!("../../config/blocklists/cy.txt")),
    ("de", include_str!("../../config/blocklists/de.txt")),
    ("en", include_str!("../../config/blocklists/en.txt")),
    ("es", include_str!("../../config/blocklists/es.txt")),
    ("fr", include_str!("../../config/blocklists/fr.txt")),
    ("it", include_str!("../../config/blocklists/it.txt")),
    ("nl", include_str!("../../config/blocklists/nl.txt")),
    ("pl", include_str!("../../config/blocklists/pl.txt")),
    ("pt", include_str!("../../config/blocklists/pt.txt")),
];

/// Largest list that is read, in bytes; the longest public ones are a hundredth of it.
const MAX_BYTES: u64 = 4 << 20;

/// Why a list cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlocklistError {
    /// Neither a file nor a known name.
    #[error(
        "there is no block list {name:?}; write {}, the path of a file with one word a line, or put it at {}",
        shipped_names(), expected.display()
    )]
    Missing {
        /// As configured.
        name: String,
        /// Where a list of this name would lie.
        expected: PathBuf,
    },
    /// It is there and cannot be read.
    #[error("the block list {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is text in another encoding.
    #[error(
        "{}:{line}:{column}: this is not UTF-8, which block lists are written in; save the file as UTF-8",
        path.display()
    )]
    Encoding {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// A line cannot be understood.
    #[error("{}:{source}", path.display())]
    Entry {
        /// Which file.
        path: PathBuf,
        /// Where, and what is wrong.
        source: ListError,
    },
    /// It is larger than any list of words.
    #[error("the block list {} has {bytes} bytes, more than {MAX_BYTES}", path.display())]
    Large {
        /// Which file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
}

/// Names of the lists that are built in.
pub fn shipped() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

fn shipped_names() -> String {
    let names: Vec<String> = shipped().map(|name| format!("{name:?}")).collect();
    names.join(", ")
}

/// Reads the list `name`. Paths and the folder of lists start from `folder`, which is that of the configuration file.
pub fn read(name: &str, folder: &Path) -> Result<Vec<Listed>, BlocklistError> {
    let path = match find(name, folder) {
        Ok(path) => path,
        Err(missing) => {
            let text = SHIPPED
                .iter()
                .find(|(shipped, _)| *shipped == name)
                .map(|(_, text)| *text);
            return text.map_or(Err(missing), |text| understood(text, name, Path::new(name)));
        }
    };
    let unreadable = |source| BlocklistError::Unreadable {
        path: path.clone(),
        source,
    };
    let bytes = std::fs::metadata(&path).map_err(unreadable)?.len();
    if bytes > MAX_BYTES {
        return Err(BlocklistError::Large { path, bytes });
    }
    let read = std::fs::read(&path).map_err(unreadable)?;
    match std::str::from_utf8(&read) {
        Ok(text) => understood(text, name, &path),
        Err(error) => {
            let before =
                String::from_utf8_lossy(read.get(..error.valid_up_to()).unwrap_or_default());
            let last = before.rsplit('\n').next().unwrap_or_default();
            Err(BlocklistError::Encoding {
                line: before.matches('\n').count() + 1,
                column: last.chars().count() + 1,
                path,
            })
        }
    }
}

fn understood(text: &str, name: &str, path: &Path) -> Result<Vec<Listed>, BlocklistError> {
    parse(text, name).map_err(|source| BlocklistError::Entry {
        path: path.to_owned(),
        source,
    })
}

/// A path is taken as it is; a bare name is looked for in `config/blocklists`, seen from the project or from `config`.
fn find(name: &str, folder: &Path) -> Result<PathBuf, BlocklistError> {
    let file = format!("{}.txt", name.strip_suffix(".txt").unwrap_or(name));
    let expected = folder.join("config/blocklists").join(&file);
    let mut places = vec![folder.join(name)];
    if Path::new(name).components().count() == 1 {
        places.push(expected.clone());
        places.push(folder.join("blocklists").join(&file));
    }
    places
        .into_iter()
        .find(|place| place.is_file())
        .ok_or_else(|| BlocklistError::Missing {
            name: name.to_owned(),
            expected,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[Listed]) -> Vec<&str> {
        list.iter().map(|entry| &*entry.text).collect()
    }

    #[test]
    fn lists_are_found_by_name_and_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let lists = folder.path().join("config/blocklists");
        std::fs::create_dir_all(&lists).unwrap();
        std::fs::write(
            lists.join("en.txt"),
            "\u{feff}# words\nfoo\n\n  two words \r\n",
        )
        .unwrap();
        let expected = ["foo", "two words"];
        for (name, from) in [
            ("en", folder.path().to_owned()),
            ("en", folder.path().join("config")),
            ("en.txt", folder.path().to_owned()),
            ("config/blocklists/en.txt", folder.path().to_owned()),
            ("en.txt", lists.clone()),
        ] {
            assert_eq!(
                words(&read(name, &from).unwrap()),
                expected,
                "{name} from {}",
                from.display()
            );
        }
        let absolute = lists.join("en.txt");
        let list = read(absolute.to_str().unwrap(), Path::new("elsewhere")).unwrap();
        assert_eq!(words(&list), expected);
    }

    #[test]
    fn shipped_lists_need_no_file() {
        let nowhere = tempfile::tempdir().unwrap();
        for name in shipped() {
            let list = read(name, nowhere.path()).unwrap();
            assert!(list.len() > 50, "{name}");
            assert!(list.iter().all(|entry| &*entry.list == name));
        }
    }

    #[test]
    fn a_hundred_thousand_words_are_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let words: Vec<String> = (0..100_000).map(|n| format!("word{n}x")).collect();
        std::fs::write(folder.path().join("long"), words.join("\n")).unwrap();
        assert_eq!(read("long", folder.path()).unwrap().len(), 100_000);
        // One wrong line among them is found.
        std::fs::write(folder.path().join("long"), words.join("\n") + "\nbad*entry").unwrap();
        let error = read("long", folder.path()).unwrap_err();
        assert!(error.to_string().contains("long:100001:4: a *"), "{error}");
    }

    #[test]
    fn what_cannot_be_had_says_why() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tlh", "config", "../no/such.txt", ""] {
            let error = read(name, folder.path()).unwrap_err();
            assert!(matches!(error, BlocklistError::Missing { .. }), "{name}");
        }
        std::fs::write(folder.path().join("latin1"), b"fine\nf\xfcr").unwrap();
        let error = read("latin1", folder.path()).unwrap_err();
        assert!(matches!(
            error,
            BlocklistError::Encoding {
                line: 2,
                column: 2,
                ..
            }
        ));
        std::fs::write(folder.path().join("wrong"), "fine\nbad*entry").unwrap();
        let error = read("wrong", folder.path()).unwrap_err();
        assert!(error.to_string().contains("wrong:2:4: a *"), "{error}");
        std::fs::write(folder.path().join("explodes"), "fine\n  /(a{900}){900}/").unwrap();
        let error = read("explodes", folder.path()).unwrap_err();
        assert!(error.to_string().contains("explodes:2:"), "{error}");
        let large = std::fs::File::create(folder.path().join("large")).unwrap();
        large.set_len(MAX_BYTES + 1).unwrap();
        let error = read("large", folder.path()).unwrap_err();
        assert!(matches!(error, BlocklistError::Large { .. }));
    }
}
