//! `[model.NAME.gate]`: the policy by which a trained model may serve. The gate crate judges by it.

use base::{Diagnostic, Span};
use serde::Serialize;
use stats::{Metric, Task};

use crate::{
    field::{Field, Limits, Shape, words},
    metric::suited,
    reader::{Node, Section},
};

/// When a model may replace what serves. The first two rules hold unless they are switched off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// It must beat a constant prediction.
    pub beat_baseline: Option<Beat>,
    /// It must not be worse than the champion.
    pub no_worse_than_champion: Option<NoWorse>,
    /// The columns in each of whose values it must not be worse either.
    pub slices: Vec<String>,
    /// The longest that 99 of 100 one-row predictions may take.
    pub max_latency_p99: Option<Span>,
    /// The least worth of 1,000 decisions, by the model's value matrix.
    pub min_value_per_1000: Option<f64>,
}

/// A better metric, by at least so much.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beat {
    /// The metric.
    pub metric: Metric,
    /// By how much, in the metric's unit and towards the better.
    pub by: f64,
}

/// A metric that is not worse by more than a margin, with confidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoWorse {
    /// The metric.
    pub metric: Metric,
    /// How much worse is still taken as equal, in the metric's unit.
    pub margin: f64,
    /// The confidence, above 0 and below 1.
    pub confidence: f64,
}

const CONFIDENCE: f64 = 0.95;

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "beat_baseline",
        Shape::Either(&Shape::Flag, &Shape::Table(BEAT)),
        "How much better than a constant the model must be; on unless false. \
         By default roc_auc by 0.02 (binary), log_loss by 0.01 (multiclass), r2 by 0.02 (regression).",
    ),
    Field::optional(
        "no_worse_than_champion",
        Shape::Either(&Shape::Flag, &Shape::Table(NO_WORSE)),
        "How much worse than the serving model it may be; on unless false. \
         By default log_loss within 0.005 (classes) or r2 within 0.01 (regression), with confidence 0.95.",
    ),
    Field::optional(
        "slices",
        Shape::List(&Shape::Column),
        "Columns in each of whose values the model must not be worse than the champion.",
    ),
    Field::optional(
        "max_latency_p99",
        Shape::Duration,
        "The longest that 99 of 100 one-row predictions may take.",
    ),
    Field::optional(
        "min_value_per_1000",
        Shape::Number(Limits::Any),
        "The least worth of 1,000 decisions; needs the model's value.",
    ),
];

const BEAT: &[Field] = &[
    Field::optional(
        "metric",
        Shape::Choice(words::<Metric>),
        "The metric; roc_auc (binary), log_loss (multiclass) or r2 (regression) unless given.",
    ),
    Field::optional(
        "by",
        Shape::Number(Limits::NotNegative),
        "By how much; needed for rmse and mae, whose unit is the target's.",
    ),
];

const NO_WORSE: &[Field] = &[
    Field::optional(
        "metric",
        Shape::Choice(words::<Metric>),
        "The metric; log_loss (classes) or r2 (regression) unless given.",
    ),
    Field::optional(
        "margin",
        Shape::Number(Limits::NotNegative),
        "How much worse is still taken as equal; needed for rmse and mae, whose unit is the target's.",
    ),
    Field::optional("confidence", Shape::Share(Limits::Open), "The confidence; 0.95 unless given."),
];

/// The gate of a model for this task, from its table if it has one.
///
/// While the task is unknown the table is read for its errors alone.
pub(crate) fn read(node: Option<Node<'_>>, task: Option<Task>, has_value: bool) -> Option<Gate> {
    let Some(node) = node else { return task.map(standard) };
    let section = node.section()?;
    let beat_baseline =
        rule(&section, "beat_baseline", task.map(standard_beat), |node| read_beat(node, task));
    let no_worse = rule(&section, "no_worse_than_champion", task.map(standard_no_worse), |node| {
        read_no_worse(node, task)
    });
    let min_value_per_1000 = section.number("min_value_per_1000");
    if min_value_per_1000.is_some() && !has_value {
        let no_value = Diagnostic::error("`min_value_per_1000` needs the worth of a decision");
        let hint = "say it in the model's table: value = { true_positive = …, false_positive = … }";
        section.place("min_value_per_1000").refuse(no_value.hint(hint));
    }
    Some(Gate {
        beat_baseline,
        no_worse_than_champion: no_worse,
        slices: section.texts("slices"),
        max_latency_p99: section.duration("max_latency_p99"),
        min_value_per_1000,
    })
}

