//! Experiments, runs, metrics, logged models, the model registry and artifacts, as MLflow means them.
//!
//! `server` calls it for its MLflow routes, `engine` for what steps log, `cli` for tables of runs. It knows no HTTP.
//!
//! [`Tracking`] is one directory: a database with one writer, whose waiting writes share a sync of the disk, and readers
//! beside it. A write gives a [`Pending`], which resolves once it is durable; a read blocks, so it has no place on an
//! async thread. What is refused has MLflow's own code.

pub mod artifacts;
pub mod experiments;
pub mod filter;
pub mod import;
pub mod metrics;
pub mod models;
pub mod promise;
pub mod registry;
pub mod runs;
pub mod search;

mod adopt;
mod checks;
mod database;
mod error;
mod finding;
mod ids;
mod once;
mod pending;
mod schema;
mod settings;
mod traces;
mod tracking;
mod uri;
mod writer;

pub use adopt::KnownExperiment;
pub use error::{Code, Error};
pub use models::{
    LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelMetric, LoggedModelStatus, NewLoggedModel,
};
pub use once::Once;
pub use pending::Pending;
pub use promise::Promises;
pub use registry::{Alias, ModelVersion, NewRegisteredModel, NewVersion, RegisteredModel};
pub use settings::Settings;
pub use tracking::Tracking;
