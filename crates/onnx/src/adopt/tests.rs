use table::{Column, Field, Kind, Table, Text, Values};

use super::{Adoption, Refusal, adopt, classes};
use crate::{
    Element, Model, Signature, Tensor,
    build::{Attribute, GraphBuilder, Node},
    score,
};

fn field(name: &str, kind: Kind) -> Field {
    Field { name: name.to_owned(), kind }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn signature(classes: &[&str]) -> Signature {
    let task = match classes.len() {
        0 => "regression",
        2 => "binary",
        _ => "multiclass",
    };
    Signature {
        inputs: Vec::new(),
        task: task.to_owned(),
        classes: texts(classes),
        positive: classes.last().filter(|_| classes.len() == 2).map(|class| (*class).to_owned()),
        threshold: (classes.len() == 2).then_some(0.5),
    }
}

/// Predicts the first column as the probability of the second class.
fn classifier(inputs: &[(&str, Element, usize)]) -> Vec<u8> {
    let mut graph = GraphBuilder::new("elsewhere");
    for (name, element, columns) in inputs {
        graph.input(name, *element, *columns);
    }
    let (first, _, columns) = inputs[0];
    let first = if columns == 1 {
        first.to_owned()
    } else {
        let place = graph.constant(Tensor::integers([1], [0]));
        graph.node(Node::new("Gather", &[first, &place]).attribute("axis", 1))
    };
    let to = Attribute::element(Element::Float);
    let first = graph.node(Node::new("Cast", &[&first]).attribute("to", to));
    let one = graph.constant(Tensor::floats([1], [1.0]));
    let other = graph.node(Node::new("Sub", &[&one, &first]));
    graph.node(Node::new("Concat", &[&other, &first]).attribute("axis", 1).output("probabilities"));
    graph.output("probabilities", Element::Float, Some(2));
    graph.finish()
}

fn regressor() -> Vec<u8> {
    let mut graph = GraphBuilder::new("elsewhere");
    graph.input("columns", Element::Float, 2);
    let axis = graph.constant(Tensor::integers([1], [1]));
    graph.node(Node::new("ReduceSum", &["columns", &axis]).attribute("keepdims", 1).output("variable"));
    graph.output("variable", Element::Float, Some(1));
    graph.finish()
}

fn adoption<'a>(columns: &'a [Field], signature: Signature, classes: &[&str]) -> Adoption<'a> {
    Adoption { columns, in_order: false, signature, classes: texts(classes), target: Kind::Text }
}

fn predictions(bytes: &[u8], table: &Table) -> (Model, Vec<f64>) {
    let model = Model::load(bytes).unwrap();
    let signature = Signature::of(&model).unwrap().unwrap();
    let scores = score(&model, &signature, table).unwrap();
    (model, scores)
}

fn two_columns() -> Table {
    Table::new(vec![
        Column::new("a", Values::Number(vec![0.25, 0.75])),
        Column::new("b", Values::Boolean(vec![Some(true), None])),
    ])
    .unwrap()
}

const TWO: [&str; 2] = ["a", "b"];

fn numbers() -> Vec<Field> {
    vec![field(TWO[0], Kind::Number), field(TWO[1], Kind::Boolean)]
}

#[test]
fn a_matrix_is_made_of_the_columns_in_their_order_and_the_model_answers_as_ours_do() {
    let made = adopt(
        &classifier(&[("X", Element::Float, 2)]),
        &adoption(&numbers(), signature(&["n", "y"]), &["n", "y"]),
    );
    let (model, scores) = predictions(&made.unwrap(), &two_columns());
    assert_eq!(scores, [0.25, 0.75]);
    let names: Vec<&str> = model.outputs().iter().map(|port| port.name.as_str()).collect();
    assert_eq!(names, ["label", "probabilities"]);
    let inputs: Vec<&str> = model.inputs().iter().map(|port| port.name.as_str()).collect();
    assert_eq!(inputs, TWO);
    let table = two_columns();
    let signature = Signature::of(&model).unwrap().unwrap();
    let outputs = model.run(crate::feed(&table, &signature).unwrap()).unwrap();
    assert_eq!(outputs[0].1, Tensor::texts([2], texts(&["n", "y"])));
}

