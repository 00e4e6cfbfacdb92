use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base::{Hash, Name, Span};

use crate::{Node, Verb};

/// Fields of the project file by name, each as the hash of its value.
pub type Fields = BTreeMap<String, Hash>;

/// The project file, reduced to what planning needs.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// What is declared.
    pub nodes: BTreeMap<Node, Wanted>,
    /// Whether this is a part of the project, made by [`Desired::only`]: what is not in it is left
    /// alone, and a service that is missing here is not one that was removed.
    pub partial: bool,
}

impl Desired {
    /// Keeps these nodes and all that they read, directly or through others. A fan-out's name
    /// stands for all its instances; a node that is not declared is passed over.
    pub fn only(&mut self, targets: &BTreeSet<Node>) {
        let mut kept = BTreeSet::new();
        let mut found: Vec<Node> =
            self.nodes.keys().filter(|node| is_among(node, targets)).cloned().collect();
        let collectors = self.collectors();
        while let Some(node) = found.pop() {
            let Some(wanted) = self.nodes.get(&node) else { continue };
            if kept.contains(&node) {
                continue;
            }
            found.extend(wanted.inputs.iter().cloned());
            found.extend(wanted.model.clone().map(Node::Model));
            found.extend(collectors.get(&node).into_iter().flatten().cloned());
            kept.insert(node);
        }
        self.nodes.retain(|node, _| kept.contains(node));
        self.partial = true;
    }

    /// The monitors whose traffic each model's training reads.
    fn collectors(&self) -> BTreeMap<Node, Vec<Node>> {
        let mut collectors: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
        for (node, wanted) in &self.nodes {
            if let (Node::Monitor(_), Some(model)) = (node, &wanted.model) {
                collectors.entry(Node::Model(model.clone())).or_default().push(node.clone());
            }
        }
        collectors
    }
}

fn is_among(node: &Node, targets: &BTreeSet<Node>) -> bool {
    targets.contains(node) || node.group().is_some_and(|group| targets.contains(&group))
}

/// One declared node.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// For each verb, the fields that shape its outcome.
    pub fields: BTreeMap<Verb, Fields>,
    /// The nodes it reads.
    pub inputs: BTreeSet<Node>,
    /// The files it reads, relative to the project.
    pub files: BTreeSet<String>,
    /// What else it depends on, by name: `env.LR`, a declared environment value; `tool.python3`, an
    /// executable; `trigger.nightly`, a trigger. Their contents are [observed](crate::Observed::facts).
    pub facts: BTreeSet<String>,
    /// Settings that govern how its actions are performed and not what they make, such as a
    /// step's timeout, as people write them. A saved plan rests on them, so that it is performed as
    /// it was shown; what is settled stays settled when they change.
    pub hints: BTreeMap<String, String>,
    /// For a service, the model that answers; for a monitor, the model of the service it watches.
    pub model: Option<Name>,
    /// For a monitor, what keeps it from retraining too eagerly.
    pub brakes: Brakes,
}

/// What keeps a demand for retraining from being met at once. Times are on the monitor's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brakes {
    /// How long after one collect the next may follow.
    pub cool_down: Span,
    /// The fewest labelled rows since the last collect that are worth a retraining.
    pub min_rows: u64,
    /// The most collects in any seven days.
    pub max_per_week: u32,
    /// So many flaps of the incident, and a person must look first.
    pub max_flaps: u32,
}

/// What the project file says unless it says otherwise.
impl Default for Brakes {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self { cool_down: day.into(), min_rows: 1_000, max_per_week: 3, max_flaps: 3 }
    }
}

impl Wanted {
    /// The fields that shape what this verb makes.
    pub(crate) fn fields(&self, verb: Verb) -> &Fields {
        static NONE: Fields = Fields::new();
        self.fields.get(&verb).unwrap_or(&NONE)
    }
}

#[cfg(test)]
mod tests;
