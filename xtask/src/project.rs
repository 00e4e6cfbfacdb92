//! A project to work on: a copy of an example, the `kaizen` binary, and what it makes there.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// A copy of an example in a temporary directory, without the state of earlier runs.
pub(crate) struct Project {
    directory: TempDir,
    kaizen: PathBuf,
}

impl Project {
    /// Copies the example `name` of the workspace at `root`.
    pub(crate) fn copy(root: &Path, name: &str, kaizen: PathBuf) -> Result<Self> {
        let directory = TempDir::new().context("make a temporary directory")?;
        copy(&root.join("examples").join(name), directory.path())?;
        Ok(Self { directory, kaizen })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn kaizen(&self) -> &Path {
        &self.kaizen
    }

    /// `kaizen up PROJECT --once`, to be run by the caller.
    pub(crate) fn up(&self) -> Command {
        let mut command = Command::new(&self.kaizen);
        command.arg("up").arg(self.path()).arg("--once");
        command
    }

    /// The directory of the version that the model's alias `champion` names.
    pub(crate) fn model_directory(&self, model: &str) -> Result<PathBuf> {
        let status = self.status()?;
        let champion = &status["models"][model]["champion"];
        let directory = champion["directory"]
            .as_str()
            .with_context(|| format!("kaizen status names no champion of the model {model}: {status}"))?;
        Ok(self.path().join(directory))
    }

    /// The file with the rows that a step made.
    pub(crate) fn rows(&self, step: &str) -> Result<PathBuf> {
        let status = self.status()?;
        let file = status["inputs"][format!("step.{step}")]["files"][0].as_str();
        Ok(file.with_context(|| format!("kaizen status names no file of the step {step}: {status}"))?.into())
    }

    fn status(&self) -> Result<serde_json::Value> {
        let output = Command::new(&self.kaizen)
            .args(["status", "--json"])
            .current_dir(self.path())
            .output()
            .context("run kaizen status")?;
        if !output.status.success() {
            bail!("kaizen status failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).context("read the output of kaizen status --json")
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if name == ".kaizen" {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target).with_context(|| format!("make {}", target.display()))?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)
                .with_context(|| format!("copy {}", entry.path().display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_leaves_the_state_of_earlier_runs_behind() {
        let root = TempDir::new().unwrap();
        let example = root.path().join("examples/tiny");
        std::fs::create_dir_all(example.join("data")).unwrap();
        std::fs::create_dir_all(example.join(".kaizen")).unwrap();
        std::fs::write(example.join("kaizen.toml"), "[project]").unwrap();
        std::fs::write(example.join("data/rows.csv"), "a\n1\n").unwrap();
        let project = Project::copy(root.path(), "tiny", PathBuf::from("kaizen")).unwrap();
        assert_eq!(std::fs::read_to_string(project.path().join("data/rows.csv")).unwrap(), "a\n1\n");
        assert!(project.path().join("kaizen.toml").exists());
        assert!(!project.path().join(".kaizen").exists());
    }
}
