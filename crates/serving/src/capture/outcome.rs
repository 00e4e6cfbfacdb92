use std::fmt;

use crate::error::ErrorKind;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It was answered with predictions.
    Answered,
    /// It was refused for something that its caller can correct.
    ClientError,
    /// It failed, or came too late, through the server's fault.
    ServerError,
}

impl Outcome {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Answered, Self::ClientError, Self::ServerError];

    /// Its name in segments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
        }
    }

    /// The outcome of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl From<ErrorKind> for Outcome {
    fn from(kind: ErrorKind) -> Self {
        if kind == ErrorKind::Internal { Self::ServerError } else { Self::ClientError }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
