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
    /// For a service, the model that answers.
    pub model: Option<Name>,
}

impl Wanted {
    pub(crate) fn fields(&self, verb: Verb) -> Fields {
        self.fields.get(&verb).cloned().unwrap_or_default()
    }
}
