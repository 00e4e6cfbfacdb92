//! Versions of registered models, by number. Deleted ones come too, so that no number is given twice.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{
    Error, Import,
    compare::{check, differing, has_more, pairs},
    item::{Decision, Item},
    places::Placed,
    registry, source,
};
use crate::writer::Writing;

/// How many share a transaction.
const BATCH: usize = 200;
/// What stands in the place of a stage when a version is deleted, here as in MLflow.
const DELETED: &str = "Deleted_Internal";

/// A version as it is to be here.
struct ModelVersion {
    theirs: source::ModelVersion,
    /// When its model was made.
    made: i64,
    source: String,
    /// Where its files are.
    placed: Placed,
}

struct Ours {
    row: i64,
    description: String,
    user_id: String,
    stage: String,
    source: String,
    run_id: String,
    created: i64,
}

impl Import<'_> {
    pub(super) fn model_versions(&mut self) -> Result<(), Error> {
        let mut made = HashMap::new();
        for row in self.source.registered_model_rows()? {
            let model = self.source.registered_model(row)?;
            made.insert(model.name, model.created);
        }
        let rows = self.source.model_version_rows()?;
        let of = rows.len();
        for (batch, rows) in rows.chunks(BATCH).enumerate() {
            let mut versions = Vec::with_capacity(rows.len());
            for row in rows {
                let theirs = self.source.model_version(*row)?;
                let made = made.get(&theirs.name).copied().unwrap_or_default();
                versions.push(self.model_version(theirs, made));
            }
            for brought in self.bring(versions)? {
                brought.decision.count(&mut self.report.model_versions);
                let has_files = brought.item.has_files();
                if !matches!(brought.decision, Decision::Contradicts(_)) && has_files {
                    self.copy("version", &brought.item.name(), &brought.item.placed)?;
                }
            }
            self.progress("versions", (batch * BATCH + rows.len()).min(of), of);
        }
        Ok(())
    }

    fn model_version(&self, mut theirs: source::ModelVersion, made: i64) -> ModelVersion {
        let placed = self.places.place(theirs.storage_location.as_deref().unwrap_or(&theirs.source), &[]);
        let mut source = self.places.place(&theirs.source, &[]).uri;
        // `models:/NAME/3` names another version, whose name has the prefix too; `models:/m-…` a logged model.
        if let Some(named) = theirs.source.strip_prefix("models:/").filter(|named| named.contains('/')) {
            source = format!("models:/{}", self.prefixed(named));
        }
        theirs.name = self.prefixed(&theirs.name);
        ModelVersion { theirs, made, source, placed }
    }
}

impl ModelVersion {
    /// Prompts have none, and those of deleted versions are nobody's.
    fn has_files(&self) -> bool {
        let is_prompt = self.theirs.tags.iter().any(|(key, _)| key == "mlflow.prompt.is_prompt");
        self.theirs.stage != DELETED && !is_prompt
    }

    fn differences(&self, ours: &Ours, tags: &HashMap<String, String>) -> Vec<String> {
        let (theirs, mut problems) = (&self.theirs, Vec::new());
        check(
            "the moment of its making",
            &ours.created.to_string(),
            &theirs.created.to_string(),
            &mut problems,
        );
        check("the stage", &ours.stage, &theirs.stage, &mut problems);
        if theirs.stage == DELETED {
            return problems;
        }
        if ours.source != theirs.source {
            check("the source", &ours.source, &self.source, &mut problems);
        }
        check("the run", &ours.run_id, &theirs.run_id, &mut problems);
        check("the user", &ours.user_id, theirs.user_id.as_deref().unwrap_or_default(), &mut problems);
        check(
            "the description",
            &ours.description,
            theirs.description.as_deref().unwrap_or_default(),
            &mut problems,
        );
        differing("tag", &theirs.tags, tags, &mut problems);
        problems
    }

    /// Its files were not brought over before.
    fn is_moved(&self, ours: &Ours) -> bool {
        self.theirs.stage != DELETED && ours.source == self.theirs.source && ours.source != self.source
    }
}

