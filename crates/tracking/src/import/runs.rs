//! Runs keep their ids. One that says something else here stays as it is here, all of it.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension as _, Transaction};

use super::{
    Error, Import,
    compare::{check, differing, has_more, pairs},
    item::{Decision, Item},
    places::Placed,
    source,
};
use crate::{
    metrics::{Found, elsewhere},
    writer::Writing,
};

/// How many runs share a transaction.
const BATCH: usize = 200;

/// A run as it is to be here.
pub(super) struct Run {
    pub(super) theirs: source::Run,
    experiment_id: String,
    placed: Placed,
}

/// One that is here.
struct Ours {
    row: i64,
    experiment_id: String,
    name: String,
    user_id: String,
    status: String,
    started: Option<i64>,
    ended: Option<i64>,
    deleted: bool,
    artifact_uri: String,
}

/// What belongs to one that is here.
struct Belongings {
    params: HashMap<String, String>,
    tags: HashMap<String, String>,
    datasets: HashSet<(String, String)>,
    models_read: HashSet<String>,
    models_made: HashSet<(String, i64)>,
}

impl Import<'_> {
    pub(super) fn runs(&mut self) -> Result<(), Error> {
        let rows = self.source.run_rows()?;
        let of = rows.len();
        for (batch, rows) in rows.chunks(BATCH).enumerate() {
            let mut runs = Vec::with_capacity(rows.len());
            for row in rows {
                let theirs = self.source.run(*row)?;
                match self.experiment_of(theirs.experiment) {
                    Some(experiment_id) => runs.push(self.run(theirs, experiment_id)),
                    None => {
                        self.report.runs.found += 1;
                        self.report.runs.conflicting += 1;
                    }
                }
            }
            let brought = self.bring(runs)?;
            self.histories(brought)?;
            self.progress("runs", (batch * BATCH + rows.len()).min(of), of);
        }
        Ok(())
    }

    fn run(&self, theirs: source::Run, experiment_id: String) -> Run {
        let id = theirs.experiment.to_string();
        let placed = self.places.place(&theirs.artifact_uri, &[&id, &theirs.run_id, "artifacts"]);
        Run { theirs, experiment_id, placed }
    }

    /// Copies the artifacts of a run.
    pub(super) fn copy_run(&mut self, run: &Run) -> Result<(), Error> {
        self.copy("run", &run.theirs.run_id, &run.placed)
    }
}

impl Run {
    fn differences(&self, ours: &Ours, belongings: &Belongings) -> Vec<String> {
        let (theirs, mut problems) = (&self.theirs, Vec::new());
        check("the experiment", &ours.experiment_id, &self.experiment_id, &mut problems);
        check("the name", &ours.name, &theirs.name, &mut problems);
        check("the user", &ours.user_id, &theirs.user_id, &mut problems);
        check("the start", &time(ours.started), &time(theirs.started), &mut problems);
        if !self.has_ended_since(ours) {
            check("the status", &ours.status, &theirs.status, &mut problems);
            check("the end", &time(ours.ended), &time(theirs.ended), &mut problems);
        }
        let state = |deleted| if deleted { "deleted" } else { "active" };
        check("it", state(ours.deleted), state(theirs.deleted), &mut problems);
        if !self.is_moved(ours) {
            check("the place of artifacts", &ours.artifact_uri, &self.placed.uri, &mut problems);
        }
        differing("parameter", &theirs.params, &belongings.params, &mut problems);
        differing("tag", &theirs.tags, &belongings.tags, &mut problems);
        problems
    }

    /// It went on when it was brought over before.
    fn has_ended_since(&self, ours: &Ours) -> bool {
        let is_open = ours.ended.is_none() && ["RUNNING", "SCHEDULED"].contains(&ours.status.as_str());
        is_open && (self.theirs.status != ours.status || self.theirs.ended.is_some())
    }

    /// Its artifacts were not brought over before.
    fn is_moved(&self, ours: &Ours) -> bool {
        ours.artifact_uri == self.theirs.artifact_uri && ours.artifact_uri != self.placed.uri
    }

