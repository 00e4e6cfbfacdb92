//! Reads registered models and their versions from MLflow's database.

use rusqlite::Row;

use super::{Source, some_text, text};
use crate::import::{Error, compare::Pairs};

/// A registered model or prompt as MLflow has it.
#[derive(Debug, Clone)]
pub(in crate::import) struct RegisteredModel {
    pub(in crate::import) name: String,
    pub(in crate::import) description: Option<String>,
    pub(in crate::import) created: i64,
    pub(in crate::import) updated: i64,
    pub(in crate::import) tags: Pairs,
    /// Aliases, with the version that each points at.
    pub(in crate::import) aliases: Vec<(String, i64)>,
}

/// A version as MLflow has it. What is deleted is still there, so that its number is not given again.
#[derive(Debug, Clone)]
pub(in crate::import) struct ModelVersion {
    pub(in crate::import) name: String,
    pub(in crate::import) version: i64,
    pub(in crate::import) description: Option<String>,
    pub(in crate::import) user_id: Option<String>,
    pub(in crate::import) stage: String,
    pub(in crate::import) source: String,
    pub(in crate::import) storage_location: Option<String>,
    pub(in crate::import) run_id: String,
    pub(in crate::import) run_link: String,
    pub(in crate::import) status: String,
    pub(in crate::import) status_message: Option<String>,
    pub(in crate::import) created: i64,
    pub(in crate::import) updated: i64,
    pub(in crate::import) tags: Pairs,
}

impl Source {
    /// The rows of all registered models, by name.
    pub(in crate::import) fn registered_model_rows(&self) -> Result<Vec<i64>, Error> {
        let here = self.in_workspace("registered_models");
        self.list(&format!("SELECT rowid FROM registered_models WHERE {here} ORDER BY name"), [], |row| {
            row.get(0)
        })
    }

    /// The registered model of a row.
    pub(in crate::import) fn registered_model(&self, row: i64) -> Result<RegisteredModel, Error> {
        let sql = "SELECT name, description, coalesce(creation_time, 0), coalesce(last_updated_time, creation_time, 0)
            FROM registered_models WHERE rowid = ?1";
        let mut model = self.connection.prepare_cached(sql)?.query_row([row], |row| {
            Ok(RegisteredModel {
                name: text(row, 0)?,
                description: some_text(row, 1)?,
                created: row.get(2)?,
                updated: row.get(3)?,
                tags: Pairs::new(),
                aliases: Vec::new(),
            })
        })?;
        let here = self.in_workspace("registered_model_tags");
        let sql = format!("SELECT key, value FROM registered_model_tags WHERE name = ?1 AND {here}");
        model.tags = self.pairs(&sql, [&model.name])?;
        if self.has_table("registered_model_aliases") {
            let here = self.in_workspace("registered_model_aliases");
            let sql =
                format!("SELECT alias, version FROM registered_model_aliases WHERE name = ?1 AND {here}");
            model.aliases = self.list(&sql, [&model.name], |row| Ok((text(row, 0)?, row.get(1)?)))?;
        }
        Ok(model)
    }

    /// The rows of all versions, oldest first.
    pub(in crate::import) fn model_version_rows(&self) -> Result<Vec<i64>, Error> {
        let here = self.in_workspace("model_versions");
        let sql =
            format!("SELECT rowid FROM model_versions WHERE {here} ORDER BY creation_time, name, version");
        self.list(&sql, [], |row| row.get(0))
    }

    /// The version of a row.
    pub(in crate::import) fn model_version(&self, row: i64) -> Result<ModelVersion, Error> {
        let sql = format!(
            "SELECT name, version, description, user_id, current_stage, source, {storage}, run_id, {run_link}, status, \
                status_message, coalesce(creation_time, 0), coalesce(last_updated_time, creation_time, 0)
            FROM model_versions WHERE rowid = ?1",
            storage = self.or("model_versions", "storage_location", "NULL"),
            run_link = self.or("model_versions", "run_link", "NULL"),
        );
        let mut found = self.connection.prepare_cached(&sql)?.query_row([row], version)?;
        let here = self.in_workspace("model_version_tags");
        let sql =
            format!("SELECT key, value FROM model_version_tags WHERE name = ?1 AND version = ?2 AND {here}");
        found.tags = self.pairs(&sql, (&found.name, found.version))?;
        Ok(found)
    }
}

fn version(row: &Row<'_>) -> rusqlite::Result<ModelVersion> {
    Ok(ModelVersion {
        name: text(row, 0)?,
        version: row.get(1)?,
        description: some_text(row, 2)?,
        user_id: some_text(row, 3)?,
        stage: some_text(row, 4)?.unwrap_or_else(|| "None".to_owned()),
        source: text(row, 5)?,
        storage_location: some_text(row, 6)?,
        run_id: text(row, 7)?,
        run_link: text(row, 8)?,
        status: some_text(row, 9)?.unwrap_or_else(|| "READY".to_owned()),
        status_message: some_text(row, 10)?,
        created: row.get(11)?,
        updated: row.get(12)?,
        tags: Pairs::new(),
    })
}
