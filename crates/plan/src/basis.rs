use std::{
    collections::BTreeMap,
    fmt::{self, Arguments, Write},
};

use base::{Hash, Hasher};
use serde::{Deserialize, Serialize};

use crate::{Desired, Node, Observed, Plan, Record, Recorded, Source, Status, Wanted, collect};

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

impl Change {
    /// What changed from one basis to another, by name.
    pub fn between(then: &Basis, now: &Basis) -> Vec<Self> {
        let gone = then.keys().filter(|what| !now.contains_key(*what));
        let changed = now.keys().chain(gone).filter(|what| then.get(*what) != now.get(*what));
        let mut changes: Vec<_> = changed
            .map(|what| Self {
                what: what.clone(),
                then: then.get(what).cloned(),
                now: now.get(what).cloned(),
            })
            .collect();
        changes.sort_by(|one, other| one.what.cmp(&other.what));
        changes
    }
}

impl Plan {
    /// What changed between this saved plan and now; empty when it may be applied.
    pub fn stale(&self, now: &Basis) -> Vec<Change> {
        Change::between(&self.basis, now)
    }
}

/// What a plan from these rests on.
pub fn basis(desired: &Desired, recorded: &Recorded, observed: &Observed) -> Basis {
    let mut basis = Basis::new();
    each(desired, recorded, observed, &mut |what, is| {
        basis.insert(what.to_string(), is.to_string());
    });
    basis
}

/// The hash of what a plan from these rests on: the same as long as [`basis`] is, and
/// cheaper. Whoever watches compares it, and asks for the basis when it differs.
pub fn basis_hash(desired: &Desired, recorded: &Recorded, observed: &Observed) -> Hash {
    let mut hasher = Hasher::new();
    let mut line = String::new();
    each(desired, recorded, observed, &mut |what, is| {
        for text in [what, is] {
            line.clear();
            // Writing into memory cannot fail.
            let _ = line.write_fmt(text);
            hasher.field(&line);
        }
    });
    hasher.finish()
}

/// Takes the name and the value of one thing.
pub(crate) type Visit<'a> = dyn FnMut(Arguments<'_>, Arguments<'_>) + 'a;

fn each(desired: &Desired, recorded: &Recorded, observed: &Observed, visit: &mut Visit<'_>) {
    for (node, wanted) in &desired.nodes {
        declared(node, wanted, visit);
    }
    seen(observed, visit);
    let is_planned = |node: &Node| !desired.partial || desired.nodes.contains_key(node);
    for (node, records) in recorded.nodes.iter().filter(|(node, _)| is_planned(node)) {
        for (verb, record) in records {
            visit(format_args!("last {verb} of {node}"), format_args!("{}", Outcome(record)));
        }
    }
    for (model, version) in &recorded.champions {
        visit(format_args!("champion of model.{model}"), format_args!("version {version}"));
    }
    for (service, assignment) in &recorded.services {
        let (model, version) = (&assignment.model, assignment.version);
        visit(format_args!("answer of service.{service}"), format_args!("{model} version {version}"));
    }
    collect::demand_basis(desired, recorded, observed, visit);
}

fn declared(node: &Node, wanted: &Wanted, visit: &mut Visit<'_>) {
    for (verb, fields) in &wanted.fields {
        for (field, hash) in fields {
            visit(format_args!("field `{field}` of {node} ({verb})"), format_args!("{}", Short(*hash)));
        }
    }
    for input in &wanted.inputs {
        visit(format_args!("input {input} of {node}"), format_args!("declared"));
    }
    for file in &wanted.files {
        visit(format_args!("file {file} of {node}"), format_args!("declared"));
    }
    for fact in &wanted.facts {
        visit(format_args!("{fact} of {node}"), format_args!("declared"));
    }
    for (hint, value) in &wanted.hints {
        visit(format_args!("`{hint}` of {node}"), format_args!("{value}"));
    }
    if let Some(model) = &wanted.model {
        visit(format_args!("model of {node}"), format_args!("{model}"));
    }
}

fn seen(observed: &Observed, visit: &mut Visit<'_>) {
    for (name, source) in &observed.sources {
        let content = match source {
            Source::Present(hash) => Some(*hash),
            Source::Absent(_) => None,
        };
        visit(format_args!("source of data.{name}"), format_args!("{}", Content(content)));
    }
    for (file, content) in &observed.files {
        visit(format_args!("file {file}"), format_args!("{}", Content(*content)));
    }
    for (name, fact) in &observed.facts {
        visit(format_args!("{name}"), format_args!("{}", Content(fact.content.clone().ok())));
    }
    for (node, reasons) in &observed.due {
        let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        visit(format_args!("reason to run {node} again"), format_args!("{}", reasons.join("; ")));
    }
    for hash in &observed.missing {
        visit(format_args!("output {}", Short(*hash)), format_args!("missing"));
    }
}

/// The first twelve digits, without the other fifty-two: there are thousands of hashes in a basis.
pub(crate) struct Short(pub(crate) Hash);

impl fmt::Display for Short {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The prefix has the first byte as its lowest.
        write!(out, "{:012x}", self.0.prefix().swap_bytes() >> 16)
    }
}

struct Content(Option<Hash>);

impl fmt::Display for Content {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(hash) => Short(hash).fmt(out),
            None => out.write_str("absent"),
        }
    }
}

struct Outcome<'a>(&'a Record);

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.status {
            Status::Done { output, .. } => Short(*output).fmt(out),
            Status::Failed { .. } => out.write_str("failed"),
            Status::Refused { .. } => out.write_str("refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use base::Hash;

    use super::{Short, basis, basis_hash};
    use crate::{Desired, Fact, Node, Observed, Plan, Reason, Recorded, decide};

    fn seen(lr: &str) -> Observed {
        let fact = Fact { content: Ok(Hash::of(lr)), why: None };
        Observed { facts: [("env.LR".to_owned(), fact)].into(), ..Observed::default() }
    }

    #[test]
    fn a_short_hash_is_the_beginning_of_the_whole() {
        for text in ["", "a", "flights", "x"] {
            assert_eq!(Short(Hash::of(text)).to_string(), Hash::of(text).short());
        }
    }

    #[test]
    fn the_hash_of_a_basis_changes_with_it_and_not_otherwise() {
        let (desired, recorded) = (Desired::default(), Recorded::default());
        let hash = |observed: &Observed| basis_hash(&desired, &recorded, observed);
        assert_eq!(hash(&seen("0.1")), hash(&seen("0.1")));
        assert_ne!(hash(&seen("0.1")), hash(&seen("0.2")));
        let mut forced = seen("0.1");
        let node: Node = "step.a".parse().unwrap();
        forced.due.insert(node, vec![Reason::Forced]);
        assert_ne!(hash(&seen("0.1")), hash(&forced));
    }

    #[test]
    fn a_plan_without_its_basis_never_passes_for_fresh() {
        let (desired, recorded, observed) = (Desired::default(), Recorded::default(), seen("0.1"));
        let plan: Plan = decide(&desired, &recorded, &observed).unwrap();
        let stale = plan.stale(&basis(&desired, &recorded, &observed));
        assert_eq!(stale.iter().map(ToString::to_string).collect::<Vec<_>>(), ["env.LR is new"]);
    }
}
