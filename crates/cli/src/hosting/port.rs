//! The port of a process that may be killed while its commands go on: the next one takes the same, so that they reach it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file in the tracking directory, there while a process answers, and after it was killed.
const FILE: &str = "port";

/// Where the port stands while a process answers.
pub(super) fn file(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

/// A note of the port that is taken. It goes when this is dropped.
pub(super) struct Port(PathBuf);

/// The one that a process which was killed had.
pub(super) fn left(directory: &Path) -> Option<u16> {
    fs::read_to_string(file(directory)).ok()?.trim().parse().ok()
}

impl Port {
    /// Says which port is taken.
    pub(super) fn note(directory: &Path, port: u16) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let path = file(directory);
        fs::write(&path, port.to_string())?;
        Ok(Self(path))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // What is left only suggests a port.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::mem;

    use super::{Port, left};

    #[test]
    fn a_port_is_known_to_the_next_process_when_this_one_is_killed_and_only_then() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("tracking");
        assert_eq!(left(&at), None);
        drop(Port::note(&at, 4242).unwrap());
        assert_eq!(left(&at), None);
        mem::forget(Port::note(&at, 4242).unwrap());
        assert_eq!(left(&at), Some(4242));
    }
}
