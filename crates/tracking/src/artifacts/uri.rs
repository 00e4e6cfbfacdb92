//! Where a run's, model's or version's artifacts are, from the URI that is recorded for it.

use std::path::{Path as FilePath, PathBuf};

use super::{Error, Path, path_names};

/// What a URI names.
pub(super) enum Location {
    /// A path below the destination of this server.
    Proxied(Path),
    /// A directory of this machine.
    Local(PathBuf),
}

/// What comes before the path in the URL of a proxied artifact.
const ROUTE: &str = "/api/2.0/mlflow-artifacts/artifacts";