    fn has_more(&self, belongings: &Belongings) -> bool {
        let theirs = &self.theirs;
        let has_data =
            |data: &source::Dataset| belongings.datasets.contains(&(data.name.clone(), data.digest.clone()));
        has_more(&theirs.params, &belongings.params)
            || has_more(&theirs.tags, &belongings.tags)
            || !theirs.datasets.iter().all(has_data)
            || !theirs.models_read.iter().all(|model| belongings.models_read.contains(model))
            || !theirs.models_made.iter().all(|made| belongings.models_made.contains(made))
    }
}

impl Item for Run {
    const KIND: &'static str = "run";

    fn name(&self) -> String {
        self.theirs.run_id.clone()
    }

    fn compare(&self, transaction: &Transaction<'_>) -> Result<Decision, crate::Error> {
        let Some(ours) = find(transaction, &self.theirs.run_id)? else { return Ok(Decision::New) };
        let belongings = Belongings::of(transaction, ours.row)?;
        let problems = self.differences(&ours, &belongings);
        if !problems.is_empty() {
            return Ok(Decision::Contradicts(problems));
        }
        let has_more = self.has_more(&belongings) || self.has_ended_since(&ours) || self.is_moved(&ours);
        Ok(Decision::here(ours.row, has_more))
    }

    fn write(&self, writing: &mut Writing<'_>) -> Result<i64, crate::Error> {
        let transaction = writing.transaction;
        let row = match find(transaction, &self.theirs.run_id)? {
            None => self.insert(transaction)?,
            Some(ours) => {
                let sql = "UPDATE runs SET status = ?2, ended = ?3, artifact_uri = ?4, version = version + 1 WHERE id = ?1";
                let values = (ours.row, &self.theirs.status, self.theirs.ended, &self.placed.uri);
                transaction.prepare_cached(sql)?.execute(values)?;
                ours.row
            }
        };
        let sql = "SELECT experiment FROM runs WHERE id = ?1";
        let experiment = transaction.prepare_cached(sql)?.query_row([row], |row| row.get(0))?;
        let found = Found { row, experiment, is_active: !self.theirs.deleted };
        self.add_belongings(transaction, found)?;
        self.add_latest(transaction, found)?;
        Ok(row)
    }
}

impl Run {
    fn insert(&self, transaction: &Transaction<'_>) -> Result<i64, crate::Error> {
        let sql = "INSERT INTO runs
                (run_id, experiment, name, user_id, status, started, ended, deleted, deleted_at, artifact_uri)
            SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM experiments WHERE experiment_id = ?2";
        let run = &self.theirs;
        let values = rusqlite::params![
            run.run_id,
            self.experiment_id,
            run.name,
            run.user_id,
            run.status,
            run.started,
            run.ended,
            run.deleted,
            run.deleted_at,
            self.placed.uri,
        ];
        Ok(transaction.prepare_cached(sql)?.insert(values)?)
    }

    fn add_belongings(&self, transaction: &Transaction<'_>, run: Found) -> Result<(), crate::Error> {
        let add = |sql, pairs: &[(String, String)]| -> Result<(), crate::Error> {
            let mut insert = transaction.prepare_cached(sql)?;
            for (key, value) in pairs {
                insert.execute((run.row, key, value, run.experiment))?;
            }
            Ok(())
        };
        add(
            "INSERT OR IGNORE INTO params (run, key, value, experiment) VALUES (?1, ?2, ?3, ?4)",
            &self.theirs.params,
        )?;
        add(
            "INSERT OR IGNORE INTO tags (run, key, value, experiment) VALUES (?1, ?2, ?3, ?4)",
            &self.theirs.tags,
        )?;
        for dataset in &self.theirs.datasets {
            add_dataset(transaction, run, dataset)?;
        }
        let sql = "INSERT OR IGNORE INTO model_inputs (run, model_id) VALUES (?1, ?2)";
        for model in &self.theirs.models_read {
            transaction.prepare_cached(sql)?.execute((run.row, model))?;
        }
        let sql = "INSERT OR IGNORE INTO model_outputs (run, model_id, step) VALUES (?1, ?2, ?3)";
        for (model, step) in &self.theirs.models_made {
            transaction.prepare_cached(sql)?.execute((run.row, model, step))?;
        }
        Ok(())
    }

