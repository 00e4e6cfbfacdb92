//! Reads experiments, by their ids or names.

use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::{
    Error, Tracking,
    experiments::{Experiment, Lifecycle, Pair},
};

/// An experiment as others need it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) row: i64,
    pub(crate) experiment_id: String,
    pub(crate) is_active: bool,
    pub(crate) artifact_location: String,
}

impl Tracking {
    /// The experiment of this id, deleted or not.
    ///
    /// # Errors
    /// When there is none.
    pub fn experiment(&self, experiment_id: &str) -> Result<Experiment, Error> {
        self.read(|transaction| {
            let found = find(transaction, experiment_id)?;
            one(transaction, found.row)
        })
    }

    /// The experiment of this name, deleted or not. One that a promised run will be in is made first.
    ///
    /// # Errors
    /// When there is none.
    pub fn experiment_by_name(&self, name: &str) -> Result<Experiment, Error> {
        let read = || {
            self.read(|transaction| {
                let sql = "SELECT id FROM experiments WHERE name = ?1";
                let mut find = transaction.prepare_cached(sql)?;
                let row: Option<i64> = find.query_row([name], |row| row.get(0)).optional()?;
                row.map(|row| one(transaction, row)).transpose()
            })
        };
        if let Some(found) = read()? {
            return Ok(found);
        }
        let found = if self.keep_promised_experiment(name)? { read()? } else { None };
        found.ok_or_else(|| Error::missing(format!("Could not find experiment with name '{name}'")))
    }
}

/// The experiment that clients call this. Nothing means the default one.
pub(crate) fn find(transaction: &Transaction<'_>, experiment_id: &str) -> Result<Found, Error> {
    let asked = if experiment_id.is_empty() { "0" } else { experiment_id };
    if let Some(found) = by_id(transaction, asked)? {
        return Ok(found);
    }
    let number: i128 = asked.trim().parse().map_err(|_| {
        Error::invalid(format!("Invalid experiment ID '{asked}'. Experiment ID must be a valid integer."))
    })?;
    let found = by_id(transaction, &number.to_string())?;
    found.ok_or_else(|| Error::missing(format!("No Experiment with id={number} exists")))
}

/// The same, refused when it is deleted.
pub(crate) fn find_active(transaction: &Transaction<'_>, experiment_id: &str) -> Result<Found, Error> {
    let found = find(transaction, experiment_id)?;
    if found.is_active {
        return Ok(found);
    }
    Err(Error::invalid(format!(
        "The experiment {} must be in the 'active' state. Current state is deleted.",
        found.experiment_id
    )))
}

fn by_id(transaction: &Transaction<'_>, experiment_id: &str) -> Result<Option<Found>, Error> {
    let sql =
        "SELECT id, experiment_id, NOT deleted, artifact_location FROM experiments WHERE experiment_id = ?1";
    let found = |row: &Row<'_>| {
        Ok(Found {
            row: row.get(0)?,
            experiment_id: row.get(1)?,
            is_active: row.get(2)?,
            artifact_location: row.get(3)?,
        })
    };
    Ok(transaction.prepare_cached(sql)?.query_row([experiment_id], found).optional()?)
}

/// Whole experiments, in the order of these rows.
pub(crate) fn materialise(transaction: &Transaction<'_>, rows: &[i64]) -> Result<Vec<Experiment>, Error> {
    rows.iter().map(|row| one(transaction, *row)).collect()
}

fn one(transaction: &Transaction<'_>, row: i64) -> Result<Experiment, Error> {
    let sql = "SELECT experiment_id, name, artifact_location, deleted, updated, created FROM experiments WHERE id = ?1";
    let mut experiment = transaction.prepare_cached(sql)?.query_row([row], |row| {
        Ok(Experiment {
            experiment_id: row.get(0)?,
            name: row.get(1)?,
            artifact_location: row.get(2)?,
            lifecycle_stage: Lifecycle::of(row.get(3)?),
            last_update_time: row.get(4)?,
            creation_time: row.get(5)?,
            tags: Vec::new(),
        })
    })?;
    let sql = "SELECT key, value FROM experiment_tags WHERE experiment = ?1 ORDER BY key";
    let mut tags = transaction.prepare_cached(sql)?;
    let tags = tags.query_map([row], |row| Ok(Pair { key: row.get(0)?, value: row.get(1)? }))?;
    experiment.tags = tags.collect::<Result<_, _>>()?;
    Ok(experiment)
}
