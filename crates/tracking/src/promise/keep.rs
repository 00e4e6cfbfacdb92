//! Promised runs in the database: made when they are named, and closed when their command has ended.

use super::{Ending, Place};
use crate::{
    Error, Tracking, experiments,
    pending::Pending,
    runs::{self, NewRun},
    writer::Writing,
};

impl Tracking {
    /// Makes the promised run of this id, if one is promised; says whether it is there now.
    pub(crate) fn keep_promise(&self, run_id: &str) -> Result<bool, Error> {
        if self.promises().of(run_id).is_none() {
            return Ok(false);
        }
        let run_id = run_id.to_owned();
        self.write_always(move |writing| keep(writing, &run_id)).wait()
    }

    /// Makes the experiment of this name, if a promised run will be in it: commands that start together look for it
    /// together, and MLflow's client lets all but one of them fail to make it. Says whether it is there now.
    pub(crate) fn keep_promised_experiment(&self, name: &str) -> Result<bool, Error> {
        if !self.promises().wants_experiment(name) {
            return Ok(false);
        }
        let name = name.to_owned();
        self.write_always(move |writing| experiments::ensure(writing, &name)).wait()?;
        Ok(true)
    }

    /// Gives a run that goes on the end that its command came to. Says whether there is such a run, with an end or
    /// without.
    pub fn close_run(&self, run_id: &str, ending: Ending) -> Pending<bool> {
        let run_id = run_id.to_owned();
        self.write(move |writing| {
            let Some(row) = runs::row_of(writing.transaction, &run_id)? else { return Ok(false) };
            let statement = "UPDATE runs SET status = ?2, ended = ?3 WHERE id = ?1 AND status IN ('RUNNING', 'SCHEDULED')";
            let mut statement = writing.transaction.prepare_cached(statement)?;
            if statement.execute((row, ending.status(), writing.now))? > 0 {
                runs::touch(writing, row)?;
            }
            Ok(true)
        })
    }
}

/// Makes the run that is promised under this id, if one is; says whether it is there now.
pub(crate) fn keep(writing: &mut Writing<'_>, run_id: &str) -> Result<bool, Error> {
    let Some(promise) = writing.settings.promises.of(run_id) else { return Ok(false) };
    // Another request that named it may have come first.
    if runs::row_of(writing.transaction, run_id)?.is_none() {
        let experiment_id = match promise.place {
            Place::Named(name) => experiments::ensure(writing, &name)?,
            Place::Id(id) => id,
        };
        let run = NewRun {
            run_id: Some(run_id.to_owned()),
            experiment_id,
            user_id: promise.user,
            name: Some(promise.name),
            started: writing.now,
            tags: promise.tags,
        };
        runs::create(writing, run)?;
    }
    writing.settings.promises.mark_used(run_id);
    Ok(true)
}

impl Ending {
    fn status(self) -> &'static str {
        match self {
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
        }
    }
}
