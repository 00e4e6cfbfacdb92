//! `kaizen __supervise`: what an engine starts to keep the commands of steps. Not for people.
//!
//! It hosts the spools of those commands that want one: it outlives the engine, as they do.

use std::{process::ExitCode, sync::Arc};

use crate::{Environment, exit, hosting::Spools};

pub(crate) fn run(environment: &Environment) -> u8 {
    let spools = Arc::new(Spools::new(environment.clock.clone()));
    let hosting = spools.clone();
    let ended = executor::supervise_with(move |variables| hosting.prepare(variables));
    spools.finish();
    if ended == ExitCode::SUCCESS { exit::DONE } else { exit::FAILED }
}
