//! Renames, deletes and restores experiments, and sets their tags.

use crate::{
    Error, Pending, Tracking, checks,
    experiments::{create::refuse_taken, find, find_active},
    writer::Writing,
};

/// The longest value of a tag of an experiment, in characters.
const TAG: usize = 5_000;

impl Tracking {
    /// Gives an experiment another name.
    pub fn rename_experiment(&self, experiment_id: &str, name: &str) -> Pending<()> {
        if let Err(error) = checks::experiment_name(name) {
            return Pending::refused(error);
        }
        let (id, name) = (experiment_id.to_owned(), name.to_owned());
        self.write(move |writing| {
            let found = find(writing.transaction, &id)?;
            if !found.is_active {
                return Err(Error::invalid("Cannot rename a non-active experiment."));
            }
            let sql = "SELECT name FROM experiments WHERE id = ?1";
            let old: String =
                writing.transaction.prepare_cached(sql)?.query_row([found.row], |row| row.get(0))?;
            if old != name {
                refuse_taken(writing.transaction, &name)?;
            }
            let sql = "UPDATE experiments SET name = ?2, updated = ?3 WHERE id = ?1";
            writing.transaction.prepare_cached(sql)?.execute((found.row, &name, writing.now))?;
            Ok(())
        })
    }

    /// Deletes an experiment with its runs. They can be restored.
    pub fn delete_experiment(&self, experiment_id: &str) -> Pending<()> {
        let id = experiment_id.to_owned();
        self.write(move |writing| {
            let found = find(writing.transaction, &id)?;
            if !found.is_active {
                return Err(no_such(&found.experiment_id));
            }
            set_deleted(writing, found.row, true)
        })
    }

    /// Restores a deleted experiment with its runs.
    pub fn restore_experiment(&self, experiment_id: &str) -> Pending<()> {
        let id = experiment_id.to_owned();
        self.write(move |writing| restore(writing, &id))
    }

    /// Sets a tag of an experiment.
    pub fn set_experiment_tag(&self, experiment_id: &str, key: &str, value: &str) -> Pending<()> {
        if let Err(error) = checked_tag(key, value) {
            return Pending::refused(error);
        }
        let (id, key, value) = (experiment_id.to_owned(), key.to_owned(), value.to_owned());
        self.write(move |writing| {
            let found = find_active(writing.transaction, &id)?;
            let sql = "INSERT OR REPLACE INTO experiment_tags (experiment, key, value) VALUES (?1, ?2, ?3)";
            writing.transaction.prepare_cached(sql)?.execute((found.row, &key, &value))?;
            Ok(())
        })
    }

    /// Deletes a tag of an experiment.
    pub fn delete_experiment_tag(&self, experiment_id: &str, key: &str) -> Pending<()> {
        let (id, key) = (experiment_id.to_owned(), key.to_owned());
        self.write(move |writing| {
            let found = find_active(writing.transaction, &id)?;
            let sql = "DELETE FROM experiment_tags WHERE experiment = ?1 AND key = ?2";
            match writing.transaction.prepare_cached(sql)?.execute((found.row, &key))? {
                0 => Err(Error::missing(format!("No tag with name: {key} in experiment with id {id}"))),
                _ => Ok(()),
            }
        })
    }
}

fn checked_tag(key: &str, value: &str) -> Result<(), Error> {
    checks::key(key, "key")?;
    checks::length("key", checks::KEY, key)?;
    checks::length("value", TAG, value)
}

pub(super) fn restore(writing: &mut Writing<'_>, id: &str) -> Result<(), Error> {
    let found = find(writing.transaction, id)?;
    if found.is_active {
        return Err(no_such(&found.experiment_id));
    }
    set_deleted(writing, found.row, false)
}

fn set_deleted(writing: &mut Writing<'_>, row: i64, deleted: bool) -> Result<(), Error> {
    let sql = "UPDATE experiments SET deleted = ?2, updated = ?3 WHERE id = ?1";
    writing.transaction.prepare_cached(sql)?.execute((row, deleted, writing.now))?;
    let sql = "UPDATE runs SET deleted = ?2, deleted_at = iif(?2, ?3, NULL), version = version + 1 WHERE experiment = ?1";
    writing.transaction.prepare_cached(sql)?.execute((row, deleted, writing.now))?;
    writing.memory.forget_runs();
    Ok(())
}

fn no_such(experiment_id: &str) -> Error {
    Error::missing(format!("No Experiment with id={experiment_id} exists"))
}
