//! Reads whole runs.

use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::{
    Error, Tracking,
    experiments::{Lifecycle, Pair},
    metrics::Latest,
    runs::{
        Dataset, DatasetInput, ModelInput, ModelOutput, Run, RunData, RunInfo, RunInputs, RunOutputs, Status,
        find::no_run,
    },
};

impl Tracking {
    /// A whole run.
    ///
    /// # Errors
    /// When there is none of this id.
    pub fn run(&self, run_id: &str) -> Result<Run, Error> {
        self.read_run(run_id, |transaction, (row, _)| whole(transaction, row))
    }

    /// A whole run as JSON.
    ///
    /// # Errors
    /// When there is none of this id.
    pub fn run_json(&self, run_id: &str) -> Result<Arc<[u8]>, Error> {
        self.read_run(run_id, |transaction, found| self.json(transaction, found))
    }

    /// Reads of a run, given its row and version. One that was promised is made first.
    fn read_run<T>(
        &self,
        run_id: &str,
        body: impl Fn(&Transaction<'_>, (i64, i64)) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let read = || {
            self.read_settled(|transaction| {
                let sql = "SELECT id, version FROM runs WHERE run_id = ?1";
                let mut find = transaction.prepare_cached(sql)?;
                let found = find.query_row([run_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
                found.map(|found| body(transaction, found)).transpose()
            })
        };
        if let Some(found) = read()? {
            return Ok(found);
        }
        let found = if self.keep_promise(run_id)? { read()? } else { None };
        found.ok_or_else(|| no_run(run_id))
    }

    /// Whole runs as JSON, for these rows and their versions as the same transaction has them.
    pub(crate) fn runs_json(
        &self,
        transaction: &Transaction<'_>,
        rows: &[(i64, i64)],
    ) -> Result<Vec<Arc<[u8]>>, Error> {
        rows.iter().map(|found| self.json(transaction, *found)).collect()
    }

    fn json(&self, transaction: &Transaction<'_>, (row, version): (i64, i64)) -> Result<Arc<[u8]>, Error> {
        if let Some(json) = self.run_cache().get(row, version) {
            return Ok(json);
        }
        let run = whole(transaction, row)?;
        let json = serde_json::to_vec(&run).map_err(|error| Error::internal("write a run as JSON", error))?;
        let json: Arc<[u8]> = json.into();
        self.run_cache().put(row, version, Arc::clone(&json));
        Ok(json)
    }

    /// Where the artifacts of a run are.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn artifact_uri_of_run(&self, run_id: &str) -> Result<String, Error> {
        self.read_run(run_id, |transaction, (row, _)| {
            let sql = "SELECT artifact_uri FROM runs WHERE id = ?1";
            Ok(transaction.prepare_cached(sql)?.query_row([row], |row| row.get(0))?)
        })
    }

    /// The latest point of each metric of a run, by key.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn latest_metrics(&self, run_id: &str) -> Result<Vec<Latest>, Error> {
        self.read_run(run_id, |transaction, (row, _)| metrics(transaction, row))
    }
}

fn whole(transaction: &Transaction<'_>, row: i64) -> Result<Run, Error> {
    let data = RunData {
        metrics: metrics(transaction, row)?,
        params: pairs(transaction, "SELECT key, value FROM params WHERE run = ?1 ORDER BY key", row)?,
        tags: pairs(transaction, "SELECT key, value FROM tags WHERE run = ?1 ORDER BY key", row)?,
    };
    let inputs = RunInputs {
        dataset_inputs: dataset_inputs(transaction, row)?,
        model_inputs: list(transaction, "SELECT model_id FROM model_inputs WHERE run = ?1", row, |row| {
            Ok(ModelInput { model_id: row.get(0)? })
        })?,
    };
    let sql = "SELECT model_id, step FROM model_outputs WHERE run = ?1 ORDER BY step, model_id";
    let model_outputs =
        list(transaction, sql, row, |row| Ok(ModelOutput { model_id: row.get(0)?, step: row.get(1)? }))?;
    Ok(Run { info: info(transaction, row)?, data, inputs, outputs: Some(RunOutputs { model_outputs }) })
}

/// What the run of this row is.
pub(super) fn info(transaction: &Transaction<'_>, row: i64) -> Result<RunInfo, Error> {
    let sql = "SELECT run_id, runs.name, experiment_id, user_id, status, coalesce(started, 0), ended, artifact_uri, runs.deleted
        FROM runs JOIN experiments ON experiments.id = runs.experiment WHERE runs.id = ?1";
    let (mut info, status) = transaction.prepare_cached(sql)?.query_row([row], |row| {
        let run_id: String = row.get(0)?;
        let status: String = row.get(4)?;
        let info = RunInfo {
            run_uuid: run_id.clone(),
            run_id,
            run_name: row.get(1)?,
            experiment_id: row.get(2)?,
            user_id: row.get(3)?,
            status: Status::Running,
            start_time: row.get(5)?,
            end_time: row.get::<_, Option<i64>>(6)?.filter(|ended| *ended != 0),
            artifact_uri: row.get(7)?,
            lifecycle_stage: Lifecycle::of(row.get(8)?),
        };
        Ok((info, status))
    })?;
    info.status = Status::parse(&status)?;
    Ok(info)
}

fn metrics(transaction: &Transaction<'_>, row: i64) -> Result<Vec<Latest>, Error> {
    let sql = "SELECT name, value, is_nan, timestamp, step FROM latest JOIN metric_keys ON metric_keys.id = latest.key
        WHERE run = ?1";
    let mut metrics = list(transaction, sql, row, |row| {
        let value = if row.get(2)? { f64::NAN } else { row.get(1)? };
        Ok(Latest { key: row.get(0)?, value, timestamp: row.get(3)?, step: row.get(4)? })
    })?;
    metrics.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(metrics)
}

fn dataset_inputs(transaction: &Transaction<'_>, row: i64) -> Result<Vec<DatasetInput>, Error> {
    let sql = "SELECT inputs.id, name, digest, source_type, source, schema, profile
        FROM inputs JOIN datasets ON datasets.id = inputs.dataset WHERE run = ?1 ORDER BY inputs.id";
    let inputs: Vec<(i64, Dataset)> = list(transaction, sql, row, |row| {
        let filled =
            |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(at)?.filter(|text| !text.is_empty()));
        let dataset = Dataset {
            name: row.get(1)?,
            digest: row.get(2)?,
            source_type: row.get(3)?,
            source: row.get(4)?,
            schema: filled(5)?,
            profile: filled(6)?,
        };
        Ok((row.get(0)?, dataset))
    })?;
    let sql = "SELECT key, value FROM input_tags WHERE input = ?1 ORDER BY key";
    let with_tags = |(input, dataset)| Ok(DatasetInput { tags: pairs(transaction, sql, input)?, dataset });
    inputs.into_iter().map(with_tags).collect()
}

fn pairs(transaction: &Transaction<'_>, sql: &str, row: i64) -> Result<Vec<Pair>, Error> {
    list(transaction, sql, row, |row| Ok(Pair { key: row.get(0)?, value: row.get(1)? }))
}

fn list<T>(
    transaction: &Transaction<'_>,
    sql: &str,
    row: i64,
    of: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_map([row], of)?;
    Ok(found.collect::<Result<_, _>>()?)
}
