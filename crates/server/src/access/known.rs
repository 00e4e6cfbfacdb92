//! The file of tokens as a running server sees it.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base::{Clock, Timestamp};

use crate::access::{
    Caller, Denial, Error,
    secret::{Digest, Salt},
    sheet::{self, Entry, Sheet},
};

/// How long what was read holds without another look at the file. A look is a call to the system.
const INTERVAL: Duration = Duration::from_millis(200);

/// A file of tokens that is looked at again.
pub(super) struct Watched {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    /// The elapsed time, in milliseconds, from which on to look again.
    due: AtomicU64,
    read: RwLock<Read>,
}

#[derive(Default)]
struct Read {
    stamp: Option<Stamp>,
    known: Option<Arc<Known>>,
}

/// The tokens of a file: at least one, unless the file is damaged.
struct Known {
    salt: Salt,
    entries: Vec<Entry>,
}

/// What changes when a file is replaced or written.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Watched {
    pub(super) fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let path = sheet::path(directory);
        let stamp = Stamp::of(&path);
        let known = sheet::read(&path)?.and_then(Known::of);
        let due = AtomicU64::new(after(clock.as_ref()));
        Ok(Self { path, clock, due, read: RwLock::new(Read { stamp, known }) })
    }

    /// Whether there are tokens, as far as is known.
    pub(super) fn has_tokens(&self) -> bool {
        self.now().is_some()
    }

    /// Whose secret this is, as far as is known.
    pub(super) fn caller(&self, secret: &str) -> Result<Caller, Denial> {
        let known = self.now().ok_or(Denial::Unknown)?;
        known.caller(secret, self.clock.now())
    }

    fn now(&self) -> Option<Arc<Known>> {
        self.read.read().unwrap_or_else(PoisonError::into_inner).known.clone()
    }

    /// Reads the file again if it has changed. Gives what is wrong with it, once.
    pub(super) fn look(&self) -> Option<String> {
        let due = self.due.load(Ordering::Relaxed);
        if millis(self.clock.elapsed()) < due {
            return None;
        }
        let next = after(self.clock.as_ref());
        // One of those who come at once looks; the others go on with what is known.
        self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        let stamp = Stamp::of(&self.path);
        if stamp == self.read.read().unwrap_or_else(PoisonError::into_inner).stamp {
            return None;
        }
        let (known, trouble) = match sheet::read(&self.path) {
            Ok(sheet) => (sheet.and_then(Known::of), None),
            // Nobody is let in by a file that nobody can read.
            Err(error) => (Some(Arc::new(Known::nobody())), Some(error.to_string())),
        };
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = Read { stamp, known };
        trouble
    }
}

impl Known {
    fn of(sheet: Sheet) -> Option<Arc<Self>> {
        let Sheet { salt, entries } = sheet;
        (!entries.is_empty()).then(|| Arc::new(Self { salt, entries }))
    }

    fn nobody() -> Self {
        Self { salt: Salt::default(), entries: Vec::new() }
    }

    /// Whose secret this is, at this time.
    fn caller(&self, secret: &str, now: Timestamp) -> Result<Caller, Denial> {
        let digest = Digest::of(&self.salt, secret);
        let mut found = None;
        for entry in &self.entries {
            // All of them are compared, so that the time does not tell which it was.
            if entry.digest.is(&digest) {
                found = Some(entry);
            }
        }
        let entry = found.ok_or(Denial::Unknown)?;
        if entry.expires.is_some_and(|expires| expires <= now) {
            return Err(Denial::Expired(entry.name.clone()));
        }
        Ok(Caller::new(&entry.name, entry.scope))
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Some(Self { inode: metadata.ino(), bytes: metadata.len(), modified })
    }
}

fn after(clock: &dyn Clock) -> u64 {
    millis(clock.elapsed() + INTERVAL)
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
