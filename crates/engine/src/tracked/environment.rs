//! What a command is told of the run that it was promised, and what the run is told of the command.

use plan::Node;
use serde_json::{Value, json};
use spec::Step;
use tracking::promise::{Place, Promise};

use super::Attempted;
use crate::actions::Turn;

pub(super) const URI: &str = "MLFLOW_TRACKING_URI";
pub(super) const RUN_ID: &str = "MLFLOW_RUN_ID";
pub(super) const EXPERIMENT: &str = "MLFLOW_EXPERIMENT_NAME";
pub(super) const EXPERIMENT_ID: &str = "MLFLOW_EXPERIMENT_ID";
const TOKEN: &str = "MLFLOW_TRACKING_TOKEN";
/// Tags, as JSON, of runs that the command makes beside the promised one.
const CONTEXT: &str = "MLFLOW_RUN_CONTEXT";

/// The variables that say where to log; those that the step sets itself stay as they are.
pub(super) fn variables(
    step: &Step,
    promise: &Promise,
    (url, run_id): (&str, &str),
) -> Vec<(String, String)> {
    let promised = [("kaizen.promised_run".to_owned(), json!(run_id))];
    let tags = promise.tags.iter().map(|(key, value)| (key.clone(), json!(value)));
    let context: Value = tags.chain(promised).collect();
    let mut variables = vec![
        (URI, url.to_owned()),
        (RUN_ID, run_id.to_owned()),
        (TOKEN, promise.secret.reveal().to_owned()),
        (CONTEXT, context.to_string()),
    ];
    if let Place::Named(name) = &promise.place
        && !step.env.contains_key(EXPERIMENT_ID)
    {
        variables.push((EXPERIMENT, name.clone()));
    }
    variables.retain(|(name, _)| !step.env.contains_key(*name));
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What MLflow shows as a run's source, and where in Kaizen it belongs.
pub(super) fn tags(turn: &Turn, attempted: &Attempted<'_>) -> Vec<(String, String)> {
    let node = &turn.action.id.node;
    let of = match node {
        Node::Model(_) => "kaizen.model",
        _ => "kaizen.step",
    };
    let tags = [
        ("mlflow.source.name", node.to_string()),
        ("mlflow.source.type", "PROJECT".to_owned()),
        ("mlflow.user", user(turn)),
        (of, node.name().to_string()),
        ("kaizen.run", turn.run.to_string()),
        ("kaizen.attempt", attempted.number.to_string()),
    ];
    tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

pub(super) fn user(turn: &Turn) -> String {
    let variables = &turn.project.variables;
    variables.get("USER").or_else(|| variables.get("LOGNAME")).unwrap_or_else(|| "unknown".to_owned())
}
