//! Small models whose outputs are their inputs, so that a test sees what reached the graph.

use onnx::{
    Element, Signature,
    build::{GraphBuilder, Node},
};
use serde_json::Value;
use serving::{Error, Limits, Loaded, infer};
use table::{Field, Kind};

/// A model that gives each input `name`, of so many columns, back as `name_out`.
pub(crate) fn echo(ports: &[(&str, Element, usize)], signature: Option<&Signature>) -> Vec<u8> {
    let mut graph = GraphBuilder::new("echo");
    for (name, element, columns) in ports {
        graph.input(name, *element, *columns);
        let output = format!("{name}_out");
        graph.node(Node::new("Identity", &[name]).output(&output));
        graph.output(&output, *element, Some(*columns));
    }
    if let Some(signature) = signature {
        graph.metadata(Signature::KEY, &signature.to_metadata());
    }
    graph.finish()
}

/// What Kaizen exports: one column of each kind, with a signature.
pub(crate) fn trained() -> Loaded {
    Loaded::from_bytes("late", "3", &trained_bytes()).unwrap()
}

pub(crate) fn trained_bytes() -> Vec<u8> {
    let columns = [
        ("distance", Kind::Number, Element::Float),
        ("carrier", Kind::Text, Element::Text),
        ("holiday", Kind::Boolean, Element::Float),
        ("departure", Kind::Time, Element::Double),
    ];
    let field = |(name, kind, _): &(&str, Kind, Element)| Field { name: (*name).to_owned(), kind: *kind };
    let signature = Signature {
        inputs: columns.iter().map(field).collect(),
        task: "binary".to_owned(),
        classes: vec!["false".to_owned(), "true".to_owned()],
        positive: Some("true".to_owned()),
        threshold: Some(0.25),
    };
    echo(&columns.map(|(name, _, element)| (name, element, 1)), Some(&signature))
}

/// What other tools export: ports of each type, and nothing said about them.
pub(crate) fn plain(ports: &[(&str, Element, usize)]) -> Loaded {
    Loaded::from_bytes("plain", "1", &echo(ports, None)).unwrap()
}

/// One input of a request.
pub(crate) fn tensor(name: &str, shape: &str, datatype: &str, data: &str) -> String {
    format!(r#"{{"name":"{name}","shape":{shape},"datatype":"{datatype}","data":{data}}}"#)
}

pub(crate) fn request(inputs: &[String]) -> String {
    format!(r#"{{"inputs":[{}]}}"#, inputs.join(","))
}

pub(crate) fn ask(model: &Loaded, body: &str) -> Result<Value, Error> {
    let answer = infer(model, body.as_bytes(), Limits::default())?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

/// The data of an output.
pub(crate) fn data<'a>(answer: &'a Value, output: &str) -> &'a Value {
    let outputs = answer["outputs"].as_array().unwrap();
    &outputs.iter().find(|candidate| candidate["name"] == output).unwrap()["data"]
}
