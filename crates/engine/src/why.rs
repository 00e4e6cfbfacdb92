use plan::{ActionId, Node, Verb};
use serde::Serialize;
use serde_json::Value;
use store::{Entry, Store, Version};

use crate::{
    Error, Planned, Project, Request,
    actions::{TERMS_FILE, VERDICT_FILE},
    recorded::kept,
};

/// How many past actions an explanation goes back.
const ENTRIES: usize = 20;

/// Why a thing is as it is: what is planned for it, what was last done to it, and the evidence.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The thing.
    pub node: Node,
    /// Whether the project has it. It may have been run by itself, or have been in the project once.
    pub declared: bool,
    /// What the next plan would do to it, with reasons; empty when there is nothing to do.
    pub planned: Vec<String>,
    /// What stands in its way.
    pub blocked: Option<String>,
    /// What was done to it, newest first.
    pub entries: Vec<Entry>,
    /// For a data set, the findings of its expectations.
    pub findings: Value,
    /// For a model, how it was trained.
    pub training: Value,
    /// For a model, how much it relies on each column.
    pub importance: Value,
    /// For a model, its versions with their lineage, oldest first.
    pub versions: Vec<Version>,
    /// For a model, the gate's last verdict.
    pub verdict: Option<gate::Verdict>,
    /// For a model, the policy and the figures that the verdict rests on.
    pub terms: Option<gate::Terms>,
}

/// Explains one thing of a project.
///
/// # Errors
/// When the project has no such thing or the store cannot be read.
pub fn why(project: &Project, store: &Store, node: &Node) -> Result<Explanation, Error> {
    let planned = Planned::make(project, store, &Request::watching())?;
    let entries = store.entries(Some(&node.to_string()), ENTRIES)?;
    let declared = planned.desired.nodes.contains_key(node);
    if !declared && entries.is_empty() {
        let names: Vec<_> = planned.desired.nodes.keys().map(ToString::to_string).collect();
        return Err(Error::Unknown(format!("why: the project has no {node}; it has {}", names.join(", "))));
    }
    let mut actions = Vec::new();
    for action in planned.plan.actions.iter().filter(|action| action.id.node == *node) {
        let reasons: Vec<_> = action.reasons.iter().map(ToString::to_string).collect();
        actions.push(format!("{}: {}", action.id.verb, reasons.join("; ")));
    }
    let blocked = planned.plan.blocked.iter().find(|blocked| blocked.node == *node);
    let detail = |verb| -> Result<Value, Error> {
        Ok(kept(store, &ActionId::new(verb, node))?.map(|kept| kept.detail).unwrap_or_default())
    };
    let (terms, verdict) = verdict(store, node)?.unzip();
    Ok(Explanation {
        node: node.clone(),
        declared,
        planned: actions,
        blocked: blocked.map(|blocked| blocked.why.clone()),
        entries,
        findings: detail(Verb::Test)?.get("findings").cloned().unwrap_or_default(),
        training: detail(Verb::Train)?,
        importance: detail(Verb::Evaluate)?.get("importance").cloned().unwrap_or_default(),
        versions: if let Node::Model(name) = node { store.versions(name)? } else { Vec::new() },
        verdict,
        terms,
    })
}

/// The last verdict on a model, with what it rests on.
fn verdict(store: &Store, node: &Node) -> Result<Option<(gate::Terms, gate::Verdict)>, Error> {
    let Some(kept) = kept(store, &ActionId::new(Verb::Gate, node))? else { return Ok(None) };
    let Some(output) = kept.record.output() else { return Ok(None) };
    let tree = store.tree(&output)?;
    let read = |name: &str| {
        let missing = || Error::Unknown(format!("read the verdict on {node}: it has no {name}"));
        let file = tree.file(name).ok_or_else(missing)?;
        Ok::<_, Error>(store.get_bytes(&file.hash)?)
    };
    let recorded = |source| Error::Recorded { what: format!("verdict on {node}"), source };
    let terms = serde_json::from_slice(&read(TERMS_FILE)?).map_err(recorded)?;
    let verdict = serde_json::from_slice(&read(VERDICT_FILE)?).map_err(recorded)?;
    Ok(Some((terms, verdict)))
}
