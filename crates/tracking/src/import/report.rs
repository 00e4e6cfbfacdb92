//! What an import tells while it runs and at its end.

use std::path::PathBuf;

use serde::Serialize;

use super::{Request, source::Source};

/// How many contradictions are told one by one.
const TOLD: usize = 200;

/// What came of an import.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The database.
    pub database: PathBuf,
    /// The revision of its schema, as MLflow's migrations call it.
    pub schema: String,
    /// Whether this release was tried with that revision. Another is read too when it has what is needed.
    pub is_known_schema: bool,
    /// Whether it was only looked at: nothing was written.
    pub is_dry_run: bool,
    /// Experiments.
    pub experiments: Count,
    /// Runs.
    pub runs: Count,
    /// Points of metrics, of runs that do not contradict what is here.
    pub points: Count,
    /// Logged models.
    pub logged_models: Count,
    /// Registered models and prompts.
    pub registered_models: Count,
    /// Their versions.
    pub model_versions: Count,
    /// Artifacts.
    pub files: Files,
    /// What contradicts what is here, and was left.
    pub conflicts: Vec<Conflict>,
    /// How many more do.
    pub more_conflicts: u64,
    /// Tables of MLflow's for which there is no place here.
    pub not_imported: Vec<LeftOut>,
    /// Runs, models and versions whose artifacts stay where they are.
    pub artifacts_elsewhere: u64,
}

/// What became of things of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many MLflow has.
    pub found: u64,
    /// How many were not here.
    pub new: u64,
    /// How many were here with less.
    pub changed: u64,
    /// How many were here as they are.
    pub same: u64,
    /// How many contradict what is here.
    pub conflicting: u64,
}

/// What became of artifacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Files {
    /// How many there are.
    pub found: u64,
    /// How many were not here.
    pub new: u64,
    /// How many were here in an older state.
    pub changed: u64,
    /// How many were here.
    pub same: u64,
    /// How many were changed here since.
    pub conflicting: u64,
    /// How many are links or the like, or have names that no artifact may have.
    pub refused: u64,
    /// The bytes of those that are new or changed.
    pub bytes: u64,
}

/// Something that contradicts what is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// What kind of thing.
    pub kind: &'static str,
    /// Which.
    pub name: String,
    /// In what.
    pub problem: String,
}

/// A table for which there is no place here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What MLflow calls it.
    pub table: String,
    /// How much is in it.
    pub rows: u64,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being brought over.
    pub doing: &'static str,
    /// How many of them it was held against what is here.
    pub done: u64,
    /// Of how many.
    pub of: u64,
    /// Points of metrics that were read.
    pub points: u64,
    /// Bytes of artifacts that were copied.
    pub bytes: u64,
}

impl Report {
    pub(super) fn of(source: &Source, request: &Request, is_written: bool) -> Self {
        Self {
            database: request.database.clone(),
            schema: source.revision().to_owned(),
            is_known_schema: source.is_known(),
            is_dry_run: !is_written,
            ..Self::default()
        }
    }

    /// Whether everything was here, or contradicts what is.
    pub fn is_unchanged(&self) -> bool {
        let counts = [
            self.experiments,
            self.runs,
            self.points,
            self.logged_models,
            self.registered_models,
            self.model_versions,
        ];
        counts.iter().all(|count| count.new == 0 && count.changed == 0)
            && self.files.new == 0
            && self.files.changed == 0
    }

    /// Whether anything stayed out that has a place here.
    pub fn has_conflicts(&self) -> bool {
        !self.conflicts.is_empty()
    }

    pub(super) fn conflict(&mut self, kind: &'static str, name: &str, problem: String) {
        if self.conflicts.len() >= TOLD {
            self.more_conflicts += 1;
            return;
        }
        self.conflicts.push(Conflict { kind, name: name.to_owned(), problem });
    }
}
