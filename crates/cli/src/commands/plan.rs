//! `kaizen plan`

use std::{fs, path::PathBuf};

use base::canonical_json;
use engine::{Planned, Request};

use super::{io, project, store};
use crate::{Environment, Failure, arguments::Plan, exit, output::Output};

pub(crate) fn run(
    arguments: Plan,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let project = project(arguments.at.or(at), environment)?;
    let store = store(&project, environment)?;
    let mut planned = Planned::make(&project, &store, &Request::default())?;
    planned.note_basis();
    if let Some(file) = &arguments.out {
        fs::write(file, canonical_json(&planned.plan)).map_err(io("write", file))?;
        output.remark(&format!("saved; perform it with `kaizen apply {}`", file.display()));
    }
    output.result(&planned.plan, ToString::to_string);
    Ok(exit::DONE)
}
