//! `retry` of a step: what follows when it fails.

use std::time::Duration;

use base::Span;
use serde::Serialize;

use crate::{
    field::{Field, Shape},
    reader::Node,
};

/// What follows when a step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retry {
    /// How often it is tried in all, the first time included; from 1.
    pub attempts: u32,
    /// How long to wait before the second attempt; twice as long before each further one.
    pub backoff: Span,
    /// The exit codes after which it is tried again; empty for after any failure.
    pub on: Vec<u8>,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 1, backoff: Duration::from_secs(1).into(), on: Vec::new() }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::required(
        "attempts",
        Shape::Count(1, 100),
        "How often the step is tried in all, the first time included.",
    ),
    Field::optional(
        "backoff",
        Shape::Duration,
        "How long to wait before the second attempt, twice as long before each further one; 1s unless given.",
    ),
    Field::optional(
        "on",
        Shape::List(&Shape::Count(1, 255)),
        "The exit codes after which it is tried again, such as 75, or 137 for killed; all unless given.",
    ),
];

pub(super) fn read(node: &Node<'_>) -> Option<Retry> {
    let section = node.section()?;
    let on = section.get("on").map(|list| list.distinct(|code| code.count())).unwrap_or_default();
    Some(Retry {
        attempts: section.count("attempts")?,
        backoff: section.duration("backoff").unwrap_or(Retry::default().backoff),
        on: on.into_iter().map(|(code, _)| code).collect(),
    })
}
