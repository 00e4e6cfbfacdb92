//! Runs: made, read, changed, logged to. Searching them is in `search`.

mod batch;
mod inputs;
mod metric;
mod number;

use axum::{
    Router,
    routing::{get, post},
};
use serde::Serialize;
use serde_json::Value;
use tracking::{
    Error,
    runs::{NewRun, Run, RunInfo, RunUpdate, Status},
};

use crate::{
    mlflow::{
        answer::{Answer, Answered},
        request::{Call, Fields, invalid},
    },
    state::State,
};

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/runs/create", post(create))
        .route("/runs/get", get(read))
        .route("/runs/update", post(update))
        .route("/runs/delete", post(delete))
        .route("/runs/restore", post(restore))
        .route("/runs/log-metric", post(metric::log))
        .route("/runs/log-batch", post(batch::log))
        .route("/runs/log-parameter", post(log_param))
        .route("/runs/set-tag", post(set_tag))
        .route("/runs/delete-tag", post(delete_tag))
        .route("/runs/log-inputs", post(inputs::log_inputs))
        .route("/runs/outputs", post(inputs::log_outputs))
        .route("/runs/log-model", post(log_model))
}

#[derive(Serialize)]
struct Made {
    run: Run,
}

#[derive(Serialize)]
struct Updated {
    run_info: RunInfo,
}

async fn create(call: Call) -> Answered {
    let fields = &call.fields;
    let new = NewRun {
        run_id: call.chosen.clone(),
        experiment_id: fields.text("experiment_id")?.unwrap_or_default().to_owned(),
        user_id: fields.text("user_id")?.unwrap_or_default().to_owned(),
        name: fields.text("run_name")?.map(str::to_owned),
        started: fields.integer("start_time")?.unwrap_or(0),
        tags: fields.pairs("tags")?,
    };
    let run = call.tracking.create_run(new).await?;
    Answer::of(&Made { run })
}

async fn read(call: Call) -> Answered {
    let run = call.read(|tracking, fields| tracking.run_json(fields.run_id()?)).await?;
    let mut answer = Vec::with_capacity(run.len() + 8);
    answer.extend_from_slice(b"{\"run\":");
    answer.extend_from_slice(&run);
    answer.push(b'}');
    Answer::ready(answer)
}

async fn update(call: Call) -> Answered {
    let fields = &call.fields;
    let update = RunUpdate {
        status: status(fields)?,
        end_time: fields.integer("end_time")?,
        name: fields.text("run_name")?.map(str::to_owned),
    };
    let run_info = call.tracking.update_run(fields.run_id()?, update).await?;
    Answer::of(&Updated { run_info })
}

fn status(fields: &Fields) -> Result<Option<Status>, Error> {
    let Some(value) = fields.get("status") else { return Ok(None) };
    let status = match value {
        Value::String(text) => Status::parse(text).ok(),
        Value::Number(number) => Status::parse(&number.to_string()).ok(),
        _ => None,
    };
    status.map(Some).ok_or_else(|| invalid("status", value))
}

async fn delete(call: Call) -> Answered {
    call.tracking.delete_run(call.fields.run_id()?).await?;
    Answer::done()
}

async fn restore(call: Call) -> Answered {
    call.tracking.restore_run(call.fields.run_id()?).await?;
    Answer::done()
}

async fn log_param(call: Call) -> Answered {
    let fields = &call.fields;
    let (run_id, key) = (fields.run_id()?, fields.required_text("key")?);
    call.tracking.log_param(run_id, key, fields.text("value")?.unwrap_or_default()).await?;
    Answer::done()
}

async fn set_tag(call: Call) -> Answered {
    let fields = &call.fields;
    let (run_id, key) = (fields.run_id()?, fields.required_text("key")?);
    call.tracking.set_tag(run_id, key, fields.text("value")?.unwrap_or_default()).await?;
    Answer::done()
}

async fn delete_tag(call: Call) -> Answered {
    let (run_id, key) = (call.fields.run_id()?, call.fields.required_text("key")?);
    call.tracking.delete_tag(run_id, key).await?;
    Answer::done()
}

async fn log_model(call: Call) -> Answered {
    let (run_id, model) = (call.fields.run_id()?, call.fields.required_text("model_json")?);
    call.tracking.log_model(run_id, model).await?;
    Answer::done()
}
