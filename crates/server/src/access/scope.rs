//! The scopes of tokens.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How much a token allows; each allows what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To read and to search.
    Read,
    /// To log, to register, to store artifacts, to predict and to label.
    Write,
    /// To delete what others rely on, too.
    Admin,
}

/// Text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope; use read, write or admin")]
pub struct ScopeError(String);

impl Scope {
    /// The scope as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Read, Self::Write, Self::Admin];
        all.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| ScopeError(text.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
