//! The estimates of quality without labels, and drift, on NannyML's own data against NannyML's and SciPy's answers.
//!
//! The data come in NannyML's wheel, which is downloaded once, checked against its hash and kept in the target
//! directory; the answers are in `crates/stats/tests/reference/estimates`. Part of `cargo xtask agree`, and a chore of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::metadata::Metadata;
use crate::python;

const WHEEL: &str = "nannyml-0.13.1-py3-none-any.whl";
/// What pip must find; another file under this name is refused.
const REQUIREMENT: &str =
    "nannyml==0.13.1 --hash=sha256:cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869\n";

/// The chore: builds the example, then compares.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::read()?;
    let interpreter = python::interpreter(&metadata)?;
    python::finish(Command::new("cargo").args([
        "build",
        "--quiet",
        "--package",
        "learn",
        "--example",
        "estimates",
    ]))?;
    compare(&metadata, &interpreter)
}

/// Compares, with the example program already built; `crates/learn/tests/python/estimates.py` decides.
pub(crate) fn compare(metadata: &Metadata, interpreter: &Path) -> Result<()> {
    let wheel = wheel(metadata, interpreter)?;
    let program = metadata.target_directory.join("debug/examples/estimates");
    let script = metadata.workspace_root.join("crates/learn/tests/python/estimates.py");
    let reference = metadata.workspace_root.join("crates/stats/tests/reference/estimates");
    python::finish(Command::new(interpreter).arg(script).arg(wheel).arg(program).arg(reference))
}

/// The wheel in the target directory, downloaded when it is not there yet.
fn wheel(metadata: &Metadata, interpreter: &Path) -> Result<PathBuf> {
    let directory = metadata.target_directory.join("nannyml");
    let wheel = directory.join(WHEEL);
    if wheel.is_file() {
        return Ok(wheel);
    }
    std::fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    let wanted = directory.join("wanted.txt");
    std::fs::write(&wanted, REQUIREMENT).with_context(|| format!("write {}", wanted.display()))?;
    // It is only unpacked, never imported: what it depends on and which Python it wants do not matter.
    let mut download = Command::new(interpreter);
    download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    download.args(["--only-binary", ":all:", "--ignore-requires-python", "--require-hashes"]);
    python::finish(download.arg("--dest").arg(&directory).arg("--requirement").arg(&wanted))?;
    Ok(wheel)
}
