//! HTTP: the Open Inference Protocol's REST routes, those of MLflow (`mlflow`), and the life of the server that has them.
//!
//! `cli` and `engine` bind a [`Service`] to a [`serving::Catalog`] and run it until they are
//! told to stop; models come and go in the catalog meanwhile. What the routes mean is decided
//! in `serving`; here are sockets, limits, time and status codes.
//!
//! | route | answers |
//! | --- | --- |
//! | `GET /v2` | name and version of the server |
//! | `GET /v2/health/live` | 200 while the process answers |
//! | `GET /v2/health/ready` | 200 once a model is served, 503 before |
//! | `GET /v2/models/{model}` | the model's metadata |
//! | `GET /v2/models/{model}/ready` | whether the model is served |
//! | `POST /v2/models/{model}/infer` | predictions |
//! | `POST /v2/models/{model}/labels` | takes what turned out to be true, by request id |
//! | `GET` or `POST /v2/repository/index` | the models that are served |
//! | `POST /v1/triggers/{trigger}` | lets a trigger of the project fire, for `Authorization: Bearer TOKEN` |
//!
//! The model routes also exist under `/v2/models/{model}/versions/{version}`. Every error is
//! `{"error": "…"}`: 400 for what the caller can correct, 401 for a request or a trigger without its token, 403 for a foreign page (below)
//! or a token that allows too little, 404, 405,
//! 408 for a body that does not arrive, 413 for too many bytes or rows, 415 for a compressed body,
//! 500 without the cause (it goes to [`Service::report_to`]), 503 for a server that is busy.
//! The content type is not looked at: what is not JSON says so itself.
//!
//! Without tokens the server refuses to listen beyond loopback; with them, every request needs one ([`access`]). Loopback
//! alone would not keep web pages out: a page can point its own name at 127.0.0.1 (DNS rebinding) or post to it blindly.
//! Requests are therefore refused unless `Host`, and `Origin` where a browser sends one, name this machine, or what
//! the settings allow besides: `guard` checks that, and then the token, before any route is reached.

pub mod access;
mod address;
mod body;
mod connection;
mod guard;
mod mlflow;
mod refusal;
mod routes;
mod service;
mod settings;
pub mod spool;
mod state;

pub use access::Access;
pub use service::{Drain, Error, Service};
pub use settings::Settings;
pub use state::{Failure, Report};
