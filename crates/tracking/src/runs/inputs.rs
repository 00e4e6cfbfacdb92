//! What runs read and what they made.

use rusqlite::OptionalExtension as _;

use crate::{
    Error, Pending, Tracking, checks,
    metrics::Found,
    runs::{Dataset, DatasetInput, ModelOutput, find_active, touch},
    writer::Writing,
};

impl Tracking {
    /// Notes which data sets and logged models a run read. A data set it has already stays as it is.
    pub fn log_inputs(&self, run_id: &str, datasets: Vec<DatasetInput>, models: Vec<String>) -> Pending<()> {
        let checked = checks::run_id(run_id).and_then(|()| datasets.iter().try_for_each(check));
        if let Err(error) = checked {
            return Pending::refused(error);
        }
        let run_id = run_id.to_owned();
        self.write(move |writing| {
            let run = find_active(writing, &run_id)?;
            for input in &datasets {
                log_dataset(writing, run, input)?;
            }
            let sql = "INSERT OR IGNORE INTO model_inputs (run, model_id) VALUES (?1, ?2)";
            for model in &models {
                writing.transaction.prepare_cached(sql)?.execute((run.row, model))?;
            }
            touch(writing, run.row)
        })
    }

    /// Notes which logged models a run made.
    pub fn log_outputs(&self, run_id: &str, models: Vec<ModelOutput>) -> Pending<()> {
        let run_id = run_id.to_owned();
        self.write(move |writing| {
            let run = find_active(writing, &run_id)?;
            let sql = "INSERT OR IGNORE INTO model_outputs (run, model_id, step) VALUES (?1, ?2, ?3)";
            for model in &models {
                writing.transaction.prepare_cached(sql)?.execute((run.row, &model.model_id, model.step))?;
            }
            touch(writing, run.row)
        })
    }
}

fn check(input: &DatasetInput) -> Result<(), Error> {
    let dataset = &input.dataset;
    checks::length("name", 500, &dataset.name)?;
    checks::length("digest", 36, &dataset.digest)?;
    checks::length("source", 65_535, &dataset.source)?;
    checks::length("schema", 1_048_575, dataset.schema.as_deref().unwrap_or_default())?;
    checks::length("profile", 16_777_215, dataset.profile.as_deref().unwrap_or_default())?;
    for tag in &input.tags {
        checks::length("key", 255, &tag.key)?;
        checks::length("value", 500, &tag.value)?;
    }
    Ok(())
}

fn log_dataset(writing: &Writing<'_>, run: Found, input: &DatasetInput) -> Result<(), Error> {
    let dataset = row_of(writing, run, &input.dataset)?;
    let sql = "INSERT OR IGNORE INTO inputs (run, dataset) VALUES (?1, ?2) RETURNING id";
    let new = writing.transaction.prepare_cached(sql)?.query_row((run.row, dataset), |row| row.get(0));
    let new: Option<i64> = new.optional()?;
    if let Some(row) = new {
        let sql = "INSERT OR REPLACE INTO input_tags (input, key, value) VALUES (?1, ?2, ?3)";
        let mut insert = writing.transaction.prepare_cached(sql)?;
        for tag in &input.tags {
            insert.execute((row, &tag.key, &tag.value))?;
        }
    }
    Ok(())
}

/// The row of a data set of the run's experiment, made when there is none of this name and digest.
fn row_of(writing: &Writing<'_>, run: Found, dataset: &Dataset) -> Result<i64, Error> {
    let sql = "SELECT id FROM datasets WHERE experiment = ?1 AND name = ?2 AND digest = ?3";
    let found = writing
        .transaction
        .prepare_cached(sql)?
        .query_row((run.experiment, &dataset.name, &dataset.digest), |row| row.get(0))
        .optional()?;
    if let Some(row) = found {
        return Ok(row);
    }
    let sql = "INSERT INTO datasets (experiment, name, digest, source_type, source, schema, profile)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Dataset { name, digest, source_type, source, schema, profile } = dataset;
    let values = (run.experiment, name, digest, source_type, source, schema, profile);
    Ok(writing.transaction.prepare_cached(sql)?.insert(values)?)
}
