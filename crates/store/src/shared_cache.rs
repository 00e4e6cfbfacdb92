//! A cache that several projects and machines share: a directory, on a file system that all of them see.
//!
//! ```text
//! kaizen-cache.json   the format
//! keys/ab/cdef…       what came out of the inputs with this key: {format, output, objects: [{hash, bytes}]}
//! objects/ab/cdef…    the objects, as a store keeps them
//! tmp/                files being written
//! ```
//!
//! Nobody in charge of it: many write at once, each file appears whole by a rename, and whoever was killed
//! leaves at most something in `tmp/`. Nothing in it is trusted: what is taken from it has the hash and
//! the size that were asked for, or it is damaged, said to be and taken away. Small files are not synced:
//! a loss of power costs entries, which are made again. Whoever shares the directory with others gives
//! them the right to write below it, by its group and a umask that keeps the group's right.

mod entry;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use base::{Hash, Timestamp};
use entry::{Entry, Found};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Stat, Store,
    artifacts::Temporary,
    error::Context as _,
    files::{Disk, Files},
    objects::{Durable, Local, Objects as _, SMALL},
};

/// How old a file in `tmp/` must be to be taken for a killed writer's. Writers on other machines cannot be
/// asked whether they live.
const ABANDONED_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// A cache shared with others.
pub struct SharedCache {
    dir: PathBuf,
    objects: Local,
    files: Box<dyn Files>,
    swept: AtomicBool,
}

/// What came out of some inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The object that it gave.
    pub output: Hash,
    /// Every object that belongs to it, that one included.
    pub objects: Vec<SharedObject>,
}

/// An object of a shared entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedObject {
    /// The object.
    pub hash: Hash,
    /// Its size.
    pub bytes: u64,
}

/// What looking for a key led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// It is there, and every object of it is in the store now.
    Hit(Shared),
    /// It is not there.
    Miss,
    /// It was there and not whole, and is taken away where that is allowed. Nothing of it is used.
    Damaged {
        /// What is wrong with it.
        why: String,
    },
}

