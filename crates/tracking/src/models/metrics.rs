//! The metrics of logged models, which runs log.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, params};

use crate::{Error, models::read::not_found, writer::Writing};

/// The run that logs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunRef<'a> {
    pub(crate) run_id: &'a str,
    /// The row of its experiment.
    pub(crate) experiment: i64,
}

/// A metric of a run that says which model it measures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) model_id: &'a str,
    pub(crate) key: &'a str,
    /// NaN or finite: infinities are the largest numbers by now.
    pub(crate) value: f64,
    pub(crate) timestamp: i64,
    pub(crate) step: i64,
    pub(crate) dataset_name: Option<&'a str>,
    pub(crate) dataset_digest: Option<&'a str>,
}

const INSERT: &str = "INSERT INTO logged_model_metrics \
    (model, key, timestamp, step, run_id, value, experiment, dataset_name, dataset_digest) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
    ON CONFLICT DO UPDATE SET value = excluded.value, dataset_name = excluded.dataset_name, \
    dataset_digest = excluded.dataset_digest";

/// Keeps points with the models that they measure. Of one run's points of a key at one time and step, a model keeps the
/// last. The whole is refused when a model is not known.
pub(crate) fn log_metrics(
    writing: &mut Writing<'_>,
    run: RunRef<'_>,
    points: &[Point<'_>],
) -> Result<(), Error> {
    let transaction = writing.transaction;
    let mut find = transaction.prepare_cached("SELECT id FROM logged_models WHERE model_id = ?1")?;
    let mut insert = transaction.prepare_cached(INSERT)?;
    let mut known: HashMap<&str, i64> = HashMap::new();
    for point in points {
        let model = match known.get(point.model_id) {
            Some(model) => *model,
            None => {
                let row = find.query_row([point.model_id], |row| row.get(0)).optional()?;
                let row = row.ok_or_else(|| not_found(point.model_id))?;
                known.insert(point.model_id, row);
                row
            }
        };
        let value = (!point.value.is_nan()).then_some(point.value);
        insert.execute(params![
            model,
            point.key,
            point.timestamp,
            point.step,
            run.run_id,
            value,
            run.experiment,
            point.dataset_name,
            point.dataset_digest,
        ])?;
    }
    Ok(())
}
