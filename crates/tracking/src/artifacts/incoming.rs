//! Bytes that arrive into a file nobody sees: moved to their place when they are whole, gone when they are not.

use std::{fs::File, io::Write as _};

use base::{Hash, Hasher};
use rustix::io::Errno;

use super::{Digests, Error, digest::Digesting, directory::Directory, staging};

pub(super) struct Incoming {
    directory: Directory,
    name: String,
    file: File,
    received: u64,
    digesting: Digesting,
    hasher: Option<Hasher>,
    is_placed: bool,
}

impl Incoming {
    /// An empty file in that directory, with room on the disk for what is announced.
    pub(super) fn begin(
        directory: &Directory,
        digests: Digests,
        declared: Option<u64>,
    ) -> Result<Self, Error> {
        let free =
            directory.free().map_err(|error| Error::io("look for room on the artifacts' disk", error))?;
        if declared.is_some_and(|declared| declared > free) {
            return Err(Error::Full);
        }
        let name = staging::temporary()?;
        let file = directory.create(&name).map_err(|error| Error::io("begin an upload", error))?;
        // Says that it is in use; nobody else has its name yet, so it cannot fail but where locks are unknown.
        let _ = file.try_lock();
        let (directory, digesting) = (directory.clone(), Digesting::new(digests));
        Ok(Self { directory, name, file, received: 0, digesting, hasher: None, is_placed: false })
    }

    /// Also takes the hash of the bytes.
    pub(super) fn hashing(mut self) -> Self {
        self.hasher = Some(Hasher::new());
        self
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|error| Error::io("write an upload", error))?;
        self.received += bytes.len() as u64;
        self.digesting.update(bytes);
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        Ok(())
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The file itself, for who fills it from other files.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Counts what was put into the file itself.
    pub(super) fn count(&mut self, bytes: u64) {
        self.received += bytes;
    }

    /// The end of the bytes: they are what was announced, and on the disk.
    pub(super) fn seal(&mut self, declared: Option<u64>) -> Result<Option<Hash>, Error> {
        match declared {
            Some(declared) if declared != self.received => {
                return Err(Error::Length { declared, received: self.received });
            }
            _ => {}
        }
        self.digesting.check()?;
        self.file.sync_data().map_err(|error| Error::io("sync an upload", error))?;
        Ok(self.hasher.take().map(|hasher| hasher.finish()))
    }

    /// Moves it to its place, over the file that may be there.
    pub(super) fn place(&mut self, directory: &Directory, name: &str) -> Result<(), Errno> {
        self.directory.rename(&self.name, directory, name)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.is_placed {
            // When this fails the next start takes it away.
            let _ = self.directory.unlink(&self.name);
        }
    }
}
