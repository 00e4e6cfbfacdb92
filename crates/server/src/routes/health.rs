use axum::{Json, extract, http::StatusCode};
use serde_json::{Value, json};

use crate::{routes::target::Target, state::State};

pub(crate) async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

/// The specification calls the field `live`, KServe and others `ready`: both are there.
pub(crate) async fn ready(extract::State(state): extract::State<State>) -> (StatusCode, Json<Value>) {
    let ready = !state.catalog.names().is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "live": true, "ready": ready })))
}

pub(crate) async fn model(Target(model): Target) -> Json<Value> {
    Json(json!({ "name": model.name(), "ready": true }))
}
