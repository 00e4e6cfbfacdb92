//! What was learned as operators: a tree ensemble, or weighted standard scores.

use onnx::{
    Element, Tensor,
    build::{Attribute, GraphBuilder, Node},
};

use crate::{
    gbdt::{self, Ensemble},
    linear::{LIMIT, Model},
    predictor::Learned,
};

/// Adds the operators from the matrix of this name; gives the name of the margins, `[rows, outputs]`.
pub(crate) fn write(graph: &mut GraphBuilder, learned: &Learned, matrix: &str) -> String {
    match learned {
        Learned::Linear(model) => linear(graph, model, matrix),
        Learned::Trees(ensemble) => trees(graph, ensemble, matrix),
    }
}

/// The arithmetic of [`Model::margins`], in double precision as there.
fn linear(graph: &mut GraphBuilder, model: &Model, matrix: &str) -> String {
    let (columns, outputs) = (model.means.len(), model.intercepts.len());
    let double = Attribute::element(Element::Double);
    let raw = graph.node(Node::new("Cast", &[matrix]).attribute("to", double));
    let means = graph.constant(Tensor::doubles([columns], model.means.clone()));
    let scales = graph.constant(Tensor::doubles([columns], model.scales.clone()));
    let centred = graph.node(Node::new("Sub", &[&raw, &means]));
    let scores = graph.node(Node::new("Mul", &[&centred, &scales]));
    let missing = graph.node(Node::new("IsNaN", &[&scores]));
    let mean = graph.constant(Tensor::doubles([1], [0.0]));
    let known = graph.node(Node::new("Where", &[&missing, &mean, &scores]));
    let least = graph.constant(Tensor::doubles([], [-LIMIT]));
    let most = graph.constant(Tensor::doubles([], [LIMIT]));
    let clipped = graph.node(Node::new("Clip", &[&known, &least, &most]));
    let mut by_column = Vec::with_capacity(columns * outputs);
    for column in 0..columns {
        by_column.extend((0..outputs).map(|output| model.weights[output * columns + column]));
    }
    let weights = graph.constant(Tensor::doubles([columns, outputs], by_column));
    let intercepts = graph.constant(Tensor::doubles([outputs], model.intercepts.clone()));
    let weighted = graph.node(Node::new("MatMul", &[&clipped, &weights]));
    let margins = graph.node(Node::new("Add", &[&weighted, &intercepts]));
    graph.node(Node::new("Cast", &[&margins]).attribute("to", Attribute::element(Element::Float)))
}

/// The attributes of a tree ensemble: parallel lists, an entry a node.
#[derive(Default)]
struct Lists {
    trees: Vec<i64>,
    nodes: Vec<i64>,
    columns: Vec<i64>,
    modes: Vec<String>,
    thresholds: Vec<f32>,
    lefts: Vec<i64>,
    rights: Vec<i64>,
    missing_left: Vec<i64>,
    leaf_trees: Vec<i64>,
    leaf_nodes: Vec<i64>,
    leaf_outputs: Vec<i64>,
    leaf_values: Vec<f32>,
}

impl Lists {
    fn push(&mut self, tree: usize, node: usize, what: gbdt::Node, output: usize) {
        self.trees.push(tree as i64);
        self.nodes.push(node as i64);
        let (mode, column, threshold, left, right, missing_left) = match what {
            gbdt::Node::Leaf(value) => {
                self.leaf_trees.push(tree as i64);
                self.leaf_nodes.push(node as i64);
                self.leaf_outputs.push(output as i64);
                self.leaf_values.push(value);
                ("LEAF", 0, 0.0, 0, 0, false)
            }
            gbdt::Node::Split { column, threshold, missing_left, left, right } => {
                ("BRANCH_LEQ", column, threshold, left, right, missing_left)
            }
        };
        self.modes.push(mode.to_owned());
        self.columns.push(column as i64);
        self.thresholds.push(threshold);
        self.lefts.push(left as i64);
        self.rights.push(right as i64);
        self.missing_left.push(i64::from(missing_left));
    }
}

fn trees(graph: &mut GraphBuilder, ensemble: &Ensemble, matrix: &str) -> String {
    let outputs = ensemble.outputs();
    let mut lists = Lists::default();
    for (number, tree) in ensemble.trees.iter().enumerate() {
        for (position, node) in tree.nodes.iter().enumerate() {
            lists.push(number, position, *node, number % outputs);
        }
    }
    let start: Vec<f32> = ensemble.start.iter().map(|margin| *margin as f32).collect();
    graph.node(
        Node::new("TreeEnsembleRegressor", &[matrix])
            .attribute("nodes_treeids", lists.trees)
            .attribute("nodes_nodeids", lists.nodes)
            .attribute("nodes_featureids", lists.columns)
            .attribute("nodes_modes", lists.modes)
            .attribute("nodes_values", lists.thresholds)
            .attribute("nodes_truenodeids", lists.lefts)
            .attribute("nodes_falsenodeids", lists.rights)
            .attribute("nodes_missing_value_tracks_true", lists.missing_left)
            .attribute("target_treeids", lists.leaf_trees)
            .attribute("target_nodeids", lists.leaf_nodes)
            .attribute("target_ids", lists.leaf_outputs)
            .attribute("target_weights", lists.leaf_values)
            .attribute("n_targets", outputs as i64)
            .attribute("base_values", start),
    )
}
