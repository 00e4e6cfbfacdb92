//! Registered models and their versions as clients see them.

use serde::Serialize;

use crate::experiments::Pair;

/// A name under which versions are registered, as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisteredModel {
    /// The name.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub creation_timestamp: i64,
    /// When it or the set of its versions last changed.
    pub last_updated_timestamp: i64,
    /// What its owner says about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The latest version in each stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub latest_versions: Vec<ModelVersion>,
    /// Its tags, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
    /// Its aliases, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
}

/// A word that points at a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alias {
    /// The word.
    pub alias: String,
    /// The number of the version.
    pub version: String,
}

/// A version of a registered model, as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelVersion {
    /// The name that it is registered under.
    pub name: String,
    /// Its number, from 1 up.
    pub version: String,
    /// When it was made, in milliseconds since 1970.
    pub creation_timestamp: i64,
    /// When it last changed.
    pub last_updated_timestamp: i64,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// How far it has come: `None`, `Staging`, `Production` or `Archived`.
    pub current_stage: String,
    /// What its maker says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where its files are, as its maker named it.
    pub source: String,
    /// The run that it comes from; empty when none was named.
    pub run_id: String,
    /// `READY`: there is nothing to wait for.
    pub status: String,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Its tags, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
    /// A link to the run, when that is on another server.
    pub run_link: String,
    /// The aliases that point at it. Left out where versions are listed, as MLflow does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}
