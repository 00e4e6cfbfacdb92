//! How MLflow's routes answer: JSON, and errors in MLflow's form.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State as Shared},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracking::{Code, Error};

use crate::{
    refusal::Refusal,
    state::{Failure, State},
};

/// What an answer is.
const JSON: &str = "application/json";

/// What a route answers, or how it refuses.
pub(crate) type Answered = Result<Answer, Refused>;

/// JSON that is ready to go out.
pub(crate) struct Answer(Vec<u8>);

/// An error in MLflow's form.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Error);

/// What lies behind a 500, on its way to the operator.
#[derive(Debug, Clone)]
struct Cause(Arc<str>);

#[derive(Serialize)]
struct Form<'a> {
    error_code: Code,
    message: &'a str,
}

impl Answer {
    /// The value as JSON.
    pub(crate) fn of(value: &impl Serialize) -> Answered {
        let bytes = serde_json::to_vec(value);
        bytes.map(Self).map_err(|error| Refused(Error::internal("write the answer", error)))
    }

    /// Bytes that are JSON already.
    pub(crate) fn ready(bytes: Vec<u8>) -> Answered {
        Ok(Self(bytes))
    }

    /// `{}`, for what was done.
    pub(crate) fn done() -> Answered {
        Ok(Self(b"{}".to_vec()))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, JSON)], Body::from(self.0)).into_response()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Error { code, message, cause } = self.0;
        if code == Code::AlreadyDone {
            return Answer(b"{}".to_vec()).into_response();
        }
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let form = Form { error_code: code, message: &shortened(&message) };
        let form = serde_json::to_vec(&form).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, JSON)], Body::from(form)).into_response();
        if let Some(cause) = cause {
            response.extensions_mut().insert(Cause(format!("{message}: {cause}").into()));
        }
        response
    }
}

/// The message, without the middle where it repeats very much of what was sent.
fn shortened(message: &str) -> Cow<'_, str> {
    const START: usize = 1_000;
    const END: usize = 500;
    if message.len() <= START + END {
        return Cow::Borrowed(message);
    }
    let start = message.floor_char_boundary(START);
    let end = message.ceil_char_boundary(message.len() - END);
    Cow::Owned(format!("{} … {}", &message[..start], &message[end..]))
}

/// A refusal of the server's own guards, in MLflow's form and with its own status.
pub(crate) fn in_form(refusal: &Refusal) -> Response {
    let code = match refusal.status {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::EndpointNotFound,
        StatusCode::SERVICE_UNAVAILABLE => Code::TemporarilyUnavailable,
        StatusCode::INTERNAL_SERVER_ERROR => Code::InternalError,
        _ => Code::BadRequest,
    };
    let mut response = Refused(Error::new(code, refusal.message.clone())).into_response();
    *response.status_mut() = refusal.status;
    response
}

/// A refusal that is in no form yet, such as that of a path that is no text, in MLflow's.
pub(crate) async fn form_refusals(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == JSON) {
        return response;
    }
    let message = match status {
        StatusCode::RANGE_NOT_SATISFIABLE => "the file has no such range of bytes",
        _ => "the request cannot be read: is its path percent-encoded UTF-8?",
    };
    let mut formed = in_form(&Refusal::new(status, message));
    let range = response.headers().get(header::CONTENT_RANGE).cloned();
    formed.headers_mut().extend(range.map(|range| (header::CONTENT_RANGE, range)));
    formed
}

/// Tells the operator what lies behind a fault of the server's.
pub(crate) async fn report_faults(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if let Some(Cause(cause)) = response.extensions().get() {
        (state.report)(&Failure { model: "tracking".to_owned(), cause: cause.to_string() });
    }
    response
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_message_that_repeats_very_much_keeps_its_start_and_its_end() {
        assert_eq!(shortened("short"), "short");
        let long = format!("No run '{}' was found", "\u{e4}".repeat(100_000));
        let short = shortened(&long);
        assert!(short.starts_with("No run '\u{e4}") && short.ends_with("\u{e4}' was found"), "{short}");
        assert!(short.len() < 1_600, "{}", short.len());
    }
}
