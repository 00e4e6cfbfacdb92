//! `kaizen why THING`

use std::path::PathBuf;

use plan::Node;

use super::{existing_store, project, run};
use crate::{Environment, Failure, arguments::Why, exit, output::Output, views};

pub(crate) fn run(
    arguments: &Why,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let thing = arguments.thing.join(" ");
    let project = project(at, environment)?;
    let node = match thing.parse::<Node>() {
        Ok(node) => node,
        // A step needs no `step.` before its name.
        Err(error) => {
            run::target(&thing, &project).map_err(|_| Failure::new(exit::USAGE, error.to_string()))?
        }
    };
    let store = existing_store(&project, environment)?;
    if !arguments.recompute {
        let explanation = engine::why(&project, &store, &node)?;
        output.result(&explanation, views::why::text);
        return Ok(exit::DONE);
    }
    let recomputed = engine::recompute(&store, &node)?;
    let same = recomputed.same;
    output.result(&recomputed, |recomputed| {
        let (stored, now) = (recomputed.stored, recomputed.now);
        if same {
            format!("the verdict on {node} made again from its evidence has the same bytes: {stored}")
        } else {
            format!("the verdict on {node} made again from its evidence differs: stored {stored}, now {now}")
        }
    });
    Ok(if same { exit::DONE } else { exit::BROKEN })
}
