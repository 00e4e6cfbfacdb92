//! `cargo xtask mlflow`: MLflow's own client, unmodified, against this tree's `kaizen`.
//!
//! A smoke of the classic surface in Python (`smoke/`) talks to `kaizen server`, once as it is and once with tokens; then the example
//! whose models scikit-learn and XGBoost train goes from rows to a champion that answers. It fails, and never skips, when the Python
//! environment is missing. What MLflow's own server answers is compared elsewhere, without Python: `recorded_sessions` in the tests.

mod example;
mod tracker;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::metadata::Metadata;
use crate::mlflow::tracker::Tracker;
use crate::python;

/// Builds, and runs all of it.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::read()?;
    let interpreter = python::interpreter(&metadata)?;
    // Not `cargo build`: it would pick other features of the dependencies and compile them once more.
    python::finish(Command::new("cargo").args(["test", "--quiet", "--workspace", "--locked", "--no-run"]))?;
    let kaizen = metadata.target_directory.join("debug/kaizen");
    let scripts = metadata.workspace_root.join("xtask/src/mlflow/smoke");
    smoke(&interpreter, &kaizen, &scripts)?;
    access(&interpreter, &kaizen, &scripts)?;
    example::run(&metadata.workspace_root, &interpreter, kaizen)
}

/// The whole surface, with nothing set but the server's address.
fn smoke(interpreter: &Path, kaizen: &Path, scripts: &Path) -> Result<()> {
    let place = TempDir::new().context("make a temporary directory")?;
    let tracker = Tracker::start(kaizen, place.path())?;
    python::finish(client(interpreter, &tracker, place.path()).arg(scripts))
}

/// The same client against a server that asks for tokens.
fn access(interpreter: &Path, kaizen: &Path, scripts: &Path) -> Result<()> {
    let place = TempDir::new().context("make a temporary directory")?;
    let secrets = [
        tracker::token(kaizen, place.path(), "reader", "read")?,
        tracker::token(kaizen, place.path(), "writer", "write")?,
    ];
    let tracker = Tracker::start(kaizen, place.path())?;
    let mut command = client(interpreter, &tracker, place.path());
    python::finish(command.arg(scripts.join("access.py")).args(secrets))
}

/// MLflow's client in a directory of its own, with nothing of ours in its environment but the server's address.
fn client(interpreter: &Path, tracker: &Tracker, place: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.current_dir(place).env("MLFLOW_TRACKING_URI", tracker.url());
    // Credentials of whoever runs this are none of the server's.
    for name in ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"] {
        command.env_remove(name);
    }
    command
}
