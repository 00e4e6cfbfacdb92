//! `kaizen runs [RUN]`

use std::path::PathBuf;

use super::{numbered, runs_store};
use crate::{Environment, Failure, arguments::Runs, exit, output::Output, views};

pub(crate) fn run(
    arguments: &Runs,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let store = runs_store(at, environment)?;
    let Some(number) = arguments.run else {
        let runs = store.latest_runs(usize::from(arguments.limit))?;
        output.result(&runs, |runs| views::runs::list(runs));
        return Ok(exit::DONE);
    };
    let run = numbered(&store, number)?;
    let entries = store.run_entries(run.id)?;
    output.result(&views::runs::One { run, entries }, views::runs::one);
    Ok(exit::DONE)
}
