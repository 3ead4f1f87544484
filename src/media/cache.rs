//! Pictures on the disk, within a budget: what was not used for the longest time goes first. Every method may wait for the disk.
//!
//! A file is called by a fingerprint of wall and address, and its width; it begins with a fingerprint of the rest. So what a crash
//! or a bad disk left of it is known, dropped and fetched anew. Nothing is lost with the folder but time.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

/// Bytes of a file's fingerprint.
const SEAL: usize = 16;
/// Where files are written before they have their name.
const UNFINISHED: &str = "unfinished";

/// A picture of a wall, by a fingerprint of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PictureId(u128);

impl PictureId {
    pub(super) fn of(wall: &str, address: &str) -> Self {
        let hash = Sha256::new()
            .chain_update(wall)
            .chain_update([0])
            .chain_update(address)
            .finalize();
        let half = hash.first_chunk().copied().unwrap_or_default();
        Self(u128::from_be_bytes(half))
    }
}

/// A file: a picture in one width.
type Name = (PictureId, u32);

/// What lies on the disk.
#[derive(Default)]
struct Index {
    files: HashMap<Name, (u64, u64)>,
    /// By when they were used last.
    used: BTreeMap<u64, Name>,
    bytes: u64,
    turn: u64,
}

impl Index {
    fn touch(&mut self, name: Name, size: u64) {
        self.forget(name);
        self.turn += 1;
        self.files.insert(name, (size, self.turn));
        self.used.insert(self.turn, name);
        self.bytes += size;
    }

    fn forget(&mut self, name: Name) {
        if let Some((size, turn)) = self.files.remove(&name) {
            self.used.remove(&turn);
            self.bytes -= size;
        }
    }

    /// Those that have to go so that what is left fits.
    fn surplus(&mut self, budget: u64) -> Vec<Name> {
        let mut gone = Vec::new();
        while self.bytes > budget
            && let Some((_, name)) = self.used.first_key_value()
        {
            let name = *name;
            self.forget(name);
            gone.push(name);
        }
        gone
    }
}

/// The folder of pictures.
pub(super) struct Cache {
    folder: PathBuf,
    budget: u64,
    index: Mutex<Index>,
    next: AtomicU64,
    /// Whether the last write failed, so that a full disk is said once.
    failing: AtomicBool,
}

impl Cache {
    /// In this folder; a budget of nothing stores nothing.
    pub(super) fn new(folder: PathBuf, budget: u64) -> Self {
        Self {
            folder,
            budget,
            index: Mutex::default(),
            next: AtomicU64::new(0),
            failing: AtomicBool::new(false),
        }
    }

