//! The directory of runs, models and tokens, and the server that asks for those tokens.

use std::path::{Path, PathBuf};

use engine::Project;
use server::{Access, access};

use crate::{Environment, Failure, exit};

/// Where runs and tokens are kept without a project.
const ALONE: &str = "kaizen-data";
/// Where they are kept in a project, below its state.
const IN_PROJECT: &str = "tracking";

/// The directory that is named, or the project's, or the usual one without a project.
pub(super) fn directory(named: Option<&Path>, project: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    match Project::store_of(project.unwrap_or(Path::new("."))) {
        Ok(state) => Ok(state.join(IN_PROJECT)),
        // Whoever names a project means it.
        Err(engine::Error::NoProject { .. }) if project.is_none() => Ok(PathBuf::from(ALONE)),
        Err(error) => Err(error.into()),
    }
}

/// Who may ask a server: the holders of the tokens in this directory.
pub(super) fn access(directory: &Path, environment: &Environment) -> Result<Access, Failure> {
    Access::of(directory, environment.clock.clone()).map_err(failure)
}

/// Why tokens cannot be had.
pub(super) fn failure(error: access::Error) -> Failure {
    let code = match &error {
        access::Error::Exists(_) | access::Error::NoToken { .. } => exit::USAGE,
        access::Error::Malformed { .. } | access::Error::Newer { .. } | access::Error::Io { .. } => {
            exit::STORAGE
        }
        access::Error::Chance(_) => exit::FAILED,
    };
    Failure::new(code, error.to_string())
}
