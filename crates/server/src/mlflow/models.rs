//! Logged models: made, filled in, finished, read, deleted. Searching them is in `search`, their files in `artifacts`.

use axum::{
    Router,
    extract::Path,
    routing::{delete, get, patch, post},
};
use serde::Serialize;
use tracking::{Error, LoggedModel, LoggedModelStatus, NewLoggedModel};

use crate::{
    mlflow::{
        answer::{Answer, Answered},
        request::{Call, Fields, invalid, missing},
    },
    state::State,
};

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/logged-models", post(create))
        .route("/logged-models/{model}", get(read).patch(finalize).delete(remove))
        .route("/logged-models/{model}/params", post(log_params))
        .route("/logged-models/{model}/tags", patch(set_tags))
        .route("/logged-models/{model}/tags/{*key}", delete(delete_tag))
}

#[derive(Serialize)]
struct Model {
    model: LoggedModel,
}

async fn create(call: Call) -> Answered {
    let model = call.tracking.create_logged_model(new_model(&call.fields, call.chosen.clone())?).await?;
    Answer::of(&Model { model })
}

fn new_model(fields: &Fields, model_id: Option<String>) -> Result<NewLoggedModel, Error> {
    Ok(NewLoggedModel {
        model_id,
        experiment_id: fields.required_text("experiment_id")?.to_owned(),
        name: fields.text("name")?.filter(|name| !name.is_empty()).map(str::to_owned),
        model_type: fields.text("model_type")?.unwrap_or_default().to_owned(),
        source_run_id: fields.text("source_run_id")?.unwrap_or_default().to_owned(),
        params: fields.pairs("params")?,
        tags: fields.pairs("tags")?,
    })
}

async fn read(Path(model_id): Path<String>, call: Call) -> Answered {
    // Any other word means no, as MLflow has it.
    let include_deleted = call
        .fields
        .text("allow_deleted")
        .is_ok_and(|text| text.is_some_and(|text| text.eq_ignore_ascii_case("true")));
    let model = call.read(move |tracking, _| tracking.logged_model(&model_id, include_deleted)).await?;
    Answer::of(&Model { model })
}

async fn finalize(Path(model_id): Path<String>, call: Call) -> Answered {
    let status = status(&call.fields)?;
    let model = call.tracking.finalize_logged_model(model_id, status).await?;
    Answer::of(&Model { model })
}

/// A status by its name, or by its number in the protocol.
fn status(fields: &Fields) -> Result<LoggedModelStatus, Error> {
    let value = fields.get("status").ok_or_else(|| missing("status"))?;
    let named = value.as_str().and_then(LoggedModelStatus::named);
    let numbered = || fields.integer("status").ok().flatten().and_then(LoggedModelStatus::numbered);
    named.or_else(numbered).ok_or_else(|| invalid("status", value))
}

async fn remove(Path(model_id): Path<String>, call: Call) -> Answered {
    call.tracking.delete_logged_model(model_id).await?;
    Answer::done()
}

async fn log_params(Path(model_id): Path<String>, call: Call) -> Answered {
    let params = call.fields.pairs("params")?;
    call.tracking.log_logged_model_params(model_id, params).await?;
    Answer::done()
}

async fn set_tags(Path(model_id): Path<String>, call: Call) -> Answered {
    let tags = call.fields.pairs("tags")?;
    call.tracking.set_logged_model_tags(model_id, tags).await?;
    Answer::done()
}

async fn delete_tag(Path((model_id, key)): Path<(String, String)>, call: Call) -> Answered {
    call.tracking.delete_logged_model_tag(model_id, key).await?;
    Answer::done()
}
