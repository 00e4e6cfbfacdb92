//! Experiments: what runs are grouped by. `server` makes and shows them for its routes, `engine` for its steps.

mod change;
mod create;
mod read;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use create::NewExperiment;
pub(crate) use create::{ensure, make_default};
pub(crate) use read::{find, find_active, materialise};

/// An experiment as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Experiment {
    /// What clients call it.
    pub experiment_id: String,
    /// What people call it. No other has this name, deleted ones included.
    pub name: String,
    /// Under which URI its artifacts are.
    pub artifact_location: String,
    /// Whether it was deleted.
    pub lifecycle_stage: Lifecycle,
    /// When it was last changed, in milliseconds since 1970.
    pub last_update_time: i64,
    /// When it was made.
    pub creation_time: i64,
    /// What else is known of it, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
}

/// A key and what stands under it: a tag or a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The key.
    pub key: String,
    /// The value, which may be empty.
    pub value: String,
}

/// Whether something was deleted. What was can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    /// In use.
    Active,
    /// Deleted.
    Deleted,
}

impl Lifecycle {
    pub(crate) fn of(deleted: bool) -> Self {
        if deleted { Self::Deleted } else { Self::Active }
    }
}
