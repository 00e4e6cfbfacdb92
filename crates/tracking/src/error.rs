//! What is refused, in MLflow's own codes.

use serde::Serialize;

/// Why a request was refused: a code that clients act on, and a message for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What kind of refusal.
    pub code: Code,
    /// What was wrong, for who asked. It names the subject.
    pub message: String,
    /// What lies behind a fault of the server's, for its operator only.
    pub cause: Option<String>,
}

/// The codes of MLflow's protocol that this server gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The request is malformed.
    BadRequest,
    /// A parameter has no place here, or another value than it may have.
    InvalidParameterValue,
    /// What was to be made is there.
    ResourceAlreadyExists,
    /// Who asks is unknown.
    Unauthenticated,
    /// Who asks may not do this.
    PermissionDenied,
    /// What was asked for is not there.
    ResourceDoesNotExist,
    /// There is no such endpoint.
    EndpointNotFound,
    /// It stands against what is there.
    ResourceConflict,
    /// The server's own fault.
    InternalError,
    /// Known, and not offered here.
    NotImplemented,
    /// Not now: try again.
    TemporarilyUnavailable,
    /// No refusal: this very write was done before (see [`crate::Once`]).
    AlreadyDone,
}

impl Code {
    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::InvalidParameterValue | Self::ResourceAlreadyExists => 400,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::ResourceDoesNotExist | Self::EndpointNotFound => 404,
            Self::ResourceConflict => 409,
            Self::InternalError => 500,
            Self::NotImplemented => 501,
            Self::TemporarilyUnavailable => 503,
            Self::AlreadyDone => 200,
        }
    }
}

impl Error {
    /// Refused for this reason.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), cause: None }
    }

    /// `INVALID_PARAMETER_VALUE`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidParameterValue, message)
    }

    /// `RESOURCE_DOES_NOT_EXIST`.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceDoesNotExist, message)
    }

    /// `RESOURCE_ALREADY_EXISTS`.
    pub fn exists(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceAlreadyExists, message)
    }

    /// `INTERNAL_ERROR`: the operation that failed; the cause is for the operator.
    pub fn internal(operation: &str, cause: impl ToString) -> Self {
        let message = format!("failed to {operation}");
        Self { code: Code::InternalError, message, cause: Some(cause.to_string()) }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let (code, message) = if is_full(&error) {
            (
                Code::TemporarilyUnavailable,
                "the server's disk is full; nothing of this request was kept, and it can be sent again when there is room",
            )
        } else {
            (
                Code::InternalError,
                "the server failed to use its tracking database; nothing of this request was kept",
            )
        };
        Self { code, message: message.to_owned(), cause: Some(error.to_string()) }
    }
}

/// Whether there was no room for what was to be written: on the disk, or within the limits of files and quotas.
fn is_full(error: &rusqlite::Error) -> bool {
    let Some(error) = error.sqlite_error() else { return false };
    error.code == rusqlite::ErrorCode::DiskFull || error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
}
