//! Why artifacts cannot be read or written.

use std::io;

use crate::Code;

/// Why something could not be done with an artifact.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path could lead elsewhere, or is not one. MLflow's own words, which its clients look for.
    #[error("Invalid path")]
    InvalidPath,
    /// There is no such file.
    #[error("No such artifact: '{0}'")]
    Missing(String),
    /// A directory is where a file was meant.
    #[error("'{0}' is a directory; name a file in it")]
    IsDirectory(String),
    /// Part of the path is a file, or no directory that can be entered.
    #[error("'{0}' cannot be written: part of its path is not a directory")]
    NotDirectory(String),
    /// The root itself cannot be written or deleted.
    #[error("name an artifact; the root of all of them cannot be written or deleted")]
    Root,
    /// A URI that is none, or none that has artifacts.
    #[error("'{0}' is not an artifact URI; write mlflow-artifacts:/PATH, or file:///PATH")]
    Uri(String),
    /// A URI whose artifacts this server cannot reach.
    #[error("this server does not read artifacts of '{0}:' URIs; clients read and write those themselves")]
    Scheme(String),
    /// A directory that the operator did not allow.
    #[error(
        "artifacts in '{0}' are outside the directories that this server may read; its operator can allow one with \
         --allow-local-root DIR"
    )]
    NotAllowed(String),
    /// Not as many bytes as were announced.
    #[error("the file has {received} bytes, and {declared} were announced; send it again, whole")]
    Length {
        /// As many as were announced.
        declared: u64,
        /// As many as came.
        received: u64,
    },
    /// The bytes are not those that were announced.
    #[error("the bytes do not have the {0} digest that was sent with them; send them again")]
    Digest(&'static str),
    /// A header with a digest that cannot be read.
    #[error("{0} is not a digest in base64 of the right length")]
    DigestHeader(&'static str),
    /// The disk is full.
    #[error("the disk of the artifacts is full; nothing of the upload was kept")]
    Full,
    /// An upload id that stands for nothing here.
    #[error(
        "there is no such multipart upload; it was completed or aborted, or it has expired: begin it again"
    )]
    NoUpload,
    /// The upload is of another file.
    #[error("the multipart upload is of another artifact")]
    OtherUpload,
    /// Another request completes this upload just now.
    #[error("the multipart upload is being completed by another request")]
    Busy,
    /// As many uploads are open as may be.
    #[error("{0} multipart uploads are open, the most that may be; complete or abort some")]
    TooManyUploads(usize),
    /// A part outside the bounds.
    #[error("{0}")]
    Part(String),
    /// The system refused.
    #[error("failed to {operation}: {source}")]
    Io {
        /// What was tried, with its subject.
        operation: String,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// A failure of the system in this operation; a full disk says so.
    pub(super) fn io(operation: impl Into<String>, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            _ => Self::Io { operation: operation.into(), source },
        }
    }

    /// MLflow's code for it.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing(_) | Self::NoUpload => Code::ResourceDoesNotExist,
            Self::IsDirectory(_) | Self::NotDirectory(_) | Self::Busy => Code::ResourceConflict,
            Self::NotAllowed(_) => Code::PermissionDenied,
            Self::Full | Self::Io { .. } => Code::InternalError,
            _ => Code::InvalidParameterValue,
        }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io { operation, source } => Self::internal(&operation, source),
            error => Self::new(error.code(), error.to_string()),
        }
    }
}
