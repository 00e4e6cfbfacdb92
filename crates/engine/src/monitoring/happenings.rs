//! What was recorded upstream of a service, each on the monitor's clock, for the search for causes.

use std::path::Path;

use base::{Name, Timestamp};
use monitor::cause::{Change, Happening, Lineage};
use plan::Node;
use serde_json::Value;
use store::{Entry, HistoryFilter, Store};

use super::Times;
use crate::{Error, Project, desired, lineage::git, output::Output};

/// How many past actions of a node are looked at.
const ENTRIES: usize = 12;
/// How many commits are looked at.
const COMMITS: &str = "20";

/// Where to look, and how wall time reads on the monitor's clock.
pub(super) struct Past<'a> {
    pub(super) store: &'a Store,
    pub(super) project: &'a Project,
    pub(super) service: &'a Name,
    pub(super) times: &'a Times,
}

/// What is made from what.
pub(super) fn lineage(project: &Project) -> Lineage {
    let desired = desired(&project.spec);
    let mut edges: Vec<(String, String)> = Vec::new();
    for (node, wanted) in &desired.nodes {
        for input in &wanted.inputs {
            edges.push((input.to_string(), node.to_string()));
        }
        if let (Node::Service(_), Some(model)) = (node, &wanted.model) {
            edges.push((Node::Model(model.clone()).to_string(), node.to_string()));
        }
    }
    Lineage::of(edges.iter().map(|(from, to)| (from.as_str(), to.as_str())))
}

impl Past<'_> {
    /// Everything that was recorded since there has been a monitor.
    pub(super) fn happenings(&self) -> Result<Vec<Happening>, Error> {
        let mut found = self.releases()?;
        for name in self.project.spec.data.keys() {
            let node = Node::Data(name.clone()).to_string();
            let entries = self.store.entries(Some(&node), ENTRIES * 2)?;
            found.extend(self.snapshots(&node, &entries));
            found.extend(self.warnings(&node, &entries));
        }
        found.extend(self.commits(&self.project.root));
        Ok(found)
    }

    fn at(&self, wall: Timestamp, node: &str, change: Change) -> Option<Happening> {
        Some(Happening { at: self.times.clock_at(wall)?, node: node.to_owned(), change })
    }

    fn releases(&self) -> Result<Vec<Happening>, Error> {
        let subject = Node::Service(self.service.clone()).to_string();
        let filter = HistoryFilter {
            subject: Some(subject.clone()),
            limit: Some(ENTRIES),
            ..HistoryFilter::default()
        };
        let events = self.store.history(&filter)?;
        let release = |event: &store::Event| {
            let version = event.detail["version"].as_u64()?.to_string();
            self.at(event.at, &subject, Change::Release { version })
        };
        Ok(events.iter().filter(|event| event.kind == "service_set").filter_map(release).collect())
    }

    /// How each snapshot differs from the one before it.
    fn snapshots(&self, node: &str, entries: &[Entry]) -> Vec<Happening> {
        let made: Vec<(&Entry, Output)> =
            entries.iter().filter_map(|entry| Some((entry, self.output(entry)?))).collect();
        let mut found = Vec::new();
        for pair in made.windows(2) {
            let ((entry, now), (_, before)) = (&pair[0], &pair[1]);
            if let Some(change) = difference(before, now) {
                found.extend(self.at(entry.started, node, change));
            }
        }
        found
    }

    fn output(&self, entry: &Entry) -> Option<Output> {
        let detail = detail(entry, "snapshot")?;
        let output = detail["output"].as_str()?.parse().ok()?;
        Output::load(self.store, &output).ok()
    }

    /// Expectations that warn and did not before.
    fn warnings(&self, node: &str, entries: &[Entry]) -> Vec<Happening> {
        let tests: Vec<(&Entry, Vec<String>)> =
            entries.iter().filter_map(|entry| Some((entry, unmet(detail(entry, "test")?)))).collect();
        let mut found = Vec::new();
        for pair in tests.windows(2) {
            let ((entry, now), (_, before)) = (&pair[0], &pair[1]);
            for name in now.iter().filter(|name| !before.contains(name)) {
                let column = name.strip_prefix("columns.").and_then(|rest| rest.split('.').next());
                let column = column.map(str::to_owned);
                let change = Change::Expectation { name: name.clone(), column };
                found.extend(self.at(entry.started, node, change));
            }
        }
        found
    }

    /// Commits of the project's directory, as things that happened to every step and model.
    fn commits(&self, root: &Path) -> Vec<Happening> {
        let arguments = ["log", "-n", COMMITS, "--format=%H%x09%ct%x09%s", "--", "."];
        let Some(log) = git(root, &arguments) else { return Vec::new() };
        let nodes = self.project.spec.models.keys().map(|name| Node::Model(name.clone()).to_string());
        let nodes: Vec<String> = nodes.collect();
        let mut found = Vec::new();
        for line in String::from_utf8_lossy(&log).lines() {
            let mut parts = line.splitn(3, '\t');
            let (Some(id), Some(seconds), Some(summary)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let Ok(seconds) = seconds.parse::<i64>() else { continue };
            let wall = Timestamp::from_micros(seconds.saturating_mul(1_000_000));
            for node in &nodes {
                let id: String = id.chars().take(12).collect();
                let summary: String = summary.chars().take(200).collect();
                found.extend(self.at(wall, node, Change::Commit { id, summary }));
            }
        }
        found
    }
}

/// What a finished action of this verb said beside its summary.
fn detail<'a>(entry: &'a Entry, verb: &str) -> Option<&'a Value> {
    entry.action.starts_with(verb).then_some(())?;
    entry.detail.as_ref()?.get("detail")
}

fn unmet(detail: &Value) -> Vec<String> {
    let findings = detail["findings"].as_array().into_iter().flatten();
    let unmet = findings.filter(|finding| finding["passed"] == Value::Bool(false));
    unmet.filter_map(|finding| finding["name"].as_str().map(str::to_owned)).collect()
}

fn difference(before: &Output, now: &Output) -> Option<Change> {
    let (before, now) = (before.data.as_ref()?, now.data.as_ref()?);
    let names = |manifest: &data::Manifest| -> Vec<(String, String)> {
        manifest.fields.iter().map(|field| (field.name.clone(), field.data_type.clone())).collect()
    };
    let (old, new) = (names(before), names(now));
    let lacks = |list: &[(String, String)], name: &str| !list.iter().any(|(other, _)| other == name);
    let added: Vec<_> =
        new.iter().filter(|(name, _)| lacks(&old, name)).map(|(name, _)| name.clone()).collect();
    let removed: Vec<_> =
        old.iter().filter(|(name, _)| lacks(&new, name)).map(|(name, _)| name.clone()).collect();
    let retyped =
        new.iter().filter(|(name, kind)| old.iter().any(|(other, was)| other == name && was != kind));
    let retyped: Vec<_> = retyped.map(|(name, _)| name.clone()).collect();
    if !(added.is_empty() && removed.is_empty() && retyped.is_empty()) {
        return Some(Change::Schema { added, removed, retyped });
    }
    let change = Change::Data { rows_before: before.rows, rows_after: now.rows, missing: Vec::new() };
    (before.parts != now.parts || before.rows != now.rows).then_some(change)
}
