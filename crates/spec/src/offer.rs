//! `[run]`: what the machine offers to steps, when that is not all of it.

use base::Size;
use serde::Serialize;

use crate::{
    field::{Field, Limits, Shape},
    reader::Node,
    step::resources::{MOST, millicpus},
};

/// What the machine offers to steps; what is absent is all that it has.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Offer {
    /// How many steps may run at once; from 1.
    pub jobs: Option<u32>,
    /// Processors, or parts of one; above 0.
    pub cpus: Option<f64>,
    /// Memory.
    pub memory: Option<Size>,
    /// Graphics processors.
    pub gpus: Option<u32>,
}

impl Offer {
    /// The processors in thousandths of one, rounded up.
    pub fn millicpus(&self) -> Option<u64> {
        self.cpus.map(millicpus)
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "jobs",
        Shape::Count(1, MOST),
        "How many steps may run at once; as many as fit unless given.",
    ),
    Field::optional(
        "cpus",
        Shape::Number(Limits::Positive),
        "How many processors the steps may take together; all unless given.",
    ),
    Field::optional("memory", Shape::Size, "How much memory the steps may take together; all unless given."),
    Field::optional(
        "gpus",
        Shape::Count(0, MOST),
        "How many graphics processors the steps may take; all unless given.",
    ),
];

pub(crate) fn read(node: &Node<'_>) -> Option<Offer> {
    let section = node.section()?;
    Some(Offer {
        jobs: section.count("jobs"),
        cpus: section.number("cpus"),
        memory: section.size("memory"),
        gpus: section.count("gpus"),
    })
}
