//! Models that commands train: given their rows, judged and served as any other, and honest about what does not fit.

mod ending;
mod fitting;
mod logging;
mod planning;

use onnx::{
    Element, Tensor,
    build::{GraphBuilder, Node},
};

use crate::{context::TestContext, project};

/// The usual project, whose model this command trains.
fn trained_by(command: &str, more: &str) -> TestContext {
    let builtin = "train = { builtin = \"auto\", budget = \"5s\", seed = 1, threads = 1 }";
    assert!(project::TOML.contains(builtin));
    let train = format!("train = {{ run = {command:?}, seed = 7{more} }}");
    let context = TestContext::with(&project::TOML.replace(builtin, &train));
    context.write("ready.onnx", model("distance", 1_500.0));
    context
}

/// The usual project, whose model a command copies to where it is wanted.
fn copying() -> TestContext {
    trained_by("echo trained >> ran && cp ready.onnx \"$KAIZEN_MODEL\"", ", reads = [\"ready.onnx\"]")
}

/// A model that finds it as likely as not that a trip of this distance is late.
fn model(input: &str, distance: f32) -> Vec<u8> {
    let mut graph = GraphBuilder::new("elsewhere");
    graph.input(input, Element::Float, 1);
    let middle = graph.constant(Tensor::floats([1], [distance]));
    let scale = graph.constant(Tensor::floats([1], [400.0]));
    let beyond = graph.node(Node::new("Sub", &[input, &middle]));
    let beyond = graph.node(Node::new("Div", &[&beyond, &scale]));
    let late = graph.node(Node::new("Sigmoid", &[&beyond]));
    let one = graph.constant(Tensor::floats([1], [1.0]));
    let early = graph.node(Node::new("Sub", &[&one, &late]));
    graph.node(Node::new("Concat", &[&early, &late]).attribute("axis", 1).output("probabilities"));
    graph.output("probabilities", Element::Float, Some(2));
    graph.finish()
}
