use axum::Json;
use serde_json::{Value, json};
use serving::Metadata;

use crate::routes::target::Target;

pub(crate) async fn server() -> Json<Value> {
    Json(json!({ "name": "kaizen", "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
}

pub(crate) async fn model(Target(model): Target) -> Json<Metadata> {
    Json(Metadata::of(&model))
}
