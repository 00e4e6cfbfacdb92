//! The declared nodes by position, and in which order they are planned: each after those it reads.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
};

use base::Name;

use crate::{Desired, Node, Record, Recorded, Verb, Wanted};

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

/// A declared node with what is recorded of it.
pub(crate) struct Declared<'a> {
    /// Its place among the declared nodes.
    pub(crate) position: usize,
    pub(crate) node: &'a Node,
    pub(crate) wanted: &'a Wanted,
    /// The node as text, which is also its name among the inputs of those that read it.
    pub(crate) title: String,
    /// The places of the nodes it reads.
    pub(crate) inputs: Vec<usize>,
    records: Option<&'a BTreeMap<Verb, Record>>,
}

impl<'a> Declared<'a> {
    pub(crate) fn record(&self, verb: Verb) -> Option<&'a Record> {
        self.records?.get(&verb)
    }
}

/// Every declared node, in the nodes' own order.
pub(crate) struct Declarations<'a> {
    pub(crate) all: Vec<Declared<'a>>,
    /// The places of the monitors that watch each model.
    monitors: BTreeMap<&'a Name, Vec<usize>>,
}

impl<'a> Declarations<'a> {
    /// Finds each node's inputs and records once, so that planning a node costs the same in a project of any size.
    pub(crate) fn new(desired: &'a Desired, recorded: &'a Recorded) -> Result<Self, Error> {
        let positions: HashMap<&Node, usize> =
            desired.nodes.keys().enumerate().map(|(position, node)| (node, position)).collect();
        let mut all = Vec::with_capacity(desired.nodes.len());
        let mut monitors: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for (position, (node, wanted)) in desired.nodes.iter().enumerate() {
            let place = |input: &Node| positions.get(input).copied().ok_or_else(|| undeclared(node, input));
            let inputs = wanted.inputs.iter().map(place).collect::<Result<_, _>>()?;
            let (title, records) = (node.to_string(), recorded.nodes.get(node));
            all.push(Declared { position, node, wanted, title, inputs, records });
            if let (Node::Monitor(_), Some(model)) = (node, &wanted.model) {
                monitors.entry(model).or_default().push(position);
            }
        }
        Ok(Self { all, monitors })
    }

    /// The monitors that watch this model.
    pub(crate) fn monitors(&self, model: &Name) -> impl Iterator<Item = &Declared<'a>> {
        self.monitors.get(model).into_iter().flatten().map(|position| &self.all[*position])
    }

    /// The nodes so that each comes after those it reads; ties in the nodes' own order,
    /// which puts services, that read nothing, last.
    pub(crate) fn order(&self) -> Result<Vec<usize>, Error> {
        let mut waiting: Vec<usize> = self.all.iter().map(|declared| declared.inputs.len()).collect();
        let readers = self.readers();
        let free = (0..waiting.len()).filter(|position| waiting[*position] == 0);
        let mut free: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
        let mut ordered = Vec::with_capacity(waiting.len());
        while let Some(Reverse(position)) = free.pop() {
            ordered.push(position);
            for reader in &readers[position] {
                waiting[*reader] -= 1;
                if waiting[*reader] == 0 {
                    free.push(Reverse(*reader));
                }
            }
        }
        match waiting.iter().position(|count| *count > 0) {
            Some(start) => Err(Error::Cycle(self.on_a_ring(start, &waiting).clone())),
            None => Ok(ordered),
        }
    }

    fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.all.len()];
        for declared in &self.all {
            for input in &declared.inputs {
                readers[*input].push(declared.position);
            }
        }
        readers
    }

    /// A node of the ring that this one waits for: the first of them. What waits reads something that waits,
    /// so going from one to the next must come back.
    fn on_a_ring(&self, start: usize, waiting: &[usize]) -> &Node {
        let mut path = Vec::new();
        let mut seen = BTreeSet::new();
        let mut position = start;
        while seen.insert(position) {
            path.push(position);
            let next = self.all[position].inputs.iter().find(|input| waiting[**input] > 0);
            position = *next.expect("a node waits for one that waits");
        }
        let ring = path.iter().skip_while(|one| **one != position);
        self.all[ring.min().copied().unwrap_or(start)].node
    }
}

fn undeclared(node: &Node, input: &Node) -> Error {
    Error::Undeclared { node: node.clone(), input: input.clone() }
}
