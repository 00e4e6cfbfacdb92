//! Artifacts by content hash: the seam between the store and the place where bytes are kept.
//!
//! The seam is our own small trait, and the local implementation writes with std. The `object_store`
//! crate's `LocalFileSystem` renames without syncing file or directory (0.13.2), so an object could be
//! acknowledged and gone after a loss of power, which our first invariant forbids; and its interface is
//! async around the same blocking calls. It becomes the second implementation of [`Objects`], for
//! S3, GCS
//! and Azure, where a finished upload is durable. `conformance` holds what every implementation must do.

#[cfg(test)]
mod conformance;
mod local;

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use base::Hash;
pub(crate) use local::Local;

use crate::Error;

/// The bytes of an object that is written together with what names it, without a sync of its own: see
/// `pending`.
pub(crate) const SMALL: u64 = 64 * 1024;

/// When what is written survives a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    /// Before the call returns.
    Now,
    /// After the next [`Objects::settle`]. Until then a loss of power may leave anything in its place.
    Later,
}

/// A place that keeps bytes under their hash, whole or not at all.
pub(crate) trait Objects: Send + Sync {
    /// Stores everything the source gives and returns its hash once it is durable. Storing what is there
    /// already changes nothing. `origin` names the source in errors about reading it.
    fn put(&self, source: &mut dyn Read, origin: &Path) -> Result<Hash, Error>;

    /// The same when the source is this object, of this many bytes; false, and nothing is stored, when
    /// it is something else. No more than that is read.
    fn put_expected(
        &self,
        expected: (&Hash, u64),
        source: &mut dyn Read,
        origin: &Path,
    ) -> Result<bool, Error>;

    /// Writes the bytes of an object, which are few, in place of whatever is there.
    fn write(&self, hash: &Hash, bytes: &[u8], durable: Durable) -> Result<(), Error>;

    /// Is the object there with just these bytes?
    fn holds(&self, hash: &Hash, bytes: &[u8]) -> Result<bool, Error>;

    /// Makes durable whatever was written before.
    fn settle(&self) -> Result<(), Error>;

    /// Makes sure that an object which is there stays; false when it is not there in this size.
    fn keep(&self, hash: &Hash, bytes: u64) -> Result<bool, Error>;

    /// The size of an object; `None` when it is not there.
    fn bytes(&self, hash: &Hash) -> Result<Option<u64>, Error>;

    /// Those of the objects that are not there in their sizes.
    fn lacking(&self, objects: &[(Hash, u64)]) -> Result<Vec<Hash>, Error>;

    /// A local file with the object's bytes, for readers that want a path. A remote implementation
    /// downloads into its cache.
    fn path(&self, hash: &Hash) -> Result<PathBuf, Error>;

    /// Takes an object away; one that is not there is taken away already.
    fn remove(&self, hash: &Hash) -> Result<(), Error>;

    /// Takes away what writers that were killed left behind.
    fn sweep(&self) -> Result<usize, Error>;
}
