//! `[tracking]`: how the commands of steps log through MLflow.

use serde::Serialize;

use crate::{
    field::{Field, Shape},
    reader::Node,
};

/// How the commands of steps log through MLflow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tracking {
    /// Whether they log to a spool, which goes on when the server does not.
    pub spool: bool,
}

pub(crate) const FIELDS: &[Field] = &[Field::optional(
    "spool",
    Shape::Flag,
    "Whether what commands log waits on the disk while the server is away or slow; false unless given.",
)];

pub(crate) fn read(node: &Node<'_>) -> Option<Tracking> {
    let section = node.section()?;
    Some(Tracking { spool: section.flag("spool").unwrap_or_default() })
}
