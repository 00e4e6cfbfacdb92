use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Desired, Observed, Plan, Recorded, Source, Status, collect};

/// Everything a plan rests on, by a name that people understand.
pub type Basis = BTreeMap<String, String>;

/// One thing that is no longer as it was when a plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What changed.
    pub what: String,
    /// What it was, or nothing when it was not there.
    pub then: Option<String>,
    /// What it is, or nothing when it is no longer there.
    pub now: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.then, &self.now) {
            (None, _) => write!(out, "{} is new", self.what),
            (_, None) => write!(out, "{} is gone", self.what),
            (Some(then), Some(now)) => write!(out, "{} changed from {then} to {now}", self.what),
        }
    }
}

impl Plan {
    /// What changed between this saved plan and a plan made now; empty when it may be applied.
    pub fn stale(&self, now: &Plan) -> Vec<Change> {
        let mut names: Vec<_> = self.basis.keys().chain(now.basis.keys()).collect();
        names.sort();
        names.dedup();
        let change = |what: &String| Change {
            what: what.clone(),
            then: self.basis.get(what).cloned(),
            now: now.basis.get(what).cloned(),
        };
        names.into_iter().map(change).filter(|change| change.then != change.now).collect()
    }
}

pub(crate) fn basis(desired: &Desired, recorded: &Recorded, observed: &Observed) -> Basis {
    let mut basis = Basis::new();
    for (node, wanted) in &desired.nodes {
        for (verb, fields) in &wanted.fields {
            for (field, hash) in fields {
                basis.insert(format!("field `{field}` of {node} ({verb})"), hash.short());
            }
        }
        for input in &wanted.inputs {
            basis.insert(format!("input {input} of {node}"), "declared".to_owned());
        }
        for file in &wanted.files {
            basis.insert(format!("file {file} of {node}"), "declared".to_owned());
        }
        for (hint, value) in &wanted.hints {
            basis.insert(format!("`{hint}` of {node}"), value.clone());
        }
        if let Some(model) = &wanted.model {
            basis.insert(format!("model of {node}"), model.to_string());
        }
    }
    for (name, source) in &observed.sources {
        let content = match source {
            Source::Present(hash) => hash.short(),
            Source::Absent(_) => "absent".to_owned(),
        };
        basis.insert(format!("source of data.{name}"), content);
    }
    for (file, content) in &observed.files {
        let content = content.map_or("absent".to_owned(), |hash| hash.short());
        basis.insert(format!("file {file}"), content);
    }
    for hash in &observed.missing {
        basis.insert(format!("output {}", hash.short()), "missing".to_owned());
    }
    record_basis(recorded, &mut basis);
    collect::demand_basis(desired, recorded, observed, &mut basis);
    basis
}

fn record_basis(recorded: &Recorded, basis: &mut Basis) {
    for (node, records) in &recorded.nodes {
        for (verb, record) in records {
            let outcome = match &record.status {
                Status::Done { output, .. } => output.short(),
                Status::Failed { .. } => "failed".to_owned(),
                Status::Refused { .. } => "refused".to_owned(),
            };
            basis.insert(format!("last {verb} of {node}"), outcome);
        }
    }
    for (model, version) in &recorded.champions {
        basis.insert(format!("champion of model.{model}"), format!("version {version}"));
    }
    for (service, assignment) in &recorded.services {
        let answer = format!("{} version {}", assignment.model, assignment.version);
        basis.insert(format!("answer of service.{service}"), answer);
    }
}