    /// Lists what lies in the folder, oldest first, and drops what is no picture, or of none that `is_known`.
    pub(super) fn list(&self, is_known: impl Fn(PictureId) -> bool) {
        if self.budget == 0 {
            // What an earlier budget let in.
            drop(fs::remove_dir_all(&self.folder));
            return;
        }
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let meta = entry.metadata().ok().filter(fs::Metadata::is_file);
            let Some(meta) = meta else { continue };
            let name = entry.file_name();
            match name.to_str().and_then(read_name) {
                Some(name) if is_known(name.0) => {
                    found.push((meta.modified().ok(), name, meta.len()));
                }
                _ => drop(fs::remove_file(entry.path())),
            }
        }
        found.sort();
        let mut index = self.index.lock();
        // What was stored or used meanwhile is newer than all of these.
        let newer = index.used.values();
        let newer = newer.filter_map(|name| Some((*name, index.files.get(name)?.0)));
        let newer: Vec<(Name, u64)> = newer.collect();
        for (_, name, size) in found {
            index.touch(name, size);
        }
        for (name, size) in newer {
            index.touch(name, size);
        }
        let surplus = index.surplus(self.budget);
        drop(index);
        self.delete(&surplus);
    }

    fn path(&self, (id, width): Name) -> PathBuf {
        self.folder.join(format!("{:032x}-{width}", id.0))
    }

    fn delete(&self, names: &[Name]) {
        for name in names {
            drop(fs::remove_file(self.path(*name)));
        }
    }

    /// A picture's bytes in a width, if they lie here whole.
    pub(super) fn read(&self, id: PictureId, width: u32) -> Option<Vec<u8>> {
        let name = (id, width);
        let mut bytes = Vec::new();
        let read = File::open(self.path(name)).and_then(|mut file| file.read_to_end(&mut bytes));
        if read.is_err() {
            self.index.lock().forget(name);
            return None;
        }
        let size = bytes.len() as u64;
        let sealed = bytes.split_first_chunk::<SEAL>();
        if sealed.is_none_or(|(found, rest)| *found != seal(rest)) {
            tracing::warn!(file = %self.path(name).display(), "a stored picture is damaged and is fetched anew");
            self.index.lock().forget(name);
            self.delete(&[name]);
            return None;
        }
        self.index.lock().touch(name, size);
        bytes.drain(..SEAL);
        Some(bytes)
    }

    /// Stores a picture; where that fails it is fetched again another time.
    pub(super) fn store(&self, id: PictureId, width: u32, bytes: &[u8]) {
        let size = (bytes.len() + SEAL) as u64;
        if size > self.budget {
            return;
        }
        // Room first, so that the budget holds at any time.
        let surplus = self.index.lock().surplus(self.budget - size);
        self.delete(&surplus);
        match self.write(&self.path((id, width)), bytes) {
            Ok(()) => {
                let mut index = self.index.lock();
                index.touch((id, width), size);
                let surplus = index.surplus(self.budget);
                drop(index);
                self.delete(&surplus);
                self.failing.store(false, Ordering::Relaxed);
            }
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, folder = %self.folder.display(), "pictures are not stored, but fetched again each time");
                }
            }
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder.join(UNFINISHED);
        fs::create_dir_all(&folder)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(number.to_string());
        let written = File::create(&unfinished)
            .and_then(|mut file| {
                file.write_all(&seal(bytes))?;
                file.write_all(bytes)
            })
            .and_then(|()| fs::rename(&unfinished, path));
        if written.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        written
    }

    /// Drops a picture in all widths.
    pub(super) fn remove(&self, id: PictureId) {
        for width in super::shrink::WIDTHS {
            self.index.lock().forget((id, width));
            self.delete(&[(id, width)]);
        }
    }

    /// Files, their bytes, and the budget.
    pub(super) fn figures(&self) -> (usize, u64, u64) {
        let index = self.index.lock();
        (index.files.len(), index.bytes, self.budget)
    }
}

fn seal(bytes: &[u8]) -> [u8; SEAL] {
    let hash = Sha256::digest(bytes);
    hash.first_chunk().copied().unwrap_or_default()
}

fn read_name(name: &str) -> Option<Name> {
    let (id, width) = name.split_once('-')?;
    let id = u128::from_str_radix(id, 16)
        .ok()
        .filter(|_| id.len() == 32)?;
    let width = width.parse().ok()?;
    (super::shrink::WIDTHS.contains(&width)).then_some((PictureId(id), width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> PictureId {
        PictureId::of("hall", &format!("https://a/{n}.png"))
    }

    #[test]
    fn the_budget_holds_and_what_was_not_used_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("media"), 1_000);
        for n in 0..3 {
            cache.store(id(n), 96, &[7; 300]);
        }
        assert_eq!(cache.read(id(0), 96), Some(vec![7; 300]));
        cache.store(id(3), 96, &[7; 300]);
        assert_eq!(cache.read(id(1), 96), None);
        assert!(cache.read(id(0), 96).is_some() && cache.read(id(3), 96).is_some());
        cache.store(id(4), 96, &[7; 2_000]);
        assert_eq!(cache.figures(), (3, 948, 1_000));
        // Another start finds them, and keeps a smaller budget.
        let cache = Cache::new(folder.path().join("media"), 700);
        cache.list(|known| known != id(0));
        assert_eq!(cache.figures(), (2, 632, 700));
        assert_eq!(cache.read(id(0), 96), None);
        cache.remove(id(3));
        assert_eq!(cache.figures().0, 1);
    }

    #[test]
    fn what_is_damaged_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned(), 100_000);
        for damage in [0_usize, 10, 200] {
            cache.store(id(1), 640, &[7; 300]);
            let path = cache.path((id(1), 640));
            let mut bytes = fs::read(&path).unwrap();
            bytes[damage] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert_eq!(cache.read(id(1), 640), None);
            assert!(!path.exists() && cache.figures().0 == 0);
        }
        cache.store(id(1), 640, &[7; 300]);
        fs::write(cache.path((id(1), 640)), []).unwrap();
        assert_eq!(cache.read(id(1), 640), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_only_means_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let cache = Cache::new(file.join("media"), 100_000);
        cache.store(id(1), 640, &[7; 300]);
        assert_eq!((cache.read(id(1), 640), cache.figures().0), (None, 0));
        let off = Cache::new(folder.path().join("off"), 0);
        off.store(id(1), 640, &[7; 300]);
        assert!(!folder.path().join("off").exists());
    }
}
