//! Reads runs from MLflow's database.

use rusqlite::Row;

use super::{Source, some_text, text, value};
use crate::{
    import::{Error, compare::Pairs},
    metrics::Point,
};

/// A run as MLflow has it, without its history.
#[derive(Debug, Clone)]
pub(in crate::import) struct Run {
    pub(in crate::import) run_id: String,
    pub(in crate::import) experiment: i64,
    pub(in crate::import) name: String,
    pub(in crate::import) user_id: String,
    pub(in crate::import) status: String,
    pub(in crate::import) started: Option<i64>,
    pub(in crate::import) ended: Option<i64>,
    pub(in crate::import) deleted: bool,
    pub(in crate::import) deleted_at: Option<i64>,
    pub(in crate::import) artifact_uri: String,
    pub(in crate::import) params: Pairs,
    pub(in crate::import) tags: Pairs,
    pub(in crate::import) latest: Vec<(String, Point)>,
    pub(in crate::import) datasets: Vec<Dataset>,
    pub(in crate::import) models_read: Vec<String>,
    pub(in crate::import) models_made: Vec<(String, i64)>,
}

/// A data set that a run read.
#[derive(Debug, Clone)]
pub(in crate::import) struct Dataset {
    pub(in crate::import) name: String,
    pub(in crate::import) digest: String,
    pub(in crate::import) source_type: String,
    pub(in crate::import) source: String,
    pub(in crate::import) schema: Option<String>,
    pub(in crate::import) profile: Option<String>,
    pub(in crate::import) tags: Pairs,
}

impl Source {
    /// The rows of all runs, oldest first.
    pub(in crate::import) fn run_rows(&self) -> Result<Vec<i64>, Error> {
        let sql = "SELECT rowid FROM runs ORDER BY coalesce(start_time, 0), run_uuid";
        self.list(sql, [], |row| row.get(0))
    }

    /// The run of a row.
    pub(in crate::import) fn run(&self, row: i64) -> Result<Run, Error> {
        let sql = format!(
            "SELECT run_uuid, experiment_id, name, user_id, status, start_time, end_time, lifecycle_stage = 'deleted', \
                {deleted_at}, artifact_uri FROM runs WHERE rowid = ?1",
            deleted_at = self.or("runs", "deleted_time", "NULL"),
        );
        let mut run = self.connection.prepare_cached(&sql)?.query_row([row], run)?;
        let id = run.run_id.clone();
        run.params = self.pairs("SELECT key, value FROM params WHERE run_uuid = ?1", [&id])?;
        run.tags = self.pairs("SELECT key, value FROM tags WHERE run_uuid = ?1", [&id])?;
        if run.name.is_empty() {
            let named = run.tags.iter().find(|(key, _)| key == "mlflow.runName");
            run.name = named.map(|(_, name)| name.clone()).unwrap_or_default();
        }
        let sql =
            "SELECT key, timestamp, step, value, is_nan FROM latest_metrics WHERE run_uuid = ?1 ORDER BY key";
        run.latest = self.list(sql, [&id], |row| Ok((text(row, 0)?, point(row)?)))?;
        if self.has_table("inputs") {
            run.datasets = self.datasets(&id)?;
            run.models_read = self.models_read(&id)?;
            run.models_made = self.models_made(&id)?;
        }
        Ok(run)
    }

    fn datasets(&self, run_id: &str) -> Result<Vec<Dataset>, Error> {
        if !self.has_table("datasets") || !self.has_table("input_tags") {
            return Ok(Vec::new());
        }
        let sql = "SELECT i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile
            FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
            WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id = ?1 ORDER BY i.rowid";
        let datasets = self.list(sql, [run_id], |row| {
            let dataset = Dataset {
                name: text(row, 1)?,
                digest: text(row, 2)?,
                source_type: text(row, 3)?,
                source: text(row, 4)?,
                schema: some_text(row, 5)?,
                profile: some_text(row, 6)?,
                tags: Pairs::new(),
            };
            Ok((text(row, 0)?, dataset))
        })?;
        let sql = "SELECT name, value FROM input_tags WHERE input_uuid = ?1";
        let with_tags =
            |(input, dataset): (String, Dataset)| Ok(Dataset { tags: self.pairs(sql, [input])?, ..dataset });
        datasets.into_iter().map(with_tags).collect()
    }

    fn models_read(&self, run_id: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT destination_id FROM inputs
            WHERE source_type = 'RUN_INPUT' AND source_id = ?1 AND destination_type = 'MODEL_INPUT' ORDER BY rowid";
        self.list(sql, [run_id], |row| text(row, 0))
    }

    fn models_made(&self, run_id: &str) -> Result<Vec<(String, i64)>, Error> {
        let sql = format!(
            "SELECT destination_id, {step} FROM inputs
            WHERE source_type = 'RUN_OUTPUT' AND source_id = ?1 AND destination_type = 'MODEL_OUTPUT' ORDER BY rowid",
            step = self.or("inputs", "step", "0"),
        );
        self.list(&sql, [run_id], |row| Ok((text(row, 0)?, row.get(1)?)))
    }

    /// Calls `found` with each point of a run, by key and in the order of a history.
    pub(in crate::import) fn points(
        &self,
        run_id: &str,
        mut found: impl FnMut(String, Point) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql = "SELECT key, timestamp, step, value, is_nan FROM metrics WHERE run_uuid = ?1
            ORDER BY key, timestamp, step, CASE WHEN is_nan OR value IS NULL THEN 0.0 ELSE value END, is_nan";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([run_id])?;
        while let Some(row) = rows.next()? {
            found(text(row, 0)?, point(row)?)?;
        }
        Ok(())
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        run_id: text(row, 0)?,
        experiment: row.get::<_, Option<i64>>(1)?.unwrap_or(-1),
        name: text(row, 2)?,
        user_id: text(row, 3)?,
        status: some_text(row, 4)?.unwrap_or_else(|| "SCHEDULED".to_owned()),
        started: row.get(5)?,
        ended: row.get(6)?,
        deleted: row.get::<_, Option<bool>>(7)?.unwrap_or(false),
        deleted_at: row.get(8)?,
        artifact_uri: text(row, 9)?,
        params: Pairs::new(),
        tags: Pairs::new(),
        latest: Vec::new(),
        datasets: Vec::new(),
        models_read: Vec::new(),
        models_made: Vec::new(),
    })
}

/// A point after its key.
fn point(row: &Row<'_>) -> rusqlite::Result<Point> {
    let is_nan = row.get::<_, Option<bool>>(4)?.unwrap_or(false);
    let number = if is_nan { f64::NAN } else { value(row, 3)? };
    let timestamp = row.get::<_, Option<i64>>(1)?.unwrap_or(0);
    Ok(Point::of(timestamp, row.get(2)?, number))
}
