//! A graph of steps that do next to nothing, as a Kaizen project and as a Makefile. Step I writes its number to `sI`.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

/// How the steps hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Each step reads the one before it.
    Chain,
    /// One root, and every other step reads the root alone.
    Fan,
}

/// A chain of so many steps, or a root with so many readers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Graph {
    pub(super) shape: Shape,
    pub(super) size: usize,
}

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Chain => write!(f, "chain of {}", self.size),
            Shape::Fan => write!(f, "fan of {}", self.size),
        }
    }
}

impl Graph {
    /// The numbers of its steps, each after what it reads. A fan's root is 0.
    pub(super) fn steps(&self) -> impl Iterator<Item = usize> + use<> {
        let first = if self.shape == Shape::Chain { 1 } else { 0 };
        first..=self.size
    }

    pub(super) fn count(&self) -> usize {
        self.steps().count()
    }

    /// The step that this one reads.
    fn maker(&self, step: usize) -> Option<usize> {
        match self.shape {
            Shape::Chain => step.checked_sub(1).filter(|maker| *maker > 0),
            Shape::Fan => (step > 0).then_some(0),
        }
    }

    /// Writes `kaizen.toml`.
    pub(super) fn write_project(&self, directory: &Path) -> Result<()> {
        let mut text = "[project]\nname = \"bench\"\n".to_owned();
        for step in self.steps() {
            write!(text, "\n[step.s{step}]\nrun = \"echo {step} > s{step}\"\nwrites = [\"s{step}\"]\n")?;
            if let Some(maker) = self.maker(step) {
                writeln!(text, "reads = [\"step.s{maker}\"]")?;
            }
        }
        write_file(directory, "kaizen.toml", &text)
    }

    /// Writes `Makefile`.
    pub(super) fn write_makefile(&self, directory: &Path) -> Result<()> {
        let last: Vec<String> = match self.shape {
            Shape::Chain => vec![format!("s{}", self.size)],
            Shape::Fan => self.steps().map(|step| format!("s{step}")).collect(),
        };
        let mut text = format!("all: {}\n", last.join(" "));
        for step in self.steps() {
            let maker = self.maker(step).map(|maker| format!(" s{maker}")).unwrap_or_default();
            write!(text, "s{step}:{maker}\n\t@echo {step} > s{step}\n")?;
        }
        write_file(directory, "Makefile", &text)
    }

    /// When each output was written, in the order of the steps. An output that is missing or wrong is an error: a
    /// figure counts only for work that was done.
    pub(super) fn outputs(&self, directory: &Path) -> Result<Vec<SystemTime>> {
        let mut written = Vec::with_capacity(self.count());
        for step in self.steps() {
            let path = directory.join(format!("s{step}"));
            let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            if text != format!("{step}\n") {
                bail!("{} holds {text:?} instead of {step}", path.display());
            }
            written.push(path.metadata()?.modified()?);
        }
        Ok(written)
    }
}

pub(super) fn write_file(directory: &Path, name: &str, text: &str) -> Result<()> {
    let path = directory.join(name);
    std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: Graph = Graph { shape: Shape::Chain, size: 3 };
    const FAN: Graph = Graph { shape: Shape::Fan, size: 2 };

    #[test]
    fn each_step_of_a_chain_reads_the_one_before_and_of_a_fan_the_root() {
        let makers = |graph: Graph| graph.steps().map(|step| graph.maker(step)).collect::<Vec<_>>();
        assert_eq!(makers(CHAIN), [None, Some(1), Some(2)]);
        assert_eq!(makers(FAN), [None, Some(0), Some(0)]);
        assert_eq!((CHAIN.count(), FAN.count()), (3, 3));
    }

    #[test]
    fn the_project_and_the_makefile_hold_the_same_steps() {
        let directory = tempfile::tempdir().unwrap();
        for graph in [CHAIN, FAN] {
            graph.write_project(directory.path()).unwrap();
            graph.write_makefile(directory.path()).unwrap();
            let project = std::fs::read_to_string(directory.path().join("kaizen.toml")).unwrap();
            let steps = project.parse::<toml::Table>().unwrap()["step"].as_table().unwrap().clone();
            let makefile = std::fs::read_to_string(directory.path().join("Makefile")).unwrap();
            assert_eq!(steps.len(), graph.count());
            for (name, step) in steps {
                let recipe = format!("\t@{}\n", step["run"].as_str().unwrap());
                let maker = step.get("reads").map(|reads| reads[0].as_str().unwrap().replace("step.", " "));
                let rule = format!("\n{name}:{}\n{recipe}", maker.unwrap_or_default());
                assert!(makefile.contains(&rule), "{rule:?} is not in {makefile}");
            }
        }
    }

    #[test]
    fn an_output_that_is_missing_or_wrong_is_named() {
        let directory = tempfile::tempdir().unwrap();
        for (step, text) in [(1, "1\n"), (2, "2\n"), (3, "")] {
            write_file(directory.path(), &format!("s{step}"), text).unwrap();
        }
        let error = CHAIN.outputs(directory.path()).unwrap_err();
        assert!(error.to_string().contains("s3 holds \"\""), "{error:#}");
        write_file(directory.path(), "s3", "3\n").unwrap();
        assert_eq!(CHAIN.outputs(directory.path()).unwrap().len(), 3);
    }
}
