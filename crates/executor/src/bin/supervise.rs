//! A supervisor alone, for the tests of this crate; Kaizen's own binary has it as a hidden command.

use std::process::ExitCode;

fn main() -> ExitCode {
    executor::supervise()
}
