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
    path::Path,
};

use base::{Hash, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use crate::{Error, Store, artifacts::hash_content, column, column::signed, error::Context as _};

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
struct Remembered<'a> {
    path: &'a Path,
    stat: Stat,
    began: Timestamp,
    hash: Hash,
}

impl Store {
    /// The content hashes of files, in their order. Files that have not changed since the last time
    /// are not read.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn hash_files(&self, paths: &[&Path]) -> Result<Vec<Hash>, Error> {
        let mut hashes = Vec::with_capacity(paths.len());
        let mut read = Vec::new();
        for path in paths {
            let stat = Stat::from(&fs::metadata(path).during("read", path)?);
            if let Some(hash) = self.file_hash(path, &stat)? {
                hashes.push(hash);
                continue;
            }
            let began = self.clock().now();
            let hash = hash_content(path)?;
            hashes.push(hash);
            read.push(Remembered { path, stat, began, hash });
        }
        // One commit for all of them: each costs a sync of the disk. A reader only reads more often.
        if !read.is_empty() && !self.database().is_read_only() {
            self.remember(&read)?;
        }
        Ok(hashes)
    }

    /// The remembered hash of a file that looks like this, when it can be trusted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn file_hash(&self, path: &Path, stat: &Stat) -> Result<Option<Hash>, Error> {
        self.database().read("look up a file", |transaction| {
            let statement = "SELECT hash FROM files WHERE path = $1 AND bytes = $2 AND mtime_ns = $3
                AND ctime_ns = $4 AND inode = $5 AND recorded - mtime_ns / 1000 >= $6
                AND recorded - ctime_ns / 1000 >= $6";
            let values = params![
                path.as_os_str().as_bytes(),
                signed(stat.bytes),
                stat.mtime_ns,
                stat.ctime_ns,
                stat.inode.cast_signed(),
                SETTLED_MICROS,
            ];
            Ok(transaction.query_row(statement, values, |row| column::parsed(row, "hash")).optional()?)
        })
    }

    /// Remembers the hash of a file that looked like `stat` when reading it `began`.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remember_file(&self, path: &Path, stat: &Stat, began: Timestamp, hash: Hash) -> Result<(), Error> {
        self.remember(&[Remembered { path, stat: *stat, began, hash }])
    }

    fn remember(&self, files: &[Remembered<'_>]) -> Result<(), Error> {
        self.database().write("remember files", |transaction| {
            let mut statement = transaction.prepare(
                "INSERT INTO files (path, bytes, mtime_ns, ctime_ns, inode, hash, recorded)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes, mtime_ns = excluded.mtime_ns,
                    ctime_ns = excluded.ctime_ns, inode = excluded.inode, hash = excluded.hash,
                    recorded = excluded.recorded",
            )?;
            for file in files {
                statement.execute(params![
                    file.path.as_os_str().as_bytes(),
                    signed(file.stat.bytes),
                    file.stat.mtime_ns,
                    file.stat.ctime_ns,
                    file.stat.inode.cast_signed(),
                    file.hash.to_string(),
                    file.began.micros(),
                ])?;
            }
            Ok(())
        })
    }
}
