//! Registers model versions and changes them.

use rusqlite::{Transaction, params};

use crate::{
    Error, Pending, Tracking, models,
    registry::{
        entity::ModelVersion,
        read::{self, model_row, version_row, version_with_aliases},
        source::{self, Claim},
        stage::{DELETED, Stage},
        tag,
        uri::ModelUri,
        words,
    },
    uri,
    writer::Writing,
};

/// A version that is to be registered.
#[derive(Debug, Clone, Default)]
pub struct NewVersion {
    /// The name to register it under, which must be there.
    pub name: String,
    /// Where its files are.
    pub source: String,
    /// The run that it comes from.
    pub run_id: String,
    /// A link to the run, when that is on another server.
    pub run_link: String,
    /// What its maker says about it.
    pub description: String,
    /// The logged model that it is.
    pub model_id: String,
    /// Its tags. The last of a key holds.
    pub tags: Vec<(String, String)>,
}

/// Where a version's files are, and the run that they come from.
struct Origin {
    storage_location: String,
    run_id: String,
}

impl Tracking {
    /// Registers a version, under the next number that was never given.
    pub fn create_model_version(&self, new: NewVersion) -> Pending<ModelVersion> {
        let checked = words::check_name(&new.name)
            .and_then(|()| new.tags.iter().try_for_each(|(key, value)| words::check_version_tag(key, value)));
        if let Err(error) = checked {
            return Pending::refused(error);
        }
        self.write(move |writing| create(writing, &new))
    }

    /// Says something else about a version, or nothing any more.
    pub fn update_model_version(
        &self,
        name: String,
        version: String,
        description: Option<String>,
    ) -> Pending<ModelVersion> {
        self.write(move |writing| {
            let id = version_row(writing.transaction, &name, &version)?.id;
            let sql = "UPDATE model_versions SET description = ?2, updated = ?3 WHERE id = ?1";
            writing.transaction.prepare_cached(sql)?.execute(params![id, description, writing.now])?;
            version_with_aliases(writing.transaction, id)
        })
    }

    /// Brings a version to a stage. Those that are there can go to the archive.
    pub fn transition_model_version_stage(
        &self,
        name: String,
        version: String,
        stage: &str,
        archive_others: bool,
    ) -> Pending<ModelVersion> {
        let to = match Stage::named(stage) {
            Ok(to) if archive_others && !to.is_active() => return Pending::refused(not_active(stage)),
            Ok(to) => to,
            Err(error) => return Pending::refused(error),
        };
        self.write(move |writing| {
            let transaction = writing.transaction;
            let row = version_row(transaction, &name, &version)?;
            if archive_others {
                let sql = "UPDATE model_versions SET stage = ?1, updated = ?2 \
                    WHERE model = ?3 AND stage = ?4 AND id <> ?5";
                let others = params![Stage::Archived, writing.now, row.model, to, row.id];
                transaction.prepare_cached(sql)?.execute(others)?;
            }
            let sql = "UPDATE model_versions SET stage = ?2, updated = ?3 WHERE id = ?1";
            transaction.prepare_cached(sql)?.execute(params![row.id, to, writing.now])?;
            touch(transaction, row.model, writing.now)?;
            version_with_aliases(transaction, row.id)
        })
    }

    /// Deletes a version with the aliases that point at it. Its number is never given again.
    pub fn delete_model_version(&self, name: String, version: String) -> Pending<()> {
        self.write(move |writing| {
            let transaction = writing.transaction;
            let row = version_row(transaction, &name, &version)?;
            let sql = "DELETE FROM registered_model_aliases WHERE model = ?1 AND version = ?2";
            transaction.prepare_cached(sql)?.execute(params![row.model, row.version])?;
            let sql = "UPDATE model_versions SET stage = ?2, updated = ?3, description = NULL, user_id = NULL, \
                source = '', storage_location = NULL, run_id = '', run_link = '', status_message = NULL \
                WHERE id = ?1";
            transaction.prepare_cached(sql)?.execute(params![row.id, DELETED, writing.now])?;
            touch(transaction, row.model, writing.now)
        })
    }
}

