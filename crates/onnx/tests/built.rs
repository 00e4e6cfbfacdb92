//! Models written by the builder, read back, fed from tables and scored.

use onnx::{
    Element, Elements, Error, Model, Signature, Tensor,
    build::{Attribute, GraphBuilder, Node},
    feed, score,
};
use table::{Column, Field, Kind, Table, Text, Values};

fn field(name: &str, kind: Kind) -> Field {
    Field { name: name.to_owned(), kind }
}

fn signature() -> Signature {
    Signature {
        inputs: vec![
            field("distance", Kind::Number),
            field("carrier", Kind::Text),
            field("holiday", Kind::Boolean),
            field("departure", Kind::Time),
        ],
        task: "binary".to_owned(),
        classes: vec!["false".to_owned(), "true".to_owned()],
        positive: Some("true".to_owned()),
        threshold: Some(0.25),
    }
}

/// A model of the kind `learn` exports: prepared columns, one tree, a threshold.
///
/// Its tree adds 1 in the afternoon, 2 for the carrier UA and 4 on holidays, less a hundredth of the distance.
fn model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("late");
    for (field, element) in
        signature().inputs.iter().zip([Element::Float, Element::Text, Element::Float, Element::Double])
    {
        graph.input(&field.name, element, 1);
    }
    let cast = |graph: &mut GraphBuilder, value: &str| {
        graph.node(Node::new("Cast", &[value]).attribute("to", Attribute::element(Element::Float)))
    };
    let day = graph.constant(Tensor::doubles([], [86_400.0]));
    let second = graph.node(Node::new("Mod", &["departure", &day]).attribute("fmod", 1_i64));
    let second = cast(&mut graph, &second);
    let carrier = graph.node(
        Node::new("LabelEncoder", &["carrier"])
            .attribute("keys_strings", vec!["AA".to_owned(), "UA".to_owned()])
            .attribute("values_floats", vec![0.0_f32, 1.0])
            .attribute("default_float", f32::NAN),
    );
    let hundredth = graph.constant(Tensor::floats([1], [-0.01]));
    let near = graph.node(Node::new("Mul", &["distance", &hundredth]));
    let inputs = [second.as_str(), &carrier, "holiday"];
    let features = graph.node(Node::new("Concat", &inputs).attribute("axis", 1_i64));
    let trees = graph.node(trees(&features));
    let logit = graph.node(Node::new("Add", &[&trees, &near]));
    let positive = graph.node(Node::new("Sigmoid", &[&logit]));
    let one = graph.constant(Tensor::floats([1], [1.0]));
    let negative = graph.node(Node::new("Sub", &[&one, &positive]));
    let both = Node::new("Concat", &[&negative, &positive]).attribute("axis", 1_i64);
    graph.node(both.output("probabilities"));
    let threshold = graph.constant(Tensor::floats([1], [0.25]));
    let late = graph.node(Node::new("GreaterOrEqual", &[&positive, &threshold]));
    let flat = graph.constant(Tensor::integers([1], [-1]));
    graph.node(Node::new("Reshape", &[&late, &flat]).output("label"));
    graph.output("label", Element::Boolean, None);
    graph.output("probabilities", Element::Float, Some(2));
    graph.metadata(Signature::KEY, &signature().to_metadata());
    graph.finish()
}

fn trees(features: &str) -> Node {
    let ids: Vec<i64> = vec![0, 0, 0, 1, 1, 1, 2, 2, 2];
    let nodes: Vec<i64> = vec![0, 1, 2, 0, 1, 2, 0, 1, 2];
    let leaf = |split: i64| [split, 0, 0];
    let split = |value: f32| [value, 0.0, 0.0];
    let modes: Vec<String> =
        ["BRANCH_LEQ", "LEAF", "LEAF"].repeat(3).into_iter().map(str::to_owned).collect();
    Node::new("TreeEnsembleRegressor", &[features])
        .attribute("n_targets", 1_i64)
        .attribute("nodes_treeids", ids.clone())
        .attribute("nodes_nodeids", nodes)
        .attribute("nodes_featureids", [leaf(0), leaf(1), leaf(2)].concat())
        .attribute("nodes_values", [split(43_200.0), split(0.5), split(0.5)].concat())
        .attribute("nodes_modes", modes)
        .attribute("nodes_truenodeids", [leaf(1), leaf(1), leaf(1)].concat())
        .attribute("nodes_falsenodeids", [leaf(2), leaf(2), leaf(2)].concat())
        .attribute("nodes_missing_value_tracks_true", [leaf(1), leaf(1), leaf(1)].concat())
        .attribute("target_treeids", vec![0_i64, 1, 2])
        .attribute("target_nodeids", vec![2_i64, 2, 2])
        .attribute("target_ids", vec![0_i64, 0, 0])
        .attribute("target_weights", vec![1.0_f32, 2.0, 4.0])
}

/// Rows and the logits the model must give them.
fn table() -> (Table, Vec<f64>) {
    let carrier: Text = [Some("UA"), None, Some("AA"), Some("never seen")].into_iter().collect();
    let noon = 43_200_000_000;
    let columns = vec![
        Column::new("unused", Values::Number(vec![0.0; 4])),
        Column::new(
            "departure",
            Values::Time(vec![Some(noon), Some(noon + 1_000_000), None, Some(-1_000_000)]),
        ),
        Column::new("carrier", Values::Text(carrier)),
        Column::new("distance", Values::Number(vec![100.0, 0.0, 300.0, 200.0])),
        Column::new("holiday", Values::Boolean(vec![Some(false), Some(true), None, None])),
    ];
    // Before 1970 the remainder is negative, as C's is.
    let table = Table::new(columns).expect("the columns are of one length");
    (table, vec![2.0 - 1.0, 1.0 + 4.0, -3.0, -2.0])
}

