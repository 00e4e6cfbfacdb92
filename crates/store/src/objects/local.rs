//! Objects as read-only files: `objects/ab/cdef…`.
//!
//! A file is written under `tmp/`, synced, renamed to its hash, and the directory synced: at every
//! instant
//! the object is whole or not there.

#[cfg(test)]
mod tests;

use std::{
    fs,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use base::{Hash, Hasher};

use super::Objects;
use crate::{
    Error,
    artifacts::{Temporary, belongs_to_the_living},
    error::Context as _,
    files::Files,
};

const READ_ONLY: u32 = 0o444;

pub(crate) struct Local {
    objects: PathBuf,
    temporary: PathBuf,
    files: Box<dyn Files>,
}

impl Local {
    /// The objects in a directory that is there already.
    pub(crate) fn existing(dir: &Path, files: Box<dyn Files>) -> Self {
        Self { objects: dir.join("objects"), temporary: dir.join("tmp"), files }
    }

    /// The same, making what is missing.
    pub(crate) fn create(dir: &Path, files: Box<dyn Files>) -> Result<Self, Error> {
        let local = Self::existing(dir, files);
        let mut made = false;
        for path in [&local.objects, &local.temporary] {
            made |= local.files.create_directory(path).during("create", path)?;
        }
        if made {
            local.files.sync_directory(dir).during("sync", dir)?;
        }
        // All 256 at once, so that storing an object never has to make and sync a directory.
        let mut made = false;
        for first in 0..=u8::MAX {
            let path = local.objects.join(format!("{first:02x}"));
            made |= local.files.create_directory(&path).during("create", &path)?;
        }
        if made {
            local.files.sync_directory(&local.objects).during("sync", &local.objects)?;
        }
        Ok(local)
    }

    fn place(&self, hash: &Hash) -> PathBuf {
        let digits = hash.to_string();
        self.objects.join(&digits[..2]).join(&digits[2..])
    }

    fn sync_shard(&self, place: &Path) -> Result<(), Error> {
        let shard = place.parent().expect("an object has a directory");
        self.files.sync_directory(shard).during("sync", shard)
    }

    /// Copies the source into a synced temporary file.
    fn receive(&self, source: &mut dyn Read, origin: &Path) -> Result<(Temporary, Hash, u64), Error> {
        let temporary = Temporary::within(&self.temporary);
        let path = temporary.path();
        let mut output = self.files.create(path).during("create", path)?;
        let mut hasher = Hasher::new();
        let mut bytes = 0;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let count = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::io("read", origin, error)),
            };
            hasher.update(&buffer[..count]);
            output.write_all(&buffer[..count]).during("write", path)?;
            bytes += count as u64;
        }
        output.seal(READ_ONLY).during("sync", path)?;
        drop(output);
        Ok((temporary, hasher.finish(), bytes))
    }
}

impl Objects for Local {
    fn put(&self, source: &mut dyn Read, origin: &Path) -> Result<Hash, Error> {
        let (temporary, hash, bytes) = self.receive(source, origin)?;
        if self.keep(&hash, bytes)? {
            return Ok(hash);
        }
        // Either nothing is there or something damaged: the rename replaces it.
        let place = self.place(&hash);
        self.files.rename(temporary.path(), &place).during("store", &place)?;
        self.sync_shard(&place)?;
        Ok(hash)
    }

    fn keep(&self, hash: &Hash, bytes: u64) -> Result<bool, Error> {
        if self.bytes(hash)? != Some(bytes) {
            return Ok(false);
        }
        // Whoever stored it may have been killed between the rename and the sync.
        self.sync_shard(&self.place(hash))?;
        Ok(true)
    }

    fn bytes(&self, hash: &Hash) -> Result<Option<u64>, Error> {
        let place = self.place(hash);
        match fs::metadata(&place) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &place, error)),
        }
    }

    fn path(&self, hash: &Hash) -> Result<PathBuf, Error> {
        let path = self.place(hash);
        match self.bytes(hash)? {
            Some(_) => Ok(path),
            None => Err(Error::Missing { hash: *hash, path }),
        }
    }

    fn remove(&self, hash: &Hash) -> Result<(), Error> {
        let place = self.place(hash);
        match fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &place, error)),
            _ => Ok(()),
        }
    }

    fn sweep(&self) -> Result<usize, Error> {
        let mut swept = 0;
        for entry in fs::read_dir(&self.temporary).during("read", &self.temporary)? {
            let path = entry.during("read", &self.temporary)?.path();
            if belongs_to_the_living(&path) {
                continue;
            }
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Ok(()) => swept += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("remove", &path, error)),
            }
        }
        Ok(swept)
    }
}
