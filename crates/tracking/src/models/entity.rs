//! Logged models as clients see them.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Serialize, Serializer};

use crate::experiments::Pair;

/// A logged model as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedModel {
    /// What it is and where.
    pub info: LoggedModelInfo,
    /// What it was made with, and how good it is.
    pub data: LoggedModelData,
}

/// What a logged model is and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedModelInfo {
    /// Its id.
    pub model_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: String,
    /// What it is called; several may be called the same.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub creation_timestamp_ms: i64,
    /// When its status last changed.
    pub last_updated_timestamp_ms: i64,
    /// The directory of its files.
    pub artifact_uri: String,
    /// Whether its files are complete.
    pub status: LoggedModelStatus,
    /// What kind of model, in its maker's words.
    pub model_type: String,
    /// The run that made it; empty when none was named.
    pub source_run_id: String,
    /// Its tags, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
}

/// What a logged model was made with, and how good it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedModelData {
    /// Its parameters, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Pair>,
    /// All points that runs logged about it, by key, time and step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<LoggedModelMetric>,
}

/// A point that a run logged about a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedModelMetric {
    /// What was measured.
    pub key: String,
    /// What it came to; may be NaN.
    #[serde(serialize_with = "number")]
    pub value: f64,
    /// When, in milliseconds since 1970.
    pub timestamp: i64,
    /// At which step.
    pub step: i64,
    /// The data set that it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// Which state of that data set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
    /// The model.
    pub model_id: String,
    /// The run that measured.
    pub run_id: String,
}

/// Whether a model's files are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum LoggedModelStatus {
    /// Nobody said.
    #[serde(rename = "LOGGED_MODEL_STATUS_UNSPECIFIED")]
    Unspecified,
    /// Not yet.
    #[serde(rename = "LOGGED_MODEL_PENDING")]
    Pending,
    /// They are.
    #[serde(rename = "LOGGED_MODEL_READY")]
    Ready,
    /// They will not be.
    #[serde(rename = "LOGGED_MODEL_UPLOAD_FAILED")]
    Failed,
}

impl LoggedModelStatus {
    const ALL: [Self; 4] = [Self::Unspecified, Self::Pending, Self::Ready, Self::Failed];

    /// The status of this name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "LOGGED_MODEL_STATUS_UNSPECIFIED" => Some(Self::Unspecified),
            "LOGGED_MODEL_PENDING" => Some(Self::Pending),
            "LOGGED_MODEL_READY" => Some(Self::Ready),
            "LOGGED_MODEL_UPLOAD_FAILED" => Some(Self::Failed),
            _ => None,
        }
    }

    /// The status of this number on the wire.
    pub fn numbered(number: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

impl ToSql for LoggedModelStatus {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl FromSql for LoggedModelStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        Self::numbered(number).ok_or(FromSqlError::OutOfRange(number))
    }
}

/// JSON knows no NaN.
fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_nan() { serializer.serialize_str("NaN") } else { serializer.serialize_f64(*value) }
}
