//! Experiments, runs, metrics, logged models, the model registry and artifacts, as MLflow means them.
//!
//! `server` calls it for its MLflow routes, `engine` for what steps log, `cli` for tables of runs. It knows no HTTP.
//!
//! [`Tracking`] is one directory: a database with one writer, whose waiting writes share a sync of the disk, and readers
//! beside it. A write gives a [`Pending`], which resolves once it is durable; a read blocks, so it has no place on an
//! async thread. What is refused has MLflow's own code.

mod database;
mod error;
mod ids;
mod metrics;
mod pending;
mod schema;
mod settings;
mod tracking;
mod writer;

pub use error::{Code, Error};
pub use pending::Pending;
pub use settings::Settings;
pub use tracking::Tracking;
