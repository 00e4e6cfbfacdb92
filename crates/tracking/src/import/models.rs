//! Logged models keep their ids. One that says something else here stays as it is here.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{
    Error, Import,
    compare::{check, differing, has_more, other, pairs},
    item::{Decision, Item},
    places::Placed,
    source::{self, ModelPoint},
};
use crate::writer::Writing;

/// How many models share a transaction.
const BATCH: usize = 100;
/// The status of one whose files are not complete.
const PENDING: i64 = 1;

/// A logged model as it is to be here.
struct LoggedModel {
    theirs: source::LoggedModel,
    experiment_id: String,
    placed: Placed,
}

/// One that is here.
struct Ours {
    row: i64,
    experiment_id: String,
    name: String,
    artifact_location: String,
    created: i64,
    status: i64,
    model_type: String,
    source_run_id: String,
    deleted: bool,
}

/// Which point of a model.
type At = (String, i64, i64, String);

impl Import<'_> {
    pub(super) fn logged_models(&mut self) -> Result<(), Error> {
        let rows = self.source.logged_model_rows()?;
        let of = rows.len();
        for (batch, rows) in rows.chunks(BATCH).enumerate() {
            let mut models = Vec::with_capacity(rows.len());
            for row in rows {
                let theirs = self.source.logged_model(*row)?;
                match self.experiment_of(theirs.experiment) {
                    Some(experiment_id) => models.push(self.logged_model(theirs, experiment_id)),
                    None => {
                        self.report.logged_models.found += 1;
                        self.report.logged_models.conflicting += 1;
                    }
                }
            }
            for brought in self.bring(models)? {
                brought.decision.count(&mut self.report.logged_models);
                if !matches!(brought.decision, Decision::Contradicts(_)) {
                    let LoggedModel { theirs, placed, .. } = &brought.item;
                    self.copy("logged model", &theirs.model_id, placed)?;
                }
            }
            self.progress("logged models", (batch * BATCH + rows.len()).min(of), of);
        }
        Ok(())
    }

    fn logged_model(&self, mut theirs: source::LoggedModel, experiment_id: String) -> LoggedModel {
        let id = theirs.experiment.to_string();
        let usual = [&id, "models", &theirs.model_id, "artifacts"];
        let placed = self.places.place(&theirs.artifact_location, &usual);
        // A point whose run stays out belongs to no experiment that is here.
        theirs.points.retain(|point| self.experiment_of(point.experiment).is_some());
        for point in &mut theirs.points {
            point.experiment_id = self.experiment_of(point.experiment).unwrap_or_default();
        }
        LoggedModel { theirs, experiment_id, placed }
    }
}

impl LoggedModel {
    fn differences(
        &self,
        ours: &Ours,
        params: &HashMap<String, String>,
        tags: &HashMap<String, String>,
    ) -> Vec<String> {
        let (theirs, mut problems) = (&self.theirs, Vec::new());
        check("the experiment", &ours.experiment_id, &self.experiment_id, &mut problems);
        check("the name", &ours.name, &theirs.name, &mut problems);
        check(
            "the moment of its making",
            &ours.created.to_string(),
            &theirs.created.to_string(),
            &mut problems,
        );
        check("the kind", &ours.model_type, &theirs.model_type, &mut problems);
        check("the run", &ours.source_run_id, &theirs.source_run_id, &mut problems);
        if !self.is_done_since(ours) {
            check("the status", &ours.status.to_string(), &theirs.status.to_string(), &mut problems);
        }
        let state = |deleted| if deleted { "deleted" } else { "active" };
        check("it", state(ours.deleted), state(theirs.deleted), &mut problems);
        if !self.is_moved(ours) {
            check("the place of artifacts", &ours.artifact_location, &self.placed.uri, &mut problems);
        }
        differing("parameter", &theirs.params, params, &mut problems);
        differing("tag", &theirs.tags, tags, &mut problems);
        problems
    }

    /// Its files were not complete when it was brought over before.
    fn is_done_since(&self, ours: &Ours) -> bool {
        ours.status == PENDING && self.theirs.status != PENDING
    }

    fn is_moved(&self, ours: &Ours) -> bool {
        ours.artifact_location == self.theirs.artifact_location && ours.artifact_location != self.placed.uri
    }
}

impl Item for LoggedModel {
    const KIND: &'static str = "logged model";

    fn name(&self) -> String {
        self.theirs.model_id.clone()
    }

