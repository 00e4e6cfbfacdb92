//! Updates, deletes and restores runs.

use crate::{
    Error, Pending, Tracking,
    runs::{RunInfo, Status, find, find_active, read, tags, touch},
    writer::Writing,
};

/// What changes in a run. What is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunUpdate {
    /// How it goes.
    pub status: Option<Status>,
    /// When it ended, in milliseconds since 1970.
    pub end_time: Option<i64>,
    /// What people call it.
    pub name: Option<String>,
}

impl Tracking {
    /// Changes a run. It resolves to what the run is then.
    pub fn update_run(&self, run_id: &str, update: RunUpdate) -> Pending<RunInfo> {
        let run_id = run_id.to_owned();
        self.write(move |writing| change(writing, &run_id, &update))
    }

    /// Deletes a run. It can be restored.
    pub fn delete_run(&self, run_id: &str) -> Pending<()> {
        let run_id = run_id.to_owned();
        self.write(move |writing| set_deleted(writing, &run_id, true))
    }

    /// Restores a deleted run.
    pub fn restore_run(&self, run_id: &str) -> Pending<()> {
        let run_id = run_id.to_owned();
        self.write(move |writing| set_deleted(writing, &run_id, false))
    }
}

fn change(writing: &mut Writing<'_>, run_id: &str, update: &RunUpdate) -> Result<RunInfo, Error> {
    let run = find_active(writing, run_id)?;
    let sql = "UPDATE runs SET status = coalesce(?2, status), ended = coalesce(?3, ended) WHERE id = ?1";
    let status = update.status.map(Status::name);
    writing.transaction.prepare_cached(sql)?.execute((run.row, status, update.end_time))?;
    if let Some(name) = &update.name {
        tags::set_name(writing, run, name)?;
    }
    touch(writing, run.row)?;
    read::info(writing.transaction, run.row)
}

fn set_deleted(writing: &mut Writing<'_>, run_id: &str, deleted: bool) -> Result<(), Error> {
    let run = find(writing, run_id)?;
    let sql =
        "UPDATE runs SET deleted = ?2, deleted_at = iif(?2, ?3, NULL), version = version + 1 WHERE id = ?1";
    writing.transaction.prepare_cached(sql)?.execute((run.row, deleted, writing.now))?;
    writing.memory.forget_run(run_id);
    Ok(())
}
