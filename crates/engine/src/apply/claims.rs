//! What an action takes of the machine while it runs.

use std::sync::Arc;

use plan::{
    Action, Verb,
    schedule::{Capacity, Claim},
};

use crate::Project;

/// What this action claims. Training keeps its own time and uses every processor, so nothing runs beside it.
pub(super) fn of(action: &Action, project: &Arc<Project>, capacity: &Capacity) -> Claim {
    let step = project.spec.steps.get(action.id.node.name());
    match (action.id.verb, step) {
        (Verb::Run, Some(step)) => {
            let resources = &step.resources;
            Claim {
                millicpus: resources.millicpus(),
                memory: resources.memory.map_or(0, |size| size.get()),
                gpus: usize::try_from(resources.gpus).unwrap_or(usize::MAX),
                priority: step.priority,
            }
        }
        (Verb::Train | Verb::Evaluate, _) => {
            Claim { millicpus: capacity.millicpus, memory: 0, gpus: 0, priority: 0 }
        }
        _ => Claim { millicpus: 0, memory: 0, gpus: 0, priority: 0 },
    }
}
