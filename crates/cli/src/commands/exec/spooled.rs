//! A spool before the server that the environment names.

use std::path::Path;

use engine::STORE_DIRECTORY;
use spec::{EnvValue, SecretPlace, Step};

use crate::{
    Environment, Failure,
    commands::spool::upstream,
    exit,
    hosting::{SPOOL, Wanted},
};

const URI: &str = "MLFLOW_TRACKING_URI";
/// What a client shows to that server.
const CREDENTIALS: [&str; 3] =
    ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"];
/// What else of the environment says where a client logs.
const PLACES: [&str; 3] = ["MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID"];

/// Puts a spool before the server that the command would log to, with what that needs. Says whether there is one: else
/// the command logs to this directory's own.
pub(super) fn before_given(step: &mut Step, root: &Path, environment: &Environment) -> Result<bool, Failure> {
    let set = |name: &str| (environment.variable)(name).filter(|value| !value.is_empty());
    let given = match step.env.get(URI) {
        Some(EnvValue::Value(value)) => Some(value.clone()),
        Some(EnvValue::From(name)) => set(name),
        Some(EnvValue::Secret(_)) => {
            let message = format!("--spool: {URI} is given as a secret; a spool must know it, so use --env");
            return Err(Failure::new(exit::USAGE, message));
        }
        None => set(URI),
    };
    let Some(given) = given else { return Ok(false) };
    let upstream =
        upstream(&given).map_err(|why| Failure::new(exit::USAGE, format!("--spool: {URI} {why}")))?;
    let wanted = Wanted { directory: root.join(STORE_DIRECTORY).join(SPOOL), upstream };
    step.env.insert(URI.to_owned(), EnvValue::Value(wanted.to_string()));
    for name in CREDENTIALS.into_iter().filter(|name| set(name).is_some()) {
        let secret = EnvValue::Secret(SecretPlace::Env(name.to_owned()));
        step.env.entry(name.to_owned()).or_insert(secret);
    }
    for name in PLACES.into_iter().filter(|name| set(name).is_some()) {
        step.env.entry(name.to_owned()).or_insert(EnvValue::From(name.to_owned()));
    }
    Ok(true)
}
