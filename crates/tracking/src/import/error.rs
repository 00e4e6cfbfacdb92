//! Why an import fails.

use std::{io, path::PathBuf};

/// Why an import ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was named is nothing that can be read here.
    #[error("{0}")]
    Location(String),
    /// The database cannot be opened.
    #[error("open {}: {problem}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// It has not the tables that MLflow makes.
    #[error("{} is no database of MLflow's that can be read here: {problem}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What is missing, and which schema it says it has.
        problem: String,
    },
    /// It could not be read to its end.
    #[error(
        "read MLflow's database: {0}; what was brought over until here stays, so repeat the import when that is mended"
    )]
    Read(#[from] rusqlite::Error),
    /// The directory of artifacts cannot be read.
    #[error("read the artifacts in {}: {problem}", path.display())]
    Artifacts {
        /// The directory or file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file could not be brought over.
    #[error(
        "bring over the artifact '{path}': {problem}; repeat the import when that is mended, and it goes on from there"
    )]
    Copy {
        /// Its path below the directory.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The directory that it goes to cannot be used.
    #[error(transparent)]
    Target(#[from] crate::Error),
}

impl Error {
    pub(super) fn artifacts(path: impl Into<PathBuf>, error: &io::Error) -> Self {
        Self::Artifacts { path: path.into(), problem: error.to_string() }
    }
}
