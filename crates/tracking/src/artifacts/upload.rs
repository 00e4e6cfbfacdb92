//! A file on its way to its place.

use std::sync::{Arc, PoisonError, RwLock};

use rustix::io::Errno;

use super::{
    Digests, Error, Path,
    directory::{Directory, Kind},
    incoming::Incoming,
    staging::Staging,
};

/// An upload that has begun. Dropped before [`Upload::finish`], it leaves nothing.
pub struct Upload {
    incoming: Incoming,
    target: Target,
}

/// What an upload has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The file's size in bytes.
    pub size: u64,
}

/// Where a file is meant to be.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) root: Directory,
    pub(super) path: Path,
    /// Held for writing by who makes directories until they are on the disk and by who takes them away, and for reading by
    /// who counts on them.
    pub(super) making: Arc<RwLock<()>>,
}

impl Upload {
    /// Begins an upload, unless its path cannot be a file's.
    pub(super) fn begin(
        target: Target,
        staging: Option<&Staging>,
        digests: Digests,
        declared: Option<u64>,
    ) -> Result<Self, Error> {
        target.check()?;
        let directory = match staging {
            Some(staging) => staging.directory().clone(),
            None => target.parent()?,
        };
        Ok(Self { incoming: Incoming::begin(&directory, digests, declared)?, target })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the disk does not.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.incoming.write(bytes)
    }

    /// Ends it: the file is whole at its place, and on the disk.
    ///
    /// # Errors
    /// When it is not what was announced, or cannot be there. Then nothing of it is left.
    pub fn finish(mut self, declared: Option<u64>) -> Result<Stored, Error> {
        self.incoming.seal(declared)?;
        self.target.put(&mut self.incoming)?;
        Ok(Stored { size: self.incoming.received() })
    }
}

impl Target {
    /// Refuses what could not be put there at the end, before any byte of it is read.
    pub(super) fn check(&self) -> Result<(), Error> {
        let (parents, name) = self.path.split()?;
        let directory = match self.root.descend(parents) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(self.refused(error)),
        };
        match directory.kind(name) {
            Ok(Kind::Directory) => Err(Error::IsDirectory(self.path.to_string())),
            Ok(_) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.refused(error)),
        }
    }

    /// Moves a sealed file there. Whoever comes last wins, whole.
    pub(super) fn put(&self, incoming: &mut Incoming) -> Result<(), Error> {
        let (parents, name) = self.path.split()?;
        let counting = self.making.read().unwrap_or_else(PoisonError::into_inner);
        match self.root.descend(parents) {
            Err(Errno::NOENT) => drop(counting),
            Err(error) => return Err(self.refused(error)),
            Ok(directory) => return self.place(incoming, &directory, name),
        }
        // Nobody takes away again what is made here before the file is in it.
        let _making = self.making.write().unwrap_or_else(PoisonError::into_inner);
        let directory = self.make(parents)?;
        self.place(incoming, &directory, name)
    }

    fn place(&self, incoming: &mut Incoming, directory: &Directory, name: &str) -> Result<(), Error> {
        incoming.place(directory, name).map_err(|error| self.refused(error))?;
        directory.sync().map_err(|error| self.failed(error))
    }

    /// The directory it is to be in, made where it is not there.
    fn parent(&self) -> Result<Directory, Error> {
        let (parents, _) = self.path.split()?;
        let _making = self.making.write().unwrap_or_else(PoisonError::into_inner);
        self.make(parents)
    }

    /// Makes those directories below the root that are not there, for who holds `making` for writing.
    fn make(&self, parents: &[String]) -> Result<Directory, Error> {
        let made = parents.iter().try_fold(self.root.clone(), |parent, name| parent.enter_or_make(name));
        made.map_err(|error| self.refused(error))
    }

    fn refused(&self, error: Errno) -> Error {
        let path = self.path.to_string();
        match error {
            Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST => Error::IsDirectory(path),
            Errno::NOTDIR | Errno::LOOP => Error::NotDirectory(path),
            Errno::NAMETOOLONG => Error::InvalidPath,
            error => self.failed(error.into()),
        }
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::io(format!("put the artifact '{}' in its place", self.path), error)
    }
}