    fn compare(&self, transaction: &Transaction<'_>) -> Result<Decision, crate::Error> {
        let Some(ours) = find(transaction, &self.theirs.model_id)? else { return Ok(Decision::New) };
        let params =
            pairs(transaction, "SELECT key, value FROM logged_model_params WHERE model = ?1", [ours.row])?;
        let tags =
            pairs(transaction, "SELECT key, value FROM logged_model_tags WHERE model = ?1", [ours.row])?;
        let points = points(transaction, ours.row)?;
        let mut problems = self.differences(&ours, &params, &tags);
        for of in &self.theirs.points {
            if let Some(here) = points.get(&at(of)).filter(|here| here.to_bits() != of.point.value.to_bits())
            {
                let what = format!("the metric `{}` at step {}", of.key, of.point.step);
                problems.push(other(&what, &here.to_string(), &of.point.value.to_string()));
            }
        }
        if !problems.is_empty() {
            return Ok(Decision::Contradicts(problems));
        }
        let has_more = has_more(&self.theirs.params, &params)
            || has_more(&self.theirs.tags, &tags)
            || self.theirs.points.iter().any(|of| !points.contains_key(&at(of)))
            || self.is_done_since(&ours)
            || self.is_moved(&ours);
        Ok(Decision::here(ours.row, has_more))
    }

    fn write(&self, writing: &mut Writing<'_>) -> Result<i64, crate::Error> {
        let transaction = writing.transaction;
        let row = match find(transaction, &self.theirs.model_id)? {
            None => self.insert(transaction)?,
            Some(ours) => {
                let sql = "UPDATE logged_models SET status = ?2, status_message = ?3, updated = ?4, artifact_location = ?5
                    WHERE id = ?1";
                let source::LoggedModel { status, status_message, updated, .. } = &self.theirs;
                let values = (ours.row, status, status_message, updated, &self.placed.uri);
                transaction.prepare_cached(sql)?.execute(values)?;
                ours.row
            }
        };
        for (sql, pairs) in [
            (
                "INSERT OR IGNORE INTO logged_model_params (model, key, value, experiment)
                SELECT ?1, ?2, ?3, experiment FROM logged_models WHERE id = ?1",
                &self.theirs.params,
            ),
            (
                "INSERT OR IGNORE INTO logged_model_tags (model, key, value, experiment)
                SELECT ?1, ?2, ?3, experiment FROM logged_models WHERE id = ?1",
                &self.theirs.tags,
            ),
        ] {
            let mut insert = transaction.prepare_cached(sql)?;
            for (key, value) in pairs {
                insert.execute((row, key, value))?;
            }
        }
        self.add_points(transaction, row)?;
        Ok(row)
    }
}

impl LoggedModel {
    fn insert(&self, transaction: &Transaction<'_>) -> Result<i64, crate::Error> {
        let sql = "INSERT INTO logged_models (model_id, experiment, name, artifact_location, created, updated, status,
                status_message, model_type, source_run_id, deleted)
            SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM experiments WHERE experiment_id = ?2";
        let model = &self.theirs;
        let values = params![
            model.model_id,
            self.experiment_id,
            model.name,
            self.placed.uri,
            model.created,
            model.updated,
            model.status,
            model.status_message,
            model.model_type,
            model.source_run_id,
            model.deleted,
        ];
        Ok(transaction.prepare_cached(sql)?.insert(values)?)
    }

    fn add_points(&self, transaction: &Transaction<'_>, row: i64) -> Result<(), crate::Error> {
        let sql = "INSERT OR IGNORE INTO logged_model_metrics
                (model, key, timestamp, step, run_id, value, experiment, dataset_name, dataset_digest)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, id, ?8, ?9 FROM experiments WHERE experiment_id = ?7";
        let mut insert = transaction.prepare_cached(sql)?;
        for ModelPoint { key, point, run_id, experiment_id, dataset_name, dataset_digest, .. } in
            &self.theirs.points
        {
            let value = Some(point.value).filter(|value| !value.is_nan());
            insert.execute(params![
                row,
                key,
                point.timestamp,
                point.step,
                run_id,
                value,
                experiment_id,
                dataset_name,
                dataset_digest,
            ])?;
        }
        Ok(())
    }
}

fn find(transaction: &Transaction<'_>, model_id: &str) -> Result<Option<Ours>, crate::Error> {
    let sql = "SELECT m.id, e.experiment_id, m.name, m.artifact_location, m.created, m.status, m.model_type, m.source_run_id,
            m.deleted
        FROM logged_models m JOIN experiments e ON e.id = m.experiment WHERE m.model_id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_row([model_id], |row| {
        Ok(Ours {
            row: row.get(0)?,
            experiment_id: row.get(1)?,
            name: row.get(2)?,
            artifact_location: row.get(3)?,
            created: row.get(4)?,
            status: row.get(5)?,
            model_type: row.get(6)?,
            source_run_id: row.get(7)?,
            deleted: row.get(8)?,
        })
    });
    Ok(found.optional()?)
}

/// The points of a model that are here.
fn points(transaction: &Transaction<'_>, model: i64) -> Result<HashMap<At, f64>, crate::Error> {
    let sql = "SELECT key, timestamp, step, run_id, value FROM logged_model_metrics WHERE model = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_map([model], |row| {
        let value: Option<f64> = row.get(4)?;
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?), value.unwrap_or(f64::NAN)))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn at(of: &ModelPoint) -> At {
    (of.key.clone(), of.point.timestamp, of.point.step, of.run_id.clone())
}
