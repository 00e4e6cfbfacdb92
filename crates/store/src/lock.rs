//! One engine per project: an exclusive lock that the system releases when its holder ends, however
//! it ends.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    process, thread,
    time::Duration,
};

use base::{Clock, Timestamp, canonical_json};
use rustix::{
    fs::{FlockOperation, flock},
    process::{Pid, test_kill_process},
};
use serde::{Deserialize, Serialize};

use crate::{Error, error::Context as _};

/// The right to run the line of a project. Dropping it gives it up.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// What the lock file says about its holder.
#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    started: Timestamp,
    command: String,
}

/// How often the lock is tried for: whoever [looks](Lock::is_held) at it has it for a moment.
const TRIES: usize = 10;
/// How often where the holder is dead: a program that it was about to start has the lock until it has begun, which may
/// take a second on a busy machine.
const TRIES_AFTER_THE_DEAD: usize = 500;
const MOMENT: Duration = Duration::from_millis(10);

impl Lock {
    /// Takes the lock of the store in `dir` for this process, which was started as `command`.
    ///
    /// # Errors
    /// [`Error::Held`] when another holder is alive.
    pub fn acquire(dir: &Path, command: &str, clock: &dyn Clock) -> Result<Self, Error> {
        let path = dir.join("lock");
        fs::create_dir_all(dir).during("create", dir)?;
        // Not truncated on opening: until the lock is ours the content is somebody else's.
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.during("open", &path)?;
        take(&file, &path)?;
        let holder = Holder { pid: process::id(), started: clock.now(), command: command.to_owned() };
        file.set_len(0).during("write", &path)?;
        file.write_all(canonical_json(&holder).as_bytes()).during("write", &path)?;
        Ok(Self { file })
    }

    /// Whether somebody holds the lock of the store in `dir`. Whoever was killed does not.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub fn is_held(dir: &Path) -> Result<bool, Error> {
        let path = dir.join("lock");
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened.during("open", &path)?,
        };
        // Shared, so that two who look do not see each other; it goes with the file.
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(Error::io("look at", &path, error.into())),
        }
    }
}

/// Locks the file for this process alone.
fn take(file: &File, path: &Path) -> Result<(), Error> {
    for tried in 0..TRIES_AFTER_THE_DEAD {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK) if tried < TRIES || is_dead(holder(path).as_ref()) => {
                thread::sleep(MOMENT);
            }
            Err(rustix::io::Errno::WOULDBLOCK) => break,
            Err(error) => return Err(Error::io("lock", path, error.into())),
        }
    }
    Err(held(path))
}

/// Who the lock file names.
fn holder(path: &Path) -> Option<Holder> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// Whether somebody is named who is no more.
fn is_dead(holder: Option<&Holder>) -> bool {
    let pid = holder.and_then(|holder| Pid::from_raw(holder.pid.try_into().ok()?));
    pid.is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Best effort, and before the lock goes with the file: an empty file says nobody holds it.
        let _ = self.file.set_len(0);
    }
}

/// The error that names who holds the lock.
fn held(path: &Path) -> Error {
    // The holder writes its name just after it locks: give it a moment.
    for _ in 0..100 {
        if let Some(Holder { pid, started, command }) = holder(path) {
            return Error::Held { pid, since: started, command };
        }
        thread::sleep(Duration::from_millis(10));
    }
    Error::io("lock", path, io::Error::other("another process holds it without saying who it is"))
}
