use axum::{Json, extract};
use serde_json::{Value, json};

use crate::state::State;

/// The index of Triton's model repository extension, of which the rest (loading and unloading
/// by request) is not here: models change through the project alone.
pub(crate) async fn index(extract::State(state): extract::State<State>) -> Json<Value> {
    let models = state.catalog.names().into_iter().filter_map(|name| state.catalog.get(&name));
    let entry = |model: std::sync::Arc<serving::Loaded>| json!({ "name": model.name(), "version": model.version(), "state": "READY", "reason": "" });
    Json(models.map(entry).collect())
}
