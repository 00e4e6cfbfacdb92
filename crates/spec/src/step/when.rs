//! `when` of a step: the condition without which it is skipped.

use base::{Diagnostic, Name};
use serde::Serialize;

use super::variables;
use crate::{
    Input,
    field::{Field, Limits, Shape},
    names::Names,
    reader::{Node, Section},
    reference,
};

/// The condition without which a step is skipped.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// A variable of Kaizen's own environment is set, and not empty.
    Environment {
        /// The variable.
        name: String,
        /// The value that it must have; any when absent.
        is: Option<String>,
    },
    /// A number that another step wrote to its metrics is within bounds, ends included; one at least is given.
    Metric {
        /// The step that wrote it; it is among what this step reads.
        step: Name,
        /// Its name in the file: its keys from the top, joined by `.`.
        metric: String,
        /// The least that will do.
        min: Option<f64>,
        /// The most that will do.
        max: Option<f64>,
    },
}

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "env",
        Shape::Text,
        "The variable of Kaizen's own environment that must be set. Either env or step.",
    ),
    Field::optional("is", Shape::Scalar, "The value that the variable must have; any unless given."),
    Field::optional("step", Shape::Text, "The step whose metrics decide. Either env or step."),
    Field::optional("metric", Shape::Text, "The metric of that step that decides."),
    Field::optional("min", Shape::Number(Limits::Any), "The least that the metric must be."),
    Field::optional("max", Shape::Number(Limits::Any), "The most that the metric may be."),
];

pub(super) fn read(node: &Node<'_>, names: &Names<'_>) -> Option<When> {
    let section = node.section()?;
    match (section.has("env"), section.has("step")) {
        (true, false) => environment(&section),
        (false, true) => metric(&section, names),
        (true, true) => {
            let both = Diagnostic::error("`env` and `step` are two conditions").expected("one of the two");
            section.place("step").refuse(both);
            None
        }
        (false, false) if section.has_unknown() => None,
        (false, false) => {
            let nothing = Diagnostic::error("the condition asks for nothing");
            node.refuse(nothing.expected(
                "{ env = \"CI\", is = \"true\" } or { step = \"evaluate\", metric = \"accuracy\", min = 0.9 }",
            ));
            None
        }
    }
}

fn environment(section: &Section<'_>) -> Option<When> {
    refuse(section, &["metric", "min", "max"], "step");
    let is = section.get("is").and_then(|node| node.scalar());
    Some(When::Environment { name: variables::variable(&section.get("env")?)?, is })
}

fn metric(section: &Section<'_>, names: &Names<'_>) -> Option<When> {
    refuse(section, &["is"], "env");
    let step = reference::declared(&section.get("step")?, "step", &names.steps, names);
    let (min, max) = (section.number("min"), section.number("max"));
    if !section.has("metric") {
        section.refuse_absent("metric", "text in quotes", "name the number that decides");
    }
    if !section.has("min") && !section.has("max") && !section.has_unknown() {
        let unbounded = Diagnostic::error("any value will do").expected("min, max, or both");
        section.place("metric").refuse(unbounded);
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        let never = Diagnostic::error("no value is at least `min` and at most `max`");
        section.place("max").refuse(never.expected(format!("a number from {min}")));
    }
    Some(When::Metric { step: step?, metric: section.text("metric")?, min, max })
}

/// These fields belong to the other condition.
fn refuse(section: &Section<'_>, fields: &[&str], other: &str) {
    for field in fields.iter().filter(|field| section.has(field)) {
        let stray = Diagnostic::error(format!("`{field}` goes with `{other}`"));
        section.place(field).refuse(stray.hint("remove it"));
    }
}

/// The condition's step is one more that the step reads.
pub(super) fn add_read(when: Option<&When>, reads: &mut Vec<Input>) {
    let Some(When::Metric { step, .. }) = when else { return };
    let read = Input::Step(step.clone());
    if !reads.contains(&read) {
        reads.push(read);
    }
}
