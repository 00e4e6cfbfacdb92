//! A file system that fails one chosen operation, and from then on all of them, as a full disk does.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{Disk, Files, Output};

/// Counts the operations and fails from the `fails_at`-th on, counted from 0.
#[derive(Clone)]
pub(crate) struct Faulty {
    done: Arc<AtomicUsize>,
    fails_at: usize,
    kind: io::ErrorKind,
}

impl Faulty {
    pub(crate) fn full_after(operations: usize) -> Self {
        Self { done: Arc::default(), fails_at: operations, kind: io::ErrorKind::StorageFull }
    }

    /// Refuses every operation, as a file system that is mounted for reading does.
    pub(crate) fn read_only() -> Self {
        Self { done: Arc::default(), fails_at: 0, kind: io::ErrorKind::ReadOnlyFilesystem }
    }

    /// Passes everything on, and only counts.
    pub(crate) fn sound() -> Self {
        Self::full_after(usize::MAX)
    }

    pub(crate) fn operations(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    fn step(&self) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::Relaxed);
        if number < self.fails_at { Ok(()) } else { Err(self.kind.into()) }
    }
}

impl Files for Faulty {
    fn create_directory(&self, path: &Path) -> io::Result<bool> {
        self.step()?;
        Disk.create_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        self.step()?;
        let file = Disk.create(path)?;
        Ok(Box::new(FaultyOutput { file, files: self.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.remove(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.sync_directory(path)
    }

    fn sync_all(&self, directory: &File) -> io::Result<()> {
        self.step()?;
        Disk.sync_all(directory)
    }
}

struct FaultyOutput {
    file: Box<dyn Output>,
    files: Faulty,
}

impl Write for FaultyOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.files.step() {
            // A full disk takes what still fits: half of it reaches the file.
            self.file.write_all(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Output for FaultyOutput {
    fn finish(&mut self, mode: u32) -> io::Result<()> {
        self.files.step()?;
        self.file.finish(mode)
    }

    fn seal(&mut self, mode: u32) -> io::Result<()> {
        self.files.step()?;
        self.file.seal(mode)
    }
}
