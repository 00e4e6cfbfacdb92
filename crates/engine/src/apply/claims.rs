//! What an action takes of the machine while it runs.

use std::sync::Arc;

use plan::{
    Action, Node, Verb,
    schedule::{Capacity, Claim},
};
use spec::Step;

use crate::Project;

/// What this action claims. Built-in training keeps its own time and uses every processor, so nothing runs beside it.
pub(super) fn of(action: &Action, project: &Arc<Project>, capacity: &Capacity) -> Claim {
    match (action.id.verb, command(action, project)) {
        (Verb::Run | Verb::Train, Some(command)) => {
            let resources = &command.resources;
            Claim {
                millicpus: resources.millicpus(),
                memory: resources.memory.map_or(0, |size| size.get()),
                gpus: usize::try_from(resources.gpus).unwrap_or(usize::MAX),
                priority: command.priority,
            }
        }
        (Verb::Train | Verb::Evaluate, _) => {
            Claim { millicpus: capacity.millicpus, memory: 0, gpus: 0, priority: 0 }
        }
        _ => Claim { millicpus: 0, memory: 0, gpus: 0, priority: 0 },
    }
}

/// The step, or the command that trains the model.
fn command<'a>(action: &Action, project: &'a Project) -> Option<&'a Step> {
    let name = action.id.node.name();
    match action.id.node {
        Node::Step(_) => project.spec.steps.get(name),
        Node::Model(_) => project.spec.models.get(name)?.train.command.as_ref().map(|command| &command.step),
        _ => None,
    }
}
