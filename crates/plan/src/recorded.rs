use std::collections::BTreeMap;

use base::{Hash, Name, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Fields, Node, Verb};

/// What the journal knows.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// For each node, the last conclusion of each verb.
    pub nodes: BTreeMap<Node, BTreeMap<Verb, Record>>,
    /// The champion of each model that has one.
    pub champions: BTreeMap<Name, u64>,
    /// What each service answers with.
    pub services: BTreeMap<Name, Assignment>,
    /// For each monitor, what it collected, the newest first.
    pub collections: BTreeMap<Name, Vec<Collection>>,
}

/// Labelled traffic that was kept to train on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// When, on the monitor's clock.
    pub at: Timestamp,
    /// The [key](crate::DemandCause::key) of the cause that demanded it.
    pub cause_key: String,
    /// Its content.
    pub output: Hash,
    /// The labelled rows in it.
    pub rows: u64,
    /// What the gate said of the candidate that was trained on it, once it has.
    #[serde(default)]
    pub decision: Option<Decision>,
}

/// The last conclusion of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The fields it was shaped by.
    pub fields: Fields,
    /// The inputs it was made from.
    pub inputs: BTreeMap<String, Hash>,
    /// What came of it.
    pub status: Status,
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It made this.
    Done {
        /// The content it made.
        output: Hash,
        /// For a gate, what it decided.
        decision: Option<Decision>,
    },
    /// It failed, and may succeed when tried again.
    Failed {
        /// Why, for people.
        message: String,
    },
    /// It failed, and the same inputs will always fail: an expectation of error severity.
    Refused {
        /// Why, for people.
        message: String,
    },
}

/// The gate's decision, as far as planning cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The candidate may become champion.
    Promote,
    /// Too little evidence to tell.
    Hold,
    /// The evidence speaks against the candidate.
    Reject,
}

/// What a service answers with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The model.
    pub model: Name,
    /// Its version.
    pub version: u64,
}

impl Record {
    /// The content it made, if it was done.
    pub fn output(&self) -> Option<Hash> {
        match &self.status {
            Status::Done { output, .. } => Some(*output),
            Status::Failed { .. } | Status::Refused { .. } => None,
        }
    }
}

impl Recorded {
    pub(crate) fn record(&self, verb: Verb, node: &Node) -> Option<&Record> {
        self.nodes.get(node)?.get(&verb)
    }

    /// Whether the last verdict on this model's candidate is `promote`.
    pub(crate) fn promotes(&self, model: &Node) -> bool {
        let status = self.record(Verb::Gate, model).map(|record| &record.status);
        matches!(status, Some(Status::Done { decision: Some(Decision::Promote), .. }))
    }
}
