//! What every request passes before a route sees it, and every answer on its way back: the host it was meant for, the
//! page it comes from, and who sends it. `lib.rs` says why.

mod answer;
mod hosts;
mod origin;

pub(crate) use answer::Form;
use axum::{
    extract::{Request, State as Given},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};
pub(crate) use hosts::Hosts;
use tokio::time;

use crate::{
    body,
    connection::Busy,
    guard::{
        answer::{denied, refused},
        origin::Origin,
    },
    state::{Failure, State},
};

pub(crate) async fn guard(Given(state): Given<State>, mut request: Request, next: Next) -> Response {
    let _busy = Busy::with(&request);
    let form = Form::of(request.uri().path());
    let origin = match check(&state, request.uri(), request.headers()) {
        Ok(origin) => origin,
        Err(message) => {
            passed_over(&state, request).await;
            return hardened(refused(form, message));
        }
    };
    if let Some(answer) = origin.preflight(&request) {
        return hardened(answer);
    }
    if let Some(cause) = state.access.look() {
        (state.report)(&Failure { model: "the tokens".to_owned(), cause });
    }
    let (method, path) = (request.method(), request.uri().path());
    let mut answer = match state.access.admit(method, path, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(denial) => {
            passed_over(&state, request).await;
            denied(form, &denial)
        }
    };
    origin.mark(answer.headers_mut());
    hardened(answer)
}

/// Reads a body that will not be used, within the limits on its size and on time: whoever is still writing when the
/// connection closes does not see the answer. One who asks before sending is not told to send.
async fn passed_over(state: &State, request: Request) {
    if !request.headers().contains_key(header::EXPECT) {
        let _ = time::timeout(state.settings.request_timeout, body::pass_over(state, request)).await;
    }
}

/// The page that the request comes from, when both it and the host are ones that may be.
fn check(state: &State, uri: &Uri, headers: &HeaderMap) -> Result<Origin, &'static str> {
    let host_is_ours = one(headers, &header::HOST).is_some_and(|host| state.hosts.allow(host));
    let target_is_ours = uri.authority().is_none_or(|authority| state.hosts.allow(authority.as_str()));
    if !host_is_ours || !target_is_ours {
        return Err("the `Host` header does not name this machine; call it as localhost or 127.0.0.1, \
            or start the server with --allowed-host");
    }
    Origin::of(headers, &state.settings.allowed_origins)
}

/// The answer as no page of another site can frame it, and no browser can take it for something else than it says.
fn hardened(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// The value of a header that may stand there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// What a request that is kept out is told.
const KEPT_OUT: StatusCode = StatusCode::FORBIDDEN;
