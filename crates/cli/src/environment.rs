use std::{ffi::OsString, sync::Arc};

use base::Clock;

/// What a command may know of the process it runs in. The binary fills it; nothing else reads
/// the environment.
pub struct Environment {
    /// The arguments, the program's name first.
    pub arguments: Vec<OsString>,
    /// Answers `${env.NAME}` of the project file.
    pub variable: fn(&str) -> Option<String>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether standard error is a terminal.
    pub terminal: bool,
    /// Who runs the command, for the history.
    pub user: String,
    /// For crash tests: the boundary at which to end the process, such as `train model.late:acted`.
    pub abort_at: Option<String>,
}

impl Environment {
    /// The command line as the lock file shows it.
    pub(crate) fn command(&self) -> String {
        let words: Vec<_> = self.arguments.iter().skip(1).map(|word| word.to_string_lossy()).collect();
        format!("kaizen {}", words.join(" "))
    }
}
