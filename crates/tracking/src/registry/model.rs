//! Registers names of models and changes them.

use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::{
    Code, Error, Pending, Tracking,
    checks::repr,
    registry::{
        IS_PROMPT,
        entity::RegisteredModel,
        read::{model_row, registered_model},
        tag, words,
    },
    writer::Writing,
};

/// A name that is to be registered.
#[derive(Debug, Clone, Default)]
pub struct NewRegisteredModel {
    /// The name.
    pub name: String,
    /// What its owner says about it.
    pub description: Option<String>,
    /// Its tags. The last of a key holds.
    pub tags: Vec<(String, String)>,
}

impl Tracking {
    /// Registers a name.
    pub fn create_registered_model(&self, new: NewRegisteredModel) -> Pending<RegisteredModel> {
        let checked = words::check_name(&new.name)
            .and_then(|()| new.tags.iter().try_for_each(|(key, value)| words::check_model_tag(key, value)));
        match checked {
            Ok(()) => self.write(move |writing| create(writing, &new)),
            Err(error) => Pending::refused(error),
        }
    }

    /// Says something else about a registered model.
    pub fn update_registered_model(&self, name: String, description: String) -> Pending<RegisteredModel> {
        self.write(move |writing| {
            let id = model_row(writing.transaction, &name)?;
            let sql = "UPDATE registered_models SET description = ?2, updated = ?3 WHERE id = ?1";
            writing.transaction.prepare_cached(sql)?.execute(params![id, description, writing.now])?;
            registered_model(writing.transaction, id)
        })
    }

    /// Gives a registered model, and with it all its versions, another name.
    pub fn rename_registered_model(&self, name: String, new_name: String) -> Pending<RegisteredModel> {
        if let Err(error) = words::check_new_name(&new_name) {
            return Pending::refused(error);
        }
        self.write(move |writing| {
            let transaction = writing.transaction;
            let id = model_row(transaction, &name)?;
            if row(transaction, &new_name)?.is_some_and(|other| other != id) {
                return Err(exists("Registered Model", &new_name));
            }
            let sql = "UPDATE registered_models SET name = ?2, updated = ?3 WHERE id = ?1";
            transaction.prepare_cached(sql)?.execute(params![id, new_name, writing.now])?;
            let sql = "UPDATE model_versions SET updated = ?2 WHERE model = ?1";
            transaction.prepare_cached(sql)?.execute(params![id, writing.now])?;
            registered_model(transaction, id)
        })
    }

    /// Deletes a registered model with its versions, tags and aliases. Nothing of it stays.
    pub fn delete_registered_model(&self, name: String) -> Pending<()> {
        self.write(move |writing| {
            let id = model_row(writing.transaction, &name)?;
            writing
                .transaction
                .prepare_cached("DELETE FROM registered_models WHERE id = ?1")?
                .execute([id])?;
            Ok(())
        })
    }
}

fn create(writing: &mut Writing<'_>, new: &NewRegisteredModel) -> Result<RegisteredModel, Error> {
    let transaction = writing.transaction;
    if let Some(id) = row(transaction, &new.name)? {
        return Err(taken(transaction, id, new)?);
    }
    let sql = "INSERT INTO registered_models (name, description, created, updated) VALUES (?1, ?2, ?3, ?3)";
    transaction.prepare_cached(sql)?.execute(params![new.name, new.description, writing.now])?;
    let id = transaction.last_insert_rowid();
    tag::set_on_model(transaction, id, &new.tags)?;
    registered_model(transaction, id)
}

fn row(transaction: &Transaction<'_>, name: &str) -> Result<Option<i64>, Error> {
    let mut statement = transaction.prepare_cached("SELECT id FROM registered_models WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// What to say when the name is there: models and prompts share names, but nobody would mix them.
fn taken(transaction: &Transaction<'_>, id: i64, new: &NewRegisteredModel) -> Result<Error, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM registered_model_tags WHERE model = ?1 AND key = ?2)";
    let old: bool = transaction.prepare_cached(sql)?.query_row(params![id, IS_PROMPT], |row| row.get(0))?;
    let is_prompt = words::has_prompt_tag(&new.tags);
    let what = |is_prompt| if is_prompt { "Prompt" } else { "Registered Model" };
    if old == is_prompt {
        return Ok(exists(what(old), &new.name));
    }
    Ok(Error::new(
        Code::ResourceAlreadyExists,
        format!(
            "Tried to create a {} with name {}, but the name is already taken by a {}. Choose another name.",
            what(is_prompt).to_lowercase(),
            repr(&new.name),
            what(old).to_lowercase(),
        ),
    ))
}

fn exists(what: &str, name: &str) -> Error {
    Error::exists(format!("{what} (name={name}) already exists."))
}
