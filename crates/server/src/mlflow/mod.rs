//! MLflow's REST API for tracking, registry and artifacts: a file a group of routes.
//!
//! Each exists under `/api` for clients and under `/ajax-api` for pages. A route reads the fields of its request
//! ([`request`]), calls [`tracking`], and answers ([`answer`]). What is not here, such as gateways and
//! the search of traces, answers `ENDPOINT_NOT_FOUND`, on which clients fall back.

pub(crate) mod answer;
mod artifacts;
mod experiments;
mod graphql;
mod metrics;
mod models;
mod multipart;
mod promised;
mod registry;
pub(crate) mod request;
mod runs;
mod search;
mod traces;

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, OriginalUri},
    http::{Method, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use tracking::{Code, Error};

use crate::{mlflow::answer::Refused, state::State};

/// What MLflow's clients are told when they ask which release they talk to: the one whose API this is.
pub(crate) const VERSION: &str = "3.12.0";

/// All of MLflow's routes.
pub(crate) fn router(state: &State) -> Router<State> {
    let second: Router<State> = Router::new()
        .merge(artifacts::tracked())
        .merge(models::routes())
        .merge(registry::routes())
        .merge(experiments::routes())
        .merge(runs::routes())
        .merge(metrics::routes())
        .merge(search::routes())
        .merge(traces::tags());
    let third: Router<State> = traces::routes().route("/server-info", get(server_info));
    let both = |api: &str| {
        Router::new()
            .nest(&format!("/{api}/2.0/mlflow"), ended(second.clone()))
            .nest(&format!("/{api}/3.0/mlflow"), ended(third.clone()))
    };
    both("api")
        .merge(both("ajax-api"))
        .merge(artifacts::router())
        .merge(graphql::routes())
        .route("/health", get(|| async { "OK" }))
        .route("/version", get(|| async { VERSION }))
        .layer(Extension(artifacts::Door::of(state)))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), promised::follow))
        .layer(middleware::from_fn(answer::form_refusals))
        .layer(middleware::from_fn_with_state(state.clone(), answer::report_faults))
}

/// Answers what these routes do not, in MLflow's form.
fn ended(routes: Router<State>) -> Router<State> {
    routes.fallback(no_endpoint).method_not_allowed_fallback(wrong_method)
}

async fn server_info() -> Json<Value> {
    Json(json!({
        "store_type": "SqlStore",
        "workspaces_enabled": false,
        "multipart_uploads_enabled": true,
        "multipart_downloads_enabled": false,
        "artifact_serving_enabled": true,
        "artifacts_presigned_only": false,
        // A spool sends writes again, and relies on their being done once.
        "kaizen": true,
    }))
}

async fn no_endpoint(method: Method, OriginalUri(uri): OriginalUri) -> impl IntoResponse {
    let path: String = uri.path().chars().take(120).collect();
    Refused(Error::new(
        Code::EndpointNotFound,
        format!("{method} {path} was not found: this server has no such endpoint"),
    ))
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    let path: String = uri.path().chars().take(120).collect();
    let message = format!("{path} does not answer {method}; the `Allow` header lists what it answers");
    let mut response = Refused(Error::new(Code::BadRequest, message)).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
