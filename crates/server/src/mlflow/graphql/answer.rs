//! Takes from what was found what was asked for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tracking::{Error, Tracking, search::RegistrySearch};

use super::{
    query::Field,
    root::snake,
    schema::{EXPERIMENT, MODEL_VERSION, Shape, Type},
};

/// How large an answer is, about, in bytes: names for the same field make one much larger than what was found.
const LARGEST: usize = 64 << 20;
/// What a value takes, but for its text.
const WEIGHT: usize = 32;
/// The most versions of a run that are looked for.
const MOST_VERSIONS: i64 = 10_000;

/// The answers of one request.
pub(super) struct Answers<'a> {
    tracking: &'a Tracking,
    experiments: BTreeMap<String, Value>,
    /// As large as what may still come.
    left: usize,
}

impl<'a> Answers<'a> {
    pub(super) fn new(tracking: &'a Tracking) -> Self {
        Self { tracking, experiments: BTreeMap::new(), left: LARGEST }
    }

    pub(super) fn tracking(&self) -> &'a Tracking {
        self.tracking
    }

    /// What is asked of an object.
    pub(super) fn object(&mut self, of: &Type, found: &Value, fields: &[Field]) -> Result<Value, Error> {
        let mut object = Map::new();
        for field in fields {
            self.take(WEIGHT + field.key.len())?;
            let value = match of.field(&field.name) {
                Some(shape) => self.field(shape, found, field)?,
                None => Value::from(of.name),
            };
            object.insert(field.key.clone(), value);
        }
        Ok(Value::Object(object))
    }

    fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            Error::invalid(format!("the answer would have more than {LARGEST} bytes; ask for less at once"))
        })?;
        Ok(())
    }

    /// A field of what was found. What is not there is answered as MLflow does, with the empty value of its kind.
    fn field(&mut self, shape: Shape, found: &Value, field: &Field) -> Result<Value, Error> {
        let there = &found[&snake(&field.name)];
        self.take(there.as_str().map_or(0, str::len))?;
        match shape {
            Shape::Text => Ok(there.as_str().unwrap_or_default().into()),
            Shape::Word(first) => Ok(there.as_str().unwrap_or(first).into()),
            Shape::Truth => Ok(there.as_bool().unwrap_or_default().into()),
            Shape::Long => Ok(if there.is_number() { there.to_string() } else { "0".to_owned() }.into()),
            Shape::Number => Ok(there.as_f64().map_or(Value::Null, Value::from)),
            Shape::Nothing => Ok(Value::Null),
            Shape::Texts => Ok(Value::Array(there.as_array().cloned().unwrap_or_default())),
            Shape::One(of) => self.object(of, there, &field.fields),
            Shape::Many(of) => self.list(of, there, &field.fields),
            Shape::ExperimentOfRun => self.experiment(found, &field.fields),
            Shape::VersionsOfRun => {
                let versions = self.versions(found)?;
                self.list(&MODEL_VERSION, &versions, &field.fields)
            }
        }
    }

    fn list(&mut self, of: &Type, found: &Value, fields: &[Field]) -> Result<Value, Error> {
        let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
        let objects: Result<Vec<_>, _> = found.iter().map(|object| self.object(of, object, fields)).collect();
        Ok(Value::Array(objects?))
    }

    fn experiment(&mut self, run: &Value, fields: &[Field]) -> Result<Value, Error> {
        let id = run["info"]["experiment_id"].as_str().unwrap_or_default();
        let experiment = match self.experiments.get(id) {
            Some(known) => known.clone(),
            None => {
                let experiment = serde_json::to_value(self.tracking.experiment(id)?).unwrap_or_default();
                self.experiments.insert(id.to_owned(), experiment.clone());
                experiment
            }
        };
        self.object(&EXPERIMENT, &experiment, fields)
    }

    fn versions(&self, run: &Value) -> Result<Value, Error> {
        // Ids of runs have no quotation marks.
        let id = run["info"]["run_id"].as_str().unwrap_or_default();
        let search = RegistrySearch {
            filter: format!("run_id='{id}'"),
            order_by: Vec::new(),
            max_results: MOST_VERSIONS,
            page_token: None,
        };
        let found = self.tracking.search_model_versions(&search)?.found;
        Ok(serde_json::to_value(found).unwrap_or_default())
    }
}
