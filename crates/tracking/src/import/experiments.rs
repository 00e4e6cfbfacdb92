//! Experiments keep their ids. One whose id or name means another here stays out, and its runs and models with it.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction};

use super::{
    Error, Import,
    compare::{Pairs, check, differing, has_more, other, pairs},
    item::{Decision, Item},
    source,
};
use crate::writer::Writing;

/// Up to this an id is the number of its row here too.
const GREATEST_ROW: i64 = i32::MAX as i64;

/// An experiment as it is to be here.
struct Experiment {
    experiment_id: String,
    theirs: source::Experiment,
    artifact_location: String,
    /// Whether it has its own id, and may take the place of the default one.
    is_default: bool,
}

/// One that is here.
struct Ours {
    row: i64,
    experiment_id: String,
    name: String,
    artifact_location: String,
    deleted: bool,
    created: i64,
    /// Whether nothing was done with it since it was made.
    is_untouched: bool,
}

impl Import<'_> {
    pub(super) fn experiments(&mut self) -> Result<(), Error> {
        let all = self.source.experiments()?;
        let of = all.len();
        for (done, theirs) in all.into_iter().enumerate() {
            let id = theirs.id;
            let item = self.wanted(theirs);
            let experiment_id = item.experiment_id.clone();
            // One by one: each may take a name that the one before had.
            for brought in self.bring(vec![item])? {
                brought.decision.count(&mut self.report.experiments);
                let is_out = matches!(brought.decision, Decision::Contradicts(_))
                    && !self.is_here(&experiment_id, &brought.item)?;
                self.experiments.insert(id, (!is_out).then(|| experiment_id.clone()));
            }
            self.progress("experiments", done + 1, of);
        }
        Ok(())
    }

    fn wanted(&self, mut theirs: source::Experiment) -> Experiment {
        let id = theirs.id.to_string();
        let experiment_id = self.prefixed(&id);
        theirs.name = self.prefixed(&theirs.name);
        let placed = self.places.place(theirs.artifact_location.as_deref().unwrap_or_default(), &[&id]);
        let artifact_location = match placed.uri.as_str() {
            "" => format!("mlflow-artifacts:/{experiment_id}"),
            uri => uri.to_owned(),
        };
        Experiment {
            experiment_id,
            theirs,
            artifact_location,
            is_default: id == "0" && self.prefix.is_empty(),
        }
    }

    /// Whether an experiment that differs is the same nevertheless, so that its runs belong there.
    fn is_here(&self, experiment_id: &str, wanted: &Experiment) -> Result<bool, Error> {
        let ours = self.target.read(|transaction| find(transaction, "experiment_id", experiment_id))?;
        Ok(ours.is_some_and(|ours| wanted.is_same(&ours)))
    }
}

impl Experiment {
    /// Of one id: with the same name, or of the same moment and renamed since.
    fn is_same(&self, ours: &Ours) -> bool {
        ours.name == self.theirs.name || (ours.created == self.theirs.created && ours.created != 0)
    }

    fn replaces(&self, ours: &Ours) -> bool {
        self.is_default && ours.is_untouched && ours.created != self.theirs.created
    }

    fn differences(&self, ours: &Ours, tags: &HashMap<String, String>) -> Vec<String> {
        let mut problems = Vec::new();
        check("the name", &ours.name, &self.theirs.name, &mut problems);
        let state = |deleted| if deleted { "deleted" } else { "active" };
        check("it", state(ours.deleted), state(self.theirs.deleted), &mut problems);
        differing("tag", &self.theirs.tags, tags, &mut problems);
        problems
    }

    /// Its place was not known here when it was brought over before.
    fn is_moved(&self, ours: &Ours) -> bool {
        ours.artifact_location != self.artifact_location
            && self.theirs.artifact_location.as_deref() == Some(ours.artifact_location.as_str())
    }
}

impl Item for Experiment {
    const KIND: &'static str = "experiment";

    fn name(&self) -> String {
        format!("{} ({})", self.experiment_id, self.theirs.name)
    }

