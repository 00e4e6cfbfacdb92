//! `[webhook.NAME]`: an address outside that is told of what happens.

use base::Diagnostic;
use serde::Serialize;

use crate::{
    Secret,
    field::{Field, Shape, Word, words},
    reader::{Node, shown},
    secret,
    url::{problem, public},
};

/// An address outside that is told of what happens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Webhook {
    /// Where to: https, or http on this machine.
    pub url: String,
    /// What messages are signed with; at least 16 bytes.
    pub secret: Secret,
    /// Of what.
    pub events: Vec<Topic>,
}

/// What a webhook can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// An incident opens, is confirmed or is resolved.
    Incident,
    /// A ticket opens, changes or closes.
    Ticket,
    /// The gate judges a candidate.
    Verdict,
    /// A service moves to another version.
    Release,
}

impl Word for Topic {
    const ALL: &'static [Self] = &[Self::Incident, Self::Ticket, Self::Verdict, Self::Release];

    fn word(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Ticket => "ticket",
            Self::Verdict => "verdict",
            Self::Release => "release",
        }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::required("url", Shape::Text, "Where to send: an https address, or an http one of this machine."),
    Field::required(
        "secret",
        Shape::Text,
        "What messages are signed with, at least 16 bytes; from the environment: \"${env.NAME}\".",
    ),
    Field::optional(
        "events",
        Shape::List(&Shape::Choice(words::<Topic>)),
        "What to tell of: incident, ticket, verdict, release; all unless given.",
    ),
];

pub(crate) fn read(node: &Node<'_>) -> Option<Webhook> {
    let section = node.section()?;
    let url = section.get("url").and_then(|node| url(&node));
    let secret = secret::read(&section, "secret", "secret");
    let events = events(section.get("events").as_ref());
    Some(Webhook { url: url?, secret: secret?, events })
}

fn url(node: &Node<'_>) -> Option<String> {
    let url = node.text()?;
    let Some(problem) = problem(&url) else { return Some(url) };
    let wrong = Diagnostic::error(format!("`{}` {problem}", shown(&public(&url))));
    node.refuse(wrong.expected("an address such as \"https://hooks.example.com/kaizen\""));
    None
}

fn events(node: Option<&Node<'_>>) -> Vec<Topic> {
    let Some(node) = node else { return Topic::ALL.to_vec() };
    if node.items().is_some_and(|items| items.is_empty()) {
        node.refuse(Diagnostic::error("the list is empty").hint("remove it to be told of everything"));
    }
    node.distinct(|item| item.word()).into_iter().map(|(topic, _)| topic).collect()
}
