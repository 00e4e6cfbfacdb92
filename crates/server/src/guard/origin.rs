//! Pages that call the server, and what a browser lets them read of its answers.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::guard::{hosts::is_local, one};

/// Where a request that is let through comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// No page of another site: a program, or a page on this machine.
    Own,
    /// A page of a site that the operator allowed.
    Allowed(HeaderValue),
}

/// What pages may do and send.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "authorization, content-type, x-mlflow-client-version, x-mlflow-workspace";
/// How long, in seconds, a browser need not ask again.
const AGE: &str = "600";

impl Origin {
    /// The origin that the headers name, unless it is a site that was not allowed. Such a site is refused whatever the
    /// method, so that it can neither write blindly nor find out what is here.
    pub(super) fn of(headers: &HeaderMap, allowed: &[String]) -> Result<Self, &'static str> {
        let Some(value) = headers.get(header::ORIGIN) else { return Ok(Self::Own) };
        let origin = one(headers, &header::ORIGIN).unwrap_or_default();
        if allowed.iter().any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
            return Ok(Self::Allowed(value.clone()));
        }
        if origin.split_once("://").is_some_and(|(_, host)| is_local(host)) {
            return Ok(Self::Own);
        }
        Err("pages of other sites may not call this server; call it from a page on localhost, \
            or start the server with --allowed-origin")
    }

    /// The answer to a browser that asks whether a page may ask. It comes before any token: browsers send none here.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let Self::Allowed(_) = self else { return None };
        if !asks {
            return None;
        }
        let mut answer = (StatusCode::NO_CONTENT, Body::empty()).into_response();
        let headers = answer.headers_mut();
        let mut say = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
        say(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        say(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        say(header::ACCESS_CONTROL_MAX_AGE, AGE);
        self.mark(answer.headers_mut());
        Some(answer)
    }

    /// Lets the page read the answer, if it may.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        if let Self::Allowed(origin) = self {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::Origin;

    fn read(origin: &str) -> Option<Origin> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        Origin::of(&headers, &["https://board.example.com/".to_owned()]).ok()
    }

    #[test]
    fn a_page_is_let_through_when_it_is_local_or_allowed() {
        for local in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:5151"] {
            assert_eq!(read(local), Some(Origin::Own), "{local}");
        }
        assert!(matches!(read("https://board.example.com"), Some(Origin::Allowed(_))));
        for foreign in [
            "https://example.com",
            "http://board.example.com",
            "https://board.example.com.evil.com",
            "https://board.example.com:8443",
            "null",
            "",
        ] {
            assert_eq!(read(foreign), None, "{foreign}");
        }
        assert_eq!(Origin::of(&HeaderMap::new(), &[]), Ok(Origin::Own));
    }

    #[test]
    fn two_origins_are_no_origin_that_is_allowed() {
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            headers.append(header::ORIGIN, HeaderValue::from_static("http://localhost"));
        }
        assert!(Origin::of(&headers, &[]).is_err());
    }
}
