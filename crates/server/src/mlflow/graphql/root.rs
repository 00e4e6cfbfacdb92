//! The outermost fields: each is one of the REST routes, with its fields in camel case.

use serde::Serialize;
use serde_json::{Map, Value};
use tracking::{Error, Tracking, artifacts::Artifacts};

use super::{
    query::Kind,
    schema::{self, Type},
};
use crate::mlflow::{artifacts, experiments, metrics, request::Fields, search};

/// The largest page of runs: whoever asks for more is given a token for the next.
const MOST_RUNS: i64 = 1_000;

/// A field of a query or of a mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    Test,
    TestMutation,
    Experiment,
    Run,
    Runs,
    Versions,
    Datasets,
    Interval,
    Artifacts,
}

/// The field with a name.
pub(super) fn of(kind: Kind, name: &str) -> Option<Root> {
    Some(match (kind, name) {
        (Kind::Query, "test") => Root::Test,
        (Kind::Query, "mlflowGetExperiment") => Root::Experiment,
        (Kind::Query, "mlflowGetMetricHistoryBulkInterval") => Root::Interval,
        (Kind::Query, "mlflowGetRun") => Root::Run,
        (Kind::Query, "mlflowListArtifacts") => Root::Artifacts,
        (Kind::Query, "mlflowSearchModelVersions") => Root::Versions,
        (_, "mlflowSearchRuns") => Root::Runs,
        (Kind::Mutation, "mlflowSearchDatasets") => Root::Datasets,
        (Kind::Mutation, "testMutation") => Root::TestMutation,
        _ => return None,
    })
}

impl Root {
    /// The type of what it answers.
    pub(super) fn answer(self) -> &'static Type {
        match self {
            Self::Test => &schema::TEST,
            Self::TestMutation => &schema::TEST_MUTATION,
            Self::Experiment => &schema::GET_EXPERIMENT,
            Self::Run => &schema::GET_RUN,
            Self::Runs => &schema::SEARCH_RUNS,
            Self::Versions => &schema::SEARCH_VERSIONS,
            Self::Datasets => &schema::SEARCH_DATASETS,
            Self::Interval => &schema::INTERVAL,
            Self::Artifacts => &schema::LIST_ARTIFACTS,
        }
    }

    /// What the REST route answers.
    pub(super) fn find(
        self,
        artifacts: &Artifacts,
        tracking: &Tracking,
        arguments: &Map<String, Value>,
    ) -> Result<Value, Error> {
        let fields = &fields(arguments)?;
        match self {
            Self::Test | Self::TestMutation => {
                let output = arguments.get("inputString").cloned().unwrap_or_default();
                Ok(Map::from_iter([("output".to_owned(), output)]).into())
            }
            Self::Experiment => value(&experiments::shown(tracking, fields)?),
            Self::Run => {
                let run = json(&tracking.run_json(fields.run_id()?)?)?;
                Ok(Map::from_iter([("run".to_owned(), run)]).into())
            }
            Self::Runs => json(&search::found_runs(tracking, &paged(fields)?)?),
            Self::Versions => value(&search::found_versions(tracking, fields)?),
            Self::Datasets => value(&experiments::found_datasets(tracking, fields)?),
            Self::Interval => json(&metrics::interval_json(tracking, fields)?),
            Self::Artifacts => value(&artifacts::files_of_run(artifacts, tracking, fields)?),
        }
    }
}

/// The fields that the argument `input` has, by the names that the REST routes give them.
fn fields(arguments: &Map<String, Value>) -> Result<Fields, Error> {
    let mut fields = Fields::default();
    match arguments.get("input") {
        None | Some(Value::Null) => {}
        Some(Value::Object(input)) => {
            input.iter().for_each(|(name, value)| fields.set(&snake(name), value.clone()));
        }
        Some(_) => return Err(Error::invalid("the argument 'input' must be an object")),
    }
    Ok(fields)
}

fn paged(fields: &Fields) -> Result<Fields, Error> {
    let size = fields.integer("max_results")?.unwrap_or(MOST_RUNS);
    let mut fields = fields.clone();
    fields.set("max_results", size.min(MOST_RUNS));
    Ok(fields)
}

/// `run_id` for `runId`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn value(found: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(found).map_err(|error| Error::internal("write the answer", error))
}

fn json(found: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(found).map_err(|error| Error::internal("write the answer", error))
}
