//! Content hashes of files outside the store, remembered by what `stat` says, so that an unchanged
//! file is
//! not read again.
//!
//! A file can change twice within one tick of its file system's clock and look the same. As git
//! does for its
//! index ("racily clean" entries), a hash is trusted only when the file was last touched well
//! before we read it.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, Metadata},
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use base::{Hash, Timestamp};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::{
    Error, Store, artifacts::ContentReader, column, column::signed, error::Context as _, waiting::Note,
};

/// How long a file must have been left alone before it was read: the coarsest clock in use (FAT)
/// ticks every 2 s.
const SETTLED_MICROS: i64 = 2_000_000;

/// What the file system says about a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Its size.
    pub bytes: u64,
    /// When its content was last written, in nanoseconds since the epoch.
    pub mtime_ns: i64,
    /// When its content or its attributes last changed, in nanoseconds since the epoch; nobody can
    /// set it back.
    pub ctime_ns: i64,
    /// Its number in the file system.
    pub inode: u64,
}

impl From<&Metadata> for Stat {
    fn from(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            bytes: metadata.len(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }
}

/// A hash to remember: of which file, as it was when reading began.
#[derive(Debug)]
pub(crate) struct FileMemory {
    pub(crate) path: PathBuf,
    pub(crate) stat: Stat,
    pub(crate) began: Timestamp,
    pub(crate) hash: Hash,
}

impl FileMemory {
    /// Will it be trusted? What was touched just before it was read never is.
    fn is_settled(&self) -> bool {
        let touched = self.stat.mtime_ns.max(self.stat.ctime_ns) / 1000;
        self.began.micros().saturating_sub(touched) >= SETTLED_MICROS
    }
}

impl Store {
    /// The content hashes of files, in their order. Files that have not changed since the last time
    /// are not read.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn hash_files(&self, paths: &[&Path]) -> Result<Vec<Hash>, Error> {
        let mut stats = Vec::with_capacity(paths.len());
        for path in paths {
            stats.push(Stat::from(&fs::metadata(path).during("read", path)?));
        }
        let known = self.file_hashes(paths, &stats)?;
        let mut content = None;
        let mut hashes = Vec::with_capacity(paths.len());
        let mut read = Vec::new();
        for ((path, stat), known) in paths.iter().zip(stats).zip(known) {
            let hash = match known {
                Some(hash) => hash,
                None => {
                    let began = self.clock().now();
                    let hash = content.get_or_insert_with(ContentReader::new).hash(path)?;
                    read.push(FileMemory { path: (*path).to_owned(), stat, began, hash });
                    hash
                }
            };
            hashes.push(hash);
        }
        self.remember(read)?;
        Ok(hashes)
    }

    /// The remembered hash of a file that looks like this, when it can be trusted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn file_hash(&self, path: &Path, stat: &Stat) -> Result<Option<Hash>, Error> {
        Ok(self.file_hashes(&[path], &[*stat])?.pop().flatten())
    }

    /// The same for many files.
    fn file_hashes(&self, paths: &[&Path], stats: &[Stat]) -> Result<Vec<Option<Hash>>, Error> {
        self.database().read("look up a file", |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT hash FROM files WHERE path = $1 AND bytes = $2 AND mtime_ns = $3
                    AND ctime_ns = $4 AND inode = $5 AND recorded - mtime_ns / 1000 >= $6
                    AND recorded - ctime_ns / 1000 >= $6",
            )?;
            let mut hashes = Vec::with_capacity(paths.len());
            for (path, stat) in paths.iter().zip(stats) {
                let values = params![
                    path.as_os_str().as_bytes(),
                    signed(stat.bytes),
                    stat.mtime_ns,
                    stat.ctime_ns,
                    stat.inode.cast_signed(),
                    SETTLED_MICROS,
                ];
                hashes.push(statement.query_row(values, |row| column::parsed(row, 0)).optional()?);
            }
            Ok(hashes)
        })
    }

    /// Remembers the hash of a file that looked like `stat` when reading it `began`.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remember_file(&self, path: &Path, stat: &Stat, began: Timestamp, hash: Hash) -> Result<(), Error> {
        self.remember(vec![FileMemory { path: path.to_owned(), stat: *stat, began, hash }])
    }

    /// Remembers the hash of a file with the next transaction.
    pub(crate) fn remember_later(&self, memory: FileMemory) {
        if memory.is_settled() && !self.database().is_read_only() {
            self.database().waiting().add(Note::File(memory));
        }
    }

    /// Remembers those that will be trusted. One commit for all of them: each costs a sync of the disk. A
    /// reader only reads more often.
    fn remember(&self, mut memories: Vec<FileMemory>) -> Result<(), Error> {
        memories.retain(FileMemory::is_settled);
        if memories.is_empty() || self.database().is_read_only() {
            return Ok(());
        }
        self.database().write("remember files", |transaction| {
            for memory in &memories {
                set(transaction, memory)?;
            }
            Ok(())
        })
    }
}

pub(crate) fn set(transaction: &Transaction<'_>, memory: &FileMemory) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO files (path, bytes, mtime_ns, ctime_ns, inode, hash, recorded)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes, mtime_ns = excluded.mtime_ns,
            ctime_ns = excluded.ctime_ns, inode = excluded.inode, hash = excluded.hash,
            recorded = excluded.recorded",
    )?;
    let values = params![
        memory.path.as_os_str().as_bytes(),
        signed(memory.stat.bytes),
        memory.stat.mtime_ns,
        memory.stat.ctime_ns,
        memory.stat.inode.cast_signed(),
        memory.hash.to_string(),
        memory.began.micros(),
    ];
    statement.execute(values).map(|_| ())
}
