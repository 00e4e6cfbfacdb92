//! `cargo xtask bench`: the figures of docs/performance.md, measured on the release build.

mod capture;
mod drift;
mod kill9;
mod latency;
mod orchestration;
mod report;
mod tracking;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::metadata::Metadata;
use crate::process::{self, Cost};
use crate::project::Project;
use crate::python::finish;
use report::Report;

/// Enough for a steady 99th percentile, few enough to take seconds.
const REQUESTS: usize = 20_000;
/// Cold starts vary with what else the machine does, so several are taken.
const STARTS: usize = 15;

/// Measures, prints a Markdown table and leaves the same figures in `bench.json` in the target directory.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let with_build = match options {
        [] => false,
        ["--build"] => true,
        ["--capture"] => return run_capture(),
        ["--drift", directory] => return drift::run(&release(&Metadata::read()?)?, Path::new(directory)),
        ["--orchestration", words @ ..] => return orchestration::run(words),
        ["--kill9", words @ ..] => return kill9::run(words),
        ["--tracking", words @ ..] => return tracking::run(words),
        _ => bail!(
            "cargo xtask bench takes --build, --capture, --drift DIR, --orchestration, --kill9, --tracking or nothing, not {options:?}"
        ),
    };
    let metadata = Metadata::read()?;
    let build = if with_build { Some(clean_build()?) } else { None };
    let kaizen = release(&metadata)?;
    let report = measure(&metadata.workspace_root, kaizen, build)?;
    let path = metadata.target_directory.join("bench.json");
    std::fs::write(&path, report.json()).with_context(|| format!("write {}", path.display()))?;
    print!("{}", report.markdown());
    eprintln!("the same figures are in {}", path.display());
    Ok(())
}

/// What capture costs the throughput of a service.
fn run_capture() -> Result<()> {
    let metadata = Metadata::read()?;
    let kaizen = release(&metadata)?;
    print!("{}", capture::measure(&metadata.workspace_root, &kaizen)?);
    Ok(())
}

/// Builds what is measured.
fn release(metadata: &Metadata) -> Result<PathBuf> {
    finish(Command::new("cargo").args(["build", "--release", "--locked", "--package", "kaizen"]))?;
    Ok(metadata.target_directory.join("release/kaizen"))
}

/// What README's first command costs on a machine that has compiled nothing, downloads apart.
fn clean_build() -> Result<Cost> {
    finish(Command::new("cargo").args(["fetch", "--quiet", "--locked"]))?;
    let target = TempDir::new().context("make a temporary target directory")?;
    let mut command = Command::new("cargo");
    command
        .args(["build", "--release", "--locked", "--package", "kaizen", "--target-dir"])
        .arg(target.path());
    process::measure(&mut command)
}

fn measure(root: &Path, kaizen: PathBuf, build: Option<Cost>) -> Result<Report> {
    let project = Project::copy(root, "flights", kaizen)?;
    let first_up = process::measure(&mut project.up())?;
    let second_up = process::measure(&mut project.up())?;
    let model = project.model_directory("late")?;
    let mut cold_starts: Vec<Duration> = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        cold_starts.push(latency::cold_start(&project, &model)?);
    }
    let (one_row, serving_peak) = latency::one_row(&project, &model, REQUESTS)?;
    Ok(Report { build, first_up, second_up, cold_starts, one_row, serving_peak })
}