fn create(writing: &mut Writing<'_>, new: &NewVersion) -> Result<ModelVersion, Error> {
    let transaction = writing.transaction;
    let is_prompt = words::has_prompt_tag(&new.tags);
    let claim = match (is_prompt, new.model_id.as_str()) {
        (true, _) => Claim::Prompt,
        (false, "") => Claim::Run(&new.run_id),
        (false, model_id) => Claim::Model(model_id),
    };
    source::check(writing, &new.source, claim)?;
    let origin = origin(transaction, new)?;
    let model = model_row(transaction, &new.name)?;
    let (id, number) = insert(writing, model, new, &origin)?;
    tag::set_on_version(transaction, id, &new.tags)?;
    touch(transaction, model, writing.now)?;
    if !is_prompt && !new.model_id.is_empty() {
        models::tag_with_version(transaction, &new.model_id, &new.name, number)?;
    }
    version_with_aliases(transaction, id)
}

/// Looks up what a version refers to: another version, or a logged model.
fn origin(transaction: &Transaction<'_>, new: &NewVersion) -> Result<Origin, Error> {
    let mut origin = Origin { storage_location: new.source.clone(), run_id: new.run_id.clone() };
    if uri::scheme(&new.source).is_some_and(|scheme| scheme.eq_ignore_ascii_case("models")) {
        let referred = referred(transaction, &new.source).map_err(|error| Error {
            message: format!(
                "Unable to fetch model from model URI source artifact location '{}'. Error: {}",
                new.source, error.message
            ),
            ..error
        })?;
        origin.storage_location = referred.storage_location;
        if origin.run_id.is_empty() {
            origin.run_id = referred.run_id;
        }
    }
    if origin.run_id.is_empty() && !new.model_id.is_empty() {
        origin.run_id = models::by_model_id(transaction, &new.model_id, false)?.info.source_run_id;
    }
    Ok(origin)
}

fn referred(transaction: &Transaction<'_>, uri: &str) -> Result<Origin, Error> {
    match ModelUri::parse(uri)? {
        ModelUri::Logged(model_id) => {
            let info = models::by_model_id(transaction, model_id, false)?.info;
            Ok(Origin { storage_location: info.artifact_uri, run_id: info.source_run_id })
        }
        ModelUri::Version { name, version } => {
            let storage_location = read::download_uri(transaction, name, version)?;
            Ok(Origin { storage_location, run_id: String::new() })
        }
        ModelUri::Movable => Err(Error::invalid(
            "an alias, a stage or `latest` can point elsewhere tomorrow; name a version, as models:/NAME/3",
        )),
    }
}

fn insert(
    writing: &mut Writing<'_>,
    model: i64,
    new: &NewVersion,
    origin: &Origin,
) -> Result<(i64, i64), Error> {
    let transaction = writing.transaction;
    let sql = "SELECT coalesce(max(version), 0) + 1 FROM model_versions WHERE model = ?1";
    let number: i64 = transaction.prepare_cached(sql)?.query_row([model], |row| row.get(0))?;
    let sql = "INSERT INTO model_versions \
        (model, version, description, source, storage_location, run_id, run_link, created, updated) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)";
    transaction.prepare_cached(sql)?.execute(params![
        model,
        number,
        new.description,
        new.source,
        origin.storage_location,
        origin.run_id,
        new.run_link,
        writing.now,
    ])?;
    Ok((transaction.last_insert_rowid(), number))
}

/// Says of a registered model that the set of its versions changed.
fn touch(transaction: &Transaction<'_>, model: i64, now: i64) -> Result<(), Error> {
    let sql = "UPDATE registered_models SET updated = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![model, now])?;
    Ok(())
}

fn not_active(stage: &str) -> Error {
    Error::invalid(format!(
        "Model version transition cannot archive existing model versions because '{stage}' is not an Active \
         stage. Valid stages are ['Staging', 'Production']"
    ))
}
