//! Refusals in the form that the client of the path reads.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{access::Denial, guard::KEPT_OUT, refusal::Refusal};

/// How an error looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// MLflow's, with a code.
    Mlflow,
    /// The Open Inference Protocol's.
    Inference,
}

impl Form {
    pub(crate) fn of(path: &str) -> Self {
        let inference = ["/v1", "/v2"].iter().any(|version| {
            path.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        if inference { Self::Inference } else { Self::Mlflow }
    }
}

/// Kept out whoever sends it.
pub(super) fn refused(form: Form, message: &str) -> Response {
    shaped(form, KEPT_OUT, message.to_owned())
}

/// Kept out for lack of a token that allows it. Browsers and MLflow's client are told how to come again.
pub(super) fn denied(form: Form, denial: &Denial) -> Response {
    let mut answer = shaped(form, denial.status(), denial.message());
    if denial.status() == StatusCode::UNAUTHORIZED {
        let how = HeaderValue::from_static("Basic realm=\"mlflow\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, how);
    }
    answer
}

fn shaped(form: Form, status: StatusCode, message: String) -> Response {
    if form == Form::Inference {
        return Refusal::new(status, message).into_response();
    }
    let unknown = status == StatusCode::UNAUTHORIZED;
    let code = if unknown { "UNAUTHENTICATED" } else { "PERMISSION_DENIED" };
    (status, Json(json!({ "error_code": code, "message": message }))).into_response()
}
