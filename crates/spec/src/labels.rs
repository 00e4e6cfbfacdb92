//! `[monitor.NAME.labels]`: how the true values of what a service predicted come.

use base::{Diagnostic, Span};
use serde::Serialize;

use crate::{
    field::{Field, Shape},
    path,
    reader::{Node, Section},
};

/// How the true values come, besides by POST.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Labels {
    /// Path, glob or directory of files of labels.
    pub source: Option<String>,
    /// The column of `source` with the request's id; there is one when there is a source.
    pub key: Option<String>,
    /// The column of the true value; the model's target when absent.
    pub value: Option<String>,
    /// The column of the time at which the label is known.
    pub time: Option<String>,
    /// How long after the event a label is known when no column says it.
    pub delay: Option<Span>,
}

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "source",
        Shape::Text,
        "Path, glob or directory of files of labels, relative to the project file.",
    ),
    Field::optional("key", Shape::Text, "The column of the source with the request's id."),
    Field::optional("value", Shape::Text, "The column of the true value; the model's target unless given."),
    Field::optional("time", Shape::Text, "The column of the time at which the label is known."),
    Field::optional(
        "delay",
        Shape::Duration,
        "How long after the event a label is known when no column says it.",
    ),
];

pub(crate) fn read(node: &Node<'_>) -> Option<Labels> {
    let section = node.section()?;
    let source = section.get("source").and_then(|node| path::local(&node));
    refuse_half_a_join(&section);
    Some(Labels {
        source,
        key: section.text("key"),
        value: section.text("value"),
        time: section.text("time"),
        delay: section.duration("delay"),
    })
}

/// Files of labels are joined to requests by a key, and only they are.
fn refuse_half_a_join(section: &Section<'_>) {
    match (section.has("source"), section.has("key")) {
        (true, false) if !section.has_unknown() => {
            let hint = "name the column of `source` that holds the request's id";
            section.refuse_absent("key", "text in quotes", hint);
        }
        (false, true) if !section.has_unknown() => {
            let alone = Diagnostic::error("`key` is a column of `source`, and there is none");
            section
                .place("key")
                .refuse(alone.hint("add source = \"…\", or remove `key`: a POST names the id"));
        }
        _ => {}
    }
}
