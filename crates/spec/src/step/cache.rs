//! `cache` of a step: whether a result of before will do.

use base::Span;
use serde::Serialize;

use crate::{field::Shape, reader::Node};

/// Whether a result of before will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    /// As long as nothing that the step depends on changes.
    #[default]
    Kept,
    /// Never: the step runs each time.
    Never,
    /// So long, if nothing changes before.
    For(Span),
}

pub(super) const SHAPE: Shape = Shape::Either(&Shape::Flag, &Shape::Duration);

pub(super) fn read(node: &Node<'_>) -> Option<Cache> {
    if node.is_text() {
        return node.duration().map(Cache::For);
    }
    Some(if node.flag()? { Cache::Kept } else { Cache::Never })
}