impl SharedCache {
    /// Opens the cache in a directory, making it first when there is none. To read one that is there no
    /// right to write is needed.
    ///
    /// # Errors
    /// When it cannot be made or read, or a later release made it.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Self::open_on(&|| Box::new(Disk), dir)
    }

    fn open_on(files: &dyn Fn() -> Box<dyn Files>, dir: &Path) -> Result<Self, Error> {
        let (objects, swept) = (Local::existing(dir, files()), AtomicBool::new(false));
        let cache = Self { dir: dir.to_owned(), objects, files: files(), swept };
        if !entry::check_format(dir)? {
            fs::create_dir_all(dir).during("create", dir)?;
            Local::create(dir, files())?;
            let keys = dir.join("keys");
            cache.files.create_directory(&keys).during("create", &keys)?;
            cache.write(&entry::format_file(dir), &entry::format_text())?;
        }
        Ok(cache)
    }

    /// Looks for what came out of the inputs with this key, and copies every object of it into the store.
    ///
    /// # Errors
    /// When the cache cannot be read or the store not written. Neither says that there is no such entry; the
    /// caller can go on without it.
    pub fn get(&self, key: &Hash, into: &Store) -> Result<Lookup, Error> {
        let place = self.place(key);
        let shared = match entry::read(&place)? {
            Found::Nothing => return Ok(Lookup::Miss),
            Found::Damaged(why) => return Ok(self.discard(&place, None, why)),
            Found::Whole(shared) => shared,
        };
        for object in &shared.objects {
            if let Some(why) = self.copy_out(object, into)? {
                return Ok(self.discard(&place, Some(object), why));
            }
        }
        Ok(Lookup::Hit(shared))
    }

    /// Adds what came out of the inputs with this key, with its objects from the store. Others find it
    /// whole or not at all.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Corrupt`] when the store does not have an object whole; otherwise when
    /// the cache cannot be written, which the caller can go on without.
    pub fn put(&self, key: &Hash, shared: &Shared, from: &Store) -> Result<(), Error> {
        if !self.swept.swap(true, Ordering::Relaxed) {
            self.sweep(from.clock().now());
        }
        for object in &shared.objects {
            self.copy_in(object, from)?;
        }
        let place = self.place(key);
        let shard = place.parent().expect("a key has a directory");
        self.files.create_directory(shard).during("create", shard)?;
        self.write(&place, &Entry::of(shared).encode())
    }

    fn place(&self, key: &Hash) -> PathBuf {
        let digits = key.to_string();
        self.dir.join("keys").join(&digits[..2]).join(&digits[2..])
    }

    /// Copies an object into the store; says what is wrong with it when it is not what it should be.
    fn copy_out(&self, object: &SharedObject, into: &Store) -> Result<Option<String>, Error> {
        let SharedObject { hash, bytes } = object;
        if has_already(object, into)? {
            return Ok(None);
        }
        let path = self.objects.locate(hash);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Some(format!("its object {} is not there", hash.short())));
            }
            Err(error) => return Err(Error::io("open", &path, error)),
        };
        let size = file.metadata().during("read", &path)?.len();
        if size != *bytes {
            return Ok(Some(format!("its object {} has {size} bytes, not {bytes}", hash.short())));
        }
        let altered = || Some(format!("the content of its object {} hashes to something else", hash.short()));
        if *bytes > SMALL {
            let is_whole = into.objects().put_expected((hash, *bytes), &mut file, &path)?;
            return Ok(if is_whole { None } else { altered() });
        }
        let mut content = Vec::new();
        file.take(SMALL).read_to_end(&mut content).during("read", &path)?;
        if Hash::of(&content) != *hash {
            return Ok(altered());
        }
        into.put_small(hash, &content)?;
        Ok(None)
    }

    /// Copies an object into the cache, unless it is there.
    fn copy_in(&self, object: &SharedObject, from: &Store) -> Result<(), Error> {
        let SharedObject { hash, bytes } = object;
        if self.objects.bytes(hash)? == Some(*bytes) {
            return Ok(());
        }
        let path = from.path(hash)?;
        let other =
            |path| Error::Corrupt { hash: *hash, path, why: format!("it does not have {bytes} bytes") };
        if *bytes <= SMALL {
            let content = from.get_bytes(hash)?;
            if content.len() as u64 != *bytes {
                return Err(other(path));
            }
            return self.objects.write(hash, &content, Durable::Later);
        }
        let mut file = File::open(&path).during("open", &path)?;
        if self.objects.put_expected((hash, *bytes), &mut file, &path)? {
            return Ok(());
        }
        from.verify(hash)?;
        Err(other(path))
    }

    /// Takes a damaged entry away, so that the next writer makes it anew.
    fn discard(&self, place: &Path, object: Option<&SharedObject>, mut why: String) -> Lookup {
        let object = object.map(|object| self.objects.locate(&object.hash));
        for path in [Some(place), object.as_deref()].into_iter().flatten() {
            match self.files.remove(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    why = format!("{why}; remove {}: {error}", path.display());
                }
                _ => {}
            }
        }
        Lookup::Damaged { why }
    }

    /// Writes a file whole or not at all.
    fn write(&self, place: &Path, text: &str) -> Result<(), Error> {
        let temporary = Temporary::within(&self.dir.join("tmp"));
        let path = temporary.path();
        let mut output = self.files.create(path).during("create", path)?;
        output.write_all(text.as_bytes()).during("write", path)?;
        output.finish(0o444).during("write", path)?;
        drop(output);
        self.files.rename(path, place).during("store", place)?;
        temporary.moved();
        Ok(())
    }

    /// Takes away what killed writers left. Best effort: the next one tries again.
    fn sweep(&self, now: Timestamp) {
        let Ok(entries) = fs::read_dir(self.dir.join("tmp")) else { return };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let age = now.micros().saturating_sub(Stat::from(&metadata).mtime_ns / 1000);
            if age > ABANDONED_MICROS && metadata.is_file() {
                let _ = self.files.remove(&entry.path());
            }
        }
    }
}

/// Has the store this object, whole? It keeps it then.
fn has_already(object: &SharedObject, store: &Store) -> Result<bool, Error> {
    let SharedObject { hash, bytes } = object;
    if *bytes > SMALL {
        return Ok(store.objects().keep(hash, *bytes)? && store.verify(hash).is_ok());
    }
    if store.objects().bytes(hash)? != Some(*bytes) {
        return Ok(false);
    }
    let Ok(content) = store.get_bytes(hash) else { return Ok(false) };
    store.put_small(hash, &content)?;
    Ok(true)
}

impl std::fmt::Debug for SharedCache {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SharedCache").field("dir", &self.dir).finish_non_exhaustive()
    }
}
