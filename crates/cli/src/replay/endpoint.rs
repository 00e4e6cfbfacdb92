//! A server that speaks the Open Inference Protocol, as a client sees it.

use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;

/// The most that an answer may take in memory.
const ANSWER_LIMIT: u64 = 16 << 20;

/// One model of one server.
#[derive(Clone)]
pub(crate) struct Endpoint {
    agent: Agent,
    url: String,
    model: String,
    /// What the server wants to see before it answers, if anything.
    token: Option<String>,
}

/// One input of the model, as its metadata describe it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) datatype: String,
    #[serde(default)]
    pub(crate) shape: Vec<i64>,
}

#[derive(Deserialize)]
struct Metadata {
    inputs: Vec<Port>,
}

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum EndpointError {
    /// There was no answer; another attempt may fare better.
    #[error("{0}")]
    Unreachable(String),
    /// The answer was no.
    #[error("{0}")]
    Refused(String),
}

impl Endpoint {
    /// The model of this name below `url`, such as `http://127.0.0.1:5151`.
    pub(crate) fn new(url: &str, model: &str) -> Result<Self, String> {
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(format!("`{url}` is not the address of a server; write it as http://127.0.0.1:5151"));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent("kaizen-replay")
            .build();
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { agent: Agent::new_with_config(config), url, model: model.to_owned(), token: None })
    }

    /// The same, with a token for a server that asks for one.
    pub(crate) fn with_token(mut self, token: Option<String>) -> Self {
        self.token = token.filter(|token| !token.is_empty());
        self
    }

    /// What the model takes.
    pub(crate) fn inputs(&self) -> Result<Vec<Port>, EndpointError> {
        let path = self.path("");
        let answer = self.proven(self.agent.get(&path)).call();
        let text = self.read(answer)?;
        let metadata: Metadata = serde_json::from_str(&text)
            .map_err(|error| EndpointError::Refused(format!("{path} does not describe a model: {error}")))?;
        Ok(metadata.inputs)
    }

    /// Sends a body to be predicted.
    pub(crate) fn infer(&self, body: &str) -> Result<(), EndpointError> {
        self.post("/infer", body).map(|_| ())
    }

    /// Sends labels.
    pub(crate) fn label(&self, body: &str) -> Result<(), EndpointError> {
        self.post("/labels", body).map(|_| ())
    }

    fn post(&self, what: &str, body: &str) -> Result<String, EndpointError> {
        let request = self.proven(self.agent.post(self.path(what)));
        let answer = request.content_type("application/json").send(body);
        self.read(answer)
    }

    fn proven<Any>(&self, request: ureq::RequestBuilder<Any>) -> ureq::RequestBuilder<Any> {
        match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn path(&self, what: &str) -> String {
        format!("{}/v2/models/{}{what}", self.url, self.model)
    }

    fn read(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<String, EndpointError> {
        let lost =
            |error: ureq::Error| EndpointError::Unreachable(format!("{} does not answer: {error}", self.url));
        let mut answer = answer.map_err(lost)?;
        let status = answer.status();
        let text = answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_string().map_err(lost)?;
        if status.is_success() {
            return Ok(text);
        }
        let said = serde_json::from_str::<serde_json::Value>(&text).ok();
        let said = said.as_ref().and_then(|said| said["error"].as_str()).unwrap_or(text.trim()).to_owned();
        let message = format!("{}: {said}", status.as_u16());
        // A server that is busy or restarting asks to be tried again.
        if matches!(status.as_u16(), 429 | 502 | 503 | 504) {
            return Err(EndpointError::Unreachable(message));
        }
        Err(EndpointError::Refused(message))
    }
}
