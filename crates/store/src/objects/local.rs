//! Objects as read-only files: `objects/ab/cdef…`.
//!
//! A file is written under `tmp/`, synced, renamed to its hash, and the directory synced: at every
//! instant
//! the object is whole or not there. A small one may be written without the syncs; whoever asks for that
//! keeps its bytes elsewhere until it is settled.

#[cfg(test)]
mod tests;

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use base::{Hash, Hasher};
use rustix::{
    fs::{AtFlags, statat},
    io::Errno,
};

use super::{Durable, Objects};
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
    /// The directory of the objects, opened before the first write that is not synced.
    opened: OnceLock<File>,
}

/// What came from a source, synced and not yet at its place.
struct Received {
    temporary: Temporary,
    hash: Hash,
    bytes: u64,
}

impl Local {
    /// The objects in a directory that is there already.
    pub(crate) fn existing(dir: &Path, files: Box<dyn Files>) -> Self {
        let (objects, temporary) = (dir.join("objects"), dir.join("tmp"));
        Self { objects, temporary, files, opened: OnceLock::new() }
    }

    /// The same, making what is missing.
    pub(crate) fn create(dir: &Path, files: Box<dyn Files>) -> Result<Self, Error> {
        let local = Self::existing(dir, files);
        let (has_room, has_shards) = (local.temporary.is_dir(), local.objects.is_dir());
        if !has_room {
            local.files.create_directory(&local.temporary).during("create", &local.temporary)?;
        }
        if !has_shards {
            local.make_shards()?;
        }
        if !has_room || !has_shards {
            local.files.sync_directory(dir).during("sync", dir)?;
        }
        Ok(local)
    }

    /// Makes the directory of the objects with all 256 in it, or none: storing an object then never has
    /// to make and sync a directory, and opening never has to look for them.
    fn make_shards(&self) -> Result<(), Error> {
        let temporary = Temporary::within(&self.temporary);
        let path = temporary.path();
        self.files.create_directory(path).during("create", path)?;
        for first in 0..=u8::MAX {
            let shard = path.join(format!("{first:02x}"));
            self.files.create_directory(&shard).during("create", &shard)?;
        }
        self.files.sync_directory(path).during("sync", path)?;
        match self.files.rename(path, &self.objects) {
            // Another process was quicker.
            Err(_) if self.objects.is_dir() => Ok(()),
            renamed => renamed.during("create", &self.objects),
        }
    }

    /// Where an object is, or would be.
    pub(crate) fn locate(&self, hash: &Hash) -> PathBuf {
        let digits = hash.to_string();
        self.objects.join(&digits[..2]).join(&digits[2..])
    }

    fn sync_shard(&self, place: &Path) -> Result<(), Error> {
        let shard = shard(place);
        self.files.sync_directory(shard).during("sync", shard)
    }

    /// Copies the source into a synced temporary file; nothing when it has more bytes than the limit.
    fn receive(
        &self,
        source: &mut dyn Read,
        origin: &Path,
        limit: Option<u64>,
    ) -> Result<Option<Received>, Error> {
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
            bytes += count as u64;
            if limit.is_some_and(|limit| bytes > limit) {
                return Ok(None);
            }
            hasher.update(&buffer[..count]);
            output.write_all(&buffer[..count]).during("write", path)?;
        }
        output.seal(READ_ONLY).during("sync", path)?;
        drop(output);
        Ok(Some(Received { temporary, hash: hasher.finish(), bytes }))
    }

    /// Puts what was received at its place, unless the object is there.
    fn install(&self, received: Received) -> Result<(), Error> {
        if self.keep(&received.hash, received.bytes)? {
            return Ok(());
        }
        // Either nothing is there or something damaged: the rename replaces it.
        let place = self.locate(&received.hash);
        self.rename(received.temporary, &place)?;
        self.sync_shard(&place)
    }

    fn rename(&self, temporary: Temporary, place: &Path) -> Result<(), Error> {
        let mut renamed = self.files.rename(temporary.path(), place);
        if renamed.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            // An earlier release made the directories one by one, and may have been killed.
            let shard = shard(place);
            self.files.create_directory(shard).during("create", shard)?;
            self.files.sync_directory(&self.objects).during("sync", &self.objects)?;
            renamed = self.files.rename(temporary.path(), place);
        }
        renamed.during("store", place)?;
        temporary.moved();
        Ok(())
    }

    /// The directory of the objects, open.
    fn opened(&self) -> Result<&File, Error> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = File::open(&self.objects).during("open", &self.objects)?;
        Ok(self.opened.get_or_init(|| opened))
    }
}

