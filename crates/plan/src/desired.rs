use std::collections::{BTreeMap, BTreeSet};

use base::{Hash, Name};

use crate::{Node, Verb};

/// Fields of the project file by name, each as the hash of its value.
pub type Fields = BTreeMap<String, Hash>;

/// The project file, reduced to what planning needs.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// What is declared.
    pub nodes: BTreeMap<Node, Wanted>,
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
    /// Settings that govern how its actions are performed and not what they make, such as a
    /// step's timeout, as people write them. A saved plan rests on them, so that it is performed as
    /// it was shown; what is settled stays settled when they change.
    pub hints: BTreeMap<String, String>,
    /// For a service, the model that answers.
    pub model: Option<Name>,
}

impl Wanted {
    pub(crate) fn fields(&self, verb: Verb) -> Fields {
        self.fields.get(&verb).cloned().unwrap_or_default()
    }
}
