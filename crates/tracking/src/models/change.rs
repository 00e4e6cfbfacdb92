//! Makes logged models and changes them.

use rusqlite::{OptionalExtension as _, Transaction, params};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Pending, Tracking,
    checks::repr,
    experiments,
    models::{
        entity::{LoggedModel, LoggedModelStatus},
        read::{by_model_id, materialise, not_found, row_of},
    },
    runs::random_name,
    uri,
    writer::Writing,
};

/// In which tag a model says under which names it is registered.
const VERSIONS_TAG: &str = "mlflow.modelVersions";
/// What a model may not have in its name.
const BAD_IN_NAMES: [char; 6] = ['/', ':', '.', '%', '"', '\''];

/// A model that is to be logged.
#[derive(Debug, Clone, Default)]
pub struct NewLoggedModel {
    /// Its id, when it was chosen before: `m-` and 32 hexadecimal digits.
    pub model_id: Option<String>,
    /// The experiment that it belongs to.
    pub experiment_id: String,
    /// What to call it; none for a name of the server's own.
    pub name: Option<String>,
    /// What kind of model, in its maker's words.
    pub model_type: String,
    /// The run that makes it, when there is one.
    pub source_run_id: String,
    /// What it is made with.
    pub params: Vec<(String, String)>,
    /// Its tags. The last of a key holds.
    pub tags: Vec<(String, String)>,
}

/// The row and the experiment of a model.
struct Place {
    model: i64,
    experiment: i64,
}

impl Tracking {
    /// Makes a model whose files are still to come.
    pub fn create_logged_model(&self, new: NewLoggedModel) -> Pending<LoggedModel> {
        if let Some(error) = new.name.as_deref().and_then(bad_name) {
            return Pending::refused(error);
        }
        self.write(move |writing| create(writing, &new))
    }

    /// Says whether a model's files are complete.
    pub fn finalize_logged_model(&self, model_id: String, status: LoggedModelStatus) -> Pending<LoggedModel> {
        self.write(move |writing| {
            let (id, _) = row_of(writing.transaction, &model_id)?;
            let sql = "UPDATE logged_models SET status = ?2, updated = ?3 WHERE id = ?1";
            writing.transaction.prepare_cached(sql)?.execute(params![id, status, writing.now])?;
            by_model_id(writing.transaction, &model_id, true)
        })
    }

    /// Deletes a model: it is found only by who asks for deleted ones, and its files stay.
    pub fn delete_logged_model(&self, model_id: String) -> Pending<()> {
        self.write(move |writing| {
            let (id, _) = row_of(writing.transaction, &model_id)?;
            let sql = "UPDATE logged_models SET deleted = 1, updated = ?2 WHERE id = ?1";
            writing.transaction.prepare_cached(sql)?.execute(params![id, writing.now])?;
            Ok(())
        })
    }

    /// Adds parameters to a model. A parameter never changes its value.
    pub fn log_logged_model_params(&self, model_id: String, params: Vec<(String, String)>) -> Pending<()> {
        self.write(move |writing| {
            let place = place(writing.transaction, &model_id)?;
            add_params(writing.transaction, &place, &model_id, &params)
        })
    }

    /// Sets tags of a model.
    pub fn set_logged_model_tags(&self, model_id: String, tags: Vec<(String, String)>) -> Pending<()> {
        self.write(move |writing| {
            let place = place(writing.transaction, &model_id)?;
            set_tags(writing.transaction, &place, &tags)
        })
    }

    /// Takes a tag from a model.
    pub fn delete_logged_model_tag(&self, model_id: String, key: String) -> Pending<()> {
        self.write(move |writing| {
            let place = place(writing.transaction, &model_id)?;
            let sql = "DELETE FROM logged_model_tags WHERE model = ?1 AND key = ?2";
            let gone = writing.transaction.prepare_cached(sql)?.execute(params![place.model, key])?;
            let missing = || {
                let key = repr(&key);
                Error::missing(format!("No tag with key {key} found for model with ID '{model_id}'."))
            };
            if gone == 0 { Err(missing()) } else { Ok(()) }
        })
    }
}

