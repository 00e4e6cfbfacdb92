//! The routes, one file a group, and what is answered where there is none.

mod health;
mod infer;
mod labels;
mod metadata;
mod repository;
mod target;
mod triggers;

pub(crate) use infer::late_body;

use axum::{
    Router,
    http::{Method, StatusCode, Uri},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};

use crate::{
    guard::{Form, guard},
    mlflow::{self, answer::in_form},
    refusal::Refusal,
    state::State,
};

pub(crate) fn router(state: State) -> Router {
    let model = Router::new()
        .route("/", get(metadata::model))
        .route("/ready", get(health::model))
        .route("/infer", post(infer::infer))
        .route("/labels", post(labels::put));
    mlflow::router(&state)
        .route("/v2", get(metadata::server))
        .route("/v2/health/live", get(health::live))
        .route("/v2/health/ready", get(health::ready))
        .route("/v2/repository/index", get(repository::index).post(repository::index))
        .route("/v1/triggers/{trigger}", post(triggers::call))
        .nest("/v2/models/{model}", model.clone())
        .nest("/v2/models/{model}/versions/{version}", model)
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_route)
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state)
}

async fn no_route(method: Method, uri: Uri) -> Response {
    let path: String = uri.path().chars().take(80).collect();
    let message = format!(
        "there is no route {method} {path}; a prediction is POST /v2/models/NAME/infer, \
         and GET /v2/repository/index lists the models"
    );
    in_its_form(&uri, Refusal::new(StatusCode::NOT_FOUND, message))
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let path: String = uri.path().chars().take(80).collect();
    let message = format!("{path} does not answer {method}; the `Allow` header lists what it answers");
    in_its_form(&uri, Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message))
}

/// The refusal as the clients of such paths read it.
fn in_its_form(uri: &Uri, refusal: Refusal) -> Response {
    match Form::of(uri.path()) {
        Form::Mlflow if uri.path() != "/" => in_form(&refusal),
        _ => refusal.into_response(),
    }
}
