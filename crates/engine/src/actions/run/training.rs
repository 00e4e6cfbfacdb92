//! What training by a command needs of the way in which steps are run. `actions::train` calls it.

use std::path::{Path, PathBuf};

use executor::{Ended, Exit};
use spec::Step;

use super::{
    super::{Failure, Turn},
    attempts,
    command::{self, EndedWell},
    folder,
};
use crate::Engine;

/// The folder of the run that this turn is.
pub(crate) fn folder_of(engine: &Engine, turn: &Turn) -> PathBuf {
    engine.store.runs().join(folder::name(&turn.action.id.node, turn.entry))
}

impl EndedWell {
    /// Refuses what it made when what it read has changed meanwhile.
    pub(crate) fn unaltered(&self, engine: &Engine, turn: &Turn) -> Result<(), Failure> {
        self.workplace.unaltered(engine, turn)
    }

    /// The run that it logged to, if it logged anything there.
    pub(crate) fn tracked(&self) -> Option<&str> {
        self.last.logged.as_ref().map(|logged| logged.run_id.as_str())
    }

    /// The run that it was promised, if it was tracked.
    pub(crate) async fn promised(&self, engine: &Engine) -> Option<String> {
        engine.promised(&self.last.attempt.id).await
    }

    /// Its log, its use of the machine, and what it read undeclared.
    pub(crate) fn detail(
        &self,
        engine: &Engine,
        turn: &Turn,
        step: &Step,
    ) -> Result<serde_json::Value, Failure> {
        let mut detail = command::detail(turn, &self.last);
        if let Some(undeclared) = command::undeclared(engine, turn, (step, &self.workplace), &self.last)? {
            detail["undeclared"] = serde_json::json!(undeclared);
        }
        Ok(detail)
    }

    /// Runs another command where it ran, in the same environment, until it ends well.
    pub(crate) async fn then(
        &self,
        engine: &Engine,
        turn: &Turn,
        (step, line): (&Step, &str),
        called: &str,
    ) -> Result<Ended, Failure> {
        let log = self.workplace.folder.join(format!("log-{called}"));
        let ended = attempts::another(engine, turn, (step, line), &self.workplace, (called, &log)).await?;
        match ended.exit {
            Exit::Code(0) => Ok(ended),
            exit => Err(Failure::failed(format!(
                "to {called} its model, the command `{line}` {}; last output:\n{}\nthe whole log is in {}",
                attempts::how(&exit, step),
                ended.tail,
                shown(turn, &log),
            ))),
        }
    }
}

fn shown(turn: &Turn, path: &Path) -> String {
    command::shown(turn, path)
}
