//! `env` of a step: what its command finds in its environment.

use std::{collections::BTreeMap, fmt};

use base::Diagnostic;
use serde::Serialize;

use super::template::Scope;
use crate::{
    field::{Field, Shape},
    reader::{Node, Section, shown},
};

/// Where the value of a variable of a step's environment comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvValue {
    /// From the project file. It is part of the step's key.
    Value(String),
    /// From where it is kept; only that place is known here. The value is no part of the step's key.
    Secret(SecretPlace),
    /// From the variable of this name in Kaizen's own environment. Its value is part of the step's key.
    From(String),
}

/// Where a secret is kept, written `env:NAME` or `file:PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// In this variable of Kaizen's own environment.
    Env(String),
    /// In the file at this path; relative to the project file unless it is absolute.
    File(String),
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(out, "env:{name}"),
            Self::File(path) => write!(out, "file:{path}"),
        }
    }
}

pub(crate) const SHAPE: Shape = Shape::Variables(&Shape::Either(&Shape::Scalar, &Shape::Table(REFERENCE)));

const REFERENCE: &[Field] = &[
    Field::optional(
        "secret",
        Shape::Text,
        "Where a secret is kept: env:NAME or file:PATH. Its value is shown nowhere and is no part of the key.",
    ),
    Field::optional(
        "from",
        Shape::Text,
        "The variable of Kaizen's own environment to take the value from; it is part of the key.",
    ),
];

const NAME: &str = "letters, digits and `_`, no digit first";

pub(super) fn read(node: &Node<'_>, scope: &Scope) -> BTreeMap<String, EnvValue> {
    let mut variables = BTreeMap::new();
    for (name, node) in node.entries() {
        let value = value(&node, scope);
        if let Some(finding) = problem(name, value.as_ref()) {
            node.refuse(finding);
        } else if let Some(value) = value {
            variables.insert(name.to_owned(), value);
        }
    }
    variables
}

/// Whether this can be the name of a variable of an environment.
pub(crate) fn is_variable(name: &str) -> bool {
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty() && name.chars().all(in_name) && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The value as the name of a variable of the environment.
pub(crate) fn variable(node: &Node<'_>) -> Option<String> {
    let name = node.text()?;
    if is_variable(&name) {
        return Some(name);
    }
    // Not shown: what stands here by mistake may be a secret.
    node.refuse(Diagnostic::error("this is no name of an environment variable").expected(NAME));
    None
}

fn problem(name: &str, value: Option<&EnvValue>) -> Option<Diagnostic> {
    if !is_variable(name) {
        let wrong = Diagnostic::error(format!("`{}` cannot be an environment variable", shown(name)));
        return Some(wrong.expected(NAME));
    }
    if name.starts_with("KAIZEN_") {
        let taken = Diagnostic::error(format!("`{name}` is Kaizen's own: it sets what begins with KAIZEN_"));
        return Some(taken.hint("choose another name"));
    }
    match value {
        Some(EnvValue::Value(text)) if text.contains('\0') => {
            Some(Diagnostic::error("an environment variable cannot hold a NUL character"))
        }
        Some(EnvValue::Value(text))
            if name == "PATH" && !text.split(':').any(|folder| folder.starts_with('/')) =>
        {
            let lost = Diagnostic::error("with this PATH no command is found: it has no absolute directory");
            Some(lost.hint(
                "remove it, take Kaizen's own, { from = \"PATH\" }, or list directories: \"/usr/bin:/bin\"",
            ))
        }
        _ => None,
    }
}

fn value(node: &Node<'_>, scope: &Scope) -> Option<EnvValue> {
    if !node.is_table() {
        return node.scalar_with(|text| scope.text(text)).map(EnvValue::Value);
    }
    let section = node.section()?;
    match (section.get("secret"), section.get("from")) {
        (Some(secret), None) => place(&secret).map(EnvValue::Secret),
        (None, Some(from)) => variable(&from).map(EnvValue::From),
        (Some(_), Some(from)) => {
            let both = Diagnostic::error("the value comes from two places").expected("secret or from");
            from.refuse(both.hint("remove one of the two"));
            None
        }
        (None, None) => absent(&section),
    }
}

fn absent<T>(section: &Section<'_>) -> Option<T> {
    if !section.has_unknown() {
        let nowhere = Diagnostic::error("the value comes from nowhere");
        section.node().refuse(nowhere.expected("{ secret = \"env:NAME\" } or { from = \"NAME\" }"));
    }
    None
}

fn place(node: &Node<'_>) -> Option<SecretPlace> {
    let text = node.text()?;
    let place = match text.split_once(':') {
        Some(("env", name)) if is_variable(name) => Some(SecretPlace::Env(name.to_owned())),
        Some(("file", path)) if !path.is_empty() && !path.chars().any(char::is_control) => {
            Some(SecretPlace::File(path.to_owned()))
        }
        _ => None,
    };
    if place.is_none() {
        // Not shown: it may be the secret itself.
        let wrong = Diagnostic::error("this does not say where the secret is kept");
        let hint = "keep the secret itself out of the project file";
        node.refuse(wrong.expected("\"env:NAME\" or \"file:PATH\"").hint(hint));
    }
    place
}
