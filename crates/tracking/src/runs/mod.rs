//! Runs: what training code logs to. `server` makes, changes and shows them for its routes, `engine` for its steps, `cli`
//! shows them.

mod batch;
mod cache;
mod change;
mod create;
mod datasets;
mod entity;
mod find;
mod inputs;
mod names;
mod old_models;
mod params;
mod read;
mod tags;
#[cfg(test)]
mod tests;

pub use batch::Batch;
pub(crate) use cache::Cache;
pub use change::RunUpdate;
pub use create::NewRun;
pub(crate) use create::create;
pub use datasets::DatasetSummary;
pub use entity::{
    Dataset, DatasetInput, ModelInput, ModelOutput, Run, RunData, RunInfo, RunInputs, RunOutputs, Status,
};
pub(crate) use find::{find, find_active, row_of, touch};
pub(crate) use names::random_name;

/// The tag that says again what a run is called.
const NAME_TAG: &str = "mlflow.runName";