fn standard(task: Task) -> Gate {
    Gate {
        beat_baseline: Some(standard_beat(task)),
        no_worse_than_champion: Some(standard_no_worse(task)),
        slices: Vec::new(),
        max_latency_p99: None,
        min_value_per_1000: None,
    }
}

/// R² for regression, because it has no unit: a constant has 0 of it whatever the target.
fn standard_beat(task: Task) -> Beat {
    let metric = match task {
        Task::Binary => Metric::RocAuc,
        Task::Multiclass => Metric::LogLoss,
        Task::Regression => Metric::R2,
    };
    Beat { metric, by: standard_by(metric).expect("these metrics have no unit") }
}

fn standard_no_worse(task: Task) -> NoWorse {
    let metric = if task == Task::Regression { Metric::R2 } else { Metric::LogLoss };
    let margin = standard_margin(metric).expect("these metrics have no unit");
    NoWorse { metric, margin, confidence: CONFIDENCE }
}

/// By how much a metric must be better unless the file says; nothing where it is in the target's unit.
fn standard_by(metric: Metric) -> Option<f64> {
    match metric {
        Metric::Rmse | Metric::Mae => None,
        Metric::RocAuc | Metric::R2 => Some(0.02),
        _ => Some(0.01),
    }
}

/// How much worse a metric may be unless the file says; nothing where it is in the target's unit.
fn standard_margin(metric: Metric) -> Option<f64> {
    match metric {
        Metric::Rmse | Metric::Mae => None,
        Metric::LogLoss => Some(0.005),
        _ => Some(0.01),
    }
}

/// A rule that holds unless it is `false`: absent or `true` as usual, or in a table of its own.
fn rule<T>(
    section: &Section<'_>,
    name: &str,
    standard: Option<T>,
    read: impl Fn(&Node<'_>) -> Option<T>,
) -> Option<T> {
    match section.get(name) {
        None => standard,
        Some(node) if node.is_table() => read(&node),
        Some(node) => node.flag().filter(|on| *on).and(standard),
    }
}

fn read_beat(node: &Node<'_>, task: Option<Task>) -> Option<Beat> {
    let section = node.section()?;
    let metric = metric(&section, task, |task| standard_beat(task).metric);
    let by = amount(&section, "by", metric, standard_by);
    Some(Beat { metric: metric?, by: by? })
}

fn read_no_worse(node: &Node<'_>, task: Option<Task>) -> Option<NoWorse> {
    let section = node.section()?;
    let metric = metric(&section, task, |task| standard_no_worse(task).metric);
    let margin = amount(&section, "margin", metric, standard_margin);
    let confidence = section.number("confidence").unwrap_or(CONFIDENCE);
    Some(NoWorse { metric: metric?, margin: margin?, confidence })
}

fn metric(section: &Section<'_>, task: Option<Task>, standard: fn(Task) -> Metric) -> Option<Metric> {
    match section.get("metric") {
        Some(node) => suited(&node, task),
        None => task.map(standard),
    }
}

fn amount(
    section: &Section<'_>,
    name: &str,
    metric: Option<Metric>,
    standard: fn(Metric) -> Option<f64>,
) -> Option<f64> {
    if section.has(name) {
        return section.number(name);
    }
    let metric = metric?;
    let amount = standard(metric);
    if amount.is_none() {
        let reason = format!("{metric} is in the target's unit, so it has no default");
        section.refuse_absent(name, Limits::NotNegative.expected(), &reason);
    }
    amount
}