#[test]
fn a_built_model_scores_a_table_by_column_names() {
    let model = Model::load(&model()).unwrap();
    let signature = Signature::of(&model).unwrap().unwrap();
    let (table, logits) = table();
    let scores = score(&model, &signature, &table).unwrap();
    for (score, logit) in scores.iter().zip(&logits) {
        let expected = 1.0 / (1.0 + (-logit).exp());
        assert!((score - expected).abs() < 1e-6, "{scores:?} for {logits:?}");
    }
    let outputs = model.run(feed(&table, &signature).unwrap()).unwrap();
    assert_eq!(outputs[0].1, Tensor::booleans([4], [true, true, false, false]));
    assert_eq!(outputs[1].1.shape, [4, 2]);
}

#[test]
fn scores_do_not_depend_on_how_many_rows_are_scored_at_once() {
    let model = Model::load(&model()).unwrap();
    let (table, _) = table();
    let rows: Vec<usize> = (0..1_301).map(|row| (row * 7 + row / 5) % 4).collect();
    let many = score(&model, &signature(), &table.take(&rows)).unwrap();
    let one = |row: &usize| score(&model, &signature(), &table.take(&[*row])).unwrap()[0];
    assert_eq!(many, rows.iter().map(one).collect::<Vec<_>>());
    assert_eq!(score(&model, &signature(), &table.take(&[])).unwrap(), Vec::<f64>::new());
}

#[test]
fn a_signature_comes_back_as_it_was_written() {
    let model = Model::load(&model()).unwrap();
    assert_eq!(Signature::of(&model).unwrap(), Some(signature()));
    let ports: Vec<_> =
        model.inputs().iter().map(|port| (port.name.as_str(), port.element, port.columns)).collect();
    assert_eq!(ports[0], ("distance", Element::Float, Some(1)));
    assert_eq!(ports[1], ("carrier", Element::Text, Some(1)));
    let plain = GraphBuilder::new("empty").finish();
    assert_eq!(Signature::of(&Model::load(&plain).unwrap()).unwrap(), None);
}

#[test]
fn a_table_that_does_not_fit_the_signature_is_refused_and_the_column_named() {
    let (table, _) = table();
    let error = feed(&table.select(["distance", "carrier"]), &signature()).unwrap_err();
    assert!(matches!(&error, Error::MissingColumn(name) if name == "holiday"), "{error}");
    let mut changed = signature();
    changed.inputs[1].kind = Kind::Number;
    let error = feed(&table, &changed).unwrap_err();
    assert!(error.to_string().contains("`carrier` holds text values"), "{error}");
}

#[test]
fn inputs_that_do_not_fit_are_refused_and_named() {
    let model = Model::load(&model()).unwrap();
    let (table, _) = table();
    let fed = feed(&table, &signature()).unwrap();
    let mut unknown = fed.clone();
    unknown[0].0 = "distnace".to_owned();
    assert!(matches!(model.run(unknown), Err(Error::UnknownInput { .. })));
    assert!(matches!(model.run(fed[1..].to_vec()), Err(Error::MissingInput(name)) if name == "distance"));
    let wrong = [
        Tensor::doubles([4, 1], [1.0; 4]),
        Tensor::floats([4, 2], [1.0; 8]),
        Tensor::floats([4], [1.0; 4]),
        Tensor::floats([4, 1], [1.0; 3]),
        Tensor { shape: vec![usize::MAX, 2], values: Elements::Float(Vec::new()) },
    ];
    for tensor in wrong {
        let mut inputs = fed.clone();
        inputs[0].1 = tensor;
        assert!(matches!(model.run(inputs), Err(Error::Input { name, .. }) if name == "distance"));
    }
}

#[test]
fn an_unknown_operator_is_named_with_the_known_ones() {
    let mut graph = GraphBuilder::new("unknown");
    graph.input("x", Element::Float, 1);
    graph.node(Node::new("Einsum", &["x"]).output("y"));
    graph.output("y", Element::Float, Some(1));
    let error = Model::load(&graph.finish()).unwrap_err().to_string();
    for part in ["`Einsum`", "`Einsum_0`", "TreeEnsembleRegressor", "LabelEncoder", "Cast", "ZipMap"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn one_output_may_be_given_twice_and_an_input_be_an_output() {
    let mut graph = GraphBuilder::new("twice");
    graph.input("x", Element::Float, 1);
    let negative = graph.node(Node::new("Neg", &["x"]));
    graph.node(Node::new("Identity", &[&negative]).output("y"));
    graph.output(&negative, Element::Float, Some(1));
    graph.output("y", Element::Float, Some(1));
    graph.output("x", Element::Float, Some(1));
    let model = Model::load(&graph.finish()).unwrap();
    let outputs = model.run(vec![("x".to_owned(), Tensor::floats([1, 1], [3.0]))]).unwrap();
    let values: Vec<_> = outputs.into_iter().map(|(_, tensor)| tensor).collect();
    let negative = Tensor::floats([1, 1], [-3.0]);
    assert_eq!(values, [negative.clone(), negative, Tensor::floats([1, 1], [3.0])]);
}