    fn add_latest(&self, transaction: &Transaction<'_>, run: Found) -> Result<(), crate::Error> {
        for (key, point) in &self.theirs.latest {
            elsewhere::add_latest(transaction, run, key, *point)?;
        }
        Ok(())
    }

    /// Says the latest points again, once more of the history came.
    pub(super) fn refresh(&self, transaction: &Transaction<'_>, row: i64) -> Result<(), crate::Error> {
        let sql = "UPDATE runs SET version = version + 1 WHERE id = ?1 RETURNING experiment";
        let experiment = transaction.prepare_cached(sql)?.query_row([row], |row| row.get(0))?;
        self.add_latest(transaction, Found { row, experiment, is_active: !self.theirs.deleted })
    }
}

impl Belongings {
    fn of(transaction: &Transaction<'_>, run: i64) -> Result<Self, crate::Error> {
        let datasets =
            "SELECT name, digest FROM inputs JOIN datasets ON datasets.id = inputs.dataset WHERE run = ?1";
        let made = "SELECT model_id, step FROM model_outputs WHERE run = ?1";
        Ok(Self {
            params: pairs(transaction, "SELECT key, value FROM params WHERE run = ?1", [run])?,
            tags: pairs(transaction, "SELECT key, value FROM tags WHERE run = ?1", [run])?,
            datasets: set(transaction, datasets, run, |row| Ok((row.get(0)?, row.get(1)?)))?,
            models_read: set(transaction, "SELECT model_id FROM model_inputs WHERE run = ?1", run, |row| {
                row.get(0)
            })?,
            models_made: set(transaction, made, run, |row| Ok((row.get(0)?, row.get(1)?)))?,
        })
    }
}

fn set<T: std::hash::Hash + Eq>(
    transaction: &Transaction<'_>,
    sql: &str,
    run: i64,
    of: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<HashSet<T>, crate::Error> {
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_map([run], of)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn find(transaction: &Transaction<'_>, run_id: &str) -> Result<Option<Ours>, crate::Error> {
    let sql = "SELECT runs.id, experiment_id, runs.name, user_id, status, started, ended, runs.deleted, artifact_uri
        FROM runs JOIN experiments ON experiments.id = runs.experiment WHERE run_id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_row([run_id], |row| {
        Ok(Ours {
            row: row.get(0)?,
            experiment_id: row.get(1)?,
            name: row.get(2)?,
            user_id: row.get(3)?,
            status: row.get(4)?,
            started: row.get(5)?,
            ended: row.get(6)?,
            deleted: row.get(7)?,
            artifact_uri: row.get(8)?,
        })
    });
    Ok(found.optional()?)
}

fn add_dataset(
    transaction: &Transaction<'_>,
    run: Found,
    dataset: &source::Dataset,
) -> Result<(), crate::Error> {
    let source::Dataset { name, digest, source_type, source, schema, profile, tags } = dataset;
    let sql =
        "INSERT OR IGNORE INTO datasets (experiment, name, digest, source_type, source, schema, profile)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = (run.experiment, name, digest, source_type, source, schema, profile);
    transaction.prepare_cached(sql)?.execute(values)?;
    let sql = "INSERT OR IGNORE INTO inputs (run, dataset)
        SELECT ?1, id FROM datasets WHERE experiment = ?2 AND name = ?3 AND digest = ?4 RETURNING id";
    let mut insert = transaction.prepare_cached(sql)?;
    let input: Option<i64> =
        insert.query_row((run.row, run.experiment, name, digest), |row| row.get(0)).optional()?;
    if let Some(input) = input {
        let sql = "INSERT OR IGNORE INTO input_tags (input, key, value) VALUES (?1, ?2, ?3)";
        for (key, value) in tags {
            transaction.prepare_cached(sql)?.execute((input, key, value))?;
        }
    }
    Ok(())
}

fn time(millis: Option<i64>) -> String {
    millis.map_or("unknown".to_owned(), |millis| millis.to_string())
}
