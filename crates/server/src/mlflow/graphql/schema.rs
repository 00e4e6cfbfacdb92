//! What may be asked: the types of MLflow's schema and their fields.

use super::query::Field;

/// A kind of object, and what may be asked of it.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    fields: &'static [(&'static str, Shape)],
}

/// What a field is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    /// A whole number, which is answered as text: pages' numbers are not as long.
    Long,
    /// A number, or nothing when it is none.
    Number,
    Truth,
    /// One of some words, the first of which is this.
    Word(&'static str),
    /// Some texts.
    Texts,
    One(&'static Type),
    Many(&'static Type),
    /// The experiment that a run belongs to.
    ExperimentOfRun,
    /// The versions that were registered from a run.
    VersionsOfRun,
    /// What is never there, as errors are told elsewhere.
    Nothing,
}

use Shape::{ExperimentOfRun, Long, Many, Nothing, Number, One, Text, Texts, Truth, VersionsOfRun, Word};

impl Type {
    pub(super) fn field(&self, name: &str) -> Option<Shape> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
    }
}

impl Shape {
    /// Of what it is an object or a list of objects.
    fn inner(self) -> Option<&'static Type> {
        match self {
            One(inner) | Many(inner) => Some(inner),
            ExperimentOfRun => Some(&EXPERIMENT),
            VersionsOfRun => Some(&MODEL_VERSION),
            Nothing => Some(&API_ERROR),
            Text | Long | Number | Truth | Word(_) | Texts => None,
        }
    }
}

/// Whether what is asked of an object of a type is known.
pub(super) fn check(of: &Type, field: &Field) -> Result<(), String> {
    if field.fields.is_empty() {
        let (name, of) = (&field.name, of.name);
        return Err(format!("Field '{name}' of type '{of}' must have a selection of subfields."));
    }
    for inner in field.fields.iter().filter(|inner| inner.name != "__typename") {
        let shape = of
            .field(&inner.name)
            .ok_or_else(|| format!("Cannot query field '{}' on type '{}'.", inner.name, of.name))?;
        match shape.inner() {
            Some(deeper) => check(deeper, inner)?,
            None if inner.fields.is_empty() => {}
            None => {
                return Err(format!(
                    "Field '{}' must not have a selection: it has no subfields.",
                    inner.name
                ));
            }
        }
    }
    Ok(())
}

