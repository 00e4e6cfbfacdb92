//! What a service keeps of its traffic and what it promises: `capture` and `slo` of `[service.NAME]`.

use std::time::Duration;

use base::{Diagnostic, Size, Span};
use serde::Serialize;

use crate::{
    field::{Field, Limits, Shape},
    reader::Node,
};

/// What is kept of the requests and answers of a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capture {
    /// The share of requests that is kept, above 0 and at most 1.
    pub rate: f64,
    /// For how long.
    pub keep: Span,
    /// How much storage it may take; the oldest goes first.
    pub max_storage: Size,
}

/// What a service promises: its service level objectives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slo {
    /// The share of requests that is answered, above 0 and below 1.
    pub availability: Option<f64>,
    /// How long 99 of 100 answers take at most.
    pub latency_p99: Option<Span>,
    /// Over which time the promises hold.
    pub period: Span,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Capture {
    fn default() -> Self {
        Self { rate: 1.0, keep: (DAY * 90).into(), max_storage: Size::bytes(2 << 30) }
    }
}

pub(crate) const CAPTURE: &[Field] = &[
    Field::optional(
        "rate",
        Shape::Share(Limits::Closed),
        "The share of requests that is kept, 0 for none; 1 unless given.",
    ),
    Field::optional("keep", Shape::Duration, "For how long they are kept; 90d unless given."),
    Field::optional(
        "max_storage",
        Shape::Size,
        "How much storage they may take, the oldest goes first; 2GiB unless given.",
    ),
];

pub(crate) const SLO: &[Field] = &[
    Field::optional(
        "availability",
        Shape::Share(Limits::Open),
        "The share of requests that is answered, such as 0.999.",
    ),
    Field::optional("latency_p99", Shape::Duration, "How long 99 of 100 answers take at most."),
    Field::optional("period", Shape::Duration, "Over which time the promises hold; 30d unless given."),
];

/// What is captured, on or off as written; on when nothing is written of a service that is watched.
pub(crate) fn capture(node: Option<&Node<'_>>, is_watched: bool) -> Option<Capture> {
    let standard = Capture::default();
    let Some(node) = node else { return is_watched.then_some(standard) };
    if !node.is_table() {
        return node.flag().filter(|on| *on).map(|_| standard);
    }
    let section = node.section()?;
    let capture = Capture {
        rate: section.number("rate").unwrap_or(standard.rate),
        keep: section.duration("keep").unwrap_or(standard.keep),
        max_storage: section.size("max_storage").unwrap_or(standard.max_storage),
    };
    (capture.rate > 0.0).then_some(capture)
}

pub(crate) fn slo(node: &Node<'_>) -> Option<Slo> {
    let section = node.section()?;
    let promises = ["availability", "latency_p99"];
    if !section.has_unknown() && !promises.iter().any(|promise| section.has(promise)) {
        let nothing = Diagnostic::error("nothing is promised");
        node.refuse(nothing.expected(format!("at least one of {}", promises.join(", "))));
    }
    Some(Slo {
        availability: section.number("availability"),
        latency_p99: section.duration("latency_p99"),
        period: section.duration("period").unwrap_or_else(|| (DAY * 30).into()),
    })
}
