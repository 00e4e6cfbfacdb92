use std::collections::{BTreeMap, BTreeSet};

use base::{Hash, Name, Timestamp};

use crate::{Node, Reason};

/// The world now.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The source of each declared data set.
    pub sources: BTreeMap<Name, Source>,
    /// The content of each declared file, or nothing when it is not there.
    pub files: BTreeMap<String, Option<Hash>>,
    /// What steps depend on beside nodes and files, by the names that [`Wanted`](crate::Wanted::facts) uses.
    pub facts: BTreeMap<String, Fact>,
    /// Reasons to run a step whose fields and inputs are as they were: someone insists, its
    /// result is too old or not kept, or its outputs were touched.
    pub due: BTreeMap<Node, Vec<Reason>>,
    /// Recorded outputs that are no longer there.
    pub missing: BTreeSet<Hash>,
    /// What each monitor sees.
    pub monitors: BTreeMap<Name, Watch>,
}

/// Something a step depends on that is neither a node nor a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its content, or why there is none.
    pub content: Result<Hash, String>,
    /// What gave it this content, for people: when a trigger was due.
    pub why: Option<String>,
}

/// What a monitor sees now, as far as planning cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The monitor's clock: how far the event time of its traffic has come.
    pub now: Timestamp,
    /// Why the model should be retrained, if anything says so.
    pub demand: Option<Demand>,
    /// The labelled rows that came since the last collect.
    pub new_rows: u64,
    /// The event time of the first labelled row there is.
    pub from: Option<Timestamp>,
    /// The end of the event times of the labelled rows there are.
    pub until: Option<Timestamp>,
}

/// A wish to retrain; the brakes decide whether it is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// What makes it.
    pub cause: DemandCause,
    /// How often the same incident came back after a retraining was to end it.
    pub flaps: u32,
}

/// What makes a demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemandCause {
    /// A confirmed incident.
    Incident {
        /// Its number in the store.
        id: u64,
        /// What makes two incidents the same.
        fingerprint: String,
        /// What it is, for people.
        title: String,
        /// When it was last confirmed, on the monitor's clock: what was collected before cannot have answered it.
        confirmed: Timestamp,
    },
    /// The schedule of the project file.
    Schedule {
        /// When the retraining was due, on the monitor's clock.
        due: Timestamp,
    },
}

impl DemandCause {
    /// Names the cause among those of its monitor; the engine keeps it with what it collects.
    pub fn key(&self) -> String {
        match self {
            Self::Incident { id, .. } => incident_key(*id),
            Self::Schedule { due } => schedule_key(*due),
        }
    }
}

pub(crate) fn incident_key(id: u64) -> String {
    format!("incident {id}")
}

pub(crate) fn schedule_key(due: Timestamp) -> String {
    format!("schedule due {due}")
}

/// A data set's source now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Its files have this content: names and bytes.
    Present(Hash),
    /// It cannot be read, and why.
    Absent(String),
}
