//! MLflow's REST API for tracking, registry and artifacts: a file a group of routes.
//!
//! Each exists under `/api` for clients and under `/ajax-api` for pages. A route reads the fields of its request
//! ([`request`]), calls [`tracking`], and answers ([`answer`]). What is not here, such as traces and gateways, answers
//! `ENDPOINT_NOT_FOUND`, on which clients fall back.

mod answer;
mod request;

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    http::{Method, Uri},
    middleware,
    response::IntoResponse,
    routing::get,
};
use serde_json::{Value, json};
use tracking::{Code, Error};

use crate::{mlflow::answer::Refused, state::State};

/// What MLflow's clients are told when they ask which release they talk to: the one whose API this is.
const VERSION: &str = "3.12.0";

/// All of MLflow's routes.
pub(crate) fn router(state: &State) -> Router<State> {
    let second: Router<State> = Router::new();
    let third: Router<State> = Router::new().route("/server-info", get(server_info));
    let both = |api: &str| {
        Router::new()
            .nest(&format!("/{api}/2.0/mlflow"), second.clone().fallback(no_endpoint))
            .nest(&format!("/{api}/3.0/mlflow"), third.clone().fallback(no_endpoint))
    };
    both("api")
        .merge(both("ajax-api"))
        .route("/health", get(|| async { "OK" }))
        .route("/version", get(|| async { VERSION }))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), answer::report_faults))
}

async fn server_info() -> Json<Value> {
    Json(json!({
        "store_type": "SqlStore",
        "workspaces_enabled": false,
        "multipart_uploads_enabled": true,
        "multipart_downloads_enabled": false,
        "artifact_serving_enabled": true,
        "artifacts_presigned_only": false,
    }))
}

async fn no_endpoint(method: Method, uri: Uri) -> impl IntoResponse {
    let path: String = uri.path().chars().take(120).collect();
    Refused(Error::new(
        Code::EndpointNotFound,
        format!("there is no endpoint {method} {path} on this server"),
    ))
}
