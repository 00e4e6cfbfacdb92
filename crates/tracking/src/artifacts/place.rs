//! One directory of artifacts: a run's, a model's, or all of them.

use std::{
    fs::File,
    os::unix::fs::MetadataExt as _,
    sync::{Arc, PoisonError, RwLock},
};

use rustix::io::Errno;
use serde::Serialize;

use super::{
    Digests, Error, Path, Upload,
    directory::{Directory, Kind},
    remove,
    staging::{self, Staging},
    upload::Target,
};

/// A directory whose artifacts may be listed, read, written and deleted by paths below it.
#[derive(Clone)]
pub struct Place {
    root: Directory,
    base: Path,
    /// Where uploads wait; beside their place where the root is not the server's own.
    staging: Option<Staging>,
    making: Arc<RwLock<()>>,
}

/// A file or directory in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its path, below the directory that was named to [`Place::list`].
    pub path: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// The size of a file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
}

/// A file that is open for reading. What is put in its place meanwhile does not change it.
#[derive(Debug)]
pub struct Opened {
    /// The file, at its beginning.
    pub file: File,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Differs for every file that was ever put there: its inode, size and time of change.
    pub tag: String,
}

impl Place {
    pub(super) fn new(
        root: Directory,
        base: Path,
        staging: Option<Staging>,
        making: Arc<RwLock<()>>,
    ) -> Self {
        Self { root, base, staging, making }
    }

    /// What is in a directory, by name; nothing where there is none, as in MLflow. Links are not shown.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn list(&self, path: &Path) -> Result<Vec<Entry>, Error> {
        let full = self.base.join(path)?;
        let failed = |error: Errno| Error::io(format!("list the artifacts of '{full}'"), error);
        let directory = match self.root.descend(full.names()) {
            Ok(directory) => directory,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut entries = Vec::new();
        for name in directory.names().map_err(failed)? {
            let (is_dir, file_size) = match directory.kind(&name) {
                _ if name.starts_with(staging::RESERVED) => continue,
                Ok(Kind::Directory) => (true, None),
                Ok(Kind::File { size }) => (false, Some(size)),
                Ok(Kind::Other) | Err(Errno::NOENT) => continue,
                Err(error) => return Err(failed(error)),
            };
            entries.push(Entry { path: name, is_dir, file_size });
        }
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(&self, path: &Path) -> Result<Opened, Error> {
        let full = self.base.join(path)?;
        let missing = || Error::Missing(path.to_string());
        let failed = |error: Errno| match error {
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP => missing(),
            error => Error::io(format!("open the artifact '{full}'"), error),
        };
        let (parents, name) = full.split().map_err(|_| missing())?;
        let directory = self.root.descend(parents).map_err(failed)?;
        if directory.kind(name) == Ok(Kind::Directory) {
            return Err(Error::IsDirectory(path.to_string()));
        }
        let file = directory.file(name).map_err(failed)?;
        let read =
            file.metadata().map_err(|error| Error::io(format!("look at the artifact '{full}'"), error))?;
        let changed = i128::from(read.ctime()) * 1_000_000_000 + i128::from(read.ctime_nsec());
        let tag = format!("{:x}-{:x}-{changed:x}", read.ino(), read.size());
        Ok(Opened { file, name: name.to_owned(), size: read.size(), tag })
    }

    /// Begins to write a file, of `declared` bytes if that is known. It appears when it is finished.
    ///
    /// # Errors
    /// When the path cannot be a file's, or there is no room.
    pub fn create(&self, path: &Path, digests: Digests, declared: Option<u64>) -> Result<Upload, Error> {
        if path.is_root() {
            return Err(Error::Root);
        }
        let (root, making) = (self.root.clone(), Arc::clone(&self.making));
        let target = Target { root, path: self.base.join(path)?, making };
        Upload::begin(target, self.staging.as_ref(), digests, declared)
    }

    /// Deletes a file, or a directory with all that is in it, at once. What is not there is as good as deleted.
    ///
    /// # Errors
    /// When it is the root, or cannot be deleted.
    pub fn delete(&self, path: &Path) -> Result<(), Error> {
        if path.is_root() {
            return Err(Error::Root);
        }
        let full = self.base.join(path)?;
        match self.remove(&full) {
            Ok(()) | Err(Failure::System(Errno::NOENT | Errno::NOTDIR | Errno::LOOP)) => Ok(()),
            Err(Failure::System(error)) => Err(Error::io(format!("delete the artifact '{full}'"), error)),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    fn remove(&self, full: &Path) -> Result<(), Failure> {
        let (parents, name) = full.split()?;
        let directory = self.root.descend(parents)?;
        if directory.kind(name)? == Kind::Directory {
            // Out of sight first, so that nobody sees half of it.
            let hidden = staging::temporary()?;
            let heap = self.staging.as_ref().map_or(&directory, Staging::directory);
            let making = self.making.write().unwrap_or_else(PoisonError::into_inner);
            directory.rename(name, heap, &hidden)?;
            drop(making);
            directory.sync().map_err(|error| Error::io(format!("delete the artifact '{full}'"), error))?;
            remove::tree(heap, &hidden)?;
        } else {
            directory.unlink(name)?;
            directory.sync().map_err(|error| Error::io(format!("delete the artifact '{full}'"), error))?;
        }
        Ok(())
    }
}

enum Failure {
    System(Errno),
    Other(Error),
}

impl From<Errno> for Failure {
    fn from(error: Errno) -> Self {
        Self::System(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}
