//! `kaizen runs [RUN]`

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    slice,
};

use store::{Lock, RunId, RunStatus, Store};
use tracking::{Tracking, runs::Run as TrackedRun};

use super::{runs_store, tracked};
use crate::{Environment, Failure, arguments::Runs, exit, output::Output, views};

pub(crate) fn run(
    arguments: &Runs,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let tracking = tracked::open(arguments.data.as_deref(), at.clone(), environment)?;
    let tracked_alone = arguments.tracked || arguments.experiment.is_some() || arguments.data.is_some();
    match &arguments.run {
        Some(word) if !tracked_alone && word.parse::<u64>().is_ok() => {
            numbered(word, (at, environment), tracking.as_ref(), output)?;
        }
        Some(word) => one(word, arguments.data.as_deref(), tracking.as_ref(), output)?,
        None if tracked_alone => {
            let listed = listed(arguments, tracking.as_ref())?;
            output.result(&listed, views::tracked::list);
        }
        None => all(arguments, (at, environment), tracking.as_ref(), output)?,
    }
    Ok(exit::DONE)
}

/// The run of this number, unless it has become the id of a tracked one.
fn numbered(
    word: &str,
    (at, environment): (Option<PathBuf>, &Environment),
    tracking: Option<&Tracking>,
    output: &mut Output,
) -> Result<(), Failure> {
    let unknown = || Failure::new(exit::USAGE, format!("there is no run {word}; `kaizen runs` lists them"));
    let number = word.parse().map_err(|_| unknown())?;
    let store = runs_store(at, environment)?;
    let run = match store.run(RunId::new(number)) {
        Ok(run) => run,
        Err(store::Error::UnknownNumber { .. }) if tracking.is_some() => {
            return one(word, None, tracking, output);
        }
        Err(store::Error::UnknownNumber { .. }) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    let killed = killed(&store, slice::from_ref(&run))?;
    let entries = store.run_entries(run.id)?;
    output.result(&views::runs::One { run, entries }, |one| views::runs::one(one, &killed));
    Ok(())
}

/// One tracked run, whole.
fn one(
    word: &str,
    data: Option<&Path>,
    tracking: Option<&Tracking>,
    output: &mut Output,
) -> Result<(), Failure> {
    let tracking = tracking.ok_or_else(|| tracked::unknown(word, data))?;
    let run = tracked::one(tracking, word, data)?;
    let models = tracking.models_of_run(&run.info.run_id).map_err(tracked::failure)?;
    let experiment = tracking.experiment(&run.info.experiment_id).map_err(tracked::failure)?.name;
    output.result(&views::tracked::Whole { run, experiment, models }, views::tracked::whole);
    Ok(())
}

/// The runs of the project, and beside them, for people, what was logged.
fn all(
    arguments: &Runs,
    (at, environment): (Option<PathBuf>, &Environment),
    tracking: Option<&Tracking>,
    output: &mut Output,
) -> Result<(), Failure> {
    let store = match runs_store(at, environment) {
        Ok(store) => store,
        // A server's directory has no runs of a project.
        Err(_) if tracking.is_some() => {
            output.result(&listed(arguments, tracking)?, views::tracked::list);
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let runs = store.latest_runs(usize::from(arguments.limit))?;
    let killed = killed(&store, &runs)?;
    let beside = if output.json { Vec::new() } else { listed(arguments, tracking)? };
    output.result(&runs, |runs| {
        let mut text = views::runs::list(runs, &killed);
        if !beside.is_empty() {
            text.push_str(&format!("\ntracked\n{}", views::tracked::list(&beside)));
        }
        text
    });
    Ok(())
}

/// Tracked runs, newest first.
fn listed(arguments: &Runs, tracking: Option<&Tracking>) -> Result<Vec<views::tracked::Listed>, Failure> {
    let experiment = arguments.experiment.as_deref();
    let Some(tracking) = tracking else {
        return match experiment {
            Some(name) => {
                let message = format!("there is no experiment `{name}`: nothing was logged yet");
                Err(Failure::new(exit::USAGE, message))
            }
            None => Ok(Vec::new()),
        };
    };
    let limit = usize::from(arguments.limit);
    let runs: Vec<TrackedRun> = tracking.newest_runs(experiment, limit).map_err(tracked::failure)?;
    let names = tracked::experiments(tracking, &runs)?;
    let listed = |run: TrackedRun| {
        let experiment = names.get(&run.info.experiment_id).cloned().unwrap_or_default();
        views::tracked::Listed { experiment, run }
    };
    Ok(runs.into_iter().map(listed).collect())
}

/// The runs that have no end because their process was killed.
fn killed(store: &Store, runs: &[store::Run]) -> Result<BTreeSet<RunId>, Failure> {
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

fn is_running(run: &store::Run) -> bool {
    run.status == RunStatus::Running
}