pub(crate) fn create(writing: &mut Writing<'_>, new: &NewLoggedModel) -> Result<LoggedModel, Error> {
    let experiment = experiments::find_active(writing.transaction, &new.experiment_id)?;
    let model_id = id_of(writing, new)?;
    let location = uri::append(&experiment.artifact_location, &["models", &model_id, "artifacts"]);
    let name = new.name.clone().unwrap_or_else(|| random_name(writing.ids));
    let sql = "INSERT INTO logged_models \
        (model_id, experiment, name, artifact_location, created, updated, status, model_type, source_run_id) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8)";
    let transaction = writing.transaction;
    transaction.prepare_cached(sql)?.execute(params![
        model_id,
        experiment.row,
        name,
        location,
        writing.now,
        LoggedModelStatus::Pending,
        new.model_type,
        new.source_run_id,
    ])?;
    let place = Place { model: transaction.last_insert_rowid(), experiment: experiment.row };
    add_params(transaction, &place, &model_id, &new.params)?;
    set_tags(transaction, &place, &new.tags)?;
    let made = materialise(transaction, &[place.model])?;
    made.into_iter().next().ok_or_else(|| not_found(&model_id))
}

/// A new id, or the chosen one if it is free.
fn id_of(writing: &mut Writing<'_>, new: &NewLoggedModel) -> Result<String, Error> {
    let Some(chosen) = &new.model_id else { return Ok(format!("m-{}", writing.ids.hex())) };
    let digits = chosen.strip_prefix("m-").unwrap_or_default();
    if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Error::invalid(format!("Invalid model id {}", repr(chosen))));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM logged_models WHERE model_id = ?1)";
    let is_there: bool = writing.transaction.prepare_cached(sql)?.query_row([chosen], |row| row.get(0))?;
    if is_there {
        return Err(Error::exists(format!("Logged model with ID '{chosen}' already exists")));
    }
    Ok(chosen.clone())
}

fn place(transaction: &Transaction<'_>, model_id: &str) -> Result<Place, Error> {
    let sql = "SELECT id, experiment FROM logged_models WHERE model_id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let found =
        statement.query_row([model_id], |row| Ok(Place { model: row.get(0)?, experiment: row.get(1)? }));
    found.optional()?.ok_or_else(|| not_found(model_id))
}

fn add_params(
    transaction: &Transaction<'_>,
    place: &Place,
    model_id: &str,
    params: &[(String, String)],
) -> Result<(), Error> {
    let sql = "INSERT INTO logged_model_params (model, key, value, experiment) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    let mut insert = transaction.prepare_cached(sql)?;
    let sql = "SELECT value FROM logged_model_params WHERE model = ?1 AND key = ?2";
    let mut there = transaction.prepare_cached(sql)?;
    for (key, value) in params {
        if insert.execute(params![place.model, key, value, place.experiment])? == 1 {
            continue;
        }
        let old: String = there.query_row(params![place.model, key], |row| row.get(0))?;
        if old != *value {
            return Err(Error::invalid(format!(
                "Changing param values is not allowed. Param with key='{key}' was already logged with \
                 value='{old}' for the logged model with ID='{model_id}'. Attempted logging new value '{value}'."
            )));
        }
    }
    Ok(())
}

fn set_tags(transaction: &Transaction<'_>, place: &Place, tags: &[(String, String)]) -> Result<(), Error> {
    let sql = "INSERT INTO logged_model_tags (model, key, value, experiment) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO UPDATE SET value = excluded.value";
    let mut set = transaction.prepare_cached(sql)?;
    for (key, value) in tags {
        set.execute(params![place.model, key, value, place.experiment])?;
    }
    Ok(())
}

/// Lets a model say in a tag that it was registered.
pub(crate) fn tag_with_version(
    transaction: &Transaction<'_>,
    model_id: &str,
    name: &str,
    version: i64,
) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Registered {
        name: String,
        version: i64,
    }
    let place = place(transaction, model_id)?;
    let sql = "SELECT value FROM logged_model_tags WHERE model = ?1 AND key = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let old: Option<String> =
        statement.query_row(params![place.model, VERSIONS_TAG], |row| row.get(0)).optional()?;
    // A client may have written something else there.
    let mut all: Vec<Registered> = old.and_then(|old| serde_json::from_str(&old).ok()).unwrap_or_default();
    all.push(Registered { name: name.to_owned(), version });
    // With the spaces of Python's writer, since clients compare it as text.
    let shown: Vec<_> = all
        .iter()
        .map(|one| format!("{{\"name\": {}, \"version\": {}}}", json!(one.name), one.version))
        .collect();
    set_tags(transaction, &place, &[(VERSIONS_TAG.to_owned(), format!("[{}]", shown.join(", ")))])
}

fn bad_name(name: &str) -> Option<Error> {
    if !name.is_empty() && !name.contains(BAD_IN_NAMES) {
        return None;
    }
    let name = repr(name);
    Some(Error::invalid(format!(
        "Invalid model name ({name}) provided. Model name must be a non-empty string and cannot contain the \
         following characters: ('/', ':', '.', '%', '\"', \"'\")"
    )))
}
