//! The environment of a command: what the project declares, where its inputs are, and the little that any program needs.
//! Nothing else of the environment that Kaizen runs in reaches it.

use std::{collections::BTreeMap, fs, path::PathBuf};

use executor::Secret;
use spec::{EnvValue, SecretPlace, Step};

use super::super::{Failure, Turn};

/// What a program needs to find programs, libraries, its user's home and a place for temporary files.
const PASSED: [&str; 17] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
];

/// A shorter secret would hide harmless text all over the log.
const SHORTEST_SECRET: usize = 4;

/// The whole environment of a command, with the values in it that nobody may see.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) variables: BTreeMap<String, String>,
    pub(super) secrets: Vec<Secret>,
}

/// The environment of this step.
pub(super) fn of(turn: &Turn, step: &Step, inputs: &[(String, PathBuf)]) -> Result<Environment, Failure> {
    let mut environment = Environment::default();
    let variables = &mut environment.variables;
    // An image brings its own programs, and says itself where they are.
    let passed = if step.image.is_none() { &PASSED[..] } else { &[] };
    for name in passed {
        variables.extend(turn.project.variables.get(name).map(|value| ((*name).to_owned(), value)));
    }
    for (name, place) in inputs {
        variables.insert(name.clone(), place.display().to_string());
    }
    variables.insert("KAIZEN_STEP".to_owned(), turn.action.id.node.name().to_string());
    variables.insert("KAIZEN_PROJECT".to_owned(), turn.project.root.display().to_string());
    if !turn.gpus.is_empty() || step.resources.gpus == 0 {
        let devices: Vec<_> = turn.gpus.iter().map(u32::to_string).collect();
        // Empty hides every device from a step that asks for none.
        variables.insert("CUDA_VISIBLE_DEVICES".to_owned(), devices.join(","));
    }
    for (name, value) in &step.env {
        let value = match value {
            EnvValue::Value(value) => value.clone(),
            EnvValue::From(from) => taken(turn, from)?,
            EnvValue::Secret(source) => {
                let value = secret(turn, name, source)?;
                environment.secrets.push(Secret::new(value.clone()));
                value
            }
        };
        environment.variables.insert(name.clone(), value);
    }
    Ok(environment)
}

fn taken(turn: &Turn, name: &str) -> Result<String, Failure> {
    let missing = || Failure::failed(format!("the environment variable {name} it takes is not set"));
    turn.project.variables.get(name).ok_or_else(missing)
}

/// The value behind a reference, which is never recorded.
fn secret(turn: &Turn, name: &str, source: &SecretPlace) -> Result<String, Failure> {
    let value = match source {
        SecretPlace::Env(variable) => {
            let missing =
                || Failure::failed(format!("the secret {name} is to come from {variable}, which is not set"));
            turn.project.variables.get(variable).ok_or_else(missing)?
        }
        SecretPlace::File(path) => {
            let path = turn.project.root.join(path);
            let unread = |error: std::io::Error| {
                Failure::failed(format!("the secret {name} is to come from {}: {error}", path.display()))
            };
            fs::read_to_string(&path).map_err(unread)?.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    if value.chars().count() < SHORTEST_SECRET {
        let why = format!(
            "the secret {name} has fewer than {SHORTEST_SECRET} characters, too few to hide it in logs"
        );
        return Err(Failure::failed(format!("{why}; use a longer one")));
    }
    Ok(value)
}
