//! Keeps web pages out of a server without authentication; `lib.rs` says why.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{address::is_local, refusal::Refusal};

pub(crate) async fn guard(request: Request, next: Next) -> Response {
    match check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let forbidden = |message: &'static str| Err(Refusal::new(StatusCode::FORBIDDEN, message));
    let host_is_local = one(headers, &header::HOST).is_some_and(is_local);
    let target_is_local = uri.authority().is_none_or(|authority| is_local(authority.as_str()));
    if !host_is_local || !target_is_local {
        return forbidden("the `Host` header does not name this machine; call it as localhost or 127.0.0.1");
    }
    let origin =
        one(headers, &header::ORIGIN).map(|origin| origin.split_once("://").map_or("", |(_, host)| host));
    if headers.contains_key(header::ORIGIN) && !origin.is_some_and(is_local) {
        return forbidden("pages of other sites may not call this server; call it from a page on localhost");
    }
    Ok(())
}

/// The value of a header that may stand there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
