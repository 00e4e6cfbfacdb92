//! References to data sets and steps: `data.flights`, `step.features`, or `flights` alone.

use std::{collections::BTreeSet, fmt};

use base::{Diagnostic, Name, nearest};
use serde::Serialize;

use crate::{
    names::Names,
    path,
    reader::{Node, shown},
};

/// What a step reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A data set's snapshot.
    Data(Name),
    /// Another step's output.
    Step(Name),
    /// A file or directory of the project, by its path inside it.
    File(String),
}

/// Where a model's rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A data set.
    Data(Name),
    /// A step's output.
    Step(Name),
}

/// The reference as the project file spells it in full.
impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(name) => write!(out, "data.{name}"),
            Self::Step(name) => write!(out, "step.{name}"),
        }
    }
}

impl From<Source> for Input {
    fn from(source: Source) -> Self {
        match source {
            Source::Data(name) => Self::Data(name),
            Source::Step(name) => Self::Step(name),
        }
    }
}

/// The value as a reference to a declared data set or step.
pub(crate) fn source(node: &Node<'_>, names: &Names) -> Option<Source> {
    let text = node.text()?;
    let source = find(&text, names);
    if source.is_none() {
        node.refuse(undeclared(&text, names));
    }
    source
}

/// The value as a reference, or else as the path of a file.
pub(crate) fn input(node: &Node<'_>, names: &Names) -> Option<Input> {
    let text = node.text()?;
    if let Some(source) = find(&text, names) {
        return Some(source.into());
    }
    let looks_like_reference = ["data.", "step."].iter().any(|kind| text.starts_with(kind));
    if looks_like_reference {
        let mut finding = undeclared(&text, names);
        finding.hint.get_or_insert_with(|| format!("if it is a file, write \"./{}\"", shown(&text)));
        node.refuse(finding);
        return None;
    }
    path::inside(node, &text).map(Input::File)
}

/// The value as the name of a declared thing of this kind, with or without the kind before it.
pub(crate) fn declared(node: &Node<'_>, kind: &str, names: &BTreeSet<String>) -> Option<Name> {
    let text = node.text()?;
    let bare = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&text);
    if names.contains(bare) {
        return bare.parse().ok();
    }
    let unknown = Diagnostic::error(format!("the {kind} `{}` is not declared", shown(&text)));
    let declared: Vec<&str> = names.iter().map(String::as_str).collect();
    let unknown = match declared[..] {
        [] => unknown.expected(format!("a {kind}; declare one: [{kind}.NAME]")),
        [..] => unknown.expected(format!("one of {}", declared.join(", "))),
    };
    node.refuse(match nearest(bare, declared) {
        Some(near) => unknown.hint(format!("did you mean \"{near}\"?")),
        None => unknown,
    });
    None
}

/// The declared thing of this reference. A data set and a step of one name are an error of their own.
fn find(text: &str, names: &Names) -> Option<Source> {
    let (bare, may_be_data, may_be_step) = match text.split_once('.') {
        Some(("data", bare)) => (bare, true, false),
        Some(("step", bare)) => (bare, false, true),
        _ => (text, true, true),
    };
    let name = bare.parse().ok()?;
    if may_be_data && names.data.contains(bare) {
        Some(Source::Data(name))
    } else if may_be_step && names.steps.contains(bare) {
        Some(Source::Step(name))
    } else {
        None
    }
}

fn undeclared(text: &str, names: &Names) -> Diagnostic {
    let data = names.data.iter().map(|name| format!("data.{name}"));
    let declared: Vec<String> = data.chain(names.steps.iter().map(|name| format!("step.{name}"))).collect();
    let diagnostic = Diagnostic::error(format!("`{}` is not declared", shown(text)));
    let diagnostic = match &declared[..] {
        [] => diagnostic.expected("a data set; declare one: [data.NAME]"),
        [..] => diagnostic.expected(format!("one of {}", declared.join(", "))),
    };
    match meant(text, &declared) {
        Some(near) => diagnostic.hint(format!("did you mean \"{near}\"?")),
        None => diagnostic,
    }
}

/// The declared reference that was probably meant: of the same name under the other kind, or of a near name.
fn meant<'a>(text: &str, declared: &'a [String]) -> Option<&'a String> {
    let bare = |text: &'a str| text.split_once('.').map_or(text, |(_, bare)| bare);
    let wanted = match text.split_once('.') {
        Some(("data" | "step", bare)) => bare,
        _ => text,
    };
    let near = nearest(wanted, declared.iter().map(|reference| bare(reference)))?;
    declared.iter().find(|reference| bare(reference) == near)
}