impl Item for ModelVersion {
    const KIND: &'static str = "version";

    fn name(&self) -> String {
        format!("{} {}", self.theirs.name, self.theirs.version)
    }

    fn compare(&self, transaction: &Transaction<'_>) -> Result<Decision, crate::Error> {
        let theirs = &self.theirs;
        let model = match registry::row_of(transaction, &theirs.name, self.made)? {
            Err(problem) => return Ok(Decision::Contradicts(vec![format!("its model: {problem}")])),
            // In a dry run it may be that the model is new.
            Ok(None) => return Ok(Decision::New),
            Ok(Some(model)) => model,
        };
        let Some(ours) = find(transaction, model, theirs.version)? else { return Ok(Decision::New) };
        let tags =
            pairs(transaction, "SELECT key, value FROM model_version_tags WHERE version = ?1", [ours.row])?;
        let problems = self.differences(&ours, &tags);
        if !problems.is_empty() {
            return Ok(Decision::Contradicts(problems));
        }
        let is_kept = theirs.stage != DELETED;
        Ok(Decision::here(ours.row, (is_kept && has_more(&theirs.tags, &tags)) || self.is_moved(&ours)))
    }

    fn write(&self, writing: &mut Writing<'_>) -> Result<i64, crate::Error> {
        let (transaction, theirs) = (writing.transaction, &self.theirs);
        let sql = "SELECT id FROM registered_models WHERE name = ?1";
        let model = transaction.prepare_cached(sql)?.query_row([&theirs.name], |row| row.get(0))?;
        let row = match find(transaction, model, theirs.version)? {
            None => self.insert(transaction, model)?,
            Some(ours) => {
                let sql = "UPDATE model_versions SET source = ?2, storage_location = ?3 WHERE id = ?1";
                transaction.prepare_cached(sql)?.execute((ours.row, &self.source, &self.placed.uri))?;
                ours.row
            }
        };
        if theirs.stage != DELETED {
            let sql = "INSERT OR IGNORE INTO model_version_tags (version, key, value) VALUES (?1, ?2, ?3)";
            for (key, value) in &theirs.tags {
                transaction.prepare_cached(sql)?.execute((row, key, value))?;
            }
        }
        Ok(row)
    }
}

impl ModelVersion {
    fn insert(&self, transaction: &Transaction<'_>, model: i64) -> Result<i64, crate::Error> {
        let sql = "INSERT INTO model_versions (model, version, description, user_id, stage, source, storage_location, run_id,
                run_link, status, status_message, created, updated)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        let version = &self.theirs;
        let mut insert = transaction.prepare_cached(sql)?;
        if version.stage == DELETED {
            // Nothing of what it said.
            let (none, empty) = (None::<String>, "");
            let values = params![
                model,
                version.version,
                none,
                none,
                DELETED,
                empty,
                none,
                empty,
                empty,
                version.status,
                none,
                version.created,
                version.updated
            ];
            return Ok(insert.insert(values)?);
        }
        let values = params![
            model,
            version.version,
            version.description,
            version.user_id,
            version.stage,
            self.source,
            self.placed.uri,
            version.run_id,
            version.run_link,
            version.status,
            version.status_message,
            version.created,
            version.updated,
        ];
        Ok(insert.insert(values)?)
    }
}

fn find(transaction: &Transaction<'_>, model: i64, version: i64) -> Result<Option<Ours>, crate::Error> {
    let sql = "SELECT id, coalesce(description, ''), coalesce(user_id, ''), stage, source, run_id, created
        FROM model_versions WHERE model = ?1 AND version = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_row((model, version), |row| {
        Ok(Ours {
            row: row.get(0)?,
            description: row.get(1)?,
            user_id: row.get(2)?,
            stage: row.get(3)?,
            source: row.get(4)?,
            run_id: row.get(5)?,
            created: row.get(6)?,
        })
    });
    Ok(found.optional()?)
}