#[test]
fn inputs_by_name_read_their_columns_alone_and_are_cast_to_what_they_take() {
    for element in [Element::Double, Element::Int64, Element::Float] {
        let mut columns = vec![field("unread", Kind::Text)];
        columns.extend(numbers());
        let bytes = classifier(&[("a", element, 1), ("b", Element::Float, 1)]);
        let made = adopt(&bytes, &adoption(&columns, signature(&["n", "y"]), &["n", "y"])).unwrap();
        let (model, scores) = predictions(&made, &two_columns());
        let expected = if element == Element::Int64 { [0.0, 0.0] } else { [0.25, 0.75] };
        assert_eq!((scores.as_slice(), model.inputs().len()), (expected.as_slice(), 2));
    }
}

#[test]
fn probabilities_come_in_the_order_of_our_classes_whatever_the_order_of_the_model() {
    let made = adopt(
        &classifier(&[("X", Element::Float, 2)]),
        &adoption(&numbers(), signature(&["y", "n"]), &["n", "y"]),
    );
    let (_, scores) = predictions(&made.unwrap(), &two_columns());
    assert_eq!(scores, [0.75, 0.25]);
}

#[test]
fn a_single_probability_is_that_of_the_model_s_last_class() {
    for (ours, expected) in [(["n", "y"], [0.25, 0.75]), (["y", "n"], [0.75, 0.25])] {
        let mut graph = GraphBuilder::new("elsewhere");
        graph.input("a", Element::Float, 1);
        graph.node(Node::new("Identity", &["a"]).output("probability"));
        graph.output("probability", Element::Float, Some(1));
        let made = adopt(&graph.finish(), &adoption(&numbers(), signature(&ours), &["n", "y"]));
        assert_eq!(predictions(&made.unwrap(), &two_columns()).1, expected);
    }
}

#[test]
fn values_and_outputs_that_are_called_like_columns_do_not_meet_them() {
    let columns = [field("label", Kind::Number), field("probabilities", Kind::Number)];
    let made = adopt(
        &classifier(&[("X", Element::Float, 2)]),
        &adoption(&columns, signature(&["n", "y"]), &["n", "y"]),
    );
    let table = Table::new(vec![
        Column::new("label", Values::Number(vec![0.5])),
        Column::new("probabilities", Values::Number(vec![9.0])),
    ]);
    assert_eq!(predictions(&made.unwrap(), &table.unwrap()).1, [0.5]);
}

#[test]
fn a_regression_predicts_one_number_a_row() {
    let made = adopt(&regressor(), &adoption(&numbers(), signature(&[]), &[])).unwrap();
    let table = Table::new(vec![
        Column::new("a", Values::Number(vec![1.0, 2.0])),
        Column::new("b", Values::Boolean(vec![Some(true), Some(false)])),
    ]);
    let (model, scores) = predictions(&made, &table.unwrap());
    assert_eq!((scores.as_slice(), model.outputs()[0].name.as_str()), ([2.0, 2.0].as_slice(), "prediction"));
}

#[test]
fn inputs_in_order_go_by_their_place_and_not_by_their_name() {
    let bytes = classifier(&[("c_0", Element::Float, 1), ("c_1", Element::Float, 1)]);
    let columns = numbers();
    let by_name = adoption(&columns, signature(&["n", "y"]), &["n", "y"]);
    assert!(matches!(adopt(&bytes, &by_name), Err(Refusal::Input { .. })));
    let in_order = Adoption { in_order: true, ..by_name };
    assert_eq!(predictions(&adopt(&bytes, &in_order).unwrap(), &two_columns()).1, [0.25, 0.75]);
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let columns = numbers();
    let classes = ["n", "y"];
    let three = classifier(&[("X", Element::Float, 3)]);
    let refused = adopt(&three, &adoption(&columns, signature(&classes), &classes)).unwrap_err();
    assert!(
        refused.to_string().contains("`X` (tensor(float) [rows, 3]) does not take the 2 columns a, b"),
        "{refused}"
    );
    let text = [field("a", Kind::Text), field("b", Kind::Number)];
    let bytes = classifier(&[("X", Element::Float, 2)]);
    let refused = adopt(&bytes, &adoption(&text, signature(&classes), &classes)).unwrap_err();
    assert!(refused.to_string().contains("cannot take the column `a`, which holds text"), "{refused}");
    let refused = adopt(&bytes, &adoption(&columns, signature(&classes), &["n", "maybe"])).unwrap_err();
    assert!(refused.to_string().contains("its classes are n, maybe"), "{refused}");
    assert!(matches!(adopt(b"no model", &adoption(&columns, signature(&[]), &[])), Err(Refusal::Model(_))));
}

