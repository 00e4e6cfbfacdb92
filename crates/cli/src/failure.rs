use base::{Diagnostic, causes};
use engine::Error;

use crate::exit;

/// Why a command ends without having done its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: u8,
    /// What to say.
    pub(crate) message: String,
    /// What is wrong with the project file, if that is it.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Failure {
    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), diagnostics: Vec::new() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Spec { file, text, diagnostics } => {
                let count = match diagnostics.len() {
                    1 => "1 error".to_owned(),
                    count => format!("{count} errors"),
                };
                let message = format!("{}\n{count} in {file}", spec::render(&diagnostics, &text).trim_end());
                Self { code: exit::PROJECT, message, diagnostics }
            }
            Error::Stale { changes } => {
                let changes: Vec<_> = changes.iter().map(|change| format!("\n  {change}")).collect();
                let message =
                    format!("the plan is stale; make a new one with `kaizen plan`{}", changes.concat());
                Self::new(exit::STALE, message)
            }
            Error::Store(source) => source.into(),
            error => Self::new(code(&error), causes(&error)),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let code = match &error {
            store::Error::Held { .. } => exit::LOCKED,
            store::Error::NoSpace { .. }
            | store::Error::Database { .. }
            | store::Error::Damaged { .. }
            | store::Error::Corrupt { .. }
            | store::Error::NewerFormat { .. } => exit::STORAGE,
            store::Error::Broken(_) => exit::BROKEN,
            store::Error::NoStore { .. } => exit::PROJECT,
            _ => exit::FAILED,
        };
        Self::new(code, causes(&error))
    }
}

impl From<server::Error> for Failure {
    fn from(error: server::Error) -> Self {
        Self::new(exit::FAILED, causes(&error))
    }
}

fn code(error: &Error) -> u8 {
    match error {
        Error::NoProject { .. } | Error::Plan(_) => exit::PROJECT,
        Error::Interrupted => exit::INTERRUPTED,
        Error::Unknown(_) => exit::USAGE,
        _ => exit::FAILED,
    }
}
