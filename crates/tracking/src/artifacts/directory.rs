//! A directory that is open, and what can be done in it: one name at a time, following no link.

use std::{
    fs::{self, File},
    io,
    path::Path as FilePath,
    sync::Arc,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags},
    io::Errno,
};

use super::Error;

/// An open directory. A clone is the same one.
#[derive(Clone)]
pub(super) struct Directory(Arc<File>);

/// What stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File {
        size: u64,
    },
    Directory,
    /// A link, a device or a pipe: none of ours.
    Other,
}

impl Directory {
    /// Opens a directory of the operator's choice; links on the way to it are the operator's too.
    pub(super) fn open(path: &FilePath) -> Result<Self, Error> {
        let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
            true => Ok(file),
            false => Err(io::ErrorKind::NotADirectory.into()),
        });
        let file =
            opened.map_err(|error| Error::io(format!("open the directory {}", path.display()), error))?;
        Ok(Self(Arc::new(file)))
    }

    /// Opens it after making it, where it is not there.
    pub(super) fn make(path: &FilePath) -> Result<Self, Error> {
        let made = fs::create_dir_all(path);
        made.map_err(|error| Error::io(format!("make the directory {}", path.display()), error))?;
        Self::open(path)
    }

    /// The directory of that name in it.
    pub(super) fn enter(&self, name: &str) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&*self.0, name, flags, Mode::empty())?;
        Ok(Self(Arc::new(opened.into())))
    }

    /// The directory at the end of those names.
    pub(super) fn descend(&self, names: &[String]) -> Result<Self, Errno> {
        names.iter().try_fold(self.clone(), |directory, name| directory.enter(name))
    }

    /// The directory of that name, made where it is not there; then its entry here is on the disk too.
    pub(super) fn enter_or_make(&self, name: &str) -> Result<Self, Errno> {
        match self.enter(name) {
            Err(Errno::NOENT) => {}
            entered => return entered,
        }
        match rustix::fs::mkdirat(&*self.0, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => self.sync().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
        self.enter(name)
    }

    /// A file that is there; [`Errno::NOENT`] for what is no file.
    pub(super) fn file(&self, name: &str) -> Result<File, Errno> {
        if !matches!(self.kind(name)?, Kind::File { .. }) {
            return Err(Errno::NOENT);
        }
        // It may have become something else since: a pipe must not keep us waiting.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&*self.0, name, flags, Mode::empty())?);
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => Ok(file),
            _ => Err(Errno::NOENT),
        }
    }

    /// A file that was not there.
    pub(super) fn create(&self, name: &str) -> Result<File, Errno> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&*self.0, name, flags, Mode::from_raw_mode(0o666)).map(File::from)
    }

    /// What stands behind a name itself, not where it links to.
    pub(super) fn kind(&self, name: &str) -> Result<Kind, Errno> {
        let found = rustix::fs::statat(&*self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => Kind::File { size: u64::try_from(found.st_size).unwrap_or(0) },
            FileType::Directory => Kind::Directory,
            _ => Kind::Other,
        })
    }

    /// Moves a name to another directory, over a file that may be there.
    pub(super) fn rename(&self, name: &str, to: &Self, new_name: &str) -> Result<(), Errno> {
        rustix::fs::renameat(&*self.0, name, &*to.0, new_name)
    }

    /// Takes away a name that is no directory.
    pub(super) fn unlink(&self, name: &str) -> Result<(), Errno> {
        rustix::fs::unlinkat(&*self.0, name, AtFlags::empty())
    }

    /// Takes away an empty directory.
    pub(super) fn remove_empty(&self, name: &str) -> Result<(), Errno> {
        rustix::fs::unlinkat(&*self.0, name, AtFlags::REMOVEDIR)
    }

    /// The names in it, in no order. Those that are not text cannot be artifacts of ours.
    pub(super) fn names(&self) -> Result<Vec<String>, Errno> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&*self.0)? {
            match entry?.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        Ok(names)
    }

    /// Brings its entries to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    /// Bytes that may still be written to its disk.
    pub(super) fn free(&self) -> Result<u64, Errno> {
        let disk = rustix::fs::fstatvfs(&*self.0)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// The directory as a file: for its times, and to lock it.
    pub(super) fn as_file(&self) -> &File {
        &self.0
    }
}
