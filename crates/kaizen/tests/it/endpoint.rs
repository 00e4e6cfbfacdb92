//! Requests, and what comes back.

use serde_json::Value;

/// An answer of any status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

pub(crate) fn get(url: &str) -> Answer {
    answer(ureq::get(url).config().http_status_as_error(false).build().call())
}

pub(crate) fn post(url: &str, body: &str) -> Answer {
    answer(ureq::post(url).config().http_status_as_error(false).build().send(body))
}

/// Whether anything listens there.
pub(crate) fn refuses(url: &str) -> bool {
    ureq::get(url).call().is_err()
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = response.unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    // Health has no body.
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status: response.status().as_u16(), body }
}