impl Objects for Local {
    fn put(&self, source: &mut dyn Read, origin: &Path) -> Result<Hash, Error> {
        let received = self.receive(source, origin, None)?.expect("there is no limit");
        let hash = received.hash;
        self.install(received)?;
        Ok(hash)
    }

    fn put_expected(
        &self,
        (hash, bytes): (&Hash, u64),
        source: &mut dyn Read,
        origin: &Path,
    ) -> Result<bool, Error> {
        let Some(received) = self.receive(source, origin, Some(bytes))? else { return Ok(false) };
        if (received.hash, received.bytes) != (*hash, bytes) {
            return Ok(false);
        }
        self.install(received)?;
        Ok(true)
    }

    fn write(&self, hash: &Hash, bytes: &[u8], durable: Durable) -> Result<(), Error> {
        self.opened()?;
        let temporary = Temporary::within(&self.temporary);
        let path = temporary.path();
        let mut output = self.files.create(path).during("create", path)?;
        output.write_all(bytes).during("write", path)?;
        match durable {
            Durable::Now => output.seal(READ_ONLY).during("sync", path)?,
            Durable::Later => output.finish(READ_ONLY).during("write", path)?,
        }
        drop(output);
        let place = self.locate(hash);
        self.rename(temporary, &place)?;
        if durable == Durable::Now { self.sync_shard(&place) } else { Ok(()) }
    }

    fn holds(&self, hash: &Hash, bytes: &[u8]) -> Result<bool, Error> {
        let place = self.locate(hash);
        let mut file = match File::open(&place) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(Error::io("open", &place, error)),
        };
        let size = file.metadata().during("read", &place)?.len();
        if size != bytes.len() as u64 {
            return Ok(false);
        }
        let mut found = Vec::with_capacity(bytes.len());
        file.read_to_end(&mut found).during("read", &place)?;
        Ok(found == bytes)
    }

    fn settle(&self) -> Result<(), Error> {
        self.files.sync_all(self.opened()?).during("sync", &self.objects)
    }

    fn keep(&self, hash: &Hash, bytes: u64) -> Result<bool, Error> {
        if self.bytes(hash)? != Some(bytes) {
            return Ok(false);
        }
        // Whoever stored it may have been killed between the rename and the sync.
        self.sync_shard(&self.locate(hash))?;
        Ok(true)
    }

    fn bytes(&self, hash: &Hash) -> Result<Option<u64>, Error> {
        let place = self.locate(hash);
        match fs::metadata(&place) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &place, error)),
        }
    }

    fn lacking(&self, objects: &[(Hash, u64)]) -> Result<Vec<Hash>, Error> {
        let opened = self.opened()?;
        let mut lacking = Vec::new();
        let mut path = String::with_capacity(65);
        for (hash, bytes) in objects {
            path.clear();
            write!(path, "{hash}").expect("text takes whatever is written to it");
            path.insert(2, '/');
            match statat(opened, path.as_str(), AtFlags::empty()) {
                Ok(found) if u64::try_from(found.st_size).is_ok_and(|size| size == *bytes) => {}
                Ok(_) | Err(Errno::NOENT) => lacking.push(*hash),
                Err(error) => return Err(Error::io("read", &self.locate(hash), error.into())),
            }
        }
        Ok(lacking)
    }

    fn path(&self, hash: &Hash) -> Result<PathBuf, Error> {
        let path = self.locate(hash);
        match self.bytes(hash)? {
            Some(_) => Ok(path),
            None => Err(Error::Missing { hash: *hash, path }),
        }
    }

    fn remove(&self, hash: &Hash) -> Result<(), Error> {
        let place = self.locate(hash);
        match self.files.remove(&place) {
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

fn shard(place: &Path) -> &Path {
    place.parent().expect("an object has a directory")
}
