//! Bytes from a stranger give an error: never a panic, a walk without end, or memory without bound.

use std::{fs, path::Path, sync::LazyLock};

use onnx::{
    Element, Error, Model, Tensor,
    build::{GraphBuilder, Node},
};
use proptest::prelude::*;

/// A tree's node: its id, its mode, and the nodes that a row goes to.
type Listed = (i64, &'static str, i64, i64);

/// A regressor with these nodes, and weights for the leaves given.
fn trees(nodes: &[Listed], leaves: &[i64]) -> Result<Model, Error> {
    let count = nodes.len();
    let mut graph = GraphBuilder::new("trees");
    graph.input("x", Element::Float, 1);
    let node = Node::new("TreeEnsembleRegressor", &["x"])
        .attribute("n_targets", 1_i64)
        .attribute("nodes_treeids", vec![0_i64; count])
        .attribute("nodes_nodeids", nodes.iter().map(|node| node.0).collect::<Vec<_>>())
        .attribute("nodes_featureids", vec![0_i64; count])
        .attribute("nodes_values", vec![0.0_f32; count])
        .attribute("nodes_modes", nodes.iter().map(|node| node.1.to_owned()).collect::<Vec<_>>())
        .attribute("nodes_truenodeids", nodes.iter().map(|node| node.2).collect::<Vec<_>>())
        .attribute("nodes_falsenodeids", nodes.iter().map(|node| node.3).collect::<Vec<_>>())
        .attribute("target_treeids", vec![0_i64; leaves.len()])
        .attribute("target_nodeids", leaves.to_vec())
        .attribute("target_ids", vec![0_i64; leaves.len()])
        .attribute("target_weights", vec![1.0_f32; leaves.len()]);
    graph.node(node.output("y"));
    graph.output("y", Element::Float, Some(1));
    Model::load(&graph.finish())
}

#[test]
fn trees_that_no_row_could_be_sent_through_are_refused_and_named() {
    let split = "BRANCH_LEQ";
    let good = [(0, split, 1, 2), (1, "LEAF", 0, 0), (2, "LEAF", 0, 0)];
    assert!(trees(&good, &[1, 2]).is_ok());
    let leaf = (9, "LEAF", 0, 0);
    let cases: [(&str, &[Listed], &[i64]); 6] = [
        ("circle", &[(0, split, 1, 1), (1, split, 0, 0)], &[]),
        ("more than one way", &[(0, split, 1, 9), (1, split, 2, 9), (2, split, 1, 9), leaf], &[]),
        ("more than one way", &[(0, split, 9, 9), leaf], &[9]),
        ("not listed", &[(0, split, 1, 9), leaf], &[9]),
        ("listed twice", &[(0, split, 9, 9), leaf, leaf], &[9]),
        ("no leaf", &good, &[0]),
    ];
    for (expected, nodes, leaves) in cases {
        let error = trees(nodes, leaves).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("TreeEnsembleRegressor"), "{expected}: {error}");
    }
}

#[test]
fn a_graph_with_a_cycle_is_refused() {
    let mut graph = GraphBuilder::new("cycle");
    graph.node(Node::new("Neg", &["b"]).output("a"));
    graph.node(Node::new("Neg", &["a"]).output("b"));
    graph.output("b", Element::Float, None);
    assert!(matches!(Model::load(&graph.finish()), Err(Error::Undefined { value, .. }) if value == "b"));
}

#[test]
fn a_result_that_would_fill_the_memory_is_refused() {
    let mut graph = GraphBuilder::new("large");
    let shape = graph.constant(Tensor::integers([3], [1 << 20, 1 << 20, 1 << 20]));
    graph.node(Node::new("ConstantOfShape", &[&shape]).output("y"));
    graph.output("y", Element::Float, None);
    let error = Model::load(&graph.finish()).unwrap().run(Vec::new()).unwrap_err();
    assert!(error.to_string().contains("more than a run may use"), "{error}");

    // Doubling again and again: each result is small beside the one before, together they are not.
    let mut graph = GraphBuilder::new("doubling");
    graph.input("x", Element::Float, 1);
    let mut value = "x".to_owned();
    for _ in 0..50 {
        value = graph.node(Node::new("Concat", &[&value, &value]).attribute("axis", 1_i64));
    }
    graph.output(&value, Element::Float, None);
    let model = Model::load(&graph.finish()).unwrap();
    let error = model.run(vec![("x".to_owned(), Tensor::floats([1, 1], [1.0]))]).unwrap_err();
    assert!(error.to_string().contains("more than a run may use"), "{error}");
}

#[test]
fn a_length_of_zero_does_not_hide_a_dimension_without_bound() {
    let mut graph = GraphBuilder::new("empty");
    graph.input("x", Element::Float, 1);
    let shape = graph.constant(Tensor::integers([2], [0, 1 << 50]));
    let reshape = Node::new("Reshape", &["x", &shape]).attribute("allowzero", 1_i64);
    let value = graph.node(reshape);
    graph.node(Node::new("Transpose", &[&value]).output("y"));
    graph.output("y", Element::Float, None);
    let model = Model::load(&graph.finish()).unwrap();
    let error = model.run(vec![("x".to_owned(), Tensor::floats([0, 1], []))]).unwrap_err();
    assert!(error.to_string().contains("Reshape"), "{error}");
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    assert!(matches!(Model::load(b"PAR1 or anything else"), Err(Error::Decode(_))));
    assert!(matches!(Model::load(&[]), Err(Error::NoGraph)));
}

/// Read once: the properties below ask for them hundreds of times.
static MODELS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let names = [
        "pipeline_logistic",
        "pipeline_zipmap",
        "lightgbm_binary",
        "xgboost_three",
        "perceptron",
        "forest_binary",
    ];
    names
        .iter()
        .map(|name| fs::read(directory.join(name).with_extension("onnx")).expect("the fixture is there"))
        .collect()
});

/// Three rows of what the model says it takes.
fn inputs(model: &Model) -> Vec<(String, Tensor)> {
    let mut inputs = Vec::new();
    for port in model.inputs() {
        let columns = port.columns.unwrap_or(4).min(64);
        let shape = if port.rank == Some(1) { vec![3] } else { vec![3, columns] };
        let count = shape.iter().product();
        let tensor = match port.element {
            Element::Float => Tensor::floats(shape, vec![0.5; count]),
            Element::Double => Tensor::doubles(shape, vec![0.5; count]),
            Element::Int64 => Tensor::integers(shape, vec![1; count]),
            Element::Text => Tensor::texts(shape, vec!["UA"; count]),
            _ => Tensor::booleans(shape, vec![true; count]),
        };
        inputs.push((port.name.clone(), tensor));
    }
    inputs
}

fn load_and_run(bytes: &[u8]) {
    if let Ok(model) = Model::load(bytes) {
        let _ = model.run(inputs(&model));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(700) })]

    #[test]
    fn a_damaged_model_gives_an_error_or_an_answer(
        which in any::<prop::sample::Index>(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let mut bytes = which.get(&MODELS).clone();
        for (place, value, how) in damages {
            let place = place.index(bytes.len().max(1));
            match how {
                0 => bytes.truncate(place.max(1)),
                1 => bytes.insert(place.min(bytes.len()), value),
                // A flipped bit keeps the structure more often than a new byte does.
                2 => bytes[place] ^= 1 << (value % 8),
                _ => bytes[place] = value,
            }
        }
        load_and_run(&bytes);
    }

    #[test]
    fn random_bytes_give_an_error_or_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        load_and_run(&bytes);
    }
}
