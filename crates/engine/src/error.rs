use std::{io, path::PathBuf};

use base::Diagnostic;
use plan::Change;

/// Why a command of the engine could not be carried out at all.
///
/// An action that fails is not an error here: it is a [`crate::Conclusion`] and is recorded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project file has errors.
    #[error("{} in {file}", count(.diagnostics.len()))]
    Spec {
        /// The file as the user named it.
        file: String,
        /// Its text, for showing the lines.
        text: String,
        /// All that is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// There is no project file.
    #[error(
        "find a project: there is no {}; run `kaizen init DATA_FILE` to write one, or name the directory that has it",
        path.display()
    )]
    NoProject {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{operation} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        operation: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The files that a fan-out goes over could not be listed.
    #[error("list the files of a fan-out: {0}")]
    Unlisted(#[source] Box<data::Error>),
    /// The saved plan no longer fits.
    #[error("apply the plan: it is stale; make a new one with `kaizen plan`")]
    Stale {
        /// What changed since it was made.
        changes: Vec<Change>,
    },
    /// Captured traffic could not be written or read.
    #[error(transparent)]
    Capture(#[from] crate::capture::Error),
    /// No plan can be made.
    #[error("plan: {0}")]
    Plan(#[from] plan::Error),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Recorded state that this release cannot read.
    #[error("read the recorded {what}: {source}; a later kaizen may have written it")]
    Recorded {
        /// What was being read.
        what: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Something asked for by name is not there.
    #[error("{0}")]
    Unknown(String),
    /// A model could not be loaded or run.
    #[error("{0}")]
    Model(String),
    /// A command could not be dealt with.
    #[error(transparent)]
    Executor(#[from] executor::Error),
    /// Someone asked to end.
    #[error("interrupted; what was finished is recorded, and the same command goes on from there")]
    Interrupted,
}

fn count(errors: usize) -> String {
    if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") }
}

impl Error {
    pub(crate) fn io(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| {
            if is_full(&source) {
                return store::Error::NoSpace { operation, path }.into();
            }
            Self::Io { operation, path, source }
        }
    }
}

/// Whether what is exhausted is the disk, a quota or a limit on the size of files.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