#[test]
fn outputs_of_which_none_or_several_could_be_scores_are_refused() {
    let mut graph = GraphBuilder::new("elsewhere");
    graph.input("X", Element::Float, 2);
    graph.node(Node::new("Identity", &["X"]).output("one"));
    graph.node(Node::new("Neg", &["X"]).output("two"));
    graph.output("one", Element::Float, Some(2));
    graph.output("two", Element::Float, Some(2));
    let columns = numbers();
    let refused =
        adopt(&graph.finish(), &adoption(&columns, signature(&["n", "y"]), &["n", "y"])).unwrap_err();
    assert!(
        refused.to_string().contains("`one` (tensor(float) [rows, 2]), `two` (tensor(float) [rows, 2])"),
        "{refused}"
    );
}

#[test]
fn classes_are_those_that_the_learner_s_node_names() {
    let forest =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/forest_names.onnx")).unwrap();
    assert!(classes(&forest).unwrap().is_some_and(|classes| classes.len() > 1));
    assert_eq!(classes(&regressor()).unwrap(), None);
}

#[test]
fn a_converted_model_of_another_library_answers_the_same_when_it_is_adopted() {
    let bytes =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/xgboost_binary.onnx")).unwrap();
    let original = Model::load(&bytes).unwrap();
    let width = original.inputs()[0].columns.unwrap();
    let names: Vec<String> = (0..width).map(|column| format!("c{column}")).collect();
    let columns: Vec<Field> = names.iter().map(|name| field(name, Kind::Number)).collect();
    let made = adopt(&bytes, &adoption(&columns, signature(&["0", "1"]), &["0", "1"])).unwrap();
    let cell = |row: usize, column: usize| ((row * 7 + column * 3) % 11) as f64 - 5.0;
    let column = |(number, name): (usize, &String)| {
        Column::new(name, Values::Number((0..9).map(|row| cell(row, number)).collect()))
    };
    let table = Table::new(names.iter().enumerate().map(column).collect()).unwrap();
    let flat: Vec<f32> =
        (0..9).flat_map(|row| (0..width).map(move |column| cell(row, column) as f32)).collect();
    let input = original.inputs()[0].name.clone();
    let outputs = original.run(vec![(input, Tensor::floats([9, width], flat))]).unwrap();
    let (_, theirs) = outputs.iter().find(|(_, tensor)| tensor.element() == Element::Float).unwrap();
    let crate::Elements::Float(theirs) = &theirs.values else { panic!("probabilities are floats") };
    let theirs: Vec<f64> = theirs.chunks(2).map(|row| f64::from(row[1])).collect();
    assert_eq!(predictions(&made, &table).1, theirs);
}

#[test]
fn text_stays_text() {
    let mut graph = GraphBuilder::new("elsewhere");
    graph.input("t", Element::Text, 1);
    let found = graph.constant(Tensor::texts([1], texts(&["x"])));
    let same = graph.node(Node::new("Equal", &["t", &found]));
    let to = Attribute::element(Element::Float);
    graph.node(Node::new("Cast", &[&same]).attribute("to", to).output("prediction"));
    graph.output("prediction", Element::Float, Some(1));
    let columns = [field("t", Kind::Text)];
    let made = adopt(&graph.finish(), &adoption(&columns, signature(&[]), &[])).unwrap();
    let text: Text = [Some("x"), Some("y"), None].into_iter().collect();
    let table = Table::new(vec![Column::new("t", Values::Text(text))]).unwrap();
    assert_eq!(predictions(&made, &table).1, [1.0, 0.0, 0.0]);
}
