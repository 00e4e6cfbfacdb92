//! The attributes of a tree ensemble, checked for their lengths.

use crate::{Problem, attributes::Node};

/// When a row goes to the node's `yes` child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Equal,
    NotEqual,
    Leaf,
}

/// A node as the attributes list it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawNode {
    pub(super) tree: i64,
    pub(super) id: i64,
    pub(super) mode: Mode,
    pub(super) feature: i64,
    pub(super) threshold: f32,
    pub(super) yes: i64,
    pub(super) no: i64,
    /// Whether a row with a missing value goes to `yes`.
    pub(super) missing: bool,
}

/// What a leaf adds to one target.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawLeaf {
    pub(super) tree: i64,
    pub(super) node: i64,
    pub(super) target: i64,
    pub(super) weight: f32,
}

/// The names of the attributes that describe leaves: tree, node, target, weight.
pub(super) type LeafNames = [&'static str; 4];

pub(super) const TARGETS: LeafNames = ["target_treeids", "target_nodeids", "target_ids", "target_weights"];
pub(super) const CLASSES: LeafNames = ["class_treeids", "class_nodeids", "class_ids", "class_weights"];

/// Refuses trees in double precision, which old attributes do not have.
pub(super) fn floats_only(node: &Node<'_>) -> Result<(), Problem> {
    for name in [
        "nodes_values_as_tensor",
        "base_values_as_tensor",
        "target_weights_as_tensor",
        "class_weights_as_tensor",
    ] {
        if node.has(name) {
            return Err(Problem::attribute(name, "left out; export the model for inputs of type float"));
        }
    }
    Ok(())
}

pub(super) fn trees(node: &Node<'_>) -> Result<Vec<RawNode>, Problem> {
    let modes = node.texts("nodes_modes")?;
    let missing = node.ints("nodes_missing_value_tracks_true");
    let count = modes.len();
    let ints = |name: &'static str| same_length(name, node.ints(name), count);
    let (trees, ids, features) = (ints("nodes_treeids")?, ints("nodes_nodeids")?, ints("nodes_featureids")?);
    let (yes, no) = (ints("nodes_truenodeids")?, ints("nodes_falsenodeids")?);
    let thresholds = same_length("nodes_values", node.floats("nodes_values"), count)?;
    if !missing.is_empty() {
        same_length("nodes_missing_value_tracks_true", missing, count)?;
    }
    let mut nodes = Vec::with_capacity(count);
    for position in 0..count {
        nodes.push(RawNode {
            tree: trees[position],
            id: ids[position],
            mode: mode(&modes[position])?,
            feature: features[position],
            threshold: thresholds[position],
            yes: yes[position],
            no: no[position],
            missing: missing.get(position).is_some_and(|flag| *flag != 0),
        });
    }
    Ok(nodes)
}

fn same_length<'a, T>(name: &'static str, values: &'a [T], count: usize) -> Result<&'a [T], Problem> {
    if values.len() == count {
        Ok(values)
    } else {
        Err(Problem::attribute(name, format!("a list of {count}, one a node; it has {}", values.len())))
    }
}

fn mode(text: &str) -> Result<Mode, Problem> {
    Ok(match text {
        "BRANCH_LEQ" => Mode::LessOrEqual,
        "BRANCH_LT" => Mode::Less,
        "BRANCH_GTE" => Mode::GreaterOrEqual,
        "BRANCH_GT" => Mode::Greater,
        "BRANCH_EQ" => Mode::Equal,
        "BRANCH_NEQ" => Mode::NotEqual,
        "LEAF" => Mode::Leaf,
        other => {
            return Err(Problem::attribute("nodes_modes", format!("a list of known modes, not {other}")));
        }
    })
}

pub(super) fn leaves(node: &Node<'_>, names: &LeafNames) -> Result<Vec<RawLeaf>, Problem> {
    let weights = node.floats(names[3]);
    let count = weights.len();
    let ints = |name: &'static str| same_length(name, node.ints(name), count);
    let (trees, nodes, targets) = (ints(names[0])?, ints(names[1])?, ints(names[2])?);
    let leaf = |position: usize| RawLeaf {
        tree: trees[position],
        node: nodes[position],
        target: targets[position],
        weight: weights[position],
    };
    Ok((0..count).map(leaf).collect())
}
