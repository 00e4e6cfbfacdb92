//! `run step.x`: a command in any language, or a query. What it declares to write becomes the output.
//!
//! A result that is known already, here or in the shared cache, is put in place instead (`cached`). Else a query goes to
//! `sql`, and a command through `workplace` (what it finds), `attempts` (its life) and `outputs` (what it left).

mod attempts;
mod audit;
mod cached;
mod command;
mod environment;
mod folder;
mod inputs;
mod metrics;
mod outputs;
mod skip;
mod sql;
mod training;
mod workplace;

use spec::StepAction;

use super::{Done, Failure, Turn, report};
use crate::{Engine, apply::key, output::Output};

pub(crate) use attempts::Adopted;
pub(crate) use command::{EndedWell, to_its_end};
pub(crate) use folder::{Attempt, MODEL, clean_up, clear, name as folder_name, settle};
pub(crate) use training::folder_of;

pub(crate) async fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let name = turn.action.id.node.name();
    let Some(step) = turn.project.spec.steps.get(name) else {
        return Err(Failure::failed(format!("step.{name} is not in the project")));
    };
    if let Some(why) = skip::reason(engine, turn, step)? {
        let output = Output::skipped().keep(&engine.store)?;
        return Ok(Done::new(output, format!("skipped: {why}"), serde_json::json!({ "skipped": why })));
    }
    let key = key(&turn.action.id.node, &turn.action.fields, &turn.inputs);
    if let Some(done) = cached::find(engine, turn, step, &key)? {
        return Ok(done);
    }
    let done = match &step.action {
        StepAction::Sql { query } => tokio::select! {
            done = sql::perform(engine, turn, step, query) => done?,
            () = turn.cancel.cancelled() => return Err(Failure::Interrupted),
        },
        StepAction::Run { command } => command::perform(engine, turn, step, command).await?,
    };
    Ok(cached::remember(engine, turn, step, key, done))
}
