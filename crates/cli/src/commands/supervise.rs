//! `kaizen __supervise`: what an engine starts to keep the commands of steps. Not for people.

use std::process::ExitCode;

use crate::exit;

pub(crate) fn run() -> u8 {
    if executor::supervise() == ExitCode::SUCCESS { exit::DONE } else { exit::FAILED }
}
