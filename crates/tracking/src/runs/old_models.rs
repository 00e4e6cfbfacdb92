//! What clients before MLflow 3 say of a model that they logged: a tag of the run lists them.

use rusqlite::OptionalExtension as _;
use serde_json::{Map, Value};

use crate::{
    Error, Pending, Tracking, checks,
    runs::{find_active, tags, touch},
};

const TAG: &str = "mlflow.log-model.history";
const FIELDS: [&str; 4] = ["artifact_path", "flavors", "utc_time_created", "run_id"];

impl Tracking {
    /// Adds a model to the list of those that a run logged.
    pub fn log_model(&self, run_id: &str, model_json: &str) -> Pending<()> {
        let model = match read(model_json) {
            Ok(model) => model,
            Err(error) => return Pending::refused(error),
        };
        let run_id = run_id.to_owned();
        self.write(move |writing| {
            let run = find_active(writing, &run_id)?;
            let sql = "SELECT value FROM tags WHERE run = ?1 AND key = ?2";
            let before = writing.transaction.prepare_cached(sql)?.query_row((run.row, TAG), |row| row.get(0));
            let before: Option<String> = before.optional()?;
            let mut models: Vec<Value> =
                before.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            models.push(model);
            tags::put(writing, run, TAG, &Value::from(models).to_string())?;
            touch(writing, run.row)
        })
    }
}

/// What the list keeps of a model.
fn read(model_json: &str) -> Result<Value, Error> {
    let model: Map<String, Value> = serde_json::from_str(model_json).map_err(|_| {
        let shown = checks::cut(200, model_json);
        Error::invalid(format!("Malformed model info. \n {shown} \n is not a valid JSON."))
    })?;
    let missing: Vec<String> =
        FIELDS.iter().filter(|field| !model.contains_key(**field)).map(|field| checks::repr(field)).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Error::invalid(format!("Model json is missing mandatory fields: {{{missing}}}")));
    }
    let mut kept = Map::new();
    for field in ["run_id", "artifact_path", "utc_time_created", "model_uuid"] {
        if let Some(value) = model.get(field) {
            kept.insert(field.to_owned(), value.clone());
        }
    }
    let mut flavors = model.get("flavors").cloned().unwrap_or_default();
    for flavor in flavors.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(flavor) = flavor.as_object_mut() {
            flavor.remove("config");
        }
    }
    kept.insert("flavors".to_owned(), flavors);
    Ok(Value::Object(kept))
}
