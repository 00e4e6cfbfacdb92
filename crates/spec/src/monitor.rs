//! `[monitor.NAME]`: the watch over a service, and what follows when something is wrong.

use std::time::Duration;

use base::{Diagnostic, Name, Span, nearest};
use serde::Serialize;

use crate::{
    Labels, Retrain,
    field::{Field, Limits, Shape, Word, words},
    labels,
    names::Names,
    reader::Node,
    reference, retrain,
};

/// A watch over a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Monitor {
    /// The service.
    pub service: Name,
    /// How long each window of traffic is, in event time.
    pub window: Span,
    /// The model input that holds the event time; the time of receipt when absent.
    pub time: Option<String>,
    /// When a column counts as drifted.
    pub drift: Drift,
    /// How the true values come.
    pub labels: Labels,
    /// What follows when an incident is confirmed.
    pub on_confirmed: Vec<Response>,
    /// When the model is retrained, and what holds it back.
    pub retrain: Retrain,
}

/// When a column counts as drifted: the effect is large and the evidence is strong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Which statistics decide.
    pub tests: Tests,
    /// The share of false alarms among the columns that are called drifted, above 0 and below 1.
    pub false_discovery_rate: f64,
    /// The least effect that matters, in the unit of the test's effect measure.
    pub min_effect: f64,
}

/// Which statistics decide about a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tests {
    /// Chosen by the column's type and the number of rows.
    Auto,
}

/// What follows when an incident is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// A ticket is opened.
    Ticket,
    /// The model is to be retrained, unless a brake holds.
    Retrain,
}

impl Default for Drift {
    fn default() -> Self {
        Self { tests: Tests::Auto, false_discovery_rate: 0.01, min_effect: 0.1 }
    }
}

impl Word for Tests {
    const ALL: &'static [Self] = &[Self::Auto];

    fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
        }
    }
}

impl Word for Response {
    const ALL: &'static [Self] = &[Self::Ticket, Self::Retrain];

    fn word(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Retrain => "retrain",
        }
    }
}

const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// In less there is too little traffic to say anything of.
const SHORTEST_WINDOW: Duration = Duration::from_secs(60);

pub(crate) const FIELDS: &[Field] = &[
    Field::optional("service", Shape::Text, "The service to watch; that of the same name unless given."),
    Field::optional(
        "window",
        Shape::Duration,
        "How long each window of traffic is, in event time; 1d unless given.",
    ),
    Field::optional(
        "time",
        Shape::Text,
        "The model input that holds the event time; the time of receipt unless given.",
    ),
    Field::optional("drift", Shape::Table(DRIFT), "When a column counts as drifted."),
    Field::optional("labels", Shape::Table(labels::FIELDS), "How the true values come; also by POST."),
    Field::optional(
        "on_confirmed",
        Shape::List(&Shape::Choice(words::<Response>)),
        "What follows when an incident is confirmed; a ticket and a retraining unless given.",
    ),
    Field::optional(
        "retrain",
        Shape::Table(retrain::FIELDS),
        "When the model is retrained, and what holds it back.",
    ),
];

const DRIFT: &[Field] = &[
    Field::optional(
        "tests",
        Shape::Choice(words::<Tests>),
        "auto: the statistics are chosen by the column's type and the number of rows.",
    ),
    Field::optional(
        "false_discovery_rate",
        Shape::Share(Limits::Open),
        "The share of false alarms among the columns called drifted; 0.01 unless given.",
    ),
    Field::optional(
        "min_effect",
        Shape::Number(Limits::NotNegative),
        "The least effect that matters; 0.1 unless given.",
    ),
];

/// The monitor of this name.
pub(crate) fn read(name: &Name, node: &Node<'_>, names: &Names<'_>) -> Option<Monitor> {
    let section = node.section()?;
    let service = match section.get("service") {
        Some(node) => reference::declared(&node, "service", &names.services, names),
        None => namesake(name, node, names),
    };
    let window = section.duration("window").unwrap_or_else(|| WINDOW.into());
    if window.get() < SHORTEST_WINDOW {
        let short = Diagnostic::error(format!("a window of {window} is too short"));
        section.place("window").refuse(short.expected("a duration of at least 1m"));
    }
    let drift = match section.get("drift") {
        Some(node) => drift(&node),
        None => Some(Drift::default()),
    };
    let labels = section.get("labels").map_or_else(|| Some(Labels::default()), |node| labels::read(&node));
    let retrain =
        section.get("retrain").map_or_else(|| Some(Retrain::default()), |node| retrain::read(&node));
    Some(Monitor {
        service: service?,
        window,
        time: section.text("time"),
        drift: drift?,
        labels: labels?,
        on_confirmed: responses(section.get("on_confirmed").as_ref()),
        retrain: retrain?,
    })
}

/// The service of the same name.
fn namesake(name: &Name, node: &Node<'_>, names: &Names<'_>) -> Option<Name> {
    if names.services.contains(name.as_str()) {
        return Some(name.clone());
    }
    let none = Diagnostic::error(format!("there is no service `{name}` to watch"));
    let services = || names.services.iter().copied();
    let hint = match nearest(name.as_str(), services()).or(services().next()) {
        Some(service) => format!("name the service: service = \"{service}\""),
        None => format!("declare one: [service.{name}]"),
    };
    node.refuse(none.hint(hint));
    None
}

fn drift(node: &Node<'_>) -> Option<Drift> {
    let section = node.section()?;
    let standard = Drift::default();
    Some(Drift {
        tests: section.word("tests").unwrap_or(standard.tests),
        false_discovery_rate: section.number("false_discovery_rate").unwrap_or(standard.false_discovery_rate),
        min_effect: section.number("min_effect").unwrap_or(standard.min_effect),
    })
}

fn responses(node: Option<&Node<'_>>) -> Vec<Response> {
    match node {
        None => Response::ALL.to_vec(),
        Some(node) => node.distinct(|item| item.word()).into_iter().map(|(response, _)| response).collect(),
    }
}
