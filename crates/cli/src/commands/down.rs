//! `kaizen down`

use std::{path::PathBuf, thread, time::Duration};

use engine::Project;
use rustix::process::{Pid, Signal, kill_process};
use store::{Error, Lock};

use crate::{Environment, Failure, exit, output::Output};

/// How long the running process may take to end its requests and its actions.
const PATIENCE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(50);

pub(crate) fn run(
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    // Also when the project file has errors: what runs must be endable.
    let directory = Project::store_of(&at.unwrap_or_else(|| PathBuf::from(".")))?;
    let acquire = || Lock::acquire(&directory, &environment.command(), environment.clock.as_ref());
    let pid = match acquire() {
        Ok(_) => return said(output, None),
        Err(Error::Held { pid, .. }) => pid,
        Err(error) => return Err(error.into()),
    };
    let process = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(process) = process else {
        return Err(Failure::new(
            exit::LOCKED,
            format!("process {pid} holds the project and cannot be signalled"),
        ));
    };
    kill_process(process, Signal::TERM)
        .map_err(|error| Failure::new(exit::LOCKED, format!("end process {pid}: {error}")))?;
    let started = environment.clock.elapsed();
    while environment.clock.elapsed().saturating_sub(started) < PATIENCE {
        match acquire() {
            Ok(_) => return said(output, Some(pid)),
            Err(Error::Held { .. }) => thread::sleep(INTERVAL),
            Err(error) => return Err(error.into()),
        }
    }
    let message = format!(
        "process {pid} was asked to end and still runs after 30 s; end it with `kill -9 {pid}`, which loses nothing recorded"
    );
    Err(Failure::new(exit::LOCKED, message))
}

fn said(output: &mut Output, pid: Option<u32>) -> Result<u8, Failure> {
    output.result(&serde_json::json!({ "ended": pid }), |_| match pid {
        Some(pid) => format!("ended process {pid}; nothing of this project serves now"),
        None => "nothing was running on this project".to_owned(),
    });
    Ok(exit::DONE)
}
