//! `kaizen graph`

use std::{collections::BTreeMap, path::PathBuf};

use engine::{Planned, Request};
use plan::{Desired, Node, Wanted};
use serde_json::json;

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
    let state = |node: &Node| states.get(node).copied();
    let text = match arguments.format {
        GraphFormat::Mermaid => plan::graph::mermaid(&planned.desired, &state),
        GraphFormat::Dot => plan::graph::dot(&planned.desired, &state),
    };
    if output.json {
        output.result(&nodes(&planned.desired, &states), |_| String::new());
    } else {
        output.text(&text);
    }
    Ok(exit::DONE)
}

/// The same for programs: each node with its state and what it reads.
fn nodes(desired: &Desired, states: &BTreeMap<Node, &str>) -> serde_json::Value {
    let node = |(node, wanted): (&Node, &Wanted)| json!({ "node": node, "state": states.get(node), "reads": wanted.inputs });
    json!({ "nodes": desired.nodes.iter().map(node).collect::<Vec<_>>() })
}
