//! The data folder: what lies where, and who may write it.

use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Another process has it.
    #[error("the data folder {} is in use by another buzzwall; stop that one, or name another folder with --data", .0.display())]
    InUse(PathBuf),
    /// It cannot be made or opened.
    #[error("the data folder {} cannot be used: {source}; make it writable, or name another one with --data", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The right to write the folder, for as long as it lives.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "the lock goes with the file")] File);

impl DataFolder {
    /// Names the folder; does nothing yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder if need be and claims it; only one process can have it.
    pub fn claim(&self) -> Result<Claim, DataError> {
        let unusable = |source| DataError::Unusable {
            path: self.0.clone(),
            source,
        };
        // What people wrote and who may sign in is nobody else's business on this machine.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(self.walls())
            .map_err(unusable)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.0.join("lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Claim(file)),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse(self.0.clone())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    fn walls(&self) -> PathBuf {
        self.0.join("walls")
    }

    /// The journal of a wall.
    pub fn journal(&self, wall: &str) -> PathBuf {
        self.walls().join(format!("{wall}.db"))
    }

    /// Where files that organisers brought lie as they are served.
    pub fn brand(&self) -> PathBuf {
        self.0.join("brand")
    }

    /// Pictures of posts. They can be had again, so no backup needs them.
    pub fn media(&self) -> PathBuf {
        self.0.join("media")
    }

    /// The socket by which other commands reach the service.
    pub fn socket(&self) -> PathBuf {
        self.0.join("control.sock")
    }

    /// Ids of the walls that have a journal here.
    pub fn known_walls(&self) -> std::io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(self.walls()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut walls = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            if let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".db")) {
                walls.push(id.to_owned());
            }
        }
        walls.sort();
        Ok(walls)
    }
}
