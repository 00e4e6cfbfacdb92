//! `examples/mlflow` end to end: scripts that know nothing of Kaizen train, and what they log with MLflow answers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::Project;
use crate::python;
use crate::served::Served;

/// The models of the example, one of scikit-learn and one of XGBoost.
const MODELS: [&str; 2] = ["logistic", "boosted"];
/// Where its data is: in the example beside it.
const SOURCE: &str = "../flights/";

/// Trains both models with the environment's Python, and holds what the champions answer to what the logged models do.
pub(super) fn run(root: &Path, interpreter: &Path, kaizen: PathBuf) -> Result<()> {
    let project = Project::copy(root, "mlflow", kaizen)?;
    point_at(project.path(), &root.join("examples/flights"))?;
    let cost = process::measure(project.up().env("PATH", path_before(interpreter)?))?;
    println!("trained on examples/mlflow in {:.1} s", cost.wall.as_secs_f64());
    let (rows, artifacts) = (project.rows("features")?, project.path().join(".kaizen/tracking/artifacts"));
    for model in MODELS {
        let version = project.model_directory(model)?;
        let served = Served::start(project.kaizen(), &version)?;
        served.first_answer()?;
        let mut compare = Command::new(interpreter);
        compare.arg(root.join("xtask/src/mlflow/champion.py")).arg(&version).arg(&artifacts);
        python::finish(compare.arg(served.address().to_string()).arg(&rows))?;
    }
    Ok(())
}

/// Makes a copy of the example read its data where it is.
fn point_at(project: &Path, data: &Path) -> Result<()> {
    let file = project.join("kaizen.toml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
    if !text.contains(SOURCE) {
        bail!("{} names no file in {SOURCE}", file.display());
    }
    let there = text.replace(SOURCE, &format!("{}/", data.display()));
    std::fs::write(&file, there).with_context(|| format!("write {}", file.display()))
}

/// The search path with the environment's programs first, so that `python` is its Python.
fn path_before(interpreter: &Path) -> Result<OsString> {
    let programs = interpreter.parent().context("the interpreter lies in a directory")?;
    #[expect(clippy::disallowed_methods, reason = "a chore passes on the path that it was given")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(all).context("put the environment's programs on the path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environments_programs_come_first() {
        let path = path_before(Path::new("/made/bin/python")).unwrap();
        assert_eq!(std::env::split_paths(&path).next(), Some(PathBuf::from("/made/bin")));
    }

    #[test]
    fn an_example_without_its_data_beside_it_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kaizen.toml");
        std::fs::write(&file, "source = \"../flights/flights.parquet\"").unwrap();
        point_at(directory.path(), Path::new("/data")).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "source = \"/data/flights.parquet\"");
        assert!(point_at(directory.path(), Path::new("/data")).is_err());
    }
}
