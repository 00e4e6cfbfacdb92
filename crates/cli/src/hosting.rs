//! Where the commands of steps log through MLflow: at the address of `kaizen up`, or at one of its own for as long as
//! anything else runs.

mod alone;
mod beside;
mod port;
mod spooled;
mod spools;

pub(crate) use alone::Alone;
pub(crate) use beside::Beside;
pub(crate) use spooled::{Spooled, settle, waiting};
pub(crate) use spools::{Spools, Wanted};

use engine::Project;
use tracking::{Settings, Tracking};

use crate::Environment;

/// The directory of a project's tracking, below its state.
const DIRECTORY: &str = "tracking";

/// The directory of a project's spools, below its state.
pub(crate) const SPOOL: &str = "spool";

/// How a project's tracking is opened.
pub(crate) fn settings(project: &Project, environment: &Environment) -> Settings {
    Settings::of(project.store_directory().join(DIRECTORY), environment.clock.clone())
}

/// The directory, if anything was ever tracked in it.
fn existing(settings: &Settings) -> Result<Option<Tracking>, tracking::Error> {
    if settings.directory.join("tracking.db").exists() {
        return Tracking::open(settings.clone()).map(Some);
    }
    Ok(None)
}
