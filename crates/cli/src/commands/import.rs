//! `kaizen import`

use std::path::Path;

use base::Clock;
use tracking::{
    Settings, Tracking,
    import::{Error, Progress, Request, Target, check, import, location},
};

use super::{guarded, server, tracked};
use crate::{
    Environment, Failure,
    arguments::{Import, ImportFrom, Mlflow},
    exit,
    output::Output,
    views,
};

/// How often a terminal is told how far it is, and how often a log, in microseconds.
const PAUSES: (i64, i64) = (500_000, 10_000_000);
/// The longest prefix.
const LONGEST: usize = 100;

pub(crate) fn run(
    arguments: &Import,
    project: Option<&Path>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let ImportFrom::Mlflow(arguments) = &arguments.from;
    let request = request(arguments)?;
    // Before the directory is made: what cannot be read leaves nothing behind.
    check(&request).map_err(failure)?;
    let target = target(arguments, project, environment)?;
    let mut watch = Watch::new(environment.clock.as_ref(), output);
    let report = import(&target, &request, &mut |progress| watch.show(progress));
    watch.end();
    let report = report.map_err(failure)?;
    output.result(&report, |report| views::import::report(report, request.artifacts.is_some()));
    Ok(if report.has_conflicts() { exit::FAILED } else { exit::DONE })
}

fn request(arguments: &Mlflow) -> Result<Request, Failure> {
    let prefix = arguments.prefix.clone();
    let plain = |letter: char| letter.is_alphanumeric() || "_- .".contains(letter);
    if !prefix.chars().all(plain) || prefix.len() > LONGEST {
        let message = format!(
            "--prefix `{prefix}` may have {LONGEST} letters, digits, spaces, `_`, `-` and `.`; write one such as old-"
        );
        return Err(Failure::new(exit::USAGE, message));
    }
    let database = location::database(&arguments.database).map_err(failure)?;
    Ok(Request { database, artifacts: arguments.artifacts.clone(), prefix })
}

fn target(arguments: &Mlflow, project: Option<&Path>, environment: &Environment) -> Result<Target, Failure> {
    let directory = guarded::directory(arguments.place.data.as_deref(), project)?;
    let mut settings = Settings::of(&directory, environment.clock.clone());
    if let Some(destination) = &arguments.artifacts_destination {
        settings.artifacts_destination =
            std::path::absolute(destination).map_err(super::io("find", destination))?;
    }
    if !arguments.dry_run {
        return server::open(settings).map(Target::written);
    }
    if directory.join("tracking.db").exists() {
        return Tracking::open_read_only(settings).map(Target::looked_at).map_err(tracked::failure);
    }
    Target::nothing(settings).map_err(tracked::failure)
}

/// Says now and then how far it is.
struct Watch<'a> {
    clock: &'a dyn Clock,
    is_silent: bool,
    is_terminal: bool,
    shown: i64,
    is_shown: bool,
}

impl<'a> Watch<'a> {
    fn new(clock: &'a dyn Clock, output: &Output) -> Self {
        let shown = clock.now().micros();
        Self { clock, is_silent: output.json, is_terminal: output.terminal, shown, is_shown: false }
    }

    fn show(&mut self, progress: &Progress) {
        let now = self.clock.now().micros();
        let pause = if self.is_terminal { PAUSES.0 } else { PAUSES.1 };
        if self.is_silent || now.saturating_sub(self.shown) < pause {
            return;
        }
        (self.shown, self.is_shown) = (now, true);
        views::import::progress(progress, self.is_terminal);
    }

    fn end(&self) {
        if self.is_shown && self.is_terminal {
            crate::output::rewrite("");
        }
    }
}

fn failure(error: Error) -> Failure {
    let code = match error {
        Error::Location(_) => exit::USAGE,
        Error::Open { .. } | Error::Schema { .. } | Error::Read(_) | Error::Artifacts { .. } => exit::DATA,
        Error::Copy { .. } => exit::STORAGE,
        Error::Target(error) => return tracked::failure(error),
    };
    Failure::new(code, error.to_string())
}
