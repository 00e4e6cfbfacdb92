//! Registered models and prompts, by name. One that was made another time than the one of its name here is another.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction};

use super::{
    Error, Import,
    compare::{check, differing, has_more, other, pairs},
    item::{Decision, Item},
    source,
};
use crate::writer::Writing;

/// How many share a transaction.
const BATCH: usize = 200;

/// A registered model as it is to be here.
struct RegisteredModel {
    theirs: source::RegisteredModel,
}

struct Ours {
    row: i64,
    description: String,
    created: i64,
}

impl Import<'_> {
    pub(super) fn registered_models(&mut self) -> Result<(), Error> {
        let rows = self.source.registered_model_rows()?;
        let of = rows.len();
        for (batch, rows) in rows.chunks(BATCH).enumerate() {
            let mut models = Vec::with_capacity(rows.len());
            for row in rows {
                let mut theirs = self.source.registered_model(*row)?;
                theirs.name = self.prefixed(&theirs.name);
                models.push(RegisteredModel { theirs });
            }
            for brought in self.bring(models)? {
                brought.decision.count(&mut self.report.registered_models);
            }
            self.progress("registered models", (batch * BATCH + rows.len()).min(of), of);
        }
        Ok(())
    }
}

/// The registered model of a name and a moment of making: `Err` says what is here instead.
pub(super) fn row_of(
    transaction: &Transaction<'_>,
    name: &str,
    created: i64,
) -> Result<Result<Option<i64>, String>, crate::Error> {
    Ok(match find(transaction, name)? {
        None => Ok(None),
        Some(ours) if ours.created == created => Ok(Some(ours.row)),
        Some(ours) => {
            let problem = other("the moment of its making", &ours.created.to_string(), &created.to_string());
            Err(format!("{problem}, so it is another model; bring it over under another name with --prefix"))
        }
    })
}

impl Item for RegisteredModel {
    const KIND: &'static str = "registered model";

    fn name(&self) -> String {
        self.theirs.name.clone()
    }

    fn compare(&self, transaction: &Transaction<'_>) -> Result<Decision, crate::Error> {
        let theirs = &self.theirs;
        match row_of(transaction, &theirs.name, theirs.created)? {
            Err(problem) => return Ok(Decision::Contradicts(vec![problem])),
            Ok(None) => return Ok(Decision::New),
            Ok(Some(_)) => {}
        }
        let Some(ours) = find(transaction, &theirs.name)? else { return Ok(Decision::New) };
        let tags =
            pairs(transaction, "SELECT key, value FROM registered_model_tags WHERE model = ?1", [ours.row])?;
        let aliases = aliases(transaction, ours.row)?;
        let mut problems = Vec::new();
        check(
            "the description",
            &ours.description,
            theirs.description.as_deref().unwrap_or_default(),
            &mut problems,
        );
        differing("tag", &theirs.tags, &tags, &mut problems);
        let wanted: Vec<_> =
            theirs.aliases.iter().map(|(alias, version)| (alias.clone(), version.to_string())).collect();
        differing("alias", &wanted, &aliases, &mut problems);
        if !problems.is_empty() {
            return Ok(Decision::Contradicts(problems));
        }
        Ok(Decision::here(ours.row, has_more(&theirs.tags, &tags) || has_more(&wanted, &aliases)))
    }

    fn write(&self, writing: &mut Writing<'_>) -> Result<i64, crate::Error> {
        let (transaction, theirs) = (writing.transaction, &self.theirs);
        let row = match find(transaction, &theirs.name)? {
            Some(ours) => ours.row,
            None => {
                let sql = "INSERT INTO registered_models (name, description, created, updated) VALUES (?1, ?2, ?3, ?4)";
                let values = (&theirs.name, &theirs.description, theirs.created, theirs.updated);
                transaction.prepare_cached(sql)?.insert(values)?
            }
        };
        let sql = "INSERT OR IGNORE INTO registered_model_tags (model, key, value) VALUES (?1, ?2, ?3)";
        for (key, value) in &theirs.tags {
            transaction.prepare_cached(sql)?.execute((row, key, value))?;
        }
        let sql =
            "INSERT OR IGNORE INTO registered_model_aliases (model, alias, version) VALUES (?1, ?2, ?3)";
        for (alias, version) in &theirs.aliases {
            transaction.prepare_cached(sql)?.execute((row, alias, version))?;
        }
        Ok(row)
    }
}

fn find(transaction: &Transaction<'_>, name: &str) -> Result<Option<Ours>, crate::Error> {
    let sql = "SELECT id, coalesce(description, ''), created FROM registered_models WHERE name = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_row([name], |row| {
        Ok(Ours { row: row.get(0)?, description: row.get(1)?, created: row.get(2)? })
    });
    Ok(found.optional()?)
}

fn aliases(transaction: &Transaction<'_>, row: i64) -> Result<HashMap<String, String>, crate::Error> {
    let sql = "SELECT alias, CAST(version AS TEXT) FROM registered_model_aliases WHERE model = ?1";
    pairs(transaction, sql, [row])
}
