//! `cargo xtask python`: the virtual environment in which ONNX Runtime checks the exported models, and MLflow's client the server.
//!
//! It lies in the target directory and is made again only when the pinned versions change. The tests of
//! `cargo test --workspace` never need it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::metadata::Metadata;

const PINNED: &str = include_str!("../python-requirements.txt");

/// Makes the environment, or finds that it is there.
pub(crate) fn run() -> Result<()> {
    let directory = directory(&Metadata::read()?);
    let pinned_there = std::fs::read_to_string(directory.join("requirements.txt")).unwrap_or_default();
    if pinned_there == PINNED {
        println!("{} is up to date", directory.display());
        return Ok(());
    }
    finish(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
    let wanted = directory.join("wanted.txt");
    std::fs::write(&wanted, PINNED).with_context(|| format!("write {}", wanted.display()))?;
    finish(
        Command::new(interpreter_in(&directory))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args(["--only-binary", ":all:", "--requirement"])
            .arg(&wanted),
    )?;
    // Last, so that an installation cut short is begun again.
    std::fs::rename(&wanted, directory.join("requirements.txt")).context("record the pinned versions")?;
    println!("made {}", directory.display());
    Ok(())
}

/// The environment's Python, or an error that says how to get it.
pub(crate) fn interpreter(metadata: &Metadata) -> Result<PathBuf> {
    let directory = directory(metadata);
    let pinned_there = std::fs::read_to_string(directory.join("requirements.txt")).unwrap_or_default();
    if pinned_there != PINNED {
        bail!("{} is missing or out of date: run `cargo xtask python`", directory.display());
    }
    Ok(interpreter_in(&directory))
}

fn directory(metadata: &Metadata) -> PathBuf {
    metadata.target_directory.join("python")
}

fn interpreter_in(directory: &Path) -> PathBuf {
    directory.join("bin/python")
}

/// Runs a command whose failure is the end of the chore.
pub(crate) fn finish(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
