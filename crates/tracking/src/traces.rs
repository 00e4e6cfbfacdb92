//! What clients say of a trace when it has ended, and its tags: enough for code that traces to go on, and to find its traces
//! by their ids. They are not searched, and their spans are artifacts like others.

#[cfg(test)]
mod tests;

use rusqlite::{OptionalExtension as _, Transaction};
use serde_json::{Map, Value};

use crate::{Error, Pending, Tracking, checks, experiments, uri::append, writer::Writing};

/// The tag that says where the spans are.
const LOCATION_TAG: &str = "mlflow.artifactLocation";

impl Tracking {
    /// Keeps what is said of a trace: the fields of MLflow's `TraceInfo`. It resolves to the same with the tags it has now.
    pub fn start_trace(&self, info: Map<String, Value>) -> Pending<Value> {
        match New::of(info) {
            Ok(new) => self.write(move |writing| new.keep(writing)),
            Err(error) => Pending::refused(error),
        }
    }

    /// What was said of a trace, with its tags.
    ///
    /// # Errors
    /// When there is none of this id.
    pub fn trace(&self, trace_id: &str) -> Result<Value, Error> {
        self.read(|transaction| shown(transaction, row_of(transaction, trace_id)?))
    }

    /// Sets a tag of a trace.
    pub fn set_trace_tag(&self, trace_id: &str, key: &str, value: &str) -> Pending<()> {
        let checked = checks::key(key, "key").and_then(|()| checks::length("key", checks::KEY, key));
        if let Err(error) = checked {
            return Pending::refused(error);
        }
        let (trace_id, key) = (trace_id.to_owned(), key.to_owned());
        let value = checks::cut(checks::TAG, value).to_owned();
        self.write(move |writing| {
            let row = row_of(writing.transaction, &trace_id)?;
            set_tag(writing.transaction, row, &key, &value)
        })
    }

    /// Deletes a tag of a trace.
    pub fn delete_trace_tag(&self, trace_id: &str, key: &str) -> Pending<()> {
        let (trace_id, key) = (trace_id.to_owned(), key.to_owned());
        self.write(move |writing| {
            let row = row_of(writing.transaction, &trace_id)?;
            let sql = "DELETE FROM trace_tags WHERE trace = ?1 AND key = ?2";
            match writing.transaction.prepare_cached(sql)?.execute((row, &key))? {
                0 => Err(Error::missing(format!(
                    "No trace tag with key '{key}' for trace with ID '{trace_id}'"
                ))),
                _ => Ok(()),
            }
        })
    }
}

struct New {
    trace_id: String,
    experiment_id: String,
    info: String,
    tags: Vec<(String, String)>,
}

impl New {
    fn of(mut info: Map<String, Value>) -> Result<Self, Error> {
        let trace_id = text(info.get("trace_id")).unwrap_or_default();
        if trace_id.is_empty() || trace_id.chars().count() > checks::KEY {
            return Err(Error::invalid(format!(
                "Invalid value {} for parameter 'trace_id' supplied: it has 1 to {} characters",
                checks::json_text(checks::cut(100, &trace_id)),
                checks::KEY
            )));
        }
        let place = info.get("trace_location").and_then(|place| place.get("mlflow_experiment"));
        let experiment_id = text(place.and_then(|place| place.get("experiment_id"))).unwrap_or_default();
        let mut tags = Vec::new();
        if let Some(Value::Object(given)) = info.remove("tags") {
            for (key, value) in given {
                let value = text(Some(&value)).unwrap_or_default();
                tags.push((key, checks::cut(checks::TAG, &value).to_owned()));
            }
        }
        Ok(Self { trace_id, experiment_id, info: Value::Object(info).to_string(), tags })
    }

    fn keep(self, writing: &mut Writing<'_>) -> Result<Value, Error> {
        let transaction = writing.transaction;
        let experiment = experiments::find_active(transaction, &self.experiment_id)?;
        let sql = "INSERT INTO traces (trace_id, experiment, info) VALUES (?1, ?2, ?3)
            ON CONFLICT (trace_id) DO UPDATE SET info = excluded.info WHERE experiment = excluded.experiment
            RETURNING id";
        let values = (&self.trace_id, experiment.row, &self.info);
        let row = transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
        let row: i64 = row.ok_or_else(|| {
            Error::exists(format!("Trace with ID '{}' is in another experiment", self.trace_id))
        })?;
        let location = append(&experiment.artifact_location, &["traces", &self.trace_id, "artifacts"]);
        set_tag(transaction, row, LOCATION_TAG, &location)?;
        for (key, value) in &self.tags {
            set_tag(transaction, row, key, value)?;
        }
        shown(transaction, row)
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn row_of(transaction: &Transaction<'_>, trace_id: &str) -> Result<i64, Error> {
    let sql = "SELECT id FROM traces WHERE trace_id = ?1";
    let row = transaction.prepare_cached(sql)?.query_row([trace_id], |row| row.get(0)).optional()?;
    row.ok_or_else(|| Error::missing(format!("Trace with ID '{trace_id}' not found.")))
}

fn set_tag(transaction: &Transaction<'_>, row: i64, key: &str, value: &str) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO trace_tags (trace, key, value) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute((row, key, value))?;
    Ok(())
}

fn shown(transaction: &Transaction<'_>, row: i64) -> Result<Value, Error> {
    let sql = "SELECT info FROM traces WHERE id = ?1";
    let info: String = transaction.prepare_cached(sql)?.query_row([row], |row| row.get(0))?;
    let mut info: Map<String, Value> =
        serde_json::from_str(&info).map_err(|error| Error::internal("read a trace", error))?;
    let mut find = transaction.prepare_cached("SELECT key, value FROM trace_tags WHERE trace = ?1")?;
    let tags = find.query_map([row], |row| Ok((row.get(0)?, Value::String(row.get(1)?))))?;
    let tags: Map<String, Value> = tags.collect::<Result<_, _>>()?;
    if !tags.is_empty() {
        info.insert("tags".to_owned(), Value::Object(tags));
    }
    Ok(Value::Object(info))
}
