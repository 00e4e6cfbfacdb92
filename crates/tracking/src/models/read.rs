//! Reads logged models, by their ids or by the run that they come from.

use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::{
    Error, Tracking,
    experiments::Pair,
    models::entity::{LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelMetric},
};

const INFO: &str = "SELECT m.model_id, e.experiment_id, m.name, m.created, m.updated, m.artifact_location, m.status, \
    m.model_type, m.source_run_id FROM logged_models m JOIN experiments e ON e.id = m.experiment WHERE m.id = ?1";
const TAGS: &str = "SELECT key, value FROM logged_model_tags WHERE model = ?1 ORDER BY key";
const PARAMS: &str = "SELECT key, value FROM logged_model_params WHERE model = ?1 ORDER BY key";
const METRICS: &str = "SELECT key, value, timestamp, step, dataset_name, dataset_digest, run_id \
    FROM logged_model_metrics WHERE model = ?1 ORDER BY key, timestamp, step, run_id";
/// What a run said it made, by step, then what says it comes from the run, or from the command that it was promised to.
const OF_RUN: &str = "WITH made (id, step) AS ( \
        SELECT m.id, o.step FROM runs r JOIN model_outputs o ON o.run = r.id \
            JOIN logged_models m ON m.model_id = o.model_id WHERE r.run_id = ?1 \
        UNION ALL SELECT id, NULL FROM logged_models WHERE source_run_id = ?1 AND ?1 <> '' \
        UNION ALL SELECT model, NULL FROM logged_model_tags WHERE key = 'kaizen.promised_run' AND value = ?1) \
    SELECT m.id FROM made JOIN logged_models m ON m.id = made.id WHERE m.deleted = 0 GROUP BY m.id \
    ORDER BY min(made.step) IS NULL, min(made.step), m.created, m.id";

impl Tracking {
    /// The model of this id. One that was deleted is there only for who asks for those too.
    ///
    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST`.
    pub fn logged_model(&self, model_id: &str, include_deleted: bool) -> Result<LoggedModel, Error> {
        self.read(|transaction| by_model_id(transaction, model_id, include_deleted))
    }

    /// The directory of a model's files.
    ///
    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST`, also for a model that was deleted.
    pub fn artifact_uri_of_logged_model(&self, model_id: &str) -> Result<String, Error> {
        let sql = "SELECT artifact_location FROM logged_models WHERE model_id = ?1 AND deleted = 0";
        self.read(|transaction| {
            let uri = transaction.prepare_cached(sql)?.query_row([model_id], |row| row.get(0)).optional()?;
            uri.ok_or_else(|| not_found(model_id))
        })
    }

    /// The models that a run made: those it named as its outputs, by step, then those that name it, or whose tag
    /// `kaizen.promised_run` does: a command logged them without its run, or in another.
    ///
    /// # Errors
    /// When the database cannot be read. A run that is not known has made none.
    pub fn models_of_run(&self, run_id: &str) -> Result<Vec<LoggedModel>, Error> {
        self.read(|transaction| {
            let mut made = transaction.prepare_cached(OF_RUN)?;
            let ids = made.query_map([run_id], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
            materialise(transaction, &ids)
        })
    }
}

/// The models of these rows, in this order.
pub(crate) fn materialise(transaction: &Transaction<'_>, ids: &[i64]) -> Result<Vec<LoggedModel>, Error> {
    ids.iter().map(|id| one(transaction, *id)).collect()
}

pub(crate) fn by_model_id(
    transaction: &Transaction<'_>,
    model_id: &str,
    include_deleted: bool,
) -> Result<LoggedModel, Error> {
    let (id, deleted) = row_of(transaction, model_id)?;
    if deleted && !include_deleted {
        return Err(not_found(model_id));
    }
    one(transaction, id)
}

/// The row of a model, and whether it is deleted.
pub(super) fn row_of(transaction: &Transaction<'_>, model_id: &str) -> Result<(i64, bool), Error> {
    let sql = "SELECT id, deleted FROM logged_models WHERE model_id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_row([model_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.ok_or_else(|| not_found(model_id))
}

pub(super) fn not_found(model_id: &str) -> Error {
    Error::missing(format!("Logged model with ID '{model_id}' not found."))
}

fn one(transaction: &Transaction<'_>, id: i64) -> Result<LoggedModel, Error> {
    let mut info = transaction.prepare_cached(INFO)?.query_row([id], info)?;
    info.tags = pairs(transaction, TAGS, id)?;
    let params = pairs(transaction, PARAMS, id)?;
    let mut metrics = transaction.prepare_cached(METRICS)?;
    let metrics = metrics
        .query_map([id], |row| metric(row, &info.model_id))?
        .collect::<Result<Vec<_>, rusqlite::Error>>()?;
    Ok(LoggedModel { info, data: LoggedModelData { params, metrics } })
}

fn info(row: &Row<'_>) -> rusqlite::Result<LoggedModelInfo> {
    Ok(LoggedModelInfo {
        model_id: row.get(0)?,
        experiment_id: row.get(1)?,
        name: row.get(2)?,
        creation_timestamp_ms: row.get(3)?,
        last_updated_timestamp_ms: row.get(4)?,
        artifact_uri: row.get(5)?,
        status: row.get(6)?,
        model_type: row.get(7)?,
        source_run_id: row.get(8)?,
        tags: Vec::new(),
    })
}

fn metric(row: &Row<'_>, model_id: &str) -> rusqlite::Result<LoggedModelMetric> {
    Ok(LoggedModelMetric {
        key: row.get(0)?,
        value: row.get::<_, Option<f64>>(1)?.unwrap_or(f64::NAN),
        timestamp: row.get(2)?,
        step: row.get(3)?,
        dataset_name: row.get(4)?,
        dataset_digest: row.get(5)?,
        model_id: model_id.to_owned(),
        run_id: row.get(6)?,
    })
}

/// The keys and values that a statement finds for a row.
pub(crate) fn pairs(transaction: &Transaction<'_>, sql: &'static str, id: i64) -> Result<Vec<Pair>, Error> {
    let mut statement = transaction.prepare_cached(sql)?;
    let pairs = statement.query_map([id], |row| Ok(Pair { key: row.get(0)?, value: row.get(1)? }))?;
    Ok(pairs.collect::<Result<_, _>>()?)
}
