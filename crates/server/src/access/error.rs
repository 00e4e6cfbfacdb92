//! Why the file of tokens cannot be read or changed.

use std::{io, path::PathBuf};

/// Why tokens cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("cannot {operation} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is not one of ours.
    #[error(
        "{} is no file of tokens: {problem}; restore it, or move it away and create the tokens anew",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A later release wrote the file.
    #[error("{} is of format {version}, which is newer than this kaizen; use the release that wrote it", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: u64,
    },
    /// There is a token of this name.
    #[error("there is a token `{0}` already; revoke it first, or choose another name")]
    Exists(String),
    /// There is none.
    #[error("there is no token `{name}`; {known}")]
    NoToken {
        /// The name that was asked for.
        name: String,
        /// Which there are, or which was meant.
        known: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gives no random bytes: {0}")]
    Chance(String),
}