macro_rules! types {
    ($($(#[$about:meta])* $constant:ident = $name:literal { $($field:literal: $shape:expr),* $(,)? })*) => {
        $($(#[$about])* pub(super) static $constant: Type = Type { name: $name, fields: &[$(($field, $shape)),*] };)*
    };
}

types! {
    TEST = "Test" { "output": Text }
    TEST_MUTATION = "TestMutation" { "output": Text }
    ERROR_DETAIL = "ErrorDetail" { "field": Text, "message": Text }
    API_ERROR = "ApiError" {
        "code": Text, "message": Text, "helpUrl": Text, "traceId": Text, "errorDetails": Many(&ERROR_DETAIL),
    }
    EXPERIMENT_TAG = "MlflowExperimentTag" { "key": Text, "value": Text }
    EXPERIMENT = "MlflowExperiment" {
        "experimentId": Text, "name": Text, "artifactLocation": Text, "lifecycleStage": Text,
        "lastUpdateTime": Long, "creationTime": Long, "tags": Many(&EXPERIMENT_TAG),
    }
    GET_EXPERIMENT = "MlflowGetExperimentResponse" { "experiment": One(&EXPERIMENT), "apiError": Nothing }
    RUN_INFO = "MlflowRunInfo" {
        "runId": Text, "runUuid": Text, "runName": Text, "experimentId": Text, "userId": Text,
        "status": Word("RUNNING"), "startTime": Long, "endTime": Long, "artifactUri": Text, "lifecycleStage": Text,
    }
    METRIC = "MlflowMetricExtension" {
        "key": Text, "value": Number, "timestamp": Long, "step": Long, "datasetName": Text, "datasetDigest": Text,
        "modelId": Text, "runId": Text,
    }
    PARAM = "MlflowParam" { "key": Text, "value": Text }
    RUN_TAG = "MlflowRunTag" { "key": Text, "value": Text }
    RUN_DATA = "MlflowRunData" { "metrics": Many(&METRIC), "params": Many(&PARAM), "tags": Many(&RUN_TAG) }
    INPUT_TAG = "MlflowInputTag" { "key": Text, "value": Text }
    DATASET = "MlflowDataset" {
        "name": Text, "digest": Text, "sourceType": Text, "source": Text, "schema": Text, "profile": Text,
    }
    DATASET_INPUT = "MlflowDatasetInput" { "tags": Many(&INPUT_TAG), "dataset": One(&DATASET) }
    MODEL_INPUT = "MlflowModelInput" { "modelId": Text }
    RUN_INPUTS = "MlflowRunInputs" { "datasetInputs": Many(&DATASET_INPUT), "modelInputs": Many(&MODEL_INPUT) }
    MODEL_OUTPUT = "MlflowModelOutput" { "modelId": Text, "step": Long }
    RUN_OUTPUTS = "MlflowRunOutputs" { "modelOutputs": Many(&MODEL_OUTPUT) }
    RUN = "MlflowRunExtension" {
        "info": One(&RUN_INFO), "data": One(&RUN_DATA), "inputs": One(&RUN_INPUTS), "outputs": One(&RUN_OUTPUTS),
        "experiment": ExperimentOfRun, "modelVersions": VersionsOfRun,
    }
    GET_RUN = "MlflowGetRunResponse" { "run": One(&RUN), "apiError": Nothing }
    SEARCH_RUNS = "MlflowSearchRunsResponse" { "runs": Many(&RUN), "nextPageToken": Text, "apiError": Nothing }
    VERSION_TAG = "MlflowModelVersionTag" { "key": Text, "value": Text }
    MODEL_PARAM = "MlflowModelParam" { "name": Text, "value": Text }
    MODEL_METRIC = "MlflowModelMetric" {
        "key": Text, "value": Number, "timestamp": Long, "step": Long, "datasetName": Text, "datasetDigest": Text,
        "modelId": Text, "runId": Text,
    }
    JOB_STATE = "MlflowModelVersionDeploymentJobState" {
        "jobId": Text, "runId": Text, "jobState": Word("DEPLOYMENT_JOB_CONNECTION_STATE_UNSPECIFIED"),
        "runState": Word("DEPLOYMENT_JOB_RUN_STATE_UNSPECIFIED"), "currentTaskName": Text,
    }
    MODEL_VERSION = "MlflowModelVersion" {
        "name": Text, "version": Text, "creationTimestamp": Long, "lastUpdatedTimestamp": Long, "userId": Text,
        "currentStage": Text, "description": Text, "source": Text, "runId": Text,
        "status": Word("PENDING_REGISTRATION"), "statusMessage": Text, "tags": Many(&VERSION_TAG), "runLink": Text,
        "aliases": Texts, "modelId": Text, "modelParams": Many(&MODEL_PARAM), "modelMetrics": Many(&MODEL_METRIC),
        "deploymentJobState": One(&JOB_STATE),
    }
    SEARCH_VERSIONS = "MlflowSearchModelVersionsResponse" {
        "modelVersions": Many(&MODEL_VERSION), "nextPageToken": Text, "apiError": Nothing,
    }
    DATASET_SUMMARY = "MlflowDatasetSummary" {
        "experimentId": Text, "name": Text, "digest": Text, "context": Text,
    }
    SEARCH_DATASETS = "MlflowSearchDatasetsResponse" {
        "datasetSummaries": Many(&DATASET_SUMMARY), "apiError": Nothing,
    }
    METRIC_OF_RUN = "MlflowMetricWithRunId" {
        "key": Text, "value": Number, "timestamp": Long, "step": Long, "runId": Text,
    }
    INTERVAL = "MlflowGetMetricHistoryBulkIntervalResponse" { "metrics": Many(&METRIC_OF_RUN), "apiError": Nothing }
    FILE = "MlflowFileInfo" { "path": Text, "isDir": Truth, "fileSize": Long }
    LIST_ARTIFACTS = "MlflowListArtifactsResponse" {
        "rootUri": Text, "files": Many(&FILE), "nextPageToken": Text, "apiError": Nothing,
    }
}
