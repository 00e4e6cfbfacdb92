//! What is said of traces, and their tags: enough for code that traces to go on. Searching them is not offered.

use axum::{
    Router,
    extract::Path,
    routing::{get, patch, post},
};
use serde_json::{Map, Value, json};
use tracking::Error;

use crate::{
    mlflow::{
        answer::{Answer, Answered},
        no_endpoint,
        request::{Call, Fields, missing},
    },
    state::State,
};

/// Tags, under both releases of the API.
pub(crate) fn tags() -> Router<State> {
    Router::new().route("/traces/{trace}/tags", patch(set_tag).delete(delete_tag))
}

/// What is under the third release only.
pub(crate) fn routes() -> Router<State> {
    // Searches and the like stand where the id of a trace does. Clients know them by their absence, not by their method.
    let one = Router::new().route("/traces/{trace}", get(read)).method_not_allowed_fallback(no_endpoint);
    tags().route("/traces", post(start)).merge(one)
}

async fn start(call: Call) -> Answered {
    let trace = call.fields.object("trace")?.ok_or_else(|| missing("trace"))?;
    let info = info(&trace)?;
    let info = call.tracking.start_trace(info).await?;
    Answer::of(&json!({"trace": {"trace_info": info}}))
}

fn info(trace: &Fields) -> Result<Map<String, Value>, Error> {
    match trace.get("trace_info") {
        Some(Value::Object(info)) => Ok(info.clone()),
        _ => Err(missing("trace.trace_info")),
    }
}

async fn read(Path(trace_id): Path<String>, call: Call) -> Answered {
    let info = call.read(move |tracking, _| tracking.trace(&trace_id)).await?;
    Answer::of(&json!({"trace": {"trace_info": info}}))
}

async fn set_tag(Path(trace_id): Path<String>, call: Call) -> Answered {
    let key = call.fields.required_text("key")?;
    let value = call.fields.text("value")?.unwrap_or_default();
    call.tracking.set_trace_tag(&trace_id, key, value).await?;
    Answer::done()
}

async fn delete_tag(Path(trace_id): Path<String>, call: Call) -> Answered {
    call.tracking.delete_trace_tag(&trace_id, call.fields.required_text("key")?).await?;
    Answer::done()
}
