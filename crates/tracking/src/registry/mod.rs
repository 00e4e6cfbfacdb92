//! The model registry: names, numbered versions under them, aliases that point at versions, and stages.
//!
//! `server` calls it for the `registered-models` and `model-versions` routes. A version's source is checked here
//! (`source`): a client can have no file of this machine served that is not a run's or a model's own.

mod alias;
mod entity;
mod model;
mod read;
mod source;
mod stage;
mod tag;
mod uri;
mod version;
mod words;

pub use entity::{Alias, ModelVersion, RegisteredModel};
pub use model::NewRegisteredModel;
pub(crate) use read::{materialise_models, materialise_versions};
pub use version::NewVersion;

#[cfg(test)]
mod tests;

/// The tag that makes a registered model a prompt.
const IS_PROMPT: &str = "mlflow.prompt.is_prompt";
/// The tag that holds a prompt's text.
const PROMPT_TEXT: &str = "mlflow.prompt.text";
