//! Tracked runs as commands read them, also while a server writes them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tracking::{Code, Settings, Tracking, runs::Run};

use super::runs_directory;
use crate::{Environment, Failure, exit};

/// Where a server keeps its runs without a project.
const ALONE: &str = "kaizen-data";
/// Letters of an id that name a run.
const SHORTEST: usize = 4;
/// How many runs of the same name are told apart in a message.
const ALIKE: usize = 5;

/// The directory of tracked runs, to be read; nothing when there is none.
pub(super) fn open(
    data: Option<&Path>,
    at: Option<PathBuf>,
    environment: &Environment,
) -> Result<Option<Tracking>, Failure> {
    let directory = match data {
        Some(data) => data.to_owned(),
        None => usual(at),
    };
    let settings = Settings::of(&directory, environment.clock.clone());
    if directory.join("tracking.db").exists() {
        return Tracking::open_read_only(settings).map(Some).map_err(failure);
    }
    if data.is_some() {
        let message = format!(
            "there are no tracked runs in {}; name the directory that `kaizen server` was given",
            directory.display()
        );
        return Err(Failure::new(exit::USAGE, message));
    }
    Ok(None)
}

/// That of the project, or else of a server that was started here.
fn usual(at: Option<PathBuf>) -> PathBuf {
    let is_elsewhere = at.is_some();
    let state = runs_directory(at);
    let alone = PathBuf::from(ALONE);
    if !is_elsewhere && !state.exists() && alone.exists() { alone } else { state.join("tracking") }
}

/// The one run that a word means.
pub(super) fn one(tracking: &Tracking, word: &str, data: Option<&Path>) -> Result<Run, Failure> {
    let mut runs = tracking.runs_called(word, ALIKE + 1).map_err(failure)?;
    if runs.len() > 1 {
        let ids: Vec<_> = runs.iter().take(ALIKE).map(|run| run.info.run_id.as_str()).collect();
        let more = if runs.len() > ALIKE { ", …" } else { "" };
        let message = format!("`{word}` is more than one run; write the id of one: {}{more}", ids.join(", "));
        return Err(Failure::new(exit::USAGE, message));
    }
    runs.pop().ok_or_else(|| unknown(word, data))
}

/// There is no such run, in the directory `data` where one was named.
pub(super) fn unknown(word: &str, data: Option<&Path>) -> Failure {
    let place = data.map(|data| format!(" --data {}", data.display())).unwrap_or_default();
    let short = if word.len() < SHORTEST { "; write at least four letters of an id" } else { "" };
    Failure::new(exit::USAGE, format!("there is no run {word}; `kaizen runs{place}` lists them{short}"))
}

/// The names of the runs' experiments, by id.
pub(super) fn experiments(tracking: &Tracking, runs: &[Run]) -> Result<BTreeMap<String, String>, Failure> {
    let mut names = BTreeMap::new();
    for run in runs {
        let id = &run.info.experiment_id;
        if !names.contains_key(id) {
            names.insert(id.clone(), tracking.experiment(id).map_err(failure)?.name);
        }
    }
    Ok(names)
}

/// Why runs cannot be read.
pub(super) fn failure(error: tracking::Error) -> Failure {
    let code = match error.code {
        Code::ResourceDoesNotExist | Code::InvalidParameterValue => exit::USAGE,
        _ => exit::STORAGE,
    };
    let cause = error.cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
    Failure::new(code, format!("{error}{cause}"))
}
