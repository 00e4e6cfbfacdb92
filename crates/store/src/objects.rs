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

/// A place that keeps bytes under their hash, whole or not at all.
pub(crate) trait Objects: Send + Sync {
    /// Stores everything the source gives and returns its hash once it is durable. Storing what is there
    /// already changes nothing. `origin` names the source in errors about reading it.
    fn put(&self, source: &mut dyn Read, origin: &Path) -> Result<Hash, Error>;

    /// Makes sure that an object which is there stays; false when it is not there in this size.
    fn keep(&self, hash: &Hash, bytes: u64) -> Result<bool, Error>;

    /// The size of an object; `None` when it is not there.
    fn bytes(&self, hash: &Hash) -> Result<Option<u64>, Error>;

    /// A local file with the object's bytes, for readers that want a path. A remote implementation
    /// downloads into its cache.
    fn path(&self, hash: &Hash) -> Result<PathBuf, Error>;

    /// Takes an object away; one that is not there is taken away already.
    fn remove(&self, hash: &Hash) -> Result<(), Error>;

    /// Takes away what writers that were killed left behind.
    fn sweep(&self) -> Result<usize, Error>;
}
