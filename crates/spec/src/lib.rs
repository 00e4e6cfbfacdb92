//! The project file: `kaizen.toml` into typed desired state, with every error at its place.
//!
//! The engine calls [`parse`] with the file's text each time it observes the world, and plans
//! towards the [`Project`] it returns. `kaizen schema` prints [`schema()`], `kaizen init` writes
//! what [`starter()`] returns, and the command line shows errors through [`render()`].
//!
//! Each table of the file is one module here, with its public type, its fields and its reader.
//! The fields are described once (`field`), so that what is read and what the schema says
//! cannot differ. Findings about one value are made where it is read; findings about how the
//! tables fit together are made in `check`.

mod check;
mod data;
mod env;
mod expect;
mod field;
mod gate;
mod labels;
mod metric;
mod model;
mod monitor;
mod names;
mod path;
mod project;
mod reader;
mod reference;
mod render;
mod retrain;
mod schedule;
mod schema;
mod secret;
mod server;
mod service;
mod split;
mod starter;

mod step;
mod traffic;
mod train;
mod value;
mod webhook;

pub use data::{Data, Format};
pub use expect::{ColumnType, Expectation, Severity, Test};
pub use gate::{Beat, Gate, NoWorse};
pub use labels::Labels;
pub use model::Model;
pub use monitor::{Drift, Monitor, Response, Tests};
pub use project::Project;
pub use reference::{Input, Source};
pub use render::render;
pub use retrain::Retrain;
pub use schedule::{Cron, CronError, Schedule};
pub use schema::schema;
pub use secret::Secret;
pub use server::Server;
pub use service::{Rollout, Service, Strategy};
pub use split::{By, Split};

pub use starter::{ColumnProfile, Inspection, starter};
pub use step::{Step, StepAction};
pub use traffic::{Capture, Slo};
pub use train::{Builtin, Train};
pub use value::Value;
pub use webhook::{Topic, Webhook};

use base::Diagnostic;

use crate::reader::Reader;

/// The project that this text describes.
///
/// `file` is the name under which errors show it, and `env` answers for `${env.NAME}`.
///
/// # Errors
/// Everything that is wrong with the text, in its order.
pub fn parse(
    file: &str,
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Project, Vec<Diagnostic>> {
    let reader = Reader::new(file, text, env);
    let project = reader.document().and_then(|document| {
        let root = reader.root(&document, &project::SHAPE);
        let project = project::read(&root)?;
        check::project(&project, &root);
        Some(project)
    });
    match (project, reader.into_found()) {
        (Some(project), found) if found.is_empty() => Ok(project),
        (_, found) => Err(found),
    }
}
