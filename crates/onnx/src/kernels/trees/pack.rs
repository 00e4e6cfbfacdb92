//! From listed nodes to an [`Ensemble`]: every way through a tree is followed once, so that
//! a tree with a cycle, a shared branch or a missing node is refused here and no walk can hang.

use std::collections::{HashMap, HashSet};

use super::{
    ensemble::{COLUMN, EXACT, Ensemble, MISSING, Node, Tree, Weights},
    read::{Mode, RawLeaf, RawNode},
};
use crate::Problem;

/// Packs trees whose leaves hold weights for so many targets.
pub(super) fn pack(nodes: &[RawNode], leaves: &[RawLeaf], targets: usize) -> Result<Ensemble, Problem> {
    let weights = weights_by_node(leaves, targets)?;
    let mut packer = Packer::new(nodes, weights)?;
    for root in roots(nodes)? {
        packer.tree(root)?;
    }
    packer.finish(targets)
}

type Key = (i64, i64);

fn weights_by_node(leaves: &[RawLeaf], targets: usize) -> Result<HashMap<Key, Vec<(u32, f32)>>, Problem> {
    let mut weights: HashMap<Key, Vec<(u32, f32)>> = HashMap::new();
    for leaf in leaves {
        let target = usize::try_from(leaf.target).ok().filter(|target| *target < targets);
        let target = target.ok_or_else(|| {
            let what = format!("leaf {} has the target {} of {targets}", leaf.node, leaf.target);
            Problem::Tree { tree: leaf.tree, what }
        })?;
        weights.entry((leaf.tree, leaf.node)).or_default().push((target as u32, leaf.weight));
    }
    Ok(weights)
}

/// The one node of each tree that no other leads to, in the order in which the trees are listed.
fn roots(nodes: &[RawNode]) -> Result<Vec<&RawNode>, Problem> {
    let mut reached: HashSet<Key> = HashSet::new();
    for node in nodes.iter().filter(|node| node.mode != Mode::Leaf) {
        reached.insert((node.tree, node.yes));
        reached.insert((node.tree, node.no));
    }
    let mut order: Vec<i64> = Vec::new();
    let mut roots: HashMap<i64, Option<&RawNode>> = HashMap::new();
    for node in nodes {
        let root = roots.entry(node.tree).or_insert_with(|| {
            order.push(node.tree);
            None
        });
        if reached.contains(&(node.tree, node.id)) {
            continue;
        }
        if let Some(other) = root.replace(node) {
            let what = format!("no node leads to {} nor to {}", other.id, node.id);
            return Err(Problem::Tree { tree: node.tree, what });
        }
    }
    let root = |tree: i64| {
        roots[&tree].ok_or_else(|| Problem::Tree { tree, what: "it goes in a circle".to_owned() })
    };
    order.into_iter().map(root).collect()
}

struct Packer<'a> {
    listed: HashMap<Key, &'a RawNode>,
    weights: HashMap<Key, Vec<(u32, f32)>>,
    nodes: Vec<Node>,
    trees: Vec<Tree>,
    leaf_weights: Vec<Vec<(u32, f32)>>,
    columns: usize,
}

impl<'a> Packer<'a> {
    fn new(nodes: &'a [RawNode], weights: HashMap<Key, Vec<(u32, f32)>>) -> Result<Self, Problem> {
        let mut listed = HashMap::with_capacity(nodes.len());
        for node in nodes {
            if listed.insert((node.tree, node.id), node).is_some() {
                return Err(Problem::Tree {
                    tree: node.tree,
                    what: format!("node {} is listed twice", node.id),
                });
            }
        }
        if u32::try_from(nodes.len()).is_err() {
            return Err(Problem::Value("there are more nodes than fit into 32 bits".to_owned()));
        }
        let (packed, trees, leaf_weights) = (Vec::with_capacity(nodes.len()), Vec::new(), Vec::new());
        Ok(Self { listed, weights, nodes: packed, trees, leaf_weights, columns: 1 })
    }

