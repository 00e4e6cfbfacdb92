//! Requests, and what comes back.

use serde_json::Value;

use crate::context::PATIENCE;

/// An answer of any status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

pub(crate) fn get(url: &str) -> Answer {
    answer(client().get(url).call())
}

pub(crate) fn post(url: &str, body: &str) -> Answer {
    answer(client().post(url).send(body))
}

/// A client that takes any status for an answer, and does not wait for ever.
fn client() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    config.build().new_agent()
}

/// Whether anything listens there.
pub(crate) fn refuses(url: &str) -> bool {
    client().get(url).call().is_err()
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = response.unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    // Health has no body.
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status: response.status().as_u16(), body }
}
