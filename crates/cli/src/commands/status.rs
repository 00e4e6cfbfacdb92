//! `kaizen status`

use std::path::PathBuf;

use super::{project, store};
use crate::{Environment, Failure, exit, output::Output, views};

pub(crate) fn run(
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let project = project(at, environment)?;
    let store = store(&project, environment)?;
    let status = engine::status(&project, &store)?;
    output.result(&status, views::status::text);
    Ok(exit::DONE)
}
