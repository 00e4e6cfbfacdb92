//! Where a version comes from: data, code, environment, seed.

use std::{collections::BTreeMap, path::Path, process::Command};

use plan::{ActionId, Node, Verb};
use serde_json::{Value, json};

use crate::{Engine, Error, actions::Turn, desired, recorded::kept};

/// The lineage of the model that this turn registers.
pub(crate) fn of(engine: &Engine, turn: &Turn) -> Result<Value, Error> {
    let node = &turn.action.id.node;
    let detail = |verb| -> Result<Value, Error> {
        Ok(kept(&engine.store, &ActionId::new(verb, node))?.map(|kept| kept.detail).unwrap_or_default())
    };
    let (training, evaluation) = (detail(Verb::Train)?, detail(Verb::Evaluate)?);
    Ok(json!({
        "plan": turn.plan,
        "inputs": inputs(engine, turn, node)?,
        "code": training["code"],
        "environment": {
            "kaizen": env!("CARGO_PKG_VERSION"),
            "operating_system": std::env::consts::OS,
            "architecture": std::env::consts::ARCH,
            "threads": training["threads"],
        },
        "seed": training["seed"],
        "sample_request": evaluation["sample_request"],
        "importance": evaluation["importance"],
    }))
}

/// Every data set and step above the model, with the content it had.
fn inputs(engine: &Engine, turn: &Turn, model: &Node) -> Result<BTreeMap<String, Value>, Error> {
    let desired = desired(&turn.project.spec);
    let mut found = traffic(engine, model)?;
    let mut waiting = vec![model.clone()];
    while let Some(node) = waiting.pop() {
        let Some(wanted) = desired.nodes.get(&node) else { continue };
        waiting.extend(wanted.inputs.iter().cloned());
        let verb = match node {
            Node::Data(_) => Verb::Snapshot,
            Node::Step(_) => Verb::Run,
            Node::Model(_) | Node::Service(_) | Node::Monitor(_) => continue,
        };
        let record = kept(&engine.store, &ActionId::new(verb, &node))?;
        let output = record.and_then(|kept| kept.record.output());
        found.insert(node.to_string(), json!(output));
    }
    Ok(found)
}

/// The labelled traffic that the candidate learned from.
fn traffic(engine: &Engine, model: &Node) -> Result<BTreeMap<String, Value>, Error> {
    let trained = kept(&engine.store, &ActionId::new(Verb::Train, model))?;
    let inputs = trained.map(|kept| kept.record.inputs).unwrap_or_default();
    let is_monitor = |name: &String| matches!(name.parse(), Ok(Node::Monitor(_)));
    Ok(inputs
        .into_iter()
        .filter(|(name, _)| is_monitor(name))
        .map(|(name, output)| (name, json!(output)))
        .collect())
}

/// The commit of the project's repository, and what differs from it. Nothing when it is not in one.
pub(crate) fn code(engine: &Engine, root: &Path) -> Result<Value, Error> {
    let Some(commit) = git(root, &["rev-parse", "HEAD"]) else { return Ok(Value::Null) };
    let diff = git(root, &["diff", "--no-ext-diff", "--no-textconv", "--binary", "HEAD", "--", "."])
        .unwrap_or_default();
    let untracked = git(root, &["ls-files", "--others", "--exclude-standard", "--", "."]).unwrap_or_default();
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let untracked: Vec<String> =
        String::from_utf8_lossy(&untracked).lines().take(1000).map(str::to_owned).collect();
    let stored = if diff.is_empty() { None } else { Some(engine.store.put_bytes(&diff)?) };
    Ok(json!({ "commit": commit, "diff": stored, "untracked": untracked }))
}

pub(crate) fn git(root: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    output.status.success().then_some(output.stdout)
}
