//! `each` of a step: a fan-out, one instance for each combination of values or each file.

use base::{Diagnostic, Name};
use serde::Serialize;

use super::variables::is_variable;
use crate::{
    field::{Field, Shape},
    names::Names,
    path,
    reader::{Node, shown},
    reference,
};

/// What a step is run for, once each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Every combination of the values of these parameters, in the order of the file.
    Parameters(Vec<Parameter>),
    /// Every one of these files.
    Files(Pattern),
}

/// A parameter of a fan-out with its values, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// What it is called: `${each.NAME}`.
    pub name: String,
    /// Its values, each once; one at least.
    pub values: Vec<String>,
}

/// The files that a fan-out goes over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Those of a data set's source.
    Data(Name),
    /// Those of the project that match this glob.
    Glob(String),
}

/// The most instances that all fan-outs of a project may have together.
pub(crate) const MOST_INSTANCES: usize = 100_000;

/// The names that stand for the file of an instance.
const OF_FILES: [&str; 2] = ["file", "name"];

pub(super) const FILES: Shape = Shape::Table(&[Field::required(
    "file",
    Shape::Text,
    "One instance for each file: data.NAME, or a glob of the project such as inputs/*.csv.",
)]);
pub(super) const PARAMETERS: Shape = Shape::Variables(&Shape::List(&Shape::Scalar));

impl Each {
    /// The names that `${each.NAME}` may have.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let (parameters, files): (&[Parameter], &[&str]) = match self {
            Self::Parameters(parameters) => (parameters, &[]),
            Self::Files(_) => (&[], &OF_FILES),
        };
        parameters.iter().map(|parameter| parameter.name.as_str()).chain(files.iter().copied())
    }

    /// A name that tells instances apart and is missing among these.
    pub(super) fn missing_among(&self, used: &[String]) -> Option<&str> {
        let is_used = |name: &str| used.iter().any(|used| used == name);
        match self {
            Self::Parameters(parameters) => {
                let varied = parameters.iter().filter(|parameter| parameter.values.len() > 1);
                varied.map(|parameter| parameter.name.as_str()).find(|name| !is_used(name))
            }
            Self::Files(_) => (!OF_FILES.iter().any(|name| is_used(name))).then_some("name"),
        }
    }
}

pub(super) fn read(node: &Node<'_>, names: &Names<'_>) -> Option<Each> {
    if node.has_key("file") {
        let files = node.of(&FILES).section()?.get("file")?;
        return pattern(&files, names).map(Each::Files);
    }
    if !node.is_table() {
        return node.wrong_type();
    }
    let parameters: Vec<Option<Parameter>> =
        node.of(&PARAMETERS).entries().iter().map(|(name, list)| parameter(name, list)).collect();
    if parameters.is_empty() {
        let nothing = Diagnostic::error("the fan-out goes over nothing");
        node.refuse(nothing.expected("{ NAME = [ … ] } or { file = \"inputs/*.csv\" }"));
        return None;
    }
    let parameters: Vec<Parameter> = parameters.into_iter().collect::<Option<_>>()?;
    let count =
        parameters.iter().map(|parameter| parameter.values.len()).fold(1_usize, usize::saturating_mul);
    if count > MOST_INSTANCES {
        let many = Diagnostic::error(format!("{count} instances are too many"));
        node.refuse(many.expected(format!("at most {MOST_INSTANCES}")));
        return None;
    }
    Some(Each::Parameters(parameters))
}

fn pattern(node: &Node<'_>, names: &Names<'_>) -> Option<Pattern> {
    let text = node.text()?;
    if text.starts_with("data.") {
        return reference::data_set(node, &text, names).map(Pattern::Data);
    }
    path::inside(node, &text).map(Pattern::Glob)
}

fn parameter(name: &str, list: &Node<'_>) -> Option<Parameter> {
    if let Some(finding) = problem(name) {
        list.refuse(finding);
        return None;
    }
    let count = list.items()?.len();
    if count == 0 {
        list.refuse(Diagnostic::error("the list is empty").hint("without a value there is no instance"));
        return None;
    }
    let values: Vec<String> = list.distinct(value).into_iter().map(|(value, _)| value).collect();
    (values.len() == count).then(|| Parameter { name: name.to_owned(), values })
}

fn value(item: &Node<'_>) -> Option<String> {
    let value = item.scalar()?;
    if value.contains('\0') {
        item.refuse(Diagnostic::error("neither a command nor a path can hold a NUL character"));
        return None;
    }
    Some(value)
}

fn problem(name: &str) -> Option<Diagnostic> {
    if !is_variable(name) {
        let wrong = Diagnostic::error(format!("`{}` cannot be a parameter", shown(name)));
        return Some(wrong.expected("letters, digits and `_`, no digit first"));
    }
    if name == "name" {
        let taken = Diagnostic::error("`name` stands for a file's name: it cannot be a parameter");
        return Some(taken.hint("choose another name"));
    }
    None
}
