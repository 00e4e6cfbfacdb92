//! In which order nodes are planned: each after those it reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Desired, Node};

/// Why no plan could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nodes read each other in a ring.
    #[error("{0} reads its own output through the nodes it depends on; break the ring")]
    Cycle(Node),
    /// A node reads one that is not declared.
    #[error("{node} reads {input}, which the project does not declare")]
    Undeclared {
        /// The reader.
        node: Node,
        /// What it reads.
        input: Node,
    },
}

/// The nodes so that each comes after those it reads; ties in the nodes' own order,
/// which puts services, that read nothing, last.
pub(crate) fn order(desired: &Desired) -> Result<Vec<&Node>, Error> {
    let mut waiting: BTreeMap<&Node, usize> = BTreeMap::new();
    let mut readers: BTreeMap<&Node, Vec<&Node>> = BTreeMap::new();
    for (node, wanted) in &desired.nodes {
        waiting.insert(node, wanted.inputs.len());
        for input in &wanted.inputs {
            if !desired.nodes.contains_key(input) {
                return Err(Error::Undeclared { node: node.clone(), input: input.clone() });
            }
            readers.entry(input).or_default().push(node);
        }
    }
    let mut free: BTreeSet<&Node> =
        waiting.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while let Some(node) = free.pop_first() {
        ordered.push(node);
        waiting.remove(node);
        for reader in readers.get(node).into_iter().flatten() {
            let Some(count) = waiting.get_mut(reader) else { continue };
            *count -= 1;
            if *count == 0 {
                free.insert(reader);
            }
        }
    }
    match waiting.keys().next() {
        Some(node) => Err(Error::Cycle((*node).clone())),
        None => Ok(ordered),
    }
}
