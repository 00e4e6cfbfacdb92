use base::Name;
use serde::Serialize;

use crate::{
    Capture, Slo,
    field::{Field, Shape, Word, words},
    names::Names,
    reader::Node,
    reference, traffic,
};

/// A named endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    /// The model whose champion answers.
    pub model: Name,
    /// How it moves from one version to another.
    pub rollout: Rollout,
    /// What is kept of its traffic; nothing when capture is off.
    pub capture: Option<Capture>,
    /// What it promises.
    pub slo: Option<Slo>,
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
    Field::optional(
        "capture",
        Shape::Either(&Shape::Flag, &Shape::Table(traffic::CAPTURE)),
        "What is kept of the requests and answers; on when a monitor watches the service, unless given.",
    ),
    Field::optional("slo", Shape::Table(traffic::SLO), "What the service promises; nothing unless given."),
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

/// The service; `is_watched` says whether a monitor watches it.
pub(crate) fn read(node: &Node<'_>, names: &Names<'_>, is_watched: bool) -> Option<Service> {
    let section = node.section()?;
    let rollout = section.get("rollout").and_then(|node| node.section());
    let strategy = rollout.and_then(|section| section.word("strategy")).unwrap_or_default();
    let capture = traffic::capture(section.get("capture").as_ref(), is_watched);
    let slo = section.get("slo").and_then(|node| traffic::slo(&node));
    let model = reference::declared(&section.get("model")?, "model", &names.models, names)?;
    Some(Service { model, rollout: Rollout { strategy }, capture, slo })
}
