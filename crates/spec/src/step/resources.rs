//! `resources` of a step: what it takes of the machine while it runs.

use base::Size;
use serde::Serialize;

use crate::{
    field::{Field, Limits, Shape},
    reader::Node,
};

/// What a step takes of the machine while it runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resources {
    /// Processors, or parts of one.
    pub cpus: f64,
    /// Memory; it is not limited when absent.
    pub memory: Option<Size>,
    /// Graphics processors.
    pub gpus: u32,
}

impl Default for Resources {
    fn default() -> Self {
        Self { cpus: 1.0, memory: None, gpus: 0 }
    }
}

impl Resources {
    /// The processors in thousandths of one, rounded up.
    pub fn millicpus(&self) -> u64 {
        millicpus(self.cpus)
    }
}

/// Processors in thousandths of one, rounded up; but 0.1 is 100, whatever its binary form.
pub(crate) fn millicpus(cpus: f64) -> u64 {
    // A cast saturates, and the reader lets nothing negative through.
    (cpus * 1000.0 - 1e-6).ceil().max(0.0) as u64
}

/// More than any machine of today has of either.
pub(crate) const MOST: u64 = 65_536;

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "cpus",
        Shape::Number(Limits::NotNegative),
        "How many processors the step takes, such as 4 or 0.5; 1 unless given.",
    ),
    Field::optional(
        "memory",
        Shape::Size,
        "How much memory the step takes, and may take; not limited unless given.",
    ),
    Field::optional("gpus", Shape::Count(0, MOST), "How many graphics processors it takes; 0 unless given."),
];

pub(super) fn read(node: &Node<'_>) -> Option<Resources> {
    let section = node.section()?;
    let standard = Resources::default();
    Some(Resources {
        cpus: section.number("cpus").unwrap_or(standard.cpus),
        memory: section.size("memory"),
        gpus: section.count("gpus").unwrap_or(standard.gpus),
    })
}

#[cfg(test)]
mod tests {
    use super::millicpus;

    #[test]
    fn parts_of_a_processor_are_counted_in_thousandths() {
        for (cpus, thousandths) in [(0.0, 0), (0.1, 100), (0.3, 300), (1.0, 1000), (0.0001, 1), (2.5, 2500)] {
            assert_eq!(millicpus(cpus), thousandths, "{cpus}");
        }
    }
}
