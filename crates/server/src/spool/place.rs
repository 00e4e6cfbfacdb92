//! The directories of spools: one each, numbered, with a lock that its process holds.
//!
//! What a spool could not send stays in its directory. The next spool for the same server goes on there; what waits for
//! other servers is sent by whoever comes first, too.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{
    durable,
    journal::{Journal, damaged},
    upstream::Upstream,
};

/// A spool's directory, while nobody else has it.
pub(super) struct Place {
    path: PathBuf,
    _lock: File,
}

impl Place {
    /// A directory for writes to this server: one in which some wait already, or a new one.
    pub(super) fn claim(parent: &Path, upstream: &Upstream) -> io::Result<Self> {
        durable::make(parent)?;
        for (_, path) in all(parent)? {
            if Upstream::read(&path)?.as_ref() == Some(upstream)
                && waits(&path)?
                && let Some(place) = Self::take(&path)?
            {
                return Ok(place);
            }
        }
        Self::make(parent, upstream)
    }

    /// Those in which something waits, and which nobody has.
    pub(super) fn left(parent: &Path) -> io::Result<Vec<(Self, Upstream)>> {
        let mut left = Vec::new();
        for (_, path) in all(parent)? {
            let Some(upstream) = Upstream::read(&path)? else { continue };
            if waits(&path)?
                && let Some(place) = Self::take(&path)?
            {
                left.push((place, upstream));
            }
        }
        Ok(left)
    }

    /// Removes those that nobody has and in which nothing is left.
    pub(super) fn tidy(parent: &Path) -> io::Result<()> {
        for (_, path) in all(parent)? {
            if is_done(&path)?
                && let Some(place) = Self::take(&path)?
            {
                // What cannot be removed now can be later.
                let _ = place.remove();
            }
        }
        Ok(())
    }

    fn make(parent: &Path, upstream: &Upstream) -> io::Result<Self> {
        let mut number = all(parent)?.last().map_or(0, |(number, _)| *number) + 1;
        loop {
            let path = parent.join(number.to_string());
            match fs::create_dir(&path) {
                // Another spool was faster.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                made => {
                    made?;
                    let Some(place) = Self::take(&path)? else {
                        // Another spool looks whether something is left in it, and may remove it.
                        number += 1;
                        continue;
                    };
                    durable::make(&path.join(BODIES))?;
                    upstream.write(&path)?;
                    durable::sync(parent)?;
                    return Ok(place);
                }
            }
        }
    }

    /// The directory, unless another process has it or has removed it.
    fn take(path: &Path) -> io::Result<Option<Self>> {
        let at = path.join("lock");
        let lock = match File::options().append(true).create(true).open(&at) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            lock => lock?,
        };
        match lock.try_lock() {
            Ok(()) if is_at(&lock, &at)? => Ok(Some(Self { path: path.to_owned(), _lock: lock })),
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// Where bodies are that are files.
    pub(super) fn bodies(&self) -> PathBuf {
        self.path.join(BODIES)
    }

    /// Where writes are that the server did not want, with what it said.
    pub(super) fn refused(&self) -> PathBuf {
        self.path.join(REFUSED)
    }

    /// Removes it if nothing is left in it still. Whoever was about to take it does not find it any more.
    fn remove(self) -> io::Result<()> {
        if !is_done(&self.path)? {
            return Ok(());
        }
        let gone = self.path.with_extension("removed");
        // That of a killed process.
        let _ = fs::remove_dir_all(&gone);
        fs::rename(&self.path, &gone)?;
        fs::remove_dir_all(&gone)
    }
}

const JOURNAL: &str = "journal";
const BODIES: &str = "bodies";
const REFUSED: &str = "refused.jsonl";

/// Nothing waits in it, and nothing is kept in it for people.
fn is_done(path: &Path) -> io::Result<bool> {
    let is_kept = path.join(REFUSED).exists() || !damaged::all(&path.join(JOURNAL))?.is_empty();
    Ok(!is_kept && !waits(path)?)
}

/// Whether an open file is still the one of this path.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (own, there) = (file.metadata()?, fs::metadata(path));
    Ok(there.is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino())))
}

fn waits(path: &Path) -> io::Result<bool> {
    match Journal::extent_of(&path.join(JOURNAL)) {
        Ok(extent) => Ok(extent.waiting > 0),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The directories there are, by number.
fn all(parent: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(parent) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        found.extend(number.map(|number: u64| (number, entry.path())));
    }
    found.sort();
    Ok(found)
}

/// What stands in the directory of a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The directory.
    pub directory: PathBuf,
    /// Where its writes go.
    pub upstream: Upstream,
    /// How many writes wait.
    pub waiting: u64,
    /// How many bytes they are, with their files.
    pub bytes: u64,
    /// How many the server did not want.
    pub refused: u64,
    /// Whether a spool is at work on it.
    pub is_running: bool,
}

/// What stands in the directories of spools in which something is left or at work.
///
/// # Errors
/// When they cannot be read.
pub fn standing(parent: &Path) -> io::Result<Vec<Standing>> {
    let mut standing = Vec::new();
    for (_, directory) in all(parent)? {
        let Some(upstream) = Upstream::read(&directory)? else { continue };
        let extent = match Journal::extent_of(&directory.join(JOURNAL)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            extent => extent?,
        };
        let refused = match fs::read_to_string(directory.join(REFUSED)) {
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            text => text?.lines().count() as u64,
        };
        let is_running = Place::take(&directory)?.is_none();
        let (waiting, bytes) = (extent.waiting, extent.held);
        standing.push(Standing { directory, upstream, waiting, bytes, refused, is_running });
    }
    Ok(standing)
}

#[cfg(test)]
mod tests;
