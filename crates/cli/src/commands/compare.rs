//! `kaizen compare RUN RUN`

use std::path::PathBuf;

use super::tracked;
use crate::{Environment, Failure, arguments::Compare, exit, output::Output, views};

pub(crate) fn run(
    arguments: &Compare,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let data = arguments.data.as_deref();
    let Some(tracking) = tracked::open(data, at, environment)? else {
        return Err(tracked::unknown(&arguments.runs[0], data));
    };
    let mut runs = Vec::with_capacity(arguments.runs.len());
    for word in &arguments.runs {
        runs.push(tracked::one(&tracking, word, data)?);
    }
    output.result(&views::compare::Compared::of(&runs), views::compare::text);
    Ok(exit::DONE)
}
