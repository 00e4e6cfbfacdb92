//! References to data sets and steps, `data.flights`, `step.features` or `flights` alone, and to
//! triggers: `trigger.nightly`.

use std::{collections::BTreeSet, fmt};

use base::{Diagnostic, Name};
use serde::Serialize;

use crate::{
    names::{Names, one_of},
    path,
    reader::{Node, shown},
};

/// What a step reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A data set's snapshot.
    Data(Name),
    /// Another step's output.
    Step(Name),
    /// A file or directory of the project, by its path inside it.
    File(String),
    /// A trigger: the step runs again each time that it fires.
    Trigger(Name),
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
pub(crate) fn source(node: &Node<'_>, names: &Names<'_>) -> Option<Source> {
    let text = node.text()?;
    let source = find(&text, names);
    if source.is_none() {
        node.refuse(undeclared(&text, names));
    }
    source
}

/// The text, which is the value's, as a reference, or else as the path of a file.
pub(crate) fn input(node: &Node<'_>, text: &str, names: &Names<'_>) -> Option<Input> {
    if let Some(bare) = text.strip_prefix("trigger.") {
        return trigger(node, bare, names).map(Input::Trigger);
    }
    if let Some(source) = find(text, names) {
        return Some(source.into());
    }
    let looks_like_reference = ["data.", "step."].iter().any(|kind| text.starts_with(kind));
    if looks_like_reference {
        let mut finding = undeclared(text, names);
        finding.hint.get_or_insert_with(|| format!("if it is a file, write \"./{}\"", shown(text)));
        node.refuse(finding);
        return None;
    }
    path::inside(node, text).map(Input::File)
}

fn trigger(node: &Node<'_>, bare: &str, names: &Names<'_>) -> Option<Name> {
    if names.triggers.contains(bare) {
        return bare.parse().ok();
    }
    let unknown = Diagnostic::error(format!("the trigger `{}` is not declared", shown(bare)));
    let hint = match names.nearest(bare, names.triggers.len(), names.triggers.iter().copied()) {
        Some(near) => format!("did you mean \"trigger.{near}\"?"),
        None => format!("declare it, [trigger.NAME]; if it is a file, write \"./trigger.{}\"", shown(bare)),
    };
    node.refuse(unknown.hint(hint));
    None
}

/// The value as the name of a declared data set, written `data.NAME`.
pub(crate) fn data_set(node: &Node<'_>, text: &str, names: &Names<'_>) -> Option<Name> {
    match find(text, names) {
        Some(Source::Data(name)) => Some(name),
        _ => {
            node.refuse(undeclared(text, names));
            None
        }
    }
}

/// The value as the name of a declared thing of this kind, with or without the kind before it.
pub(crate) fn declared(
    node: &Node<'_>,
    kind: &str,
    declared: &BTreeSet<&str>,
    names: &Names<'_>,
) -> Option<Name> {
    let text = node.text()?;
    let bare = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&text);
    if declared.contains(bare) {
        return bare.parse().ok();
    }
    let unknown = Diagnostic::error(format!("the {kind} `{}` is not declared", shown(&text)));
    let unknown = match declared.len() {
        0 => unknown.expected(format!("a {kind}; declare one: [{kind}.NAME]")),
        _ => unknown.expected(one_of(declared.len(), declared.iter().map(|name| (*name).to_owned()))),
    };
    node.refuse(match names.nearest(bare, declared.len(), declared.iter().copied()) {
        Some(near) => unknown.hint(format!("did you mean \"{near}\"?")),
        None => unknown,
    });
    None
}

/// The declared thing of this reference. A data set and a step of one name are an error of their own.
fn find(text: &str, names: &Names<'_>) -> Option<Source> {
    let (bare, may_be_data, may_be_step) = match text.split_once('.') {
        Some(("data", bare)) => (bare, true, false),
        Some(("step", bare)) => (bare, false, true),
        _ => (text, true, true),
    };
    if may_be_data && names.data.contains(bare) {
        bare.parse().ok().map(Source::Data)
    } else if may_be_step && names.steps.contains(bare) {
        bare.parse().ok().map(Source::Step)
    } else {
        None
    }
}

fn undeclared(text: &str, names: &Names<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("`{}` is not declared", shown(text)));
    let count = names.data.len() + names.steps.len();
    let diagnostic = match count {
        0 => diagnostic.expected("a data set; declare one: [data.NAME]"),
        _ => {
            let declared = names.sources().map(|(kind, name)| format!("{kind}.{name}"));
            diagnostic.expected(one_of(count, declared))
        }
    };
    match meant(text, names) {
        Some((kind, near)) => diagnostic.hint(format!("did you mean \"{kind}.{near}\"?")),
        None => diagnostic,
    }
}

/// The declared reference that was probably meant: of the same name under the other kind, or of a near name.
fn meant<'a>(text: &str, names: &Names<'a>) -> Option<(&'static str, &'a str)> {
    let wanted = match text.split_once('.') {
        Some(("data" | "step", bare)) => bare,
        _ => text,
    };
    let count = names.data.len() + names.steps.len();
    let near = names.nearest(wanted, count, names.sources().map(|(_, name)| name))?;
    names.sources().find(|(_, name)| *name == near)
}
