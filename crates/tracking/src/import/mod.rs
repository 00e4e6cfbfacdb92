//! Brings over what MLflow keeps in a SQLite database and in a directory of artifacts. `cli` calls it for
//! `kaizen import mlflow`.
//!
//! What is there is never replaced. Each thing of MLflow's is held against what is here under its id or name: it is new, or
//! has more than what is here, or is the same, or contradicts it, which is reported and left. So an import can be repeated,
//! after MLflow was used again or after a kill, and a second one changes nothing. Only this module knows MLflow's tables
//! (`source`); its own statements write the rows that [`crate::runs`] and the others read.

mod compare;
mod error;
mod experiments;
mod files;
mod histories;
mod item;
mod models;
mod places;
mod registry;
mod report;
mod runs;
mod source;
mod target;
#[cfg(test)]
mod tests;
mod versions;

use std::{collections::HashMap, path::PathBuf};

use files::Copier;
use places::Places;
use source::Source;

pub use error::Error;
pub use report::{Conflict, Count, Files, LeftOut, Progress, Report};
pub use source::location;
pub use target::Target;

/// What is brought over.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// MLflow's database.
    pub database: PathBuf,
    /// The directory of its artifacts. Without one they stay where they are.
    pub artifacts: Option<PathBuf>,
    /// What goes before the names and ids of experiments and before the names of registered models, so that they do not
    /// meet those that are here. Empty for nothing.
    pub prefix: String,
}

/// Whether all of it can be read, before anything is made.
///
/// # Errors
/// When the database is none of MLflow's, or the directory of artifacts cannot be read.
pub fn check(request: &Request) -> Result<(), Error> {
    Source::open(&request.database)?;
    Places::of(request.artifacts.as_deref()).map(drop)
}

/// Brings over all of it, or, when the target is only looked at, says what would be. `watch` hears how far it is.
///
/// # Errors
/// When the database is none of MLflow's, or something cannot be read or written. What was brought over until then stays,
/// and the next import goes on from there.
pub fn import(target: &Target, request: &Request, watch: &mut dyn FnMut(&Progress)) -> Result<Report, Error> {
    let source = Source::open(&request.database)?;
    let places = Places::of(request.artifacts.as_deref())?;
    let files = Copier::of(places.root(), target)?;
    let report = Report::of(&source, request, target.is_written());
    let prefix = request.prefix.clone();
    let mut import =
        Import { target, source, places, files, prefix, report, watch, experiments: HashMap::new() };
    import.experiments()?;
    // Runs name the models that they read and made, and models the runs that made them: whichever is first.
    import.logged_models()?;
    import.runs()?;
    import.registered_models()?;
    import.model_versions()?;
    import.report.not_imported = import.source.left_out()?;
    Ok(import.report)
}

/// An import that goes on.
struct Import<'a> {
    target: &'a Target,
    source: Source,
    places: Places,
    files: Option<Copier>,
    prefix: String,
    report: Report,
    watch: &'a mut dyn FnMut(&Progress),
    /// What an experiment of MLflow's is called here; nothing when it contradicts what is here, and stays out.
    experiments: HashMap<i64, Option<String>>,
}

impl Import<'_> {
    fn prefixed(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Where something goes that belongs to this experiment. When it stays out, so does what belongs to it.
    fn experiment_of(&self, theirs: i64) -> Option<String> {
        self.experiments.get(&theirs).cloned().flatten()
    }

    fn progress(&mut self, doing: &'static str, done: usize, of: usize) {
        let (points, bytes) = (self.report.points.found, self.report.files.bytes);
        (self.watch)(&Progress { doing, done: done as u64, of: of as u64, points, bytes });
    }
}
