use base::{Diagnostic, Name, nearest};
use serde::Serialize;

use crate::{
    field::{Field, Shape, Word, words},
    names::Names,
    reader::{Node, shown},
};

/// A named endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    /// The model whose champion answers.
    pub model: Name,
    /// How it moves from one version to another.
    pub rollout: Rollout,
}

/// How a service moves from one version to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rollout {
    /// In which steps.
    pub strategy: Strategy,
}

/// In which steps a rollout goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Every request goes to the new version as soon as it is promoted.
    #[default]
    AllAtOnce,
}

impl Word for Strategy {
    const ALL: &'static [Self] = &[Self::AllAtOnce];
    const LATER: &'static [&'static str] = &["shadow", "canary", "blue_green"];

    fn word(self) -> &'static str {
        match self {
            Self::AllAtOnce => "all_at_once",
        }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::required("model", Shape::Text, "The name of the model whose promoted version answers."),
    Field::optional("rollout", Shape::Table(ROLLOUT), "How the service moves from one version to another."),
    Field::later("slo"),
    Field::later("capture"),
];

const ROLLOUT: &[Field] = &[
    Field::optional(
        "strategy",
        Shape::Choice(words::<Strategy>),
        "all_at_once: every request goes to the new version as soon as it is promoted.",
    ),
    Field::later("steps"),
    Field::later("window"),
];

pub(crate) fn read(node: &Node<'_>, names: &Names) -> Option<Service> {
    let section = node.section()?;
    let rollout = section.get("rollout").and_then(|node| node.section());
    let strategy = rollout.and_then(|section| section.word("strategy")).unwrap_or_default();
    let model = model(&section.get("model")?, names)?;
    Some(Service { model, rollout: Rollout { strategy } })
}

fn model(node: &Node<'_>, names: &Names) -> Option<Name> {
    let text = node.text()?;
    let bare = text.strip_prefix("model.").unwrap_or(&text);
    if names.models.contains(bare) {
        return bare.parse().ok();
    }
    let unknown = Diagnostic::error(format!("the model `{}` is not declared", shown(&text)));
    let declared: Vec<&str> = names.models.iter().map(String::as_str).collect();
    let unknown = match declared[..] {
        [] => unknown.expected("a model; declare one: [model.NAME]"),
        [..] => unknown.expected(format!("one of {}", declared.join(", "))),
    };
    node.refuse(match nearest(bare, declared) {
        Some(near) => unknown.hint(format!("did you mean \"{near}\"?")),
        None => unknown,
    });
    None
}
