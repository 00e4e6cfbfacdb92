use std::collections::BTreeSet;

use plan::Node;

/// What of a project is planned.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// These and what they read; everything when there is none.
    pub targets: BTreeSet<Node>,
    /// Only data sets and steps.
    pub steps_only: bool,
    /// The targets run though nothing they are made from has changed.
    pub force: bool,
    /// Steps with `cache = false` are left alone, as when something is watched.
    pub settled_uncached: bool,
}

impl Request {
    /// Everything, for a loop that looks again and again.
    pub(crate) fn watching() -> Self {
        Self { settled_uncached: true, ..Self::default() }
    }
}
