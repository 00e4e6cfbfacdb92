//! The files below a path that a step declares to read, for whoever hashes or copies them.
//!
//! Links are followed, since a command that reads them follows them too. What would never end is refused: a link to a
//! directory that it lies in, and what is no file.

use std::{
    fs::{self, FileType},
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use crate::Error;

/// The file at this path, or all files below it, in the order of their paths. Nothing when it is not there or may not
/// be read.
///
/// # Errors
/// Names the link that leads back, and the FIFO, socket or device.
pub(crate) fn walk(path: &Path) -> Result<Option<Vec<PathBuf>>, Error> {
    let mut walk = Walk::default();
    match walk.visit(path) {
        Ok(()) => {
            walk.files.sort();
            Ok(Some(walk.files))
        }
        Err(Stop::Unreadable) => Ok(None),
        Err(Stop::Refused(error)) => Err(error),
    }
}

#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    /// The directories that lead to where it is, by device and inode.
    above: Vec<(u64, u64)>,
}

/// Why there is no list.
enum Stop {
    Unreadable,
    Refused(Error),
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Unreadable
    }
}

impl Walk {
    fn visit(&mut self, path: &Path) -> Result<(), Stop> {
        let found = fs::metadata(path)?;
        if found.is_file() {
            self.files.push(path.to_owned());
            return Ok(());
        }
        if !found.is_dir() {
            let what = kind(found.file_type());
            return Err(refused(path, format!("it is a {what}; remove it, or leave it out of `reads`")));
        }
        let itself = (found.dev(), found.ino());
        if self.above.contains(&itself) {
            let why = "it is a link to a directory that it lies in; remove it, or leave it out of `reads`";
            return Err(refused(path, why.to_owned()));
        }
        self.above.push(itself);
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            // A link to nothing has no content.
            if entry.file_type()?.is_symlink() && leads_nowhere(&entry.path())? {
                continue;
            }
            self.visit(&entry.path())?;
        }
        self.above.pop();
        Ok(())
    }
}

fn leads_nowhere(link: &Path) -> Result<bool, Stop> {
    match fs::metadata(link) {
        Ok(_) => Ok(false),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            Err(refused(link, "it is a link to itself; remove it, or leave it out of `reads`".to_owned()))
        }
        Err(_) => Ok(true),
    }
}

fn refused(path: &Path, why: String) -> Stop {
    Stop::Refused(Error::io("read", path)(io::Error::other(why)))
}

fn kind(found: FileType) -> &'static str {
    if found.is_fifo() {
        "FIFO"
    } else if found.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::walk;

    #[test]
    fn linked_directories_are_walked_and_links_to_nothing_are_not() {
        let root = tempfile::tempdir().unwrap();
        let (read, other) = (root.path().join("read"), root.path().join("other"));
        fs::create_dir_all(&read).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(read.join("b"), "").unwrap();
        fs::write(other.join("x"), "").unwrap();
        symlink(&other, read.join("a")).unwrap();
        symlink(&other, read.join("c")).unwrap();
        symlink("gone", read.join("d")).unwrap();
        let expected = ["a/x", "b", "c/x"].map(|name| read.join(name));
        assert_eq!(walk(&read).unwrap().unwrap(), expected);
        assert!(walk(&read.join("none")).unwrap().is_none());
    }

    #[test]
    fn a_link_that_leads_back_is_refused_by_name() {
        for (name, to) in [("up", "../.."), ("here", "."), ("itself", "itself")] {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join("read/deep")).unwrap();
            symlink(to, root.path().join("read/deep").join(name)).unwrap();
            let error = walk(root.path()).unwrap_err().to_string();
            assert!(error.contains(&format!("read/deep/{name}: it is a link to")), "{error}");
        }
    }

    #[test]
    fn a_socket_is_refused_by_name() {
        let root = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
        for path in [root.path().to_owned(), root.path().join("socket")] {
            let error = walk(&path).unwrap_err().to_string();
            assert!(error.contains("socket: it is a socket"), "{error}");
        }
    }
}
