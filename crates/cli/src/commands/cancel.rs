//! `kaizen cancel RUN`

use std::{path::PathBuf, thread, time::Duration};

use store::{Lock, RunStatus};

use super::{numbered, runs_store, writable_runs_store};
use crate::{Environment, Failure, arguments::RunNumber, exit, output::Output};

/// How long the commands of the run may take to end.
const PATIENCE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(50);

/// A run that lives has begun to end by then.
const ASKED: Duration = Duration::from_secs(2);

pub(crate) fn run(
    arguments: &RunNumber,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let store = runs_store(at.clone(), environment)?;
    let number = arguments.run;
    let run = numbered(&store, number)?;
    if run.status != RunStatus::Running {
        let message = format!(
            "run {number} has ended already, it is {}; `kaizen runs` lists those that go on",
            run.status.as_str()
        );
        return Err(Failure::new(exit::USAGE, message));
    }
    writable_runs_store(at, environment)?.request_cancel(run.id)?;
    let began = environment.clock.elapsed();
    while environment.clock.elapsed().saturating_sub(began) < PATIENCE {
        let now = store.run(run.id)?;
        if now.status != RunStatus::Running {
            output.result(&now, |run| format!("run {number}: {}", run.status.as_str()));
            return Ok(exit::DONE);
        }
        if environment.clock.elapsed().saturating_sub(began) > ASKED && !Lock::is_held(store.dir())? {
            let message = format!(
                "run {number} has no process any more: it was killed; the next `kaizen run` ends it or goes on with it"
            );
            return Err(Failure::new(exit::FAILED, message));
        }
        thread::sleep(INTERVAL);
    }
    let message =
        format!("run {number} was asked to end and still runs after 60 s; `kaizen down` ends its process");
    Err(Failure::new(exit::FAILED, message))
}
