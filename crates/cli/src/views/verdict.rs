//! The gate's verdict: in short after a pass, in full for `kaizen why`.

use std::collections::BTreeMap;

use gate::{Check, Decision, Evaluation, Status, Terms, Verdict};
use plan::Node;
use stats::{Estimate, Metric};

use super::table::aligned;

type Figures = BTreeMap<Metric, Option<Estimate>>;

/// The decision, the metrics that were asked for, and the checks.
pub(crate) fn short(model: &Node, verdict: &Verdict, terms: &Terms) -> String {
    let rows = verdict.evaluation.rows;
    let mut text = format!("verdict on {model}: {} (on {rows} held-out rows)\n", decision(verdict.decision));
    let asked = |metric: &Metric| terms.metrics.contains(metric);
    text.push_str(&metrics(&verdict.evaluation, asked));
    text.push_str(&checks(&verdict.checks));
    text
}

/// Everything that was measured.
pub(crate) fn full(model: &Node, verdict: &Verdict, terms: &Terms) -> String {
    let evaluation = &verdict.evaluation;
    let mut text = format!("verdict on {model}: {}\n", decision(verdict.decision));
    text.push_str(&format!("  {} held-out rows", evaluation.rows));
    for (class, rows) in terms.classes.iter().zip(&evaluation.class_rows) {
        text.push_str(&format!(", {rows} `{class}`"));
    }
    text.push('\n');
    text.push_str(&metrics(evaluation, |_| true));
    text.push_str(&checks(&verdict.checks));
    text.push_str(&calibration(evaluation));
    text.push_str(&confusion(evaluation, terms));
    text.push_str(&value(evaluation));
    text.push_str(&slices(evaluation));
    if let Some(latency) = &evaluation.latency {
        let (p50, p99, of) = (latency.p50_ms, latency.p99_ms, latency.predictions);
        text.push_str(&format!(
            "latency of one row: p50 {p50:.3} ms, p99 {p99:.3} ms over {of} predictions\n"
        ));
    }
    text
}

pub(crate) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Promote => "promote",
        Decision::Hold => "hold",
        Decision::Reject => "reject",
    }
}

fn metrics(evaluation: &Evaluation, shown: impl Fn(&Metric) -> bool) -> String {
    let mut rows = vec![vec!["metric".to_owned(), "candidate [95 %]".to_owned(), "baseline".to_owned()]];
    if evaluation.champion.is_some() {
        rows[0].push("champion".to_owned());
    }
    for (metric, own) in evaluation.candidate.iter().filter(|(metric, _)| shown(metric)) {
        let other = |figures: &Figures| value_of(figures.get(metric).copied().flatten());
        let mut row = vec![metric.to_string(), with_interval(*own), other(&evaluation.baseline)];
        row.extend(evaluation.champion.as_ref().map(other));
        rows.push(row);
    }
    aligned(&rows, 2)
}

fn with_interval(estimate: Option<Estimate>) -> String {
    estimate.map_or("undefined".to_owned(), |estimate| {
        format!("{:.4} [{:.4}, {:.4}]", estimate.value, estimate.lower, estimate.upper)
    })
}

fn value_of(estimate: Option<Estimate>) -> String {
    estimate.map_or("undefined".to_owned(), |estimate| format!("{:.4}", estimate.value))
}

fn checks(checks: &[Check]) -> String {
    let row = |check: &Check| {
        let status = match check.status {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Undecided => "undecided",
            Status::Reported => "reported",
        };
        vec![check.name.clone(), status.to_owned(), check.explanation.clone()]
    };
    aligned(&checks.iter().map(row).collect::<Vec<_>>(), 2)
}

fn calibration(evaluation: &Evaluation) -> String {
    let Some(calibration) = &evaluation.calibration else { return String::new() };
    let error = calibration.error.map_or("undefined".to_owned(), |error| format!("{error:.4}"));
    let mut rows = vec![vec!["predicted".to_owned(), "observed".to_owned(), "rows".to_owned()]];
    for bin in &calibration.curve {
        rows.push(vec![
            format!("{:.3}", bin.predicted),
            format!("{:.3}", bin.observed),
            bin.rows.to_string(),
        ]);
    }
    format!("calibration: expected error {error}\n{}", aligned(&rows, 2))
}

fn confusion(evaluation: &Evaluation, terms: &Terms) -> String {
    let (Some(confusion), [negative, positive]) = (&evaluation.confusion, terms.classes.as_slice()) else {
        return String::new();
    };
    let threshold = evaluation.threshold.unwrap_or(0.5);
    let share = |share: Option<f64>| share.map_or("undefined".to_owned(), |share| format!("{share:.3}"));
    let rows = vec![
        vec![String::new(), format!("said `{positive}`"), format!("said `{negative}`")],
        vec![
            format!("was `{positive}`"),
            confusion.true_positive.to_string(),
            confusion.false_negative.to_string(),
        ],
        vec![
            format!("was `{negative}`"),
            confusion.false_positive.to_string(),
            confusion.true_negative.to_string(),
        ],
    ];
    let (precision, recall) = (share(confusion.precision()), share(confusion.recall()));
    format!("decisions at {threshold:.3}: precision {precision}, recall {recall}\n{}", aligned(&rows, 2))
}

fn value(evaluation: &Evaluation) -> String {
    let Some(worth) = &evaluation.value else { return String::new() };
    let own = &worth.candidate;
    let champion =
        worth.champion.map_or(String::new(), |champion| format!(", the champion's {:.2}", champion.value));
    format!(
        "value of 1,000 decisions: {:.2} {} [{:.2}, {:.2}], deciding alike for all {:.2}{champion}\n",
        own.value, worth.currency, own.lower, own.upper, worth.baseline.value,
    )
}

fn slices(evaluation: &Evaluation) -> String {
    if evaluation.slices.is_empty() {
        return String::new();
    }
    let mut rows = Vec::new();
    for slice in &evaluation.slices {
        let value = if slice.value.is_empty() { "(missing)" } else { &slice.value };
        let better =
            slice.better.map_or("too small to judge".to_owned(), |better| format!("{:+.4}", better.value));
        rows.push(vec![
            format!("{} = {value}", slice.column),
            format!("{} rows", slice.rows),
            format!("{} {}", slice.metric, with_interval(slice.candidate)),
            better,
        ]);
    }
    let rival = if evaluation.champion.is_some() { "champion" } else { "baseline" };
    format!("slices, and how much better than the {rival}:\n{}", aligned(&rows, 2))
}
