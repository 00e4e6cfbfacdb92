//! A graph under names of its own.

use super::inner;
use crate::proto::GraphProto;

/// The graph with every value renamed, so that none meets a column.
pub(super) fn graph(mut graph: GraphProto) -> GraphProto {
    for (position, node) in graph.node.iter_mut().enumerate() {
        for name in node.input.iter_mut().chain(&mut node.output) {
            *name = inner(name);
        }
        if node.name.is_empty() {
            node.name = format!("{}_{position}", node.op_type);
        }
        node.name = inner(&node.name);
    }
    for constant in &mut graph.initializer {
        constant.name = inner(&constant.name);
    }
    graph
}
