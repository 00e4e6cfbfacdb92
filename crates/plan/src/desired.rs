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
    pub(crate) fn fields(&self, verb: Verb) -> Fields {
        self.fields.get(&verb).cloned().unwrap_or_default()
    }
}
