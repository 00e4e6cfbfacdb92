//! Models: their immutable versions, the aliases that move between them, and which version each
//! service answers from.
//!
//! Everything here is written through [`Change`](crate::Change), so that what serves never changes
//! without
//! an entry in the history.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base::{Hash, Name, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column, column::signed, database::Fault};

/// A version to register. Its number and time are given by the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewVersion {
    /// The model.
    pub model: Name,
    /// The key of what it was made from; registering the same key again gives the same number.
    pub key: Hash,
    /// The tree of the model directory.
    pub artifact: Hash,
    /// Run, snapshot, code, environment, seed.
    pub lineage: serde_json::Value,
    /// The stored verdict, where the gate has spoken.
    pub verdict: Option<Hash>,
}

/// A registered version. It never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// The model.
    pub model: Name,
    /// Its number: 1, 2, 3 … per model.
    pub version: u64,
    /// The key of what it was made from.
    pub key: Hash,
    /// The tree of the model directory.
    pub artifact: Hash,
    /// Run, snapshot, code, environment, seed.
    pub lineage: serde_json::Value,
    /// The stored verdict.
    pub verdict: Option<Hash>,
    /// When it was registered.
    pub created: Timestamp,
}

/// The version a service answers from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The model.
    pub model: Name,
    /// Its version.
    pub version: u64,
}

impl Store {
    /// The versions of a model, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn versions(&self, model: &Name) -> Result<Vec<Version>, Error> {
        self.database().read("read the registry", |transaction| {
            let mut statement =
                transaction.prepare("SELECT * FROM versions WHERE model = $1 ORDER BY version")?;
            Ok(statement.query_map([model.as_str()], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// One version of a model.
    ///
    /// # Errors
    /// [`Error::UnknownVersion`] when the registry does not have it.
    pub fn version(&self, model: &Name, version: u64) -> Result<Version, Error> {
        self.database().read("read the registry", |transaction| {
            let statement = "SELECT * FROM versions WHERE model = $1 AND version = $2";
            let found = transaction.query_row(statement, params![model.as_str(), signed(version)], read);
            Ok(found.optional()?.ok_or_else(|| Error::UnknownVersion { model: model.clone(), version })?)
        })
    }

    /// The aliases of a model and the version each names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn aliases(&self, model: &Name) -> Result<BTreeMap<Name, u64>, Error> {
        let all = self.database().read("read the registry", |transaction| Ok(all_aliases(transaction)?))?;
        let of_model = all.into_iter().filter(|((owner, _), _)| owner == model);
        Ok(of_model.map(|((_, alias), version)| (alias, version)).collect())
    }

    /// The version each service answers from.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn services(&self) -> Result<BTreeMap<Name, Assignment>, Error> {
        self.database().read("read the registry", |transaction| Ok(all_services(transaction)?))
    }
}

/// Registers a version and returns its number. The first artifact registered for a key stays.
pub(crate) fn add(
    transaction: &Transaction<'_>,
    created: Timestamp,
    version: &NewVersion,
) -> rusqlite::Result<u64> {
    let insert = "INSERT INTO versions (model, version, key, artifact, lineage, verdict, created)
        VALUES ($1, (SELECT coalesce(max(version), 0) + 1 FROM versions WHERE model = $1), $2, $3, $4, $5, $6)
        ON CONFLICT (model, key) DO NOTHING";
    let (model, key) = (version.model.as_str(), version.key.to_string());
    let values = params![
        model,
        key,
        version.artifact.to_string(),
        version.lineage.to_string(),
        version.verdict.map(|verdict| verdict.to_string()),
        created.micros(),
    ];
    transaction.execute(insert, values)?;
    let number = "SELECT version FROM versions WHERE model = $1 AND key = $2";
    transaction.query_row(number, params![model, key], |row| column::count(row, "version"))
}

/// The artifact of a version that must exist.
pub(crate) fn artifact(transaction: &Transaction<'_>, model: &Name, version: u64) -> Result<Hash, Fault> {
    let statement = "SELECT artifact FROM versions WHERE model = $1 AND version = $2";
    let values = params![model.as_str(), signed(version)];
    let found = transaction.query_row(statement, values, |row| column::parsed(row, "artifact")).optional()?;
    Ok(found.ok_or_else(|| Error::UnknownVersion { model: model.clone(), version })?)
}

/// Points an alias at a version; false when it pointed there already.
pub(crate) fn set_alias(
    transaction: &Transaction<'_>,
    model: &Name,
    alias: &Name,
    version: u64,
) -> rusqlite::Result<bool> {
    let statement = "INSERT INTO aliases (model, alias, version) VALUES ($1, $2, $3)
        ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version
            WHERE aliases.version <> excluded.version";
    let changed = transaction.execute(statement, params![model.as_str(), alias.as_str(), signed(version)])?;
    Ok(changed > 0)
}

/// Takes an alias away; false when there was none.
pub(crate) fn remove_alias(
    transaction: &Transaction<'_>,
    model: &Name,
    alias: &Name,
) -> rusqlite::Result<bool> {
    let statement = "DELETE FROM aliases WHERE model = $1 AND alias = $2";
    Ok(transaction.execute(statement, [model.as_str(), alias.as_str()])? > 0)
}

/// Makes a service answer from a version; false when it does already.
pub(crate) fn set_service(
    transaction: &Transaction<'_>,
    service: &Name,
    model: &Name,
    version: u64,
) -> rusqlite::Result<bool> {
    let statement = "INSERT INTO services (service, model, version) VALUES ($1, $2, $3)
        ON CONFLICT (service) DO UPDATE SET model = excluded.model, version = excluded.version
            WHERE services.model <> excluded.model OR services.version <> excluded.version";
    let values = params![service.as_str(), model.as_str(), signed(version)];
    Ok(transaction.execute(statement, values)? > 0)
}

/// Ends a service; false when there was none.
pub(crate) fn remove_service(transaction: &Transaction<'_>, service: &Name) -> rusqlite::Result<bool> {
    Ok(transaction.execute("DELETE FROM services WHERE service = $1", [service.as_str()])? > 0)
}

/// Every alias, by model and alias.
pub(crate) fn all_aliases(transaction: &Transaction<'_>) -> rusqlite::Result<BTreeMap<(Name, Name), u64>> {
    let mut statement = transaction.prepare("SELECT model, alias, version FROM aliases")?;
    let rows = statement.query_map([], |row| {
        let owner = (column::parsed(row, "model")?, column::parsed(row, "alias")?);
        Ok((owner, column::count(row, "version")?))
    })?;
    rows.collect()
}

/// Every service.
pub(crate) fn all_services(transaction: &Transaction<'_>) -> rusqlite::Result<BTreeMap<Name, Assignment>> {
    let mut statement = transaction.prepare("SELECT service, model, version FROM services")?;
    let rows = statement.query_map([], |row| {
        let model = column::parsed(row, "model")?;
        let assignment = Assignment { model, version: column::count(row, "version")? };
        Ok((column::parsed(row, "service")?, assignment))
    })?;
    rows.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        model: column::parsed(row, "model")?,
        version: column::count(row, "version")?,
        key: column::parsed(row, "key")?,
        artifact: column::parsed(row, "artifact")?,
        lineage: column::parsed(row, "lineage")?,
        verdict: column::optional(row, "verdict")?,
        created: column::time(row, "created")?,
    })
}
