//! Reads registered models and their versions.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::{
    Error, Tracking,
    models::pairs,
    registry::{
        entity::{Alias, ModelVersion, RegisteredModel},
        stage::{DELETED, Stage},
        words,
    },
};

const MODEL: &str =
    "SELECT name, created, updated, coalesce(description, '') FROM registered_models WHERE id = ?1";
const MODEL_TAGS: &str = "SELECT key, value FROM registered_model_tags WHERE model = ?1 ORDER BY key";
const ALIASES: &str = "SELECT alias, version FROM registered_model_aliases WHERE model = ?1 ORDER BY alias";
const LATEST: &str =
    "SELECT id, version FROM model_versions WHERE model = ?1 AND stage = ?2 ORDER BY version DESC LIMIT 1";
const VERSION: &str = "SELECT m.name, v.version, v.created, v.updated, v.user_id, v.stage, v.description, v.source, \
    v.run_id, v.status, v.status_message, v.run_link FROM model_versions v \
    JOIN registered_models m ON m.id = v.model WHERE v.id = ?1";
const VERSION_TAGS: &str = "SELECT key, value FROM model_version_tags WHERE version = ?1 ORDER BY key";
const VERSION_ALIASES: &str = "SELECT a.alias FROM model_versions v JOIN registered_model_aliases a \
    ON a.model = v.model AND a.version = v.version WHERE v.id = ?1 ORDER BY a.alias";

impl Tracking {
    /// The registered model of this name.
    ///
    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST`, or `INVALID_PARAMETER_VALUE` for what cannot be a name.
    pub fn registered_model(&self, name: &str) -> Result<RegisteredModel, Error> {
        self.read(|transaction| {
            let id = model_row(transaction, name)?;
            registered_model(transaction, id)
        })
    }

    /// The latest version in each of these stages; in each there is when none is named.
    ///
    /// # Errors
    /// As [`Tracking::registered_model`], or for a stage that there is not.
    pub fn latest_versions(&self, name: &str, stages: &[String]) -> Result<Vec<ModelVersion>, Error> {
        self.read(|transaction| {
            let id = model_row(transaction, name)?;
            let stages = stages.iter().map(|stage| Stage::named(stage)).collect::<Result<Vec<_>, _>>()?;
            let asked = if stages.is_empty() { Stage::ALL.to_vec() } else { stages };
            let latest = latest(transaction, id, &asked)?;
            latest.into_iter().map(|id| version_with_aliases(transaction, id)).collect()
        })
    }

    /// The version of this number.
    ///
    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST`, also for a version that was deleted.
    pub fn model_version(&self, name: &str, version: &str) -> Result<ModelVersion, Error> {
        self.read(|transaction| {
            let id = version_row(transaction, name, version)?.id;
            version_with_aliases(transaction, id)
        })
    }

