//! Why a request is not let in, and what its sender is told.

use axum::http::StatusCode;

use crate::access::{Caller, Scope};

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denial {
    /// It says nothing of who sends it, or nothing that can be read.
    Missing,
    /// There is no such token, or no more.
    Unknown,
    /// The token of this name has expired.
    Expired(String),
    /// The token does not allow it.
    Insufficient {
        /// Whose token it is.
        has: Caller,
        /// What the request needs.
        needed: Scope,
    },
}

impl Denial {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Missing | Self::Unknown | Self::Expired(_) => StatusCode::UNAUTHORIZED,
            Self::Insufficient { .. } => StatusCode::FORBIDDEN,
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Missing => "this server asks for a token; send `Authorization: Bearer TOKEN` \
                (MLFLOW_TRACKING_TOKEN), or the token as the password (MLFLOW_TRACKING_USERNAME, \
                MLFLOW_TRACKING_PASSWORD)"
                .to_owned(),
            Self::Unknown => "the token is not known here; it may have been revoked: \
                `kaizen token create NAME` makes another"
                .to_owned(),
            Self::Expired(name) => {
                format!("the token `{name}` has expired; `kaizen token create NAME` makes another")
            }
            Self::Insufficient { has, needed } => format!(
                "Permission denied: the token{} may {}, and this needs a token that may {needed}",
                has.name().map(|name| format!(" `{name}`")).unwrap_or_default(),
                has.scope()
            ),
        }
    }
}
