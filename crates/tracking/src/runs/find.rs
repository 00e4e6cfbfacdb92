//! Finds the rows of runs for whatever changes or reads them.

use rusqlite::{OptionalExtension as _, Transaction};

use crate::{Error, metrics::Found, promise, writer::Writing};

/// The run of this id. One that was promised is made now.
pub(crate) fn find(writing: &mut Writing<'_>, run_id: &str) -> Result<Found, Error> {
    if let Some(found) = writing.memory.run(run_id) {
        return Ok(found);
    }
    if let Some(found) = look_up(writing.transaction, run_id)? {
        writing.memory.remember_run(run_id, found);
        return Ok(found);
    }
    // One that is made here is not remembered: it is undone when this write is refused.
    let is_kept = promise::keep(writing, run_id)?;
    let found = if is_kept { look_up(writing.transaction, run_id)? } else { None };
    found.ok_or_else(|| no_run(run_id))
}

fn look_up(transaction: &Transaction<'_>, run_id: &str) -> Result<Option<Found>, Error> {
    let sql = "SELECT id, experiment, NOT deleted FROM runs WHERE run_id = ?1";
    let found = transaction.prepare_cached(sql)?.query_row([run_id], |row| {
        Ok(Found { row: row.get(0)?, experiment: row.get(1)?, is_active: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// The run of this id, refused when it is deleted.
pub(crate) fn find_active(writing: &mut Writing<'_>, run_id: &str) -> Result<Found, Error> {
    let found = find(writing, run_id)?;
    if found.is_active {
        return Ok(found);
    }
    Err(Error::invalid(format!("The run {run_id} must be in the 'active' state. Current state is deleted.")))
}

/// The row of a run, for readers.
pub(crate) fn row_of(transaction: &Transaction<'_>, run_id: &str) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM runs WHERE run_id = ?1";
    Ok(transaction.prepare_cached(sql)?.query_row([run_id], |row| row.get(0)).optional()?)
}

/// Counts a change of what a run shows.
pub(crate) fn touch(writing: &Writing<'_>, row: i64) -> Result<(), Error> {
    let sql = "UPDATE runs SET version = version + 1 WHERE id = ?1";
    writing.transaction.prepare_cached(sql)?.execute([row])?;
    Ok(())
}

pub(super) fn no_run(run_id: &str) -> Error {
    Error::missing(format!("Run with id={run_id} not found"))
}
