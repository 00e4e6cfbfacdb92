//! A request that came in, and its way to the server and back.

use std::{
    io::{self, Read as _},
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use http_body::{Frame, SizeHint};
use serde_json::Value;
use tokio::{sync::mpsc, task};
use tracking::{Code, Error};

use super::upstream::Answer;
use crate::mlflow::{answer::Refused, request::SPOOL};

/// An answer up to this size is read whole.
const SMALL: u64 = 1 << 20;
/// Pieces of a longer one.
const PIECE: usize = 256 << 10;
const PIECES: usize = 4;

/// Headers that concern one connection, or that the spool sets itself.
const OWN: [&str; 11] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "te",
    "upgrade",
    "expect",
    "content-length",
    "accept-encoding",
    "user-agent",
];

pub(super) struct Incoming {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Incoming {
    pub(super) fn of(parts: &Parts, body: Bytes) -> Self {
        let passed = |(name, value): (&HeaderName, &HeaderValue)| {
            let is_own = OWN.contains(&name.as_str()) || name.as_str().starts_with("x-kaizen-");
            let value = value.to_str().ok().filter(|_| !is_own)?;
            Some((name.as_str().to_owned(), value.to_owned()))
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let headers = parts.headers.iter().filter_map(passed).collect();
        Self { method: parts.method.clone(), target, headers, body }
    }

    /// One that the spool makes itself.
    pub(super) fn post(target: &str, fields: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let body = Bytes::from(fields.to_string());
        Self { method: Method::POST, target: target.to_owned(), headers, body }
    }

    /// One that the spool makes on behalf of another.
    pub(super) fn get(target: String, on_behalf_of: &Self) -> Self {
        let is_passed = |name: &str| name == "authorization" || name.starts_with("x-mlflow-");
        let passed = on_behalf_of.headers.iter().filter(|(name, _)| is_passed(name)).cloned();
        let headers = passed.chain([(SPOOL.to_owned(), "1".to_owned())]).collect();
        Self { method: Method::GET, target, headers, body: Bytes::new() }
    }

    /// Its fields, where they are JSON.
    pub(super) fn fields(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The run that it names.
    pub(super) fn run_id(&self) -> Option<String> {
        let fields = self.fields();
        let named = |name: &str| fields[name].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
        named("run_id").or_else(|| named("run_uuid"))
    }
}

/// MLflow's form of what the spool refuses itself.
pub(super) fn refused(code: Code, message: impl Into<String>) -> Response {
    Refused(Error::new(code, message)).into_response()
}

/// The server's answer, passed on. What is long is passed on as it arrives.
pub(super) async fn passed_on(answer: Answer) -> Response {
    let (head, body) = answer.into_parts();
    let is_small = body.content_length().is_some_and(|length| length <= SMALL);
    let is_json =
        head.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let body = if is_small || (is_json && body.content_length().is_none()) {
        let whole = task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            body.into_reader().read_to_end(&mut bytes).map(|_| bytes)
        });
        match whole.await {
            Ok(Ok(bytes)) => Body::from(bytes),
            _ => return refused(Code::TemporarilyUnavailable, "the server's answer broke off; ask again"),
        }
    } else {
        let length = body.content_length();
        let (send, receive) = mpsc::channel(PIECES);
        task::spawn_blocking(move || pump(body.into_reader(), &send));
        Body::new(Pieces { receive, length })
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    copy(&head.headers, response.headers_mut());
    response
}

fn copy(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        if *name != header::DATE {
            to.append(name.clone(), value.clone());
        }
    }
}

fn pump(mut reader: impl io::Read, to: &mpsc::Sender<io::Result<Bytes>>) {
    let mut piece = vec![0; PIECE];
    loop {
        let read = match reader.read(&mut piece) {
            Ok(0) => return,
            Ok(length) => Ok(Bytes::copy_from_slice(&piece[..length])),
            Err(error) => Err(error),
        };
        let is_last = read.is_err();
        if to.blocking_send(read).is_err() || is_last {
            return;
        }
    }
}

/// A body that arrives piece by piece.
struct Pieces {
    receive: mpsc::Receiver<io::Result<Bytes>>,
    length: Option<u64>,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.receive.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