    fn compare(&self, transaction: &Transaction<'_>) -> Result<Decision, crate::Error> {
        let by_id = find(transaction, "experiment_id", &self.experiment_id)?;
        let by_name = find(transaction, "name", &self.theirs.name)?;
        let way_out = "its runs and models stay out; bring it over under other names with --prefix, or into another \
            directory with --data";
        if let Some(named) = by_name.filter(|named| named.experiment_id != self.experiment_id) {
            let problem = other("the id of this name", &named.experiment_id, &self.experiment_id);
            return Ok(Decision::Contradicts(vec![format!("{problem}: {way_out}")]));
        }
        let Some(ours) = by_id else { return Ok(Decision::New) };
        if self.replaces(&ours) {
            return Ok(Decision::More(ours.row));
        }
        if !self.is_same(&ours) {
            let problem = other("the experiment of this id", &ours.name, &self.theirs.name);
            return Ok(Decision::Contradicts(vec![format!("{problem}: {way_out}")]));
        }
        let tags =
            pairs(transaction, "SELECT key, value FROM experiment_tags WHERE experiment = ?1", [ours.row])?;
        let problems = self.differences(&ours, &tags);
        if !problems.is_empty() {
            return Ok(Decision::Contradicts(problems));
        }
        Ok(Decision::here(ours.row, has_more(&self.theirs.tags, &tags) || self.is_moved(&ours)))
    }

    fn write(&self, writing: &mut Writing<'_>) -> Result<i64, crate::Error> {
        let transaction = writing.transaction;
        let row = match find(transaction, "experiment_id", &self.experiment_id)? {
            None => self.insert(transaction)?,
            Some(ours) if self.replaces(&ours) => {
                let sql = "UPDATE experiments SET name = ?2, artifact_location = ?3, deleted = ?4, created = ?5, updated = ?6
                    WHERE id = ?1";
                let source::Experiment { name, deleted, created, updated, .. } = &self.theirs;
                let values = (ours.row, name, &self.artifact_location, deleted, created, updated);
                transaction.prepare_cached(sql)?.execute(values)?;
                ours.row
            }
            Some(ours) => {
                if self.is_moved(&ours) {
                    let sql = "UPDATE experiments SET artifact_location = ?2 WHERE id = ?1";
                    transaction.prepare_cached(sql)?.execute((ours.row, &self.artifact_location))?;
                }
                ours.row
            }
        };
        tag(transaction, row, &self.theirs.tags)?;
        Ok(row)
    }
}

impl Experiment {
    fn insert(&self, transaction: &Transaction<'_>) -> Result<i64, crate::Error> {
        let source::Experiment { id, name, deleted, created, updated, .. } = &self.theirs;
        let wanted = (0..=GREATEST_ROW).contains(id) && self.experiment_id == id.to_string();
        let taken = "SELECT EXISTS (SELECT 1 FROM experiments WHERE id = ?1)";
        let is_taken: bool = transaction.prepare_cached(taken)?.query_row([id], |row| row.get(0))?;
        let row = Some(*id).filter(|_| wanted && !is_taken);
        let sql =
            "INSERT INTO experiments (id, experiment_id, name, artifact_location, deleted, created, updated)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = (row, &self.experiment_id, name, &self.artifact_location, deleted, created, updated);
        Ok(transaction.prepare_cached(sql)?.insert(values)?)
    }
}

/// The experiment of this id or name; `column` is the one that says which.
fn find(
    transaction: &Transaction<'_>,
    column: &'static str,
    value: &str,
) -> Result<Option<Ours>, crate::Error> {
    let sql = format!(
        "SELECT id, experiment_id, name, artifact_location, deleted, created, created = updated
            AND NOT EXISTS (SELECT 1 FROM runs WHERE experiment = experiments.id)
            AND NOT EXISTS (SELECT 1 FROM experiment_tags WHERE experiment = experiments.id)
            AND NOT EXISTS (SELECT 1 FROM logged_models WHERE experiment = experiments.id)
        FROM experiments WHERE {column} = ?1"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let found = statement.query_row([value], |row| {
        Ok(Ours {
            row: row.get(0)?,
            experiment_id: row.get(1)?,
            name: row.get(2)?,
            artifact_location: row.get(3)?,
            deleted: row.get(4)?,
            created: row.get(5)?,
            is_untouched: row.get(6)?,
        })
    });
    Ok(found.optional()?)
}

fn tag(transaction: &Transaction<'_>, row: i64, tags: &Pairs) -> Result<(), crate::Error> {
    let sql = "INSERT OR IGNORE INTO experiment_tags (experiment, key, value) VALUES (?1, ?2, ?3)";
    let mut insert = transaction.prepare_cached(sql)?;
    for (key, value) in tags {
        insert.execute((row, key, value))?;
    }
    Ok(())
}
