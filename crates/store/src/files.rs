//! The seam to the file system for everything the store writes beside the database.
//!
//! It exists so that tests can make any single operation fail, as a full disk does, or take away what
//! was not synced, as a loss of power does, and look at what is left. Reading needs no seam: it leaves
//! nothing behind.

#[cfg(test)]
pub(crate) mod faulty;
#[cfg(test)]
pub(crate) mod lossy;

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// The operations that change a local file system.
pub(crate) trait Files: Send + Sync {
    /// Makes a directory; false when it was there already.
    fn create_directory(&self, path: &Path) -> io::Result<bool>;

    /// Begins a file that is not there yet.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>>;

    /// Moves a file or directory to a name on the same file system, replacing a file there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a file away.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory survive a loss of power.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// Makes everything that was written so far to the file system of this directory, names and
    /// contents, survive a loss of power.
    ///
    /// The system tells of a write that failed since the directory was opened, so it is opened first
    /// and kept.
    fn sync_all(&self, directory: &File) -> io::Result<()>;
}

/// A file being written.
pub(crate) trait Output: Write {
    /// Sets the permissions. The content may still be lost with the power.
    fn finish(&mut self, mode: u32) -> io::Result<()>;

    /// Sets the permissions and makes the content survive a loss of power.
    fn seal(&mut self, mode: u32) -> io::Result<()>;
}

/// The file system of the machine.
pub(crate) struct Disk;

impl Files for Disk {
    fn create_directory(&self, path: &Path) -> io::Result<bool> {
        match fs::create_dir(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_all(&self, directory: &File) -> io::Result<()> {
        Ok(rustix::fs::syncfs(directory)?)
    }
}

impl Output for File {
    fn finish(&mut self, mode: u32) -> io::Result<()> {
        self.set_permissions(Permissions::from_mode(mode))
    }

    fn seal(&mut self, mode: u32) -> io::Result<()> {
        self.finish(mode)?;
        File::sync_all(self)
    }
}
