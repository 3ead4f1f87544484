//! Block lists: files with one word or phrase a line, found by name or by path.

use std::path::{Path, PathBuf};

/// Largest list that is read, in bytes; the longest public ones are a hundredth of it.
const MAX_BYTES: u64 = 4 << 20;

/// Why a list cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlocklistError {
    /// Neither a file nor a known name.
    #[error(
        "there is no block list {name:?}; write the path of a file with one word a line, or put it at {}",
        expected.display()
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
    /// It is larger than any list of words.
    #[error("the block list {} has {bytes} bytes, more than {MAX_BYTES}", path.display())]
    Large {
        /// Which file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
}

/// Reads the words of the list `name`, each once a line; empty lines and those that begin with `#` are left out. Paths and
/// the folder of lists start from `folder`, which is that of the configuration file.
pub fn read(name: &str, folder: &Path) -> Result<Vec<String>, BlocklistError> {
    let path = find(name, folder)?;
    let unreadable = |source| BlocklistError::Unreadable {
        path: path.clone(),
        source,
    };
    let bytes = std::fs::metadata(&path).map_err(unreadable)?.len();
    if bytes > MAX_BYTES {
        return Err(BlocklistError::Large { path, bytes });
    }
    let text = std::fs::read_to_string(&path).map_err(unreadable)?;
    Ok(text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

/// A path is taken as it is; a bare name is looked for in `config/blocklists`, seen from the project or from `config`.
fn find(name: &str, folder: &Path) -> Result<PathBuf, BlocklistError> {
    let file = format!("{name}.txt");
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
        let words = ["foo", "two words"];
        for (name, from) in [
            ("en", folder.path().to_owned()),
            ("en", folder.path().join("config")),
            ("config/blocklists/en.txt", folder.path().to_owned()),
            ("en.txt", lists.clone()),
        ] {
            assert_eq!(
                read(name, &from).unwrap(),
                words,
                "{name} from {}",
                from.display()
            );
        }
        let absolute = lists.join("en.txt");
        assert_eq!(
            read(absolute.to_str().unwrap(), Path::new("elsewhere")).unwrap(),
            words
        );
    }

    #[test]
    fn what_cannot_be_had_says_why() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["fr", "config", "../no/such.txt", ""] {
            let error = read(name, folder.path()).unwrap_err();
            assert!(matches!(error, BlocklistError::Missing { .. }), "{name}");
        }
        std::fs::write(folder.path().join("latin1"), [0x66, 0xfc]).unwrap();
        let error = read("latin1", folder.path()).unwrap_err();
        assert!(matches!(error, BlocklistError::Unreadable { .. }));
        let large = std::fs::File::create(folder.path().join("large")).unwrap();
        large.set_len(MAX_BYTES + 1).unwrap();
        let error = read("large", folder.path()).unwrap_err();
        assert!(matches!(error, BlocklistError::Large { .. }));
    }
}
