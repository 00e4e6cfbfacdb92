//! The settings of a tracking directory; the command line makes them.

use std::{path::PathBuf, sync::Arc};

use base::Clock;

use crate::Promises;

/// Where a tracking directory is and what its operator allows.
#[derive(Clone)]
pub struct Settings {
    /// The directory of the database, and of the artifacts where nothing else is said.
    pub directory: PathBuf,
    /// Where the artifacts of new experiments go: `mlflow-artifacts:/`, through this server, or any other URI.
    pub artifact_root: String,
    /// The directory behind `mlflow-artifacts:/`.
    pub artifacts_destination: PathBuf,
    /// Directories of this machine that clients may name as `file://` roots.
    pub local_roots: Vec<PathBuf>,
    /// Whether a model version's source may be any path in those, and not in its run's artifacts only.
    pub lenient_sources: bool,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Runs that are made when a request first names them.
    pub promises: Promises,
}

impl Settings {
    /// Everything inside one directory, and nothing outside allowed.
    pub fn of(directory: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        let directory = directory.into();
        Self {
            artifact_root: "mlflow-artifacts:/".to_owned(),
            artifacts_destination: directory.join("artifacts"),
            directory,
            local_roots: Vec::new(),
            lenient_sources: false,
            clock,
            promises: Promises::default(),
        }
    }
}
