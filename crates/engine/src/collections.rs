//! What monitors have collected for training, and what the gate said of the models trained on it.

use base::Name;
use plan::{ActionId, Collection, Decision, Node, Status, Verb};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::{
    Error,
    recorded::{Kept, kept},
};

/// What is remembered with a collect: all of them so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Collected {
    /// The newest first.
    pub(crate) collections: Vec<Collection>,
    /// How many labelled rows the monitor had seen by then.
    pub(crate) labelled: u64,
}

/// Collections that are remembered; older ones no longer matter to any brake.
pub(crate) const REMEMBERED: usize = 50;

/// What a monitor collected, the newest first, with what the gate said by now.
pub(crate) fn of(project: &spec::Project, store: &Store, monitor: &Name) -> Result<Vec<Collection>, Error> {
    let mut collections = collected(store, monitor)?.collections;
    let model = project.monitors.get(monitor).and_then(|monitor| project.services.get(&monitor.service));
    if let (Some(newest), Some(service)) = (collections.first_mut(), model) {
        newest.decision = decision(store, monitor, &service.model, newest)?;
    }
    Ok(collections)
}

/// How many labelled rows the monitor had seen when it last collected.
pub(crate) fn labelled_then(store: &Store, monitor: &Name) -> Result<u64, Error> {
    Ok(collected(store, monitor)?.labelled)
}

fn collected(store: &Store, monitor: &Name) -> Result<Collected, Error> {
    let node = Node::Monitor(monitor.clone());
    let Some(kept) = kept(store, &ActionId::new(Verb::Collect, &node))? else {
        return Ok(Collected::default());
    };
    let read = serde_json::from_value(kept.detail["collected"].clone());
    // A collect that failed says nothing of what was collected before it.
    Ok(read.unwrap_or_default())
}

/// What the gate said of the candidate that was trained on this collection, if it has.
fn decision(
    store: &Store,
    monitor: &Name,
    model: &Name,
    collection: &Collection,
) -> Result<Option<Decision>, Error> {
    let node = Node::Model(model.clone());
    let find = |verb| kept(store, &ActionId::new(verb, &node));
    let (Some(train), Some(evaluate), Some(gate)) =
        (find(Verb::Train)?, find(Verb::Evaluate)?, find(Verb::Gate)?)
    else {
        return Ok(None);
    };
    let name = Node::Monitor(monitor.clone()).to_string();
    let trained = train.record.inputs.get(&name) == Some(&collection.output);
    let judged = follows(&evaluate, "candidate", &train) && follows(&gate, "evidence", &evaluate);
    match gate.record.status {
        Status::Done { decision, .. } if trained && judged => Ok(decision),
        _ => Ok(None),
    }
}

/// Whether this was made from what that made.
pub(crate) fn follows(this: &Kept, input: &str, that: &Kept) -> bool {
    that.record.output().is_some_and(|output| this.record.inputs.get(input) == Some(&output))
}
