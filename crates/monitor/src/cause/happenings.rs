//! What was recorded near the onset: how likely it is to have led to the symptom, by when it was and whether it can
//! reach the model at all.

use super::{
    case::Case,
    evidence::{Change, Happening},
    finding::Finding,
    found::{Fact, Kind},
};

/// Each so many windows further before the onset halve the chance that it is the cause.
const HALVES_IN: f64 = 3.0;

/// Further away than so many windows nothing is counted as near the onset.
pub(super) const FAR: f64 = 30.0;

/// What is left of the chance of a change that names columns, when none of them looks different now.
const IDLE: f64 = 0.4;

const MICROS_IN_HOUR: f64 = 3.6e9;

/// What can be a cause of this symptom, given what the rows already show.
pub(super) fn find(case: &Case<'_>, faults: &[Finding]) -> Vec<Finding> {
    let near = case.evidence.happenings.iter().filter(|happening| reaches(case, happening));
    let mut findings: Vec<Finding> = near
        .filter(|happening| closeness(case, happening) > 0.0)
        .map(|one| finding(case, one, faults))
        .collect();
    // Of two that are as likely the one nearer to the onset comes first, and the order they were given in does not count.
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| finding.recorded.clone();
        other
            .strength
            .total_cmp(&one.strength)
            .then(key(other).cmp(&key(one)))
            .then(one.title.cmp(&other.title))
    });
    findings
}

/// Whether what happened there can reach what the symptom was noticed on.
pub(super) fn reaches(case: &Case<'_>, happening: &Happening) -> bool {
    case.evidence.lineage.path(&happening.node, &case.evidence.symptom.subject).is_some()
}

/// In [0, 1]: 1 within a window of the onset, less the longer before, 0 after it.
pub(super) fn closeness(case: &Case<'_>, happening: &Happening) -> f64 {
    let ahead = windows_ahead(case, happening);
    if !(-1.0..=FAR).contains(&ahead) {
        return 0.0;
    }
    0.5_f64.powf((ahead - 1.0).max(0.0) / HALVES_IN)
}

fn windows_ahead(case: &Case<'_>, happening: &Happening) -> f64 {
    let symptom = &case.evidence.symptom;
    let ahead = symptom.onset.micros().saturating_sub(happening.at.micros());
    ahead as f64 / symptom.window_micros.max(1) as f64
}

/// How likely a change of this kind is the cause when it happened right at the onset and nothing else is known.
fn prior(change: &Change) -> (Kind, f64) {
    match change {
        Change::Release { .. } => (Kind::Release, 0.9),
        Change::Schema { .. } => (Kind::SchemaChange, 0.85),
        Change::Label { .. } => (Kind::LabelChange, 0.85),
        Change::Commit { .. } => (Kind::CodeCommit, 0.7),
        Change::Data { .. } => (Kind::DataChange, 0.5),
        Change::Expectation { .. } => (Kind::Expectation, 0.4),
    }
}

/// What stands in the way of a kind: a release or another label moves no input.
fn can_show(case: &Case<'_>, kind: Kind) -> f64 {
    let about_inputs = ["drift.", "missing.", "unseen.", "out_of_range."];
    let signal = &case.evidence.symptom.signal;
    let inputs = about_inputs.iter().any(|start| signal.starts_with(start)) && signal != "drift.prediction";
    match kind {
        Kind::Release | Kind::LabelChange if inputs => 0.2,
        _ => 1.0,
    }
}

fn finding(case: &Case<'_>, happening: &Happening, faults: &[Finding]) -> Finding {
    let (kind, prior) = prior(&happening.change);
    let columns: Vec<String> = affected(case, happening);
    let shown = faults.iter().filter(|fault| fault.columns.iter().any(|column| columns.contains(column)));
    let shown = shown.map(|fault| fault.strength).fold(0.0, f64::max);
    let near = closeness(case, happening);
    let corroborated = corroborated(kind, shown, !columns.is_empty());
    let idle = columns.is_empty() && !happening.change.columns().is_empty();
    let doubt = if idle { IDLE } else { can_show(case, kind) };
    let strength = (prior * doubt).max(corroborated) * near;
    let when = when(case, happening);
    Finding {
        kind,
        subject: happening.node.clone(),
        title: format!("`{}` {}", happening.node, happening.change),
        explanation: format!("`{}` {}, {when}.", happening.node, happening.change),
        evidence: vec![
            Fact::recorded("when", format!("{} ({when})", happening.at)),
            Fact::recorded("way to the symptom", way(case, happening)),
        ],
        strength,
        importance: if columns.is_empty() { 1.0 } else { case.importance(&columns) },
        cost: if columns.is_empty() { None } else { case.cost_of_columns(&columns) },
        recorded: Some((happening.at, happening.node.clone())),
        columns,
    }
}

/// What the columns add to the evidence. A schema change and the damage it did are one story, and the change is its
/// beginning; an expectation that warns of a column says more than that the column drifted, but less than a fault does.
fn corroborated(kind: Kind, shown: f64, affected: bool) -> f64 {
    match kind {
        Kind::SchemaChange if shown > 0.0 => (shown + 0.02).min(1.0),
        Kind::Expectation if shown == 0.0 && affected => 0.52,
        _ => 0.0,
    }
}

/// The columns it names that are no longer what they were.
fn affected(case: &Case<'_>, happening: &Happening) -> Vec<String> {
    let named = happening.change.columns().into_iter().filter_map(|name| case.column(name));
    named.filter(|column| column.drifted).map(|column| column.name.clone()).collect()
}

/// "2.5 h before the onset".
pub(super) fn when(case: &Case<'_>, happening: &Happening) -> String {
    let micros = case.evidence.symptom.onset.micros().saturating_sub(happening.at.micros());
    let hours = micros as f64 / MICROS_IN_HOUR;
    let side = if hours >= 0.0 { "before" } else { "after" };
    match hours.abs() {
        hours if hours < 48.0 => format!("{hours:.1} h {side} the onset"),
        hours => format!("{:.0} d {side} the onset", hours / 24.0),
    }
}

fn way(case: &Case<'_>, happening: &Happening) -> String {
    let path = case.evidence.lineage.path(&happening.node, &case.evidence.symptom.subject);
    path.unwrap_or_default().join(" → ")
}
