//! The project file: `kaizen.toml` into typed desired state, with every error at its place.
//!
//! The engine calls [`parse`] with the file's text each time it observes the world, replaces the fan-outs
//! of the [`Project`] it returns by their instances with [`expand`], and plans towards that. `kaizen schema` prints [`schema()`], `kaizen init` writes
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
mod fan_out;
mod field;
mod gate;
mod labels;
mod lineage;
mod metric;
mod model;
mod monitor;
mod names;
mod offer;
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
mod shared;
mod split;
mod starter;
mod step;
mod tracking;
mod traffic;
mod train;
mod trigger;
mod url;
mod value;
mod webhook;

pub use data::{Data, Format};
pub use expect::{ColumnType, Expectation, Severity, Test};
pub use fan_out::{expand, place};
pub use gate::{Beat, Gate, NoWorse};
pub use labels::Labels;
pub use lineage::{Lineage, LineageSink};
pub use model::Model;
pub use monitor::{Drift, Monitor, Response, Tests};
pub use offer::Offer;
pub use project::Project;
pub use reference::{Input, Source};
pub use render::render;
pub use retrain::Retrain;
pub use schedule::{Cron, CronError, Schedule};
pub use schema::schema;
pub use secret::Secret;
pub use server::Server;
pub use service::{Rollout, Service, Strategy};
pub use shared::SharedCache;
pub use split::{By, Split};
pub use starter::{ColumnProfile, Inspection, starter};
pub use step::{
    Cache, Each, EnvValue, Isolation, Parameter, Pattern, Resources, Retry, SecretPlace, Step, StepAction,
    When,
};
pub use tracking::Tracking;
pub use traffic::{Capture, Slo};
pub use train::{Builtin, Command, Train};
pub use trigger::{Missed, Trigger};
pub use value::Value;
pub use webhook::{Topic, Webhook};

use base::Diagnostic;

use crate::reader::Reader;

/// The text as a path inside a project in its plainest form, as the paths of steps are kept.
///
/// # Errors
/// What is wrong with it, as a fragment to follow the path: `` `../x` leads out of its directory``.
pub fn path_inside(text: &str) -> Result<String, &'static str> {
    path::plain(text)
}

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
