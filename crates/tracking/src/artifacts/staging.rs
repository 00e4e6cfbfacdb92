//! Where uploads wait until they are whole: a directory of the destination that no path reaches.

use base::Timestamp;
use rustix::io::Errno;

use super::{
    Error,
    directory::{Directory, Kind},
    remove,
};
use crate::ids::Ids;

/// What names begin with that no artifact may have.
pub(super) const RESERVED: &str = ".kaizen-upload";
const DIRECTORY: &str = ".kaizen-uploads";
/// What the directories of uploads in parts begin with.
pub(super) const PARTS: &str = "parts-";
/// How long an upload in parts may rest before it is forgotten: a day, in microseconds.
const EXPIRY: i64 = 24 * 3_600 * 1_000_000;

#[derive(Clone)]
pub(super) struct Staging(Directory);

impl Staging {
    pub(super) fn open(root: &Directory) -> Result<Self, Error> {
        let opened = root.enter_or_make(DIRECTORY);
        opened
            .map(Self)
            .map_err(|error| Error::io(format!("open the directory {DIRECTORY} of the artifacts"), error))
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.0
    }

    /// Takes away what nobody writes any more: files of a killed server, what was being deleted, and uploads in parts that
    /// have expired. What another server on the same destination is writing is locked by it.
    pub(super) fn clean(&self, now: Timestamp) -> Result<(), Error> {
        for name in self.names()? {
            let cleaned = match self.0.kind(&name) {
                Ok(Kind::Directory) if name.starts_with(PARTS) => self.expire(&name, now),
                Ok(Kind::Directory) => remove::tree(&self.0, &name),
                Ok(_) => self.remove_abandoned(&name),
                Err(error) => Err(error),
            };
            match cleaned {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(error) => return Err(Error::io(format!("clean up {DIRECTORY}/{name}"), error)),
            }
        }
        Ok(())
    }

    /// Forgets the uploads in parts that have expired, and says how many of those that are left are not `finished`.
    pub(super) fn expire_all(
        &self,
        now: Timestamp,
        finished: impl Fn(&Directory) -> bool,
    ) -> Result<usize, Error> {
        let names = self.names()?;
        let uploads = names.iter().filter(|name| name.starts_with(PARTS));
        let mut left = 0;
        for name in uploads {
            match self.expire(name, now).and_then(|()| self.0.enter(name)) {
                Ok(upload) => left += usize::from(!finished(&upload)),
                Err(Errno::NOENT) => {}
                Err(error) => return Err(Error::io(format!("clean up {DIRECTORY}/{name}"), error)),
            }
        }
        Ok(left)
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        self.0
            .names()
            .map_err(|error| Error::io(format!("list the directory {DIRECTORY} of the artifacts"), error))
    }

    fn expire(&self, name: &str, now: Timestamp) -> Result<(), Errno> {
        let directory = self.0.enter(name)?;
        let Some(changed) = micros(&directory) else { return Ok(()) };
        if now.micros().saturating_sub(changed) < EXPIRY || directory.as_file().try_lock().is_err() {
            return Ok(());
        }
        remove::tree(&self.0, name)
    }

    fn remove_abandoned(&self, name: &str) -> Result<(), Errno> {
        match self.0.file(name)?.try_lock() {
            Ok(()) => self.0.unlink(name),
            Err(_) => Ok(()),
        }
    }
}

/// A name for something that is not whole yet.
pub(super) fn temporary() -> Result<String, Error> {
    Ok(format!("{RESERVED}-{}", secret()?))
}

/// 128 bits that nobody can guess, in hexadecimal digits.
pub(super) fn secret() -> Result<String, Error> {
    let mut ids =
        Ids::open().map_err(|error| Error::io("read the system's generator of random numbers", error))?;
    Ok(ids.hex())
}

/// When something was last put into a directory, in microseconds since the epoch.
fn micros(directory: &Directory) -> Option<i64> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata = directory.as_file().metadata().ok()?;
    Some(metadata.mtime().saturating_mul(1_000_000).saturating_add(metadata.mtime_nsec() / 1_000))
}
