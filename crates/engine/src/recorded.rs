use std::{collections::BTreeMap, fs, os::unix::fs::MetadataExt as _, path::Path};

use base::{Hash, Name, Timestamp, canonical_json};
use plan::{ActionId, Assignment, Node, Record, Recorded, Verb};
use serde::{Deserialize, Serialize};
use store::{Change, Store};

use crate::{Error, collections, desired::action_field};

/// What the store keeps of an action's last conclusion: what planning needs, and the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) record: Record,
    /// What a step left. Steps of releases before it was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<Left>,
    /// Figures and messages for people; its shape is the action's own.
    pub(crate) detail: serde_json::Value,
}

/// What a step left behind, so that it can be looked at without reading any of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Left {
    /// The objects of its output, itself among them, with their sizes.
    pub(crate) objects: Vec<(Hash, u64)>,
    /// The files in the project.
    pub(crate) written: Vec<Written>,
}

/// A file that a step wrote, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// Its path from the project's directory.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// When its content was last written, in nanoseconds since the epoch.
    pub(crate) mtime_ns: i64,
    /// The object with its content.
    pub(crate) hash: Hash,
}

impl Written {
    /// The file at this path of the project as it is now; nothing when there is none.
    pub(crate) fn of(root: &Path, path: &str, hash: Hash) -> Option<Self> {
        let (bytes, mtime_ns) = look(root, path)?;
        Some(Self { path: path.to_owned(), bytes, mtime_ns, hash })
    }

    /// Whether the file is as it was left, as far as its size and time tell.
    pub(crate) fn is_untouched(&self, root: &Path) -> bool {
        look(root, &self.path) == Some((self.bytes, self.mtime_ns))
    }
}

/// The size of a file and when it was last written, in nanoseconds since the epoch.
fn look(root: &Path, path: &str) -> Option<(u64, i64)> {
    let found = fs::symlink_metadata(root.join(path)).ok().filter(fs::Metadata::is_file)?;
    let mtime_ns = found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec());
    Some((found.len(), mtime_ns))
}

/// The store's knowledge of a project, as planning wants it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) recorded: Recorded,
    /// What each step left, and when.
    pub(crate) left: BTreeMap<Node, (Left, Timestamp)>,
}

/// The part of [`Kept`] that planning reads.
#[derive(Deserialize)]
struct Planning {
    record: Record,
    #[serde(default)]
    left: Option<Left>,
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
pub(crate) fn known(store: &Store, project: &spec::Project) -> Result<Known, Error> {
    let mut known = Known::default();
    for state in store.nodes()? {
        let read = || serde_json::from_str(&state.detail);
        let Planning { record, left } = read().map_err(|source| {
            let what = format!("{} of {}", state.facet, state.node);
            Error::Recorded { what, source }
        })?;
        // A node or verb that this release does not know is not its to plan with.
        let (Ok(node), Ok(verb)) = (state.node.parse::<Node>(), state.facet.parse()) else { continue };
        if let (Verb::Run, Some(left)) = (verb, left) {
            known.left.insert(node.clone(), (left, state.recorded));
        }
        let record = renamed(record, &node, project);
        known.recorded.nodes.entry(node).or_default().insert(verb, record);
    }
    refresh(store, project, &mut known.recorded)?;
    Ok(known)
}

/// Earlier releases recorded what a step does as `action`; the project file calls it `run` or `sql`.
fn renamed(mut record: Record, node: &Node, project: &spec::Project) -> Record {
    if let (Node::Step(name), Some(hash)) = (node, record.fields.remove("action")) {
        let field = project.steps.get(name).map_or("run", action_field);
        record.fields.insert(field.to_owned(), hash);
    }
    record
}

/// What people and monitors may change beside the engine: champions, what serves, what was collected.
pub(crate) fn refresh(store: &Store, project: &spec::Project, recorded: &mut Recorded) -> Result<(), Error> {
    recorded.champions.clear();
    for model in project.models.keys() {
        if let Some(version) = store.aliases(model)?.get(&champion()) {
            recorded.champions.insert(model.clone(), *version);
        }
    }
    recorded.services.clear();
    for (service, assignment) in store.services()? {
        let assignment = Assignment { model: assignment.model, version: assignment.version };
        recorded.services.insert(service, assignment);
    }
    recorded.collections.clear();
    for monitor in project.monitors.keys() {
        let collections = collections::of(project, store, monitor)?;
        if !collections.is_empty() {
            recorded.collections.insert(monitor.clone(), collections);
        }
    }
    Ok(())
}

/// The last conclusion of one action, with its detail.
pub(crate) fn kept(store: &Store, id: &ActionId) -> Result<Option<Kept>, Error> {
    let (node, facet) = (id.node.to_string(), id.verb.name());
    let Some(state) = store.node(&node, facet)? else { return Ok(None) };
    let what = format!("{facet} of {node}");
    serde_json::from_str(&state.detail).map(Some).map_err(|source| Error::Recorded { what, source })
}

/// The change of the store that records this conclusion.
pub(crate) fn keep(
    id: &ActionId,
    record: Record,
    (detail, left): (serde_json::Value, Option<Left>),
) -> Change {
    let key = Hash::of(canonical_json(&(&record.fields, &record.inputs)));
    let output = record.output();
    let kept = serde_json::to_value(Kept { record, left, detail }).expect("records have string keys");
    let (node, facet) = (id.node.to_string(), id.verb.name().to_owned());
    Change::SetNode { node, facet, key, output, detail: kept }
}
