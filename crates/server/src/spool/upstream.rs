//! The server that a spool stands before, as a client sees it. Everything here blocks.

use std::{
    fmt, fs,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use ureq::{
    Agent, RequestBuilder, SendBody,
    http::Response,
    typestate::{WithBody, WithoutBody},
};

use super::durable;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);
const FILE: &str = "upstream.json";

/// Where a spool sends what it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// A server at this URL.
    Url(String),
    /// The server of this machine whose port stands in this file, which may change.
    PortIn(PathBuf),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failed {
    /// It does not answer, or not in time.
    #[error("{0}")]
    Away(String),
    /// It is none that a spool can stand before.
    #[error("{0}")]
    Unfit(String),
}

/// A request as it is sent.
pub(super) struct Outgoing<'a> {
    pub(super) method: &'a str,
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    pub(super) content: Content<'a>,
    /// How long the answer may take to begin.
    pub(super) patience: Duration,
}

pub(super) enum Content<'a> {
    Nothing,
    Bytes(&'a [u8]),
    File(&'a Path),
}

/// An answer whose body is still to be read.
pub(super) type Answer = Response<ureq::Body>;

pub(super) struct Client {
    agent: Agent,
    upstream: Upstream,
    /// The address at which a server was found fit.
    fit: Mutex<Option<String>>,
}

impl Upstream {
    /// The one that is noted in a spool's directory.
    pub(super) fn read(directory: &Path) -> io::Result<Option<Self>> {
        match fs::read(directory.join(FILE)) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        durable::replace(&directory.join(FILE), &serde_json::to_vec(self)?)
    }

    /// Whether it is this machine's, so that no proxy stands between.
    fn is_here(&self) -> bool {
        match self {
            Self::Url(url) => {
                let host = url.split_once("://").map_or("", |(_, rest)| rest);
                ["127.0.0.1", "localhost", "[::1]"].iter().any(|here| host.starts_with(here))
            }
            Self::PortIn(_) => true,
        }
    }

    fn base(&self) -> Result<String, Failed> {
        match self {
            Self::Url(url) => Ok(url.trim_end_matches('/').to_owned()),
            Self::PortIn(file) => {
                let text = fs::read_to_string(file).ok();
                let port = text.and_then(|text| text.trim().parse::<u16>().ok());
                let port = port.ok_or_else(|| Failed::Away("no server of the project runs".to_owned()))?;
                Ok(format!("http://127.0.0.1:{port}"))
            }
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => out.write_str(url),
            Self::PortIn(_) => out.write_str("the project's server"),
        }
    }
}

impl Client {
    pub(super) fn of(upstream: Upstream) -> Self {
        let mut config = Agent::config_builder();
        if upstream.is_here() {
            config = config.proxy(None);
        }
        let config = config
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .max_idle_connections_per_host(16)
            .user_agent("kaizen-spool")
            .build();
        Self { agent: Agent::new_with_config(config), upstream, fit: Mutex::default() }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Sends a request to a server that is known to do a write once.
    pub(super) fn send(&self, outgoing: &Outgoing<'_>) -> Result<Answer, Failed> {
        let base = self.upstream.base()?;
        let is_fit = self.fit.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(&base);
        if !is_fit && self.look(&base, outgoing)? {
            *self.fit.lock().unwrap_or_else(PoisonError::into_inner) = Some(base.clone());
        }
        let sent = self.perform(&base, outgoing);
        let answer =
            sent.map_err(|error| Failed::Away(format!("{} does not answer: {error}", self.upstream)))?;
        match answer.status().as_u16() {
            status @ (502..=504) => Err(Failed::Away(format!("{} answers {status}", self.upstream))),
            _ => Ok(answer),
        }
    }

    /// Whether the server is one that does a write once; no, when it does not say.
    fn look(&self, base: &str, outgoing: &Outgoing<'_>) -> Result<bool, Failed> {
        let credentials =
            outgoing.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let about = Outgoing {
            method: "GET",
            target: "/api/3.0/mlflow/server-info",
            headers: credentials.copied().collect(),
            content: Content::Nothing,
            patience: outgoing.patience,
        };
        let away = |error: ureq::Error| Failed::Away(format!("{} does not answer: {error}", self.upstream));
        let mut answer = self.perform(base, &about).map_err(away)?;
        match answer.status().as_u16() {
            // The request itself will be told why.
            401 | 403 => return Ok(false),
            status @ 500.. => return Err(Failed::Away(format!("{} answers {status}", self.upstream))),
            _ => {}
        }
        let text = answer.body_mut().with_config().limit(1 << 20).read_to_string().map_err(away)?;
        let info: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        if info["kaizen"] == true {
            return Ok(true);
        }
        Err(Failed::Unfit(format!(
            "{} is not a Kaizen server: a spool sends writes again, and only Kaizen does each of them once; log to it \
             without the spool",
            self.upstream
        )))
    }

    fn perform(&self, base: &str, outgoing: &Outgoing<'_>) -> Result<Answer, ureq::Error> {
        let url = format!("{base}{}", outgoing.target);
        let agent = &self.agent;
        let with_body = match outgoing.method {
            "GET" => return self.call(agent.get(url), outgoing),
            "HEAD" => return self.call(agent.head(url), outgoing),
            "OPTIONS" => return self.call(agent.options(url), outgoing),
            "DELETE" => match outgoing.content {
                Content::Nothing | Content::Bytes([]) => return self.call(agent.delete(url), outgoing),
                _ => agent.delete(url).force_send_body(),
            },
            "PUT" => agent.put(url),
            "PATCH" => agent.patch(url),
            _ => agent.post(url),
        };
        let request = headers(with_body, outgoing);
        match outgoing.content {
            Content::Nothing => patient(request, outgoing.patience).send_empty(),
            Content::Bytes(bytes) => patient(request, outgoing.patience).send(bytes),
            Content::File(path) => {
                let file = File::open(path)?;
                let length = file.metadata()?.len();
                // A megabyte a second is slow, and still on its way.
                let patience = outgoing.patience + Duration::from_secs(30 + (length >> 20));
                let request = request.header("content-length", length.to_string());
                patient(request, patience).send(SendBody::from_owned_reader(file))
            }
        }
    }

    fn call(
        &self,
        request: RequestBuilder<WithoutBody>,
        outgoing: &Outgoing<'_>,
    ) -> Result<Answer, ureq::Error> {
        let request = headers(request, outgoing);
        request.config().timeout_recv_response(Some(outgoing.patience)).build().call()
    }
}

fn headers<Any>(mut request: RequestBuilder<Any>, outgoing: &Outgoing<'_>) -> RequestBuilder<Any> {
    for (name, value) in &outgoing.headers {
        request = request.header(*name, *value);
    }
    request
}

fn patient(request: RequestBuilder<WithBody>, patience: Duration) -> RequestBuilder<WithBody> {
    let config = request.config().timeout_send_body(Some(patience));
    config.timeout_recv_response(Some(patience)).build()
}
