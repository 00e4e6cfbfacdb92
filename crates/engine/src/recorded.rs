use base::{Hash, Name, canonical_json};
use plan::{ActionId, Assignment, Node, Record, Recorded};
use serde::{Deserialize, Serialize};
use store::{Change, Store};

use crate::{Error, collections};

/// What the store keeps of an action's last conclusion: what planning needs, and the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) record: Record,
    /// Figures and messages for people; its shape is the action's own.
    pub(crate) detail: serde_json::Value,
}

/// The alias of the version that services answer with.
pub(crate) fn champion() -> Name {
    "champion".parse().expect("a plain word is a name")
}

/// The alias of the latest candidate.
pub(crate) fn challenger() -> Name {
    "challenger".parse().expect("a plain word is a name")
}

/// Everything the planner wants to know of the store.
pub(crate) fn recorded(store: &Store, project: &spec::Project) -> Result<Recorded, Error> {
    let mut recorded = Recorded::default();
    for state in store.nodes()? {
        let what = format!("{} of {}", state.facet, state.node);
        let kept: Kept =
            serde_json::from_value(state.detail).map_err(|source| Error::Recorded { what, source })?;
        // A node or verb that this release does not know is not its to plan with.
        let (Ok(node), Ok(verb)) = (state.node.parse::<Node>(), state.facet.parse()) else { continue };
        recorded.nodes.entry(node).or_default().insert(verb, kept.record);
    }
    for model in project.models.keys() {
        if let Some(version) = store.aliases(model)?.get(&champion()) {
            recorded.champions.insert(model.clone(), *version);
        }
    }
    for (service, assignment) in store.services()? {
        let assignment = Assignment { model: assignment.model, version: assignment.version };
        recorded.services.insert(service, assignment);
    }
    for monitor in project.monitors.keys() {
        let collections = collections::of(project, store, monitor)?;
        if !collections.is_empty() {
            recorded.collections.insert(monitor.clone(), collections);
        }
    }
    Ok(recorded)
}

/// The last conclusion of one action, with its detail.
pub(crate) fn kept(store: &Store, id: &ActionId) -> Result<Option<Kept>, Error> {
    let (node, facet) = (id.node.to_string(), id.verb.name());
    let state = store.nodes()?.into_iter().find(|state| state.node == node && state.facet == facet);
    let Some(state) = state else { return Ok(None) };
    let what = format!("{facet} of {node}");
    serde_json::from_value(state.detail).map(Some).map_err(|source| Error::Recorded { what, source })
}

/// The change of the store that records this conclusion.
pub(crate) fn keep(id: &ActionId, record: Record, detail: serde_json::Value) -> Change {
    let key = Hash::of(canonical_json(&(&record.fields, &record.inputs)));
    let output = record.output();
    let kept = serde_json::to_value(Kept { record, detail }).expect("records have string keys");
    let (node, facet) = (id.node.to_string(), id.verb.name().to_owned());
    Change::SetNode { node, facet, key, output, detail: kept }
}