    fn tree(&mut self, root: &'a RawNode) -> Result<(), Problem> {
        let (splits, leaves) = self.order(root)?;
        let start = self.nodes.len() as u32;
        let first_leaf = start + splits.len() as u32;
        let placed = splits.iter().chain(&leaves).zip(start..);
        let places: HashMap<i64, u32> = placed.map(|(node, place)| (node.id, place)).collect();
        for split in &splits {
            let node = self.split(split, &places)?;
            self.nodes.push(node);
        }
        self.trees.push(Tree { root: start, leaves: first_leaf, first: self.leaf_weights.len() as u32 });
        for (leaf, place) in leaves.iter().zip(first_leaf..) {
            self.nodes.push(Node { threshold: 0.0, feature: 0, children: [place; 2] });
            self.leaf_weights.push(self.weights.remove(&(leaf.tree, leaf.id)).unwrap_or_default());
        }
        Ok(())
    }

    /// The splits and the leaves that can be reached, a parent before its children.
    fn order(&self, root: &'a RawNode) -> Result<(Vec<&'a RawNode>, Vec<&'a RawNode>), Problem> {
        let mut seen = HashSet::new();
        let (mut splits, mut leaves, mut open) = (Vec::new(), Vec::new(), vec![root]);
        while let Some(node) = open.pop() {
            let refuse = |what: String| Problem::Tree { tree: node.tree, what };
            if !seen.insert(node.id) {
                return Err(refuse(format!("more than one way leads to node {}", node.id)));
            }
            if node.mode == Mode::Leaf {
                leaves.push(node);
                continue;
            }
            splits.push(node);
            for child in [node.no, node.yes] {
                let found = self.listed.get(&(node.tree, child));
                open.push(found.ok_or_else(|| {
                    refuse(format!("node {} leads to {child}, which is not listed", node.id))
                })?);
            }
        }
        Ok((splits, leaves))
    }

    /// A split in terms of "at most" and "equal".
    ///
    /// Less than a float is at most the float before it. The opposite tests exchange the children,
    /// and with them the way of a missing value, for which every comparison but "not equal" is false.
    fn split(&mut self, raw: &RawNode, places: &HashMap<i64, u32>) -> Result<Node, Problem> {
        let column = usize::try_from(raw.feature).ok().filter(|column| *column < COLUMN as usize);
        let column = column.ok_or_else(|| {
            let what = format!("node {} looks at column {}", raw.id, raw.feature);
            Problem::Tree { tree: raw.tree, what }
        })?;
        self.columns = self.columns.max(column + 1);
        let threshold = match raw.mode {
            Mode::Less | Mode::GreaterOrEqual if raw.threshold == f32::NEG_INFINITY => f32::NAN,
            Mode::Less | Mode::GreaterOrEqual => raw.threshold.next_down(),
            _ => raw.threshold,
        };
        // No comparison with NaN is true, so there the children stay as they are.
        let never = raw.threshold.is_nan();
        let (exchanged, missing) = match raw.mode {
            Mode::Greater | Mode::GreaterOrEqual if !never => (true, !raw.missing),
            Mode::NotEqual => (true, false),
            _ => (false, raw.missing),
        };
        let exact = matches!(raw.mode, Mode::Equal | Mode::NotEqual);
        let flags = if missing { MISSING } else { 0 } | if exact { EXACT } else { 0 };
        let (yes, no) = if exchanged { (raw.no, raw.yes) } else { (raw.yes, raw.no) };
        Ok(Node { threshold, feature: column as u32 | flags, children: [places[&no], places[&yes]] })
    }

    fn finish(self, targets: usize) -> Result<Ensemble, Problem> {
        if let Some((tree, node)) = self.weights.keys().next() {
            let what = format!("weights belong to node {node}, which is no leaf that can be reached");
            return Err(Problem::Tree { tree: *tree, what });
        }
        let one = targets == 1 && self.leaf_weights.iter().all(|weights| weights.len() == 1);
        let weights = if one {
            Weights::One(self.leaf_weights.iter().map(|weights| weights[0].1).collect())
        } else {
            let mut starts = vec![0];
            let mut outputs = Vec::new();
            for weights in &self.leaf_weights {
                outputs.extend_from_slice(weights);
                starts.push(outputs.len() as u32);
            }
            Weights::Many { starts, outputs }
        };
        Ok(Ensemble { nodes: self.nodes, trees: self.trees, weights, targets, columns: self.columns })
    }
}
