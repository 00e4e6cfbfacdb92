//! One graph in one place, run by Kaizen and by make in turns, beside the same commands without either.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::graph::{Graph, Shape};
use super::measured;
use crate::process::{self, Cost};

/// A graph, and how many of its steps run at the same time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) graph: Graph,
    jobs: usize,
    /// A large graph takes a minute a round.
    pub(super) most_rounds: usize,
}

/// The graphs that the harness gives the peers, and one that shows whether the cost of a step grows with their number.
pub(super) const CASES: [Case; 4] = [
    Case { graph: Graph { shape: Shape::Chain, size: 100 }, jobs: 1, most_rounds: usize::MAX },
    Case { graph: Graph { shape: Shape::Fan, size: 200 }, jobs: 1, most_rounds: usize::MAX },
    Case { graph: Graph { shape: Shape::Fan, size: 200 }, jobs: 2, most_rounds: usize::MAX },
    Case { graph: Graph { shape: Shape::Fan, size: 10_000 }, jobs: 1, most_rounds: 3 },
];

/// A case in a place, with the rounds taken so far.
pub(super) struct Measured {
    pub(super) case: Case,
    /// `on disk` or `in memory`.
    pub(super) place_name: &'static str,
    place: PathBuf,
    pub(super) rounds: Vec<Round>,
}

/// What was measured at one time, one after the other.
pub(super) struct Round {
    /// The commands alone, started by a loop.
    pub(super) bare: Cost,
    pub(super) make: Runs,
    pub(super) kaizen: Runs,
}

/// Everything made for the first time, and then with nothing changed.
pub(super) struct Runs {
    pub(super) first: Cost,
    pub(super) again: Cost,
}

/// A program that makes what a graph describes.
#[derive(Clone, Copy)]
enum Tool<'a> {
    Make,
    Kaizen(&'a Path),
}

impl Measured {
    pub(super) fn new(case: Case, place_name: &'static str, place: &Path) -> Self {
        Self { case, place_name, place: place.to_owned(), rounds: Vec::new() }
    }

    pub(super) fn title(&self) -> String {
        let at_once = if self.case.jobs == 1 { "one at a time" } else { "two at a time" };
        format!("{}, {at_once}, {}", self.case.graph, self.place_name)
    }

    /// Measures once more. Whoever goes first finds the machine as the one before left it, so they take turns.
    pub(super) fn round(&mut self, number: usize, kaizen: &Path) -> Result<()> {
        let (mut bare, mut make, mut own) = (None, None, None);
        for turn in 0..3 {
            match (number + turn) % 3 {
                0 => bare = Some(self.bare()?),
                1 => make = Some(self.runs(Tool::Make)?),
                _ => own = Some(self.runs(Tool::Kaizen(kaizen))?),
            }
        }
        let ((bare, make), kaizen) = bare.zip(make).zip(own).expect("three turns measure all three");
        self.rounds.push(Round { bare, make, kaizen });
        Ok(())
    }

    fn runs(&self, tool: Tool<'_>) -> Result<Runs> {
        let directory = self.directory()?;
        let graph = self.case.graph;
        match tool {
            Tool::Make => graph.write_makefile(directory.path())?,
            Tool::Kaizen(_) => graph.write_project(directory.path())?,
        }
        settle_disk()?;
        let command = tool.command(directory.path(), self.case.jobs);
        let first = measured::measure(&command)?;
        let written = graph.outputs(directory.path())?;
        settle_disk()?;
        let again = measured::measure(&command)?;
        if graph.outputs(directory.path())? != written {
            bail!("{command:?} wrote outputs again although nothing had changed");
        }
        Ok(Runs { first, again })
    }

    /// The steps' commands, each started as soon as the one before has ended, by as many threads as there are jobs.
    fn bare(&self) -> Result<Cost> {
        let directory = self.directory()?;
        let steps: Vec<usize> = self.case.graph.steps().collect();
        settle_disk()?;
        let cpu_before = process::children_cpu()?;
        let start = Instant::now();
        std::thread::scope(|scope| {
            let shares = steps.chunks(steps.len().div_ceil(self.case.jobs));
            let threads: Vec<_> =
                shares.map(|share| scope.spawn(|| echo_all(share, directory.path()))).collect();
            threads.into_iter().try_for_each(|thread| thread.join().expect("a loop does not panic"))
        })?;
        let wall = start.elapsed();
        self.case.graph.outputs(directory.path())?;
        Ok(Cost { wall, cpu: process::children_cpu()? - cpu_before, peak: 0 })
    }

    fn directory(&self) -> Result<TempDir> {
        TempDir::new_in(&self.place)
            .with_context(|| format!("make a temporary directory in {}", self.place.display()))
    }
}

impl Tool<'_> {
    fn command(self, directory: &Path, jobs: usize) -> Command {
        let mut command = match self {
            Tool::Make => Command::new("make"),
            Tool::Kaizen(kaizen) => {
                let mut command = Command::new(kaizen);
                command.arg("run");
                command
            }
        };
        command.args(["--jobs", &jobs.to_string()]).current_dir(directory);
        command
    }
}

fn echo_all(steps: &[usize], directory: &Path) -> Result<()> {
    for step in steps {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("echo {step} > s{step}")]).current_dir(directory).stdin(Stdio::null());
        let status = command.status().with_context(|| format!("start {command:?}"))?;
        if !status.success() {
            bail!("{command:?} ended with {status}");
        }
    }
    Ok(())
}

/// Writes out what earlier work left in memory, so that the next measurement does not wait for it.
fn settle_disk() -> Result<()> {
    crate::python::finish(&mut Command::new("sync"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn measured(size: usize, directory: &Path) -> Measured {
        let case = Case { graph: Graph { shape: Shape::Fan, size }, jobs: 2, most_rounds: 1 };
        Measured::new(case, "on disk", directory)
    }

    fn program(directory: &Path, script: &str) -> PathBuf {
        let path = directory.join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn the_bare_work_runs_every_step_whatever_the_number_of_threads() {
        let directory = tempfile::tempdir().unwrap();
        for size in [1, 2, 5] {
            measured(size, directory.path()).bare().unwrap();
        }
    }

    #[test]
    fn a_program_that_makes_the_outputs_once_is_measured() {
        let directory = tempfile::tempdir().unwrap();
        let once = program(directory.path(), "[ -e s0 ] || for i in 0 1 2; do echo $i > s$i; done");
        let runs = measured(2, directory.path()).runs(Tool::Kaizen(&once)).unwrap();
        assert!(runs.first.wall > std::time::Duration::ZERO);
    }

    #[test]
    fn a_program_that_does_no_work_or_repeats_it_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let cases = [
            ("true", "read "),
            ("for i in 0 1 2; do echo $i > s$i; done; sleep 0.02", "wrote outputs again"),
        ];
        for (script, expected) in cases {
            let program = program(directory.path(), script);
            let error = measured(2, directory.path()).runs(Tool::Kaizen(&program)).err().unwrap();
            assert!(error.to_string().contains(expected), "{script}: {error:#}");
        }
    }
}
