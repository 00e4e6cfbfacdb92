use std::{io, path::PathBuf};

use serving::capture::Malformed;

/// Why captured traffic could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A journal could not be read or written.
    #[error("{operation} {}", path.display())]
    Io {
        /// What was being done, as a verb.
        operation: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A segment could not be written or read.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A segment is not one.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A journal's rows are no table.
    #[error("seal a journal of captured traffic: {0}")]
    Table(#[from] table::Error),
    /// A journal is not one of ours.
    #[error("read {}: it is no journal that this kaizen reads; a later one may have written it", .0.display())]
    NotAJournal(PathBuf),
}

impl Error {
    pub(super) fn io(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { operation, path, source }
    }
}
