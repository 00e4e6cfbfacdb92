//! Reads logged models from MLflow's database.

use rusqlite::Row;

use super::{Source, some_text, text, value};
use crate::{
    import::{Error, compare::Pairs},
    metrics::Point,
};

/// A logged model as MLflow has it.
#[derive(Debug, Clone)]
pub(in crate::import) struct LoggedModel {
    pub(in crate::import) model_id: String,
    pub(in crate::import) experiment: i64,
    pub(in crate::import) name: String,
    pub(in crate::import) artifact_location: String,
    pub(in crate::import) created: i64,
    pub(in crate::import) updated: i64,
    pub(in crate::import) status: i64,
    pub(in crate::import) status_message: Option<String>,
    pub(in crate::import) model_type: String,
    pub(in crate::import) source_run_id: String,
    pub(in crate::import) deleted: bool,
    pub(in crate::import) params: Pairs,
    pub(in crate::import) tags: Pairs,
    pub(in crate::import) points: Vec<ModelPoint>,
}

/// A point that a run logged about a model.
#[derive(Debug, Clone)]
pub(in crate::import) struct ModelPoint {
    pub(in crate::import) key: String,
    pub(in crate::import) point: Point,
    pub(in crate::import) run_id: String,
    /// The experiment of the run.
    pub(in crate::import) experiment: i64,
    /// What that is called here.
    pub(in crate::import) experiment_id: String,
    pub(in crate::import) dataset_name: Option<String>,
    pub(in crate::import) dataset_digest: Option<String>,
}

impl Source {
    /// The rows of all logged models, oldest first.
    pub(in crate::import) fn logged_model_rows(&self) -> Result<Vec<i64>, Error> {
        if !self.has_table("logged_models") {
            return Ok(Vec::new());
        }
        let sql = "SELECT rowid FROM logged_models ORDER BY creation_timestamp_ms, model_id";
        self.list(sql, [], |row| row.get(0))
    }

    /// The logged model of a row.
    pub(in crate::import) fn logged_model(&self, row: i64) -> Result<LoggedModel, Error> {
        let sql = "SELECT model_id, experiment_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms,
            status, status_message, model_type, source_run_id, lifecycle_stage = 'deleted' FROM logged_models WHERE rowid = ?1";
        let mut found = self.connection.prepare_cached(sql)?.query_row([row], model)?;
        let id = found.model_id.clone();
        if self.has_table("logged_model_params") {
            let sql = "SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?1";
            found.params = self.pairs(sql, [&id])?;
        }
        if self.has_table("logged_model_tags") {
            let sql = "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?1";
            found.tags = self.pairs(sql, [&id])?;
        }
        if self.has_table("logged_model_metrics") {
            let sql = "SELECT metric_name, metric_timestamp_ms, metric_step, metric_value, run_id, experiment_id, dataset_name,
                dataset_digest FROM logged_model_metrics WHERE model_id = ?1";
            found.points = self.list(sql, [&id], point)?;
        }
        Ok(found)
    }
}

fn model(row: &Row<'_>) -> rusqlite::Result<LoggedModel> {
    Ok(LoggedModel {
        model_id: text(row, 0)?,
        experiment: row.get(1)?,
        name: text(row, 2)?,
        artifact_location: text(row, 3)?,
        created: row.get(4)?,
        updated: row.get(5)?,
        status: row.get(6)?,
        status_message: some_text(row, 7)?,
        model_type: text(row, 8)?,
        source_run_id: text(row, 9)?,
        deleted: row.get::<_, Option<bool>>(10)?.unwrap_or(false),
        params: Pairs::new(),
        tags: Pairs::new(),
        points: Vec::new(),
    })
}

fn point(row: &Row<'_>) -> rusqlite::Result<ModelPoint> {
    Ok(ModelPoint {
        key: text(row, 0)?,
        point: Point::of(row.get(1)?, row.get(2)?, value(row, 3)?),
        run_id: text(row, 4)?,
        experiment: row.get(5)?,
        experiment_id: String::new(),
        dataset_name: some_text(row, 6)?,
        dataset_digest: some_text(row, 7)?,
    })
}
