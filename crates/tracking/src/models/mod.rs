//! Logged models: what code trained and kept, before anybody gives it a name in the registry.
//!
//! `server` calls it for the `logged-models` routes, `engine` for what a step's run made. Metrics come in with those of
//! runs (`log_metrics`).

mod change;
mod entity;
mod metrics;
mod read;

pub use change::NewLoggedModel;
pub(crate) use change::{create, tag_with_version};
pub use entity::{LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelMetric, LoggedModelStatus};
pub(crate) use metrics::{Point, RunRef, log_metrics};
pub(crate) use read::{by_model_id, materialise, pairs};

#[cfg(test)]
mod tests;