    /// The version that an alias points at; `latest` always points at the one of the greatest number.
    ///
    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST` without the model, `INVALID_PARAMETER_VALUE` without the alias, as MLflow says it.
    pub fn model_version_by_alias(&self, name: &str, alias: &str) -> Result<ModelVersion, Error> {
        words::check_name(name)?;
        words::check_alias(alias)?;
        self.read(|transaction| {
            let id = if words::is_latest(alias) {
                newest(transaction, name)?
            } else {
                aliased(transaction, name, alias)?
            };
            version_with_aliases(transaction, id)
        })
    }

    /// Where the files of a version are.
    ///
    /// # Errors
    /// As [`Tracking::model_version`].
    pub fn model_version_download_uri(&self, name: &str, version: &str) -> Result<String, Error> {
        self.read(|transaction| download_uri(transaction, name, version))
    }
}

/// The registered models of these rows, in this order.
pub(crate) fn materialise_models(
    transaction: &Transaction<'_>,
    ids: &[i64],
) -> Result<Vec<RegisteredModel>, Error> {
    ids.iter().map(|id| registered_model(transaction, *id)).collect()
}

/// The versions of these rows, in this order, without their aliases.
pub(crate) fn materialise_versions(
    transaction: &Transaction<'_>,
    ids: &[i64],
) -> Result<Vec<ModelVersion>, Error> {
    ids.iter().map(|id| version(transaction, *id)).collect()
}

pub(super) fn registered_model(transaction: &Transaction<'_>, id: i64) -> Result<RegisteredModel, Error> {
    let mut model = transaction.prepare_cached(MODEL)?.query_row([id], |row| {
        Ok(RegisteredModel {
            name: row.get(0)?,
            creation_timestamp: row.get(1)?,
            last_updated_timestamp: row.get(2)?,
            description: row.get(3)?,
            latest_versions: Vec::new(),
            tags: Vec::new(),
            aliases: Vec::new(),
        })
    })?;
    model.latest_versions = materialise_versions(transaction, &latest(transaction, id, &Stage::ALL)?)?;
    model.tags = pairs(transaction, MODEL_TAGS, id)?;
    let mut aliases = transaction.prepare_cached(ALIASES)?;
    let aliases = aliases.query_map([id], |row| {
        Ok(Alias { alias: row.get(0)?, version: row.get::<_, i64>(1)?.to_string() })
    })?;
    model.aliases = aliases.collect::<Result<_, _>>()?;
    Ok(model)
}

/// The rows of the latest version in each of the stages, by number.
fn latest(transaction: &Transaction<'_>, model: i64, stages: &[Stage]) -> Result<Vec<i64>, Error> {
    let mut statement = transaction.prepare_cached(LATEST)?;
    let mut found: Vec<(i64, i64)> = Vec::new();
    for stage in stages {
        let row = |row: &Row<'_>| Ok((row.get(1)?, row.get(0)?));
        found.extend(statement.query_row(params![model, stage], row).optional()?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

pub(super) fn version_with_aliases(transaction: &Transaction<'_>, id: i64) -> Result<ModelVersion, Error> {
    let mut found = version(transaction, id)?;
    let mut aliases = transaction.prepare_cached(VERSION_ALIASES)?;
    found.aliases = aliases.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(found)
}

fn version(transaction: &Transaction<'_>, id: i64) -> Result<ModelVersion, Error> {
    let mut found = transaction.prepare_cached(VERSION)?.query_row([id], |row| {
        Ok(ModelVersion {
            name: row.get(0)?,
            version: row.get::<_, i64>(1)?.to_string(),
            creation_timestamp: row.get(2)?,
            last_updated_timestamp: row.get(3)?,
            user_id: row.get(4)?,
            current_stage: row.get(5)?,
            description: row.get(6)?,
            source: row.get(7)?,
            run_id: row.get(8)?,
            status: row.get(9)?,
            status_message: row.get(10)?,
            tags: Vec::new(),
            run_link: row.get(11)?,
            aliases: Vec::new(),
        })
    })?;
    found.tags = pairs(transaction, VERSION_TAGS, id)?;
    Ok(found)
}

/// The row of a registered model.
pub(super) fn model_row(transaction: &Transaction<'_>, name: &str) -> Result<i64, Error> {
    words::check_name(name)?;
    let mut statement = transaction.prepare_cached("SELECT id FROM registered_models WHERE name = ?1")?;
    let id = statement.query_row([name], |row| row.get(0)).optional()?;
    id.ok_or_else(|| Error::missing(format!("Registered Model with name={name} not found")))
}

/// The rows of a version and of its model.
pub(super) struct VersionRow {
    pub(super) id: i64,
    pub(super) model: i64,
    pub(super) version: i64,
}

/// The row of a version that is not deleted.
pub(super) fn version_row(
    transaction: &Transaction<'_>,
    name: &str,
    version: &str,
) -> Result<VersionRow, Error> {
    words::check_name(name)?;
    let number = words::version(version)?;
    let sql = "SELECT v.id, v.model, v.version FROM registered_models m JOIN model_versions v ON v.model = m.id \
        WHERE m.name = ?1 AND v.version = ?2 AND v.stage <> ?3";
    let mut statement = transaction.prepare_cached(sql)?;
    let row = |row: &Row<'_>| Ok(VersionRow { id: row.get(0)?, model: row.get(1)?, version: row.get(2)? });
    let found = statement.query_row(params![name, number, DELETED], row).optional()?;
    found.ok_or_else(|| Error::missing(format!("Model Version (name={name}, version={version}) not found")))
}

pub(super) fn download_uri(
    transaction: &Transaction<'_>,
    name: &str,
    version: &str,
) -> Result<String, Error> {
    let id = version_row(transaction, name, version)?.id;
    let sql = "SELECT coalesce(nullif(storage_location, ''), source) FROM model_versions WHERE id = ?1";
    Ok(transaction.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

/// The row of the version with the greatest number.
fn newest(transaction: &Transaction<'_>, name: &str) -> Result<i64, Error> {
    let model = model_row(transaction, name)?;
    latest(transaction, model, &Stage::ALL)?
        .pop()
        .ok_or_else(|| Error::missing(format!("Latest version not found for model {name}.")))
}

/// The row of the version that an alias points at.
fn aliased(transaction: &Transaction<'_>, name: &str, alias: &str) -> Result<i64, Error> {
    let model = model_row(transaction, name)?;
    let sql = "SELECT version FROM registered_model_aliases WHERE model = ?1 AND alias = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let number: Option<i64> = statement.query_row(params![model, alias], |row| row.get(0)).optional()?;
    let number =
        number.ok_or_else(|| Error::invalid(format!("Registered model alias {alias} not found.")))?;
    Ok(version_row(transaction, name, &number.to_string())?.id)
}
