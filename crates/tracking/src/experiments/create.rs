//! Makes experiments.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::{
    Error, Pending, Settings, Tracking, checks,
    uri::{append, artifact_location},
    writer::Writing,
};

/// What an experiment is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewExperiment {
    /// Its id, when it was chosen before: digits.
    pub experiment_id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Where its artifacts go, when that is not the usual place.
    pub artifact_location: Option<String>,
    /// What else is known of it.
    pub tags: Vec<(String, String)>,
}

impl Tracking {
    /// Makes an experiment. It resolves to its id.
    pub fn create_experiment(&self, new: NewExperiment) -> Pending<String> {
        match checked(new, self.settings()) {
            Ok(new) => {
                let root = self.settings().artifact_root.clone();
                self.write(move |writing| create(writing, &root, &new))
            }
            Err(error) => Pending::refused(error),
        }
    }
}

/// The id of the experiment of this name, which is made when there is none. A deleted one is restored.
pub(crate) fn ensure(writing: &mut Writing<'_>, name: &str) -> Result<String, Error> {
    let sql = "SELECT experiment_id, deleted FROM experiments WHERE name = ?1";
    let mut find = writing.transaction.prepare_cached(sql)?;
    let found: Option<(String, bool)> =
        find.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match found {
        Some((id, false)) => Ok(id),
        Some((id, true)) => {
            super::change::restore(writing, &id)?;
            Ok(id)
        }
        None => {
            let new = NewExperiment { name: name.to_owned(), ..NewExperiment::default() };
            create(writing, &writing.settings.artifact_root, &new)
        }
    }
}

fn checked(mut new: NewExperiment, settings: &Settings) -> Result<NewExperiment, Error> {
    checks::experiment_name(&new.name)?;
    new.artifact_location = match new.artifact_location.filter(|given| !given.is_empty()) {
        Some(given) => Some(artifact_location(&given, settings)?),
        None => None,
    };
    Ok(new)
}

/// Makes an experiment, and gives its id.
pub(crate) fn create(writing: &mut Writing<'_>, root: &str, new: &NewExperiment) -> Result<String, Error> {
    let transaction = writing.transaction;
    refuse_taken(transaction, &new.name)?;
    let row = free_row(transaction)?;
    let id = match &new.experiment_id {
        None => row.to_string(),
        Some(chosen) => free(transaction, chosen)?,
    };
    let location = new.artifact_location.clone().unwrap_or_else(|| append(root, &[&id]));
    let sql = "INSERT INTO experiments (id, experiment_id, name, artifact_location, created, updated)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    transaction.prepare_cached(sql)?.execute((row, &id, &new.name, &location, writing.now))?;
    let sql = "INSERT OR REPLACE INTO experiment_tags (experiment, key, value) VALUES (?1, ?2, ?3)";
    let mut insert = transaction.prepare_cached(sql)?;
    for (key, value) in &new.tags {
        insert.execute((row, key, value))?;
    }
    Ok(id)
}

/// The next number of an experiment that is free as its id, too.
fn free_row(transaction: &Transaction<'_>) -> Result<i64, Error> {
    let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'experiments'), 0) + 1";
    let mut row: i64 = transaction.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    // Another may have come from elsewhere with digits of its own.
    while is_taken(transaction, row)? {
        row += 1;
    }
    Ok(row)
}

/// The chosen id, if no experiment has it.
fn free(transaction: &Transaction<'_>, chosen: &str) -> Result<String, Error> {
    if !(1..=18).contains(&chosen.len()) || !chosen.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Error::invalid(format!(
            "Invalid experiment ID '{chosen}'. Experiment ID must be a valid integer."
        )));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM experiments WHERE experiment_id = ?1)";
    let is_there: bool = transaction.prepare_cached(sql)?.query_row([chosen], |row| row.get(0))?;
    if is_there {
        return Err(Error::exists(format!("Experiment with id={chosen} already exists")));
    }
    Ok(chosen.to_owned())
}

fn is_taken(transaction: &Transaction<'_>, row: i64) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM experiments WHERE id = ?1 OR experiment_id = ?2)";
    Ok(transaction.prepare_cached(sql)?.query_row((row, row.to_string()), |row| row.get(0))?)
}

/// Refuses a name that an experiment has, a deleted one included.
pub(super) fn refuse_taken(transaction: &Transaction<'_>, name: &str) -> Result<(), Error> {
    let sql = "SELECT deleted FROM experiments WHERE name = ?1";
    let found: Option<bool> =
        transaction.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?;
    match found {
        None => Ok(()),
        Some(is_deleted) => {
            let hint = if is_deleted { "; it is deleted: restore it, or take another name" } else { "" };
            Err(Error::exists(format!("Experiment(name={name}) already exists{hint}")))
        }
    }
}

/// Makes the experiment that runs go to when none is named, unless it is there.
pub(crate) fn make_default(connection: &Connection, settings: &Settings) -> Result<(), Error> {
    let now = settings.clock.now().micros().div_euclid(1_000);
    let sql = "INSERT INTO experiments (id, experiment_id, name, artifact_location, created, updated)
        SELECT 0, '0', 'Default', ?1, ?2, ?2
        WHERE NOT EXISTS (SELECT 1 FROM experiments WHERE id = 0 OR experiment_id = '0' OR name = 'Default')";
    connection.execute(sql, (append(&settings.artifact_root, &["0"]), now))?;
    Ok(())
}
