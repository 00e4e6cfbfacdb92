//! The folders of supervisors. The lock on a file in it, held through the supervisor's standard error, tells a living
//! one from a dead one: it is taken before the supervisor starts, so that no moment is between.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::Error;

const LOCK: &str = "lock";

/// A folder for a new supervisor, and its lock.
pub(super) struct Folder {
    path: PathBuf,
    pub(super) lock: File,
}

impl Folder {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes the next folder: they are numbered. It gets its number when its lock is held, so that it never looks dead.
pub(super) fn make(parent: &Path) -> Result<Folder, Error> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let fresh = parent.join(format!("new-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    fs::create_dir_all(&fresh).map_err(Error::io("make", &fresh))?;
    let lock = File::options().append(true).create(true).open(fresh.join(LOCK));
    let lock = lock.map_err(Error::io("make the lock in", &fresh))?;
    lock.lock().map_err(Error::io("lock", &fresh))?;
    loop {
        let last = all(parent)?.pop().map_or(0, |(number, _)| number);
        let path = parent.join((last + 1).to_string());
        match fs::rename(&fresh, &path) {
            // Another engine was faster.
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {}
            renamed => return renamed.map(|()| Folder { path, lock }).map_err(Error::io("make", &fresh)),
        }
    }
}

/// The folders there are, by number.
pub(super) fn all(parent: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let entries = match fs::read_dir(parent) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io("read", parent))?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("read", parent))?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        folders.extend(number.map(|number: u64| (number, entry.path())));
    }
    folders.sort();
    Ok(folders)
}

/// Whether the supervisor of this folder lives.
pub(super) fn is_alive(folder: &Path) -> Result<bool, Error> {
    let path = folder.join(LOCK);
    let lock = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        lock => lock.map_err(Error::io("open", &path))?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
    }
}
