use std::{ffi::OsString, path::PathBuf, sync::Arc};

use base::Clock;
use engine::Variables;

use crate::shell::quoted;

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
    /// This program, to be started again as the supervisor of commands.
    pub program: PathBuf,
    /// For crash tests: the boundary at which to end the process, such as `train model.late:acted`.
    pub abort_at: Option<String>,
}

impl Environment {
    /// The variables, for the engine to ask.
    pub(crate) fn variables(&self) -> Variables {
        Variables::new(self.variable)
    }

    /// The command line as the lock file and the list of runs show it: it can be pasted into a shell.
    pub(crate) fn command(&self) -> String {
        let words = self.arguments.iter().skip(1);
        let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
        format!("kaizen {}", words.join(" "))
    }
}
