//! The command that trains a model: what it is, and what it is run like.

use base::Diagnostic;
use serde::Serialize;

use crate::{Step, reader::Section, step};

/// A command that trains a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// The command, as a step is run: it reads files alone, and writes nothing into the project.
    pub step: Step,
    /// What starts the Python that a logged model is converted with; that of the command unless given.
    pub python: Option<String>,
}

/// The fields that mean nothing without a command.
const OF_COMMANDS: [&str; 12] = [
    "reads",
    "python",
    "env",
    "tools",
    "version",
    "resources",
    "retry",
    "timeout",
    "grace",
    "in",
    "image",
    "on",
];

pub(super) fn read(section: &Section<'_>) -> Option<Command> {
    let python = section.text("python");
    Some(Command { step: step::training(section)?, python })
}

/// Refuses what only a command has.
pub(super) fn refuse_without_run(section: &Section<'_>) {
    // One that is misspelt has a finding of its own.
    if section.has_unknown() {
        return;
    }
    for field in OF_COMMANDS.iter().filter(|field| section.has(field)) {
        let stray =
            Diagnostic::error(format!("`{field}` is for a command, and a built-in learner trains here"));
        section.place(field).refuse(stray.hint("add the command: run = \"python train.py\", or remove it"));
    }
}
