//! What can go wrong while a process is started, followed or cleaned up.

use std::{io, path::PathBuf};

/// Why an executor could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked cannot be run by anyone: a malformed id, an empty command, an odd path.
    #[error("`{id}` cannot be run: {why}")]
    Invalid {
        /// The attempt.
        id: String,
        /// What is wrong, and the way out.
        why: String,
    },
    /// The process could not be started.
    #[error("start `{id}`: {why}")]
    Refused {
        /// The attempt.
        id: String,
        /// Why not.
        why: String,
    },
    /// The machine, or the supervisor, is gone. Whether the process runs is not known: discard it.
    #[error("`{id}` is lost: the supervisor that ran it is gone")]
    Lost {
        /// The attempt.
        id: String,
    },
    /// Processes could not be ended.
    #[error("end what is left of `{id}`: {count} of its processes still run after {seconds} s of KILL")]
    StillRuns {
        /// The attempt.
        id: String,
        /// How many.
        count: usize,
        /// How long it was tried.
        seconds: u64,
    },
    /// The supervisor of another engine still takes requests.
    #[error("adopt from {}: its engine still runs", .folder.display())]
    Taken {
        /// The supervisor's folder.
        folder: PathBuf,
    },
    /// The container engine failed, or is not there.
    #[error("{engine}: {why}")]
    Engine {
        /// `podman` or `docker`, or both names when none is there.
        engine: String,
        /// What it said, or what to install.
        why: String,
    },
    /// A file or a process could not be reached.
    #[error("{operation} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: an error of the system with what was tried on what.
    pub(crate) fn io(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { operation, path, source }
    }

    pub(crate) fn lost(id: &str) -> Self {
        Self::Lost { id: id.to_owned() }
    }

    pub(crate) fn invalid(id: &str, why: impl Into<String>) -> Self {
        Self::Invalid { id: id.to_owned(), why: why.into() }
    }
}
