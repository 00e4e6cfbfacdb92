//! `kaizen graph`

use std::path::PathBuf;

use engine::{Planned, Request};

use super::{project, store};
use crate::{
    Environment, Failure,
    arguments::{Graph, GraphFormat},
    exit,
    output::Output,
};

pub(crate) fn run(
    arguments: Graph,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let project = project(arguments.at.or(at), environment)?;
    let store = store(&project, environment)?;
    let planned = Planned::make(&project, &store, &Request::default())?;
    let states = planned.states();
    let state = |node: &plan::Node| states.get(node).copied();
    let text = match arguments.format {
        GraphFormat::Mermaid => plan::graph::mermaid(&planned.desired, &state),
        GraphFormat::Dot => plan::graph::dot(&planned.desired, &state),
    };
    output.text(&text);
    Ok(exit::DONE)
}
