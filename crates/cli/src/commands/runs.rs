//! `kaizen runs [RUN]`

use std::{collections::BTreeSet, path::PathBuf, slice};

use store::{Lock, Run, RunId, RunStatus, Store};

use super::{numbered, runs_store};
use crate::{Environment, Failure, arguments::Runs, exit, output::Output, views};

pub(crate) fn run(
    arguments: &Runs,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let store = runs_store(at, environment)?;
    let Some(number) = arguments.run else {
        let runs = store.latest_runs(usize::from(arguments.limit))?;
        let killed = killed(&store, &runs)?;
        output.result(&runs, |runs| views::runs::list(runs, &killed));
        return Ok(exit::DONE);
    };
    let run = numbered(&store, number)?;
    let killed = killed(&store, slice::from_ref(&run))?;
    let entries = store.run_entries(run.id)?;
    output.result(&views::runs::One { run, entries }, |one| views::runs::one(one, &killed));
    Ok(exit::DONE)
}

/// The runs that have no end because their process was killed.
fn killed(store: &Store, runs: &[Run]) -> Result<BTreeSet<RunId>, Failure> {
    let mut running: BTreeSet<_> = runs.iter().filter(|run| is_running(run)).map(|run| run.id).collect();
    if running.is_empty() || Lock::is_held(store.dir())? {
        return Ok(BTreeSet::new());
    }
    // Asked again after the lock: its holder may have ended them in between.
    for run in runs {
        if !is_running(&store.run(run.id)?) {
            running.remove(&run.id);
        }
    }
    Ok(running)
}

fn is_running(run: &Run) -> bool {
    run.status == RunStatus::Running
}
