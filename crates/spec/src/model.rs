use std::collections::BTreeMap;

use base::{Diagnostic, Name};
use serde::Serialize;
use stats::{Metric, Task};

use crate::{
    Data, Gate, Source, Split, Train, Value,
    field::{Field, Shape, words},
    gate, metric,
    names::Names,
    reader::{Node, Section},
    reference,
    split::{self, EventTime},
    train, value,
};

/// A model to train and judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Model {
    /// Where its rows come from.
    pub data: Source,
    /// The column it predicts.
    pub target: String,
    /// What it predicts.
    pub task: Task,
    /// The class a binary model gives the probability of.
    pub positive: Option<String>,
    /// The columns it must not learn from.
    pub exclude: Vec<String>,
    /// The column of the event time: its own, or that of its data set.
    pub time: Option<String>,
    /// How the held-out rows are chosen.
    pub split: Split,
    /// How it is trained.
    pub train: Train,
    /// What it is reported by.
    pub metrics: Vec<Metric>,
    /// What a decision is worth; for binary models.
    pub value: Option<Value>,
    /// When it may replace what serves.
    pub gate: Gate,
}

pub(crate) const FIELDS: &[Field] = &[
    Field::required("data", Shape::Text, "Where the rows come from: data.NAME or step.NAME."),
    Field::required("target", Shape::Text, "The column to predict."),
    Field::required(
        "task",
        Shape::Choice(words::<Task>),
        "What is predicted: one of two classes, one of more, or a number.",
    ),
    Field::optional(
        "positive",
        Shape::Scalar,
        "The class a binary model gives the probability of; \
         true, the larger number or the rarer text unless given.",
    ),
    Field::optional("exclude", Shape::List(&Shape::Column), "Columns the model must not learn from."),
    Field::optional("time", Shape::Text, "The column of the event time; that of the data set unless given."),
    Field::optional("split", Shape::Table(split::FIELDS), "How the held-out rows are chosen."),
    Field::optional("train", Shape::Table(train::FIELDS), "How the model is trained."),
    Field::optional(
        "metrics",
        Shape::List(&Shape::Choice(words::<Metric>)),
        "What the model is reported by; roc_auc and log_loss (binary), log_loss and accuracy (multiclass), \
         rmse and r2 (regression) unless given.",
    ),
    Field::optional(
        "value",
        Shape::Table(value::FIELDS),
        "What a decision of a binary model is worth; a cost is negative.",
    ),
    Field::optional(
        "gate",
        Shape::Table(gate::FIELDS),
        "When the model may replace what serves; on with its default rules unless given.",
    ),
];

pub(crate) fn read(node: &Node<'_>, names: &Names<'_>, data: &BTreeMap<Name, Data>) -> Option<Model> {
    let section = node.section()?;
    let source = section.get("data").and_then(|node| reference::source(&node, names));
    let target = section.text("target");
    let task: Option<Task> = section.word("task");
    let time = section.text("time").or_else(|| inherited(source.as_ref()?, data));
    let split = split::read(section.get("split"), &event_time(&section, source.as_ref(), data));
    let train = match section.get("train") {
        Some(node) => train::read(&node),
        None => Some(Train::default()),
    };
    let metrics = metrics(&section, task);
    let positive = section.get("positive").and_then(|node| node.scalar());
    let value = section.get("value").and_then(|node| value::read(&node));
    let gate = gate::read(section.get("gate"), task, section.has("value"));
    refuse_unless_binary(&section, task);
    refuse_used_target(&section, target.as_deref(), time.as_deref());
    Some(Model {
        data: source?,
        target: target?,
        task: task?,
        positive,
        exclude: section.texts("exclude"),
        time,
        split: split?,
        train: train?,
        metrics: metrics?,
        value,
        gate: gate?,
    })
}

/// The event time of the data set, for a model that reads one directly.
fn inherited(source: &Source, data: &BTreeMap<Name, Data>) -> Option<String> {
    match source {
        Source::Data(name) => data.get(name)?.time.clone(),
        Source::Step(_) => None,
    }
}

fn event_time(section: &Section<'_>, source: Option<&Source>, data: &BTreeMap<Name, Data>) -> EventTime {
    match source {
        _ if section.has("time") => EventTime::Column,
        Some(Source::Step(_)) => EventTime::None,
        Some(Source::Data(name)) => match data.get(name) {
            Some(Data { time: Some(_), .. }) => EventTime::Column,
            Some(_) => EventTime::None,
            None => EventTime::Unknown,
        },
        None => EventTime::Unknown,
    }
}

fn metrics(section: &Section<'_>, task: Option<Task>) -> Option<Vec<Metric>> {
    let Some(list) = section.get("metrics") else { return task.map(metric::standard) };
    let metrics: Vec<_> =
        list.distinct(|item| metric::suited(item, task)).into_iter().map(|(metric, _)| metric).collect();
    if list.items()?.is_empty() {
        list.refuse(Diagnostic::error("the list is empty").hint("remove it to have the task's own metrics"));
    }
    Some(metrics)
}

fn refuse_unless_binary(section: &Section<'_>, task: Option<Task>) {
    let Some(task) = task else { return };
    for field in ["positive", "value"] {
        if task != Task::Binary && section.has(field) {
            let unsuited = Diagnostic::error(format!("`{field}` does not suit a {task} task"));
            section.place(field).refuse(unsuited.hint("remove it, or set task = \"binary\""));
        }
    }
}

fn refuse_used_target(section: &Section<'_>, target: Option<&str>, time: Option<&str>) {
    if target.is_some() && target == time {
        let same = Diagnostic::error("the target is also the event time");
        section.place("target").refuse(same.hint("predict another column, or order by another"));
    }
}
