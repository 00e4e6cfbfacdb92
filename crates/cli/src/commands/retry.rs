//! `kaizen retry RUN`

use std::path::PathBuf;

use store::RunStatus;

use super::{exec, numbered, run, runs_store, up};
use crate::{
    Environment, Failure,
    arguments::{RunNumber, Up},
    exit,
    output::Output,
};

pub(crate) fn run(
    arguments: &RunNumber,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let number = arguments.run;
    let run = numbered(&runs_store(at.clone(), environment)?, number)?;
    if run.status == RunStatus::Done {
        output.remark(&format!(
            "run {number} was done; what it did is done again only where something has changed"
        ));
    }
    if let Some(again) = exec::again(&run.detail["exec"]) {
        return exec::run(&again, at, environment, output);
    }
    match run.kind.as_str() {
        "run" => run::run(&run::again(&run.detail), at, environment, output),
        "up" | "apply" => {
            up::run(&Up { at: None, once: true, listen: None }, at.as_deref(), environment, output)
        }
        kind => Err(Failure::new(
            exit::USAGE,
            format!("run {number} is of a kind that is not made again: {kind}"),
        )),
    }
}
