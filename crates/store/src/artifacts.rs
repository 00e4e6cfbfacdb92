//! Artifacts as the engine sees them: bytes, files and trees, by content hash.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    hash::{BuildHasher as _, RandomState},
    io::Read,
    path::{Path, PathBuf},
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use base::{Hash, Hasher};
use rustix::{io::Errno, process::Pid};

use crate::{
    Error, Lock, Stat, Store, error::Context as _, file_cache::FileMemory, files::Disk, objects::SMALL, tree,
    tree::Tree,
};

impl Store {
    /// Stores bytes and returns their hash.
    ///
    /// More than 64 KiB are durable when this returns. Fewer are durable with the next transaction through
    /// this store or a clone of it, so with whatever records their hash, or with [`Store::settle`].
    ///
    /// # Errors
    /// [`Error::NoSpace`] on a full disk; nothing is visible then.
    pub fn put_bytes(&self, bytes: impl AsRef<[u8]>) -> Result<Hash, Error> {
        let bytes = bytes.as_ref();
        let hash = Hash::of(bytes);
        if bytes.len() as u64 <= SMALL {
            self.put_small(&hash, bytes)?;
            return Ok(hash);
        }
        if self.objects().keep(&hash, bytes.len() as u64)? {
            return Ok(hash);
        }
        self.objects().put(&mut &bytes[..], Path::new("memory"))
    }

    /// Stores a copy of a file and returns its hash, durable as [`Store::put_bytes`] says. A large file
    /// that is remembered and stored is not read again.
    ///
    /// # Errors
    /// [`Error::NoSpace`] on a full disk; nothing is visible then.
    pub fn put_file(&self, path: &Path) -> Result<Hash, Error> {
        let mut file = File::open(path).during("open", path)?;
        let stat = Stat::from(&file.metadata().during("read", path)?);
        let mut start = Vec::new();
        if stat.bytes <= SMALL {
            start.reserve_exact(usize::try_from(stat.bytes).unwrap_or_default() + 1);
            (&mut file).take(SMALL + 1).read_to_end(&mut start).during("read", path)?;
            if start.len() as u64 <= SMALL {
                return self.put_bytes(&start);
            }
            // It has grown meanwhile.
        } else if let Some(hash) = self.file_hash(path, &stat)?
            && self.objects().keep(&hash, stat.bytes)?
        {
            return Ok(hash);
        }
        let began = self.clock().now();
        let hash = self.objects().put(&mut Read::chain(&start[..], file), path)?;
        self.remember_later(FileMemory { path: path.to_owned(), stat, began, hash });
        Ok(hash)
    }

    /// Stores files under relative names, and the list of them; the hash of that list stands for all.
    ///
    /// # Errors
    /// [`Error::TreeName`] when a name is absolute, climbs out with `..`, or stands for two things.
    pub fn put_tree(&self, files: &[(impl AsRef<str>, impl AsRef<[u8]>)]) -> Result<Hash, Error> {
        let tree = Tree::of(files)?;
        for (_, bytes) in files {
            self.put_bytes(bytes)?;
        }
        self.put_bytes(tree.encode())
    }

    /// The list of files of a stored tree.
    ///
    /// # Errors
    /// [`Error::NotATree`] when the object is something else.
    pub fn tree(&self, hash: &Hash) -> Result<Tree, Error> {
        Tree::decode(hash, &self.get_bytes(hash)?)
    }

    /// Writes a stored tree as a directory, whole or not at all. A directory that holds just that
    /// tree is left.
    ///
    /// # Errors
    /// [`Error::Occupied`] when the place holds something else.
    pub fn materialise_tree(&self, hash: &Hash, dir: &Path) -> Result<(), Error> {
        tree::materialise(&self.tree(hash)?, hash, self.objects(), &Disk, dir)
    }

    /// The bytes of an object, checked against its hash.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Corrupt`] name the object and the way out.
    pub fn get_bytes(&self, hash: &Hash) -> Result<Vec<u8>, Error> {
        let path = self.path(hash)?;
        let bytes = fs::read(&path).during("read", &path)?;
        compare(hash, Hash::of(&bytes), path)?;
        Ok(bytes)
    }

    /// A local file with the object's bytes. It must not be written to.
    ///
    /// # Errors
    /// [`Error::Missing`] when the object is not there. The content is not checked: see
    /// [`Store::verify`].
    pub fn path(&self, hash: &Hash) -> Result<PathBuf, Error> {
        self.objects().path(hash)
    }

