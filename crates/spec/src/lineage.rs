//! `[lineage]`: who is told, in OpenLineage's words, what ran on what.

use base::{Diagnostic, Name};
use serde::Serialize;

use crate::{
    field::{Field, Shape},
    reader::{Node, shown},
    url,
};

/// Who is told what ran on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// Where the events go.
    pub to: LineageSink,
    /// The namespace of the steps' names.
    pub namespace: String,
}

/// Where events of lineage go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineageSink {
    /// Into a file, one event a line; relative to the project file unless it is absolute.
    File(String),
    /// To an http or https address, one event a request.
    Url(String),
}

impl Lineage {
    /// The file that the events go into, if they go into one.
    pub(crate) fn file(&self) -> Option<&str> {
        match &self.to {
            LineageSink::File(path) => Some(path),
            LineageSink::Url(_) => None,
        }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::required(
        "openlineage",
        Shape::Text,
        "Where OpenLineage events go: a file, one event a line, or an http or https address.",
    ),
    Field::optional(
        "namespace",
        Shape::Text,
        "The namespace of the steps' names; the project's name unless given.",
    ),
];

pub(crate) fn read(node: &Node<'_>, project: Option<&Name>) -> Option<Lineage> {
    let section = node.section()?;
    let namespace = section.text("namespace").or_else(|| project.map(Name::to_string));
    let to = sink(&section.get("openlineage")?)?;
    Some(Lineage { to, namespace: namespace? })
}

fn sink(node: &Node<'_>) -> Option<LineageSink> {
    let text = node.text()?;
    let problem = match text.contains("://") {
        true => url::any_problem(&text),
        false if text.chars().any(char::is_control) => Some("has a control character"),
        false if text.ends_with('/') => Some("is a directory"),
        false => return Some(LineageSink::File(text)),
    };
    let Some(problem) = problem else { return Some(LineageSink::Url(text)) };
    let wrong = Diagnostic::error(format!("`{}` {problem}", shown(&url::public(&text))));
    node.refuse(wrong.expected("a file such as \"events.jsonl\", or an address such as \"https://lineage.example.com/api/v1/lineage\""));
    None
}
