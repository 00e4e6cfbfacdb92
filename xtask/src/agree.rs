//! `cargo xtask agree`: what Kaizen serves is what it exports.
//!
//! It trains on the example as a user would, serves the model's directory, and lets ONNX Runtime, in Python, answer the
//! same rows from the exported file; then the same for models of every task and learner. Last, what it estimates without
//! labels is what NannyML estimates (see [`estimates`]). It fails, and never skips, when the Python environment is missing.

use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::estimates;
use crate::metadata::Metadata;
use crate::process;
use crate::project::Project;
use crate::python;
use crate::served::Served;

/// Trains, serves and compares; `crates/learn/tests/python/agree.py` decides.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::read()?;
    let interpreter = python::interpreter(&metadata)?;
    // Not `cargo build`: it would pick other features of the dependencies and compile them once more.
    python::finish(Command::new("cargo").args(["test", "--quiet", "--workspace", "--locked", "--no-run"]))?;
    let kaizen = metadata.target_directory.join("debug/kaizen");

    let project = Project::copy(&metadata.workspace_root, "flights", kaizen)?;
    let cost = process::measure(&mut project.up())?;
    println!("trained on examples/flights in {:.1} s", cost.wall.as_secs_f64());

    let model = project.model_directory("late")?;
    let rows = project.rows("features")?;
    let served = Served::start(project.kaizen(), &model)?;
    served.first_answer()?;
    let scripts = metadata.workspace_root.join("crates/learn/tests/python");
    let address = served.address().to_string();
    python::finish(
        Command::new(&interpreter).arg(scripts.join("agree.py")).arg(&model).arg(address).arg(rows),
    )?;

    // Every task and learner, which the example alone does not have.
    let folders = TempDir::new().context("make a temporary directory")?;
    let made = metadata.target_directory.join("debug/examples/agreement");
    python::finish(Command::new(made).arg(folders.path()))?;
    let mut compare = Command::new(&interpreter);
    compare.arg(scripts.join("agree_folders.py"));
    for folder in std::fs::read_dir(folders.path()).context("list the trained models")? {
        compare.arg(folder?.path());
    }
    python::finish(&mut compare)?;
    estimates::compare(&metadata, &interpreter)
}
