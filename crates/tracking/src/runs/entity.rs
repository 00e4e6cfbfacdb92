//! Runs as clients see them.

use serde::Serialize;

use crate::{
    Error,
    experiments::{Lifecycle, Pair},
    metrics::Latest,
};

/// A run as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// What it is.
    pub info: RunInfo,
    /// What was logged to it.
    pub data: RunData,
    /// What it read.
    pub inputs: RunInputs,
    /// What it made. A run that was just made does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<RunOutputs>,
}

/// What a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunInfo {
    /// Its id, as old clients call it.
    pub run_uuid: String,
    /// Its id.
    pub run_id: String,
    /// What people call it.
    pub run_name: String,
    /// Where it belongs.
    pub experiment_id: String,
    /// Who made it.
    pub user_id: String,
    /// How it goes.
    pub status: Status,
    /// When it began, in milliseconds since 1970.
    pub start_time: i64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// Where its artifacts are.
    pub artifact_uri: String,
    /// Whether it was deleted.
    pub lifecycle_stage: Lifecycle,
}

/// What was logged to a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunData {
    /// The latest value of each metric.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Latest>,
    /// Its parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Pair>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
}

/// What a run read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunInputs {
    /// Data sets, in the order in which it said so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dataset_inputs: Vec<DatasetInput>,
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_inputs: Vec<ModelInput>,
}

/// A data set that a run read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatasetInput {
    /// What is known of how it was used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
    /// The data set.
    pub dataset: Dataset,
}

/// A data set as its user described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// What it is called.
    pub name: String,
    /// Which content it has.
    pub digest: String,
    /// What kind of place it is from.
    pub source_type: String,
    /// That place.
    pub source: String,
    /// Its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its size and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A logged model that a run read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelInput {
    /// Which.
    pub model_id: String,
}

/// What a run made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunOutputs {
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_outputs: Vec<ModelOutput>,
}

/// A logged model that a run made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelOutput {
    /// Which.
    pub model_id: String,
    /// At which step.
    pub step: i64,
}

/// How a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It goes on.
    Running,
    /// It has not begun.
    Scheduled,
    /// It ended well.
    Finished,
    /// It ended in an error.
    Failed,
    /// It was ended.
    Killed,
}

impl Status {
    const ALL: [(Self, &str); 5] = [
        (Self::Running, "RUNNING"),
        (Self::Scheduled, "SCHEDULED"),
        (Self::Finished, "FINISHED"),
        (Self::Failed, "FAILED"),
        (Self::Killed, "KILLED"),
    ];

    /// Its name in the protocol.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// By its name, or its number, from 1, as protocol buffers have it.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let named = Self::ALL.iter().find(|(_, name)| *name == text);
        let numbered = || text.parse().ok().and_then(|number: usize| Self::ALL.get(number.checked_sub(1)?));
        named.or_else(numbered).map(|(status, _)| *status).ok_or_else(|| {
            Error::invalid(format!(
                "Invalid value \"{text}\" for parameter 'status' supplied: it is one of RUNNING, SCHEDULED, FINISHED, FAILED and KILLED"
            ))
        })
    }
}