    /// Those of the objects, each with its size, that are not there in that size. Their contents are not
    /// read: see [`Store::verify`].
    ///
    /// # Errors
    /// When a place where one would be cannot be read.
    pub fn lacking(&self, objects: &[(Hash, u64)]) -> Result<Vec<Hash>, Error> {
        self.objects().lacking(objects)
    }

    /// Is the object there?
    ///
    /// # Errors
    /// When the place where it would be cannot be read.
    pub fn exists(&self, hash: &Hash) -> Result<bool, Error> {
        Ok(self.objects().bytes(hash)?.is_some())
    }

    /// Reads an object through and checks it against its hash.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Corrupt`] name the object and the way out.
    pub fn verify(&self, hash: &Hash) -> Result<(), Error> {
        let path = self.path(hash)?;
        compare(hash, hash_content(&path)?, path)
    }

    /// Takes away an object whose content is no longer what its hash says, so that it is missed and made
    /// again. One that is whole stays.
    ///
    /// # Errors
    /// When it cannot be read or removed.
    pub fn remove_damaged(&self, hash: &Hash) -> Result<(), Error> {
        match self.verify(hash) {
            Err(Error::Corrupt { .. }) => self.objects().remove(hash),
            Ok(()) | Err(Error::Missing { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A fresh path for a file or directory of the caller's, taken away when dropped or, after a
    /// kill, swept.
    pub fn temporary(&self) -> Temporary {
        Temporary::within(&self.dir().join("tmp"))
    }

    /// Takes away what killed processes left half-written; returns how many things that were.
    ///
    /// Whoever runs the line does this once at its start, hence the lock. Writers beside it, such as
    /// `kaizen promote`, keep theirs: only what belongs to no living process goes.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn sweep(&self, _held: &Lock) -> Result<usize, Error> {
        self.objects().sweep()
    }
}

/// The hash of a file's content, read piece by piece.
pub(crate) fn hash_content(path: &Path) -> Result<Hash, Error> {
    ContentReader::new().hash(path)
}

/// Hashes the contents of files, one after another, through one buffer.
pub(crate) struct ContentReader(Vec<u8>);

impl ContentReader {
    pub(crate) fn new() -> Self {
        Self(vec![0; 256 * 1024])
    }

    pub(crate) fn hash(&mut self, path: &Path) -> Result<Hash, Error> {
        let mut file = File::open(path).during("open", path)?;
        let mut hasher = Hasher::new();
        loop {
            let count = file.read(&mut self.0).during("read", path)?;
            if count == 0 {
                return Ok(hasher.finish());
            }
            hasher.update(&self.0[..count]);
        }
    }
}

pub(crate) fn compare(hash: &Hash, found: Hash, path: PathBuf) -> Result<(), Error> {
    if found == *hash {
        return Ok(());
    }
    Err(Error::Corrupt { hash: *hash, path, why: format!("its content hashes to {}", found.short()) })
}

/// A path of one's own for something that is being made. What is still there when this is dropped goes.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    pub(crate) fn within(dir: &Path) -> Self {
        Self(dir.join(unique()))
    }

    /// Beside a path, so that a rename to it stays on one file system.
    pub(crate) fn beside(path: &Path) -> Self {
        Self(path.with_file_name(format!(".kaizen-{}", unique())))
    }

    /// Nothing is there any more: it was moved to its place.
    pub(crate) fn moved(mut self) {
        self.0 = PathBuf::new();
    }

    /// The path. Nothing is there yet.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.0.as_os_str().is_empty() {
            return;
        }
        // Best effort: what stays is swept at the next start.
        let _ = if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) };
    }
}

/// A name that tells which process it belongs to: `<pid>-<incarnation>-<number>`.
fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}-{}", process::id(), incarnation(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Tells this process from an earlier one with the same id: in a container both may be process 1.
fn incarnation() -> &'static str {
    static INCARNATION: OnceLock<String> = OnceLock::new();
    INCARNATION.get_or_init(|| format!("{:016x}", RandomState::new().hash_one(process::id())))
}

/// Is the process that named this temporary path still there?
pub(crate) fn belongs_to_the_living(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut parts = name.splitn(3, '-');
    let Some(pid) = parts.next().and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw) else {
        return false;
    };
    if pid.as_raw_pid().cast_unsigned() == process::id() {
        return parts.next() == Some(incarnation());
    }
    matches!(rustix::process::test_kill_process(pid), Ok(()) | Err(Errno::PERM))
}
